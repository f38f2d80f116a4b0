"""Where a descent ends, and whether it says that this is a minimum."""

import math
from typing import Any

import numpy as np
import pytest

from fastopt import Status, minimize
from fastopt.problems.standard import PROBLEMS
from minimization.functions import (
    ROSENBROCK,
    TO_THE_END,
    Evaluation,
    Recorder,
    arguments,
    bowl_hess,
    raised_bowl,
    rosenbrock,
    rosenbrock_in_double,
)
from support import Array, same

ENDS = [
    "rosenbrock_2",
    "wood_4",
    "helical_valley",
    "beale",
    "box3",
    "bard",
    "biggs_exp6",
    "brown_dennis",
    "jennrich_sampson",
    "kowalik_osborne",
    "osborne1",
    "osborne2",
    "penalty1_100",
    "penalty1_1000",
    "penalty2_100",
    "engval1_50",
    "edensch_1000",
    "schmvett_1000",
    "linear_rank1_100",
    "broyden_tridiagonal_10",
    "vardim_100",
    "chebyquad_8",
    "freuroth_1000",
    "bdqrtic_100",
]


@pytest.mark.parametrize("name", ENDS)
def test_the_end_of_digits(name: str) -> None:
    """With no tolerance at all it goes on until rounding errors stop it, and not much further."""
    fun = Recorder(PROBLEMS[name])
    result = minimize(fun, fun.problem.start, options={**TO_THE_END, "maxfun": 3000})
    assert result.status in (Status.GRADIENT, Status.ROUNDING, Status.NO_PROGRESS)
    assert result.success == (np.abs(result.jac).max() == 0)
    best = int(np.nanargmin(fun.steepness))
    assert fun.steepness[best] <= 1e-5 * max(1, abs(result.fun))
    assert result.nfev - best <= 80
    assert result.fun == pytest.approx(min(fun.values), rel=1e-13, abs=0)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("gradient", [math.nan, 0.0])
def test_a_descent_towards_a_wall(value: float, gradient: float) -> None:
    """The least value lies before a wall: it gets there, and does not say that it is a minimum."""
    seen = []

    def fun(x: Array) -> Evaluation:
        seen.append(float(x[0]))
        return (x[0], np.ones(1)) if x[0] >= 1 else (value, np.full(1, gradient))

    result = minimize(fun, [3.0])
    assert result.status in (Status.NO_PROGRESS, Status.ROUNDING)
    assert result.x == pytest.approx(1)
    assert result.fun >= 1
    assert len(seen) <= 100


@pytest.mark.parametrize("options", [{}, TO_THE_END])
@pytest.mark.parametrize("shift", [0.0, 1.0])
@pytest.mark.parametrize("wrong", [-1.0, np.array([1.0, -1.0])], ids=["sign", "one sign"])
def test_a_wrong_gradient_is_no_success(wrong: Any, shift: float, options: dict[str, Any]) -> None:
    def fun(x: Array) -> Evaluation:
        return shift + x @ x, wrong * 2 * x

    result = minimize(fun, [1.0, 1.0], options=options)
    assert result.status is Status.NO_PROGRESS
    assert result.nfev <= 100
    assert "gradient that does not fit" in result.message


def test_a_constant() -> None:
    result = minimize(lambda x: (3.0, np.zeros_like(x)), [1.0, 2.0])
    assert (result.status, result.nfev, result.nit, result.fun) == (Status.GRADIENT, 1, 0, 3.0)


@pytest.mark.parametrize("power", [1, 2, 3])
def test_no_least_value(power: int) -> None:
    """Down and down: the evaluations end, and it is no success."""

    def fun(x: Array) -> Evaluation:
        with np.errstate(over="ignore"):
            return -(x[0] ** power), -power * x ** (power - 1)

    result = minimize(fun, [1.0], options={"maxfun": 500})
    assert not result.success
    assert result.fun < -1e15
    assert np.isfinite(result.fun)


def test_tolerances() -> None:
    assert minimize(rosenbrock, ROSENBROCK, tol=1e-2).nfev < minimize(rosenbrock, ROSENBROCK, tol=1e-9).nfev
    loose = minimize(rosenbrock, ROSENBROCK, options={"gtol": 0, "ftol": 0.1})
    assert loose.status is Status.DECREASE
    assert loose.fun > 1e-15
    short = minimize(rosenbrock, ROSENBROCK, options={"gtol": 0, "ftol": 0, "xtol": 1e-3})
    assert short.status is Status.STEP


@pytest.mark.parametrize("offset", [1.0, 1e4, 1e8, -1e8])
@pytest.mark.parametrize("condition", [1.0, 1e4])
def test_a_value_that_hides_the_minimum_is_a_success(offset, condition):
    scales = np.geomspace(1, condition, 8)

    def fun(x):
        return offset + scales @ (x - 1) ** 2, 2 * scales * (x - 1)

    result = minimize(fun, np.full(8, 3.0), options={"gtol": 0})
    assert result.success
    assert np.abs(result.x - 1).max() <= 1e-6 * np.sqrt(abs(offset))
    assert result.nfev <= 80


@pytest.mark.parametrize("method", ["lbfgs", "bfgs"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("gtol", [0.1, 1.0])
def test_a_loose_tolerance_holds_where_it_ends(gtol, dtype, method):
    for a, b in ((-1.2, 1), (0, 0), (-3, -4), (5, 5), (1e-3, 2), (-50, 30), (300, 1)):
        x = np.array([a, b], dtype)
        options = {"gtol": gtol, "ftol": 0}
        result = minimize(lambda x: rosenbrock_in_double(x), x, method=method, options=options)
        assert result.status is Status.GRADIENT
        assert np.abs(rosenbrock_in_double(result.x)[1]).max() <= gtol


@pytest.mark.parametrize("method", ["newton", "newton-cg", "gd"])
def test_small_steps_towards_a_wall_are_no_success(method: str) -> None:
    """The value falls up to where it ceases to be finite, and steps there get as small as one likes."""

    def fun(x: Array) -> tuple[float, Array]:
        return raised_bowl(x) if x[0] <= 2 else (math.nan, x)  # 2 itself is reached in the limit

    result = minimize(fun, [0.0, 3.0], **arguments(method, bowl_hess))
    assert result.status in (Status.NO_PROGRESS, Status.ROUNDING)
    np.testing.assert_allclose(result.x, [2, 3], atol=1e-4)
    assert result.nfev <= 300


def test_a_wrong_gradient_is_no_progress() -> None:
    def uphill(x: Array) -> Evaluation:
        value, gradient = raised_bowl(x)
        return value, -gradient

    for method in ("lbfgs", "bfgs", "newton", "newton-cg", "gd"):
        result = minimize(uphill, np.zeros(2), **arguments(method, bowl_hess))
        assert result.status in (Status.NO_PROGRESS, Status.ROUNDING), method
        assert same(result.x, np.zeros(2))
        assert result.nfev <= 60
