"""Data sets for training a classifier, read from the files their authors publish.

Every reader returns a `Dataset`: inputs scaled to [0, 1], one row a sample; integer labels from 0;
training and held-out samples apart.
"""

from __future__ import annotations

import gzip
import math
import os
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fastopt._common.bounds import whole
from fastopt._common.extras import require
from fastopt._common.listing import listing
from fastopt._common.samples import judged_rng
from fastopt._common.types import Floats, Integers, Seed
from fastopt._common.wording import shown

__all__ = ["Dataset", "cifar10", "digits", "fashion_mnist", "load", "read_idx"]
__dir__ = listing(__name__)

Bytes = NDArray[np.uint8]

FASHION_CLASSES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
    "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
CIFAR10_CLASSES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip

CIFAR10_RECORD = 1 + 3 * 32 * 32  # one label, then the red, green and blue planes of 32 x 32
CIFAR10_BATCH = 10_000  # records in a file, at most

GZIP = b"\x1f\x8b"
"""How a gzip file begins."""

PIECE = 1 << 20
"""Bytes at once where a file is only looked through."""


@dataclass(frozen=True)
class Dataset:
    """Training and held-out samples of a classification problem.

    Parameters
    ----------
    name : str
        For messages.
    x_train, x_test : array of shape (samples, features), float32 or float64
        Inputs in [0, 1].
    y_train, y_test : integer array of shape (samples,)
        Classes, from 0.
    classes : tuple of str
        The name of each class.
    """

    name: str
    x_train: Floats
    y_train: Integers
    x_test: Floats
    y_test: Integers
    classes: tuple[str, ...]

    @property
    def n_features(self) -> int:
        """The number of columns of the inputs."""
        return int(self.x_train.shape[1])

    def __str__(self) -> str:
        return (
            f"{self.name}: {len(self.x_train)} training and {len(self.x_test)} held-out samples, "
            f"{self.n_features} features in [0, 1], {len(self.classes)} classes"
        )


def load(spec: str, *, dtype: DTypeLike = np.float32, seed: Seed = 0) -> Dataset:
    """Load the data set that a specification names.

    Parameters
    ----------
    spec : str
        ``"digits"``, ``"fashion-mnist:DIR"`` or ``"cifar10:DIR"``.
    dtype : float32 or float64, default float32
        The dtype of the inputs.
    seed : int or numpy.random.Generator, default 0
        Splits the digits; the other data sets bring their own held-out samples.

    Returns
    -------
    Dataset
        The data.

    Raises
    ------
    TypeError
        If `spec` is not a text, or `dtype` another one.
    ValueError
        If there is no such data set, or a file is not what it should be.
    FileNotFoundError
        If a file or the directory is missing.
    ImportError
        If the digits are asked for and scikit-learn is not installed.
    """
    if not isinstance(spec, str):
        raise TypeError(
            "data: expected digits, fashion-mnist:DIR or cifar10:DIR as a text, "
            f"got {shown(spec)} ({type(spec).__name__})"
        )
    name, colon, directory = spec.partition(":")
    if name == "digits" and not colon:
        return digits(dtype=dtype, seed=seed)
    readers = {"fashion-mnist": fashion_mnist, "cifar10": cifar10}
    if name not in readers:
        raise ValueError(f"data: expected digits, fashion-mnist:DIR or cifar10:DIR, got {spec!r}")
    if not directory:
        raise ValueError(f"data: expected {name}:DIR, the directory of its files, got {spec!r}")
    return readers[name](directory, dtype=dtype)


