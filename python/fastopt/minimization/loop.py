"""The loop around a solver: `minimize`."""

from __future__ import annotations

import inspect
import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from fastopt.structures import described

from .base import Solver
from .methods import chosen, judged_options
from .objective import Objective
from .result import OptimizeResult, Status

__all__ = ["minimize", "scipy_lbfgs"]


def minimize(
    fun: Callable[..., Any],
    x0: object,
    args: tuple[Any, ...] = (),
    method: str = "lbfgs",
    jac: object = True,
    *,
    hess: Callable[..., Any] | None = None,
    hessp: Callable[..., Any] | None = None,
    bounds: object = None,
    l1: object = 0.0,
    callback: Callable[..., Any] | None = None,
    tol: float | None = None,
    options: Mapping[str, Any] | None = None,
) -> OptimizeResult:
    r"""Minimise a function of many variables.

    Parameters
    ----------
    fun : callable
        ``fun(x, *args)`` returns value and gradient, or the value alone, see `jac`. `x` is read-only and in
        the structure of `x0`; who keeps it, keeps it.
    x0 : array_like, list or dict of arrays
        The start: an array of any shape, or a list, tuple or dict of arrays. float32 is computed with as
        float32, scalars in double; everything else becomes float64.
    args : tuple
        Further arguments of `fun` and `jac`.
    method : {"lbfgs"}
        See Notes.
    jac : bool or callable, optional
        True: `fun` returns ``(value, gradient)``, the gradient in the structure of `x0`. A function:
        ``jac(x, *args)`` returns the gradient. None or False: central differences of `fun`, two evaluations
        for each variable; the message says so.
    bounds : object, optional
        One pair ``(low, high)`` for all variables, None for no bound; a pair for each variable; a pair for
        each array, in a dict or list as `x0` is; or an object with `lb` and `ub`, as SciPy's. `fun` is
        never evaluated outside of them. A start outside is moved onto them, with a warning.
    l1 : float or array_like
        Minimise ``fun(x) + sum l1 |x|`` (OWL-QN): a number, or numbers in the structure of `x0`.
    callback : callable, optional
        Called after each iteration: ``callback(x)``, or ``callback(intermediate_result=...)`` with the
        result so far if it has a parameter of that name. ``StopIteration`` ends the minimisation.
    tol : float, optional
        Stands for the options `gtol` and `ftol`.
    options : dict, optional
        `memory` (10): pairs that L-BFGS remembers. `gtol` (1e-5), `ftol` (64 units of rounding), `xtol` (0),
        `maxiter`, `maxfun` (15000), `maxtime` (None, seconds): see `Status` for the formulas. `maxls` (30):
        evaluations of a line search. `c1` (1e-4), `c2` (0.9): its conditions. `history_dtype`:
        ``"float32"`` halves the traffic of large float64 problems.

    Returns
    -------
    OptimizeResult
        The best point seen, whatever happened, and why the minimisation ended.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong, before `fun` is called; or if `fun` returns something else than it should.
    Exception
        What `fun` or the callback raises, Ctrl-C included, comes through with the result so far as its
        attribute `result`.

    Notes
    -----
    ``"lbfgs"`` is L-BFGS with the line search of More and Thuente; see `LBFGS`, where the caller has the
    loop.

    Examples
    --------
    >>> import numpy as np
    >>> def rosenbrock(x):
    ...     a, b = x
    ...     value = 100.0 * (b - a * a) ** 2 + (1.0 - a) ** 2
    ...     return value, np.array([-400.0 * a * (b - a * a) - 2.0 * (1.0 - a), 200.0 * (b - a * a)])
    >>> result = minimize(rosenbrock, [-1.2, 1.0])
    >>> result.x.round(4), result.success, result.status.name
    (array([1., 1.]), True, 'GRADIENT')
    """
    began = time.monotonic()
    kind, given = chosen(method, hess=hess, hessp=hessp, bounds=bounds, l1=l1)
    judged = judged_options(kind, {} if options is None else options, tol)
    report = _reporter(callback)
    solver = kind.of(x0, judged, **given)
    objective = Objective(fun, jac, args, solver._layout, hess, hessp)
    deadline = math.inf if judged.maxtime is None else began + judged.maxtime
    try:
        while not solver.done:
            solver.advance(objective)
            if report is not None and solver.stepped:
                try:
                    report(lambda: _result(solver, objective))
                except StopIteration:
                    solver.stop(Status.CALLBACK)
            if time.monotonic() >= deadline:
                solver.stop(Status.TIME)
    except BaseException as error:
        solver.stop(Status.INTERRUPTED)
        error.result = _result(solver, objective)  # type: ignore[attr-defined]
        error.add_note("The best point so far is in the attribute `result` of this exception.")
        raise
    return _result(solver, objective)


def scipy_lbfgs(fun: Callable[..., Any], x0: Any, args: tuple[Any, ...] = (), **options: Any) -> Any:
    """Minimise as a custom method of SciPy: ``scipy.optimize.minimize(..., method=fastopt.scipy_lbfgs)``.

    Parameters
    ----------
    fun, x0, args
        As SciPy passes them.
    **options
        What else SciPy passes: `jac`, `bounds`, `callback`, and the options of the call, which are those of
        `minimize` and `maxcor` for `memory`. Hessians and constraints are refused.

    Returns
    -------
    scipy.optimize.OptimizeResult
        As from `minimize`.

    Examples
    --------
    >>> import scipy.optimize, fastopt  # doctest: +SKIP
    >>> scipy.optimize.minimize(scipy.optimize.rosen, [-1.2, 1.0], jac=scipy.optimize.rosen_der,
    ...                         method=fastopt.scipy_lbfgs).x.round(4)  # doctest: +SKIP
    array([1., 1.])
    """
    import scipy.optimize  # type: ignore[import-untyped]

    for name in ("hess", "hessp", "constraints"):
        given = options.pop(name, None)
        if given is not None and not (name == "constraints" and len(given) == 0):
            raise ValueError(f"{name}: not for L-BFGS, expected none, got {described(given)}")
    if "maxcor" in options:
        options["memory"] = options.pop("maxcor")
    options.pop("disp", None)
    result = minimize(
        fun,
        x0,
        args,
        jac=options.pop("jac", None),
        bounds=options.pop("bounds", None),
        callback=options.pop("callback", None),
        l1=options.pop("l1", 0.0),
        tol=options.pop("tol", None),
        options=options,
    )
    return scipy.optimize.OptimizeResult(result)


def _result(solver: Solver, objective: Objective) -> OptimizeResult:
    result = solver.result()
    result.nfev, result.njev = objective.nfev, objective.njev
    if objective.has_hessian:
        result.nhev = objective.nhev
    notes = []
    if solver._moved:
        notes.append(f"The start lay outside the bounds: {solver._moved} variables were moved onto them.")
    if objective.numeric and objective.njev:
        notes.append("Gradients are central differences.")
    result.message = " ".join([result.message, *notes])
    return result


def _reporter(callback: object) -> Callable[[Callable[[], OptimizeResult]], object] | None:
    """Return how to call the callback with a result that is made when it is wanted."""
    if callback is None:
        return None
    if not callable(callback):
        raise TypeError(f"callback: expected a function, got {described(callback)}")
    try:
        whole = "intermediate_result" in inspect.signature(callback).parameters
    except (TypeError, ValueError):  # built into C
        whole = False
    if whole:
        return lambda result: callback(intermediate_result=result())
    return lambda result: callback(result().x)
