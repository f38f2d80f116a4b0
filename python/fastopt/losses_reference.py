r"""The losses in plain NumPy, as their papers have them: what the kernels are tested against.

Each function takes scores and targets that are legal already, and returns the value of every sample (rows) or
element and the gradient of their sum. `fastopt.losses` has the same functions compiled, checked, reduced and
documented. They agree to a few units in the last place and not bit for bit: the kernels have an exponential
function of their own, sum in another order, and have zeros where a gradient would be a denormal number.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastopt._common.listing import listing

__all__ = [
    "binary_cross_entropy",
    "hinge",
    "huber",
    "kl_divergence",
    "logistic",
    "multiclass_hinge",
    "softmax_cross_entropy",
    "squared_error",
]
__dir__ = listing(__name__)

Array = NDArray[Any]

_in_silence = np.errstate(all="ignore")


def log_softmax(s: Array) -> Array:
    r"""Return :math:`s_j - \max s - \log \sum_k e^{s_k - \max s}` of each row."""
    shifted = s - s.max(axis=1, keepdims=True)
    log_p: Array = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return log_p


@_in_silence
def softmax_cross_entropy(s: Array, y: Array, label_smoothing: float = 0.0) -> tuple[Array, Array]:
    """Bishop 2006, section 4.3.4; smoothed as Szegedy et al. 2016, section 7.

    Examples
    --------
    >>> value, grad = softmax_cross_entropy(np.array([[3.2, 5.1, -1.7]]), np.array([0]))
    >>> value.round(2), grad.round(2)
    (array([2.04]), array([[-0.87,  0.87,  0.  ]]))
    """
    log_p = log_softmax(s)
    q = (np.arange(s.shape[1]) == y[:, np.newaxis]).astype(s.dtype) if y.ndim == 1 else y
    q = (1 - label_smoothing) * q + label_smoothing / s.shape[1]
    value = -np.where(q > 0, q * log_p, 0).sum(axis=1)
    return value, q.sum(axis=1, keepdims=True) * np.exp(log_p) - q


@_in_silence
def kl_divergence(s: Array, p: Array) -> tuple[Array, Array]:
    """Kullback and Leibler 1951; 0 log 0 = 0.

    Examples
    --------
    >>> kl_divergence(np.array([[0.0, 0.0]]), np.array([[1.0, 0.0]]))[0].round(2)
    array([0.69])
    """
    log_q = log_softmax(s)
    log_p = np.log(np.where(p > 0, p, 1))
    value = np.where(p > 0, p * (log_p - log_q), 0).sum(axis=1)
    return value, p.sum(axis=1, keepdims=True) * np.exp(log_q) - p


@_in_silence
def multiclass_hinge(s: Array, y: Array, margin: float = 1.0) -> tuple[Array, Array]:
    """Weston and Watkins 1999.

    Examples
    --------
    >>> multiclass_hinge(np.array([[3.2, 5.1, -1.7]]), np.array([0]))[0].round(1)
    array([2.9])
    """
    rows = np.arange(len(s))
    right = s[rows, y]
    cost = np.maximum(0, s - right[:, np.newaxis] + margin)
    cost[rows, y] = 0
    slope = (cost > 0).astype(s.dtype)
    slope[rows, y] = -slope.sum(axis=1)
    return np.where(np.isnan(right), right, cost.sum(axis=1)), slope


@_in_silence
def binary_cross_entropy(s: Array, y: Array) -> tuple[Array, Array]:
    """Bishop 2006, section 4.3.2.

    Examples
    --------
    >>> binary_cross_entropy(np.zeros(1), np.ones(1))[0].round(2)
    array([0.69])
    """
    e = np.exp(-np.abs(s))
    wrong = np.where(s > 0, 1 - y, y)  # the probability of the answer that s speaks against
    far = np.where(wrong == 0, 0, np.abs(s))
    return far * wrong + np.log1p(e), np.where(s > 0, 1, e) / (1 + e) - y


@_in_silence
def logistic(s: Array, y: Array) -> tuple[Array, Array]:
    """Cross-entropy for labels of -1 and 1, in terms of the margin y s.

    Examples
    --------
    >>> logistic(np.zeros(1), np.ones(1))[0].round(2)
    array([0.69])
    """
    z = y * s
    e = np.exp(-np.abs(z))
    return np.maximum(-z, 0) + np.log1p(e), -y * np.where(z < 0, 1, e) / (1 + e)


@_in_silence
def hinge(s: Array, y: Array, margin: float = 1.0) -> tuple[Array, Array]:
    """Cortes and Vapnik 1995.

    Examples
    --------
    >>> hinge(np.array([0.25]), np.ones(1))[0]
    array([0.75])
    """
    cost = np.maximum(0, margin - y * s)
    return cost, np.where(cost <= 0, 0, -y)


@_in_silence
def squared_error(s: Array, y: Array) -> tuple[Array, Array]:
    """Half a square: its slope is the difference.

    Examples
    --------
    >>> squared_error(np.array([3.0]), np.ones(1))
    (array([2.]), array([2.]))
    """
    d = s - y
    return d * d / 2, d


@_in_silence
def huber(s: Array, y: Array, delta: float = 1.0) -> tuple[Array, Array]:
    """Huber 1964: half a square up to delta, from there a line.

    Examples
    --------
    >>> huber(np.array([3.0]), np.ones(1))
    (array([1.5]), array([1.]))
    """
    d = s - y
    far = np.abs(d)
    value = np.where(far <= delta, d * d / 2, delta * (far - delta / 2))
    return value, np.clip(d, -delta, delta)
