"""Starts of every structure, shape and dtype."""

import copy
import math
from typing import Any

import numpy as np
import pytest

from fastopt import Status, minimize
from minimization.functions import ROSENBROCK, TO_THE_END, Evaluation, leaves, mapped, never, rosenbrock
from support import Array, same


@pytest.mark.parametrize(
    "x0", [[], np.zeros(0, np.float32), np.zeros((3, 0)), [np.zeros(0), np.zeros((0, 2))]]
)
def test_no_variable(x0: Any) -> None:
    with pytest.raises(ValueError, match="x0: expected at least one number, got none"):
        minimize(never, x0)


def test_an_empty_array_among_others() -> None:
    result = minimize(
        lambda x: ((x["a"] ** 2).sum(), {"a": 2 * x["a"], "b": x["b"]}),
        {"a": np.ones(2), "b": np.zeros((0, 3))},
    )
    assert result.x["a"] == pytest.approx(0, abs=1e-5)
    assert result.x["b"].shape == (0, 3)


def test_float32_throughout() -> None:
    def fun(x: Array) -> Evaluation:
        assert x.dtype == np.float32
        return rosenbrock(x)

    x0 = np.tile(ROSENBROCK, 20).astype(np.float32)
    result = minimize(fun, x0)
    assert result.x.dtype == result.jac.dtype == np.float32
    assert type(result.fun) is float
    assert result.success
    assert result.x == pytest.approx(1, abs=1e-2)
    exact = minimize(fun, x0, options=TO_THE_END)
    assert exact.x == pytest.approx(1, abs=1e-3)
    assert exact.nfev <= 200


def test_history_of_float32() -> None:
    x0 = np.tile(ROSENBROCK, 20)
    plain = minimize(rosenbrock, x0)
    result = minimize(rosenbrock, x0, options={"history_dtype": "float32"})
    assert result.status is Status.GRADIENT
    assert result.x.dtype == np.float64
    assert abs(result.nfev - plain.nfev) <= 10
    assert not same(result.x, plain.x)
    with pytest.raises(ValueError, match="history_dtype: expected float32 for float32 points, got float64"):
        minimize(rosenbrock, x0.astype(np.float32), options={"history_dtype": "float64"})


STRUCTURES: dict[str, Any] = {
    "array": np.zeros((2, 3)),
    "0-d array": np.array(1.0),
    "number": 1,
    "list of numbers": [1, 2.0],
    "nested lists": [[1, 2], [3, 4]],
    "list": [np.zeros(2), np.zeros((2, 2))],
    "tuple": (np.zeros(2), np.zeros(3)),
    "dict": {"w": np.zeros((2, 2)), "b": np.zeros(())},
    "of integers": np.arange(3),
    "of mixed dtypes": [np.zeros(2, np.float32), np.zeros(2)],
    "Fortran order": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
}


@pytest.mark.parametrize("x0", STRUCTURES.values(), ids=STRUCTURES)
def test_structures(x0: Any) -> None:
    before = copy.deepcopy(x0)
    whole = isinstance(x0, list) and not isinstance(x0[0], np.ndarray)
    expected = np.asarray(x0, np.float64) if whole else x0

    def fun(x: Any) -> Evaluation:
        assert type(x) is (type(expected) if isinstance(expected, dict | list | tuple) else np.ndarray)
        for entry, like in zip(leaves(x), leaves(expected), strict=True):
            assert entry.shape == np.shape(like)
            assert entry.dtype == np.float64
            assert not entry.flags.writeable
        return sum(((a - 3) ** 2).sum() for a in leaves(x)), mapped(lambda a: 2 * (a - 3), x)

    result = minimize(fun, x0)
    for structure in (result.x, result.jac):
        assert type(structure) is (
            dict
            if isinstance(x0, dict)
            else type(expected)
            if type(expected) in (list, tuple)
            else np.ndarray
        )
    for entry in leaves(result.x):
        assert entry == pytest.approx(3)
    for entry in leaves(result.jac):
        assert entry == pytest.approx(0, abs=1e-5)
    for entry, like in zip(leaves(x0), leaves(before), strict=True):
        np.testing.assert_array_equal(entry, like)


@pytest.mark.parametrize(
    ("x0", "error", "message"),
    [
        (None, TypeError, "x0: expected"),
        ("abc", TypeError, "x0: expected"),
        (np.array([1j]), TypeError, "x0: expected an array of real numbers"),
        (np.array([True]), TypeError, "x0: expected an array of real numbers"),
        ([1.0, math.nan], ValueError, r"x0: expected finite numbers, got nan for x0\[1\]"),
        (
            {"w": np.array([[1.0, math.inf]])},
            ValueError,
            r"x0: expected finite numbers, got inf for x0\['w'\]\[0, 1\]",
        ),
        ({}, ValueError, "x0: expected at least one array, got an empty dict"),
        ([[1.0, 2.0], [3.0]], TypeError, "x0: expected an array of real numbers, .* got list"),
    ],
)
def test_starts_that_are_refused(x0: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        minimize(never, x0)


@pytest.mark.parametrize("method", ["lbfgs", "bfgs", "newton", "newton-cg", "gd", "random"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_structures_by_every_method(method: str, dtype: Any) -> None:
    start = {"W": np.zeros((2, 2), dtype), "b": np.zeros(1, dtype)}
    weight = np.array([[1.0, 2.0], [3.0, 4.0]], dtype)

    def fun(params: dict[str, Array]) -> tuple[float, dict[str, Array]]:
        assert not params["W"].flags.writeable
        value = float((weight * (params["W"] - 1) ** 2).sum() + ((params["b"] + 2) ** 2).sum())
        return value, {"W": 2 * weight * (params["W"] - 1), "b": 2 * (params["b"] + 2)}

    def hess(params: dict[str, Array]) -> Array:
        assert params["b"].shape == (1,)
        return np.diag(2 * np.append(weight, 1))

    def hessp(params: dict[str, Array], v: dict[str, Array]) -> dict[str, Array]:
        assert v["W"].dtype == params["W"].dtype == dtype
        return {"W": 2 * weight * v["W"], "b": 2 * v["b"]}

    given = {"newton": {"hess": hess}, "newton-cg": {"hessp": hessp}}.get(method, {})
    result = minimize(fun, start, method=method.removesuffix("-cg"), **given)
    assert list(result.x) == ["W", "b"]
    assert result.x["W"].dtype == dtype
    assert not start["W"].any()  # left as it was
    if method == "random":
        assert result.jac is None
        assert result.fun < 1
        return
    assert result.success
    np.testing.assert_allclose(result.x["W"], 1, atol=1e-3)
    np.testing.assert_allclose(result.x["b"], -2, atol=1e-3)
    assert result.jac["W"].shape == (2, 2)
