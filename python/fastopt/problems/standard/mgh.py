r"""The eighteen problems of unconstrained minimisation of Moré, Garbow and Hillstrom, with Hessians.

Those of their Algorithm 566. All but a few are sums of squares, :math:`f(x) = \sum_i r_i(x)^2`.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from fastopt._common.types import Floats

from .problem import Evaluation, family
from .sources import MGH
from .sums import blocks, dot, indices, squares

__all__ = [
    "beale",
    "biggs_exp6",
    "box3",
    "brown_badly_scaled",
    "brown_dennis",
    "chebyquad",
    "gaussian",
    "gulf",
    "helical_valley",
    "penalty1",
    "penalty2",
    "powell_badly_scaled",
    "powell_singular",
    "rosenbrock",
    "trigonometric",
    "vardim",
    "watson",
    "wood",
]


@family(MGH.format(7), start=(-1.0, 0.0, 0.0), sizes=3, minima=0.0, hessian=True)
def helical_valley(x: Floats) -> Evaluation:
    r"""Fletcher and Powell's helical valley, around the third axis.

    :math:`r = (10 (x_3 - 10 \theta), 10 (\rho - 1), x_3)`, where :math:`\rho` and :math:`2 \pi \theta` are
    the polar coordinates of :math:`(x_1, x_2)` and :math:`-1/4 \le \theta < 3/4`.
    """
    a, b, c = x
    rho = np.hypot(a, b)
    theta = np.arctan2(b, a) / (2 * math.pi)
    theta += theta < -0.25
    r = np.array([10 * (c - 10 * theta), 10 * (rho - 1), c])
    turn = 50 / (math.pi * rho**2)
    jacobian = np.array([[turn * b, -turn * a, 10], [10 * a / rho, 10 * b / rho, 0], [0, 0, 1]])
    return squares(
        r,
        jacobian,
        lambda: {
            (0, 0): np.array([-2 * turn * a * b / rho**2, 10 * b * b / rho**3, 0]),
            (0, 1): np.array([turn * (a * a - b * b) / rho**2, -10 * a * b / rho**3, 0]),
            (1, 1): np.array([2 * turn * a * b / rho**2, 10 * a * a / rho**3, 0]),
        },
    )


@family(
    MGH.format(18),
    start=(1.0, 2.0, 1.0, 1.0, 1.0, 1.0),
    sizes=6,
    minima=(0.0, 5.65564992545e-3),
    hessian=True,
)
def biggs_exp6(x: Floats) -> Evaluation:
    r"""Biggs's sum of three exponentials, with 13 residuals.

    :math:`r_i = x_3 e^{-t x_1} - x_4 e^{-t x_2} + x_6 e^{-t x_5} - (e^{-t} - 5 e^{-10 t} + 3 e^{-4 t})`,
    :math:`t = i / 10`.
    """
    t = indices(13) / 10
    e1, e2, e5 = np.exp(-np.outer(x[[0, 1, 4]], t))
    r = x[2] * e1 - x[3] * e2 + x[5] * e5 - (np.exp(-t) - 5 * np.exp(-10 * t) + 3 * np.exp(-4 * t))
    jacobian = np.stack([-x[2] * t * e1, x[3] * t * e2, e1, -e2, -x[5] * t * e5, e5], axis=1)
    return squares(
        r,
        jacobian,
        lambda: {
            (0, 0): x[2] * t**2 * e1,
            (0, 2): -t * e1,
            (1, 1): -x[3] * t**2 * e2,
            (1, 3): t * e2,
            (4, 4): x[5] * t**2 * e5,
            (4, 5): -t * e5,
        },
    )


_BELL = np.array([9, 44, 175, 540, 1295, 2420, 3521, 3989, 3521, 2420, 1295, 540, 175, 44, 9]) / 1e4


@family(MGH.format(9), start=(0.4, 1.0, 0.0), sizes=3, minima=1.12793276962e-8, hessian=True)
def gaussian(x: Floats) -> Evaluation:
    r"""Fit of a normal density to 15 values.

    :math:`r_i = x_1 e^{-x_2 (t - x_3)^2 / 2} - y_i`, :math:`t = (8 - i) / 2`.
    """
    d = (8 - indices(15)) / 2 - x[2]
    e = np.exp(-x[1] * d**2 / 2)
    r = x[0] * e - _BELL
    h = d**2 / 2
    jacobian = np.stack([e, -x[0] * h * e, x[0] * x[1] * d * e], axis=1)
    return squares(
        r,
        jacobian,
        lambda: {
            (0, 1): -h * e,
            (0, 2): x[1] * d * e,
            (1, 1): x[0] * h**2 * e,
            (1, 2): x[0] * d * e * (1 - x[1] * h),
            (2, 2): x[0] * x[1] * e * (x[1] * d**2 - 1),
        },
    )


@family(MGH.format(3), start=(0.0, 1.0), sizes=2, minima=0.0, hessian=True)
def powell_badly_scaled(x: Floats) -> Evaluation:
    r"""Powell's badly scaled function: :math:`r = (10^4 x_1 x_2 - 1, e^{-x_1} + e^{-x_2} - 1.0001)`."""
    a, b = np.exp(-x)
    r = np.array([1e4 * x[0] * x[1] - 1, a + b - 1.0001])
    jacobian = np.array([[1e4 * x[1], 1e4 * x[0]], [-a, -b]])
    return squares(
        r,
        jacobian,
        lambda: {(0, 0): np.array([0, a]), (0, 1): np.array([1e4, 0]), (1, 1): np.array([0, b])},
    )


