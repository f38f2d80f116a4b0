"""Many small problems at once."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastopt import _core
from fastopt._common.trees import described
from fastopt._common.wording import counted

from .boxes import box, dimensions, ends, moved_onto_bounds, region, weights, within
from .layout import Layout, RowLayout, Vector, as_numbers
from .options import LbfgsOptions
from .result import OptimizeResult, Status

__all__ = ["minimize_batch"]


def minimize_batch(
    fun: Callable[[Any, Any], tuple[Any, Any]],
    X0: ArrayLike,
    *,
    bounds: object = None,
    l1: object = 0.0,
    tol: float | None = None,
    options: Mapping[str, Any] | None = None,
) -> OptimizeResult:
    r"""Minimise many functions of few variables at once, by L-BFGS: k problems of n variables.

    The problems have nothing to do with each other, but are evaluated together: each call of `fun` gets one
    trial point of every problem that is not done. So the loop over problems is NumPy's in `fun`, and compiled
    around it.

    Parameters
    ----------
    fun : callable
        ``fun(X, rows)`` returns values, shape (a,), and gradients, shape (a, n), of the a problems that are
        not done: ``X[i]``, shape (n,), is a point of problem ``rows[i]``, that is, of the one that starts at
        ``X0[rows[i]]``. `rows` ascend. Both arrays are read-only and new in each call.
    X0 : array_like, shape (k, n)
        The starts. float32 stays float32, with scalars in double; everything else becomes float64.
    bounds : object, optional
        As for `minimize`, for all rows: one pair ``(low, high)``, None for no bound; a pair for each of the n
        variables; or an object with `lb` and `ub`, as SciPy's. For bounds that differ by row: such an object,
        or a pair ``(lower, upper)``, with arrays that are broadcast against `X0`. At least one of the pair
        has two dimensions; without that it is taken for one of the kinds before. `fun` is never evaluated
        outside of the bounds. Starts outside are moved onto them, with a warning.
    l1 : float or array_like
        Minimise ``fun(x) + sum l1 |x|`` (OWL-QN): a number, or numbers that are broadcast against `X0`: of
        shape (n,) for all rows, (k, n) or (k, 1) for each. Not together with bounds.
    tol : float, optional
        Stands for the options `gtol` and `ftol`.
    options : dict, optional
        As for `minimize`, each problem by itself: `memory`, `gtol`, `ftol`, `xtol`, `maxiter`, `maxfun`,
        `maxls`, `c1`, `c2`, `history_dtype`; `maxtime` is for all of them together.

    Returns
    -------
    OptimizeResult
        Of the best point of each problem, with arrays instead of numbers: `x`, shape (k, n); `fun`, float64
        of shape (k,); `jac`, shape (k, n); and `nit`, `nfev`, `success` and `status` of shape (k,). The
        numbers in `status` are those of `Status`. `message` says how many ended how.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong, before `fun` is called; or if `fun` does not return what it should.
    Exception
        What `fun` raises, Ctrl-C included, comes through with the result so far as its attribute `result`.

    Notes
    -----
    Each problem takes the steps that `minimize` takes for it alone, with its bounds or weights, bit for bit
    as far as `fun` returns the same bits for it, and ends when it would end alone, with its own status. One
    whose value or gradient at the start is not finite ends there, the others go on.

    References
    ----------
    As for `LBFGS`.

    Examples
    --------
    The minimum of ``exp(x) - a x`` is at the logarithm of a:

    >>> import numpy as np
    >>> a = np.array([1.0, 2.0, 10.0, np.nan])
    >>> def fun(X, rows):
    ...     x = X[:, 0]
    ...     return np.exp(x) - a[rows] * x, np.exp(X) - a[rows, None]
    >>> result = minimize_batch(fun, np.zeros((4, 1)))
    >>> np.exp(result.x[:, 0]).round(4), result.success
    (array([ 1.,  2., 10.,  1.]), array([ True,  True,  True, False]))
    >>> result.message
    '3 of 4 problems reached a minimum (3 GRADIENT); 1 did not (1 NOT_FINITE).'

    For x up to 2, up to a number of each one's own, and with a penalty of each one's own:

    >>> X0 = np.zeros((4, 1))
    >>> minimize_batch(fun, X0, bounds=(None, 2.0)).x[:3, 0].round(4)
    array([0.    , 0.6931, 2.    ])
    >>> minimize_batch(fun, X0, bounds=(None, [[1.0], [0.5], [1.5], [0.0]])).x[:3, 0].round(4)
    array([0. , 0.5, 1.5])
    >>> np.exp(minimize_batch(fun, X0, l1=[[0.1], [0.1], [7.0], [0.0]]).x[:3, 0]).round(4)
    array([1. , 1.9, 3. ])
    """
    began = time.monotonic()
    if not callable(fun):
        raise TypeError(f"fun: expected a function, got {described(fun)}")
    judged = LbfgsOptions.of({} if options is None else options, tol)
    starts = _starts(X0)
    limits = _bounds(bounds, starts)
    settings = judged.core(starts.dtype) | region(limits, _weights(l1, starts))
    moved = 0
    if limits is not None:
        starts = starts.copy()
        moved = within(starts, *limits, label="X0")
    core = _core.Descents(starts, **settings)
    deadline = math.inf if judged.maxtime is None else began + judged.maxtime
    try:
        while core.running:
            X = core.ask()
            core.tell(*_evaluated(fun(X, core.rows), X.shape, X.dtype))
            if time.monotonic() >= deadline:
                core.stop(Status.TIME)
    except BaseException as error:
        core.stop(Status.INTERRUPTED)
        with contextlib.suppress(Exception):  # one that takes no attributes
            error.result = _result(core, moved)  # type: ignore[attr-defined]
            error.add_note("The best points so far are in the attribute `result` of this exception.")
        raise
    return _result(core, moved)


def _starts(X0: object) -> Vector:
    a = as_numbers("X0", X0)
    if a.ndim != 2:
        raise ValueError(f"X0: expected shape (problems, variables), got shape {a.shape}")
    if not np.isfinite(a).all():
        row, column = np.argwhere(~np.isfinite(a))[0]
        raise ValueError(f"X0: expected finite numbers, got {a[row, column]} for X0[{row}, {column}]")
    return np.ascontiguousarray(a)


def _bounds(bounds: object, starts: Vector) -> tuple[Vector, Vector] | None:
    """Return lower and upper bounds, of the shape of a row where they are for all rows, else of `starts`."""
    layout = _layout(starts, *ends(bounds).values())
    limits = box(bounds, layout)
    return None if limits is None else (layout.structure(limits[0]), layout.structure(limits[1]))


def _weights(l1: object, starts: Vector) -> float | Vector | None:
    """Return the weights: a number for all, or numbers of the shape of a row or of `starts`."""
    layout = _layout(starts, l1)
    added = weights(l1, layout)
    return layout.structure(added) if isinstance(added, np.ndarray) else added


def _layout(starts: Vector, *given: object) -> Layout:
    """Return what arrays have to fit: a row, or the whole if one has two dimensions."""
    whole = any(dimensions(a) > 1 for a in given)
    return Layout(starts, "X0") if whole else RowLayout(starts, "X0")


def _evaluated(
    returned: object, shape: tuple[int, ...], dtype: np.dtype[Any]
) -> tuple[NDArray[np.float64], Vector]:
    """Return values and gradients as the core takes them."""
    if not isinstance(returned, tuple | list) or len(returned) != 2:
        got = described(returned)
        if isinstance(returned, tuple | list):
            got += f" of {len(returned)}"
        raise TypeError(f"fun: expected (values, gradients), got {got}")
    values, gradients = (
        as_numbers(f"the {what} from fun", a)
        for what, a in zip(("values", "gradients"), returned, strict=True)
    )
    if values.shape != shape[:1]:
        raise ValueError(
            f"the values from fun: expected shape {shape[:1]}, one a row of X, got shape {values.shape}"
        )
    if gradients.shape != shape:
        raise ValueError(f"the gradients from fun: expected shape {shape}, as X, got shape {gradients.shape}")
    return np.ascontiguousarray(values, np.float64), np.ascontiguousarray(gradients, dtype)


def _result(core: _core.Descents, moved: int) -> OptimizeResult:
    value, gradient, evaluations, status = core.value, core.gradient, core.evaluations, core.status
    value[evaluations == 0] = np.nan
    gradient[evaluations == 0] = np.nan
    message = _sentence(status)
    if moved:
        message += f" Starts lay outside the bounds: {moved_onto_bounds(moved)}"
    return OptimizeResult(
        x=core.x,
        fun=value,
        jac=gradient,
        nit=core.iterations,
        nfev=evaluations,
        success=status <= Status.STEP,
        status=status,
        message=message,
    )


def _sentence(status: NDArray[np.int64]) -> str:
    """Say how many ended how."""
    reached = status <= Status.STEP
    said = f"{reached.sum()} of {counted(status.size, 'problem')} reached a minimum{_counts(status[reached])}"
    rest = status[~reached]
    return f"{said}; {rest.size} did not{_counts(rest)}." if rest.size else f"{said}."


def _counts(status: NDArray[np.int64]) -> str:
    counts = [f"{np.count_nonzero(status == s)} {s.name}" for s in Status if s in status]
    return f" ({', '.join(counts)})" if counts else ""
