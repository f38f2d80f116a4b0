"""What a data set is, and what all of them share: inputs in [0, 1], of one of two dtypes."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fastopt._common.types import Floats, Integers
from fastopt._common.wording import shown


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


def scaled(pixels: NDArray[np.number], top: float, dtype: DTypeLike) -> Floats:
    """Return pixels of 0 to `top` as floats in [0, 1]."""
    x: Floats = np.array(pixels, dtype)
    x /= top  # in place: CIFAR-10 is 600 MB in float32
    return x


def judged_dtype(dtype: Any) -> np.dtype[Any]:
    """Return float32 or float64, or say that it is neither."""
    if dtype is not None:  # for NumPy the same as float64
        with suppress(Exception):  # NumPy says in many ways that something is no dtype
            judged: np.dtype[Any] = np.dtype(dtype)
            if judged in (np.dtype(np.float32), np.dtype(np.float64)):
                return judged
    raise TypeError(f"dtype: expected float32 or float64, got {shown(dtype)}")
