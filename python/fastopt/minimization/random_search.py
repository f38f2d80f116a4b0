"""Random search, which needs no gradient: a baseline for the methods that use it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .layout import Vector, frozen
from .objective import Objective
from .options import RandomSearchOptions
from .result import Status
from .solver import Solver

__all__ = ["RandomSearch"]


class RandomSearch(Solver):
    """Random search; see `minimize`."""

    method = "random"
    takes_gradients = False
    options = RandomSearchOptions
    takes = frozenset({"bounds"})
    _options: RandomSearchOptions

    def _begin(self, x0: object, options: RandomSearchOptions, bounds: object = None) -> None:
        start = self._start(x0, options)
        self._bounded(start, bounds)
        if self._bounds is not None and options.step is None:
            for end in self._bounds:
                if not np.isfinite(end).all():
                    k = int(np.flatnonzero(~np.isfinite(end))[0])
                    raise ValueError(
                        f"bounds: expected finite bounds for uniform points, or the option 'step', "
                        f"got {end[k]} for {self._layout.element(k)}"
                    )
        self._best, self._value = frozen(start), math.nan
        self._status: Status | None = None
        self._evaluations = 0

    def advance(self, objective: Objective) -> None:
        """Evaluate once."""
        trial = self._best if self._evaluations == 0 else self._drawn()
        value = objective.value_alone(trial)
        self._evaluations += 1
        if self._evaluations == 1 and not math.isfinite(value):
            self._value, self._status = value, Status.NOT_FINITE
            return
        if self._evaluations == 1 or -math.inf < value < self._value:
            self._best, self._value = trial, value
        options = self._options
        if options.maxiter is not None and self.nit >= options.maxiter:
            self._status = Status.ITERATIONS
        elif options.maxfun is not None and self._evaluations >= options.maxfun:
            self._status = Status.EVALUATIONS

    def _drawn(self) -> Vector:
        """Return a random point: uniform between the bounds, or near the best one."""
        rng: np.random.Generator = self._options.seed
        dtype: np.dtype[Any] = self._layout.dtype
        largest = float(np.finfo(dtype).max)
        lower, upper = (-largest, largest) if self._bounds is None else self._bounds
        with np.errstate(over="ignore"):
            if self._bounds is not None and self._options.step is None:
                part = rng.random(self._best.shape)
                drawn = lower * (1 - part) + upper * part  # upper - lower may be too large a number
            else:
                step = 1.0 if self._options.step is None else self._options.step
                drawn = self._best + step * rng.standard_normal(self._best.shape)
        return frozen(drawn.clip(np.maximum(lower, -largest), np.minimum(upper, largest)).astype(dtype))

    def stop(self, reason: Status = Status.CALLBACK) -> None:
        """End now, at the best point. `reason` is what the status will be."""
        if not self.done:
            self._status = Status(reason)

    @property
    def stepped(self) -> bool:
        """Whether the last evaluation ended an iteration: all but the first do."""
        return self._evaluations > 1

    @property
    def status(self) -> Status | None:
        """Why it ended; None while it runs."""
        return self._status

    @property
    def _point(self) -> Vector:
        return self._best

    @property
    def fun(self) -> float:
        """The value at `x`; NaN before the first."""
        return self._value

    @property
    def jac(self) -> None:
        """None: no gradient is computed."""

    @property
    def steepness(self) -> float:
        """NaN: no gradient is computed."""
        return math.nan

    @property
    def nit(self) -> int:
        """Points drawn."""
        return max(0, self._evaluations - 1)

    @property
    def nfev(self) -> int:
        """Evaluations, that of the start included."""
        return self._evaluations

    def _standing(self) -> str:
        return f"f = {self._value:.6g}"

    def _sentence(self, status: Status, nfev: int) -> str:
        if status == Status.NOT_FINITE:
            return "The value at the start is not finite."
        return super()._sentence(status, nfev)
