"""Losses of a classifier: the value and the gradient with respect to the scores, in one call.

Both losses are means over the batch, so a learning rate does not depend on the batch size.
"""

from __future__ import annotations

import math

import numpy as np

from fastopt._typing import Floats, Integers

__all__ = ["multiclass_hinge", "softmax_cross_entropy"]


def softmax_cross_entropy(scores: Floats, labels: Integers) -> tuple[float, Floats]:
    r"""Cross-entropy of the softmax of the scores, from integer labels.

    With :math:`p_{ij} = e^{s_{ij}} / \sum_k e^{s_{ik}}`,

    .. math:: L = -\frac{1}{N} \sum_i \log p_{i y_i},
              \qquad \frac{\partial L}{\partial s_{ij}} = \frac{p_{ij} - [j = y_i]}{N}.

    The largest score of a row is subtracted first, and the logarithm is taken of the sum and not
    of the probabilities, so finite scores thousands apart are fine.

    Parameters
    ----------
    scores : array of shape (N, C), float32 or float64
        One row a sample, one column a class; any real numbers (logits).
    labels : integer array of shape (N,)
        The class of each sample, in ``0 .. C-1``.

    Returns
    -------
    loss : float
        The mean over the batch.
    grad : array of shape (N, C)
        The gradient with respect to `scores`, in their dtype.

    Raises
    ------
    TypeError
        If `scores` are not float32 or float64 or `labels` not integers.
    ValueError
        If a shape is wrong, the batch is empty, or a label is not a column of `scores`.

    Notes
    -----
    The same as ``torch.nn.functional.cross_entropy`` with its default ``reduction="mean"``.

    Examples
    --------
    >>> scores = np.array([[3.2, 5.1, -1.7]])
    >>> loss, grad = softmax_cross_entropy(scores, np.array([0]))
    >>> round(loss, 2)
    2.04
    >>> grad.round(2) + np.array([1, 0, 0])  # the probabilities
    array([[0.13, 0.87, 0.  ]])
    """
    scores, labels, rows = _checked(scores, labels)
    shifted = scores - scores.max(axis=1, keepdims=True)
    grad = np.exp(shifted)
    total = grad.sum(axis=1, keepdims=True)
    loss = np.log(total[:, 0]) - shifted[rows, labels]

    grad /= total
    grad[rows, labels] -= 1
    grad /= len(rows)
    return float(loss.mean(dtype=np.float64)), grad


def multiclass_hinge(scores: Floats, labels: Integers, margin: float = 1.0) -> tuple[float, Floats]:
    r"""Multiclass support vector machine loss: every wrong class within the margin costs.

    .. math:: L = \frac{1}{N} \sum_i \sum_{j \ne y_i} \max(0, s_{ij} - s_{i y_i} + \Delta)

    with :math:`\Delta` the `margin`. The gradient is :math:`1/N` at each class that costs and, at
    the right class, minus their number over :math:`N`; at the kink itself, 0.

    Parameters
    ----------
    scores : array of shape (N, C), float32 or float64
        One row a sample, one column a class.
    labels : integer array of shape (N,)
        The class of each sample, in ``0 .. C-1``.
    margin : float, default 1.0
        By how much the right class has to win; finite, not negative.

    Returns
    -------
    loss : float
        The mean over the batch.
    grad : array of shape (N, C)
        A subgradient with respect to `scores`, in their dtype.

    Raises
    ------
    TypeError
        If `scores` are not float32 or float64 or `labels` not integers.
    ValueError
        If a shape is wrong, the batch is empty, a label is not a column of `scores`, or the
        margin is negative or not finite.

    Notes
    -----
    ``torch.nn.functional.multi_margin_loss`` divides by the number of classes as well.

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
    scores, labels, rows = _checked(scores, labels)
    if not (math.isfinite(margin) and margin >= 0):
        raise ValueError(f"margin: expected a finite number >= 0, got {margin!r}")
    cost = scores - scores[rows, labels][:, np.newaxis]
    cost += float(margin)
    cost[rows, labels] = 0
    np.maximum(cost, 0, out=cost)

    grad = (cost > 0).astype(scores.dtype)
    grad[rows, labels] -= grad.sum(axis=1)
    grad /= len(rows)
    # Row sums first, in the dtype of the scores: the mean is then taken in double.
    return float(cost.sum(axis=1).mean(dtype=np.float64)), grad


def _checked(scores: Floats, labels: Integers) -> tuple[Floats, Integers, Integers]:
    """Return scores, labels and row numbers as arrays, or say what is wrong with them."""
    scores, labels = np.asarray(scores), np.asarray(labels)
    if scores.dtype not in (np.float32, np.float64):
        raise TypeError(f"scores: expected float32 or float64, got {scores.dtype}")
    if scores.ndim != 2 or 0 in scores.shape:
        raise ValueError(f"scores: expected shape (samples, classes), got {scores.shape}")
    n, classes = scores.shape
    if labels.dtype.kind not in "iu":
        raise TypeError(f"labels: expected integers, got {labels.dtype}")
    if labels.shape != (n,):
        raise ValueError(f"labels: expected shape ({n},), one a row of scores, got {labels.shape}")
    # Negative labels would silently count columns from the right.
    if labels.min() < 0 or labels.max() >= classes:
        row = int(np.flatnonzero((labels < 0) | (labels >= classes))[0])
        raise ValueError(f"labels[{row}]: expected 0 to {classes - 1}, got {labels[row]}")
    return scores, labels, np.arange(n)