@family(MGH.format(12), start=(0.0, 10.0, 20.0), sizes=3, minima=0.0, hessian=True)
def box3(x: Floats) -> Evaluation:
    r"""Box's function of three parameters, with 10 residuals.

    :math:`r_i = e^{-t x_1} - e^{-t x_2} - x_3 (e^{-t} - e^{-10 t})`, :math:`t = i / 10`.
    """
    t = indices(10) / 10
    a, b = np.exp(-np.outer(x[:2], t))
    c = np.exp(-t) - np.exp(-10 * t)
    jacobian = np.stack([-t * a, t * b, -c], axis=1)
    return squares(a - b - x[2] * c, jacobian, lambda: {(0, 0): t**2 * a, (1, 1): -(t**2) * b})


@family(MGH.format(25), start=lambda i: 1 - i / i.size, sizes=(10, 100, 1000), minima=0.0, hessian=True)
def vardim(x: Floats) -> Evaluation:
    r"""Variably dimensioned: :math:`\sum_j (x_j - 1)^2 + s^2 + s^4` for :math:`s = \sum_j j (x_j - 1)`."""
    j, d = indices(x.size), x - 1
    s = dot(j, d)
    gradient = 2 * d + (2 * s + 4 * s * s * s) * j
    return (
        dot(d, d) + s * s + (s * s) * (s * s),
        gradient,
        lambda: 2 * np.eye(x.size) + (2 + 12 * s * s) * np.outer(j, j),
    )


@lru_cache(maxsize=8)
def _watson(n: int) -> tuple[Floats, Floats]:
    """Return the polynomials 1, t, ..., t^(n-1) at the 29 points, and their derivatives."""
    t, j = indices(29)[:, None] / 29, np.arange(n)
    return t**j, j * t ** np.maximum(j - 1, 0)


@family(
    MGH.format(20),
    start=0.0,
    sizes=(6, 9, 12),
    minima={6: 2.28767005355e-3, 9: 1.3997601381e-6, 12: 4.72238110567e-10},
    least=2,
    most=31,
    hessian=True,
)
def watson(x: Floats) -> Evaluation:
    r"""Watson's function: a polynomial :math:`p` of coefficients :math:`x` is to solve :math:`p' = p^2 + 1`.

    :math:`r_i = p'(t) - p(t)^2 - 1`, :math:`t = i / 29`, for 29 points; then :math:`x_1` and
    :math:`x_2 - x_1^2 - 1`.
    """
    p, dp = _watson(x.size)
    px = p @ x
    r = dp @ x - px**2 - 1
    jacobian = dp - 2 * px[:, None] * p
    u = x[1] - x[0] ** 2 - 1
    gradient = 2 * (r @ jacobian)
    gradient[0] += 2 * x[0] - 4 * u * x[0]
    gradient[1] += 2 * u

    def hessian() -> Floats:
        h: Floats = 2 * (jacobian.T @ jacobian - 2 * (p.T * r) @ p)
        h[:2, :2] += [[2 + 8 * x[0] ** 2 - 4 * u, -4 * x[0]], [-4 * x[0], 2]]
        return h

    return r @ r + x[0] ** 2 + u**2, gradient, hessian