def digits(*, dtype: DTypeLike = np.float32, seed: Seed = 0, held_out: float = 0.2) -> Dataset:
    """Load the 1797 handwritten digits of 8 x 8 pixels that scikit-learn ships.

    Parameters
    ----------
    dtype : float32 or float64, default float32
        The dtype of the inputs.
    seed : int or numpy.random.Generator, default 0
        Chooses the held-out samples.
    held_out : float, default 0.2
        The share of samples held out.

    Returns
    -------
    Dataset
        Pixels divided by 16, ten classes.

    Raises
    ------
    TypeError
        If an argument is of another type, or `dtype` another one.
    ValueError
        If `held_out` leaves nothing to train on or nothing to hold out.
    ImportError
        If scikit-learn is not installed.

    Examples
    --------
    >>> print(digits())
    digits: 1438 training and 359 held-out samples, 64 features in [0, 1], 10 classes
    """
    dtype = _judged_dtype(dtype)
    rng = judged_rng(seed)
    if isinstance(held_out, bool) or not isinstance(held_out, Real):
        raise TypeError(
            f"held_out: expected a share between 0 and 1, got {shown(held_out)} ({type(held_out).__name__})"
        )
    source = require("sklearn.datasets", "the digits come with scikit-learn")
    pixels, labels = source.load_digits(return_X_y=True)
    n_test = round(held_out * len(pixels)) if 0 < held_out < 1 else 0
    if not 0 < n_test < len(pixels):
        raise ValueError(f"held_out: expected a share between 0 and 1, got {shown(held_out)}")
    order = rng.permutation(len(pixels))
    test, train = order[:n_test], order[n_test:]
    x = _scaled(pixels, 16, dtype)
    y = labels.astype(np.intp)
    return Dataset("digits", x[train], y[train], x[test], y[test], tuple("0123456789"))


def fashion_mnist(directory: str | Path, *, dtype: DTypeLike = np.float32) -> Dataset:
    """Read Fashion-MNIST, or what has the same four IDX files: MNIST, KMNIST, EMNIST.

    Labels are taken as they are. If there are some above 9, the classes are called by their numbers, 0 to the
    largest: EMNIST's letters, 1 to 26, are 27 classes, the first of them empty.

    Parameters
    ----------
    directory : str or path
        Holds ``train-images-idx3-ubyte``, ``train-labels-idx1-ubyte`` and the two ``t10k-`` files,
        each gzipped (``.gz``) or not.
    dtype : float32 or float64, default float32
        The dtype of the inputs.

    Returns
    -------
    Dataset
        60,000 training and 10,000 held-out images of 28 x 28 pixels, divided by 255.

    Raises
    ------
    TypeError
        If `directory` is not a path, or `dtype` another one.
    FileNotFoundError
        If the directory or one of the files is missing.
    ValueError
        If a file is truncated, of another format, or does not fit the others.

    References
    ----------
    Xiao, Rasul and Vollgraf, *Fashion-MNIST: a novel image dataset*, 2017.

    Cohen, Afshar, Tapson and van Schaik, *EMNIST: an extension of MNIST to handwritten letters*, 2017.
    """
    dtype = _judged_dtype(dtype)
    folder = _directory(directory)
    # All four are looked up before the first is read: a missing one should not cost a minute.
    train, test = (
        (
            _find(folder, f"{part}-images-idx3-ubyte", f"{part}-images.idx3-ubyte"),
            _find(folder, f"{part}-labels-idx1-ubyte", f"{part}-labels.idx1-ubyte"),
        )
        for part in ("train", "t10k")
    )
    x_train, y_train = _idx_pair(*train, dtype)
    x_test, y_test = _idx_pair(*test, dtype)
    if x_train.shape[1] != x_test.shape[1]:
        raise ValueError(
            f"{folder}: expected images of one size, got {x_train.shape[1]} pixels in the training "
            f"files and {x_test.shape[1]} in the t10k files"
        )
    largest = int(max(y_train.max(), y_test.max()))
    if largest < len(FASHION_CLASSES):
        return Dataset("fashion-mnist", x_train, y_train, x_test, y_test, FASHION_CLASSES)
    classes = tuple(map(str, range(largest + 1)))
    return Dataset(folder.resolve().name, x_train, y_train, x_test, y_test, classes)


