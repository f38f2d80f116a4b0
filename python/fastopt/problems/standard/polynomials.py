"""Sums of polynomials of few neighbours each, of any number of parameters."""

from __future__ import annotations

import numpy as np

from fastopt._common.types import Floats

from .problem import Evaluation, family
from .sources import ANDREI, CUTEST
from .sums import dot, indices

__all__ = [
    "arwhead",
    "bdqrtic",
    "chained_rosenbrock",
    "dixon_price",
    "edensch",
    "engval1",
    "extended_himmelblau",
    "fletchcr",
    "freuroth",
    "genrose",
    "liarwhd",
    "nondia",
    "nondquar",
    "quartc",
    "white_holst",
]


@family(CUTEST.format("ARWHEAD"), start=1.0, sizes=(1000, 100, 30000), minima=0.0, least=2)
def arwhead(x: Floats) -> Evaluation:
    r"""Arrow-head Hessian, of Conn, Gould, Lescrenier and Toint.

    :math:`\sum_{i=1}^{n-1} (x_i^2 + x_n^2)^2 - 4 x_i + 3`.
    """
    a, last = x[:-1], x[-1]
    q = a * a + last * last
    gradient = np.empty_like(x)
    gradient[:-1] = 4 * q * a - 4
    gradient[-1] = 4 * last * q.sum()
    return dot(q, q) + (3 - 4 * a).sum(), gradient


@family(
    CUTEST.format("BDQRTIC"),
    start=1.0,
    sizes=(1000, 100, 5000),
    minima={100: 378.7691918, 1000: 3983.817951, 5000: 20006.25688},
    least=5,
)
def bdqrtic(x: Floats) -> Evaluation:
    r"""Banded quartic with an arrow-head, of Conn, Gould, Lescrenier and Toint.

    .. math:: \sum_{i=1}^{n-4} (3 - 4 x_i)^2 + (x_i^2 + 2 x_{i+1}^2 + 3 x_{i+2}^2 + 4 x_{i+3}^2 + 5 x_n^2)^2
    """
    m = x.size - 4
    xx = x * x
    line = 3 - 4 * x[:m]
    q = xx[:m] + 2 * xx[1:-3] + 3 * xx[2:-2] + 4 * xx[3:-1] + 5 * xx[-1]
    factor = np.zeros_like(x)
    for k in range(4):
        factor[k : m + k] += (k + 1) * q
    factor[-1] += 5 * q.sum()
    gradient = 4 * factor * x
    gradient[:m] -= 8 * line
    return dot(line, line) + dot(q, q), gradient


@family(
    "Toint, Some numerical results using a sparse matrix updating formula, 1978",
    start=(-1.2, 1.0),
    sizes=(100, 10, 1000),
    minima=lambda n: (0.0, 3.98657911235) if n == 10 else 0.0,
    least=2,
)
def chained_rosenbrock(x: Floats) -> Evaluation:
    r"""Rosenbrock's function, chained: :math:`\sum_{i=1}^{n-1} 100 (x_{i+1} - x_i^2)^2 + (1 - x_i)^2`."""
    a = x[:-1]
    rise, left = x[1:] - a * a, a - 1
    gradient = np.empty_like(x)
    gradient[-1] = 0
    gradient[:-1] = 2 * left - 400 * a * rise
    gradient[1:] += 200 * rise
    return 100 * dot(rise, rise) + dot(left, left), gradient


@family(
    "Dixon and Price, Truncated Newton method for sparse unconstrained optimization, 1989",
    start=1.0,
    sizes=(1000, 100),
    minima=0.0,
    least=2,
)
def dixon_price(x: Floats) -> Evaluation:
    r"""Dixon and Price's function: :math:`(x_1 - 1)^2 + \sum_{i=2}^n i (2 x_i^2 - x_{i-1})^2`."""
    first, b = x[0] - 1, x[1:]
    d = 2 * b * b - x[:-1]
    weighted = indices(x.size)[1:] * d
    gradient = np.empty_like(x)
    gradient[0] = 2 * first
    gradient[1:] = 8 * weighted * b
    gradient[:-1] -= 2 * weighted
    return first * first + dot(weighted, d), gradient


