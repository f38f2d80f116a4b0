r"""The least-squares problems of Moré, Garbow and Hillstrom that Algorithm 566 leaves out.

All are sums of squares, :math:`f(x) = \sum_i r_i(x)^2`.
"""

from __future__ import annotations

import numpy as np

from fastopt._common.types import Floats

from .problem import Evaluation, family
from .sources import MGH
from .sums import dot, indices, squares

__all__ = [
    "bard",
    "brown_almost_linear",
    "broyden_banded",
    "broyden_tridiagonal",
    "discrete_boundary_value",
    "discrete_integral_equation",
    "freudenstein_roth",
    "jennrich_sampson",
    "kowalik_osborne",
    "linear_full_rank",
    "linear_rank1",
    "linear_rank1_zeros",
    "meyer",
    "osborne1",
    "osborne2",
]


@family(MGH.format(2), start=(0.5, -2.0), sizes=2, minima=(0.0, 48.98425367924))
def freudenstein_roth(x: Floats) -> Evaluation:
    r"""Freudenstein and Roth's function, of two minima.

    :math:`r = (a + ((5 - b) b - 2) b - 13, a + ((b + 1) b - 14) b - 29)`.
    """
    a, b = x
    r = np.array([a + ((5 - b) * b - 2) * b - 13, a + ((b + 1) * b - 14) * b - 29])
    return squares(r, np.array([[1, (10 - 3 * b) * b - 2], [1, (3 * b + 2) * b - 14]]))


@family(MGH.format(6), start=(0.3, 0.4), sizes=2, minima=124.362182356)
def jennrich_sampson(x: Floats) -> Evaluation:
    r"""Jennrich and Sampson's function: :math:`r_i = 2 + 2 i - e^{i x_1} - e^{i x_2}` for 10 residuals."""
    i = indices(10)
    a, b = np.exp(np.outer(x, i))
    return squares(2 + 2 * i - a - b, np.stack([-i * a, -i * b], axis=1))


_BARD = np.array([14, 18, 22, 25, 29, 32, 35, 39, 37, 58, 73, 96, 134, 210, 439]) / 100


@family(MGH.format(8), start=1.0, sizes=3, minima=8.214877306579e-3)
def bard(x: Floats) -> Evaluation:
    r"""Bard's function: :math:`r_i = y_i - x_1 - u / (v x_2 + w x_3)`.

    :math:`u = i`, :math:`v = 16 - i`, :math:`w = \min(u, v)`; 15 residuals.
    """
    u = indices(15)
    v = 16 - u
    w = np.minimum(u, v)
    d = v * x[1] + w * x[2]
    return squares(_BARD - x[0] - u / d, np.stack([-np.ones(15), u * v / d**2, u * w / d**2], axis=1))


_KOWALIK_Y = np.array([1957, 1947, 1735, 1600, 844, 627, 456, 342, 323, 235, 246]) / 1e4
_KOWALIK_U = np.array([4, 2, 1, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625])


@family(MGH.format(15), start=(0.25, 0.39, 0.415, 0.39), sizes=4, minima=3.07505603849e-4)
def kowalik_osborne(x: Floats) -> Evaluation:
    r"""Kowalik and Osborne's enzyme kinetics: :math:`r_i = y_i - x_1 u (u + x_2) / (u (u + x_3) + x_4)`."""
    u = _KOWALIK_U
    above, below = u * (u + x[1]), u * (u + x[2]) + x[3]
    q = above / below
    slopes = [-q, -x[0] * u / below, x[0] * q * u / below, x[0] * q / below]
    return squares(_KOWALIK_Y - x[0] * q, np.stack(slopes, axis=1))


_MEYER = np.array(
    [34780, 28610, 23650, 19630, 16370, 13720, 11540, 9744, 8261, 7030, 6005, 5147, 4427, 3820, 3307, 2872]
)


@family(MGH.format(10), start=(0.02, 4000.0, 250.0), sizes=3, minima=87.945855171)
def meyer(x: Floats) -> Evaluation:
    r"""Meyer's thermistor: :math:`r_i = x_1 \exp(x_2 / (t + x_3)) - y_i`, :math:`t = 45 + 5 i`."""
    d = 45 + 5 * indices(16) + x[2]
    e = np.exp(x[1] / d)
    slopes = [e, x[0] * e / d, -x[0] * x[1] * e / d**2]
    return squares(x[0] * e - _MEYER, np.stack(slopes, axis=1))