def cifar10(directory: str | Path, *, dtype: DTypeLike = np.float32) -> Dataset:
    """Read CIFAR-10 from its binary version.

    Parameters
    ----------
    directory : str or path
        Holds ``data_batch_1.bin`` to ``data_batch_5.bin`` and ``test_batch.bin``, each gzipped
        (``.gz``) or not; or holds ``cifar-10-batches-bin``, which does.
    dtype : float32 or float64, default float32
        The dtype of the inputs.

    Returns
    -------
    Dataset
        50,000 training and 10,000 held-out images of 3 x 32 x 32 pixels, divided by 255.

    Raises
    ------
    TypeError
        If `directory` is not a path, or `dtype` another one.
    FileNotFoundError
        If the directory or one of the files is missing.
    ValueError
        If a file is not a whole number of records of 3073 bytes, 10,000 at most, or has a label above 9.

    References
    ----------
    Krizhevsky, *Learning multiple layers of features from tiny images*, 2009.
    """
    dtype = _judged_dtype(dtype)
    folder = _directory(directory)
    if (folder / "cifar-10-batches-bin").is_dir():
        folder = folder / "cifar-10-batches-bin"
    # As above, all six are looked up first.
    train = [_find(folder, f"data_batch_{number}.bin") for number in range(1, 6)]
    test = _find(folder, "test_batch.bin")
    x_train, y_train = _cifar_batches(train, dtype)
    x_test, y_test = _cifar_batches([test], dtype)
    return Dataset("cifar10", x_train, y_train, x_test, y_test, CIFAR10_CLASSES)


def read_idx(path: str | Path, ndim: int) -> Bytes:
    """Read an array of unsigned bytes from an IDX file, gzipped or not.

    The format: two zero bytes, the type (8, unsigned byte), the number of dimensions, each
    dimension as a big-endian integer of 32 bits, then the elements, the last dimension fastest. A file that
    is refused takes no memory, whatever it says or unpacks to.

    Parameters
    ----------
    path : str or path
        The file.
    ndim : int
        The number of dimensions it must have, 1 to 32: 1 for labels, 3 for images.

    Returns
    -------
    array of uint8
        Read-only, of the shape that the file says.

    Raises
    ------
    TypeError
        If `path` is not a path, or `ndim` not a whole number.
    FileNotFoundError
        If there is no such file.
    ValueError
        If `ndim` is another number, the magic number is another one, or the size is not what the header says.

    References
    ----------
    LeCun, Cortes and Burges, *The MNIST database of handwritten digits*, "File formats".
    """
    path = _judged_path("path", path)
    if whole(1, "ndim", ndim) > 32:
        raise ValueError(f"ndim: expected 1 to 32 dimensions, got {shown(ndim)}")
    with _opened(path) as file:
        start = file.read(4)
        magic, expected = int.from_bytes(start, "big"), 0x0800 + ndim
        if len(start) < 4 or magic != expected:
            what = f"{magic} (0x{magic:08x})" if len(start) == 4 else f"{len(start)} bytes in all"
            raise ValueError(
                f"{path}: expected the IDX magic number {expected} (0x{expected:08x}: unsigned bytes, "
                f"{ndim} dimension{'s' if ndim > 1 else ''}), got {what}"
            )
        dimensions = file.read(4 * ndim)
        header = 4 + 4 * ndim
        if len(dimensions) < 4 * ndim:
            raise ValueError(
                f"{path}: expected {header} bytes of header, got {4 + len(dimensions)}: truncated"
            )
        shape = tuple(int.from_bytes(dimensions[i : i + 4], "big") for i in range(0, 4 * ndim, 4))
        size = math.prod(shape)
        # Looked through first: what is not as the header says should cost nothing but time.
        there, more = _rest(file, size)
        if there != size:
            raise ValueError(
                f"{path}: expected {header + size} bytes for shape {shape}, got {more}{header + there}: "
                f"{'truncated' if there < size else 'something follows the data'}"
            )
        file.seek(header)
        elements = np.frombuffer(file.read(size), np.uint8)
    try:
        return elements.reshape(shape)
    except ValueError as error:  # of a size that it had not a moment ago; 0 times what nobody can address
        raise ValueError(f"{path}: expected {size} bytes for shape {shape}: {error}") from error


def _idx_pair(images: Path, labels: Path, dtype: DTypeLike) -> tuple[Floats, Integers]:
    """Read images and their labels, checked against each other."""
    pixels, y = read_idx(images, 3), read_idx(labels, 1)
    if pixels.size == 0:
        raise ValueError(f"{images}: expected at least one image, got shape {pixels.shape}")
    if len(pixels) != len(y):
        raise ValueError(
            f"{labels}: expected {len(pixels)} labels, one an image of {images.name}, got {len(y)}"
        )
    return _scaled(pixels.reshape(len(pixels), -1), 255, dtype), y.astype(np.intp)


