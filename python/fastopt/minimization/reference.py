"""What the core computes in a direction of L-BFGS, in plain NumPy and to the same bits.

The oracle of the tests, and the place to read it. Numbers are stored in the dtype of their arrays and
computed in double; a sum has one order, whatever the instruction set and the number of threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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

    .. math:: q \leftarrow q - \alpha_k y_k, \quad \alpha_k = \frac{d_k^T q}{d_k^T y_k}
              \qquad\text{and back}\qquad
              q \leftarrow q + \Big(\frac{t_k \alpha_k}{\gamma} - \frac{y_k^T q}{d_k^T y_k}\Big) d_k

    with :math:`s_k = t_k d_k` and :math:`\gamma = s^T y / y^T y` of the newest pair; then
    :math:`d = -\gamma q`. The q on the way back is Nocedal and Wright's r over :math:`\gamma`.

    References
    ----------
    Nocedal and Wright, *Numerical Optimization*, 2nd edition, 2006, Algorithm 7.4.

    Examples
    --------
    >>> d, y = np.array([1.0, 0.0]), np.array([2.0, 0.0])
    >>> direction([Pair(d, y, 1.0, 2.0, 4.0)], np.array([2.0, 1.0]))
    array([-1. , -0.5])
    """
    newest = pairs[0]
    gamma = newest.step * newest.dy / newest.yy
    q, along = g, []
    for pair in pairs:
        along.append(_dot(pair.d, q) / pair.dy)
        q = _plus(q, -along[-1], pair.y, g.dtype)
    for pair, a in zip(pairs[::-1], along[::-1], strict=True):
        c = pair.step * a / gamma - _dot(pair.y, q) / pair.dy
        if pair is newest:
            return (-gamma * (_double(q) + c * _double(pair.d))).astype(pair.d.dtype)
        q = _plus(q, c, pair.d, g.dtype)
    raise ValueError("pairs: expected at least one, got none")


def _double(v: Vector) -> NDArray[np.float64]:
    return v.astype(np.float64)


def _dot(w: Vector, q: Vector) -> float:
    return total(_double(w) * _double(q))


def _plus(q: Vector, c: float, v: Vector, dtype: np.dtype[Any]) -> Vector:
    return (_double(q) + c * _double(v)).astype(dtype)
