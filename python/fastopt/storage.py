"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastopt.interrupts import interrupts_deferred

__all__ = [
    "expect_file",
    "expect_suffix",
    "expect_writeable",
    "read_note",
    "save_npz",
    "whole_file",
    "write_note",
]


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """Write a file under another name inside a `with` block, and rename it at its end.

    Whoever reads `path` finds the old file or the new one, never a part; an exception leaves the old one.

    Yields
    ------
    Path
        Where to write, beside `path`, with the same suffix.

    Raises
    ------
    OSError
        If it cannot be renamed.
    """
    path = Path(os.path.realpath(path))  # of a link, what it points to
    unfinished = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        yield unfinished
        os.replace(unfinished, path)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink()
        raise


def save_npz(path: str | Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Save arrays for ``numpy.load``; the file appears whole or not at all, and Ctrl-C waits for it.

    Parameters
    ----------
    path : str or path
        The file, overwritten; nothing is appended to its name.
    arrays : mapping of str to array
        Unlike for ``numpy.savez``, any name will do.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    with interrupts_deferred(), whole_file(path) as unfinished, zipfile.ZipFile(unfinished, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.asarray(array), allow_pickle=False)


def write_note(path: str | Path, text: str) -> None:
    """Write a text into an .npz file, where ``numpy.load`` does not see it."""
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = text.encode()


def read_note(path: str | Path) -> str:
    """Return the text that `write_note` has written into a file; empty where there is none."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.comment.decode()
    except (OSError, ValueError, zipfile.BadZipFile):
        return ""


def expect_suffix(label: str, path: Path, *suffixes: str) -> None:
    """Refuse a file name without one of the suffixes, in letters of any case.

    Raises
    ------
    ValueError
        If it has none of them.

    Examples
    --------
    >>> expect_suffix("out", Path("a.PNG"), ".png", ".svg", ".pdf")
    >>> expect_suffix("out", Path("a.jpg"), ".png", ".svg", ".pdf")
    Traceback (most recent call last):
    ValueError: out: expected a file name ending in .png, .svg or .pdf, got 'a.jpg'
    """
    if path.suffix.lower() not in suffixes:
        known = " or ".join(filter(None, (", ".join(suffixes[:-1]), suffixes[-1])))
        raise ValueError(f"{label}: expected a file name ending in {known}, got {str(path)!r}")


def expect_file(label: str, path: Path) -> None:
    """Prove that a file can be written, before hours of work for it.

    Raises
    ------
    OSError
        If it cannot; the message begins with `label`.
    """
    if path.is_dir():
        raise OSError(f"{label}: expected a file, got the directory {path}")
    expect_writeable(label, path.parent)


def expect_writeable(label: str, directory: Path) -> None:
    """Prove that files can be written to a directory, before hours of work for them.

    Raises
    ------
    OSError
        If they cannot; the message begins with `label`.
    """
    try:
        with tempfile.TemporaryFile(dir=directory):
            pass
    except OSError as error:
        raise OSError(f"{label}: cannot write to {directory}: {error.strerror}") from error
