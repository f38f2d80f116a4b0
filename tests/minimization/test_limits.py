"""Limits of evaluations, iterations and time."""

import time

import numpy as np
import pytest

import fastopt
from fastopt import Status, minimize
from minimization.functions import ALL, ROSENBROCK, arguments, bowl, rosenbrock, rosenbrock_hess
from support import Array


def test_limits() -> None:
    for options, status, count in [
        ({"maxfun": 1}, Status.EVALUATIONS, "nfev"),
        ({"maxfun": 17}, Status.EVALUATIONS, "nfev"),
        ({"maxiter": 0}, Status.ITERATIONS, "nit"),
        ({"maxiter": 5}, Status.ITERATIONS, "nit"),
    ]:
        result = minimize(rosenbrock, ROSENBROCK, options=options)
        assert (result.status, result[count]) == (status, next(iter(options.values())))
        assert result.fun == rosenbrock(result.x)[0]
    result = minimize(rosenbrock, ROSENBROCK, options={"maxtime": 0})
    assert (result.status, result.nfev) == (Status.TIME, 1)


@pytest.mark.parametrize("method", ["lbfgs", "bfgs", "gd", "newton"])
@pytest.mark.parametrize("maxfun", [5, 14, 15, 16, 99])
def test_maxfun_holds_for_the_calls_of_differences(method, maxfun):
    calls = []

    def fun(x):
        calls.append(x)
        return rosenbrock(x)[0]

    given = {"hess": lambda x: np.eye(2)} if method == "newton" else {}
    result = minimize(fun, [-1.2, 1.0], method=method, jac=None, options={"maxfun": maxfun}, **given)
    assert maxfun - 5 < result.nfev == len(calls) <= maxfun
    assert result.status == fastopt.Status.EVALUATIONS
    assert result.message.startswith(f"{len(calls)} evaluations: maxfun allows no more, at max |g| = ")


@pytest.mark.parametrize("method", ["lbfgs", "bfgs"])
def test_maxfun_holds_where_a_search_has_found_nothing(method):
    """The next one, along steepest descent, has no evaluation left."""
    whole = minimize(rosenbrock, [-1.2, 1.0], method=method, options={"maxls": 1})
    assert whole.status is Status.NO_PROGRESS
    for maxfun in range(1, whole.nfev):
        result = minimize(rosenbrock, [-1.2, 1.0], method=method, options={"maxls": 1, "maxfun": maxfun})
        assert (result.nfev, result.status) == (maxfun, Status.EVALUATIONS)


def test_differences_that_maxfun_has_no_room_for():
    def never(x):
        raise AssertionError

    with pytest.raises(ValueError, match="maxfun: expected at least 5, for a value and differences, got 4"):
        minimize(never, [-1.2, 1.0], jac=None, options={"maxfun": 4})
    result = minimize(lambda x: bowl(x)[0], [1.0, 2.0], method="random", jac=None, options={"maxfun": 1})
    assert result.nfev == 1


def test_the_default_limit_is_of_gradients():
    """A thousand variables are 2001 calls a gradient, and maxfun is 15000."""
    x0 = np.linspace(-1.0, 1.0, 1000)
    scale = np.geomspace(1.0, 30.0, 1000)
    result = minimize(lambda x: float(x @ (scale * x)), x0, jac=None, options={"maxiter": 9, "gtol": 0.0})
    assert result.status == fastopt.Status.ITERATIONS
    assert result.nfev > 15000


@pytest.mark.parametrize("method", ALL)
def test_limits_of_every_method(method: str) -> None:
    given = arguments(method, rosenbrock_hess)
    for options, status, count in [
        ({"maxiter": 3}, Status.ITERATIONS, "nit"),
        ({"maxiter": 0}, Status.ITERATIONS, "nit"),
        ({"maxfun": 4}, Status.EVALUATIONS, "nfev"),
    ]:
        result = minimize(rosenbrock, [-1.2, 1.0], options=options, **given)
        assert result.status == status
        assert not result.success
        assert result[count] == next(iter(options.values()))
        assert result.fun == rosenbrock(result.x)[0] <= rosenbrock(np.array([-1.2, 1.0]))[0]


@pytest.mark.parametrize("method", ALL)
def test_time(method: str) -> None:
    def slow(x: Array) -> tuple[float, Array]:
        time.sleep(0.02)
        return rosenbrock(x)

    result = minimize(slow, [-1.2, 1.0], options={"maxtime": 0.05}, **arguments(method, rosenbrock_hess))
    assert result.status == Status.TIME
    assert result.nfev <= 4
    assert "maxtime = 0.05" in result.message
