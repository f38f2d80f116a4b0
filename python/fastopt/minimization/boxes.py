"""Bounds, in the forms that one writes them."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from fastopt.structures import described
from fastopt.wording import counted

from .layout import Layout, Vector

__all__ = ["box", "weights", "within"]


def box(bounds: object, layout: Layout) -> tuple[Vector, Vector] | None:
    """Return the lower and the upper bounds of all variables as vectors, or None if there are none.

    Parameters
    ----------
    bounds : object, optional
        One pair ``(low, high)`` for all variables, None for no bound; a pair for each variable; a pair for
        each array, in a dict or list as the start is; or an object with `lb` and `ub` in the structure of
        the start, numbers standing for arrays, as :class:`scipy.optimize.Bounds`.
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
    if hasattr(bounds, "lb") and hasattr(bounds, "ub"):
        lower[...] = layout.vector(bounds.lb, "bounds.lb", broadcast=True)
        upper[...] = layout.vector(bounds.ub, "bounds.ub", broadcast=True)
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


def weights(l1: object, layout: Layout) -> float | Vector:
    """Return the weights of ``sum l1 |x|``: a number, or a vector.

    Raises
    ------
    TypeError, ValueError
        If it is neither a number nor in the structure of the start, or one is negative or not finite.
    """
    if isinstance(l1, int | float | np.number) and not isinstance(l1, bool):
        given: Any = float(l1)
        if not (math.isfinite(given) and given >= 0):
            raise ValueError(f"l1: expected a finite number >= 0, got {l1!r}")
        return float(given)
    vector = layout.vector(l1, "l1", broadcast=True).copy()
    wrong = np.flatnonzero(~((vector >= 0) & np.isfinite(vector)))
    if wrong.size:
        k = int(wrong[0])
        raise ValueError(f"l1: expected finite numbers >= 0, got {vector[k]} for {layout.element(k)}")
    return vector


def within(start: Vector, lower: Vector, upper: Vector) -> int:
    """Move `start` inside the bounds, with a warning; return how many variables moved."""
    outside = int(np.count_nonzero((start < lower) | (start > upper)))
    if outside:
        warnings.warn(
            f"x0: {outside} of {counted(start.size, 'variable')} outside the bounds, moved onto them",
            stacklevel=5,
        )
        np.clip(start, lower, upper, out=start)
    return outside


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
