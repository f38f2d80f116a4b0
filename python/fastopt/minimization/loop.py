"""The loop around a solver: `minimize`."""

from __future__ import annotations

import contextlib
import inspect
import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from fastopt._common.trees import described

from .boxes import moved_onto_bounds
from .methods import chosen, judged_options
from .objective import Objective
from .result import OptimizeResult, Status
from .solver import Solver

__all__ = ["minimize", "run"]


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
        the structure of `x0`; it may be kept, since it never changes.
    x0 : array_like, list or dict of arrays
        The start: an array of any shape, or a list, tuple or dict of arrays. float32 stays float32, with
        scalars in double; everything else becomes float64.
    args : tuple
        Further arguments of `fun` and `jac`.
    method : {"lbfgs", "bfgs", "newton", "gd", "random"}
        See Notes.
    jac : bool or callable, optional
        True: `fun` returns ``(value, gradient)``, the gradient in the structure of `x0`. A function:
        ``jac(x, *args)`` returns the gradient. None or False: central differences of `fun`, two evaluations
        for each variable, in float64 whatever `x0` is; the message says so. Their steps are 6e-6 times the
        size of the variable, here or at the start (1 where that is 0), and never more than the size of its
        box; where values hardly change over that, a longer step is tried at the start. Near a bound both
        evaluations are on its inner side. Random search ignores it, and a gradient from `fun`.
    hess : callable, optional
        ``hess(x, *args)`` returns the Hessian, of shape (n, n) over the n variables flattened: those of
        arrays in C order, of a dict or list one array after the other. For Newton's method.
    hessp : callable, optional
        ``hessp(x, v, *args)`` returns its product with `v`, both in the structure of `x0`; for Newton's
        method, instead of `hess`.
    bounds : object, optional
        One pair ``(low, high)`` for all variables, None for no bound; a pair for each variable; an object
        with `lb` and `ub`, as SciPy's; or a pair of arrays, of which one at least has two dimensions. Arrays
        are broadcast to those of `x0`. If `x0` is a dict or list, so are the bounds, with any of this for
        each array and None for no bounds; a dict may leave arrays out. `fun` is never evaluated outside of
        the bounds: those that float32 has no number for are rounded to the inside, but a variable whose
        bounds are equal is fixed at the number next to them. A start outside is moved onto them, with a
        warning. For L-BFGS and random search.
    l1 : float or array_like
        Minimise ``fun(x) + sum l1 |x|`` (OWL-QN): a number, or numbers in the structure of `x0`, broadcast
        and left out as bounds are. For L-BFGS.
    callback : callable, optional
        Called after each iteration: ``callback(x)``, `x` read-only as for `fun`, or
        ``callback(intermediate_result=...)`` with the result so far if its first parameter has that name.
        ``StopIteration`` ends the minimisation.
    tol : float, optional
        Stands for the options `gtol` and `ftol`.
    options : dict, optional
        All methods: `maxiter`, `maxfun` (15000; random search 10000 and None), `maxtime` (None, seconds).
        `nfev` is never above a `maxfun` that is given. Differences count: a value and a gradient take
        :math:`2 n + 1` evaluations of `fun`, and are not begun if fewer are left. Unless `maxfun` is given,
        there are as many evaluations as 15000 gradients take.
        All but random search: `gtol` (1e-5; unless it is given the units of variables and value do not
        count), `ftol` (64 units of rounding), `xtol` (0); see `Status` for the formulas. Options that only
        one method has are in Notes; the other methods refuse them.

    Returns
    -------
    OptimizeResult
        The best point seen, whatever happened, and why the minimisation ended. Its arrays are the caller's.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong, before `fun` is called; or if `fun` does not return what it should.
    Exception
        What `fun` or the callback raises, Ctrl-C included, comes through with the result so far as its
        attribute `result`.

    Notes
    -----
    In all formulas :math:`g_k` is the gradient at :math:`x_k`, :math:`s = x_{k+1} - x_k` and
    :math:`y = g_{k+1} - g_k`.

    ``"lbfgs"``: :math:`x_{k+1} = x_k - \alpha H_k g_k` with the H that the last `memory` (10) pairs
    :math:`s, y` imply (Liu and Nocedal 1989), and :math:`\alpha` from More and Thuente's search (1994) for
    the strong Wolfe conditions with `c1` (1e-4) and `c2` (0.9), `maxls` (30) evaluations at most.
    `history_dtype`: ``"float32"`` halves the traffic of large float64 problems. See `LBFGS`, where the caller
    has the loop. A few vectors of memory: for any n.

    ``"bfgs"``: the same with the whole matrix, in double, whatever the dtype (Nocedal and Wright 6.17):

    .. math::

        H_{k+1} = (I - \rho s y^T) H_k (I - \rho y s^T) + \rho s s^T, \qquad \rho = \frac{1}{s^T y}

    Up to 20 variables start from :math:`\max(1, s^T y / y^T y) I`, in which a direction of small curvature is
    not forgotten. More start from :math:`s^T y / y^T y \, I` (6.20), and :math:`H_k` is multiplied by
    :math:`\max(1, s^T y / y^T H_k y)` before each update (self-scaling, Al-Baali 1998). `c1`, `c2`, `maxls`
    as above. Fewer iterations for n up to some thousands; :math:`4 n^2` bytes, and twice that for the last
    :math:`H_k` in the result, `hess_inv`.

    ``"newton"`` minimises the quadratic model inside a trust region:

    .. math::

        \min_d \; g_k^T d + \tfrac12 d^T H_k d, \quad |d| \le \Delta_k

    With `hess` the minimum is exact (More and Sorensen 1983): :math:`(H_k + \lambda I) d = -g_k` with the
    least :math:`\lambda \ge 0` for which :math:`H_k + \lambda I` is positive semidefinite and d fits. So an
    indefinite Hessian does no harm: it is shifted, and d leads down, along negative curvature where the
    gradient vanishes there. Cholesky's factors serve where :math:`H_k` is positive definite, else its
    eigenvectors. The lower triangle is read. With `hessp` d comes from conjugate gradients, stopped at the
    radius, at negative curvature, or at a residual of :math:`|g_k| \min(1/2, \sqrt{|g_k| / |g_0|})`
    (Steihaug 1983; Nocedal and Wright 7.2), so n may be large. A step is taken if :math:`\rho`, the actual
    decrease over the one that the model predicts, is above 1e-4; :math:`\Delta_{k+1} =
    |d| \sqrt{0.3 / |1 - \rho|}`, by a factor of 0.1 to 2. A point whose value, gradient or Hessian is not
    finite is refused as one that is too high. `ftol` is held against both decreases, and like `xtol`
    only for steps shorter than the radius. The other test for a minimum looks at the gradient alone, so a
    start at a saddle point ends there.

    ``"gd"`` is gradient descent, :math:`x_{k+1} = x_k - \alpha_k g_k`. With `lr` :math:`\alpha_k` is `lr`,
    whatever comes of it: the value may rise, and once it is no longer finite the status is ``NOT_FINITE`` and
    the result the best point seen; if a test for a minimum holds it is the last one. Without `lr`
    :math:`\alpha_k` is found by backtracking with interpolation until
    :math:`f(x_k - \alpha g_k) \le f(x_k) - c_1 \alpha |g_k|^2` (Armijo 1966), from the step that would bring
    the last decrease again, :math:`2 (f_{k-1} - f_k) / |g_k|^2` (Nocedal and Wright 3.60). `c1` (1e-4),
    `maxls` (30).

    ``"random"`` needs only values, and is a baseline for the others. Of all points it keeps the best,
    :math:`x^*`; the next is :math:`x^* + \sigma \xi` with :math:`\xi \sim N(0, I)` and :math:`\sigma` `step`
    (1), moved onto the bounds if it lies outside; or, with bounds and without `step`, uniform between them
    (Rastrigin 1963; Brooks 1958). `seed` (0): an integer, a generator, or None. An iteration is a point. It
    ends only at a limit, so never with `success`.

    References
    ----------
    Liu and Nocedal, *On the limited memory BFGS method for large scale optimization*, Mathematical
    Programming 45, 1989. More and Thuente, *Line search algorithms with guaranteed sufficient decrease*, ACM
    Transactions on Mathematical Software 20, 1994. More and Sorensen, *Computing a trust region step*, SIAM
    Journal on Scientific and Statistical Computing 4, 1983. Steihaug, *The conjugate gradient method and
    trust regions in large scale optimization*, SIAM Journal on Numerical Analysis 20, 1983. Armijo,
    *Minimization of functions having Lipschitz continuous first partial derivatives*, Pacific Journal of
    Mathematics 16, 1966. Rastrigin, *The convergence of the random search method in the extremal control of a
    many-parameter system*, Automation and Remote Control 24, 1963. Brooks, *A discussion of random methods
    for seeking maxima*, Operations Research 6, 1958. Nocedal and Wright, *Numerical Optimization*, 2nd
    edition, 2006. Al-Baali, *Numerical experience with a class of self-scaling quasi-Newton algorithms*,
    Journal of Optimization Theory and Applications 96, 1998.

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

    With the Hessian, or with its products only:

    >>> def hess(x):
    ...     a, b = x
    ...     return np.array([[1200.0 * a * a - 400.0 * b + 2.0, -400.0 * a], [-400.0 * a, 200.0]])
    >>> result = minimize(rosenbrock, [-1.2, 1.0], method="newton", hess=hess)
    >>> result.x.round(4), result.nfev, result.nhev
    (array([1., 1.]), 21, 20)
    >>> minimize(rosenbrock, [-1.2, 1.0], method="newton", hessp=lambda x, v: hess(x) @ v).x.round(4)
    array([1., 1.])

    What it costs to know less, after 50 iterations:

    >>> for method in ("bfgs", "gd", "random"):
    ...     result = minimize(rosenbrock, [-1.2, 1.0], method=method, options={"maxiter": 50})
    ...     print(method, f"{result.fun:.1f}")
    bfgs 0.0
    gd 3.8
    random 6.3

    A fixed step that is too long:

    >>> bowl = lambda x: (x @ x, 2.0 * x)
    >>> minimize(bowl, [1.0, 1.0], method="gd", options={"lr": 0.1}).x.round(4)
    array([0., 0.])
    >>> minimize(bowl, [1.0, 1.0], method="gd", options={"lr": 1.1, "maxiter": 50}).x
    array([1., 1.])
    """
    return run(
        fun,
        x0,
        args,
        method,
        jac,
        {"hess": hess, "hessp": hessp, "bounds": bounds, "l1": l1},
        callback,
        tol,
        {} if options is None else options,
    )[1]


def run(
    fun: Callable[..., Any],
    x0: object,
    args: tuple[Any, ...],
    method: str,
    jac: object,
    arguments: Mapping[str, Any],
    callback: Callable[..., Any] | None,
    tol: float | None,
    options: Mapping[str, Any],
    intermediate: Callable[[OptimizeResult], Any] = lambda result: result,
) -> tuple[Solver, OptimizeResult]:
    """Minimise, and return the solver beside the result.

    `arguments` are those that only some methods take. `intermediate` makes what a callback gets of a result.
    """
    began = time.monotonic()
    kind, given = chosen(method, **arguments)
    judged = judged_options(kind, options, tol)
    report = _reporter(callback, intermediate)
    solver = kind.of(x0, judged, **given)
    objective = Objective(
        fun, jac, args, solver._layout, arguments["hess"], arguments["hessp"], solver._bounds
    )
    most_calls = _most_calls(solver, objective, judged.maxfun if "maxfun" in options else None)
    deadline = math.inf if judged.maxtime is None else began + judged.maxtime
    try:
        while not solver.done:
            if objective.nfev > most_calls:
                solver.stop(Status.EVALUATIONS)
                break
            solver.advance(objective)
            if report is not None and solver.stepped:
                try:
                    report(solver, objective)
                except StopIteration:
                    solver.stop(Status.CALLBACK)
            if time.monotonic() >= deadline:
                solver.stop(Status.TIME)
    except BaseException as error:
        solver.stop(Status.INTERRUPTED)
        with contextlib.suppress(Exception):  # one that takes no attributes
            error.result = _result(solver, objective)  # type: ignore[attr-defined]
            error.add_note("The best point so far is in the attribute `result` of this exception.")
        raise
    result = _result(solver, objective)
    result.update(solver.at_the_end())
    return solver, result


def _most_calls(solver: Solver, objective: Objective, maxfun: int | None) -> float:
    """Return how many calls of `fun` leave room for another evaluation of value and gradient.

    Only where they are counted here: without differences an evaluation is one call, and the solver counts.
    """
    if maxfun is None or not (objective.numeric and solver.takes_gradients):
        return math.inf
    if maxfun < objective.calls:
        raise ValueError(
            f"maxfun: expected at least {objective.calls}, for a value and differences, got {maxfun}"
        )
    objective.spare = maxfun - objective.calls
    return objective.spare


def _result(solver: Solver, objective: Objective) -> OptimizeResult:
    notes = []
    if solver._moved:
        notes.append(f"The start lay outside the bounds: {moved_onto_bounds(solver._moved)}")
    if objective.numeric and objective.njev:
        notes.append("Gradients are central differences.")
    result = solver._result(objective.nfev, objective.njev, *notes)
    if objective.has_hessian:
        result.nhev = objective.nhev
    return result


def _reporter(
    callback: object, intermediate: Callable[[OptimizeResult], Any]
) -> Callable[[Solver, Objective], object] | None:
    """Return how to call the callback with the point, or with the result so far if it wants that."""
    if callback is None:
        return None
    if not callable(callback):
        raise TypeError(f"callback: expected a function, got {described(callback)}")
    if not _wants_result(callback):
        return lambda solver, objective: callback(solver.x)
    return lambda solver, objective: callback(intermediate_result=intermediate(_result(solver, objective)))


def _wants_result(callback: Callable[..., Any]) -> bool:
    """Whether it has a parameter `intermediate_result`, and none before it that would take the point."""
    try:
        parameters = inspect.signature(callback).parameters
    except (TypeError, ValueError):  # built into C
        return False
    if "intermediate_result" not in parameters:
        return False
    first = next(iter(parameters.values()))
    return first.kind == first.KEYWORD_ONLY or (
        first.name == "intermediate_result" and first.kind == first.POSITIONAL_OR_KEYWORD
    )
