"""L-BFGS with the caller's loop around it: ask for a point, tell its value and gradient."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from fastopt import _core
from fastopt.structures import described

from .boxes import box, weights, within
from .layout import Layout, Vector
from .objective import as_value
from .options import Options
from .result import OptimizeResult, Status

__all__ = ["LBFGS"]


class LBFGS:
    r"""L-BFGS for a loop of one's own; `fastopt.minimize` has the loop.

    The direction is :math:`d = -H g`, H the inverse Hessian that the last `memory` pairs of steps and
    gradient changes imply (two-loop recursion), the step along it by More and Thuente's search for the
    strong Wolfe conditions. Scalars are computed in double whatever the dtype of the points.

    Parameters
    ----------
    x0 : array_like, list or dict of arrays
        The start: float32 or float64, of any shape. `ask` and `tell` leave it as it is, `step` writes to it.
    bounds : object, optional
        As for `minimize`.
    l1 : float or array_like, optional
        Add ``sum l1 |x|`` to the value (OWL-QN). A number, or numbers in the structure of `x0`, 0 where
        nothing is added.
    **options
        As for `minimize`: `memory`, `gtol`, `ftol`, `xtol`, `maxiter`, `maxfun`, `maxls`, `c1`, `c2`,
        `history_dtype`.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong: before the first step.

    References
    ----------
    Liu and Nocedal, *On the limited memory BFGS method for large scale optimization*, Mathematical
    Programming 45, 1989. Nocedal and Wright, *Numerical Optimization*, 2nd edition, 2006, Algorithms 7.4
    and 7.5.

    Examples
    --------
    >>> solver = LBFGS([-1.0, 1.0])
    >>> while not solver.done:
    ...     x = solver.ask()
    ...     solver.tell(((x - 3.0) ** 2).sum(), 2.0 * (x - 3.0))
    >>> solver.x, solver.status.name
    (array([3., 3.]), 'GRADIENT')

    As an optimizer of a training loop, over arrays that it writes to:

    >>> params = {"w": np.zeros(2)}
    >>> opt = LBFGS(params)
    >>> def closure():
    ...     return ((params["w"] - 3.0) ** 2).sum(), {"w": 2.0 * (params["w"] - 3.0)}
    >>> float(opt.step(closure)), params
    (18.0, {'w': array([3., 3.])})
    """

    def __init__(self, x0: object, *, bounds: object = None, l1: object = 0.0, **options: Any) -> None:
        self._begin(x0, bounds, l1, Options.of(options))

    @classmethod
    def _of(cls, x0: object, bounds: object, l1: object, options: Options) -> LBFGS:
        solver = cls.__new__(cls)
        solver._begin(x0, bounds, l1, options)
        return solver

    def _begin(self, x0: object, bounds: object, l1: object, options: Options) -> None:
        self._params = x0
        self._layout = layout = Layout(x0)
        self._options = options
        start = layout.vector(x0, layout.label).copy()
        if not np.isfinite(start).all():
            k = int(np.flatnonzero(~np.isfinite(start))[0])
            raise ValueError(f"x0: expected finite numbers, got {start[k]} for {layout.element(k)}")
        self._moved = 0
        region: dict[str, Any] = {}
        limits = box(bounds, layout)
        if limits is not None:
            self._moved = within(start, *limits)
            region["lower"], region["upper"] = limits
        added = weights(l1, layout)
        if isinstance(added, np.ndarray) or added != 0:
            region["l1"] = added
            if limits is not None:
                raise ValueError("bounds, l1: expected one of them, got both")
        self._region = region
        self._core = self._made(start)

    def _made(self, start: Vector) -> _core.Descent:
        return _core.Descent(start, **self._options.core(self._layout.dtype), **self._region)

    # Ask and tell.

    def ask(self) -> Any:
        """Return the point to evaluate next, read-only, as the start is structured. Who keeps it, keeps it.

        Raises
        ------
        RuntimeError
            If the solver is done.
        """
        self._expect_running()
        return self._layout.structure(self._core.ask())

    def tell(self, value: object, gradient: object) -> None:
        """Take value and gradient at the point that `ask` returned.

        A value or gradient that is not finite is never accepted: the next point is nearer.

        Raises
        ------
        TypeError, ValueError
            If they are not a number, and numbers in the structure of the start. Nothing is changed then.
        RuntimeError
            If the solver is done.
        """
        self._expect_running()
        self._core.tell(as_value(value), self._layout.vector(gradient, "gradient"))

    def _expect_running(self) -> None:
        if self.done:
            raise RuntimeError(f"the solver is done: {self.message}")

    @property
    def done(self) -> bool:
        """Whether it has ended."""
        return self._core.status >= 0

    @property
    def stepped(self) -> bool:
        """Whether the last `tell` ended an iteration, and `x` is a new point."""
        return self._core.stepped

    @property
    def status(self) -> Status | None:
        """Why it ended; None while it runs."""
        return Status(self._core.status) if self.done else None

    def stop(self, reason: Status = Status.CALLBACK) -> None:
        """End now, at the best point. `reason` is what the status will be."""
        self._core.stop(int(Status(reason)))

    # The best point.

    @property
    def x(self) -> Any:
        """The best point that an iteration ended at, read-only."""
        return self._layout.structure(self._core.x)

    @property
    def fun(self) -> float:
        """The value at `x`; NaN before the first."""
        return self._core.value if self._core.evaluations else float("nan")

    @property
    def jac(self) -> Any:
        """The gradient at `x`, a copy; with `l1` the subgradient of least norm. NaN before the first."""
        layout = self._layout
        if not self._core.evaluations:
            return layout.structure(np.full(layout.size, np.nan, layout.dtype))
        return layout.structure(self._core.gradient)

    @property
    def nit(self) -> int:
        """Iterations."""
        return self._core.iterations

    @property
    def nfev(self) -> int:
        """Evaluations."""
        return self._core.evaluations

    @property
    def message(self) -> str:
        """Why it ended, in a sentence."""
        return sentence(self)

    def result(self) -> OptimizeResult:
        """Return what there is as `minimize` does."""
        status = self.status
        return OptimizeResult(
            x=self.x,
            fun=self.fun,
            jac=self.jac,
            nit=self.nit,
            nfev=self.nfev,
            njev=self.nfev,
            success=status is not None and status.success,
            status=status,
            message=self.message,
        )

    # The optimizer of a training loop.

    def step(self, closure: Callable[[], tuple[Any, Any]], iterations: int = 20) -> float:
        """Advance by some iterations, writing to the arrays that the solver was made with.

        What `closure` computes must not change between steps: all the data, no dropout. After it has changed,
        make another solver.

        Parameters
        ----------
        closure : callable
            ``closure()`` returns value and gradient at the parameters as they are then.
        iterations : int
            At most; torch's default of 20.

        Returns
        -------
        float
            The value at the beginning of the step.

        Raises
        ------
        TypeError, ValueError
            If the parameters cannot be written to, or are not as the last step left them.
        """
        if not callable(closure):
            raise TypeError(f"closure: expected a function, got {described(closure)}")
        self._expect_in_place()
        before = self.fun
        last = self._core.iterations + iterations
        try:
            while not self.done and self._core.iterations < last:
                self._write(self._core.ask())
                returned = closure()
                if not isinstance(returned, tuple | list) or len(returned) != 2:
                    raise TypeError(f"closure: expected (value, gradients), got {described(returned)}")
                self.tell(*returned)
                if before != before:
                    before = self.fun
        finally:
            self._write(self._core.x)
        return before

    def _expect_in_place(self) -> None:
        given = self._layout.arrays(self._params)
        now = self._layout.arrays(self._layout.structure(self._core.x))
        for name, a, b in zip(self._layout.names, given, now, strict=True):
            if not isinstance(a, np.ndarray) or a.dtype != b.dtype:
                raise TypeError(
                    f"{name}: expected a {b.dtype} array that step can write to, got {described(a)}"
                )
            if not a.flags.writeable:
                raise ValueError(f"{name}: expected a writeable array, got a read-only one")
            if self._core.evaluations and not np.array_equal(a, b):
                raise ValueError(f"{name}: has changed since the last step; make another solver")

    def _write(self, point: Vector) -> None:
        structure = self._layout.structure(point)
        for a, b in zip(self._layout.arrays(self._params), self._layout.arrays(structure), strict=True):
            a[...] = b

    # Saving.

    def state_dict(self) -> dict[str, Any]:
        """Return a copy of everything that is needed to go on bit for bit, in the middle of a search too.

        Options, bounds and `l1` are the constructor's: make the solver as before, then `load_state_dict`.
        """
        return {"method": "lbfgs", **self._core.state()}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on where the solver was that `state_dict` came from.

        Raises
        ------
        TypeError, ValueError
            If it is not the state of such a solver over points like these. Nothing is changed then.
        """
        if not isinstance(state_dict, Mapping) or state_dict.get("method") != "lbfgs":
            raise TypeError("state_dict: expected a dict, as state_dict() returns")
        self._core.load(dict(state_dict))

    def __getstate__(self) -> dict[str, Any]:
        state = dict(self.__dict__)
        state["_core"] = self.state_dict()
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        saved = state.pop("_core")
        self.__dict__.update(state)
        self._core = self._made(np.zeros(self._layout.size, self._layout.dtype))
        self.load_state_dict(saved)

    def __repr__(self) -> str:
        state = "running" if self.status is None else self.status.name
        return (
            f"LBFGS({self._layout.size} variables, {self.nit} iterations, {self.nfev} evaluations, {state})"
        )