def _cifar_batches(paths: Iterable[Path], dtype: DTypeLike) -> tuple[Floats, Integers]:
    """Read batches of records and put them one behind the other."""
    pixels: list[Bytes] = []
    labels: list[Integers] = []
    for path in paths:
        most = CIFAR10_BATCH * CIFAR10_RECORD
        with _opened(path) as file:
            content = file.read(most + 1)
        if not content or len(content) > most or len(content) % CIFAR10_RECORD:
            got = f"more than {most}" if len(content) > most else f"{len(content)}"
            raise ValueError(
                f"{path}: expected a multiple of {CIFAR10_RECORD} bytes (a label and 3 x 32 x 32 "
                f"pixels a record), at most {CIFAR10_BATCH} times, got {got}"
            )
        records = np.frombuffer(content, np.uint8).reshape(-1, CIFAR10_RECORD)
        pixels.append(records[:, 1:])
        labels.append(_checked_labels(path, records[:, 0]))
    return _scaled(np.concatenate(pixels), 255, dtype), np.concatenate(labels)


def _scaled(pixels: NDArray[np.number], top: float, dtype: DTypeLike) -> Floats:
    """Return pixels of 0 to `top` as floats in [0, 1]."""
    x: Floats = np.array(pixels, dtype)
    x /= top  # in place: CIFAR-10 is 600 MB in float32
    return x


def _checked_labels(path: Path, labels: Bytes) -> Integers:
    """Return the labels of ten classes as integers."""
    if labels.max() > 9:
        index = int(np.argmax(labels > 9))
        raise ValueError(f"{path}: expected labels 0 to 9, got {labels[index]} for sample {index}")
    return labels.astype(np.intp)


def _judged_dtype(dtype: Any) -> np.dtype[Any]:
    """Return float32 or float64, or say that it is neither."""
    if dtype is not None:  # for NumPy the same as float64
        with suppress(Exception):  # NumPy says in many ways that something is no dtype
            judged: np.dtype[Any] = np.dtype(dtype)
            if judged in (np.dtype(np.float32), np.dtype(np.float64)):
                return judged
    raise TypeError(f"dtype: expected float32 or float64, got {shown(dtype)}")


def _judged_path(label: str, path: object) -> Path:
    """Return a path, in which ~ is the home directory: a shell leaves that of cifar10:~/data alone."""
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"{label}: expected a path, got {shown(path)} ({type(path).__name__})")
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise FileNotFoundError(f"{path}: nobody has this home directory") from error


def _directory(path: str | Path) -> Path:
    folder = _judged_path("directory", path)
    if not folder.is_dir():
        what = "a file" if folder.exists() else "nothing of that name"
        raise FileNotFoundError(f"{folder}: expected a directory, got {what}")
    return folder


def _find(folder: Path, *names: str) -> Path:
    """Return the first of the names that is there, plain or gzipped."""
    for name in names:
        for path in (folder / name, folder / f"{name}.gz"):
            if path.is_file():
                return path
    raise FileNotFoundError(f"{folder / names[0]}: no such file, plain or .gz")


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file, unpacked if it is gzipped; its content says so, whatever its name."""
    with path.open("rb") as file:
        packed = file.peek(len(GZIP)).startswith(GZIP)
        try:
            yield cast(BinaryIO, gzip.GzipFile(fileobj=file)) if packed else file
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise ValueError(f"{path}: expected a whole gzip file, got a broken one: {error}") from error


def _rest(file: BinaryIO, enough: int) -> tuple[int, str]:
    """Return how many bytes follow; "at least " goes with it if something packed holds more than enough."""
    if not isinstance(file, gzip.GzipFile):
        return -file.tell() + file.seek(0, os.SEEK_END), ""
    read = 0
    while piece := file.read(min(PIECE, enough + 1 - read)):
        read += len(piece)
    return read, "at least " if read > enough else ""
