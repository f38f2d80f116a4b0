"""What all solvers are: a start that was judged, a status with its sentence, a result."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

import numpy as np

from fastopt._common.declared import Declared
from fastopt._common.wording import counted

from .boxes import box, within
from .layout import Layout, Vector
from .objective import Objective
from .options import Budget, Options
from .result import OptimizeResult, Status

__all__ = ["Solver"]


class Solver(Declared, ABC):
    """A minimisation under way, one evaluation after the other.

    Attributes
    ----------
    method : str
        Its name in `minimize`.
    takes_gradients : bool
        Whether it asks for gradients, and not for values alone.
    options : type
        What it can be told.
    takes : frozenset of str
        Which of the arguments `bounds`, `l1`, `hess`, `hessp` of `minimize` it knows.
    """

    method: ClassVar[str]
    takes_gradients: ClassVar[bool] = True
    options: ClassVar[type[Budget]] = Options
    takes: ClassVar[frozenset[str]] = frozenset()

    _options: Any

    @classmethod
    def of(cls, x0: object, options: Budget, **given: Any) -> Self:
        """Make the solver that `minimize` is going to drive; `given` are arguments that it `takes`."""
        solver = cls.__new__(cls)
        solver._begin(x0, options, **given)
        return solver

    @abstractmethod
    def _begin(self, x0: object, options: Any, *args: Any, **kwargs: Any) -> None:
        """Be ready for the first evaluation."""

    def _start(self, x0: object, options: Budget) -> Vector:
        """Return the start as a vector of its own."""
        self._params = x0
        self._options = options
        self._moved = 0
        self._bounds: tuple[Vector, Vector] | None = None
        self._layout = layout = Layout(x0)
        if layout.size == 0:
            raise ValueError("x0: expected at least one number, got none")
        start = layout.vector(x0, layout.label).copy()
        if not np.isfinite(start).all():
            k = int(np.flatnonzero(~np.isfinite(start))[0])
            raise ValueError(f"x0: expected finite numbers, got {start[k]} for {layout.element(k)}")
        return start

    def _bounded(self, start: Vector, bounds: object) -> tuple[Vector, Vector] | None:
        """Return lower and upper bounds, and move the start inside them."""
        self._bounds = limits = box(bounds, self._layout)
        if limits is not None:
            self._moved = within(start, *limits)
        return limits

    @abstractmethod
    def advance(self, objective: Objective) -> None:
        """Evaluate once."""

    @property
    @abstractmethod
    def stepped(self) -> bool:
        """Whether the last evaluation ended an iteration, and `x` is a new point."""

    @property
    @abstractmethod
    def status(self) -> Status | None:
        """Why it ended; None while it runs."""

    @property
    def done(self) -> bool:
        """Whether it has ended."""
        return self.status is not None

    @abstractmethod
    def stop(self, reason: Status = Status.CALLBACK) -> None:
        """End now, at the best point. `reason` is what the status will be."""

    @property
    @abstractmethod
    def _point(self) -> Vector:
        """What `x` is, as a vector."""

    @property
    def x(self) -> Any:
        """Where the last iteration ended, and once it is done the best point seen; read-only."""
        return self._layout.structure(self._point)

    @property
    @abstractmethod
    def fun(self) -> float:
        """The value at `x`; NaN before the first."""

    @property
    @abstractmethod
    def jac(self) -> Any:
        """The gradient at `x`, a copy."""

    @property
    @abstractmethod
    def steepness(self) -> float:
        """What `gtol` is held against."""

    @property
    @abstractmethod
    def nit(self) -> int:
        """Iterations."""

    @property
    @abstractmethod
    def nfev(self) -> int:
        """Evaluations."""

    @property
    def message(self) -> str:
        """Why it ended, in a sentence."""
        return self._message(self.nfev)

    def _message(self, nfev: int) -> str:
        """Say why it ended, after so many calls of the function."""
        status = self.status
        if status is None:
            return f"Running: {counted(self.nit, 'iteration')}, {counted(nfev, 'evaluation')}."
        return self._sentence(status, nfev)

    def _standing(self) -> str:
        """Say how far it got."""
        return f"max |g| = {self.steepness:.3g}"

    def _sentence(self, status: Status, nfev: int) -> str:
        """Say why it ended, with the numbers of the test."""
        options, dtype, standing = self._options, self._layout.dtype, self._standing()
        match status:
            case Status.GRADIENT:
                return f"The gradient is small: {standing} <= gtol = {options.steepness:g}."
            case Status.DECREASE:
                ftol = options.decrease(dtype)
                return (
                    f"The value hardly changes: the last step lowered it by less than ftol = {ftol:.3g}, "
                    f"relative; {standing}."
                )
            case Status.STEP:
                return f"The point hardly changes: xtol = {options.xtol:g}; {standing}."
            case Status.ROUNDING:
                return (
                    f"Values differ by their rounding errors in {dtype.name} only; "
                    f"{standing} > gtol = {options.steepness:g}."
                )
            case Status.NO_PROGRESS:
                return (
                    f"No lower point was found, not even along steepest descent, at {standing}: "
                    "a kink, values with errors beyond rounding, or a gradient that does not fit "
                    "(fastopt.gradcheck tells)."
                )
            case Status.ITERATIONS:
                return f"{counted(self.nit, 'iteration')}: maxiter reached, at {standing}."
            case Status.EVALUATIONS:
                return f"{counted(nfev, 'evaluation')}: maxfun allows no more, at {standing}."
            case Status.TIME if options.maxtime is not None:
                return f"maxtime = {options.maxtime:g} s reached, at {standing}."
            case Status.TIME:
                return f"Out of time, at {standing}."
            case Status.CALLBACK:
                return f"Stopped by the caller, at {standing}."
            case Status.NOT_FINITE:
                return "The value or the gradient at the start is not finite."
            case Status.INTERRUPTED:
                return f"Interrupted by an exception, at {standing}."
            case Status.UNBOUNDED:
                return f"The value falls without end, to {self.fun:.3g} here; {standing}."

    def result(self) -> OptimizeResult:
        """Return what there is as `minimize` does."""
        return self._result(self.nfev, self.nfev)

    def _result(self, nfev: int, njev: int, *notes: str) -> OptimizeResult:
        """Return what there is after so many calls for values and for gradients; `notes` end the message."""
        status = self.status
        return OptimizeResult(
            x=self._layout.structure(self._point.copy()),
            fun=self.fun,
            jac=self.jac,
            nit=self.nit,
            nfev=nfev,
            njev=njev,
            success=status is not None and status.success,
            status=status,
            message=" ".join([self._message(nfev), *notes]),
        )

    def at_the_end(self) -> dict[str, Any]:
        """Return what the last result has beside all others."""
        return {}

    def __repr__(self) -> str:
        state = "running" if self.status is None else self.status.name
        variables, steps = counted(self._layout.size, "variable"), counted(self.nit, "iteration")
        return f"{type(self).__name__}({variables}, {steps}, {counted(self.nfev, 'evaluation')}, {state})"