@family(
    MGH.format(23),
    start=lambda i: i,
    sizes=(10, 4, 100, 1000),
    minima={
        4: 2.2499775009e-5,
        10: 7.08765146709e-5,
        100: 9.02490976804e-4,
        1000: 9.686175432e-3,
    },
    hessian=True,
)
def penalty1(x: Floats) -> Evaluation:
    r"""Penalty function I: :math:`10^{-5} \sum_j (x_j - 1)^2 + (\sum_j x_j^2 - 1/4)^2`."""
    d, s = x - 1, dot(x, x) - 0.25
    return (
        1e-5 * dot(d, d) + s * s,
        2e-5 * d + (4 * s) * x,
        lambda: (2e-5 + 4 * s) * np.eye(x.size) + 8 * np.outer(x, x),
    )


@lru_cache(maxsize=8)
def _penalty2(n: int) -> Floats:
    e = np.exp(indices(n) / 10)
    return e[1:] + e[:-1]


@family(
    MGH.format(24),
    start=0.5,
    sizes=(10, 4, 100),
    minima={4: 9.37629300736e-6, 10: 2.93660537457e-4, 100: 97096.0839547},
    least=2,
    hessian=True,
)
def penalty2(x: Floats) -> Evaluation:
    r"""Penalty function II.

    .. math::
        (x_1 - 0.2)^2 + \Bigl(\sum_j (n - j + 1) x_j^2 - 1\Bigr)^2 + 10^{-5} \sum_{j=2}^n
        (e^{x_j / 10} + e^{x_{j-1} / 10} - e^{j / 10} - e^{(j-1) / 10})^2 + (e^{x_j / 10} - e^{-1 / 10})^2
    """
    n, a = x.size, 1e-5
    wx = indices(n)[::-1] * x
    s = dot(wx, x) - 1
    e = np.exp(x / 10)
    p, q = e[1:] + e[:-1] - _penalty2(n), e[1:] - math.exp(-0.1)
    gradient = 4 * s * wx
    gradient[0] += 2 * (x[0] - 0.2)
    gradient[1:] += a / 5 * (p + q) * e[1:]
    gradient[:-1] += a / 5 * p * e[:-1]

    def hessian() -> Floats:
        diagonal = 4 * s * indices(n)[::-1]
        diagonal[0] += 2
        diagonal[1:] += a / 50 * (p + q + 2 * e[1:]) * e[1:]
        diagonal[:-1] += a / 50 * (p + e[:-1]) * e[:-1]
        beside = np.diag(a / 50 * e[1:] * e[:-1], 1)
        matrix: Floats = 8 * np.outer(wx, wx) + np.diag(diagonal) + beside + beside.T
        return matrix

    return (x[0] - 0.2) ** 2 + a * (dot(p, p) + dot(q, q)) + s * s, gradient, hessian


@family(MGH.format(4), start=1.0, sizes=2, minima=0.0, hessian=True)
def brown_badly_scaled(x: Floats) -> Evaluation:
    r"""Brown's badly scaled function: :math:`r = (x_1 - 10^6, x_2 - 2 \cdot 10^{-6}, x_1 x_2 - 2)`."""
    a, b = x
    r = np.array([a - 1e6, b - 2e-6, a * b - 2])
    return squares(r, np.array([[1, 0], [0, 1], [b, a]]), lambda: {(0, 1): np.array([0, 0, 1])})


@family(MGH.format(16), start=(25.0, 5.0, -5.0, -1.0), sizes=4, minima=85822.2016264, hessian=True)
def brown_dennis(x: Floats) -> Evaluation:
    r"""Brown and Dennis's function, with 20 residuals.

    :math:`r_i = (x_1 + t x_2 - e^t)^2 + (x_3 + x_4 \sin t - \cos t)^2`, :math:`t = i / 5`.
    """
    t = indices(20) / 5
    s = np.sin(t)
    a, b = x[0] + t * x[1] - np.exp(t), x[2] + x[3] * s - np.cos(t)
    jacobian = 2 * np.stack([a, t * a, b, s * b], axis=1)
    return squares(
        a * a + b * b,
        jacobian,
        lambda: {(0, 0): 2, (0, 1): 2 * t, (1, 1): 2 * t**2, (2, 2): 2, (2, 3): 2 * s, (3, 3): 2 * s**2},
    )