# fmt: off
_OSBORNE1 = np.array([
    844, 908, 932, 936, 925, 908, 881, 850, 818, 784, 751, 718, 685, 658, 628, 603, 580, 558, 538, 522, 506,
    490, 478, 467, 457, 448, 438, 431, 424, 420, 414, 411, 406,
]) / 1000

_OSBORNE2 = np.array([
    1366, 1191, 1112, 1013, 991, 885, 831, 847, 786, 725, 746, 679, 608, 655, 616, 606, 602, 626, 651, 724,
    649, 649, 694, 644, 624, 661, 612, 558, 533, 495, 500, 423, 395, 375, 372, 391, 396, 405, 428, 429, 523,
    562, 607, 653, 672, 708, 633, 668, 645, 632, 591, 559, 597, 625, 739, 710, 729, 720, 636, 581, 428, 292,
    162, 98, 54,
]) / 1000
# fmt: on


@family(MGH.format(17), start=(0.5, 1.5, -1.0, 0.01, 0.02), sizes=5, minima=5.46489469748e-5)
def osborne1(x: Floats) -> Evaluation:
    r"""Osborne's first function, with 33 residuals.

    :math:`r_i = y_i - x_1 - x_2 e^{-t x_4} - x_3 e^{-t x_5}`, :math:`t = 10 (i - 1)`.
    """
    t = 10 * (indices(33) - 1)
    a, b = np.exp(-np.outer(x[3:], t))
    slopes = [-np.ones(33), -a, -b, x[1] * t * a, x[2] * t * b]
    return squares(_OSBORNE1 - x[0] - x[1] * a - x[2] * b, np.stack(slopes, axis=1))


@family(
    MGH.format(19),
    start=(1.3, 0.65, 0.65, 0.7, 0.6, 3.0, 5.0, 7.0, 2.0, 4.5, 5.5),
    sizes=11,
    minima=0.0401377362935,
)
def osborne2(x: Floats) -> Evaluation:
    r"""Osborne's second function, an exponential and three bells, with 65 residuals.

    :math:`r_i = y_i - x_1 e^{-t x_5} - \sum_{k=2}^4 x_k e^{-x_{k+4} (t - x_{k+7})^2}`,
    :math:`t = (i - 1) / 10`.
    """
    t = (indices(65) - 1) / 10
    d = t[:, None] - x[8:]
    e, bells = np.exp(-t * x[4]), np.exp(-x[5:8] * d**2)
    r = _OSBORNE2 - x[0] * e - bells @ x[1:4]
    weighted = x[1:4] * bells
    jacobian = np.column_stack([-e, -bells, x[0] * t * e, weighted * d**2, -2 * weighted * x[5:8] * d])
    return squares(r, jacobian)


@family(MGH.format(27), start=0.5, sizes=(10, 100), minima=(0.0, 1.0), least=2)
def brown_almost_linear(x: Floats) -> Evaluation:
    r"""Brown's almost linear function.

    :math:`r_i = x_i + \sum_j x_j - (n + 1)` for :math:`i < n`, :math:`r_n = \prod_j x_j - 1`.
    """
    # The products of all others, from the left and from the right: x may be zero.
    left = np.cumprod(np.append(1, x))
    right = np.cumprod(np.append(1, x[::-1]))
    r = x + (x.sum() - (x.size + 1))
    r[-1] = 0
    last = left[-1] - 1
    return dot(r, r) + last * last, 2 * (r + r.sum() + last * left[:-1] * right[-2::-1])


def _boundary(i: Floats) -> Floats:
    t = i / (i.size + 1)
    return t * (t - 1)


@family(MGH.format(28), start=_boundary, sizes=(10, 100), minima=0.0)
def discrete_boundary_value(x: Floats) -> Evaluation:
    r"""Discrete boundary value function, with :math:`x_0 = x_{n+1} = 0`.

    :math:`r_i = 2 x_i - x_{i-1} - x_{i+1} + h^2 (x_i + t_i + 1)^3 / 2`,
    :math:`t_i = i h`, :math:`h = 1 / (n + 1)`.
    """
    h = 1 / (x.size + 1)
    u = x + indices(x.size) * h + 1
    uu = h * h / 2 * u * u
    r = 2 * x + uu * u
    r[1:] -= x[:-1]
    r[:-1] -= x[1:]
    gradient = (4 + 6 * uu) * r
    gradient[1:] -= 2 * r[:-1]
    gradient[:-1] -= 2 * r[1:]
    return dot(r, r), gradient


