"""CIFAR-10, from its binary version."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike

from fastopt._common.types import Floats, Integers
from fastopt.data.dataset import Dataset, judged_dtype, scaled
from fastopt.data.reading import Bytes, find, judged_directory, opened

CIFAR10_CLASSES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip

CIFAR10_RECORD = 1 + 3 * 32 * 32  # one label, then the red, green and blue planes of 32 x 32

CIFAR10_BATCH = 10_000  # records in a file, at most


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
    dtype = judged_dtype(dtype)
    folder = judged_directory(directory)
    if (folder / "cifar-10-batches-bin").is_dir():
        folder = folder / "cifar-10-batches-bin"
    # All six are looked up before the first is read: a missing one should not cost a minute.
    train = [find(folder, f"data_batch_{number}.bin") for number in range(1, 6)]
    test = find(folder, "test_batch.bin")
    x_train, y_train = _cifar_batches(train, dtype)
    x_test, y_test = _cifar_batches([test], dtype)
    return Dataset("cifar10", x_train, y_train, x_test, y_test, CIFAR10_CLASSES)


def _cifar_batches(paths: Iterable[Path], dtype: DTypeLike) -> tuple[Floats, Integers]:
    """Read batches of records and put them one behind the other."""
    pixels: list[Bytes] = []
    labels: list[Integers] = []
    for path in paths:
        most = CIFAR10_BATCH * CIFAR10_RECORD
        with opened(path) as file:
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
    return scaled(np.concatenate(pixels), 255, dtype), np.concatenate(labels)


def _checked_labels(path: Path, labels: Bytes) -> Integers:
    """Return the labels of ten classes as integers."""
    if labels.max() > 9:
        index = int(np.argmax(labels > 9))
        raise ValueError(f"{path}: expected labels 0 to 9, got {labels[index]} for sample {index}")
    return labels.astype(np.intp)