@family(MGH.format(11), start=(5.0, 2.5, 0.15), sizes=3, minima=0.0, hessian=True)
def gulf(x: Floats) -> Evaluation:
    r"""Gulf Research and Development function, with 99 residuals.

    :math:`r_i = \exp(-|y_i - x_2|^{x_3} / x_1) - t`, :math:`y_i = 25 + (-50 \ln t)^{2/3}`,
    :math:`t = i / 100`: as in Algorithm 566; the paper has a misprint.
    """
    a, b, c = x
    t = indices(99) / 100
    y = 25 + (-50 * np.log(t)) ** (2 / 3) - b
    d = np.abs(y)
    log, e = np.log(d), d**c / a
    q = np.exp(-e)
    e1, e2, e3 = -e / a, -c * e / y, e * log
    jacobian = -q[:, None] * np.stack([e1, e2, e3], axis=1)
    return squares(
        q - t,
        jacobian,
        lambda: {
            (0, 0): q * (e1 * e1 - 2 * e / a**2),
            (0, 1): q * (e1 * e2 + e2 / a),
            (0, 2): q * (e1 * e3 + e3 / a),
            (1, 1): q * (e2 * e2 - c * (c - 1) * e / d**2),
            (1, 2): q * (e2 * e3 + e / y * (1 + c * log)),
            (2, 2): q * (e3 * e3 - e3 * log),
        },
    )


@family(
    MGH.format(26),
    start=lambda i: np.full(i.size, 1 / i.size),
    sizes=(10, 100, 1000),
    minima=lambda n: (0.0, 2.79505612188e-5) if n == 10 else 0.0,
    hessian=True,
)
def trigonometric(x: Floats) -> Evaluation:
    r"""Spedicato's trigonometric function.

    :math:`r_i = n - \sum_j \cos x_j + i (1 - \cos x_i) - \sin x_i`.
    """
    i, cos, sin = indices(x.size), np.cos(x), np.sin(x)
    r = (x.size - cos.sum()) + i * (1 - cos) - sin
    own, total = i * sin - cos, r.sum()

    def hessian() -> Floats:
        cross = np.outer(sin, own)
        h: Floats = x.size * np.outer(sin, sin) + cross + cross.T
        h[np.diag_indices(x.size)] += own * own + cos * total + r * (i * cos + sin)
        return 2 * h

    return dot(r, r), 2 * (sin * total + r * own), hessian


@family(MGH.format(21), start=(-1.2, 1.0), sizes=(2, 100, 1000, 10000), minima=0.0, multiple=2, hessian=True)
def rosenbrock(x: Floats) -> Evaluation:
    r"""Rosenbrock's extended function: :math:`\sum_i 100 (x_{2i} - x_{2i-1}^2)^2 + (1 - x_{2i-1})^2`."""
    a, b = x[::2], x[1::2]
    rise, left = b - a * a, a - 1
    gradient = np.empty_like(x)
    gradient[::2] = -400 * a * rise + 2 * left
    gradient[1::2] = 200 * rise
    return (
        100 * dot(rise, rise) + dot(left, left),
        gradient,
        lambda: blocks(x.size, 2, {(0, 0): 800 * a * a - 400 * rise + 2, (0, 1): -400 * a, (1, 1): 200}),
    )


@family(
    MGH.format(22),
    start=(3.0, -1.0, 0.0, 1.0),
    sizes=(4, 100, 1000, 10000),
    minima=0.0,
    multiple=4,
    hessian=True,
)
def powell_singular(x: Floats) -> Evaluation:
    r"""Powell's extended singular function: its Hessian is singular at the minimum.

    :math:`\sum (a + 10 b)^2 + 5 (c - d)^2 + (b - 2 c)^4 + 10 (a - d)^4` over groups of four.
    """
    a, b, c, d = x[::4], x[1::4], x[2::4], x[3::4]
    p, q, u, v = a + 10 * b, c - d, b - 2 * c, a - d
    uu, vv = u * u, v * v
    gradient = np.empty_like(x)
    gradient[::4] = 2 * p + 40 * vv * v
    gradient[1::4] = 20 * p + 4 * uu * u
    gradient[2::4] = 10 * q - 8 * uu * u
    gradient[3::4] = -10 * q - 40 * vv * v
    return (
        dot(p, p) + 5 * dot(q, q) + dot(uu, uu) + 10 * dot(vv, vv),
        gradient,
        lambda: blocks(
            x.size,
            4,
            {
                (0, 0): 2 + 120 * vv,
                (0, 1): 20,
                (0, 3): -120 * vv,
                (1, 1): 200 + 12 * uu,
                (1, 2): -24 * uu,
                (2, 2): 10 + 48 * uu,
                (2, 3): -10,
                (3, 3): 10 + 120 * vv,
            },
        ),
    )


