"""Files that appear whole or not at all."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastopt._common.interrupts import interrupts_deferred

__all__ = [
    "expect_arrays",
    "expect_file",
    "expect_suffix",
    "expect_writeable",
    "holds",
    "read_note",
    "save_npz",
    "whole_file",
]

PREFIX = ".fastopt-part-"
"""How the names of the directories begin in which files are written."""


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """Write a file elsewhere inside a `with` block, and move it to its place at its end.

    Whoever reads `path` finds the old file or the new one, never a part, however many threads and processes
    write to it and whenever they or the machine are stopped; an exception leaves the old one.

    Parameters
    ----------
    path : str or path
        The file. Of a link, what it points to is replaced. A file that is there hands on its permissions, a
        new one gets those of ``open``.

    Yields
    ------
    Path
        Where to write: of the same name, in a directory of its own beside `path`.

    Raises
    ------
    OSError
        If it cannot be written there, or `path` is a directory, a device, a pipe or a socket.

    Notes
    -----
    The directory has an unpredictable name, is open to this user only, and is locked while it is in use. One
    without a lock is left from a process that was killed, and is removed by the next that writes beside it.
    """
    place = _place(path)
    with _part(place.parent) as directory:
        unfinished = directory / place.name
        yield unfinished
        file = os.open(unfinished, os.O_RDONLY | os.O_NOFOLLOW)
        try:
            with suppress(FileNotFoundError):
                _hand_on_permissions(place, file)
            os.fsync(file)  # or a machine that stops could leave the new name without the content
        finally:
            os.close(file)
        os.replace(unfinished, place)


def _hand_on_permissions(old: Path, new: int) -> None:
    mode = stat.S_IMODE(old.stat().st_mode) & 0o777
    if mode != stat.S_IMODE(os.fstat(new).st_mode):
        os.fchmod(new, mode)


def save_npz(path: str | Path, arrays: Mapping[str, NDArray[Any]], *, note: str = "") -> None:
    """Save arrays for ``numpy.load``; the file appears whole or not at all, and Ctrl-C waits for it.

    Parameters
    ----------
    path : str or path
        The file, overwritten; nothing is appended to its name.
    arrays : mapping of str to array
        Unlike for ``numpy.savez``, any name will do that ``numpy.load`` finds again.
    note : str
        Written where ``numpy.load`` does not see it, for `read_note`.

    Raises
    ------
    TypeError, ValueError
        If an array or a name cannot be saved; see `expect_arrays`. Nothing has been written then.
    OSError
        If the file cannot be written.
    """
    with interrupts_deferred():
        judged = expect_arrays("arrays", arrays)
        with whole_file(path) as unfinished, zipfile.ZipFile(unfinished, "w") as archive:
            archive.comment = note.encode()
            for name, array in judged.items():
                with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                    np.lib.format.write_array(file, array, allow_pickle=False)


def read_note(path: str | Path) -> str:
    """Return the text that `save_npz` has noted in a file; empty where there is none, or it is broken."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.comment.decode()
    except Exception:  # zipfile says in many ways that a file is broken
        return ""


def holds(path: str | Path, arrays: Mapping[str, NDArray[Any]]) -> bool:
    """Say whether a file of `save_npz` has these very arrays; there are none in one that is broken."""
    try:
        with zipfile.ZipFile(path) as archive:
            return all(_holds(archive, f"{name}.npy", array) for name, array in arrays.items())
    except Exception:  # as above, and so do zlib and NumPy
        return False


def _holds(archive: zipfile.ZipFile, name: str, array: NDArray[Any]) -> bool:
    if archive.getinfo(name).file_size > LONGEST_HEADER + LARGEST_NUMBER * array.size:
        return False
    with archive.open(name) as file:
        return np.array_equal(np.lib.format.read_array(file), array)


LONGEST_HEADER = 2**16
LARGEST_NUMBER = 32
"""Bytes in a file, at most: what stands before the elements of an array, and one of them."""


