"""Linear least squares with a ridge term, solved exactly."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from fastopt._common.trees import Array, as_array, described

__all__ = ["least_squares"]


def least_squares(X: ArrayLike, y: ArrayLike, l2: ArrayLike = 0.0) -> Array:
    r"""Solve linear least squares exactly, with or without a ridge term.

    .. math:: W^* = \arg\min_W \|X W - y\|^2 + \sum_j \lambda_j W_j^2
        = (X^T X + \operatorname{diag} \lambda)^{-1} X^T y

    A descent on the same loss should end here. It is computed from the singular values of :math:`X` with the
    rows :math:`\operatorname{diag} \sqrt{\lambda}` appended, and not from :math:`X^T X`, which squares the
    condition number. Where the solution is not unique it is the one of least norm: singular values below the
    largest times ``sqrt(min(X.shape))`` times the machine epsilon of the dtype count as zero, since the
    rounding of the data hides them; with a ridge on every weight there are none.

    Parameters
    ----------
    X : array of shape (N, D)
        One row a sample. A bias is a column of ones. In `X` and `y` True is 1 and False is 0.
    y : array of shape (N,) or (N, K)
        Targets.
    l2 : float or array of shape (D,)
        :math:`\lambda_j \ge 0`, one for all weights or one for each: 0 leaves a bias out.

    Returns
    -------
    array of shape (D,) or (D, K)
        float32 if `X` and `y` are, else float64; computed in double.

    Raises
    ------
    TypeError
        If an argument does not consist of real numbers.
    ValueError
        If a shape is wrong or empty, or `l2` is negative.
    FloatingPointError
        If a value is NaN or infinite.

    Notes
    -----
    Sums, not means: `l2` is `alpha` of scikit-learn's ``Ridge``. A loss
    :math:`\frac{1}{2 N} \|X W - y\|^2 + \lambda \sum W^2`, as from `fastopt.losses` and the penalty
    `l2`, has its minimum here at ``l2 = 2 * N * lam``.

    References
    ----------
    Golub and Van Loan, Matrix computations, sections 5.5 and 6.1.

    Examples
    --------
    >>> X = np.array([[0.0, 1.0], [1.0, 1.0], [2.0, 1.0]])       # slope and bias
    >>> least_squares(X, np.array([1.0, 3.0, 5.0])).round(12)
    array([2., 1.])
    >>> least_squares(X, np.array([1.0, 3.0, 5.0]), l2=[2.0, 0.0]).round(12)
    array([1., 2.])
    """
    X, y, weights = _real("X", X, "b"), _real("y", y, "b"), _real("l2", l2)
    dtype = np.result_type(X, y)
    if X.ndim != 2 or 0 in X.shape:
        raise ValueError(f"X: expected shape (samples, features), got {X.shape}")
    samples, features = X.shape
    if y.ndim not in (1, 2) or len(y) != samples or 0 in y.shape:
        raise ValueError(f"y: expected shape ({samples},) or ({samples}, targets), got {y.shape}")
    if weights.shape not in ((), (features,)):
        raise ValueError(f"l2: expected a number or shape ({features},), got {weights.shape}")
    if (weights < 0).any():
        raise ValueError(f"l2: expected numbers >= 0, got {weights.min():g}")
    for name, a in (("X", X), ("y", y), ("l2", weights)):
        if not np.isfinite(a).all():
            raise FloatingPointError(f"{name}: expected finite values, got NaN or infinity")

    A, b = X.astype(np.float64), y.astype(np.float64)
    if weights.any():
        ridge = np.diag(np.sqrt(np.broadcast_to(weights, features).astype(np.float64)))
        A, b = np.vstack([A, ridge]), np.concatenate([b, np.zeros((features, *b.shape[1:]))])
    # Rounding the data to their dtype moves singular values by at most sqrt(min(N, D)) eps / 2 of the
    # largest: below that nothing is known, and NumPy's cut-off, that of double, would take the rounding of
    # float32 data for rank. With a ridge on every weight there is nothing undetermined to cut off.
    undetermined = not np.broadcast_to(weights, features).all()
    of_data = math.sqrt(min(X.shape)) * float(np.finfo(dtype).eps) if undetermined else 0.0
    rcond = max(of_data, max(A.shape) * float(np.finfo(np.float64).eps))
    solution, *_ = np.linalg.lstsq(A, b, rcond=rcond)
    return solution.astype(dtype)


def _real(name: str, values: ArrayLike, also: str = "") -> Array:
    """Return an array of float32, or of float64 for any other real numbers (and other kinds, if named)."""
    a = as_array(values)
    if a.dtype.kind not in "fiu" + also:
        got = described(values if a.dtype.kind == "O" else a)
        raise TypeError(f"{name}: expected real numbers, got {got}")
    return a if a.dtype == np.float32 else a.astype(np.float64)
