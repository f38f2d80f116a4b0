"""What all searches share: the loop that asks for trials and tells their values, and the judging of both."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from fastopt import _core
from fastopt._common.bounds import Bounds, real, whole
from fastopt._common.wording import shown
from fastopt.line_search.result import LineSearchResult

Phi = Callable[[float], Any]
"""Takes a step, returns the value there, or value and slope."""

MOST_TRIALS = 2**31 - 1
"""The core counts trials of one search in 32 bits: more are no limit either."""

ROUNDING = 10 * float(np.finfo(np.float64).eps)


def searched(
    search: _core.MoreThuente | _core.HagerZhang | _core.Armijo | _core.Bracketing, phi: Phi, slopes: bool
) -> LineSearchResult:
    """Ask for the trials of a search until it ends, and return where it did."""
    while search.status == "searching":
        value, slope = evaluated(phi, search.step, slopes)
        search.tell(value, slope)  # type: ignore[arg-type]  # a slope is there where it is needed
    step, value, slope = search.best
    status = search.status
    return LineSearchResult(step, value, slope, search.evaluations, status == "found", status)


def judged_start(phi: Phi, start: object) -> tuple[float, float]:
    """Return value and slope at 0, or say why there is nothing to search."""
    if start is None:
        value, slope = evaluated(phi, 0.0, slopes=True)
        where = "phi(0)"
    elif isinstance(start, tuple | list) and len(start) == 2:
        value, slope = (judged_number(f"start[{k}]", x) for k, x in enumerate(start))
        where = "start"
    else:
        raise TypeError(f"start: expected a pair (value, slope), got {shown(start)} ({type(start).__name__})")
    assert slope is not None
    if not (math.isfinite(value) and math.isfinite(slope)):
        raise FloatingPointError(f"{where}: expected a finite value and slope, got {value} and {slope}")
    if slope >= 0:
        raise ValueError(f"{where}: expected a negative slope, a direction of descent, got {slope:g}")
    return value, slope


def evaluated(phi: Phi, alpha: float, slopes: bool) -> tuple[float, float | None]:
    """Return value and slope at a step; the slope may be None unless `slopes` are needed."""
    if not callable(phi):
        raise TypeError(f"phi: expected a function of the step, got {shown(phi)} ({type(phi).__name__})")
    answer = phi(alpha)
    if isinstance(answer, tuple | list) and len(answer) == 2:
        return judged_number(f"phi({alpha:g})[0]", answer[0]), judged_number(f"phi({alpha:g})[1]", answer[1])
    if slopes or isinstance(answer, tuple | list):
        raise TypeError(
            f"phi({alpha:g}): expected a pair (value, slope), got {shown(answer)} ({type(answer).__name__})"
        )
    return judged_number(f"phi({alpha:g})", answer), None


def judged_number(label: str, value: object) -> float:
    """Return a real number, NaN and infinity included, or say what it is instead."""
    number = real(value)
    if number is None:
        what = f"an array of shape {value.shape}" if isinstance(value, np.ndarray) else shown(value)
        raise TypeError(f"{label}: expected a number, got {what} ({type(value).__name__})")
    return number


def judged_positive(label: str, value: object) -> float:
    """Return a finite number above 0, or say what it is instead."""
    x = Bounds(0).check(label, value)
    if x == 0:
        raise ValueError(f"{label}: expected a finite number > 0, got {shown(value)}")
    return x


def judged_trials(max_evaluations: int) -> int:
    """Return how many trials there may be, as the core can count them."""
    return min(whole(1, "max_evaluations", max_evaluations), MOST_TRIALS)


def step_limits(min_step: float, max_step: float) -> dict[str, float]:
    """Return the shortest and the longest step as options of the core."""
    shortest, longest = Bounds(0).check("min_step", min_step), judged_positive("max_step", max_step)
    if shortest > longest:
        raise ValueError(f"min_step: expected at most max_step={longest:g}, got {shortest:g}")
    return {"min_step": shortest, "max_step": longest}
