"""What the fields of schedules may hold. Wrong types are a TypeError, wrong values a ValueError."""

import math
from collections.abc import Callable, Iterable
from functools import partial
from itertools import pairwise
from numbers import Real
from typing import Annotated, Any, Literal, get_args, get_origin

import numpy as np

from fastopt._common.bounds import Bounds, Hyper, whole
from fastopt._common.states import saved_states

Check = Callable[[str, Any], Any]
"""Takes the name of a field and what was given for it; returns what is stored, or raises."""


def number(label: str, value: object, expected: str = "a number") -> float:
    """Return a number; what lies beyond the largest float is infinite, as any rounding to float has it."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{label}: expected {expected}, got {value!r} ({type(value).__name__})")
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf  # type: ignore[operator]


def positive(label: str, value: object) -> float:
    """Return a finite number > 0."""
    expected = "a finite number > 0"
    x = number(label, value, expected)
    if not 0 < x < math.inf:
        raise ValueError(f"{label}: expected {expected}, got {value!r}")
    return x


def flag(label: str, value: object) -> bool:
    """Return a bool; NumPy's is one too, and 1 is none."""
    if not isinstance(value, bool | np.bool):
        raise TypeError(f"{label}: expected True or False, got {value!r} ({type(value).__name__})")
    return bool(value)


def choice(choices: tuple[object, ...], label: str, value: object) -> object:
    """Return one of several values, of their type."""
    expected = f"one of {', '.join(map(repr, choices))}"
    if not isinstance(value, tuple({type(each) for each in choices})):
        raise TypeError(f"{label}: expected {expected}, got {value!r} ({type(value).__name__})")
    if value not in choices:
        raise ValueError(f"{label}: expected {expected}, got {value!r}")
    return value


def many(check: Check, label: str, values: object) -> tuple[Any, ...]:
    """Return a tuple, each of its items checked."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise TypeError(f"{label}: expected a sequence, got {values!r} ({type(values).__name__})")
    return tuple(check(f"{label}[{k}]", value) for k, value in enumerate(values))


def rising(label: str, values: object) -> tuple[int, ...]:
    """Return steps at which something changes: each later than the one before, and none at the start."""
    steps = many(partial(whole, 1), label, values)
    for k, (before, step) in enumerate(pairwise(steps), 1):
        if step <= before:
            raise ValueError(f"{label}[{k}]: expected a whole number > {before}, got {step}")
    return steps


def scheduled(label: str, value: object) -> Hyper:
    """Return a function of the step, or a finite number >= 0."""
    if callable(value):
        return value
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(
            f"{label}: expected a function of the step or a number, got {value!r} ({type(value).__name__})"
        )
    return Bounds(0).check(label, value)


def stateless(label: str, value: object) -> Hyper:
    """Return a function of the step that no schedule with a state is part of, or a finite number >= 0."""
    schedule = scheduled(label, value)
    if saved_states({label: schedule}):
        raise ValueError(f"{label}: expected a pure function of the step, got one with a state, {value!r}")
    return schedule


def function(label: str, value: object) -> Callable[..., Any]:
    """Return a function."""
    if not callable(value):
        raise TypeError(f"{label}: expected a function, got {value!r} ({type(value).__name__})")
    return value


def optional(check: Check, label: str, value: object) -> object:
    """Return what a check returns, or None for None."""
    return None if value is None else check(label, value)


NonNegative = Annotated[float, Bounds(0).check]
Positive = Annotated[float, positive]
Fraction = Annotated[float, Bounds(0, 1).check]
Whole = Annotated[int, partial(whole, 0)]
Count = Annotated[int, partial(whole, 1)]
Scheduled = Annotated[Hyper, scheduled]


def check_of(hint: object) -> Check:
    """Find the check of a field in its type: annotated, a flag, a choice, or none."""
    if get_origin(hint) is Annotated:
        check: Check = hint.__metadata__[0]  # type: ignore[attr-defined]
        return check
    if hint is bool:
        return flag
    if get_origin(hint) is Literal:
        return partial(choice, get_args(hint))
    return lambda _, value: value