@family(
    CUTEST.format("EDENSCH"),
    start=8.0,
    sizes=(1000, 36, 2000),
    minima={36: 219.284592, 1000: 6003.284592, 2000: 12003.28459},
    least=2,
)
def edensch(x: Floats) -> Evaluation:
    r"""Dennis and Schnabel's extended function.

    :math:`16 + \sum_{i=1}^{n-1} (x_i - 2)^4 + x_{i+1}^2 (x_i - 2)^2 + (x_{i+1} + 1)^2`.
    """
    a, b = x[:-1] - 2, x[1:]
    aa, ab, c = a * a, a * b, b + 1
    gradient = np.empty_like(x)
    gradient[-1] = 0
    gradient[:-1] = 4 * aa * a + 2 * ab * b
    gradient[1:] += 2 * ab * a + 2 * c
    return 16 + dot(aa, aa) + dot(ab, ab) + dot(c, c), gradient


@family(
    CUTEST.format("ENGVAL1"),
    start=2.0,
    sizes=(1000, 2, 50, 5000),
    minima={2: 0.0, 50: 53.58221489, 1000: 1108.194719, 5000: 5548.668419},
    least=2,
)
def engval1(x: Floats) -> Evaluation:
    r"""Engvall's function: :math:`\sum_{i=1}^{n-1} (x_i^2 + x_{i+1}^2)^2 - 4 x_i + 3`."""
    a, b = x[:-1], x[1:]
    q = a * a + b * b
    gradient = np.empty_like(x)
    gradient[-1] = 0
    gradient[:-1] = 4 * q * a - 4
    gradient[1:] += 4 * q * b
    return dot(q, q) + (3 - 4 * a).sum(), gradient


@family(ANDREI.format("extended Himmelblau"), start=1.0, sizes=(1000,), minima=0.0, multiple=2)
def extended_himmelblau(x: Floats) -> Evaluation:
    r"""Himmelblau's function over pairs: :math:`\sum (a^2 + b - 11)^2 + (a + b^2 - 7)^2`."""
    a, b = x[::2], x[1::2]
    p, q = a * a + b - 11, a + b * b - 7
    gradient = np.empty_like(x)
    gradient[::2] = 4 * a * p + 2 * q
    gradient[1::2] = 2 * p + 4 * b * q
    return dot(p, p) + dot(q, q), gradient


@family(ANDREI.format("FLETCHCR"), start=0.0, sizes=(100, 1000), minima=0.0, least=2)
def fletchcr(x: Floats) -> Evaluation:
    r"""Fletcher's chained valley: :math:`100 \sum_{i=1}^{n-1} (x_{i+1} - x_i + 1 - x_i^2)^2`."""
    a = x[:-1]
    rise = x[1:] - a + 1 - a * a
    gradient = np.empty_like(x)
    gradient[-1] = 0
    gradient[:-1] = -200 * rise * (1 + 2 * a)
    gradient[1:] += 200 * rise
    return 100 * dot(rise, rise), gradient


def _freuroth(i: Floats) -> Floats:
    x = np.zeros_like(i)
    x[:2] = 0.5, -2
    return x


@family(
    CUTEST.format("FREUROTH"),
    start=_freuroth,
    sizes=(1000, 10, 5000),
    minima={2: (0.0, 48.98425368), 10: 1014.064073, 1000: 121469.7101, 5000: 608159.189},
    least=2,
)
def freuroth(x: Floats) -> Evaluation:
    r"""Freudenstein and Roth's function, chained.

    .. math:: \sum_{i=1}^{n-1} (a + ((5 - b) b - 2) b - 13)^2 + (a + ((b + 1) b - 14) b - 29)^2

    with :math:`a = x_i`, :math:`b = x_{i+1}`.
    """
    a, b = x[:-1], x[1:]
    p, q = a + ((5 - b) * b - 2) * b - 13, a + ((b + 1) * b - 14) * b - 29
    gradient = np.empty_like(x)
    gradient[-1] = 0
    gradient[:-1] = 2 * (p + q)
    gradient[1:] += 2 * ((10 - 3 * b) * b - 2) * p + 2 * ((3 * b + 2) * b - 14) * q
    return dot(p, p) + dot(q, q), gradient


