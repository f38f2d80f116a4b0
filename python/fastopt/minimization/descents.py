"""The methods whose loop is in the core: ask for a point, tell its value and gradient."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Unpack

import numpy as np

from fastopt import _core
from fastopt._common.trees import described
from fastopt._common.types import Floats

from .boxes import region, weights
from .layout import Vector
from .objective import Objective, as_value
from .options import LbfgsKeywords, LbfgsOptions, SearchOptions, whole_number
from .result import Status
from .solver import Solver

__all__ = ["BFGS", "LBFGS"]


class Descent(Solver):
    """A method of line searches: a model of the curvature in the core's driver."""

    options: ClassVar[type[SearchOptions]] = SearchOptions
    _options: SearchOptions

    def _drive(self, start: Vector, **region: Any) -> None:
        options = self._options.core(self._layout.dtype)
        self._core = _core.Descent(start, **options, **region)

    def advance(self, objective: Objective) -> None:
        """Evaluate once."""
        self._core.tell(*objective(self._core.ask()))

    @property
    def stepped(self) -> bool:
        """Whether the last evaluation ended an iteration, and `x` is a new point."""
        return self._core.stepped

    @property
    def status(self) -> Status | None:
        """Why it ended; None while it runs."""
        return Status(self._core.status) if self._core.status >= 0 else None

    def stop(self, reason: Status = Status.CALLBACK) -> None:
        """End now, at the best point. `reason` is what the status will be."""
        self._core.stop(int(Status(reason)))

    @property
    def _point(self) -> Vector:
        return self._core.x

    @property
    def fun(self) -> float:
        """The value at `x`; NaN before the first."""
        return self._core.value if self._core.evaluations else float("nan")

    @property
    def jac(self) -> Any:
        """The gradient at `x`, a copy; with `l1` the subgradient of least norm. NaN before the first."""
        layout, core = self._layout, self._core
        return layout.structure(
            core.gradient if core.evaluations else np.full(layout.size, np.nan, layout.dtype)
        )

    @property
    def steepness(self) -> float:
        """What `gtol` is held against."""
        return self._core.steepness

    @property
    def nit(self) -> int:
        """Iterations."""
        return self._core.iterations

    @property
    def nfev(self) -> int:
        """Evaluations."""
        return self._core.evaluations


class BFGS(Descent):
    """BFGS with the inverse Hessian as a matrix; see `minimize`."""

    method = "bfgs"

    def _begin(self, x0: object, options: SearchOptions) -> None:
        self._drive(self._start(x0, options))

    def at_the_end(self) -> dict[str, Any]:
        """Return what the last result has beside all others: the matrix."""
        return {"hess_inv": self._core.inverse_hessian()}


class LBFGS(Descent):
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

    method = "lbfgs"
    options = LbfgsOptions
    takes = frozenset({"bounds", "l1"})

    def __init__(
        self, x0: object, *, bounds: object = None, l1: object = 0.0, **options: Unpack[LbfgsKeywords]
    ) -> None:
        judged = LbfgsOptions.of(options)
        if judged.maxtime is not None:
            raise ValueError(f"maxtime: expected none, as the loop is the caller's, got {judged.maxtime:g}")
        self._begin(x0, judged, bounds, l1)

    def _begin(self, x0: object, options: LbfgsOptions, bounds: object = None, l1: object = 0.0) -> None:
        start = self._start(x0, options)
        limits = self._bounded(start, bounds)
        self._region = region(limits, weights(l1, self._layout))
        self._drive(start, **self._region)

    # Ask and tell.

    def ask(self) -> Any:
        """Return the point to evaluate next, read-only, in the structure of the start; it may be kept.

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
            If the solver is done, or no point was asked for since the last call or `load_state_dict`.
        """
        self._expect_running()
        self._core.tell(as_value(value), self._layout.vector(gradient, "gradient"))

    def _expect_running(self) -> None:
        if self.done:
            raise RuntimeError(f"the solver is done: {self.message}")

    # The optimizer of a training loop.

    def step(self, closure: Callable[[], tuple[Any, Any]], iterations: int = 20) -> float:
        """Advance by some iterations, writing to the arrays that the solver was made with.

        `closure` has to compute the same function in every step: all the data, no dropout. For another
        function make another solver.

        A step of a solver that is done evaluates `closure` anew and goes on from there, unless the gradient
        is small there. `maxiter` and `maxfun` then count from there.

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
        core = self._core
        last = core.iterations + whole_number("iterations", iterations, 1)
        self._expect_in_place()
        core.reopen()
        before = core.value if core.begun else None
        try:
            while not self.done and core.iterations < last:
                self._write(core.ask())
                returned = closure()
                if not isinstance(returned, tuple | list) or len(returned) != 2:
                    raise TypeError(f"closure: expected (value, gradients), got {described(returned)}")
                self.tell(*returned)
                before = core.value if before is None else before
        finally:
            self._write(core.x)
        assert before is not None, "a step evaluates once at least"
        return before

    def _expect_in_place(self) -> None:
        given = self._layout.arrays(self._params)
        now = self._layout.arrays(self.x)
        for name, a, b in zip(self._layout.names, given, now, strict=True):
            if not isinstance(a, np.ndarray) or a.dtype != b.dtype:
                raise TypeError(
                    f"{name}: expected a {b.dtype} array that step can write to, got {described(a)}"
                )
            if not a.flags.writeable:
                raise ValueError(f"{name}: expected a writeable array, got a read-only one")
            for other, c in zip(self._layout.names, given, strict=True):
                if other != name and np.may_share_memory(a, c):
                    raise ValueError(f"{name}: expected memory of its own, got some of {other}")
            if self._core.evaluations and not np.array_equal(a, b):
                raise ValueError(f"{name}: has changed since the last step; make another solver")

    def _write(self, point: Vector) -> None:
        structure = self._layout.structure(point)
        for a, b in zip(self._layout.arrays(self._params), self._layout.arrays(structure), strict=True):
            a[...] = b

    def pairs(self) -> tuple[Floats, Floats]:
        """Return the steps s and the changes y of the gradient that it knows, a row each, oldest first."""
        state, n = self._core.state(), self._layout.size
        kept = [f"pair {k} " for k in reversed(range(state["size"]))]
        s = [state[pair + "step"] * state[pair + "d"].astype(np.float64) for pair in kept]
        y = [state[pair + "y"].astype(np.float64) for pair in kept]
        return np.array(s).reshape(len(s), n), np.array(y).reshape(len(y), n)

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
        self._expect_point(state_dict.get("x"))
        self._core.load(dict(state_dict))

    def _expect_point(self, x: object) -> None:
        layout = self._layout
        if not isinstance(x, np.ndarray) or (x.dtype, x.shape) != (layout.dtype, (layout.size,)):
            return  # the core says so
        if self._bounds is None:
            wrong, wanted = np.isnan(x), "numbers"
        else:
            lower, upper = self._bounds
            wrong, wanted = ~((lower <= x) & (x <= upper)), "a point inside the bounds"
        if wrong.any():
            k = int(np.flatnonzero(wrong)[0])
            raise ValueError(f"state_dict['x']: expected {wanted}, got {x[k]} for {layout.element(k)}")

    def __getstate__(self) -> dict[str, Any]:
        state = dict(self.__dict__)
        state["_core"] = self.state_dict()
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        saved = state.pop("_core")
        self.__dict__.update(state)
        self._drive(np.zeros(self._layout.size, self._layout.dtype), **self._region)
        self.load_state_dict(saved)
