r"""Derivatives along a line, with an estimate of their error.

Central differences :math:`D(h) = (\varphi(h) - \varphi(-h)) / 2h` of :math:`\varphi(t) = f(x + t d)` are
off by truncation, :math:`h^2 \varphi'''/6 + O(h^4)`, and by rounding, about :math:`\sigma / h` where
:math:`\sigma` is the noise in the values of :math:`f`. No one step suits all functions, so:

- the noise is measured, from differences of high order over a tiny spacing (Moré and Wild);
- the step runs down a ladder of powers of eight, and Neville's scheme extrapolates to :math:`h = 0`
  (Ridders); its error is how much neighbours in the scheme differ, but no less than the rounding.

Steps are powers of two, so that ``x + h`` is exact for most ``x`` and the step taken is the step meant.

References
----------
Ridders, *Accurate computation of F'(x) and F'(x)F''(x)*, Advances in Engineering Software 4, 1982.

Moré and Wild, *Estimating computational noise*, SIAM Journal on Scientific Computing 33, 2011.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .structure import Arguments, Move

Floats = NDArray[np.float64]

RATIO = 8.0
"""Between the steps of a ladder."""

EPS = float(np.finfo(np.float64).eps)


class Objective:
    """A function as a number at displaced arguments; counts its calls.

    Away from `x` itself, leaving the domain is no error: a `ValueError` or `ArithmeticError`, such as those
    of ``math.log(-1)``, is taken for NaN. NumPy's floating-point warnings are off.
    """

    def __init__(self, arguments: Arguments, value: Callable[..., float]) -> None:
        self.arguments = arguments
        self.calls = 0
        self._value = value

    def __call__(self, moves: Sequence[Move] = (), t: float = 0.0) -> float:
        """Return the value at ``x + t * moves``."""
        self.calls += 1
        with np.errstate(all="ignore"):
            try:
                return self._value(*self.arguments.displaced(moves, t))
            except (ValueError, ArithmeticError):
                if t == 0:
                    raise
                return np.nan


class Line:
    """An objective along a line, ``t -> f(x + t * moves)``; remembers its values."""

    def __init__(self, objective: Objective, moves: Sequence[Move]) -> None:
        self.objective = objective
        self.moves = moves
        self._known: dict[float, float] = {}

    def __call__(self, t: float) -> float:
        """Return the value at ``t``."""
        if t not in self._known:
            self._known[t] = self.objective(self.moves, t)
        return self._known[t]

    @property
    def values(self) -> Floats:
        """The values taken so far."""
        return np.array(list(self._known.values()), np.float64)

    def central(self, t: float) -> float:
        """Return the slope between ``-t`` and ``t``."""
        return (self(t) - self(-t)) / (2 * t)

    def gap(self, t: float) -> float:
        """Return by how much the slopes to the right and to the left differ."""
        return (self(t) - 2 * self(0.0) + self(-t)) / t


@dataclass(frozen=True)
class Corner:
    """Where the slopes of both sides differ: a ``kink``, or a ``jump`` if the values differ as well."""

    kind: str
    below: float
    above: float
    error: float


@dataclass(frozen=True, eq=False)
class Sweep:
    """Differences over a ladder of steps, and what they converge to.

    Parameters
    ----------
    name : str
        Along which element or direction.
    analytic : float
        The slope that the gradient under test claims.
    steps : array
        From large to small.
    central, forward, backward : array
        The slope at each step.
    rounding : array
        The part of its error that comes from the noise of the function.
    numeric, error : float
        The extrapolated slope and an estimate of its error.
    """

    name: str
    analytic: float
    steps: Floats
    central: Floats
    forward: Floats
    backward: Floats
    rounding: Floats
    numeric: float
    error: float

    @property
    def defined(self) -> bool:
        """Whether a slope was found."""
        return bool(np.isfinite(self.error))

    @property
    def errors(self) -> Floats:
        """Truncation and rounding of the central differences."""
        with np.errstate(invalid="ignore"):
            total: Floats = np.abs(self.central - self.numeric) + self.rounding
        return np.where(np.isfinite(total), total, np.inf)

    @property
    def step(self) -> float:
        """Where truncation and rounding balance: the step at which central differences err least."""
        return float(self.steps[np.argmin(self.errors)])

    @property
    def secant(self) -> float:
        """The steepest slope between the point and another, as far as it is clear of noise."""
        with np.errstate(invalid="ignore"):
            steepest = np.maximum(np.abs(self.forward), np.abs(self.backward)) - 5 * self.rounding
        return float(np.max(steepest[np.isfinite(steepest)], initial=0.0))

    @cached_property
    def corner(self) -> Corner | None:
        """A kink or a jump at zero, or None.

        Where the step shrinks to an eighth, so does the gap between both slopes of a smooth function; that
        of a kink stays, and that of a jump grows to the eightfold. Judged by the last three gaps well above
        noise: all smaller steps must be lost in it, for else the kink is beside zero and not at it.
        """
        with np.errstate(invalid="ignore"):
            gap = np.abs(self.forward - self.backward)
            clear = np.flatnonzero(np.isfinite(gap) & (gap > 20 * self.rounding))
        if clear.size < 3 or (40 * self.rounding[clear[-1] + 1 :] < gap[clear[-1]]).any():
            return None
        a, b, c = gap[clear[-3:]]
        if b >= 4 * a and c >= 4 * b and clear[-1] == gap.size - 1 > 3:
            kind = "jump"
        elif b >= a / 2 and c >= b / 2 and np.ptp(self.central[clear[-3:]]) < c / 10:
            kind = "kink"
        else:
            return None
        precise = np.flatnonzero(gap > 1000 * self.rounding)
        k = precise[-1] if precise.size else clear[-1]
        return Corner(kind, float(self.backward[k]), float(self.forward[k]), float(2 * self.rounding[k]))


def ladder(dtype: np.dtype[Any]) -> Floats:
    """Return the steps worth trying in arithmetic of `dtype`, from large to small."""
    exponents = np.arange(3, 40, 3) if dtype.itemsize == 8 else np.arange(3, 19, 3)
    return np.exp2(-exponents)


def sweep(line: Line, steps: Floats, noise: float, name: str, analytic: float, eps: float = EPS) -> Sweep:
    """Take differences along `line` at all `steps`, of a function that computes with precision `eps`."""
    above, below = (np.array([line(sign * t) for t in steps]) for sign in (1, -1))
    middle = line(0.0)
    with np.errstate(all="ignore"):
        rounding = 2 * np.maximum(noise, _grain(middle, above, below, eps)) / steps
        central = (above - below) / (2 * steps)
        bend = above - 2 * middle + below
        numeric, error = extrapolate(central, bend, rounding, steps)
        # The point itself is rounded: a slope is known no better than the curvature times that, which is all
        # there is at a minimum. Of the coarse steps, so that a kink does not pass for curvature.
        curvature = np.abs(bend[:5]) / steps[:5] ** 2
        curvature = curvature[np.isfinite(curvature)]
        rounding_of_x = 4 * np.finfo(line.objective.arguments.dtype).eps
        error = float(error) + rounding_of_x * (float(curvature.min()) if curvature.size else 0.0)
        return Sweep(
            name=name,
            analytic=analytic,
            steps=steps,
            central=central,
            forward=(above - middle) / steps,
            backward=(middle - below) / steps,
            rounding=rounding,
            numeric=float(numeric),
            error=error,
        )


def _grain(middle: float, above: Floats, below: Floats, eps: float) -> Floats:
    """Return the least noise that the values themselves betray, at each step.

    They are rounded, to double precision at least. Where the smallest steps change nothing, the first change
    to both sides is the grain of a function that rounds its input, to float32 for one. If that is but the
    last bits, or there is none, something of size 1 may have been rounded inside, as in log(1 + exp(-40)),
    which is 0: the first change to either side is then the grain, but no more than `eps`; and no less where
    the value is next to nothing beside those further away.
    """
    largest = np.maximum(np.abs(above), np.abs(below))
    rounding = np.finfo(np.float64).eps / 2 * np.where(np.isfinite(largest), largest, 0.0)
    up, down = np.abs(above - middle), np.abs(below - middle)
    both, either = np.minimum(up, down), np.maximum(up, down)
    if not (either == 0).any():
        return rounding
    last_bits = 4 * eps * abs(middle)
    grain = float(both[both > 0].min()) if (both > 0).any() else 0.0
    if grain <= last_bits:
        grain = float(either[either > last_bits].min(initial=eps))
    if abs(middle) <= eps * either.max():
        grain = max(grain, eps)
    return np.maximum(rounding, grain / 2)


def extrapolate(central: Floats, bend: Floats, rounding: Floats, steps: Floats) -> tuple[Floats, Floats]:
    r"""Extrapolate central differences over a ladder to step zero; return the limit and its error.

    Neville's scheme in the square of the step, down the first axis; further axes are slopes of their own.
    Each entry is judged by how far it is from the two that it is made of, plus the rounding at its smallest
    step, and the best is taken. Two kinds of functions would deceive it, and are told by their `bend`
    :math:`\varphi(h) - 2 \varphi(0) + \varphi(-h)`, which of a smooth function shrinks with the square of the
    step:

    - from too far away, :math:`\tanh(10^6 x)` looks flat and smooth. An entry does not count if smaller
      steps give other slopes, or a bend that does not shrink;
    - near a kink, differences agree on the mean of two slopes. The error is then half the gap between them.

    Without an entry that counts there is no estimate: ``(nan, inf)``.
    """
    limit = np.full(central.shape[1:], np.nan)
    best = np.full(central.shape[1:], np.inf)
    bend, blur = np.abs(bend), 4 * rounding * steps
    previous: list[Floats] = []
    for k, slope in enumerate(central):
        row = [slope]
        settled = (bend[k + 1 :] <= bend[k] / 2 + blur[k + 1 :]).all(axis=0)
        smooth = bend[k] <= bend[max(k - 1, 0)] / 16 + blur[k]
        floor = rounding[k] + np.where(smooth, 0.0, bend[k] / (2 * steps[k]))
        for order, coarser in enumerate(previous[:4], start=1):
            factor = RATIO ** (2 * order)
            finer = row[-1]
            entry = (factor * finer - coarser) / (factor - 1)
            row.append(entry)
            error = np.maximum(np.abs(entry - finer), np.abs(entry - coarser)) + floor
            better = settled & (error < best)
            if better.any():
                truncation = np.maximum(error, np.abs(slope - entry))
                better &= (np.abs(central[k:] - entry) <= truncation + 4 * rounding[k:]).all(axis=0)
                limit, best = np.where(better, entry, limit), np.where(better, error, best)
        previous = row
    return limit, best


def noise_level(line: Line) -> float:
    r"""Return the standard deviation of the rounding errors in the values along `line`.

    Over a spacing small enough, :math:`k`-th differences of a smooth function vanish and only those of its
    noise are left, of variance :math:`\sigma^2 (2k)! / (k!)^2`, so that several :math:`k` give the same
    :math:`\sigma`. If half of the values agree, the spacing is too small: the function rounds its input. If
    the :math:`k` do not agree, it is too large. A function that rounds many inputs to float32 shows all of
    its noise only over a spacing larger than that rounding, where a kink may lie: hence the medians. Only one
    side of zero is looked at, for zero may be a kink.
    """
    if line.objective.arguments.dtype.itemsize == 8:
        level = max(_level(line, (-32, -26, -20, -14), (-38, -44)), _median_level(line, 2.0**-22))
    else:
        level = _level(line, (-14, -8), ())
    dtype = np.float32 if are_float32(line.values) else np.float64
    largest = float(np.abs(line.values[np.isfinite(line.values)]).max(initial=0))
    return max(level, float(np.finfo(dtype).eps) / 2 * largest)


def are_float32(values: Floats, distinct: int = 1) -> bool:
    """Whether all are float32 numbers, and as many `distinct` ones are not just small integers."""
    values = np.unique(values[np.isfinite(values)])
    telling = (values != np.round(values)) | (np.abs(values) > 2**10)
    with np.errstate(over="ignore"):
        return bool((values.astype(np.float32) == values).all() and telling.sum() >= distinct)


def _level(line: Line, up: Sequence[int], down: Sequence[int]) -> float:
    """Return the noise over the first fit of the spacings 2**up, or 2**down if that is too large."""
    spacings = list(up)
    while spacings:
        exponent = spacings.pop(0)
        values = np.array([line(k * 2.0**exponent) for k in range(1, 9)])
        too_small = len(set(values)) <= 4
        levels = [_deviation(k) * root_mean_square(np.diff(values, k)) for k in (4, 5, 6)]
        if not too_small and max(levels) <= 4 * min(levels):
            return float(max(levels))
        if exponent == up[0] and not too_small:
            spacings = list(down)
    return 0.0


def _median_level(line: Line, spacing: float) -> float:
    """Return the noise seen over a spacing, whatever a single kink or jump adds to it; 0 if there is none."""
    values = np.array([line(k * spacing) for k in range(1, 14)])
    if not np.isfinite(values).all():
        return 0.0
    levels = [_deviation(k) * np.median(np.abs(np.diff(values, k))) / 0.6745 for k in (3, 4)]
    return float(max(levels)) if max(levels) <= 3 * min(levels) else 0.0


def root_mean_square(x: Floats) -> float:
    """Return that of numbers however large or small; 0 of none."""
    largest = float(np.abs(x).max(initial=0.0))
    return largest * math.sqrt(np.mean((x / largest) ** 2)) if largest else 0.0


def _deviation(k: int) -> float:
    """Return what noise of deviation 1 is divided by in its k-th differences."""
    return math.factorial(k) / math.sqrt(math.factorial(2 * k))
