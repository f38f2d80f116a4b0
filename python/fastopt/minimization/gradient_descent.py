"""Gradient descent, by a fixed step or by line searches."""

from __future__ import annotations

import math

import numpy as np

from fastopt import _core
from fastopt._common.types import Floats
from fastopt._common.wording import counted

from .iterates import Iterates, is_finite, largest
from .objective import Objective
from .options import GradientDescentOptions
from .result import Status

__all__ = ["GradientDescent"]

LONGEST = float(np.finfo(np.float64).max)
"""Steps have no limit: where the value falls without end they double until that is seen."""


class GradientDescent(Iterates):
    """Gradient descent; see `minimize`."""

    method = "gd"
    options = GradientDescentOptions
    _options: GradientDescentOptions

    def _begin(self, x0: object, options: GradientDescentOptions) -> None:
        super()._begin(x0, options)
        self._search: _core.Armijo | None = None
        self._walled = False  # whether it met a point that is not finite
        self._fall = 0.0  # of the last step
        self._step = 1.0  # its length, in units of the direction

    def _try(self, objective: Objective) -> None:
        if self._options.lr is None:
            self._try_along_line(objective)
        else:
            self._try_fixed(objective, self._options.lr)

    def _try_fixed(self, objective: Objective, lr: float) -> None:
        """Go to x - lr g, whatever the value there."""
        with np.errstate(over="ignore"):
            point = self._moved_by(-lr * self._gradient)
        if np.array_equal(point, self._here):
            self._end(Status.ROUNDING)
            return
        value = math.nan
        if np.isfinite(point).all():
            value, gradient = self._evaluated(objective, point)
        if math.isfinite(value) and is_finite(value, gradient):
            self._arrive(point, value, gradient, self._test(point, value, gradient, self._value - value))
        else:
            self._end(Status.UNBOUNDED if value == -math.inf else Status.NOT_FINITE)

    def _try_along_line(self, objective: Objective) -> None:
        """Go on with the search along d = -g / max |g|, which does not overflow."""
        direction = -self._gradient / self.steepness
        slope = float(self._gradient @ direction)
        search = self._search
        if search is None:
            step = self._first_step(direction, slope)
            search = self._search = _core.Armijo(self._value, slope, step, self._of_search())
            self._walled = False
        point = self._moved_by(search.step * direction)
        if np.array_equal(point, self._here):
            self._end(Status.NO_PROGRESS)
            return
        finite = bool(np.isfinite(point).all())
        if finite:
            value, gradient = self._evaluated(objective, point)
            finite = is_finite(value, gradient)
        self._walled = self._walled or not finite
        search.tell(value if finite else math.nan)
        if search.status == "searching":
            return
        self._search = None
        if search.status == "found":
            self._fall, self._step = self._value - value, search.step
            end = self._test(point, value, gradient, self._fall, sought=not self._walled)
            self._arrive(point, value, gradient, end)
        else:
            self._end(Status.ROUNDING if search.status == "flat" else Status.NO_PROGRESS)

    def _is_level(self, value: float) -> bool:
        """Let fixed steps go up and down, or slowly, for as long as they like."""
        return self._options.lr is None and super()._is_level(value)

    def _first_step(self, direction: Floats, slope: float) -> float:
        """Return a step of length 1, or one that `x` has digits for; later one for the last decrease again.

        That is Nocedal & Wright's (3.60).
        """
        if not self._iterations:
            seen = math.sqrt(self._rounding) * largest(self._here)
            return max(1.0, seen) / float(np.linalg.norm(direction))
        step = -2 * self._fall / slope
        return step if 0 < step < math.inf else self._step

    def _of_search(self) -> dict[str, object]:
        options = self._options
        return {
            **_core.Armijo.defaults(),
            "max_step": LONGEST,
            "c1": options.c1,
            "max_evaluations": options.maxls,
            "rounding": self._rounding,
        }

    def _sentence(self, status: Status, nfev: int) -> str:
        if status == Status.NOT_FINITE and is_finite(self._value, self._gradient):
            steps = counted(self._iterations + 1, "step")
            return (
                f"The steps diverged: value or gradient not finite after {steps} of lr = "
                f"{self._options.lr:g}; the best point has {self._standing()}."
            )
        return super()._sentence(status, nfev)
