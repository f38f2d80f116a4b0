"""Losses of a distance to real numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastopt import _core
from fastopt._common.bounds import Bounds
from fastopt._common.types import Floats, Integers

from .shared import Array, by_elements, in_silence

__all__ = ["huber", "squared_error"]

_POSITIVE = Bounds(0, above=True)


@in_silence
def squared_error_reference(s: Array, y: Array) -> tuple[Array, Array]:
    """Return values and gradient of `squared_error`, from legal arguments.

    Examples
    --------
    >>> squared_error_reference(np.array([3.0]), np.ones(1))
    (array([2.]), array([2.]))
    """
    d = s - y
    return d * d / 2, d


@by_elements("scores")
def squared_error(
    scores: Floats, targets: Floats | Integers, *, reduction: str = "mean", out: Floats | None = None
) -> tuple[Any, Floats]:
    r"""Half the squared distance to the targets.

    .. math:: L = \frac{1}{2N} \sum_i \|s_i - y_i\|^2,
              \qquad \frac{\partial L}{\partial s_i} = \frac{s_i - y_i}{N}

    Parameters
    ----------
    scores : array of shape (N, ...)
        What was predicted. Squares along further axes are added up.
    targets : array of the same shape
        :math:`y`: any real numbers.

    Notes
    -----
    ``torch.nn.functional.mse_loss`` lacks the factor 1/2, and its ``"mean"`` divides by the
    number of elements and not of samples.

    References
    ----------
    Bishop, *Pattern recognition and machine learning*, 2006, section 3.1.1.

    Examples
    --------
    >>> squared_error(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 0.0], [3.0, 4.0]]))
    (1.0, array([[0., 1.],
           [0., 0.]]))
    """
    return _core.loss("squared_error", scores, targets, 0.0, reduction, out)


@in_silence
def huber_reference(s: Array, y: Array, delta: float = 1.0) -> tuple[Array, Array]:
    """Return values and gradient of `huber`, from legal arguments.

    Examples
    --------
    >>> huber_reference(np.array([3.0]), np.ones(1))
    (array([1.5]), array([1.]))
    """
    d = s - y
    far = np.abs(d)
    value = np.where(far <= delta, d * d / 2, delta * (far - delta / 2))
    return value, np.clip(d, -delta, delta)


@by_elements("scores")
def huber(
    scores: Floats,
    targets: Floats | Integers,
    *,
    delta: float = 1.0,
    reduction: str = "mean",
    out: Floats | None = None,
) -> tuple[Any, Floats]:
    r"""Squared error near the target, a line from a distance of delta on: outliers pull no harder.

    .. math:: L = \frac{1}{N} \sum_i
              \begin{cases} \frac{1}{2} d_i^2 & |d_i| \le \delta \\
              \delta (|d_i| - \frac{1}{2} \delta) & \text{else} \end{cases}
              \qquad d_i = s_i - y_i

    The gradient is :math:`d_i / N`, with :math:`d_i` clipped to :math:`[-\delta, \delta]`.

    Parameters
    ----------
    scores : array of shape (N, ...)
        What was predicted. Losses along further axes are added up.
    targets : array of the same shape
        :math:`y`: any real numbers.
    delta : float, default 1.0
        Where the line begins: a finite number > 0. Without a line it is `squared_error`.

    Notes
    -----
    As ``torch.nn.functional.huber_loss``, whose ``"mean"`` divides by the number of elements; its
    ``smooth_l1_loss`` is the same divided by delta.

    References
    ----------
    Huber, *Robust estimation of a location parameter*, 1964.

    Examples
    --------
    >>> huber(np.array([0.5, 3.0]), np.array([0.0, 0.0]), reduction="none")
    (array([0.125, 2.5  ]), array([0.5, 1. ]))
    """
    return _core.loss("huber", scores, targets, _POSITIVE.check("delta", delta), reduction, out)
