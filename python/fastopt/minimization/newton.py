"""Newton's method in a trust region, with Hessians or with their products."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import numpy as np

from fastopt import _core
from fastopt._common.types import Floats

from .iterates import Iterates, is_finite, largest
from .layout import Vector
from .objective import Objective
from .options import Options
from .result import Status
from .steihaug import Products, steihaug

__all__ = ["Newton"]

MOST_REFUSED = 50
"""Steps in a row that may be refused: each is half as long as the last, at most."""


class Newton(Iterates):
    """Newton's method in a trust region; see `minimize`."""

    method = "newton"
    takes = frozenset({"hess", "hessp"})

    def _begin(self, x0: object, options: Options, hess: object = None, hessp: object = None) -> None:
        if (hess is None) == (hessp is None):
            got = "none" if hess is None else "both"
            raise ValueError(f"hess, hessp: expected one of them for method 'newton', got {got}")
        super()._begin(x0, options)
        kind: type[TrustRegion] = Exact if hessp is None else Truncated
        self._region = kind(self._layout.size, self._rounding)
        self._refused = 0
        self._of_hessian = False  # whether it was the Hessian at the start that is not finite

    def _open(self, objective: Objective) -> None:
        super()._open(objective)
        if not self.done and not self._region.model(objective, self._here, self._gradient):
            self._of_hessian = True
            self._end(Status.NOT_FINITE)

    def _try(self, objective: Objective) -> None:
        step, predicted = self._region.step()
        inside = float(np.linalg.norm(step)) < 0.99 * self._region.radius
        hidden = predicted <= self._rounding * abs(self._value)
        point = self._moved_by(step)
        if np.array_equal(point, self._here):
            self._end(Status.ROUNDING if hidden else Status.NO_PROGRESS)
            return
        finite, best = bool(np.isfinite(point).all()), self._best
        if finite:
            value, gradient = self._evaluated(objective, point)
            finite = is_finite(value, gradient)
        if self._region.accept(self._value, value if finite else math.nan):
            end = self._test(point, value, gradient, max(self._value - value, predicted), inside)
            if end is not None or self._region.model(objective, point, gradient):
                self._refused = 0
                self._arrive(point, value, gradient, end)
                return
            self._region.accept(self._value, math.nan)  # the Hessian there is not finite
            self._best = best
        self._refused += 1
        if finite and hidden:
            self._end(Status.ROUNDING)
        elif self._refused >= MOST_REFUSED:
            self._end(Status.NO_PROGRESS)

    def _sentence(self, status: Status, nfev: int) -> str:
        if status == Status.NOT_FINITE and self._of_hessian:
            return f"The Hessian at the start is not finite; {self._standing()}."
        return super()._sentence(status, nfev)


class TrustRegion(ABC):
    """The trust region around a point, and the model inside it."""

    @abstractmethod
    def __init__(self, n: int, rounding: float) -> None: ...

    @abstractmethod
    def model(self, objective: Objective, point: Vector, gradient: Floats) -> bool:
        """Model the function at `point`. False, and the model stays, if it is not finite there."""

    @abstractmethod
    def step(self) -> tuple[Floats, float]:
        """Return the step and the decrease that the model predicts."""

    @property
    @abstractmethod
    def radius(self) -> float:
        """How long that step may be."""

    @abstractmethod
    def accept(self, f: float, f_end: float) -> bool:
        """Whether to take the step; sets the radius."""


class Exact(TrustRegion):
    """With the Hessian as a matrix: the minimum of the model inside the radius."""

    def __init__(self, n: int, rounding: float) -> None:
        self._core = _core.TrustRegion(n, rounding)
        self._now: tuple[Floats, Floats] | None = None

    def model(self, objective: Objective, point: Vector, gradient: Floats) -> bool:
        hessian = objective.hessian(point)
        if self._core.model(gradient, hessian):
            self._now = gradient, hessian
            return True
        if self._now is not None:
            self._core.model(*self._now)
        return False

    def step(self) -> tuple[Floats, float]:
        return self._core.step()

    @property
    def radius(self) -> float:
        return self._core.radius

    def accept(self, f: float, f_end: float) -> bool:
        return self._core.accept(f, f_end)


class Truncated(TrustRegion):
    """With products of the Hessian: Steihaug's conjugate gradients."""

    def __init__(self, n: int, rounding: float) -> None:
        self._radius = _core.Radius(rounding)
        self._steepest = 0.0  # |g| at the start
        self._now: tuple[float, Floats, Products]

    def model(self, objective: Objective, point: Vector, gradient: Floats) -> bool:
        unit = largest(gradient)  # so that nothing overflows
        products = Products(lambda v: objective.product(point, v))
        if not np.isfinite(products(0, -gradient / unit)).all():
            return False
        self._now = unit, gradient / unit, products
        return True

    def step(self) -> tuple[Floats, float]:
        unit, gradient, products = self._now
        length = float(np.linalg.norm(gradient))
        self._steepest = self._steepest or unit * length
        tolerance = length * min(0.5, math.sqrt(unit * length / self._steepest))
        step, predicted = steihaug(gradient, products, self._radius.value / unit, tolerance)
        predicted *= unit * unit
        with np.errstate(over="ignore"):
            step = unit * step
        self._radius.stepped(float(np.linalg.norm(step)), predicted)
        return step, predicted

    @property
    def radius(self) -> float:
        return self._radius.value

    def accept(self, f: float, f_end: float) -> bool:
        return self._radius.accept(f, f_end)
