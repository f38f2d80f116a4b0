"""Data sets for training a classifier, read from the files their authors publish.

Every reader returns a `Dataset`: inputs scaled to [0, 1], one row a sample; integer labels from 0;
training and held-out samples apart.
"""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fastopt._typing import Floats, Integers, Seed
from fastopt.extras import require
from fastopt.judging import judged_rng
from fastopt.listing import listing

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
    ValueError
        If there is no such data set, or a file is not what it should be.
    FileNotFoundError
        If a file or the directory is missing.
    ImportError
        If the digits are asked for and scikit-learn is not installed.
    """
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
    ValueError
        If `held_out` leaves nothing to train on or nothing to hold out.
    ImportError
        If scikit-learn is not installed.

    Examples
    --------
    >>> print(digits())
    digits: 1438 training and 359 held-out samples, 64 features in [0, 1], 10 classes
    """
    source = require("sklearn.datasets", "the digits come with scikit-learn")
    pixels, labels = source.load_digits(return_X_y=True)
    n_test = round(held_out * len(pixels))
    if not 0 < n_test < len(pixels):
        raise ValueError(f"held_out: expected a share between 0 and 1, got {held_out!r}")
    order = judged_rng(seed).permutation(len(pixels))
    test, train = order[:n_test], order[n_test:]
    x = _scaled(pixels, 16, dtype)
    y = labels.astype(np.intp)
    return Dataset("digits", x[train], y[train], x[test], y[test], tuple("0123456789"))


def fashion_mnist(directory: str | Path, *, dtype: DTypeLike = np.float32) -> Dataset:
    """Read Fashion-MNIST (or MNIST, which has the same files) from its four IDX files.

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
    FileNotFoundError
        If the directory or one of the files is missing.
    ValueError
        If a file is truncated, of another format, or does not fit the others.

    References
    ----------
    Xiao, Rasul and Vollgraf, *Fashion-MNIST: a novel image dataset*, 2017.
    """
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
    return Dataset("fashion-mnist", x_train, y_train, x_test, y_test, FASHION_CLASSES)


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
    FileNotFoundError
        If the directory or one of the files is missing.
    ValueError
        If a file is not a whole number of records of 3073 bytes, or has a label above 9.

    References
    ----------
    Krizhevsky, *Learning multiple layers of features from tiny images*, 2009.
    """
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
    dimension as a big-endian integer of 32 bits, then the elements, the last dimension fastest.

    Parameters
    ----------
    path : str or path
        The file.
    ndim : int
        The number of dimensions it must have: 1 for labels, 3 for images.

    Returns
    -------
    array of uint8
        Read-only, of the shape that the file says.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the magic number is another one or the size is not what the header says.

    References
    ----------
    LeCun, Cortes and Burges, *The MNIST database of handwritten digits*, "File formats".
    """
    content = _read(Path(path))
    magic, expected = int.from_bytes(content[:4], "big"), 0x0800 + ndim
    if len(content) < 4 or magic != expected:
        what = f"{magic} (0x{magic:08x})" if len(content) >= 4 else f"{len(content)} bytes in all"
        raise ValueError(
            f"{path}: expected the IDX magic number {expected} (0x{expected:08x}: unsigned bytes, "
            f"{ndim} dimension{'s' if ndim > 1 else ''}), got {what}"
        )
    header = 4 + 4 * ndim
    shape = tuple(int.from_bytes(content[i : i + 4], "big") for i in range(4, header, 4))
    size = header + math.prod(shape)
    if len(content) != size:
        raise ValueError(
            f"{path}: expected {size} bytes for shape {shape}, got {len(content)}: "
            f"{'truncated' if len(content) < size else 'something follows the data'}"
        )
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


def _idx_pair(images: Path, labels: Path, dtype: DTypeLike) -> tuple[Floats, Integers]:
    """Read images and their labels, checked against each other."""
    pixels, y = read_idx(images, 3), read_idx(labels, 1)
    if pixels.size == 0:
        raise ValueError(f"{images}: expected at least one image, got shape {pixels.shape}")
    if len(pixels) != len(y):
        raise ValueError(
            f"{labels}: expected {len(pixels)} labels, one an image of {images.name}, got {len(y)}"
        )
    return _scaled(pixels.reshape(len(pixels), -1), 255, dtype), _checked_labels(labels, y)


def _cifar_batches(paths: Iterable[Path], dtype: DTypeLike) -> tuple[Floats, Integers]:
    """Read batches of records and put them one behind the other."""
    pixels: list[Bytes] = []
    labels: list[Integers] = []
    for path in paths:
        content = _read(path)
        if not content or len(content) % CIFAR10_RECORD:
            raise ValueError(
                f"{path}: expected a multiple of {CIFAR10_RECORD} bytes (a label and 3 x 32 x 32 "
                f"pixels a record), got {len(content)}"
            )
        records = np.frombuffer(content, np.uint8).reshape(-1, CIFAR10_RECORD)
        pixels.append(records[:, 1:])
        labels.append(_checked_labels(path, records[:, 0]))
    return _scaled(np.concatenate(pixels), 255, dtype), np.concatenate(labels)


def _scaled(pixels: NDArray[Any], top: float, dtype: DTypeLike) -> Floats:
    """Return pixels of 0 to `top` as floats in [0, 1]."""
    x = np.array(pixels, dtype)
    x /= top  # in place: CIFAR-10 is 600 MB in float32
    return x


def _checked_labels(path: Path, labels: Bytes) -> Integers:
    """Return labels as integers; every set here has ten classes."""
    if labels.max() > 9:
        index = int(np.argmax(labels > 9))
        raise ValueError(f"{path}: expected labels 0 to 9, got {labels[index]} for sample {index}")
    return labels.astype(np.intp)


def _directory(path: str | Path) -> Path:
    folder = Path(path).expanduser()  # a shell leaves the ~ of cifar10:~/data alone
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


def _read(path: Path) -> bytes:
    """Read a file, unpacked if it is gzipped; its content says so, whatever its name."""
    content = path.read_bytes()
    if not content.startswith(b"\x1f\x8b"):
        return content
    try:
        return gzip.decompress(content)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path}: expected a whole gzip file, got a broken one: {error}") from error
