"""What values a hyperparameter may take, declared on the fields of the optimizers."""

import math
import operator
import sys
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real
from typing import Annotated

import numpy as np

from fastopt._common.wording import shown

Schedule = Callable[[int], float]
"""A hyperparameter as a function of the number of completed steps, 0 first."""

Hyper = float | Schedule
"""A hyperparameter: a number, or a schedule of it."""


@dataclass(frozen=True)
class Bounds:
    """An interval of finite numbers: ``low <= x <= high``, an end left out if told so.

    Parameters
    ----------
    low, high : float
        Its ends.
    below : bool
        Whether `high` itself is left out.
    above : bool
        Whether `low` itself is left out.
    constant : bool
        Whether a schedule is refused.
    count : int
        How many such numbers the field holds: ``betas`` are two, called ``beta1`` and ``beta2`` in a rule.
    resolved : bool
        Whether what is not 0 must not be 0 in the dtype of the arrays either.
    names : tuple of str
        What its numbers are called in a rule, where that is not the field's name with 1, 2, ...
    infinite : bool
        Whether infinity, where the interval has no other end, is a number too.
    optional : bool
        Whether it may be None: the rule knows what stands for it then.
    whole : bool
        Whether only whole numbers are legal, which are kept as ints.
    """

    low: float = -math.inf
    high: float = math.inf
    below: bool = False
    above: bool = False
    constant: bool = False
    count: int = 1
    resolved: bool = False
    names: tuple[str, ...] = ()
    infinite: bool = False
    optional: bool = False
    whole: bool = False

    def __str__(self) -> str:
        or_none = " or None" if self.optional else ""
        if self.whole:
            upper = f"from {self.low:g} to {self.high:g}"
            return f"a whole number {f'>= {self.low:g}' if self.high == math.inf else upper}"
        if self.low == -math.inf:
            return "a finite number" if self.high == math.inf else f"a finite number <= {self.high:g}"
        if self.high == math.inf:
            kind = "a number" if self.infinite else "a finite number"
            return f"{kind} {'>' if self.above else '>='} {self.low:g}{or_none}"
        low, high = "(" if self.above else "[", ")" if self.below else "]"
        return f"a number in {low}{self.low:g}, {self.high:g}{high}{or_none}"

    def hypers(self, field: str) -> list[tuple[str, str]]:
        """Pair the hyperparameters in `field` with their labels: ``beta1`` is ``betas[0]``."""
        if self.count == 1:
            return [(field, field)]
        names = self.names or tuple(f"{field.removesuffix('s')}{k + 1}" for k in range(self.count))
        return [(name, f"{field}[{k}]") for k, name in enumerate(names)]

    def holds(self, x: float) -> bool:
        """Whether it is a number of the interval."""
        low = self.low < x if self.above else self.low <= x
        high = x < self.high if self.below else x <= self.high
        return (
            (math.isfinite(x) or self.infinite) and low and high and (not self.whole or float(x).is_integer())
        )

    def check(self, label: str, value: object, single: bool = False) -> float:
        """Return `value` as a float.

        Parameters
        ----------
        label : str
            What to call it in an error.
        value : object
            It.
        single : bool
            Whether it is going to be used in float32.

        Raises
        ------
        TypeError
            If it is not a real number.
        ValueError
            If it lies outside the interval, or is NaN or infinite; or if float64, or with `single` float32,
            has no number for it.
        """
        if type(value) is not float and (isinstance(value, bool) or not isinstance(value, Real)):
            raise TypeError(f"{label}: expected {self}, got {shown(value)} ({type(value).__name__})")
        try:
            x = float(value)
        except OverflowError:  # a whole number beyond the largest float
            x = math.inf
        if not self.holds(x):
            raise ValueError(f"{label}: expected {self}, got {shown(value)}")
        if self.resolved and x == 0 != value:
            raise ValueError(
                f"{label}: expected 0 or a number that is not 0 in float64 (4.9e-324 on), got {shown(value)}"
            )
        if single and math.isfinite(x):
            expect_single(label, x, self.resolved)
        return int(x) if self.whole else x

    def check_optional(self, label: str, value: object, single: bool = False) -> float | None:
        """Return `value` as `check` does, or None where that is allowed."""
        return None if value is None and self.optional else self.check(label, value, single)

    def check_field(
        self, field: str, value: object, single: bool = False
    ) -> Hyper | tuple[Hyper | None, ...] | None:
        """Return the value of a field, checked; a schedule is checked later, each time it is evaluated."""
        if self.count == 1:
            return self._check_hyper(field, value, single)
        if not isinstance(value, list | tuple) or len(value) != self.count:
            raise TypeError(f"{field}: expected {self.count} numbers, got {shown(value)}")
        labels = (label for _, label in self.hypers(field))
        return tuple(self._check_hyper(label, x, single) for label, x in zip(labels, value, strict=True))

    def _check_hyper(self, label: str, value: object, single: bool) -> Hyper | None:
        return value if callable(value) and not self.constant else self.check_optional(label, value, single)


