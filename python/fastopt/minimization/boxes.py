"""Bounds and weights, in all the forms in which they may be written."""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Collection, Iterator
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from fastopt._common.bounds import real
from fastopt._common.trees import described
from fastopt._common.types import Floats
from fastopt._common.wording import counted, shown, users_line

from .layout import Layout, Vector, as_numbers, as_reals

INSIDE = math.inf, -math.inf
"""Where the inside is, seen from a lower and from an upper bound."""

__all__ = ["box", "dimensions", "ends", "moved_onto_bounds", "region", "weights", "within"]


def box(bounds: object, layout: Layout) -> tuple[Vector, Vector] | None:
    """Return the lower and the upper bounds of all variables as vectors, or None if there are none.

    Bounds that the dtype of the points has no number for are rounded towards the inside, so that no point is
    outside; where they are equal the variable is fixed, at the number next to them.

    Parameters
    ----------
    bounds : object, optional
        One pair ``(low, high)`` for all variables, None for no bound. For an array also a pair for each of
        its elements; an object with `lb` and `ub`, as :class:`scipy.optimize.Bounds`; or a pair ``(lower,
        upper)`` of which one at least has two dimensions. For a dict or list all that for each array, where
        None stands for no bounds, as does what is left out of a dict; or an object with `lb` and `ub` that
        are such a dict or list. Arrays need only broadcast to those of the start.
    layout : Layout
        The structure of the start.

    Raises
    ------
    TypeError, ValueError
        If it is none of these, a bound is NaN, a lower one is above its upper one, or no finite number of the
        dtype is between them.
    """
    if bounds is None:
        return None
    low, high = _vectors(bounds, layout)
    lower, upper = _inwards(low, layout.dtype, math.inf), _inwards(high, layout.dtype, -math.inf)
    for k in np.flatnonzero(~(lower <= upper)).tolist():  # also where one is NaN
        if low[k] != high[k]:
            expected = f"a {layout.dtype} number between them" if low[k] < high[k] else "lower <= upper"
            raise ValueError(
                f"bounds: expected {expected}, got {low[k]} and {high[k]} for {layout.element(k)}"
            )
        with np.errstate(over="ignore"):  # judged below
            lower[k] = upper[k] = low[k]
    nowhere = np.flatnonzero((lower == math.inf) | (upper == -math.inf))
    if nowhere.size:
        k = int(nowhere[0])
        raise ValueError(
            f"bounds: expected finite numbers between them, got {lower[k]} and {upper[k]} "
            f"for {layout.element(k)}"
        )
    return lower, upper


def _vectors(bounds: object, layout: Layout) -> tuple[Floats, Floats]:
    """Return lower and upper bounds as float64."""
    lower, upper = np.full(layout.size, -math.inf), np.full(layout.size, math.inf)
    for part, shape, given in _by_array(bounds, layout):
        for vector, inside, (label, end) in zip((lower, upper), INSIDE, given.items(), strict=True):
            if end is not None:
                vector[part] = layout.fitted(label, _doubles(label, end, inside), shape).reshape(-1)
    return lower, upper


def _by_array(bounds: Any, layout: Layout) -> Iterator[tuple[slice, tuple[int, ...], dict[str, Any]]]:
    """Yield for each array its place and shape, and its lower and upper bounds under their names."""
    if layout.kind != "array" and _has_ends(bounds):
        lowers, uppers = layout.entries(bounds.lb, "bounds.lb"), layout.entries(bounds.ub, "bounds.ub")
        for low, high in zip(lowers, uppers, strict=True):
            yield low.part, low.shape, {low.label: low.given, high.label: high.given}
    elif _is_pair(bounds):
        yield slice(None), (), {"bounds[0]": bounds[0], "bounds[1]": bounds[1]}
    else:
        for label, given, part, shape in layout.entries(bounds, "bounds"):
            if given is None:
                continue
            apart = ends(given, label)
            if apart:
                yield part, shape, apart
            elif _is_pair(given):
                yield part, (), {f"{label}[0]": given[0], f"{label}[1]": given[1]}
            else:
                size = part.stop - part.start
                pairs = list(_pairs(label, given, size))
                columns = ([_double(pair[k], INSIDE[k]) for pair in pairs] for k in (0, 1))
                yield (
                    part,
                    (size,),
                    {f"{label}[:, {k}]": np.array(column) for k, column in enumerate(columns)},
                )


def ends(bounds: Any, label: str = "bounds") -> dict[str, Any]:
    """Return the lower and the upper bounds of an array under their names, if they are given apart."""
    if _has_ends(bounds):
        return {f"{label}.lb": bounds.lb, f"{label}.ub": bounds.ub}
    if isinstance(bounds, tuple | list) and len(bounds) == 2:
        lower, upper = bounds
        if max(dimensions(lower), dimensions(upper)) > 1:  # else it is a pair of numbers, or of such pairs
            return {f"{label}[0]": lower, f"{label}[1]": upper}
    return {}


def dimensions(given: object) -> int:
    """Return how many dimensions something has as an array; 0 if it makes none."""
    try:
        return np.ndim(given)  # type: ignore[arg-type]
    except ValueError:  # lists of different lengths
        return 0


