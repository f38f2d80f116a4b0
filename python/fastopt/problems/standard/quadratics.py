"""Convex quadratics: how fast a method is in the end, and how it bears bad condition."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from fastopt._common.types import Floats

from .problem import Evaluation, family
from .sources import ANDREI, CUTEST
from .sums import dot, indices

__all__ = ["dqdrtic", "power", "quadratic_1e2", "quadratic_1e4", "quadratic_1e6", "tridia"]


@family(CUTEST.format("TRIDIA"), start=1.0, sizes=(1000, 30, 100, 10000), minima=0.0, least=2)
def tridia(x: Floats) -> Evaluation:
    r"""Shanno's tridiagonal quadratic: :math:`(x_1 - 1)^2 + \sum_{i=2}^n i (2 x_i - x_{i-1})^2`."""
    first, d = x[0] - 1, 2 * x[1:] - x[:-1]
    weighted = indices(x.size)[1:] * d
    gradient = np.empty_like(x)
    gradient[0] = 2 * first
    gradient[1:] = 4 * weighted
    gradient[:-1] -= 2 * weighted
    return first * first + dot(weighted, d), gradient


@family(CUTEST.format("DQDRTIC"), start=3.0, sizes=(1000, 30000), minima=0.0, least=3)
def dqdrtic(x: Floats) -> Evaluation:
    r"""Toint's diagonal quadratic: :math:`\sum_{i=1}^{n-2} x_i^2 + 100 x_{i+1}^2 + 100 x_{i+2}^2`."""
    weighted = 201 * x
    weighted[[0, -2]] = x[0], 200 * x[-2]
    weighted[1] -= 100 * x[1]
    weighted[-1] = 100 * x[-1]
    return dot(weighted, x), 2 * weighted


@family(ANDREI.format("POWER"), start=1.0, sizes=(100, 1000), minima=0.0)
def power(x: Floats) -> Evaluation:
    r"""Power function, of condition :math:`n^2`: :math:`\sum_i (i x_i)^2`."""
    i = indices(x.size)
    weighted = i * i * x
    return dot(weighted, x), 2 * weighted


@lru_cache(maxsize=8)
def _spectrum(n: int, condition: float) -> Floats:
    return np.geomspace(1, condition, n)


def _quadratic(x: Floats, condition: float) -> Evaluation:
    gradient = _spectrum(x.size, condition) * x
    return dot(gradient, x) / 2, gradient


@family("diagonal quadratic", start=1.0, sizes=(100, 1000), minima=0.0, least=2)
def quadratic_1e2(x: Floats) -> Evaluation:
    r""":math:`\frac 1 2 \sum_i \lambda_i x_i^2` with eigenvalues from 1 to 100 at equal ratios."""
    return _quadratic(x, 1e2)


@family("diagonal quadratic", start=1.0, sizes=(100, 1000), minima=0.0, least=2)
def quadratic_1e4(x: Floats) -> Evaluation:
    r""":math:`\frac 1 2 \sum_i \lambda_i x_i^2` with eigenvalues from 1 to 10 000 at equal ratios."""
    return _quadratic(x, 1e4)


@family("diagonal quadratic", start=1.0, sizes=(30, 100, 1000), minima=0.0, least=2)
def quadratic_1e6(x: Floats) -> Evaluation:
    r""":math:`\frac 1 2 \sum_i \lambda_i x_i^2` with eigenvalues from 1 to a million at equal ratios."""
    return _quadratic(x, 1e6)
