"""Losses of a margin: how far the right answer is ahead."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastopt import _core
from fastopt._common.bounds import Bounds
from fastopt._common.types import Floats, Integers

from .shared import Array, by_elements, by_rows, in_silence

__all__ = ["hinge", "logistic", "multiclass_hinge"]

_NON_NEGATIVE = Bounds(0)


@in_silence
def multiclass_hinge_reference(s: Array, y: Array, margin: float = 1.0) -> tuple[Array, Array]:
    """Return values and gradient of `multiclass_hinge`, from legal arguments.

    Examples
    --------
    >>> multiclass_hinge_reference(np.array([[3.2, 5.1, -1.7]]), np.array([0]))[0].round(1)
    array([2.9])
    """
    rows = np.arange(len(s))
    right = s[rows, y]
    cost = np.maximum(0, s - right[:, np.newaxis] + margin)
    cost[rows, y] = 0
    slope = (cost > 0).astype(s.dtype)
    slope[rows, y] = -slope.sum(axis=1)
    return np.where(np.isnan(right), right, cost.sum(axis=1)), slope


@by_rows("scores")
def multiclass_hinge(
    scores: Floats,
    labels: Integers,
    *,
    margin: float = 1.0,
    reduction: str = "mean",
    out: Floats | None = None,
) -> tuple[Any, Floats]:
    r"""Multiclass support vector machine loss: every wrong class within the margin costs.

    .. math:: L = \frac{1}{N} \sum_i \sum_{j \ne y_i} \max(0, s_{ij} - s_{i y_i} + \Delta)

    with :math:`\Delta` the `margin`. The gradient is :math:`1/N` at each class that costs and, at the right
    class, minus their number over :math:`N`; at the kink itself, 0.

    Parameters
    ----------
    scores : array of shape (N, C)
        One row a sample, one column a class.
    labels : integer array of shape (N,)
        The class of each sample, in ``0 .. C-1``.
    margin : float, default 1.0
        By how much the right class has to win; finite, not negative.

    Notes
    -----
    ``torch.nn.functional.multi_margin_loss`` divides by the number of classes as well; that of
    Crammer and Singer counts only the worst class.

    References
    ----------
    Weston and Watkins, *Support vector machines for multi-class pattern recognition*, 1999.

    Examples
    --------
    >>> scores = np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])
    >>> loss, grad = multiclass_hinge(scores, np.array([0, 1, 2]))
    >>> round(loss, 2)  # the mean of 2.9, 0 and 12.9
    5.27
    >>> grad * 3
    array([[-1.,  1.,  0.],
           [ 0.,  0.,  0.],
           [ 1.,  1., -2.]])
    """
    return _core.loss(
        "multiclass_hinge", scores, labels, _NON_NEGATIVE.check("margin", margin), reduction, out
    )


@in_silence
def hinge_reference(s: Array, y: Array, margin: float = 1.0) -> tuple[Array, Array]:
    """Return values and gradient of `hinge`, from legal arguments.

    Examples
    --------
    >>> hinge_reference(np.array([0.25]), np.ones(1))[0]
    array([0.75])
    """
    cost = np.maximum(0, margin - y * s)
    return cost, np.where(cost <= 0, 0, -y)


@by_elements("scores")
def hinge(
    scores: Floats,
    labels: Floats | Integers,
    *,
    margin: float = 1.0,
    reduction: str = "mean",
    out: Floats | None = None,
) -> tuple[Any, Floats]:
    r"""Support vector machine loss for labels of -1 and 1.

    .. math:: L = \frac{1}{N} \sum_i \max(0, \Delta - y_i s_i)

    with :math:`\Delta` the `margin`. The gradient is :math:`-y_i / N` where a sample costs, else 0, also at
    the kink.

    Parameters
    ----------
    scores : array of shape (N, ...)
        Any real numbers. Losses along further axes are added up.
    labels : array of the same shape
        -1 or 1.
    margin : float, default 1.0
        Finite, not negative.

    Notes
    -----
    ``sklearn.metrics.hinge_loss`` is the same. ``torch.nn.functional.hinge_embedding_loss`` is
    another function.

    References
    ----------
    Cortes and Vapnik, *Support-vector networks*, 1995.

    Examples
    --------
    >>> hinge(np.array([0.25, 2.0]), np.array([1, 1]))
    (0.375, array([-0.5,  0. ]))
    """
    return _core.loss("hinge", scores, labels, _NON_NEGATIVE.check("margin", margin), reduction, out)


@in_silence
def logistic_reference(s: Array, y: Array) -> tuple[Array, Array]:
    """Return values and gradient of `logistic`, from legal arguments.

    Examples
    --------
    >>> logistic_reference(np.zeros(1), np.ones(1))[0].round(2)
    array([0.69])
    """
    z = y * s
    e = np.exp(-np.abs(z))
    return np.maximum(-z, 0) + np.log1p(e), -y * np.where(z < 0, 1, e) / (1 + e)


@by_elements("scores")
def logistic(
    scores: Floats, labels: Floats | Integers, *, reduction: str = "mean", out: Floats | None = None
) -> tuple[Any, Floats]:
    r"""Logistic loss for labels of -1 and 1.

    .. math:: L = \frac{1}{N} \sum_i \log(1 + e^{-y_i s_i}),
              \qquad \frac{\partial L}{\partial s_i} = -\frac{y_i}{N (1 + e^{y_i s_i})}

    Parameters
    ----------
    scores : array of shape (N, ...)
        Any real numbers. Losses along further axes are added up.
    labels : array of the same shape
        -1 or 1.

    Notes
    -----
    As ``torch.nn.functional.soft_margin_loss``, whose ``"mean"`` divides by the number of
    elements, and which overflows for scores far on the wrong side. The same as `binary_cross_entropy` with
    labels ``(y + 1) / 2``.

    References
    ----------
    Hastie, Tibshirani and Friedman, *The elements of statistical learning*, 2009, section 10.5.

    Examples
    --------
    >>> loss, grad = logistic(np.array([0.0, -1e4]), np.array([1, -1]))
    >>> round(loss, 4), grad
    (0.3466, array([-0.25,  0.  ]))
    """
    return _core.loss("logistic", scores, labels, 0.0, reduction, out)
