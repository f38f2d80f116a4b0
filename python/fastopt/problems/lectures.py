"""Functions of one and of two parameters, as lectures and textbooks draw them."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from fastopt._common.bounds import Bounds
from fastopt._common.types import Floats

from .problem import Minimum, Problem

# Of one parameter.


def _parabola(x: Floats) -> tuple[Any, tuple[Any, ...]]:
    return x * x, (2 * x,)


parabola = Problem(
    name="parabola",
    title="Parabola",
    formula=r"$x^2$",
    source="Zhang, Lipton, Li and Smola, Dive into Deep Learning, 2023, section 12.3: the learning rate",
    function=_parabola,
    start=(10.0,),
    bounds=((-25.0, 25.0),),
    minimum=Minimum(0.0, ((0.0,),)),
    labels=("$x$",),
    steps=10,
    lr=0.2,
    stride=1.0,
)

# Where cot(c x) = c x.
_WAVE_MINIMUM = 7.269388146311475


def _wave(x: Floats) -> tuple[Any, tuple[Any, ...]]:
    c = 0.15 * math.pi
    return x * np.cos(c * x), (np.cos(c * x) - c * x * np.sin(c * x),)


wave = Problem(
    name="wave",
    title="Wave",
    formula=r"$x\,\cos(0.15\,\pi x)$",
    source="Zhang, Lipton, Li and Smola, Dive into Deep Learning, 2023, section 12.3: local minima; "
    "its minimum is that within the bounds",
    function=_wave,
    start=(10.0,),
    bounds=((-11.0, 11.0),),
    minimum=Minimum(float(_wave(np.array(_WAVE_MINIMUM))[0]), ((_WAVE_MINIMUM,),)),
    labels=("$x$",),
    steps=20,
    lr=2.0,
    stride=0.5,
)


# Of two parameters.


def _saddle(x: Floats, y: Floats) -> tuple[Any, tuple[Any, ...]]:
    return x * x - y * y, (2 * x, -2 * y)


saddle = Problem(
    name="saddle",
    title="Saddle",
    formula=r"$x^2 - y^2$",
    source="Zhang, Lipton, Li and Smola, Dive into Deep Learning, 2023, section 12.1: saddle points",
    function=_saddle,
    start=(-1.5, 0.01),
    bounds=((-2.0, 2.0), (-2.0, 2.0)),
    minimum=Minimum(-math.inf, ()),
    steps=50,
    lr=0.05,
    stride=0.05,
)


def _bowl(curvatures: tuple[float, float], x: Floats, y: Floats) -> tuple[Any, tuple[Any, ...]]:
    a, b = curvatures
    return a / 2 * (x * x) + b / 2 * (y * y), (a * x, b * y)


def make_bowl(condition: float = 20.0) -> Problem:
    r"""Make a quadratic bowl that is steep along one axis and flat along the other.

    .. math:: f(x, y) = 0.1\, x^2 + 0.1\, \kappa\, y^2

    Parameters
    ----------
    condition : float
        :math:`\kappa > 0`, the ratio of the curvatures.

    Returns
    -------
    Problem
        With 20 the one of Dive into Deep Learning.

    Raises
    ------
    TypeError, ValueError
        If `condition` is not a finite number > 0.

    Examples
    --------
    >>> make_bowl(100).value_and_grad([5.0, 1.0])[1]
    array([ 1., 20.])
    """
    condition = Bounds(0, above=True).check("condition", condition)
    return Problem(
        name="bowl",
        title=f"Bowl of condition {condition:g}",
        formula=rf"$0.1\,x^2 + {0.1 * condition:g}\,y^2$",
        source="Zhang, Lipton, Li and Smola, Dive into Deep Learning, 2023, section 12.6: momentum",
        function=partial(_bowl, (0.2, 0.2 * condition)),
        start=(-5.0, -2.0),
        bounds=((-6.0, 3.0), (-3.0, 3.0)),
        minimum=Minimum(0.0, ((0.0, 0.0),)),
        steps=60,
        lr=1.8 / (0.2 * max(condition, 1.0)),
        stride=0.4,
    )


bowl = make_bowl()


def _rosenbrock(x: Floats, y: Floats) -> tuple[Any, tuple[Any, ...]]:
    rise = y - x * x
    return 100 * rise * rise + (1 - x) ** 2, (-400 * x * rise - 2 * (1 - x), 200 * rise)


rosenbrock = Problem(
    name="rosenbrock",
    title="Rosenbrock's valley",
    formula=r"$100\,(y - x^2)^2 + (1 - x)^2$",
    source="Rosenbrock, An automatic method for finding the greatest or least value of a function, 1960",
    function=_rosenbrock,
    start=(-1.2, 1.0),
    bounds=((-2.0, 2.0), (-1.0, 3.0)),
    minimum=Minimum(0.0, ((1.0, 1.0),)),
    steps=2000,
    lr=1.5e-3,
    stride=0.03,
)


def _beale(x: Floats, y: Floats) -> tuple[Any, tuple[Any, ...]]:
    a = 1.5 - x * (1 - y)
    b = 2.25 - x * (1 - y**2)
    c = 2.625 - x * (1 - y**3)
    dx = -2 * (a * (1 - y) + b * (1 - y**2) + c * (1 - y**3))
    dy = 2 * x * (a + 2 * b * y + 3 * c * y**2)
    return a * a + b * b + c * c, (dx, dy)


beale = Problem(
    name="beale",
    title="Beale's function",
    formula=r"$(1.5 - x + xy)^2 + (2.25 - x + xy^2)^2 + (2.625 - x + xy^3)^2$",
    source="Beale, On an iterative method for finding a local minimum of a function of more than one "
    "variable, 1958; start from Moré, Garbow and Hillstrom 1981",
    function=_beale,
    start=(1.0, 1.0),
    bounds=((-0.5, 4.5), (-1.5, 1.5)),
    minimum=Minimum(0.0, ((3.0, 0.5),)),
    steps=500,
    lr=0.01,
    stride=0.05,
)


def _himmelblau(x: Floats, y: Floats) -> tuple[Any, tuple[Any, ...]]:
    a, b = x * x + y - 11, x + y * y - 7
    return a * a + b * b, (4 * x * a + 2 * b, 2 * a + 4 * y * b)


himmelblau = Problem(
    name="himmelblau",
    title="Himmelblau's function",
    formula=r"$(x^2 + y - 11)^2 + (x + y^2 - 7)^2$",
    source="Himmelblau, Applied nonlinear programming, 1972",
    function=_himmelblau,
    start=(0.0, -3.0),
    bounds=((-5.0, 5.0), (-5.0, 5.0)),
    minimum=Minimum(
        0.0,
        (
            (3.0, 2.0),
            (-2.805118086952745, 3.131312518250573),
            (-3.779310253377747, -3.283185991286170),
            (3.584428340330492, -1.848126526964404),
        ),
    ),
    steps=100,
    lr=0.005,
    stride=0.1,
)
