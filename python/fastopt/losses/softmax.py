"""Losses of the softmax of a row of scores: cross-entropy and divergence."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastopt import _core
from fastopt._common.bounds import Bounds
from fastopt._common.types import Floats, Integers

from .shared import Array, by_rows, in_silence

__all__ = ["kl_divergence", "softmax_cross_entropy"]

_SMOOTHING = Bounds(0, 1, below=True)


def log_softmax(s: Array) -> Array:
    r"""Return :math:`s_j - \max s - \log \sum_k e^{s_k - \max s}` of each row."""
    shifted = s - s.max(axis=1, keepdims=True)
    log_p: Array = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return log_p


@in_silence
def softmax_cross_entropy_reference(s: Array, y: Array, label_smoothing: float = 0.0) -> tuple[Array, Array]:
    """Return values and gradient of `softmax_cross_entropy`, from legal arguments.

    Examples
    --------
    >>> value, grad = softmax_cross_entropy_reference(np.array([[3.2, 5.1, -1.7]]), np.array([0]))
    >>> value.round(2), grad.round(2)
    (array([2.04]), array([[-0.87,  0.87,  0.  ]]))
    """
    log_p = log_softmax(s)
    q = (np.arange(s.shape[1]) == y[:, np.newaxis]).astype(s.dtype) if y.ndim == 1 else y
    q = (1 - label_smoothing) * q + label_smoothing / s.shape[1]
    value = -np.where(q > 0, q * log_p, 0).sum(axis=1)
    return value, q.sum(axis=1, keepdims=True) * np.exp(log_p) - q


@by_rows("scores")
def softmax_cross_entropy(
    scores: Floats,
    labels: Integers | Floats,
    *,
    label_smoothing: float = 0.0,
    reduction: str = "mean",
    out: Floats | None = None,
) -> tuple[Any, Floats]:
    r"""Cross-entropy of the softmax of the scores, from integer labels or from rows of probabilities.

    With :math:`p_{ij} = e^{s_{ij}} / \sum_k e^{s_{ik}}` and targets :math:`q_{ij}`, for integer labels
    :math:`[j = y_i]`,

    .. math:: L = -\frac{1}{N} \sum_{ij} q_{ij} \log p_{ij},
              \qquad \frac{\partial L}{\partial s_{ij}} = \frac{p_{ij} \sum_k q_{ik} - q_{ij}}{N}.

    The largest score of a row is subtracted first, and the logarithm is taken of the sum and not of the
    probabilities. A term with :math:`q_{ij} = 0` is zero, also for a score of minus infinity.

    Parameters
    ----------
    scores : array of shape (N, C)
        One row a sample, one column a class; any real numbers (logits).
    labels : integer array of shape (N,), or array of shape (N, C)
        The class of each sample, in ``0 .. C-1``; or its probabilities, not negative and with the sum 1 to
        within 0.001, which allows for rounding in float32. They are taken as they are, not divided by their
        sum.
    label_smoothing : float in [0, 1)
        :math:`\epsilon`: the targets become :math:`(1 - \epsilon) q_{ij} + \epsilon / C`.

    Notes
    -----
    As ``torch.nn.functional.cross_entropy``, which does not check that rows are probabilities, and takes the
    classes along the second of any number of axes.

    References
    ----------
    Bishop, *Pattern recognition and machine learning*, 2006, section 4.3.4. Szegedy et al., *Rethinking the
    Inception architecture for computer vision*, 2016, section 7.

    Examples
    --------
    >>> scores = np.array([[3.2, 5.1, -1.7]])
    >>> loss, grad = softmax_cross_entropy(scores, np.array([0]))
    >>> round(loss, 2)
    2.04
    >>> grad.round(2) + np.array([1, 0, 0])  # the probabilities
    array([[0.13, 0.87, 0.  ]])
    >>> loss, grad = softmax_cross_entropy(scores, np.array([[0.5, 0.5, 0.0]]))
    >>> round(loss, 2)
    1.09
    """
    smoothing = label_smoothing
    if (
        type(smoothing) is not float or smoothing != 0
    ):  # the default needs no check, a tenth of a small batch's time
        smoothing = _SMOOTHING.check("label_smoothing", smoothing)
    rows = isinstance(labels, np.ndarray) and labels.ndim == 2
    rows = rows and (labels.dtype.kind == "f" or labels.shape == np.shape(scores))
    name = "softmax_cross_entropy_rows" if rows else "softmax_cross_entropy"
    return _core.loss(name, scores, labels, smoothing, reduction, out)


@in_silence
def kl_divergence_reference(s: Array, p: Array) -> tuple[Array, Array]:
    """Return values and gradient of `kl_divergence`, from legal arguments.

    Examples
    --------
    >>> kl_divergence_reference(np.array([[0.0, 0.0]]), np.array([[1.0, 0.0]]))[0].round(2)
    array([0.69])
    """
    log_q = log_softmax(s)
    log_p = np.log(np.where(p > 0, p, 1))
    value = np.where(p > 0, p * (log_p - log_q), 0).sum(axis=1)
    return value, p.sum(axis=1, keepdims=True) * np.exp(log_q) - p


@by_rows("scores")
def kl_divergence(
    scores: Floats, probabilities: Floats, *, reduction: str = "mean", out: Floats | None = None
) -> tuple[Any, Floats]:
    r"""Divergence of Kullback and Leibler: of the softmax of the scores from given probabilities.

    With :math:`q_{ij} = e^{s_{ij}} / \sum_k e^{s_{ik}}` and the convention :math:`0 \log 0 = 0`,

    .. math:: L = \frac{1}{N} \sum_{ij} p_{ij} (\log p_{ij} - \log q_{ij}),
              \qquad \frac{\partial L}{\partial s_{ij}} = \frac{q_{ij} \sum_k p_{ik} - p_{ij}}{N}.

    Parameters
    ----------
    scores : array of shape (N, C)
        One row a sample; any real numbers (logits).
    probabilities : array of shape (N, C)
        :math:`p`: not negative, each row of sum 1 to within 0.001, as in `softmax_cross_entropy`.

    Notes
    -----
    As ``torch.nn.functional.kl_div(log_softmax(scores), probabilities, reduction="batchmean")``: torch takes
    logarithms of probabilities, and its ``"mean"`` divides by the classes as well.

    The gradient is that of `softmax_cross_entropy`, whose value is larger by the entropy of the
    probabilities.

    References
    ----------
    Kullback and Leibler, *On information and sufficiency*, 1951.

    Examples
    --------
    >>> loss, grad = kl_divergence(np.zeros((1, 2)), np.array([[1.0, 0.0]]))
    >>> round(loss, 3), grad
    (0.693, array([[-0.5,  0.5]]))
    """
    return _core.loss("kl_divergence", scores, probabilities, 0.0, reduction, out)
