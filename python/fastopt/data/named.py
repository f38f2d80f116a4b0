"""Data sets by the names that one types."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from fastopt._common.types import Seed
from fastopt._common.wording import shown
from fastopt.data.cifar import cifar10
from fastopt.data.dataset import Dataset
from fastopt.data.idx import fashion_mnist
from fastopt.data.scikit_learn import digits


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
