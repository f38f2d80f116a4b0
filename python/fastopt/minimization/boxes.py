"""Bounds and weights, in the forms that one writes them."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from fastopt.structures import described
from fastopt.wording import counted, users_line

from .layout import Layout, Vector

__all__ = ["box", "dimensions", "ends", "moved_onto_bounds", "region", "weights", "within"]


def box(bounds: object, layout: Layout) -> tuple[Vector, Vector] | None:
    """Return the lower and the upper bounds of all variables as vectors, or None if there are none.

    Parameters
    ----------
    bounds : object, optional
        One pair ``(low, high)`` for all variables, None for no bound; a pair for each variable; a pair for
        each array, in a dict or list as the start is; an object with `lb` and `ub` in the structure of
        the start, as :class:`scipy.optimize.Bounds`; or, where that is an array, a pair ``(lower, upper)`` of
        which one at least has two dimensions. Arrays that are broadcast to those of the start will do.
    layout : Layout
        The structure of the start.

    Raises
    ------
    TypeError, ValueError
        If it is none of these, a bound is NaN, a lower one is above its upper one, or no finite number is
        between them.
    """
    if bounds is None:
        return None
    lower = np.full(layout.size, -math.inf, layout.dtype)
    upper = np.full(layout.size, math.inf, layout.dtype)
    apart = ends(bounds, layout)
    if apart:
        for vector, (name, end) in zip((lower, upper), apart.items(), strict=True):
            if end is not None:
                vector[...] = layout.vector(end, name, broadcast=True)
    elif _is_pair(bounds):
        lower[...], upper[...] = _pair("bounds", bounds)
    elif layout.kind == "array":
        pairs = _pairs(bounds, layout.size)
        lower[...], upper[...] = pairs.T
    else:
        for name, pair, part in layout.parts(bounds, "bounds"):
            lower[part], upper[part] = _pair(name, pair)
    wrong = np.flatnonzero(~(lower <= upper))  # also where one is NaN
    if wrong.size:
        k = int(wrong[0])
        raise ValueError(
            f"bounds: expected lower <= upper, got {lower[k]} and {upper[k]} for {layout.element(k)}"
        )
    nowhere = np.flatnonzero((lower == math.inf) | (upper == -math.inf))
    if nowhere.size:
        k = int(nowhere[0])
        raise ValueError(
            f"bounds: expected finite numbers between them, got {lower[k]} and {upper[k]} "
            f"for {layout.element(k)}"
        )
    return lower, upper


def ends(bounds: object, layout: Layout) -> dict[str, Any]:
    """Return the lower and the upper bounds under their names if they are given apart, else nothing."""
    if hasattr(bounds, "lb") and hasattr(bounds, "ub"):
        return {"bounds.lb": bounds.lb, "bounds.ub": bounds.ub}
    if layout.kind == "array" and isinstance(bounds, tuple | list) and len(bounds) == 2:
        lower, upper = bounds
        if max(dimensions(lower), dimensions(upper)) > 1:  # else it is a pair of numbers, or of such pairs
            return {"bounds[0]": lower, "bounds[1]": upper}
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
        If it is neither a number nor in the structure of the start, or one is negative or not finite.
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
            raise ValueError(f"l1: expected a finite number >= 0 in {layout.dtype}, got {l1!r}")
        return float(l1) or None
    vector = layout.vector(l1, "l1", broadcast=True).copy()
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
    """Move `start` inside the bounds, with a warning; return how many variables moved."""
    outside = int(np.count_nonzero((start < lower) | (start > upper)))
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


def _is_pair(bounds: object) -> bool:
    """Whether it is one pair for all variables."""
    return (
        isinstance(bounds, tuple | list)
        and len(bounds) == 2
        and all(end is None or (isinstance(end, int | float | np.number)) for end in bounds)
    )


def _pair(label: str, pair: Any) -> tuple[float, float]:
    if not _is_pair(pair):
        raise TypeError(f"{label}: expected a pair (low, high) of numbers or None, got {described(pair)}")
    low, high = pair
    return -math.inf if low is None else float(low), math.inf if high is None else float(high)


def _pairs(bounds: object, size: int) -> np.ndarray[Any, Any]:
    try:
        pairs = list(bounds)  # type: ignore[call-overload]
    except TypeError:
        raise TypeError(
            f"bounds: expected pairs (low, high), or an object with lb and ub, got {described(bounds)}"
        ) from None
    if len(pairs) != size:
        raise ValueError(
            f"bounds: expected {counted(size, 'pair')} (low, high), one for each variable, got {len(pairs)}"
        )
    return np.array(
        [
            _pair(f"bounds[{k}]", tuple(pair) if isinstance(pair, np.ndarray) else pair)
            for k, pair in enumerate(pairs)
        ]
    )