@family(CUTEST.format("GENROSE"), start=lambda i: i / (i.size + 1), sizes=(100, 500), minima=1.0, least=2)
def genrose(x: Floats) -> Evaluation:
    r"""Generalised Rosenbrock function: :math:`1 + \sum_{i=2}^n 100 (x_i - x_{i-1}^2)^2 + (x_i - 1)^2`."""
    a, b = x[:-1], x[1:]
    rise, left = b - a * a, b - 1
    gradient = np.empty_like(x)
    gradient[0] = 0
    gradient[1:] = 200 * rise + 2 * left
    gradient[:-1] -= 400 * a * rise
    return 1 + 100 * dot(rise, rise) + dot(left, left), gradient


@family(CUTEST.format("LIARWHD"), start=4.0, sizes=(1000, 100, 30000), minima=0.0)
def liarwhd(x: Floats) -> Evaluation:
    r"""Arrow-head Hessian, of Li: :math:`\sum_i 4 (x_i^2 - x_1)^2 + (x_i - 1)^2`."""
    p, q = x * x - x[0], x - 1
    gradient = 16 * p * x + 2 * q
    gradient[0] -= 8 * p.sum()
    return 4 * dot(p, p) + dot(q, q), gradient


@family(CUTEST.format("NONDIA"), start=-1.0, sizes=(1000, 10000), minima=0.0, least=2)
def nondia(x: Floats) -> Evaluation:
    r"""Shanno's nondiagonal valley: :math:`(x_1 - 1)^2 + 100 \sum_{i=2}^n (x_1 - x_{i-1}^2)^2`."""
    first, a = x[0] - 1, x[:-1]
    p = x[0] - a * a
    gradient = np.empty_like(x)
    gradient[-1] = 0
    gradient[:-1] = -400 * p * a
    gradient[0] += 200 * p.sum() + 2 * first
    return first * first + 100 * dot(p, p), gradient


@family(CUTEST.format("NONDQUAR"), start=(1.0, -1.0), sizes=(100, 1000), minima=0.0, least=3)
def nondquar(x: Floats) -> Evaluation:
    r"""Nondiagonal quartic: its Hessian is singular at the minimum.

    :math:`(x_1 - x_2)^2 + (x_{n-1} - x_n)^2 + \sum_{i=1}^{n-2} (x_i + x_{i+1} + x_n)^4`.
    """
    first, last = x[0] - x[1], x[-2] - x[-1]
    q = x[:-2] + x[1:-1] + x[-1]
    qq = q * q
    slope = 4 * qq * q
    gradient = np.zeros_like(x)
    gradient[:-2] = slope
    gradient[1:-1] += slope
    gradient[-1] = slope.sum() - 2 * last
    gradient[-2] += 2 * last
    gradient[:2] += 2 * first, -2 * first
    return first * first + last * last + dot(qq, qq), gradient


@family(CUTEST.format("QUARTC"), start=2.0, sizes=(1000, 100, 10000), minima=0.0)
def quartc(x: Floats) -> Evaluation:
    r"""Separable quartic: :math:`\sum_i (x_i - i)^4`."""
    d = x - indices(x.size)
    dd = d * d
    return dot(dd, dd), 4 * dd * d


@family(ANDREI.format("extended White and Holst"), start=(-1.2, 1.0), sizes=(1000,), minima=0.0, multiple=2)
def white_holst(x: Floats) -> Evaluation:
    r"""White and Holst's cubic valley over pairs: :math:`\sum 100 (b - a^3)^2 + (1 - a)^2`."""
    a, b = x[::2], x[1::2]
    rise, left = b - a * a * a, a - 1
    gradient = np.empty_like(x)
    gradient[::2] = -600 * a * a * rise + 2 * left
    gradient[1::2] = 200 * rise
    return 100 * dot(rise, rise) + dot(left, left), gradient
