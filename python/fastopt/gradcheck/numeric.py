"""The gradient of a function by differences, element by element."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any, Literal, get_args

import numpy as np

from fastopt._common.trees import summary

from .line import Floats, Objective
from .structure import Arguments, Array, Move, Structure, real
from .tolerances import positive

Method = Literal["central", "forward", "complex"]

COMPLEX_STEP = 2.0**-100
"""No difference is taken, so nothing cancels: as small as one likes."""


def numeric_gradient(
    f: Callable[[Any], Any], x: Structure, h: float | None = None, method: Method = "central"
) -> Structure:
    r"""Return the gradient of `f` at `x` by differences.

    .. math:: \text{central: } \frac{f(x + h_i e_i) - f(x - h_i e_i)}{2 h_i}, \quad
              \text{forward: } \frac{f(x + h_i e_i) - f(x)}{h_i}, \quad
              \text{complex: } \frac{\operatorname{Im} f(x + \mathrm{i} h_i e_i)}{h_i}

    with :math:`h_i = h \max(1, |x_i|)`, the maximum rounded down to a power of two, and divided by the step
    that was taken in floating point. Errors are about :math:`h^2` plus rounding :math:`\varepsilon |f| /
    h`, or :math:`h` plus :math:`\varepsilon |f| / h`; the complex step has no cancellation and is exact to
    rounding, but `f` must be analytic: no ``abs``, ``.real``, ``conj`` or ``float`` in it.

    Parameters
    ----------
    f : callable
        ``f(x)`` returns a number.
    x : float, array, list or dict of arrays
        The point; never written: `f` gets copies, float64 if it takes them.
    h : float, optional
        The relative step; the cube root of the precision for central differences, its square root for forward
        ones, ``2**-100`` for the complex step.
    method : {"central", "forward", "complex"}
        Two calls an element, or one.

    Returns
    -------
    float, array, list or dict of arrays
        The gradient in float64, in the structure of `x`.

    Raises
    ------
    TypeError
        If `f` is not callable or returns no real number, `x` has no floats, or `f` does not take or return
        complex numbers where asked to.
    ValueError
        If `h` is not positive, `method` is unknown, `f` returns several numbers, or is not analytic
        (complex step).
    FloatingPointError
        If `x` or a value of `f` near it is not finite.

    References
    ----------
    Squire and Trapp, *Using complex variables to estimate derivatives of real functions*, SIAM Review 40,
    1998.

    Examples
    --------
    >>> x = np.array([1.0, 2.0, 3.0])
    >>> numeric_gradient(lambda x: (x**3).sum(), x).round(6)
    array([ 3., 12., 27.])
    >>> numeric_gradient(lambda x: (x**3).sum(), x, method="complex")
    array([ 3., 12., 27.])
    """
    if not callable(f):
        raise TypeError(f"f: expected a function, got {summary(f)}")
    if method not in get_args(Method):
        raise ValueError(f"method: expected one of {', '.join(map(repr, get_args(Method)))}, got {method!r}")
    if h is not None:
        h = positive("h", h)
    if method == "complex":
        return _complex_gradient(f, x, COMPLEX_STEP if h is None else h)
    arguments = opened(f, x, label="x")
    objective = Objective(arguments, lambda *args: real("f", f(*args)))
    precision = float(np.finfo(arguments.dtype).eps)
    step = h if h is not None else precision ** (1 / 3 if method == "central" else 1 / 2)
    middle = first_value(objective)
    slopes = []
    for number, leaf in enumerate(arguments.leaves):
        steps = step * power_of_two(np.maximum(1, np.abs(leaf.array)))
        each = [
            difference(objective, number, i, steps[i], middle if method == "forward" else None)
            for i in range(leaf.size)
        ]
        slopes.append(np.array(each, np.float64).reshape(leaf.array.shape))
    return arguments.packed(slopes)


def difference(
    objective: Objective, number: int, index: int, step: float, middle: float | None = None
) -> float:
    """Return the slope along one element: a central difference, or a forward one from the value `middle`.

    Raises
    ------
    FloatingPointError
        If a value is not finite.
    """
    above = beside(objective, number, index, step)
    if middle is None:
        below = beside(objective, number, index, -step)
    else:
        below = float(objective.arguments.leaves[number].array.reshape(-1)[index]), middle
    return (above[1] - below[1]) / (above[0] - below[0])


def beside(objective: Objective, number: int, index: int, step: float) -> tuple[float, float]:
    """Return one element after a step, and the value there.

    Raises
    ------
    ValueError
        If the step is lost in rounding.
    FloatingPointError
        If the value is not finite.
    """
    leaf = objective.arguments.leaves[number]
    x = leaf.array.reshape(-1)[index]
    there = leaf.array.dtype.type(x + step)
    name = leaf.element(index)
    if there == x:
        raise ValueError(f"h: too small, {name} = {x!s} plus {abs(step):.3g} is itself")
    move = Move(number, index, np.array([step]))
    return float(there), finite("f", f"{name} = {there!s}", objective([move], 1.0))


def opened(
    func: Callable[..., Any],
    inputs: Structure,
    wrt: int | Sequence[int] | None = None,
    promote: bool = True,
    label: str | None = None,
) -> Arguments:
    """Return the arguments as float64 if `func` takes them, else as they came."""
    arguments = Arguments(func, inputs, wrt, promote, label)
    if not promote:
        return arguments
    if all(np.asarray(leaf.source).dtype.itemsize == 8 for leaf in arguments.leaves):
        return arguments
    try:
        with np.errstate(all="ignore"):
            func(*arguments.displaced())
    except (TypeError, ValueError):
        return Arguments(func, inputs, wrt, promote=False, label=label)
    arguments.changed()
    return arguments


def first_value(objective: Objective) -> float:
    """Return the value at the point itself; from then on, a function that changes it gets fresh copies.

    Raises
    ------
    FloatingPointError
        If it is not finite.
    """
    value = finite("f", "x", objective())
    objective.arguments.changed()
    return value


def power_of_two(x: Array) -> Floats:
    """Return positive numbers, rounded down to a power of two, flat."""
    return np.exp2(np.floor(np.log2(x.reshape(-1).astype(np.float64))))


def finite(name: str, where: str, value: float) -> float:
    """Return `value`, or say where it is not finite.

    Raises
    ------
    FloatingPointError
        If it is not.
    """
    if not math.isfinite(value):
        raise FloatingPointError(f"{name}: expected a finite value at {where}, got {value}")
    return value


def _complex_gradient(f: Callable[[Any], Any], x: Structure, h: float) -> Structure:
    arguments = Arguments(f, x, label="x")
    objective = Objective(arguments, lambda *args: real("f", f(*args)))
    first_value(objective)
    parts = []
    for number, leaf in enumerate(arguments.leaves):
        steps = h * power_of_two(np.maximum(1, np.abs(leaf.array)))
        part = [
            _complex_slope(f, arguments, number, np.eye(1, leaf.size, i)[0], t) for i, t in enumerate(steps)
        ]
        parts.append(np.array(part, np.float64).reshape(leaf.array.shape))
    _check_analytic(objective, parts)
    return arguments.packed(parts)


def _complex_slope(
    f: Callable[[Any], Any], arguments: Arguments, number: int, direction: Floats, t: float
) -> float:
    """Return Im f(x + i t d) / t."""
    leaf = arguments.leaves[number]
    arrays = [other.array.astype(np.complex128) for other in arguments.leaves]
    arrays[number] = arrays[number] + 1j * t * direction.reshape(leaf.array.shape)
    with warnings.catch_warnings():
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        try:
            value = f(*arguments.rebuilt(arrays))
        except (TypeError, ValueError, np.exceptions.ComplexWarning) as error:
            raise TypeError(
                f"f: method='complex' needs a function of complex numbers, got {error!r}"
            ) from error
    if np.ndim(value) != 0 or not np.iscomplexobj(value):
        raise TypeError(
            f"f: method='complex' needs a complex value, got {summary(value)}: "
            "abs, .real, float() and the like lose the imaginary part"
        )
    return finite("f", f"x + {t:.3g}i in {leaf.name}", float(value.imag / t))


def _check_analytic(objective: Objective, gradient: list[Array]) -> None:
    """Refuse a complex gradient that differs from real differences along one direction."""
    rng = np.random.default_rng(0)
    for number, leaf in enumerate(objective.arguments.leaves):
        by = rng.uniform(0.5, 1.0, leaf.size) * power_of_two(np.maximum(1, np.abs(leaf.array)))
        t = 2.0**-17
        above, below = (objective([Move(number, 0, by)], sign * t) for sign in (1, -1))
        if not (math.isfinite(above) and math.isfinite(below)):
            continue  # the domain ends nearby: there is nothing to compare with
        slope, claimed = (above - below) / (2 * t), float(by @ gradient[number].reshape(-1))
        size = float(np.abs(by * gradient[number].reshape(-1)).sum())
        rounding = 1e-15 * max(abs(above), abs(below)) / t
        if abs(slope - claimed) > 0.01 * max(size, abs(slope)) + 100 * rounding:
            raise ValueError(
                f"f: method='complex' needs an analytic function; by {leaf.name}, real differences give "
                f"a slope of {slope:.6g} and the complex step {claimed:.6g} (np.abs, conj or vdot in it?)"
            )
