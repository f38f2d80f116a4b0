"""What is to be minimised: the user's functions, called and judged."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fastopt._common.bounds import real
from fastopt._common.trees import described
from fastopt._common.types import Floats
from fastopt._common.wording import counted

from .layout import Layout, Vector, as_numbers, frozen

__all__ = ["Objective", "as_value"]

EPS = float(np.finfo(np.float64).eps)

CENTRAL_STEP = float(np.cbrt(EPS))
"""Of central differences, relative to the size of the variable."""

VISIBLE = 1e6 * EPS
"""A change of the value by this part of it has digits enough for a difference."""


class Objective:
    """Value and gradient at a point, and how often they were asked for.

    Parameters
    ----------
    fun : callable
        ``fun(x, *args)``, see `jac`.
    jac : bool or callable, optional
        True: `fun` returns value and gradient. A function: ``jac(x, *args)`` returns the gradient. None or
        False: central differences of `fun`.
    args : tuple
        Further arguments of both.
    layout : Layout
        The structure of the points.
    hess, hessp : callable, optional
        ``hess(x, *args)`` returns the Hessian, ``hessp(x, v, *args)`` its product with `v`.
    limits : pair of vectors, optional
        Lower and upper bounds, which differences do not leave.

    Attributes
    ----------
    numeric : bool
        Whether gradients are differences. `fun` gets points of float64 then, whatever their dtype is.
    calls : int
        Of `fun` for value and gradient, at most; but at the first point two more for each variable whose unit
        is in doubt.
    spare : float
        How many more that may be.
    nfev, njev, nhev : int
        Values, gradients, and Hessians or products with them, so far.
    """

    def __init__(
        self,
        fun: object,
        jac: object,
        args: object,
        layout: Layout,
        hess: object = None,
        hessp: object = None,
        limits: tuple[Vector, Vector] | None = None,
    ) -> None:
        if not callable(fun):
            raise TypeError(f"fun: expected a function, got {described(fun)}")
        if not (jac is None or isinstance(jac, bool | np.bool_) or callable(jac)):
            raise TypeError(f"jac: expected True, a function or None, got {described(jac)}")
        for name, given in (("hess", hess), ("hessp", hessp)):
            if not (given is None or callable(given)):
                raise TypeError(f"{name}: expected a function or None, got {described(given)}")
        self._hess: Any = hess
        self._hessp: Any = hessp
        self.has_hessian = not (hess is None and hessp is None)
        self._fun = fun
        self._jac: Any = jac
        self._args = args if isinstance(args, tuple) else (args,)
        self._layout = layout
        if limits is None:
            limits = np.full(layout.size, -math.inf), np.full(layout.size, math.inf)
        self._lower, self._upper = limits
        self.nfev = 0
        self.njev = 0
        self.nhev = 0
        self.numeric = not callable(jac) and not jac
        self.spare = math.inf
        self._units: Floats | None = None
        self.calls = 1 + 2 * int(np.count_nonzero(self._lower < self._upper)) if self.numeric else 1

    def __call__(self, point: Vector) -> tuple[float, Vector]:
        """Return value and gradient at `point`, the gradient as a vector that the next call may overwrite."""
        if self.numeric:
            return self._by_differences(point.astype(np.float64))
        x = self._layout.structure(point)
        return self._apart(x) if callable(self._jac) else self._both(x)

    def value_alone(self, point: Vector) -> float:
        """Return the value at `point`, without the gradient if `fun` returns both."""
        self.nfev += 1
        returned = self._fun(self._layout.structure(point), *self._args)
        both = isinstance(returned, tuple | list) and len(returned) == 2
        return as_value(returned[0] if both else returned)

    def hessian(self, point: Vector) -> Floats:
        """Return the Hessian at `point`, as a matrix of float64 over the flattened variables."""
        self.nhev += 1
        returned = self._hess(self._layout.structure(point), *self._args)
        h, n = as_numbers("the Hessian from hess", returned), self._layout.size
        if h.shape != (n, n):
            variables = counted(n, "variable")
            raise ValueError(
                f"the Hessian from hess: expected shape {(n, n)} for {variables}, got shape {h.shape}"
            )
        return h.astype(np.float64)  # a copy: it may be overwritten

    def product(self, point: Vector, v: Floats) -> Floats:
        """Return the product of the Hessian at `point` with the vector `v`, as a new vector of float64."""
        self.nhev += 1
        along = v.astype(self._layout.dtype)
        returned = self._hessp(self._layout.structure(point), self._layout.structure(along), *self._args)
        return self._layout.vector(returned, "the product from hessp").astype(np.float64)

    def value(self, x: Any) -> float:
        """Return the value alone."""
        self.nfev += 1
        returned = self._fun(x, *self._args)
        if type(returned) is tuple and len(returned) == 2:
            raise TypeError("fun: expected a number, got a tuple of 2; pass jac=True if one is the gradient")
        return as_value(returned)

    def _both(self, x: Any) -> tuple[float, Vector]:
        self.nfev += 1
        self.njev += 1
        returned = self._fun(x, *self._args)
        if not isinstance(returned, tuple | list) or len(returned) != 2:
            got = described(returned)
            if isinstance(returned, tuple | list):
                got += f" of {len(returned)}"
            raise TypeError(
                f"fun: expected (value, gradient), got {got}; "
                "pass jac=gradient if that is another function, or jac=None for differences"
            )
        value, gradient = returned
        return as_value(value), self._layout.vector(gradient, "the gradient from fun")

    def _apart(self, x: Any) -> tuple[float, Vector]:
        value = self.value(x)
        self.njev += 1
        return value, self._layout.vector(self._jac(x, *self._args), "the gradient from jac")

    def _by_differences(self, point: Floats) -> tuple[float, Vector]:
        """Return the slopes of parabolas through three values along each variable.

        Their other two points are inside the bounds; a variable without room has the slope 0.
        """
        value = self._value_at(point)
        if not np.isfinite(value):
            return value, np.full(self._layout.size, np.nan, self._layout.dtype)
        self.njev += 1
        gradient = np.zeros(self._layout.size, self._layout.dtype)
        first = self._units is None
        if self._units is None:
            size = np.where(point == 0, 1.0, np.abs(point))
            self._units = np.minimum(size, self._upper.astype(float) - self._lower)
        for k in range(point.size):
            gradient[k] = self._first_slope(point, k, value) if first else self._slope(point, k, value)[0]
        return value, gradient

    def _first_slope(self, point: Floats, k: int, value: float) -> float:
        """Return the slope along variable `k` at the first point, and settle its unit.

        That is its size, 1 where it is 0, or the way between its bounds if that is less. But a number that is
        tiny by chance is no unit: where values hardly tell the places of the difference apart, the unit
        becomes the largest of these, if the slope from there is the same up to rounding.
        """
        assert self._units is not None
        slope, step = self._slope(point, k, value)
        width = float(self._upper[k]) - float(self._lower[k])
        larger = max(1.0, abs(float(point[k])), width if math.isfinite(width) else 0.0)
        if not abs(slope) * step <= VISIBLE * abs(value) or self._units[k] >= larger or self.spare < 2:
            return slope
        self.spare -= 2
        unit, self._units[k] = self._units[k], larger
        other, _ = self._slope(point, k, value)
        if abs(other - slope) * step <= 10 * EPS * abs(value):
            return other
        self._units[k] = unit
        return slope

    def _slope(self, point: Floats, k: int, value: float) -> tuple[float, float]:
        """Return the slope along variable `k` from three values, or NaN; and how far apart they were taken.

        A fixed variable has slope 0, and takes no evaluations.
        """
        assert self._units is not None
        x = float(point[k])
        places = _places_inside(x, float(self._lower[k]), float(self._upper[k]), float(self._units[k]))
        if places is None:
            return 0.0, math.inf
        a, b = places
        return self._slope_from(point, k, value, a, b), abs(b - a)

    def _slope_from(self, point: Floats, k: int, value: float, a: float, b: float) -> float:
        """Return the slope along variable `k` from the values here, and at its places a and b; or NaN."""
        near = [point.copy(), point.copy()]
        near[0][k], near[1][k] = a, b
        with np.errstate(all="ignore"):
            try:
                at_a, at_b = map(self._value_at, near)
            except (ValueError, ArithmeticError):  # not defined there, as math.log(-1)
                return math.nan
            to_a, to_b = a - point[k], b - point[k]
            return float(((at_a - value) / to_a * to_b - (at_b - value) / to_b * to_a) / (b - a))

    def _value_at(self, point: Floats) -> float:
        return self.value(self._layout.structure(frozen(point)))


def _places_inside(x: float, low: float, high: float, unit: float) -> tuple[float, float] | None:
    """Return where to take differences: at both sides of `x` if the bounds have room for it, else at one."""
    size = max(unit, min(abs(x), high - low))
    h = max(CENTRAL_STEP * size, 1000 * EPS * abs(x))  # else `x` has no digits for it
    if low + h <= x <= high - h:
        return x + h, x - h
    far = min(x + 2 * h, high) if high - x >= x - low else max(x - 2 * h, low)
    near = x + (far - x) / 2
    return None if near in (x, far) else (near, far)


def as_value(value: object) -> float:
    """Return what a function returned as a float.

    Raises
    ------
    TypeError
        If it is not one real number.

    Examples
    --------
    >>> as_value(np.array([[2.5]]))
    2.5
    """
    number = real(value)
    if number is None:
        raise TypeError(f"fun: expected one real number as its value, got {described(value)}")
    return number
