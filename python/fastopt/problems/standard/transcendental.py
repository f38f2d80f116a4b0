"""Sums with exponentials and sines of few neighbours each, of any number of parameters."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from fastopt._common.types import Floats

from .problem import Evaluation, family
from .sources import ANDREI, CUTEST
from .sums import dot, indices

__all__ = [
    "cosine",
    "cragglvy",
    "eg2",
    "hager",
    "logcosh",
    "raydan1",
    "raydan2",
    "schmvett",
    "sinquad",
    "tointgss",
]


@family(CUTEST.format("COSINE"), start=1.0, sizes=(1000, 10000), minima=lambda n: 1.0 - n, least=2)
def cosine(x: Floats) -> Evaluation:
    r"""Chained cosines: :math:`\sum_{i=1}^{n-1} \cos(x_i^2 - x_{i+1} / 2)`."""
    a = x[:-1]
    u = a * a - x[1:] / 2
    sin = np.sin(u)
    gradient = np.empty_like(x)
    gradient[-1] = 0
    gradient[:-1] = -2 * a * sin
    gradient[1:] += sin / 2
    return np.cos(u).sum(), gradient


def _cragglvy(i: Floats) -> Floats:
    x = np.full_like(i, 2.0)
    x[0] = 1
    return x


@family(
    CUTEST.format("CRAGGLVY"),
    start=_cragglvy,
    sizes=(1000, 4, 100, 5000),
    minima={4: 0.0, 100: 32.26991146, 1000: 336.4231479, 5000: 1688.21531},
    multiple=2,
    least=4,
)
def cragglvy(x: Floats) -> Evaluation:
    r"""Cragg and Levy's extended function.

    .. math:: \sum (e^a - b)^4 + 100 (b - c)^6 + (\tan(c - d) + c - d)^4 + a^8 + (d - 1)^2

    over :math:`(a, b, c, d) = (x_i, ..., x_{i+3})` for :math:`i = 1, 3, ..., n - 3`.
    """
    a, b, c, d = x[:-2:2], x[1:-2:2], x[2::2], x[3::2]
    e = np.exp(a)
    p, q = e - b, b - c
    tan = np.tan(c - d)
    r, s, aa = tan + c - d, d - 1, a * a
    pp, qq, rr, aaaa = p * p, q * q, r * r, aa * aa
    dp, dq = 4 * pp * p, 600 * qq * qq * q
    dr = 4 * rr * r * (2 + tan * tan)
    gradient = np.zeros_like(x)
    gradient[:-2:2] = dp * e + 8 * aaaa * aa * a
    gradient[1:-2:2] = dq - dp
    gradient[2::2] += dr - dq
    gradient[3::2] += 2 * s - dr
    return dot(pp, pp) + 100 * dot(qq * qq, qq) + dot(rr, rr) + dot(aaaa, aaaa) + dot(s, s), gradient


@family(ANDREI.format("EG2"), start=1.0, sizes=(1000,), minima={1000: (-999.5, -998.9473933)}, least=2)
def eg2(x: Floats) -> Evaluation:
    r"""Sines with an arrow-head: :math:`\sum_{i=1}^{n-1} \sin(x_1 + x_i^2 - 1) + \sin(x_n^2) / 2`."""
    a, last = x[:-1], x[-1] * x[-1]
    u = x[0] + a * a - 1
    cos = np.cos(u)
    gradient = np.empty_like(x)
    gradient[:-1] = 2 * cos * a
    gradient[0] += cos.sum()
    gradient[-1] = np.cos(last) * x[-1]
    return np.sin(u).sum() + np.sin(last) / 2, gradient


@lru_cache(maxsize=8)
def _roots(n: int) -> Floats:
    return np.sqrt(indices(n))


def _least_hager(n: int) -> float:
    i = indices(n)
    return float((np.sqrt(i) * (1 - np.log(i) / 2)).sum())


@family(ANDREI.format("Hager"), start=1.0, sizes=(1000,), minima=_least_hager)
def hager(x: Floats) -> Evaluation:
    r"""Hager's function: :math:`\sum_i e^{x_i} - \sqrt i x_i`."""
    e, roots = np.exp(x), _roots(x.size)
    return e.sum() - dot(roots, x), e - roots


@lru_cache(maxsize=8)
def _scales(n: int) -> Floats:
    return np.geomspace(1 / 32, 32, n)