def expect_arrays(label: str, arrays: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """Refuse arrays that would be lost between `save_npz` and ``numpy.load``, or mistaken for each other.

    Returns
    -------
    dict of str to array
        The arrays, as they will be saved.

    Raises
    ------
    TypeError
        If this is not a mapping of texts to arrays, or an array holds Python objects.
    ValueError
        If a name has a NUL, where zip files end it; has no bytes in UTF-8, or too many; or is another name
        with ``.npy`` behind it, which ``numpy.load`` takes for that one.

    Examples
    --------
    >>> expect_arrays("arrays", {"W": np.zeros(2), "W.npy": np.ones(2)})
    Traceback (most recent call last):
    ValueError: arrays: expected names that numpy.load tells apart, got 'W' and 'W.npy'
    """
    if not isinstance(arrays, Mapping):
        raise TypeError(f"{label}: expected a mapping of names to arrays, got {type(arrays).__name__}")
    judged: dict[str, NDArray[Any]] = {}
    for name, array in arrays.items():
        _expect_name(label, name)
        try:
            judged[name] = np.asarray(array)
        except (TypeError, ValueError, RecursionError) as error:
            raise TypeError(f"{label}[{name!r}]: expected an array, got {type(array).__name__}") from error
        if judged[name].dtype.hasobject:
            raise TypeError(
                f"{label}[{name!r}]: expected an array without Python objects, got {judged[name].dtype}"
            )
    for name in judged:
        if f"{name}.npy" in judged:
            raise ValueError(
                f"{label}: expected names that numpy.load tells apart, got {name!r} and {f'{name}.npy'!r}"
            )
    return judged


def _expect_name(label: str, name: object) -> None:
    if not isinstance(name, str):
        raise TypeError(f"{label}: expected texts as names, got {name!r} ({type(name).__name__})")
    try:
        length = len(name.encode())
    except UnicodeEncodeError as error:
        raise ValueError(f"{label}: expected names in Unicode, got {name!r}: {error.reason}") from error
    if "\0" in name or length > LONGEST_NAME:
        what = "a NUL" if "\0" in name else f"{length} bytes"
        raise ValueError(
            f"{label}: expected names of at most {LONGEST_NAME} bytes without a NUL, "
            f"got {name[:40]!r} with {what}"
        )


LONGEST_NAME = 65535 - len(".npy")
"""Bytes that a zip file has for the name of an array."""


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
    """Prove that a file can be written by `whole_file`, before hours of work for it.

    All is tried but the last step, which would replace the file.

    Raises
    ------
    ValueError
        If the name has a NUL.
    OSError
        If it cannot be written; the message begins with `label`.
    """
    if os.path.isdir(path):
        raise OSError(f"{label}: expected a file, got the directory {path}")
    with _blamed_on(label, f"cannot write {path}"):
        place = _place(path)
    expect_writeable(label, place.parent if os.path.islink(path) else path.parent)
    with _blamed_on(label, f"cannot write {path}"), _part(place.parent) as directory:
        (directory / place.name).touch()
        if not _replaceable(place):
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))


def expect_writeable(label: str, directory: Path) -> None:
    """Prove that files can be written to a directory, before hours of work for them.

    Raises
    ------
    ValueError
        If the name has a NUL.
    OSError
        If they cannot; the message begins with `label`.
    """
    with _blamed_on(label, f"cannot write to {directory}"), _part(directory):
        pass


@contextmanager
def _blamed_on(label: str, what: str) -> Iterator[None]:
    """Begin what is raised about a file with the argument that names it."""
    try:
        yield
    except OSError as error:
        raise OSError(f"{label}: {what}: {error.strerror or error}") from error
    except ValueError as error:  # a NUL in its name
        raise ValueError(f"{label}: {what!r}: {error}") from error


def _place(path: str | Path) -> Path:
    """Return the file that is meant by a path, whose links are followed."""
    place = Path(os.path.realpath(path))
    try:
        mode = place.lstat().st_mode
    except FileNotFoundError:
        return place
    if stat.S_ISLNK(mode):  # a ring of links
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "a device, a pipe or a socket, and no file", str(path))
    return place


def _replaceable(place: Path) -> bool:
    """Say whether a file may be replaced: in a directory such as /tmp, other people's may not."""
    try:
        owners = {place.stat().st_uid, place.parent.stat().st_uid, 0}
    except FileNotFoundError:
        return True
    return not place.parent.stat().st_mode & stat.S_ISVTX or os.geteuid() in owners


@contextmanager
def _part(beside: Path) -> Iterator[Path]:
    """Have a directory of one's own for a `with` block, and remove it with all that is in it."""
    directory, lock = "", None
    try:
        with interrupts_deferred():
            _remove_abandoned(beside)
            while lock is None:  # else somebody took it for abandoned before it was locked
                directory = tempfile.mkdtemp(prefix=PREFIX, dir=beside)
                lock = _lock(directory)
        yield Path(directory)
    finally:
        if lock is not None:
            with interrupts_deferred():
                shutil.rmtree(directory, ignore_errors=True)
                os.close(lock)


def _remove_abandoned(folder: Path) -> None:
    """Remove the directories that killed processes of this user have left in a folder."""
    with os.scandir(folder) as entries:
        names = [entry.path for entry in entries if entry.name.startswith(PREFIX)]
    for name in names:
        with suppress(OSError):
            if os.lstat(name).st_uid == os.geteuid() and (lock := _lock(name, unsure=False)) is not None:
                try:
                    shutil.rmtree(name)
                finally:
                    os.close(lock)


def _lock(directory: str, *, unsure: bool = True) -> int | None:
    """Lock a directory and return the open lock; None if it is gone or somebody else has the lock.

    The operating system takes the lock away when the process ends, however it does. Some file systems of
    networks have no such locks; there `unsure` says whether to go on without.
    """
    try:
        lock = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        mine = os.path.samestat(os.fstat(lock), os.lstat(directory))
    except (BlockingIOError, FileNotFoundError):
        mine = False
    except OSError:
        mine = unsure
    if mine:
        return lock
    os.close(lock)
    return None
