"""A function to try an optimizer on, with what one needs to know to draw it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fastopt._common.bounds import length
from fastopt._common.samples import judged_reals
from fastopt._common.types import Floats
from fastopt._common.wording import shown

__all__ = ["Function", "Minimum", "Problem"]

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
    TypeError
        If `minimum` is not a `Minimum`.
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
        if not isinstance(self.minimum, Minimum):
            raise TypeError(f"{self.name}: expected a Minimum as minimum, got {shown(self.minimum)}")
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
        TypeError
            If these are not real numbers.
        ValueError
            If the last axis has another length, or float64 has no such numbers.

        Examples
        --------
        >>> from fastopt.problems import saddle
        >>> saddle.value_and_grad([[1.0, 0.0], [0.0, 2.0]])
        (array([ 1., -4.]), array([[ 2., -0.],
               [ 0., -4.]]))
        """
        points = judged_reals("x", x)
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

        Raises
        ------
        TypeError, ValueError
            If `points` is not a whole number >= 1, or `bounds` are not pairs of numbers.

        Examples
        --------
        >>> from fastopt.problems import saddle
        >>> x, y, values = saddle.grid(3, [(-1, 1), (-2, 2)])
        >>> x, values.tolist()
        (array([-1.,  0.,  1.]), [[-3.0, -4.0, -3.0], [1.0, 0.0, 1.0], [-3.0, -4.0, -3.0]])
        """
        points = length(1, "points", points)
        axes = [np.linspace(low, high, points) for low, high in bounds or self.bounds]
        return *axes, self(np.stack(np.meshgrid(*axes), axis=-1))