def sentence(solver: LBFGS) -> str:
    """Say why a solver ended, with the numbers of the test."""
    core, options = solver._core, solver._options
    steepness, dtype = core.steepness, solver._layout.dtype.name
    status = solver.status
    if status is None:
        return f"Running: {core.iterations} iterations, {core.evaluations} evaluations."
    said = {
        Status.GRADIENT: f"The gradient is small: max |g| = {steepness:.3g} <= gtol = {options.gtol:g}.",
        Status.DECREASE: (
            f"The value hardly changes: the last step lowered it by less than ftol = "
            f"{options.core(solver._layout.dtype)['ftol']:.3g}, relative; max |g| = {steepness:.3g}."
        ),
        Status.STEP: f"The point hardly changes: xtol = {options.xtol:g}; max |g| = {steepness:.3g}.",
        Status.ROUNDING: (
            f"Values differ by their rounding errors in {dtype} only; max |g| = {steepness:.3g} > gtol = "
            f"{options.gtol:g}."
        ),
        Status.NO_PROGRESS: (
            f"No lower point was found, not even along steepest descent, at max |g| = {steepness:.3g}: "
            "a kink, or a gradient that does not fit the function (fastopt.gradcheck tells)."
        ),
        Status.ITERATIONS: f"{core.iterations} iterations: maxiter reached, at max |g| = {steepness:.3g}.",
        Status.EVALUATIONS: f"{core.evaluations} evaluations: maxfun reached, at max |g| = {steepness:.3g}.",
        Status.TIME: f"maxtime = {options.maxtime:g} s reached, at max |g| = {steepness:.3g}."
        if options.maxtime is not None
        else f"Out of time, at max |g| = {steepness:.3g}.",
        Status.CALLBACK: f"Stopped by the caller, at max |g| = {steepness:.3g}.",
        Status.NOT_FINITE: "The value or the gradient at the start is not finite.",
        Status.INTERRUPTED: f"Interrupted by an exception, at max |g| = {steepness:.3g}.",
    }
    return said[status]