@family("convex, badly scaled", start=1.0, sizes=(100, 10, 1000), minima=0.0, least=2)
def logcosh(x: Floats) -> Evaluation:
    r"""Softened absolute values: :math:`\sum_i \log \cosh(a_i x_i)`.

    The :math:`a_i` run from 1/32 to 32 at equal ratios.
    """
    scales = _scales(x.size)
    z = scales * x
    u = np.abs(z)
    near = np.log1p(np.sinh(np.minimum(u, 20)) ** 2) / 2  # exact at 0
    return np.where(u < 20, near, u - math.log(2)).sum(), scales * np.tanh(z)


@family(ANDREI.format("Raydan 1"), start=1.0, sizes=(1000,), minima=lambda n: n * (n + 1) / 20)
def raydan1(x: Floats) -> Evaluation:
    r"""Raydan's first function: :math:`\frac 1 {10} \sum_i i (e^{x_i} - x_i)`."""
    weights, e = indices(x.size) / 10, np.exp(x)
    return dot(weights, e - x), weights * (e - 1)


@family(ANDREI.format("Raydan 2"), start=1.0, sizes=(10000,), minima=float)
def raydan2(x: Floats) -> Evaluation:
    r"""Raydan's second function: :math:`\sum_i e^{x_i} - x_i`."""
    e = np.exp(x)
    return (e - x).sum(), e - 1


@family(CUTEST.format("SCHMVETT"), start=0.5, sizes=(1000, 10000), minima=lambda n: 6.0 - 3 * n, least=3)
def schmvett(x: Floats) -> Evaluation:
    r"""Schmidt and Vetters's function.

    .. math::
        -\sum_{i=1}^{n-2} \frac 1 {1 + (a - b)^2} + \sin \frac{\pi b + c} 2
        + \exp\Bigl(-\Bigl(\frac{a + c} b - 2\Bigr)^2\Bigr)

    with :math:`(a, b, c) = (x_i, x_{i+1}, x_{i+2})`.
    """
    a, b, c = x[:-2], x[1:-1], x[2:]
    u, w, ratio = a - b, (math.pi * b + c) / 2, (a + c) / b
    v = ratio - 2
    bump, cos, e = 1 / (1 + u * u), np.cos(w), np.exp(-v * v)
    du, dw, dv = 2 * u * bump * bump, cos / 2, 2 * v * e / b
    gradient = np.zeros_like(x)
    gradient[:-2] = du + dv
    gradient[1:-1] -= du + math.pi * dw + dv * ratio
    gradient[2:] += dv - dw
    return -(bump + np.sin(w) + e).sum(), gradient


@family(CUTEST.format("SINQUAD"), start=0.1, sizes=(100, 1000), minima=0.0, least=3)
def sinquad(x: Floats) -> Evaluation:
    r"""Sines with a double arrow-head.

    :math:`(x_1 - 1)^4 + \sum_{i=2}^{n-1} (\sin(x_i - x_n) - x_1^2 + x_i^2)^2 + (x_n^2 - x_1^2)^2`.
    """
    first, last, middle = x[0], x[-1], x[1:-1]
    d, gap = first - 1, last * last - first * first
    u = middle - last
    r = np.sin(u) - first * first + middle * middle
    slope = 2 * r * np.cos(u)
    gradient = np.empty_like(x)
    gradient[0] = 4 * d * d * d - 4 * first * (r.sum() + gap)
    gradient[1:-1] = slope + 4 * r * middle
    gradient[-1] = 4 * last * gap - slope.sum()
    return d * d * d * d + dot(r, r) + gap * gap, gradient


@family(
    CUTEST.format("TOINTGSS"),
    start=3.0,
    sizes=(1000, 10000),
    minima=lambda n: 10 * (n - 2) / (n + 2),
    least=3,
)
def tointgss(x: Floats) -> Evaluation:
    r"""Toint's Gaussian function.

    .. math::
        \sum_{i=1}^{n-2} \Bigl(\frac{10}{n + 2} + x_{i+2}^2\Bigr)
        \Bigl(2 - \exp\Bigl(-\frac{(x_i - x_{i+1})^2}{0.1 + x_{i+2}^2}\Bigr)\Bigr)
    """
    u, c = x[:-2] - x[1:-1], x[2:]
    w = c * c
    below = 1 / (0.1 + w)
    q = u * below
    e = np.exp(-u * q)
    weight = 10 / (x.size + 2) + w
    du = 2 * weight * e * q
    gradient = np.zeros_like(x)
    gradient[:-2] = du
    gradient[1:-1] -= du
    gradient[2:] += 2 * c * (2 - e - weight * e * q * q)
    return dot(weight, 2 - e), gradient
