"""Gradient descent, by fixed steps and by line searches."""

import itertools

import numpy as np
import pytest

from fastopt import Status, minimize
from minimization.functions import bowl, raised_bowl, rosenbrock
from support import Array, same


@pytest.mark.parametrize(
    ("fun", "x0", "at"),
    [
        (lambda x: (float(((x - 3) ** 2).sum()), 2 * (x - 3)), [3.5], [3.0]),
        (lambda x: (float(np.cosh(x).sum()), np.sinh(x)), [0.5], [0.0]),
        (lambda x: (50 * float(x @ x), 100 * x), [0.5, 0.0], [0.0, 0.0]),
    ],
)
def test_gradient_descent_goes_back_from_an_equal_value_beyond_the_minimum(fun, x0, at):
    result = minimize(fun, x0, method="gd")
    assert result.success
    assert np.allclose(result.x, at, atol=1e-5)


@pytest.mark.parametrize(("dtype", "start"), [("float32", 1e9), ("float64", 1e17)])
def test_gradient_descent_starts_from_afar(dtype, start):
    result = minimize(lambda x: (float(x @ x), 2 * x), np.array([start, -2 * start], dtype), method="gd")
    assert result.success


def test_gradient_descent_says_that_the_first_step_diverged():
    with np.errstate(over="ignore"):
        result = minimize(bowl, [1.0, 2.0], method="gd", options={"lr": 1e308})
    assert result.message.startswith("The steps diverged: value or gradient not finite after 1 step of lr")
    assert np.array_equal(result.x, [1.0, 2.0])


def test_fixed_steps_are_the_formula() -> None:
    x = np.array([-1.2, 1.0])
    path = [x]
    for _ in range(5):
        x = x - 1e-3 * rosenbrock(x)[1]
        path.append(x)
    seen: list[Array] = []
    options = {"lr": 1e-3, "maxiter": 5}
    result = minimize(rosenbrock, path[0], method="gd", callback=seen.append, options=options)
    assert all(map(same, seen, path[1:]))
    assert result.nfev == 6


def test_a_fixed_step_may_rise_and_the_best_point_is_returned() -> None:
    for lr, status in ((1.1, Status.ITERATIONS), (1e200, Status.NOT_FINITE), (1.0, Status.ITERATIONS)):
        with np.errstate(over="ignore"):
            result = minimize(raised_bowl, np.ones(2), method="gd", options={"lr": lr, "maxiter": 20})
        assert result.status == status
        assert same(result.x, np.ones(2))
        assert result.fun == 9
    assert minimize(raised_bowl, np.ones(2), method="gd", options={"lr": 0.9}).success
    short = minimize(raised_bowl, np.ones(2), method="gd", options={"lr": 1e-20})
    assert (short.status, short.nfev) == (Status.ROUNDING, 1)
    with np.errstate(over="ignore", invalid="ignore"):
        steep = minimize(rosenbrock, [-1.2, 1.0], method="gd", options={"lr": 0.1})
    assert steep.status == Status.NOT_FINITE
    assert "diverged" in steep.message
    assert "lr = 0.1" in steep.message


def test_line_searches_of_gradient_descent_meet_armijos_condition() -> None:
    path = [np.array([-1.2, 1.0])]
    result = minimize(rosenbrock, path[0], method="gd", callback=path.append, options={"maxiter": 200})
    assert result.nfev <= 320
    for x, after in itertools.pairwise(path):
        value, gradient = rosenbrock(x)
        alpha = np.linalg.norm(after - x) / np.linalg.norm(gradient)
        np.testing.assert_allclose(after, x - alpha * gradient, rtol=1e-12, atol=1e-14)
        assert rosenbrock(after)[0] <= value - 0.99e-4 * alpha * (gradient @ gradient)


@pytest.mark.parametrize("scale", [1e-150, 1e-3, 1e150])
def test_gradient_descent_at_any_scale(scale: float) -> None:
    result = minimize(
        lambda x: (scale * raised_bowl(x)[0], scale * raised_bowl(x)[1]),
        np.zeros(2),
        method="gd",
        options={"gtol": 1e-6 * scale, "ftol": 0.0},
    )
    np.testing.assert_allclose(result.x, 3, atol=1e-6)
