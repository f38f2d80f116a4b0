"""Methods whose steps are taken in Python: point, value and gradient, and the tests of `Status`."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Any

import numpy as np

from fastopt._common.types import Floats

from .layout import Vector, frozen
from .objective import Objective
from .options import Options, rounding_of_values
from .result import Status
from .solver import Solver

__all__ = ["Iterates", "largest"]

MOST_LEVEL = 4
"""Steps in a row that may leave the value as it is, up to rounding, while the gradient gets no smaller."""

PART_OF_VALUE = 1e-3
"""Of `Status.GRADIENT`: how much of the value max |x g| may be at a minimum."""

PART_OF_FALL = 1e-10
"""Likewise, of what the value has fallen in all."""

UNKNOWN_UNIT = 1e7
"""What a variable counts as at least at the start, which may be at 0 or close to it."""

HUGE = 1e30
"""A value below this many times -max(1, |f| at the start) falls without end."""

TINY = float(np.finfo(np.float64).tiny)


class Iterates(Solver):
    """A method that goes from point to point along gradients.

    A subclass says in `_try` how to evaluate the next trial, and calls `_arrive` or `_end`.
    """

    _options: Options

    def _begin(self, x0: object, options: Any, *args: Any, **kwargs: Any) -> None:
        self._here = frozen(self._start(x0, options))
        self._dtype = self._layout.dtype
        self._rounding = rounding_of_values(self._dtype)
        self._value = math.nan
        self._gradient: Floats = np.full(self._here.shape, math.nan)
        self._best: tuple[Vector, float, Floats] | None = None
        self._top = math.nan  # the value at the start
        self._reference = math.nan, 0.0  # F and G of `Status.DECREASE`
        self._status: Status | None = None
        self._stepped = False
        self._level = self._iterations = self._evaluations = 0

    def advance(self, objective: Objective) -> None:
        """Evaluate once."""
        self._stepped = False
        if self._evaluations:
            self._try(objective)
        else:
            self._open(objective)
        if not self.done and self._options.maxfun is not None and self._evaluations >= self._options.maxfun:
            self._end(Status.EVALUATIONS)

    def _open(self, objective: Objective) -> None:
        """Evaluate the start."""
        self._value, self._gradient = self._evaluated(objective, self._here)
        self._top = self._value
        self._reference = self._value, self.steepness
        if not is_finite(self._value, self._gradient):
            self._end(Status.NOT_FINITE)
        elif self._is_flat(np.maximum(np.abs(self._here), UNKNOWN_UNIT), self._value, self._gradient):
            self._end(Status.GRADIENT)
        elif self._options.maxiter == 0:
            self._end(Status.ITERATIONS)

    @abstractmethod
    def _try(self, objective: Objective) -> None:
        """Evaluate a trial and go there, or not."""

    def _moved_by(self, step: Floats) -> Vector:
        """Return the point at the end of a step, in the dtype of the points."""
        with np.errstate(over="ignore"):
            return frozen((self._here + step).astype(self._dtype))

    def _evaluated(self, objective: Objective, point: Vector) -> tuple[float, Floats]:
        value, given = objective(point)
        self._evaluations += 1
        gradient = given.astype(np.float64)  # a copy: it may be overwritten
        if (self._best is None or value < self._best[1]) and is_finite(value, gradient):
            self._best = point, value, gradient  # even if no step leads there
        return value, gradient

    def _test(
        self, point: Vector, value: float, gradient: Floats, fall: float, sought: bool = True
    ) -> Status | None:
        """Say whether a step to `point`, from here, is the last.

        `fall` is what `ftol` is held against; `sought` is whether the step is as long as the method would
        have it: a shorter one says nothing about the minimum.
        """
        options, steepness = self._options, largest(gradient)
        sought = sought and self._vanishes(value, steepness, fall)
        scale = max(abs(self._value), abs(value))
        ftol = options.decrease(self._dtype)
        if -value > HUGE * max(1.0, abs(self._top)):
            return Status.UNBOUNDED
        if self._is_flat(point, value, gradient):
            return Status.GRADIENT
        settled = sought and _settled(point, value, gradient, ftol)
        if settled and ftol > 0 and 0 <= fall <= ftol * scale:
            return Status.DECREASE
        short = largest(point - self._here) <= options.xtol * max(1.0, largest(point))
        if sought and options.xtol > 0 and short and (settled or self._is_fallen(point, value, gradient)):
            return Status.STEP
        if self._is_level(value) and self._level >= MOST_LEVEL and steepness >= self.steepness:
            return Status.ROUNDING
        if options.maxiter is not None and self._iterations + 1 >= options.maxiter:
            return Status.ITERATIONS
        return None

    def _is_flat(self, point: Vector, value: float, gradient: Floats) -> bool:
        """Whether `Status.GRADIENT` holds."""
        steepness = largest(gradient)
        if steepness > max(self._options.steepness, TINY):
            return False
        if self._options.gtol is not None or steepness <= TINY or _settled(point, value, gradient):
            return True
        return self._is_fallen(point, value, gradient)

    def _is_fallen(self, point: Vector, value: float, gradient: Floats) -> bool:
        """Whether max |x g| is small beside what the value has fallen, as where it goes to 0."""
        return _relative(point, gradient) <= max(PART_OF_FALL, self._rounding) * (self._top - value)

    def _vanishes(self, value: float, steepness: float, fall: float) -> bool:
        """Whether the gradient shrinks with the fall of the value, as it does not at a kink."""
        high, steep = self._seen_from(value, steepness)
        fall = max(fall, self._rounding * abs(value))
        share = fall / max(high - value, fall) if fall > 0 else 1.0
        return steepness < self.steepness and steepness <= steep * min(0.1, math.cbrt(share))

    def _seen_from(self, value: float, steepness: float) -> tuple[float, float]:
        """Return F and G of `Status.DECREASE` for a step to such a point."""
        high, steep = self._reference
        if abs(value) < 0.1 * abs(high):
            high, steep = self._value, self.steepness
        return high, max(steep, steepness)

    def _is_level(self, value: float) -> bool:
        """Whether only rounding errors tell this value from that here."""
        return abs(value - self._value) <= self._rounding * abs(self._value)

    def _arrive(self, point: Vector, value: float, gradient: Floats, end: Status | None) -> None:
        """Go to `point`, and end there if that is what the test said."""
        self._level = self._level + 1 if self._is_level(value) else 0
        self._reference = self._seen_from(value, largest(gradient))
        self._here, self._value, self._gradient = point, value, gradient
        self._iterations += 1
        self._stepped = True
        if end is not None:
            self._end(end)

    def _end(self, status: Status) -> None:
        """End here if a test holds, else at the best point."""
        nothing_lower = status in (Status.ROUNDING, Status.NO_PROGRESS)
        if nothing_lower and self.steepness <= max(self._options.steepness, TINY):
            status = Status.GRADIENT
        self._status = status
        if not status.success and self._best is not None and self._best[1] < self._value:
            self._here, self._value, self._gradient = self._best

    def stop(self, reason: Status = Status.CALLBACK) -> None:
        """End now, at the best point. `reason` is what the status will be."""
        if not self.done:
            self._end(Status(reason))

    @property
    def stepped(self) -> bool:
        """Whether the last evaluation ended an iteration, and `x` is a new point."""
        return self._stepped

    @property
    def status(self) -> Status | None:
        """Why it ended; None while it runs."""
        return self._status

    @property
    def _point(self) -> Vector:
        return self._here

    @property
    def fun(self) -> float:
        """The value at `x`; NaN before the first."""
        return self._value

    @property
    def jac(self) -> Any:
        """The gradient at `x`, a copy."""
        return self._layout.structure(self._gradient.astype(self._dtype))

    @property
    def steepness(self) -> float:
        """What `gtol` is held against."""
        return largest(self._gradient)

    @property
    def nit(self) -> int:
        """Iterations."""
        return self._iterations

    @property
    def nfev(self) -> int:
        """Evaluations."""
        return self._evaluations


def largest(v: Vector) -> float:
    """Return max |v|, 0 for an empty vector."""
    return float(np.abs(v).max(initial=0.0))


def _relative(point: Vector, gradient: Floats) -> float:
    """Return max |x g|: what the value changes by, to first order, if a variable changes by its own size."""
    with np.errstate(over="ignore"):
        return largest(point * gradient)


def _settled(point: Vector, value: float, gradient: Floats, ftol: float = 0.0) -> bool:
    """Whether max |x g| is small beside the value; see `Status`."""
    return _relative(point, gradient) <= max(PART_OF_VALUE, 100 * math.sqrt(ftol)) * abs(value)


def is_finite(value: float, gradient: Floats) -> bool:
    """Whether both are."""
    return math.isfinite(value) and bool(np.isfinite(gradient).all())
