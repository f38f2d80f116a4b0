"""IDX files: Fashion-MNIST, and what has the same four."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike

from fastopt._common.bounds import whole
from fastopt._common.types import Floats, Integers
from fastopt._common.wording import shown
from fastopt.data.dataset import Dataset, judged_dtype, scaled
from fastopt.data.reading import Bytes, find, judged_directory, judged_path, opened, rest

FASHION_CLASSES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
    "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip


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
    dtype = judged_dtype(dtype)
    folder = judged_directory(directory)
    # All four are looked up before the first is read: a missing one should not cost a minute.
    train, test = (
        (
            find(folder, f"{part}-images-idx3-ubyte", f"{part}-images.idx3-ubyte"),
            find(folder, f"{part}-labels-idx1-ubyte", f"{part}-labels.idx1-ubyte"),
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
    path = judged_path("path", path)
    if whole(1, "ndim", ndim) > 32:
        raise ValueError(f"ndim: expected 1 to 32 dimensions, got {shown(ndim)}")
    with opened(path) as file:
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
        there, more = rest(file, size)
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
    return scaled(pixels.reshape(len(pixels), -1), 255, dtype), y.astype(np.intp)
