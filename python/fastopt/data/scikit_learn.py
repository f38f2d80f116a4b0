"""The digits that scikit-learn ships."""

from __future__ import annotations

from numbers import Real

import numpy as np
from numpy.typing import DTypeLike

from fastopt._common.extras import require
from fastopt._common.seeds import judged_rng
from fastopt._common.types import Seed
from fastopt._common.wording import shown
from fastopt.data.dataset import Dataset, judged_dtype, scaled


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
    dtype = judged_dtype(dtype)
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
    x = scaled(pixels, 16, dtype)
    y = labels.astype(np.intp)
    return Dataset("digits", x[train], y[train], x[test], y[test], tuple("0123456789"))
