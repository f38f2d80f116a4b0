"""Finding and opening the files of data sets, gzipped or not."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from fastopt._common.wording import shown

Bytes = NDArray[np.uint8]

GZIP = b"\x1f\x8b"
"""How a gzip file begins."""

PIECE = 1 << 20
"""Bytes at once where a file is only looked through."""


def judged_path(label: str, path: object) -> Path:
    """Return a path, in which ~ is the home directory: a shell leaves that of cifar10:~/data alone."""
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"{label}: expected a path, got {shown(path)} ({type(path).__name__})")
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise FileNotFoundError(f"{path}: nobody has this home directory") from error


def judged_directory(path: str | Path) -> Path:
    """Return the path of a directory, or say that there is none."""
    folder = judged_path("directory", path)
    if not folder.is_dir():
        what = "a file" if folder.exists() else "nothing of that name"
        raise FileNotFoundError(f"{folder}: expected a directory, got {what}")
    return folder


def find(folder: Path, *names: str) -> Path:
    """Return the first of the names that is there, plain or gzipped."""
    for name in names:
        for path in (folder / name, folder / f"{name}.gz"):
            if path.is_file():
                return path
    raise FileNotFoundError(f"{folder / names[0]}: no such file, plain or .gz")


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file, unpacked if it is gzipped; its content says so, whatever its name."""
    with path.open("rb") as file:
        packed = file.peek(len(GZIP)).startswith(GZIP)
        try:
            yield cast(BinaryIO, gzip.GzipFile(fileobj=file)) if packed else file
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise ValueError(f"{path}: expected a whole gzip file, got a broken one: {error}") from error


def rest(file: BinaryIO, enough: int) -> tuple[int, str]:
    """Return how many bytes follow; "at least " goes with it if something packed holds more than enough."""
    if not isinstance(file, gzip.GzipFile):
        return -file.tell() + file.seek(0, os.SEEK_END), ""
    read = 0
    while piece := file.read(min(PIECE, enough + 1 - read)):
        read += len(piece)
    return read, "at least " if read > enough else ""
