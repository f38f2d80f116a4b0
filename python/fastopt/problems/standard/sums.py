"""What sums of squares and sums over blocks have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from fastopt._common.types import Floats

from .problem import Evaluation

__all__ = ["blocks", "dot", "indices", "squares"]

Second = Mapping[tuple[int, int], Any]
"""The second derivatives of the residuals that are not zero, by j <= k: numbers or arrays of one for each."""


def squares(r: Floats, jacobian: Floats, second: Callable[[], Second] | None = None) -> Evaluation:
    r"""Return sum of squares and gradient :math:`2 J^T r`, and the Hessian if there is `second`.

    .. math:: \nabla^2 f = 2 J^T J + 2 \sum_i r_i \nabla^2 r_i
    """
    if second is None:
        return r @ r, 2 * (r @ jacobian)

    def hessian() -> Floats:
        h: Floats = jacobian.T @ jacobian
        for (j, k), derivatives in second().items():
            curvature = np.sum(r * derivatives)
            h[j, k] += curvature
            if j != k:
                h[k, j] += curvature
        return 2 * h

    return r @ r, 2 * (r @ jacobian), hessian


def blocks(n: int, size: int, entries: Mapping[tuple[int, int], Any]) -> Floats:
    """Return the n x n matrix of symmetric blocks on the diagonal, with the entries j <= k of each."""
    matrix = np.zeros((n, n))
    for (j, k), values in entries.items():
        first = np.arange(0, n, size)
        matrix[first + j, first + k] = values
        matrix[first + k, first + j] = values
    return matrix


def dot(a: Floats, b: Floats) -> Any:
    """Return the inner product of two vectors, summed in pairs, and never by the threads of a BLAS."""
    return (a * b).sum()


@lru_cache(maxsize=16)
def indices(n: int) -> Floats:
    """Return 1, ..., n, read-only."""
    i = np.arange(1.0, n + 1)
    i.setflags(write=False)
    return i
