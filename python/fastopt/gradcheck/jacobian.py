"""Checks of derivatives with many values: Jacobians, and Hessians as Jacobians of gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fastopt._common.seeds import judged_rng
from fastopt._common.trees import summary

from .checks import Seed
from .line import Floats
from .report import Report
from .run import finish, first_calls, open_arguments
from .structure import Arguments, Array, Structure
from .tolerances import Options
from .vector import (
    VectorFunction,
    check_combinations,
    check_differences_for_symmetry,
    check_symmetry,
    contracted,
    flat,
    split,
)


def check_jacobian(
    func: Callable[..., Any],
    inputs: Structure,
    *,
    jac: Callable[..., Any] | Structure | None = None,
    vjp: Callable[..., Any] | None = None,
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
    r"""Check the Jacobian of a function with many values, or its products with vectors from the left.

    Two random combinations :math:`\langle u, F(x) \rangle` of the values are checked as `gradcheck` does,
    against

    .. math:: \nabla \langle u, F \rangle = J^T u, \qquad J_{ij} = \frac{\partial F_i}{\partial x_j}

    with :math:`u` scaled by the rows of :math:`J`, so that no value hides another. Wrong columns are then
    measured entry by entry.

    Parameters
    ----------
    func : callable
        ``func(*inputs)`` returns ``(values, jacobian)``, or the values alone if `jac` or `vjp` is given.
        Values are an array of any shape; the Jacobian has their shape followed by that of the argument.
        With several arguments it is a tuple of one for each that is differentiated by.
    inputs : tuple, or a single argument
        As for `gradcheck`.
    jac : callable or structure, optional
        ``jac(*inputs)``, or the Jacobian itself.
    vjp : callable, optional
        ``vjp(*inputs, u)`` returns :math:`J^T u`, in the structure of a gradient, for `u` of the shape of the
        values: the backward pass of a layer.
    wrt, eps, atol, rtol, directions, worst, allow_kinks, promote, seed, raise_exception
        As for `gradcheck`.

    Returns
    -------
    Report
        True if the Jacobian passed.

    Raises
    ------
    GradientError
        If the Jacobian is wrong, or for another reason for which `gradcheck` raises it.
    TypeError, ValueError
        If an argument is not what it should be, or `func` does not return what it should.
    FloatingPointError
        If `inputs` or the values there are not finite.

    Examples
    --------
    >>> A = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    >>> bool(check_jacobian(lambda x: A @ x, np.ones(2), jac=A))
    True
    >>> bool(check_jacobian(lambda x: np.tanh(A @ x), np.ones(2),
    ...                     vjp=lambda x, u: A.T @ (u * (1 - np.tanh(A @ x) ** 2))))
    True
    >>> S = np.array([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0], [6.0, 7.0, 8.0]])
    >>> report = check_jacobian(lambda x: S @ x, np.ones(3), jac=S.T, raise_exception=False)
    >>> report.reason
    'x: analytic is numeric transposed'
    """
    arguments, remarks = open_arguments(func, inputs, wrt, promote)
    options = Options.checked(
        arguments.dtype,
        eps=eps,
        atol=atol,
        rtol=rtol,
        directions=directions,
        worst=worst,
        allow_kinks=allow_kinks,
    )
    report = Report("check_jacobian", remarks=remarks, rtol=options.rtol, atol=options.atol)
    if jac is not None and vjp is not None:
        raise ValueError("jac, vjp: expected one of them, got both")
    alone = jac is not None or vjp is not None

    def values(*args: Any) -> Array:
        returned = func(*args)
        if not alone and not (isinstance(returned, tuple | list) and len(returned) == 2):
            raise TypeError(
                f"func: expected (values, jacobian), got {summary(returned)}; "
                "pass jac= or vjp= if func returns the values alone"
            )
        return _real_array("func", returned if alone else returned[0])

    def jacobian(shape: tuple[int, ...]) -> list[Array] | None:
        if vjp is not None:
            return None
        args = arguments.displaced()
        given = jac(*args) if callable(jac) else func(*args)[1] if jac is None else jac
        return arguments.gradients("jac", given, lead=shape)

    def evaluate() -> tuple[Array, list[Array]]:
        found = values(*arguments.displaced())
        return found, jacobian(found.shape) or []

    found = first_calls(report, arguments, evaluate)
    if found is None:
        return finish(report, raise_exception)
    shape, entries = found[0].shape, found[1] or None

    def products(u: Floats) -> list[Array]:
        if entries is not None:
            return contracted(u, entries, arguments.leaves)
        assert vjp is not None
        return arguments.gradients("vjp", vjp(*arguments.displaced(), u.reshape(shape)))

    function = VectorFunction(
        arguments, lambda *args: values(*args).reshape(-1), shape, products, entries, "func"
    )
    check_combinations(function, report, options, judged_rng(seed))
    return finish(report, raise_exception)


def gradgradcheck(
    grad: Callable[..., Any],
    inputs: Structure,
    *,
    hvp: Callable[..., Any] | None = None,
    hessian: Callable[..., Any] | Array | None = None,
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
    r"""Check second derivatives against differences of a gradient, and that they are symmetric.

    .. math:: \langle u, H w \rangle = \lim_{h \to 0}
              \frac{\langle u, \nabla f(x + h w) \rangle - \langle u, \nabla f(x - h w) \rangle}{2h}
              = \langle w, H u \rangle

    Without `hvp` and `hessian`, the symmetry of the differences alone is checked: a gradient whose Jacobian
    is not symmetric is the gradient of no function.

    Parameters
    ----------
    grad : callable
        ``grad(*inputs)`` returns the gradient, or ``(value, gradient)`` as for `gradcheck`.
    inputs : tuple, or a single argument
        As for `gradcheck`.
    hvp : callable, optional
        ``hvp(*inputs, v)`` returns :math:`H v`; `v` and the result have the structure of the gradient.
    hessian : callable or array, optional
        ``hessian(*inputs)``, or the Hessian itself, of shape ``x.shape + x.shape``. For one array `x`.
    wrt, eps, atol, rtol, directions, worst, allow_kinks, promote, seed, raise_exception
        As for `gradcheck`.

    Returns
    -------
    Report
        True if the second derivatives passed.

    Raises
    ------
    GradientError
        If they are wrong or not symmetric, or for another reason for which `gradcheck` raises it.
    TypeError, ValueError
        If an argument is not what it should be, or a function does not return what it should.
    FloatingPointError
        If `inputs` or the gradient there are not finite.

    Examples
    --------
    >>> x = np.array([0.5, -1.0, 2.0])
    >>> bool(gradgradcheck(np.exp, x, hessian=lambda x: np.diag(np.exp(x))))
    True
    >>> bool(gradgradcheck(lambda x: x * (x @ x), x, hvp=lambda x, v: (x @ x) * v + 2 * x * (x @ v)))
    True
    >>> report = gradgradcheck(lambda x: np.roll(x, 1) * x, x, raise_exception=False)
    >>> report.reason
    'not the gradient of any function: its Jacobian is not symmetric'
    """
    arguments, remarks = open_arguments(grad, inputs, wrt, promote)
    options = Options.checked(
        arguments.dtype,
        eps=eps,
        atol=atol,
        rtol=rtol,
        directions=directions,
        worst=worst,
        allow_kinks=allow_kinks,
    )
    report = Report("gradgradcheck", remarks=remarks, rtol=options.rtol, atol=options.atol)
    if hvp is not None and hessian is not None:
        raise ValueError("hvp, hessian: expected one of them, got both")
    if hessian is not None and len(arguments.leaves) > 1:
        raise ValueError(f"hessian: expected one array as input, got {len(arguments.leaves)}; use hvp")

    def gradient(*args: Any) -> Floats:
        return flat(_gradient_of(arguments, grad(*args)))

    def entries() -> list[Array]:
        if hessian is None:
            return []
        given = hessian(*arguments.displaced()) if callable(hessian) else hessian
        return arguments.gradients("hessian", given, lead=arguments.leaves[0].array.shape)

    found = first_calls(report, arguments, lambda: (gradient(*arguments.displaced()), entries()))
    if found is None:
        return finish(report, raise_exception)
    jacobian = found[1] or None

    def products(u: Floats) -> list[Array]:
        if jacobian is not None:
            return contracted(u, jacobian, arguments.leaves)
        assert hvp is not None
        v = arguments.packed(split(u, arguments.leaves))
        return arguments.gradients("hvp", hvp(*arguments.displaced(), v))

    shape = arguments.leaves[0].array.shape if jacobian else found[0].shape
    function = VectorFunction(arguments, gradient, shape, products, jacobian, "grad")
    rng = judged_rng(seed)
    if hvp is None and hessian is None:
        check_differences_for_symmetry(function, report, options, rng)
    else:
        check_combinations(function, report, options, rng)
        check_symmetry(function, report, options, rng)
    return finish(report, raise_exception)


def _gradient_of(arguments: Arguments, returned: Any) -> list[Array]:
    """Return the gradient from what `grad` returned: it, or (value, gradient)."""
    try:
        return arguments.gradients("grad", returned)
    except (TypeError, ValueError):
        if isinstance(returned, tuple) and len(returned) == 2:
            return arguments.gradients("grad", returned[1])
        raise


def _real_array(label: str, value: Any) -> Array:
    """Return values as float64.

    Raises
    ------
    TypeError
        If they are not real numbers.
    """
    array = np.asarray(value) if isinstance(value, np.ndarray | np.generic | float | int) else None
    if array is None or array.dtype.kind not in "fiu":
        raise TypeError(f"{label}: expected an array of real numbers, got {summary(value)}")
    return array.astype(np.float64)