@family(MGH.format(29), start=_boundary, sizes=(10, 100, 1000), minima=0.0)
def discrete_integral_equation(x: Floats) -> Evaluation:
    r"""Discrete integral equation function, with :math:`t_i = i h`, :math:`h = 1 / (n + 1)`.

    .. math::
        r_i = x_i + \frac h 2 \Bigl((1 - t_i) \sum_{j \le i} t_j (x_j + t_j + 1)^3
        + t_i \sum_{j > i} (1 - t_j) (x_j + t_j + 1)^3\Bigr)
    """
    h = 1 / (x.size + 1)
    t = indices(x.size) * h
    u = x + t + 1
    r = x + h / 2 * _green(t, u * u * u)
    return dot(r, r), 2 * r + 3 * h * u * u * _green(t, r)


def _green(t: Floats, v: Floats) -> Floats:
    """Return the sums over j of min(t_i, t_j) (1 - max(t_i, t_j)) v_j."""
    upper = (1 - t) * v
    return (1 - t) * np.cumsum(t * v) + t * (np.cumsum(upper[::-1])[::-1] - upper)


@family(MGH.format(30), start=-1.0, sizes=(10, 100, 1000, 10000), minima=0.0)
def broyden_tridiagonal(x: Floats) -> Evaluation:
    r"""Broyden's tridiagonal function: :math:`r_i = (3 - 2 x_i) x_i - x_{i-1} - 2 x_{i+1} + 1`."""
    r = (3 - 2 * x) * x + 1
    r[1:] -= x[:-1]
    r[:-1] -= 2 * x[1:]
    gradient = (6 - 8 * x) * r
    gradient[:-1] -= 2 * r[1:]
    gradient[1:] -= 4 * r[:-1]
    return dot(r, r), gradient


@family(MGH.format(31), start=-1.0, sizes=(10, 100, 1000), minima=0.0)
def broyden_banded(x: Floats) -> Evaluation:
    r"""Broyden's banded function: :math:`r_i = x_i (2 + 5 x_i^2) + 1 - \sum_j x_j (1 + x_j)`.

    The sum runs over :math:`i - 5 \le j \le i + 1`, :math:`j \ne i`.
    """
    xx = x * x
    v = x + xx
    r = x * (2 + 5 * xx) + 1
    for k in (1, 2, 3, 4, 5):
        r[k:] -= v[:-k]
    r[:-1] -= v[1:]
    back = np.zeros_like(x)
    for k in (1, 2, 3, 4, 5):
        back[:-k] += r[k:]
    back[1:] += r[:-1]
    return dot(r, r), 2 * ((2 + 15 * xx) * r - (1 + 2 * x) * back)


@family(MGH.format(32), start=1.0, sizes=(10, 100, 1000), minima=float)
def linear_full_rank(x: Floats) -> Evaluation:
    r"""Linear function of full rank with :math:`m = 2 n` residuals.

    :math:`r_i = x_i - s - 1` for :math:`i \le n`, then :math:`-s - 1`, where :math:`s = (2 / m) \sum_j x_j`.
    """
    s = x.mean() + 1
    r = x - s
    return dot(r, r) + x.size * s * s, 2 * r - 2 * (r.mean() - s)


def _linear(j: Floats, x: Floats, first: int, last: int) -> Evaluation:
    """Sum of the squares of i dot(j, x) - 1 for first <= i <= last, and 1 for each other i up to 2 n."""
    i = np.arange(float(first), last + 1)
    s = dot(j, x)
    r = i * s - 1
    return dot(r, r) + (2 * x.size - i.size), 2 * dot(i, r) * j


@family(MGH.format(33), start=1.0, sizes=(10, 100), minima=lambda n: n * (2 * n - 1) / (4 * n + 1))
def linear_rank1(x: Floats) -> Evaluation:
    r"""Linear function of rank 1: :math:`r_i = i \sum_j j x_j - 1`, with :math:`m = 2 n` residuals."""
    return _linear(indices(x.size), x, 1, 2 * x.size)


@family(
    MGH.format(34),
    start=1.0,
    sizes=(10, 100),
    minima=lambda n: (4 * n * n + 6 * n - 6) / (8 * n - 6),
    least=3,
)
def linear_rank1_zeros(x: Floats) -> Evaluation:
    r"""Linear function of rank 1 with zero columns and rows, with :math:`m = 2 n` residuals.

    :math:`r_i = (i - 1) \sum_{j=2}^{n-1} j x_j - 1` for :math:`1 < i < m`; :math:`r_1 = r_m = -1`.
    """
    j = indices(x.size).copy()
    j[[0, -1]] = 0
    return _linear(j, x, 1, 2 * x.size - 2)
