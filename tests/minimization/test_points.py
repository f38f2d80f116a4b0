"""Points belong to the solver while it runs, results to the caller, and functions may reuse their memory."""

from typing import Any

import numpy as np
import pytest

import fastopt
from fastopt import LBFGS, minimize
from minimization.functions import (
    DESCENTS,
    ROSENBROCK,
    Evaluation,
    arguments,
    leaves,
    mapped,
    rosenbrock,
    rosenbrock_hess,
)
from support import Array, same


def test_points_that_are_kept_stay() -> None:
    kept: list[Array] = []
    copies = []

    def fun(x: Array) -> Evaluation:
        kept.append(x)
        copies.append(x.copy())
        return rosenbrock(x)

    result = minimize(fun, ROSENBROCK, callback=kept.append)
    points = [x for x in kept if any(same(x, c) for c in copies)]
    assert len(points) == len(kept) == result.nfev + result.nit
    plain = minimize(rosenbrock, ROSENBROCK)
    assert same(plain.x, result.x)
    kept.clear()
    minimize(fun, ROSENBROCK)
    assert all(map(same, kept, copies[-len(kept) :]))
    x = result.x
    minimize(fun, ROSENBROCK)
    assert same(plain.x, x)


def test_points_are_read_only() -> None:
    def fun(x: Array) -> Evaluation:
        x += 1
        return rosenbrock(x)

    with pytest.raises(ValueError, match="read-only"):
        minimize(fun, ROSENBROCK)


def owners(x: Any) -> list[Any]:
    """Return an array and what its memory belongs to, as far as NumPy tells."""
    return [] if not isinstance(x, np.ndarray) else [x, *owners(x.base)]


def expect_frozen(x: Any) -> None:
    arrays = x if isinstance(x, list | tuple) else x.values() if isinstance(x, dict) else [x]
    for array in arrays:
        for owner in owners(array):
            assert not owner.flags.writeable
            with pytest.raises(ValueError, match="cannot set WRITEABLE"):
                owner.setflags(write=True)
            with pytest.raises(ValueError, match="cannot set WRITEABLE"):
                owner.flags.writeable = True


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("structured", [False, True])
@pytest.mark.parametrize("method", ["lbfgs", "bfgs", "gd", "newton", "random", "differences"])
def test_points_cannot_be_made_writeable(method: str, structured: bool, dtype: Any) -> None:
    x0: Any = [np.zeros((2, 1), dtype), np.zeros(1, dtype)] if structured else np.zeros(2, dtype)

    def fun(x: Any) -> Evaluation:
        expect_frozen(x)
        parts = x if structured else [x]
        value = sum(float(((part - 3) ** 2).sum()) for part in parts)
        gradients = [2 * (part - 3) for part in parts]
        return value, gradients if structured else gradients[0]

    given: dict[str, Any] = {"method": method, "callback": expect_frozen}
    if method == "newton":
        given["hess"] = lambda x: expect_frozen(x) or 2 * np.eye(3 if structured else 2)
    if method == "random":
        given["options"] = {"maxiter": 20}
    if method == "differences":
        minimize(lambda x: fun(x)[0], x0, jac=None, callback=expect_frozen)
    else:
        minimize(fun, x0, **given)


def test_points_of_solvers_cannot_be_made_writeable() -> None:
    solver = LBFGS(np.zeros((2, 1)))
    while not solver.done:
        x = solver.ask()
        expect_frozen(x)
        expect_frozen(solver.x)
        solver.tell(((x - 3) ** 2).sum(), 2 * (x - 3))
    expect_frozen(solver.x)

    def fun(X: Array, rows: Any) -> Evaluation:
        expect_frozen(X)
        expect_frozen(rows)
        return (X * X).sum(1), 2 * X

    fastopt.minimize_batch(fun, np.ones((3, 2)))


STARTS = {
    "array": np.zeros((2, 2)),
    "0-d": np.array(1.0),
    "list": [np.zeros(2), np.zeros((2, 1))],
    "dict": {"a": np.zeros(2), "b": np.zeros(1)},
}


@pytest.mark.parametrize("x0", STARTS.values(), ids=STARTS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("method", ["lbfgs", "bfgs", "gd", "newton", "random"])
def test_the_arrays_of_a_result_are_the_callers(method, dtype, x0):
    seen, kept = [], []

    def fun(x):
        seen.extend(leaves(x))
        return sum(float(((a - 1) ** 2).sum()) for a in leaves(x)), mapped(lambda a: 2 * (a - 1), x)

    def callback(intermediate_result):
        kept.append(intermediate_result)

    start = mapped(lambda a: a.astype(dtype), x0)
    size = sum(a.size for a in leaves(start))
    given = {"hess": lambda x: 2 * np.eye(size)} if method == "newton" else {}
    result = minimize(fun, start, method=method, callback=callback, options={"maxiter": 3}, **given)
    for each in [result, *kept]:
        for structure in (each.x, each.jac):
            for a in [] if structure is None else leaves(structure):
                assert a.flags.writeable
                assert a.dtype == dtype
                assert not any(np.shares_memory(a, b) for b in [*seen, *leaves(start)])
                a[...] = 7.0
    again = minimize(fun, start, method=method, options={"maxiter": 3}, **given)
    assert again.fun == result.fun


def test_kept_points_stay() -> None:
    for method in DESCENTS:
        seen: list[tuple[Array, Array]] = []

        def fun(x: Array) -> tuple[float, Array]:
            seen.append((x, x.copy()))  # noqa: B023
            return rosenbrock(x)

        minimize(fun, [-1.2, 1.0], options={"maxiter": 10}, **arguments(method, rosenbrock_hess))
        assert all(same(kept, copy) for kept, copy in seen)


@pytest.mark.parametrize("method", DESCENTS)
def test_memory_that_the_function_reuses(method: str) -> None:
    """One gradient and one Hessian, written to in place."""
    g, h = np.empty(2), np.empty((2, 2))

    def fun(x: Array) -> tuple[float, Array]:
        value, g[...] = rosenbrock(x)
        return value, g

    def hess(x: Array) -> Array:
        h[...] = rosenbrock_hess(x)
        return h

    reused = minimize(fun, [-1.2, 1.0], options={"maxiter": 30}, **arguments(method, hess))
    fresh = minimize(rosenbrock, [-1.2, 1.0], options={"maxiter": 30}, **arguments(method, rosenbrock_hess))
    assert same(reused.x, fresh.x)
    assert reused.nfev == fresh.nfev