def expect_single(label: str, x: float, resolved: bool = False) -> None:
    """Refuse a number that is infinite in float32; with `resolved` also one that is 0 there, but 0 itself.

    Raises
    ------
    ValueError
        If float32 has no such number.
    """
    if abs(x) >= _INFINITE_IN_SINGLE:
        raise ValueError(f"{label}: expected a number in the range of float32 (up to 3.4e+38), got {x!r}")
    if resolved and 0 < abs(x) <= _ZERO_IN_SINGLE:
        raise ValueError(f"{label}: expected 0 or a number that is not 0 in float32 (1.4e-45 on), got {x!r}")


_INFINITE_IN_SINGLE = 2.0**128 - 2.0**103  # from here on numbers round to infinity
_ZERO_IN_SINGLE = 2.0**-150  # down from here they round to zero


def as_whole(value: object) -> int | None:
    """Return a whole number of any integer type as an int; None for everything else, a bool too.

    Examples
    --------
    >>> as_whole(np.int8(3)), as_whole(3.0), as_whole(True)
    (3, None, None)
    """
    try:
        return None if isinstance(value, bool) else operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        return None


def whole(low: int, label: str, value: object) -> int:
    """Return a whole number of any size, or say what it is instead."""
    n = as_whole(value)
    if n is None:
        kind = type(value).__name__
        raise TypeError(f"{label}: expected a whole number >= {low}, got {shown(value)} ({kind})")
    if n < low:
        raise ValueError(f"{label}: expected a whole number >= {low}, got {shown(n)}")
    return n


MOST_STEPS = 2**53
"""Beyond this a double no longer counts every step."""


def step_number(step: object) -> int:
    """Return the number of a step, 1 first, as an int.

    Raises
    ------
    TypeError, ValueError
        If it is none.
    """
    n = as_whole(step)
    if n is None:
        raise TypeError(f"step: expected a whole number, the number of this step, got {shown(step)}")
    if not 1 <= n <= MOST_STEPS:
        raise ValueError(f"step: expected the number of this step, from 1 to 2**53, got {shown(step)}")
    return n


LONGEST = sys.maxsize // 16
"""Elements of an array, at most: more numbers than a process has addresses for."""


def length(low: int, label: str, value: object) -> int:
    """Return a whole number of elements that an array may have, whether or not there is memory for them."""
    n = whole(low, label, value)
    if n > LONGEST:
        raise ValueError(f"{label}: expected a whole number from {low} to {LONGEST}, got {shown(n)}")
    return n


def real(value: object) -> float | None:
    """Return as a float what a function returned as a number; None if it is not one real number.

    It may be of any type: an array of one element, or what says by ``__float__`` which number it is, as
    scalars of JAX and torch do. NaN and infinities are numbers here; what is beyond the largest float is
    infinite.

    Examples
    --------
    >>> real(np.array([[2.5]])), real(-(10**400)), real("2.5"), real(1j), real(True), real(np.ones(2))
    (2.5, -inf, None, None, None, None)
    """
    if type(value) is float:
        return value
    dtype = getattr(value, "dtype", None)
    kind = dtype.kind if isinstance(dtype, np.dtype) else "f"
    if kind not in "fiuV" or isinstance(value, bool | str | bytes | bytearray):  # V: bfloat16, among others
        return None
    one = value.flat[0] if isinstance(value, np.ndarray) and value.size == 1 else value  # of np.matrix too
    try:
        return float(one)  # type: ignore[arg-type]
    except OverflowError:
        return math.inf if value > 0 else -math.inf  # type: ignore[operator]
    except Exception:  # of whatever kind `__float__` raises, where it is there at all
        return None


NonNegative = Annotated[Hyper, Bounds(0)]
Fraction = Annotated[Hyper, Bounds(0, 1)]
Decay = Annotated[Hyper, Bounds(0, 1, below=True)]
Decays = Annotated[tuple[Hyper, Hyper], Bounds(0, 1, below=True, count=2)]
OptionalDecay = Annotated[Hyper | None, Bounds(0, 1, below=True, optional=True)]
ThreeDecays = Annotated[tuple[Hyper, Hyper, Hyper], Bounds(0, 1, below=True, count=3)]
Epsilon = Annotated[Hyper, Bounds(0, resolved=True)]
Start = Annotated[float, Bounds(0, constant=True, resolved=True)]
Period = Annotated[int, Bounds(1, constant=True, whole=True)]