def weights(l1: object, layout: Layout) -> float | Vector | None:
    """Return the weights of ``sum l1 |x|``: a number, or a vector; None if there are none but 0.

    Raises
    ------
    TypeError, ValueError
        If it is neither a number nor in the structure of the start, of which a dict may leave arrays out; or
        one is negative or not finite.
    """
    if l1 is None:
        return None
    if isinstance(l1, int | float | np.integer | np.floating) and not isinstance(l1, bool):
        try:
            with np.errstate(over="ignore"):
                legal = math.isfinite(layout.dtype.type(l1)) and l1 >= 0
        except OverflowError:  # an integer beyond the largest float
            legal = False
        if not legal:
            raise ValueError(f"l1: expected a finite number >= 0 in {layout.dtype}, got {shown(l1)}")
        return float(l1) or None
    vector = np.zeros(layout.size, layout.dtype)
    for label, given, part, shape in layout.entries(l1, "l1"):
        if given is not None:
            with np.errstate(over="ignore"):  # judged below
                vector[part] = layout.fitted(label, as_numbers(label, given), shape).reshape(-1)
    wrong = np.flatnonzero(~((vector >= 0) & np.isfinite(vector)))
    if wrong.size:
        k = int(wrong[0])
        raise ValueError(f"l1: expected finite numbers >= 0, got {vector[k]} for {layout.element(k)}")
    return vector if vector.any() else None


def region(limits: tuple[Vector, Vector] | None, added: float | Vector | None) -> dict[str, Any]:
    """Return what `box` and `weights` returned as the core takes it.

    Raises
    ------
    ValueError
        If there are both.
    """
    if limits is None:
        return {} if added is None else {"l1": added}
    if added is not None:
        raise ValueError("bounds, l1: expected one of them, got both")
    return {"lower": limits[0], "upper": limits[1]}


def within(start: Vector, lower: Vector, upper: Vector, label: str = "x0") -> int:
    """Move `start` inside the bounds, with a warning; return how many variables moved.

    Those that are outside by a rounding error, as the number nearest to a bound may be, do not count.
    """
    down, up = lower.dtype.type(-math.inf), lower.dtype.type(math.inf)
    with np.errstate(all="ignore"):
        nearly = np.nextafter(lower, down), np.nextafter(upper, up)
    outside = int(np.count_nonzero((start < nearly[0]) | (start > nearly[1])))
    if outside:
        lie, were = ("lies", "was") if outside == 1 else ("lie", "were")
        warnings.warn(
            f"{label}: {outside} of {counted(start.size, 'variable')} {lie} outside the bounds, "
            f"and {were} moved onto them",
            stacklevel=users_line(),
        )
    np.clip(start, lower, upper, out=start)
    return outside


def moved_onto_bounds(moved: int) -> str:
    """Say what `within` did, in the sentence of a result."""
    return f"{counted(moved, 'variable')} {'was' if moved == 1 else 'were'} moved onto them."


def _has_ends(bounds: Any) -> bool:
    return hasattr(bounds, "lb") and hasattr(bounds, "ub")


def _is_pair(pair: object) -> TypeGuard[tuple[Any, Any] | list[Any]]:
    """Whether it is a pair of numbers, or None for no bound."""
    return (
        isinstance(pair, tuple | list)
        and len(pair) == 2
        and all(end is None or real(end) is not None for end in pair)
    )


def _pairs(label: str, bounds: Any, size: int) -> Iterator[tuple[Any, Any] | list[Any]]:
    """Yield a pair for each element of an array."""
    try:
        pairs = list(bounds if isinstance(bounds, Collection) else itertools.islice(bounds, size + 1))
    except TypeError:
        raise TypeError(
            f"{label}: expected pairs (low, high), or an object with lb and ub, got {described(bounds)}"
        ) from None
    if len(pairs) != size:
        raise ValueError(
            f"{label}: expected {counted(size, 'pair')} (low, high), one for each variable, got {len(pairs)}"
        )
    for k, pair in enumerate(pairs):
        both = (None, None) if pair is None else tuple(pair) if isinstance(pair, np.ndarray) else pair
        if not _is_pair(both):
            raise TypeError(
                f"{label}[{k}]: expected a pair (low, high) of numbers or None, got {described(pair)}"
            )
        yield both


def _double(end: Any, inside: float) -> float:
    """Return a bound as a float, rounded to the inside if it is a whole number that float64 does not have."""
    near = -inside if end is None else real(end)
    assert near is not None, "it was judged"
    beyond = end is not None and (near < end if inside > 0 else near > end)
    return math.nextafter(near, inside) if beyond else near


def _doubles(label: str, end: object, inside: float) -> NDArray[Any]:
    """Return bounds as floats, see `_double`."""
    if not isinstance(end, np.ndarray) and real(end) is not None:
        return np.array(_double(end, inside))
    a = as_reals(label, end)
    return (
        np.reshape([_double(n, inside) for n in a.ravel().tolist()], a.shape) if a.dtype.kind in "iu" else a
    )


def _inwards(exact: Floats, dtype: np.dtype[Any], inside: float) -> Vector:
    """Return bounds as numbers of `dtype`, rounded to the inside, which is where `inside` is."""
    with np.errstate(all="ignore"):
        near = exact.astype(dtype, copy=False)
        beyond = near < exact if inside > 0 else near > exact
        return np.where(beyond, np.nextafter(near, dtype.type(inside)), near) if beyond.any() else near
