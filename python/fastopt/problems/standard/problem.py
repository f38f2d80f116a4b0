"""What a standard problem is, and families of them that differ in dimension."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fastopt._common.bounds import length
from fastopt._common.samples import judged_reals
from fastopt._common.types import Floats
from fastopt._common.wording import shown

__all__ = ["Evaluation", "Family", "Function", "Minima", "StandardProblem", "Start", "family"]

Evaluation = tuple[Any, Floats] | tuple[Any, Floats, Callable[[], Floats]]
"""Value, gradient and, where the Hessian is known, a function that computes it."""

Function = Callable[[Floats], Evaluation]

Start = float | Sequence[float] | Callable[[Floats], Floats]
"""One number for all, a pattern that repeats, or a function of the indices 1, ..., n."""

Minima = (
    float
    | tuple[float, ...]
    | Mapping[int, float | tuple[float, ...]]
    | Callable[[int], float | tuple[float, ...]]
)
"""The same for every dimension, known for some dimensions, or a function of the dimension."""


@dataclass(frozen=True, eq=False)
class StandardProblem:
    r"""A function of many parameters to be minimised from a given start.

    Parameters
    ----------
    name : str
        The name of the function and, where one can choose it, the dimension.
    source : str
        Where it comes from.
    start : array of float64, shape (n,)
        The standard starting point :math:`x_0`, read-only.
    function : callable
        ``function(x)`` takes an array of float64 and returns value and gradient and, if `has_hessian`, a
        function without arguments that returns the Hessian.
    minima : tuple of float
        The known values of local minima, least first; empty where none is known.
    has_hessian : bool
        Whether `function` knows the Hessian.

    Raises
    ------
    ValueError
        If `start` is not a vector.

    Examples
    --------
    >>> from fastopt.problems import standard
    >>> problem = standard.PROBLEMS["beale"]
    >>> value, gradient = problem.fun(problem.start)
    >>> value, gradient
    (14.203125, array([ 0.  , 27.75]))
    >>> problem.hess(problem.start)
    array([[ 0.  , 27.75],
           [27.75, 68.5 ]])

    SciPy takes it as it is:
    ``scipy.optimize.minimize(problem.fun, problem.start, jac=True, hess=problem.hess)``.

    One's own:

    >>> StandardProblem("bowl", "of one's own", np.ones(3), lambda x: (x @ x, 2 * x)).fun([1.0, 2.0, 3.0])
    (14.0, array([2., 4., 6.]))
    """

    name: str
    source: str = field(repr=False)
    start: Floats = field(repr=False)
    function: Function = field(repr=False)
    minima: tuple[float, ...] = ()
    has_hessian: bool = field(default=False, repr=False)

    def __post_init__(self) -> None:
        start = np.array(self.start, np.float64)
        if start.ndim != 1:
            raise ValueError(f"start: expected a vector, got shape {start.shape}")
        start.setflags(write=False)
        object.__setattr__(self, "start", start)

    @property
    def n(self) -> int:
        """The dimension."""
        return self.start.size

    def fun(self, x: ArrayLike) -> tuple[float, Floats]:
        """Return value and gradient.

        Far out the value is infinite, and the gradient may be NaN: no warning is given.

        Parameters
        ----------
        x : array_like, shape (n,)
            The arithmetic is that of float64 whatever the dtype.

        Returns
        -------
        value : float
            NaN only if `x` is not finite.
        gradient : array, shape (n,)
            Newly allocated, float32 if `x` is, else float64.

        Raises
        ------
        TypeError
            If these are not real numbers.
        ValueError
            If `x` has another shape, or float64 has no such numbers.
        """
        given, point = self._point(x)
        with np.errstate(all="ignore"):
            value, gradient = self.function(point)[:2]
            value = float(value)
            if math.isnan(value) and np.isfinite(point).all():  # infinity less infinity
                value = math.inf
            return value, gradient.astype(given, copy=False)

    @property
    def hess(self) -> Callable[[ArrayLike], Floats] | None:
        """A function that returns the Hessian, of shape (n, n), or None where it is not known."""
        return self._hess if self.has_hessian else None

    def _hess(self, x: ArrayLike) -> Floats:
        given, point = self._point(x)
        with np.errstate(all="ignore"):
            hessian: Floats = self.function(point)[2]()  # type: ignore[misc]
            return hessian.astype(given, copy=False)

    def _point(self, x: ArrayLike) -> tuple[Any, Floats]:
        """Return the dtype of what is returned, and the point in float64."""
        point = judged_reals("x", x)
        if point.shape != self.start.shape:
            raise ValueError(f"x: expected shape {self.start.shape} for {self.name}, got {point.shape}")
        given = np.dtype(np.float32 if point.dtype == np.float32 else np.float64)
        return given, point.astype(np.float64, copy=False)


class Family:
    """A function of any number of parameters, or of those the formula knows: call it to get a problem.

    Parameters
    ----------
    function : callable
        As that of `StandardProblem`; its name and its docstring become those of the family.
    source : str
        Where it comes from.
    start : float, sequence of float or callable
        The start: one number, a pattern that repeats, or a function of the indices 1, ..., n.
    sizes : tuple of int
        The dimensions in the collection, the usual one first.
    minima : float, tuple, mapping or callable
        Known minima: for all dimensions, by dimension, or as a function of it.
    multiple, least, most : int
        The dimension is a multiple of `multiple` from `least` to `most`.
    hessian : bool
        Whether `function` knows the Hessian.

    Examples
    --------
    >>> from fastopt.problems import standard
    >>> standard.wood(8)
    StandardProblem(name='wood_8', minima=(0.0,))
    """

    def __init__(
        self,
        function: Function,
        source: str,
        start: Start,
        sizes: tuple[int, ...],
        *,
        minima: Minima = (),
        multiple: int = 1,
        least: int = 1,
        most: int | None = None,
        hessian: bool = False,
    ) -> None:
        self.__name__ = self.__qualname__ = function.__name__
        self.__module__ = function.__module__
        self.__doc__ = function.__doc__
        self.function, self.source, self.start, self.sizes = function, source, start, sizes
        self.minima, self.hessian = minima, hessian
        self.multiple, self.least, self.most = multiple, max(least, multiple), most

    def __call__(self, n: int | None = None) -> StandardProblem:
        """Make the problem of dimension `n`, by default the usual one.

        Parameters
        ----------
        n : int, optional
            The number of parameters.

        Raises
        ------
        TypeError
            If `n` is not a whole number.
        ValueError
            If the function is not defined for `n` parameters.
        """
        try:
            n = self.sizes[0] if n is None else operator.index(n)
        except TypeError:
            raise TypeError(f"n: expected a whole number, got {shown(n)}") from None
        if n % self.multiple or not self.least <= n <= (self.most or n):
            raise ValueError(f"n: expected {self._dimensions()} for {self.__name__}, got {shown(n)}")
        length(self.least, "n", n)
        if callable(self.start):
            start = self.start(np.arange(1.0, n + 1))
        else:
            start = np.resize(np.asarray(self.start, np.float64), n)
        return StandardProblem(
            name=self.__name__ if self.least == self.most else f"{self.__name__}_{n}",
            source=self.source,
            start=start,
            function=self.evaluate,
            minima=self._minima(n),
            has_hessian=self.hessian,
        )

    def evaluate(self, x: Floats) -> Evaluation:
        """Return value, gradient and, where it is known, a function that computes the Hessian."""
        return self.function(x)

    def _minima(self, n: int) -> tuple[float, ...]:
        known = self.minima
        if isinstance(known, Mapping):
            known = known.get(n, ())
        elif callable(known):
            known = known(n)
        return known if isinstance(known, tuple) else (known,)

    def _dimensions(self) -> str:
        if self.least == self.most:
            return f"{self.least}"
        what = "a whole number" if self.multiple == 1 else f"a multiple of {self.multiple}"
        return f"{what} >= {self.least}" if self.most is None else f"{what} from {self.least} to {self.most}"

    def __repr__(self) -> str:
        return f"<{self.__name__}: {self._dimensions()} parameters>"

    def __reduce__(self) -> str:
        return self.__name__  # one to a name, like a function


def family(
    source: str, *, start: Start, sizes: int | tuple[int, ...], **more: Any
) -> Callable[[Function], Family]:
    """Make a family of the function below; a single number as `sizes` is the only dimension it has."""

    def decorate(function: Function) -> Family:
        if isinstance(sizes, int):
            return Family(function, source, start, (sizes,), least=sizes, most=sizes, **more)
        return Family(function, source, start, sizes, **more)

    return decorate
