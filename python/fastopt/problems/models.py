"""Losses of small models, of two parameters, on toy data."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from fastopt._common.bounds import Bounds, length
from fastopt._common.seeds import judged_rng
from fastopt._common.types import Floats

from .problem import Minimum, Problem


def _gabor(x: Floats, y: Floats, p0: Floats, p1: Floats) -> tuple[Any, tuple[Any, ...]]:
    u = p0[..., None] + 0.06 * p1[..., None] * x
    wave, bell = np.sin(u), np.exp(-u * u / 8)
    error = wave * bell - y
    slope = 2 * error * (np.cos(u) - u / 4 * wave) * bell
    return (error**2).mean(-1), (slope.mean(-1), (slope * (0.06 * x)).mean(-1))


def make_gabor(samples: int = 30, noise: float = 0.1, seed: int = 0) -> Problem:
    r"""Make the loss of a Gabor model, a wave under a bell, on noisy data of its own.

    .. math::
        f(x) &= \sin(\phi_0 + 0.06\,\phi_1 x)\, \exp\bigl(-(\phi_0 + 0.06\,\phi_1 x)^2 / 8\bigr) \\
        L(\phi) &= \frac{1}{n} \sum_i (f(x_i) - y_i)^2

    The data come from :math:`\phi = (0, 16.6)`, with :math:`x` uniform in [-15, 15].

    Parameters
    ----------
    samples : int
        :math:`n \ge 1`.
    noise : float
        The standard deviation of what is added to the targets, >= 0.
    seed : int
        Of inputs and noise.

    Returns
    -------
    Problem
        With its data in ``data``; its minimum is that next to the true parameters.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as above.

    References
    ----------
    Prince, Understanding Deep Learning, 2023, section 6.1 (which sums, and has a wider bell).

    Examples
    --------
    >>> exact = make_gabor(samples=100, noise=0.0)
    >>> exact.minimum
    Minimum(value=0.0, points=((0.0, 16.6),))
    """
    truth = np.array([0.0, 16.6])
    x, noises = _toy_data(samples, noise, seed, (-15.0, 15.0))
    u = truth[0] + 0.06 * truth[1] * x
    y = np.sin(u) * np.exp(-u * u / 8) + noises
    function = partial(_gabor, x, y)
    best = _fitted(x, y, truth)
    return Problem(
        name="gabor",
        title="Gabor model, mean squared error",
        formula=r"$f(x) = \sin(\phi_0 + 0.06\,\phi_1 x)\;\exp(-(\phi_0 + 0.06\,\phi_1 x)^2 / 8)$",
        source="Prince, Understanding Deep Learning, 2023, section 6.1; data of our own",
        function=function,
        start=(0.0, 5.0),
        bounds=((-6.0, 6.0), (2.5, 22.5)),
        minimum=Minimum(float(function(*best)[0]), (tuple(best.tolist()),)),
        labels=(r"$\phi_0$", r"$\phi_1$"),
        steps=200,
        lr=4.0,
        stride=0.2,
        data=(x, y),
    )


def _fitted(x: Floats, y: Floats, start: Floats) -> Floats:
    """Find the minimum of the Gabor loss near a point, by the method of Levenberg and Marquardt."""
    best, damping = start, 1e-3
    loss = _gabor(x, y, *best)[0]
    for _ in range(200):
        u = best[0] + 0.06 * best[1] * x
        bell = np.exp(-u * u / 8)
        slope = (np.cos(u) - u / 4 * np.sin(u)) * bell
        jacobian = np.stack([slope, slope * (0.06 * x)], axis=-1)
        curvature = jacobian.T @ jacobian
        ahead = best + np.linalg.solve(
            curvature + damping * np.diag(np.diag(curvature)), jacobian.T @ (y - np.sin(u) * bell)
        )
        if _gabor(x, y, *ahead)[0] < loss:
            best, damping, loss = ahead, max(damping / 10, 1e-6), _gabor(x, y, *ahead)[0]
        elif damping < 1e6:
            damping *= 10
        else:  # no step is small enough: this is it, to rounding
            break
    return best


def _linear(x: Floats, y: Floats, p0: Floats, p1: Floats) -> tuple[Any, tuple[Any, ...]]:
    error = p0[..., None] + p1[..., None] * x - y
    return (error**2).mean(-1), (2 * error.mean(-1), 2 * (error * x).mean(-1))


def make_linear_regression(samples: int = 12, noise: float = 0.1, seed: int = 0) -> Problem:
    r"""Make the loss of a straight line on noisy data.

    .. math:: L(\phi) = \frac{1}{n} \sum_i (\phi_0 + \phi_1 x_i - y_i)^2

    The data come from :math:`\phi = (0.8, 0.5)`, with :math:`x` uniform in [0, 2].

    Parameters
    ----------
    samples : int
        :math:`n \ge 2`.
    noise : float
        The standard deviation of what is added to the targets, >= 0.
    seed : int
        Of inputs and noise.

    Returns
    -------
    Problem
        With its data in ``data``; its minimum is the solution by least squares.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as above.

    References
    ----------
    Prince, Understanding Deep Learning, 2023, section 2.2.

    Examples
    --------
    >>> line = make_linear_regression(noise=0.0)
    >>> np.round(line.minimum.points, 12)
    array([[0.8, 0.5]])
    """
    x, noises = _toy_data(samples, noise, seed, (0.0, 2.0), least=2)
    y = 0.8 + 0.5 * x + noises
    function = partial(_linear, x, y)
    best = np.linalg.lstsq(np.stack([np.ones_like(x), x], axis=-1), y)[0]
    return Problem(
        name="linear_regression",
        title="Linear regression, mean squared error",
        formula=r"$f(x) = \phi_0 + \phi_1 x$",
        source="Prince, Understanding Deep Learning, 2023, section 2.2; data of our own",
        function=function,
        start=(0.2, -0.7),
        bounds=((0.0, 2.0), (-1.0, 1.25)),
        minimum=Minimum(float(function(*best)[0]), (tuple(best.tolist()),)),
        labels=(r"$\phi_0$", r"$\phi_1$"),
        steps=60,
        lr=0.1,
        stride=0.1,
        data=(x, y),
    )


def _toy_data(
    samples: int, noise: float, seed: int, interval: tuple[float, float], least: int = 1
) -> tuple[Floats, Floats]:
    """Return inputs, uniform in the interval, and what to add to the targets."""
    samples = length(least, "samples", samples)
    noise = Bounds(0).check("noise", noise)
    rng = judged_rng(seed)
    return rng.uniform(*interval, samples), noise * rng.standard_normal(samples)


gabor = make_gabor()
linear_regression = make_linear_regression()