@family(MGH.format(5), start=1.0, sizes=2, minima=0.0, hessian=True)
def beale(x: Floats) -> Evaluation:
    r"""Beale's function: :math:`r_i = y_i - x_1 (1 - x_2^i)`, :math:`y = (1.5, 2.25, 2.625)`."""
    a, b = x
    i = indices(3)
    power = np.array([1, b, b * b])
    r = np.array([1.5, 2.25, 2.625]) - a * (1 - b * power)
    jacobian = np.stack([b * power - 1, a * i * power], axis=1)
    return squares(r, jacobian, lambda: {(0, 1): i * power, (1, 1): a * np.array([0, 2, 6 * b])})


@family(
    MGH.format(14),
    start=(-3.0, -1.0, -3.0, -1.0),
    sizes=(4, 100, 1000, 10000),
    minima=0.0,
    multiple=4,
    hessian=True,
)
def wood(x: Floats) -> Evaluation:
    r"""Wood's extended function, over groups of four.

    .. math::
        \sum 100 (b - a^2)^2 + (1 - a)^2 + 90 (d - c^2)^2 + (1 - c)^2 + 10 (b + d - 2)^2 + (b - d)^2 / 10
    """
    a, b, c, d = x[::4], x[1::4], x[2::4], x[3::4]
    p, q, u, v = b - a * a, d - c * c, b + d - 2, b - d
    gradient = np.empty_like(x)
    gradient[::4] = -400 * a * p + 2 * (a - 1)
    gradient[1::4] = 200 * p + 20 * u + 0.2 * v
    gradient[2::4] = -360 * c * q + 2 * (c - 1)
    gradient[3::4] = 180 * q + 20 * u - 0.2 * v
    value = 100 * dot(p, p) + 90 * dot(q, q) + ((a - 1) ** 2 + (c - 1) ** 2 + 10 * u**2 + v**2 / 10).sum()
    return (
        value,
        gradient,
        lambda: blocks(
            x.size,
            4,
            {
                (0, 0): 800 * a * a - 400 * p + 2,
                (0, 1): -400 * a,
                (1, 1): 220.2,
                (1, 3): 19.8,
                (2, 2): 720 * c * c - 360 * q + 2,
                (2, 3): -360 * c,
                (3, 3): 200.2,
            },
        ),
    )


@family(
    MGH.format(35),
    start=lambda i: i / (i.size + 1),
    sizes=(8, 9, 10, 20),
    minima={
        **dict.fromkeys((1, 2, 3, 4, 5, 6, 7, 9), 0.0),
        8: 3.51687372568e-3,
        10: (4.77271369638e-3, 6.5039548e-3),
        20: 4.57295518687e-3,
    },
    hessian=True,
)
def chebyquad(x: Floats) -> Evaluation:
    r"""Fletcher's Chebyquad: the mean of Chebyshev's polynomials at n points against their integrals.

    :math:`r_i = \frac 1 n \sum_j T_i(x_j) - \int_0^1 T_i`, :math:`T_i` shifted to [0, 1]; the integral
    is :math:`-1 / (i^2 - 1)` for even :math:`i`, else 0.
    """
    n = x.size
    u = 4 * x - 2
    t, dt, ddt = np.zeros((3, n + 1, n))
    t[0], t[1], dt[1] = 1, u / 2, 2
    for i in range(1, n):
        t[i + 1] = u * t[i] - t[i - 1]
        dt[i + 1] = 4 * t[i] + u * dt[i] - dt[i - 1]
        ddt[i + 1] = 8 * dt[i] + u * ddt[i] - ddt[i - 1]
    r = t[1:].mean(axis=1)
    r[1::2] += 1 / (indices(n)[1::2] ** 2 - 1)
    jacobian = dt[1:] / n

    def hessian() -> Floats:
        h: Floats = 2 * (jacobian.T @ jacobian + np.diag(r @ ddt[1:] / n))
        return h

    return r @ r, 2 * (r @ jacobian), hessian


ALGORITHM_566 = (
    helical_valley,
    biggs_exp6,
    gaussian,
    powell_badly_scaled,
    box3,
    vardim,
    watson,
    penalty1,
    penalty2,
    brown_badly_scaled,
    brown_dennis,
    gulf,
    trigonometric,
    rosenbrock,
    powell_singular,
    beale,
    wood,
    chebyquad,
)
"""In its order."""
