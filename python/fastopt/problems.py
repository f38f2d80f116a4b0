r"""Functions to try optimizers on: those of lectures and textbooks, of one and of two parameters.

>>> value, gradient = rosenbrock.value_and_grad([-1.0, 1.0])
>>> float(value), gradient
(4.0, array([-4.,  0.]))
>>> rosenbrock.minimum
Minimum(value=0.0, points=((1.0, 1.0),))

A problem is a value: a function with its gradient, a start, its minimum, and bounds between which a picture
of it says something. `PROBLEMS` holds them all under their names; ``fastopt landscape --list`` prints them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fastopt._typing import Floats

__all__ = [
    "PROBLEMS",
    "Minimum",
    "Problem",
    "beale",
    "bowl",
    "gabor",
    "himmelblau",
    "linear_regression",
    "make_bowl",
    "make_gabor",
    "make_linear_regression",
    "parabola",
    "rosenbrock",
    "saddle",
    "wave",
]

Function = Callable[..., tuple[Any, tuple[Any, ...]]]
"""Takes the coordinates, arrays of one shape; returns the values and the partial derivatives."""


@dataclass(frozen=True)
class Minimum:
    """The least value of a function and where it is taken.

    Parameters
    ----------
    value : float
        Minus infinity where the function falls without end.
    points : tuple of tuples of float
        All points with that value; none where there is no least value.
    """

    value: float
    points: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, eq=False)
class Problem:
    """A function with its gradient, and what one needs to know to try an optimizer on it.

    Parameters
    ----------
    name : str
        A lower-case word.
    title : str
        What one calls it.
    formula : str
        In TeX, as far as matplotlib knows it.
    source : str
        Where it comes from.
    function : callable
        ``function(*coordinates)`` returns the values and a tuple of the partial derivatives; the coordinates
        are arrays of one shape.
    start : tuple of float
        Where to begin.
    bounds : tuple of pairs of float
        The part to draw, an interval for each coordinate.
    minimum : Minimum
        Of the whole function, or within the bounds where the source says so.
    labels : tuple of str
        The names of the coordinates, in TeX.
    steps : int
        So many show what happens.
    lr : float
        A learning rate for gradient descent from the start.
    stride : float
        A length of a step for rules that take steps of about their learning rate, as Adam's.
    data : pair of arrays, optional
        Inputs and targets, where the function is the loss of a model.

    Raises
    ------
    ValueError
        If start, bounds, labels and minimum do not have the same number of coordinates.

    Examples
    --------
    A function of one's own:

    >>> double_well = Problem(
    ...     "double_well", "Double well", "$(x^2 - 1)^2$", "of one's own",
    ...     lambda x: ((x**2 - 1) ** 2, (4 * x * (x**2 - 1),)),
    ...     start=(0.25,), bounds=((-2, 2),), minimum=Minimum(0.0, ((-1.0,), (1.0,))), labels=("x",))
    >>> float(double_well([0.5])), double_well.dimension
    (0.5625, 1)
    """

    name: str
    title: str = field(repr=False)
    formula: str
    source: str = field(repr=False)
    function: Function = field(repr=False)
    start: tuple[float, ...]
    bounds: tuple[tuple[float, float], ...]
    minimum: Minimum
    labels: tuple[str, ...] = field(default=("$x$", "$y$"), repr=False)
    steps: int = field(default=100, repr=False)
    lr: float = field(default=0.01, repr=False)
    stride: float = field(default=0.1, repr=False)
    data: tuple[Floats, Floats] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        counts = {len(self.start), len(self.bounds), len(self.labels), *map(len, self.minimum.points)}
        if len(counts) != 1:
            raise ValueError(
                f"{self.name}: expected start, bounds, labels and minimum of the same number of coordinates, "
                f"got {sorted(counts)}"
            )

    @property
    def dimension(self) -> int:
        """How many coordinates there are."""
        return len(self.start)

    def __call__(self, x: ArrayLike) -> Any:
        """Return the value, as `value_and_grad` does.

        Parameters
        ----------
        x : array_like
            A point, or an array of points: the last axis is the coordinates.
        """
        return self.value_and_grad(x)[0]

    def value_and_grad(self, x: ArrayLike) -> tuple[Any, Floats]:
        """Return value and gradient at a point, or at each of an array of points.

        Far out the value may be infinite and the gradient NaN: no warning is given.

        Parameters
        ----------
        x : array_like
            Of shape ``(..., dimension)``. float32 stays float32, integers become float64.

        Returns
        -------
        value : scalar or array
            Of shape ``(...)``.
        gradient : array
            Of the shape of `x`, newly allocated.

        Raises
        ------
        ValueError
            If the last axis has another length.

        Examples
        --------
        >>> saddle.value_and_grad([[1.0, 0.0], [0.0, 2.0]])
        (array([ 1., -4.]), array([[ 2., -0.],
               [ 0., -4.]]))
        """
        points: Floats = np.asarray(x)
        if points.dtype.kind != "f":
            points = points.astype(np.float64)
        if points.ndim == 0 or points.shape[-1] != self.dimension:
            raise ValueError(
                f"x: expected shape (..., {self.dimension}) for the {self.dimension} coordinates of "
                f"{self.name}, got {points.shape}"
            )
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            value, partials = self.function(*np.moveaxis(points, -1, 0))
        gradient = np.empty_like(points, order="C")
        for k, derivative in enumerate(partials):
            gradient[..., k] = derivative
        return value, gradient

    def grid(
        self, points: int = 201, bounds: Sequence[tuple[float, float]] | None = None
    ) -> tuple[Floats, ...]:
        """Evaluate on a regular grid.

        Parameters
        ----------
        points : int
            Along each axis.
        bounds : sequence of pairs of float, optional
            An interval for each coordinate; by default those of the problem.

        Returns
        -------
        tuple of arrays
            The coordinates along each axis, then the values, the first coordinate along their *last* axis:
            what matplotlib's ``contour(x, y, values)`` takes.

        Examples
        --------
        >>> x, y, values = saddle.grid(3, [(-1, 1), (-2, 2)])
        >>> x, values.tolist()
        (array([-1.,  0.,  1.]), [[-3.0, -4.0, -3.0], [1.0, 0.0, 1.0], [-3.0, -4.0, -3.0]])
        """
        axes = [np.linspace(low, high, points) for low, high in bounds or self.bounds]
        return *axes, self(np.stack(np.meshgrid(*axes), axis=-1))


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
    ValueError
        If `condition` is not a finite number > 0.

    Examples
    --------
    >>> make_bowl(100).value_and_grad([5.0, 1.0])[1]
    array([ 1., 20.])
    """
    if not 0 < condition < math.inf:
        raise ValueError(f"condition: expected a finite number > 0, got {condition!r}")
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


# Losses of a model on toy data.


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
    ValueError
        If `samples` or `noise` are not as above.

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
    ValueError
        If `samples` or `noise` are not as above.

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
    if samples < least:
        raise ValueError(f"samples: expected a whole number >= {least}, got {samples!r}")
    if not 0 <= noise < math.inf:
        raise ValueError(f"noise: expected a finite number >= 0, got {noise!r}")
    rng = np.random.default_rng(seed)
    return rng.uniform(*interval, samples), noise * rng.standard_normal(samples)


gabor = make_gabor()
linear_regression = make_linear_regression()

PROBLEMS: dict[str, Problem] = {
    problem.name: problem
    for problem in (
        parabola,
        wave,
        saddle,
        bowl,
        linear_regression,
        gabor,
        rosenbrock,
        beale,
        himmelblau,
    )
}
"""The problems under their names."""
