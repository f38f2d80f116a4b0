"""What the core computes in a direction of L-BFGS, in plain NumPy and to the same bits.

The oracle of the tests, and the place to read it. Numbers are stored in the dtype of their arrays and
computed in double; a sum has one order, whatever the instruction set and the number of threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .layout import Vector

__all__ = ["Pair", "direction", "total"]

LANES = 16
BLOCK = 16384


@dataclass(frozen=True)
class Pair:
    """A step of the past: along `d` by `step`, which changed the gradient by `y`.

    Attributes
    ----------
    d, y : array
        Direction and change, in the dtype of the history.
    step : float
        So the step was ``s = step * d``.
    dy, yy : float
        ``total(d * y)`` and ``total(y * y)``.
    """

    d: Vector
    y: Vector
    step: float
    dy: float
    yy: float


def total(terms: NDArray[np.float64]) -> float:
    """Return the sum of `terms`: in blocks of 16384 and halves of their number, each in 16 lanes and a tree.

    Examples
    --------
    >>> total(np.arange(10.0))
    45.0
    """
    if terms.size <= BLOCK:
        lanes = np.zeros((-(-terms.size // LANES) + 1, LANES))
        lanes[1:].reshape(-1)[: terms.size] = terms
        lane = lanes.cumsum(axis=0)[-1]  # one after the other, from 0 on
        four = (lane[0:4] + lane[8:12]) + (lane[4:8] + lane[12:16])
        return float((four[0] + four[2]) + (four[1] + four[3]))
    blocks = -(-terms.size // BLOCK)
    half = blocks // 2 * BLOCK
    return total(terms[:half]) + total(terms[half:])


def direction(pairs: Sequence[Pair], g: Vector) -> Vector:
    r"""Return :math:`d = -H g` by the two-loop recursion, the newest pair first.

    .. math:: q_0 = g, \quad q_{k+1} = q_k - \alpha_k y_k, \quad \alpha_k = \frac{d_k^T q_k}{d_k^T y_k}
              \qquad\text{and back from } r_m = q_m = q \qquad
              r_k = r_{k+1} + \beta_k d_k, \quad
              \beta_k = \frac{t_k \alpha_k}{\gamma} - \frac{y_k^T r_{k+1}}{d_k^T y_k}

    with :math:`s_k = t_k d_k` and :math:`\gamma = s^T y / y^T y` of the newest pair; then
    :math:`d = -\gamma r_0`. The r here is Nocedal and Wright's over :math:`\gamma`.

    The vectors between are not formed, as the products with them follow from products of the pairs:

    .. math:: d_k^T q_k = d_k^T q_1 - \sum_{0<j<k} \alpha_j\, d_k^T y_j, \qquad
              y_k^T r_{k+1} = y_k^T q + \sum_{j>k} \beta_j\, d_j^T y_k

    References
    ----------
    Nocedal and Wright, *Numerical Optimization*, 2nd edition, 2006, Algorithm 7.4.

    Examples
    --------
    >>> d, y = np.array([1.0, 0.0]), np.array([2.0, 0.0])
    >>> direction([Pair(d, y, 1.0, 2.0, 4.0)], np.array([2.0, 1.0]))
    array([-1. , -0.5])
    """
    if not pairs:
        raise ValueError("pairs: expected at least one, got none")
    gamma = pairs[0].step * pairs[0].dy / pairs[0].yy
    alpha = [_dot(pairs[0].d, g) / pairs[0].dy]
    q1 = _combination(1.0, g, [-alpha[0]], [pairs[0].y])
    for k, pair in enumerate(pairs[1:], 1):
        dq = _dot(pair.d, q1)
        for j in range(1, k):
            dq -= alpha[j] * _dot(pair.d, pairs[j].y)
        alpha.append(dq / pair.dy)
    q = _combination(1.0, g, [-a for a in alpha], [pair.y for pair in pairs]).astype(g.dtype)

    beta = [0.0] * len(pairs)
    for k, pair in reversed(list(enumerate(pairs))):
        yr = _dot(pair.y, q)
        for j in range(len(pairs) - 1, k, -1):
            yr += beta[j] * _dot(pairs[j].d, pair.y)
        beta[k] = pair.step * alpha[k] / gamma - yr / pair.dy
    d = _combination(-gamma, q, [b * -gamma for b in beta], [pair.d for pair in pairs])
    return d.astype(pairs[0].d.dtype)


def _double(v: Vector) -> NDArray[np.float64]:
    return v.astype(np.float64)


def _dot(w: Vector, q: Vector) -> float:
    return total(_double(w) * _double(q))


def _combination(
    scale: float, v: Vector, factors: Sequence[float], columns: Sequence[Vector]
) -> NDArray[np.float64]:
    result = scale * _double(v)
    for factor, column in zip(factors, columns, strict=True):
        result += factor * _double(column)
    return result
