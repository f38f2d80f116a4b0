"""Checks of the gradient of a function with one value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fastopt._common.bounds import whole
from fastopt._common.seeds import judged_rng
from fastopt._common.trees import summary
from fastopt._common.wording import counted

from .line import Objective
from .numeric import beside, first_value, opened
from .report import Coordinate, Report
from .run import Evaluation, examine, finish, first_calls, open_arguments
from .structure import Arguments, Leaf, Structure, real
from .tolerances import Options, positive

Seed = int | np.random.Generator | None


def gradcheck(
    func: Callable[..., Any],
    inputs: Structure,
    *,
    grad: Callable[..., Any] | Structure | None = None,
    wrt: int | Sequence[int] | None = None,
    eps: float | None = None,
    atol: float | None = None,
    rtol: float | None = None,
    directions: int = 2,
    worst: int = 5,
    allow_kinks: bool = False,
    promote: bool = True,
    seed: Seed = 0,
    raise_exception: bool = True,
) -> Report:
    r"""Check a gradient against differences of its function, and say what is wrong with it.

    Random directions are tried first, a few calls however long the arrays are:

    .. math:: \langle \nabla f, v \rangle = \lim_{h \to 0} \frac{f(x + h v) - f(x - h v)}{2 h}

    Where they disagree, the wrong elements are found by halving and compared with known mistakes (sign,
    factor, order, transpose, shift, missing term). See `fastopt.gradcheck.search` for the method and its
    odds.

    Parameters
    ----------
    func : callable
        ``func(*inputs)`` returns ``(value, gradient)``, or the value alone if `grad` is given. With several
        arguments the gradient is a tuple of one for each that is differentiated by.
    inputs : tuple, or a single argument
        A tuple holds the arguments; anything else is the only one. An argument is a number, an array, or a
        list or dict of arrays. Those without floating-point numbers (labels, say) are constants.
    grad : callable or structure, optional
        ``grad(*inputs)``, or the gradient itself.
    wrt : int or sequence of int, optional
        The arguments to differentiate by; all with floating-point numbers unless given.
    eps : float, optional
        The first step, relative to the size of an element or, if that is larger, the root mean square of
        its array (1 if all are zero). Others follow if it does not suit the function.
    atol, rtol : float, optional
        An element is wrong if ``|analytic - numeric| > atol + rtol * |numeric|`` by more than the error of
        the difference. By default `rtol` is 1e-3 (1e-2 in float32), and `atol` only the rounding of the
        gradient: a hundred times the relative noise of the function, times the largest element by this
        array, in units of the steps; at most 1e-5 (1e-3) of the root mean square of these elements.
    directions : int
        How many random directions to try for each array.
    worst : int
        How many elements to find and to report.
    allow_kinks : bool
        Accept points like 0 in ``max(0, x)``, where the gradient is between the slopes to the left and right.
    promote : bool
        Check float32 arguments in float64 copies if `func` takes them.
    seed : int, numpy.random.Generator or None
        Where the directions come from.
    raise_exception : bool
        Raise if the gradient fails; else return the report, which is then false.

    Returns
    -------
    Report
        True if the gradient passed. Print it, or see its fields; `Report.plot` draws error against step.

    Raises
    ------
    GradientError
        If the gradient is wrong, does not exist because of a kink or jump, is not deterministic, or if `func`
        changes its arguments. Also if nothing was checked, because noise in the value or kinks nearby hide
        the slopes by all arrays: `Report.status` is then ``"unchecked"``.
    TypeError, ValueError
        If an argument is not what it should be, or `func` does not return what it should.
    FloatingPointError
        If `inputs` or the value there are not finite.

    Warns
    -----
    UserWarning
        If noise or kinks hide the slopes by some of the arrays, unless the report is returned in any case.

    Notes
    -----
    `func` gets copies: the arrays in `inputs` are never written, whatever happens.

    Where a function is saturated, as tanh at 25 or a softmax with one large score, it does not change over
    the steps, or by its last bits. A gradient of no more than rounding, about ``eps * max(1, abs(f))`` over a
    step, agrees with that and passes, with a remark; a larger one fails.

    Beside a kink, as in a network with rectifiers, the slope is measured by steps that do not reach it, down
    to the rounding of the point and the noise of the value. An element with kinks closer than any such step
    is not called wrong: its status is ``"unsettled"``, a remark names it, and the other elements are checked.

    ``torch.autograd.gradcheck`` compares all elements with a fixed step and tolerance (one direction in
    ``fast_mode``); ``scipy.optimize.check_grad`` returns the norm of the difference.

    References
    ----------
    Ridders, *Accurate computation of F'(x) and F'(x)F''(x)*, Advances in Engineering Software 4, 1982: the
    extrapolation. Moré and Wild, *Estimating computational noise*, SIAM Journal on Scientific Computing 33,
    2011: the noise.

    Examples
    --------
    >>> def f(w, x):
    ...     return 0.5 * ((x @ w) ** 2).sum(), (x.T @ (x @ w), np.outer(x @ w, w))
    >>> w, x = np.array([1.0, -2.0, 0.5]), np.arange(6.0).reshape(2, 3)
    >>> bool(gradcheck(f, (w, x)))
    True
    >>> report = gradcheck(lambda w: ((w**2).sum(), w), w, raise_exception=False)
    >>> report.ok, report.reason
    (False, 'w: analytic = 1/2 x numeric everywhere')
    """
    arguments, remarks = open_arguments(func, inputs, wrt, promote)
    objective = Objective(arguments, lambda *args: _value(func(*args), grad is not None))
    options = Options.checked(
        arguments.dtype,
        eps=eps,
        atol=atol,
        rtol=rtol,
        directions=directions,
        worst=worst,
        allow_kinks=allow_kinks,
    )
    report = Report("gradcheck", remarks=remarks, rtol=options.rtol, atol=options.atol)

    def evaluate() -> Evaluation:
        value, given = _value_and_gradient(func, grad, arguments)
        return value, arguments.gradients("grads", given)

    found = first_calls(report, arguments, evaluate)
    if found is not None:
        examine(report, objective, found[1], options, judged_rng(seed))
    report.calls += objective.calls
    return finish(report, raise_exception)


def grad_check_sparse(
    f: Callable[[Any], Any],
    x: Structure,
    analytic_grad: Structure,
    num_checks: int = 10,
    h: float = 1e-7,
    seed: Seed = None,
) -> Report:
    r"""Compare a few random elements of a gradient with central differences, as in the Stanford course.

    .. math:: \frac{f(x + h e_i) - f(x - h e_i)}{2h}, \qquad
              \text{relative error } \frac{|\text{analytic} - \text{numeric}|}
              {\max(|\text{analytic}|, |\text{numeric}|)}

    Elements that are wrong but not drawn are not seen: `gradcheck` sees them.

    Parameters
    ----------
    f : callable
        ``f(x)`` returns a number. It gets copies.
    x : float, array, list or dict of arrays
        The point.
    analytic_grad : float, array, list or dict of arrays
        The gradient, in the structure of `x`.
    num_checks : int
        How many elements to draw; each at most once.
    h : float
        The step, absolute.
    seed : int, numpy.random.Generator or None
        Where they are drawn from.

    Returns
    -------
    Report
        With the elements in `Report.worst`, worst first; it prints them. False if one is off by more than a
        thousandth and the error of the difference: rounding, and half the gap between the slopes to both
        sides, so that at a kink any gradient between them passes.

    Raises
    ------
    TypeError, ValueError
        If an argument is not what it should be.
    FloatingPointError
        If `x` or a value of `f` near it is not finite.

    References
    ----------
    *CS231n: Convolutional Neural Networks for Visual Recognition*, Stanford: ``gradient_check.py`` of its
    assignments.

    Examples
    --------
    >>> x = np.array([1.0, 2.0, 3.0])
    >>> print(grad_check_sparse(lambda x: (x**2).sum(), x, 2 * x, num_checks=1, seed=0))
    grad_check_sparse: ok
    <BLANKLINE>
    element       numeric      analytic  abs. error  rel. error    +/-
    x[2]     6.000000e+00  6.000000e+00     ...
    <BLANKLINE>
    rtol 0.001; 3 calls
    """
    if not callable(f):
        raise TypeError(f"f: expected a function, got {summary(f)}")
    count = whole(1, "num_checks", num_checks)
    step = positive("h", h)
    arguments = opened(f, x, label="x")
    objective = Objective(arguments, lambda *args: real("f", f(*args)))
    gradients = arguments.gradients("analytic_grad", analytic_grad)
    middle = first_value(objective)
    report = Report("grad_check_sparse", rtol=1e-3)

    ends = np.cumsum([leaf.size for leaf in arguments.leaves])
    rng = judged_rng(seed)
    for k in rng.choice(int(ends[-1]), min(count, int(ends[-1])), replace=False):
        number = int(np.searchsorted(ends, k, side="right"))
        index = int(k - ends[number] + arguments.leaves[number].size)
        (high, above), (low, below) = (beside(objective, number, index, t) for t in (step, -step))
        rounding = 10 * float(np.finfo(arguments.dtype).eps) * max(abs(above), abs(middle), abs(below))
        error = (rounding + abs(above - 2 * middle + below)) / (high - low)
        analytic = float(gradients[number].reshape(-1)[index])
        numeric = (above - below) / (high - low)
        report.worst.append(_compared(arguments.leaves[number], index, numeric, analytic, error))
    report.worst.sort(key=lambda c: -c.rel_error)
    wrong = [c.name for c in report.worst if c.status == "wrong"]
    if wrong:
        are = "is" if len(wrong) == 1 else "are"
        report.fail(f"{len(wrong)} of {counted(len(report.worst), 'element')} {are} wrong, {wrong[0]} most")
    report.calls = objective.calls
    return report


def _value(returned: object, alone: bool) -> float:
    return real("func", returned if alone else returned[0])  # type: ignore[index]


def _value_and_gradient(
    func: Callable[..., Any], grad: object, arguments: Arguments
) -> tuple[float, Structure]:
    """Return what one evaluation gives: by `func` alone, or by `func` and `grad`."""
    returned = func(*arguments.displaced())
    if grad is not None:
        value = real("func", returned)
        return value, grad(*arguments.displaced()) if callable(grad) else grad
    if not isinstance(returned, tuple | list) or len(returned) != 2:
        raise TypeError(
            f"func: expected (value, gradient), got {summary(returned)}; "
            "pass the gradient as grad= if func returns the value alone"
        )
    return real("func", returned[0]), returned[1]


def _compared(leaf: Leaf, index: int, numeric: float, analytic: float, error: float) -> Coordinate:
    """Judge one element by a thousandth and the error of its difference."""
    tolerance = 1e-3 * max(abs(numeric), abs(analytic))
    return Coordinate(
        name=leaf.element(index),
        argument=leaf.name,
        index=tuple(int(k) for k in np.unravel_index(index, leaf.array.shape)),
        numeric=numeric,
        analytic=analytic,
        error=error,
        tolerance=tolerance,
        status="ok" if abs(analytic - numeric) <= tolerance + error else "wrong",
    )
