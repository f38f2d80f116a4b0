"""The formulas that schedules have in common."""

import math


def mix(start: float, end: float, w: float) -> float:
    """Return `start` for w = 1 and `end` for w = 0, both exactly, and never a negative number."""
    return start * w + end * (1 - w)


def ratio(a: int, b: int) -> float:
    """Return a / b for whole numbers of any size; what overflows is infinite."""
    try:
        return a / b
    except OverflowError:
        return math.inf


def decayed(start: float, factor: float, times: float) -> float:
    """Multiply by a power, which may overflow to infinity (refused by an optimizer); zero stays zero."""
    try:
        return start * factor**times if start else 0.0
    except OverflowError:
        return math.inf


def half_wave(x: float) -> float:
    """Fall from 1 at x = 0 to 0 at x = 1, both exactly."""
    return (1 + math.cos(math.pi * x)) / 2
