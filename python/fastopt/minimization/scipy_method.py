"""L-BFGS as a method of SciPy."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from fastopt._common.trees import described
from fastopt._common.wording import users_line

from .descents import LBFGS
from .loop import run
from .result import Status

__all__ = ["scipy_lbfgs", "scipys_status"]

LIMITS = (Status.ITERATIONS, Status.EVALUATIONS, Status.TIME)


def scipy_lbfgs(fun: Callable[..., Any], x0: Any, args: tuple[Any, ...] = (), **options: Any) -> Any:
    """Minimise as a custom method of SciPy: ``scipy.optimize.minimize(..., method=fastopt.scipy_lbfgs)``.

    Parameters
    ----------
    fun, x0, args
        As SciPy passes them.
    **options
        What else SciPy passes: `jac`, `bounds`, `callback`, and the options of the call, which are those of
        `minimize` and `maxcor` for `memory`; `disp` and `iprint` mean nothing. Constraints are refused,
        `hess` and `hessp` not used, with a warning. For the `jac` ``"2-point"`` and ``"3-point"`` central
        differences are taken.

    Returns
    -------
    scipy.optimize.OptimizeResult
        As from `minimize`, but with the `status` of SciPy's L-BFGS-B: 0 for success, 1 for a limit that was
        reached, 2 for everything else; `reason` is the `Status`. `hess_inv` is a
        :class:`scipy.optimize.LbfgsInvHessProduct`. The callback gets a result of this kind as well, without
        `hess_inv`; while it runs `status` and `reason` are None.

    Examples
    --------
    >>> import scipy.optimize, fastopt  # doctest: +SKIP
    >>> result = scipy.optimize.minimize(scipy.optimize.rosen, [-1.2, 1.0], jac=scipy.optimize.rosen_der,
    ...                                  method=fastopt.scipy_lbfgs)  # doctest: +SKIP
    >>> result.x.round(4), result.status, result.reason.name  # doctest: +SKIP
    (array([1., 1.]), 0, 'GRADIENT')
    """
    from scipy import optimize  # type: ignore[import-untyped]

    constraints = options.pop("constraints", ())
    if len(constraints) > 0:
        raise ValueError(f"constraints: not for L-BFGS, expected none, got {described(constraints)}")
    for name in ("hess", "hessp"):
        if options.pop(name, None) is not None:
            warnings.warn(f"{name}: L-BFGS does not use it", RuntimeWarning, stacklevel=users_line())
    if "maxcor" in options:
        options["memory"] = options.pop("maxcor")
    for name in ("disp", "iprint"):
        options.pop(name, None)
    jac = options.pop("jac", None)
    callback, tol = options.pop("callback", None), options.pop("tol", None)
    region = {"bounds": options.pop("bounds", None), "l1": options.pop("l1", 0.0)}

    def scipys(result: dict[str, Any]) -> Any:
        reason = result["status"]
        return optimize.OptimizeResult({**result, "status": scipys_status(reason), "reason": reason})

    solver, result = run(
        fun,
        x0,
        args,
        "lbfgs",
        None if isinstance(jac, str) and jac in ("2-point", "3-point") else jac,
        {"hess": None, "hessp": None, **region},
        callback,
        tol,
        options,
        intermediate=scipys,
    )
    assert isinstance(solver, LBFGS)
    final = scipys(result)
    final.hess_inv = optimize.LbfgsInvHessProduct(*solver.pairs())
    return final


def scipys_status(reason: Status | None) -> int | None:
    """Return the status of L-BFGS-B."""
    if reason is None:
        return None
    return 0 if reason.success else 1 if reason in LIMITS else 2
