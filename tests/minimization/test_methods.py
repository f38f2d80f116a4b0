"""The methods of `minimize`, side by side."""

import inspect
import itertools
import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import fastopt
from fastopt import Status, minimize
from fastopt.minimization.methods import METHODS
from fastopt.minimization.steihaug import MOST_KEPT, Products, steihaug
from fastopt.problems import standard
from support import Array, same

DESCENTS = ("lbfgs", "bfgs", "newton", "newton-cg", "gd")
"""The methods with tests for a minimum, Newton's both with Hessians and with products."""


def arguments(method: str, hess: Callable[[Any], Array] | None) -> dict[str, Any]:
    """How `minimize` is told of a method, and of the Hessian where the method wants it."""
    if method == "newton":
        return {"method": "newton", "hess": hess}
    if method == "newton-cg":
        assert hess is not None
        return {"method": "newton", "hessp": lambda x, v: hess(x) @ v}
    return {"method": method}


def rosenbrock(x: Array) -> tuple[float, Array]:
    a, b = x
    value = 100 * (b - a * a) ** 2 + (1 - a) ** 2
    return value, np.array([-400 * a * (b - a * a) - 2 * (1 - a), 200 * (b - a * a)])


def rosenbrock_hess(x: Array) -> Array:
    a, b = x
    return np.array([[1200 * a * a - 400 * b + 2, -400 * a], [-400 * a, 200]])


def bowl(x: Array) -> tuple[float, Array]:
    """A quadratic with the minimum 1 at (3, ..., 3)."""
    return 1 + float(((x - 3) ** 2).sum()), 2 * (x - 3)


def bowl_hess(x: Array) -> Array:
    return 2 * np.eye(x.size)


# Minima.


@pytest.mark.parametrize("method", DESCENTS)
@pytest.mark.parametrize(
    "name", ["rosenbrock_2", "beale", "helical_valley", "box3", "penalty1_10", "watson_6"]
)
def test_minima(method: str, name: str) -> None:
    problem = standard.PROBLEMS[name]
    options = {"maxiter": 300} if method == "gd" else {}
    result = minimize(problem.fun, problem.start, options=options, **arguments(method, problem.hess))
    value, gradient = problem.fun(result.x)
    assert result.fun == value
    assert same(result.jac, gradient)
    assert result.njev == result.nfev
    if method != "gd":  # which is slow in the valleys
        assert result.success
        assert result.fun <= min(problem.minima) + 1e-5
    assert result.fun <= problem.fun(problem.start)[0]


@pytest.mark.parametrize("method", ["bfgs", "newton-cg"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_many_variables(method: str, dtype: Any) -> None:
    scale = np.geomspace(0.3, 3, 200)

    def fun(x: Array) -> tuple[float, Array]:
        root = np.sqrt(1 + (scale * x.astype(np.float64)) ** 2)
        return float(root.sum()), (scale**2 * x / root).astype(x.dtype)

    def hess(x: Array) -> Array:
        return np.diag(scale**2 / (1 + (scale * x.astype(np.float64)) ** 2) ** 1.5)

    start = np.linspace(-3, 3, 200).astype(dtype)
    result = minimize(fun, start, options={"ftol": 0.0, "gtol": 1e-4}, **arguments(method, hess))
    assert result.status == Status.GRADIENT
    assert result.x.dtype == result.jac.dtype == dtype
    np.testing.assert_allclose(result.x, 0, atol=1e-3)


def test_newton_on_the_problems_of_more_garbow_and_hillstrom() -> None:
    """With exact Hessians, in no more evaluations than other trust regions take."""
    evaluations = 0
    for problem in standard.MORE_GARBOW_HILLSTROM:
        result = minimize(
            problem.fun, problem.start, method="newton", hess=problem.hess, options={"gtol": 1e-6}
        )
        assert np.abs(result.jac).max() <= 1e-6 * max(1, abs(result.fun)), problem.name
        assert result.success, problem.name
        assert result.nhev <= result.nfev
        evaluations += result.nfev
    assert evaluations <= 531


def test_newton_by_products_on_the_same_problems() -> None:
    evaluations = 0
    for problem in standard.MORE_GARBOW_HILLSTROM:
        result = minimize(
            problem.fun, problem.start, options={"gtol": 1e-6}, **arguments("newton-cg", problem.hess)
        )
        assert np.abs(result.jac).max() <= 1e-6 * max(1, abs(result.fun)), problem.name
        evaluations += result.nfev
    assert evaluations <= 700


@pytest.mark.parametrize("method", ["newton", "newton-cg"])
@pytest.mark.parametrize("name", ["wood_4", "chebyquad_8", "trigonometric_10"])
def test_newton_ends_where_rounding_hides_the_rest(method: str, name: str) -> None:
    problem = standard.PROBLEMS[name]
    options = {"gtol": 0.0, "ftol": 0.0, "maxiter": 1000}
    result = minimize(problem.fun, problem.start, options=options, **arguments(method, problem.hess))
    assert np.abs(result.jac).max() <= 1e-10
    assert result.status in (Status.GRADIENT, Status.ROUNDING)


def test_newton_takes_one_step_on_a_quadratic() -> None:
    problem = standard.tridia(30)  # type: ignore[attr-defined]
    h = np.array([problem.fun(e)[1] - problem.fun(np.zeros(30))[1] for e in np.eye(30)])
    result = minimize(problem.fun, problem.start, method="newton", hess=lambda x: h)
    assert (result.nit, result.nfev, result.nhev) == (1, 2, 1)
    by_products = minimize(problem.fun, problem.start, method="newton", hessp=lambda x, v: h @ v)
    assert by_products.success


@pytest.mark.parametrize("method", ["newton", "newton-cg"])
def test_newton_leaves_a_region_of_negative_curvature(method: str) -> None:
    """f = x^4 / 4 - x^2 / 2 + y^2 / 2 near its saddle, where -1 is an eigenvalue."""

    def fun(x: Array) -> tuple[float, Array]:
        return x[0] ** 4 / 4 - x[0] ** 2 / 2 + x[1] ** 2 / 2, np.array([x[0] ** 3 - x[0], x[1]])

    def hess(x: Array) -> Array:
        return np.diag([3 * x[0] ** 2 - 1, 1.0])

    result = minimize(fun, [1e-3, 1.0], **arguments(method, hess))
    assert result.success
    np.testing.assert_allclose(np.abs(result.x), [1, 0], atol=1e-5)
    assert result.fun == pytest.approx(-0.25)


def test_bfgs_is_bfgs() -> None:
    """Exact line searches on a quadratic: n iterations to the minimum, as conjugate gradients take."""
    eigenvalues = np.array([1.0, 10.0, 100.0, 1000.0])

    def fun(x: Array) -> tuple[float, Array]:
        return float(x @ (eigenvalues * x)) / 2, eigenvalues * x

    options = {"c2": 1e-6, "c1": 1e-7, "gtol": 1e-6, "ftol": 0.0, "maxls": 100}
    result = minimize(fun, np.ones(4), method="bfgs", options=options)
    assert result.status == Status.GRADIENT
    assert result.nit <= 5


def test_bfgs_learns_what_lbfgs_with_all_pairs_knows() -> None:
    """As many pairs as iterations: the same directions, up to rounding, but for the scaling of the start."""
    problem = standard.PROBLEMS["wood_100"]
    one = minimize(problem.fun, problem.start, method="bfgs", options={"maxiter": 2})
    other = minimize(problem.fun, problem.start, method="lbfgs", options={"maxiter": 2})
    np.testing.assert_allclose(one.x, other.x, rtol=1e-12)  # one pair, and its scaling
    problem = standard.PROBLEMS["wood_4"]
    full = minimize(problem.fun, problem.start, method="bfgs")
    assert full.nfev < minimize(problem.fun, problem.start, method="lbfgs").nfev


# Structures.


@pytest.mark.parametrize("method", ["lbfgs", "bfgs", "newton", "newton-cg", "gd", "random"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_structures(method: str, dtype: Any) -> None:
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


def test_args_and_differences() -> None:
    def value(x: Array, center: float) -> float:
        return float(((x - center) ** 2).sum())

    for method in ("bfgs", "gd", "newton"):
        given = {"hess": lambda x, center: 2 * np.eye(x.size)} if method == "newton" else {}
        result = minimize(value, np.zeros(3), (4.0,), method, None, **given)
        np.testing.assert_allclose(result.x, 4, atol=1e-5)
        assert "central differences" in result.message
        assert result.nfev >= 7 * result.njev
    result = minimize(value, np.zeros(3), (4.0,), "random", None, options={"maxiter": 10})
    assert result.njev == 0
    assert result.nfev == 11
    assert "differences" not in result.message


# Limits, callbacks, exceptions.


ALL = (*DESCENTS, "random")


@pytest.mark.parametrize("method", ALL)
def test_limits(method: str) -> None:
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


@pytest.mark.parametrize("method", ALL)
def test_callbacks(method: str) -> None:
    seen = []

    def callback(intermediate_result: fastopt.OptimizeResult) -> None:
        seen.append(intermediate_result)
        if len(seen) == 3:
            raise StopIteration

    result = minimize(rosenbrock, [-1.2, 1.0], callback=callback, **arguments(method, rosenbrock_hess))
    assert result.status == Status.CALLBACK
    assert [r.nit for r in seen] == [1, 2, 3]
    assert all(r.fun == rosenbrock(r.x)[0] for r in seen)
    assert all(r.status is None for r in seen)
    assert same(result.x, seen[-1].x)


@pytest.mark.parametrize("method", ALL)
@pytest.mark.parametrize("after", [0, 4])
def test_exceptions_carry_the_result(method: str, after: int) -> None:
    calls = 0

    def fun(x: Array) -> tuple[float, Array]:
        nonlocal calls
        calls += 1
        if calls > after:
            raise KeyboardInterrupt
        return rosenbrock(x)

    with pytest.raises(KeyboardInterrupt) as caught:
        minimize(fun, [-1.2, 1.0], **arguments(method, rosenbrock_hess))
    result = caught.value.result  # type: ignore[attr-defined]
    assert result.status == Status.INTERRUPTED
    if after:
        assert result.fun == rosenbrock(result.x)[0]
    else:
        assert math.isnan(result.fun)


def test_an_exception_of_the_hessian() -> None:
    def hess(x: Array) -> Array:
        raise ZeroDivisionError("of hess")

    with pytest.raises(ZeroDivisionError, match="of hess") as caught:
        minimize(rosenbrock, [-1.2, 1.0], method="newton", hess=hess)
    assert caught.value.result.nhev == 1  # type: ignore[attr-defined]


# What is not finite.


@pytest.mark.parametrize("method", ALL)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_start_that_is_not_finite(method: str, value: float) -> None:
    result = minimize(lambda x: (value, 0 * x), np.ones(2), **arguments(method, bowl_hess))
    assert result.status == Status.NOT_FINITE
    assert (result.nit, result.nfev) == (0, 1)
    assert "at the start is not finite" in result.message


@pytest.mark.parametrize("method", ALL)
def test_trials_that_are_not_finite_are_refused(method: str) -> None:
    """-log x + x: NaN, or -infinity, where x <= 0."""
    for outside in (math.nan, -math.inf):

        def fun(x: Array) -> tuple[float, Array]:
            if not (x > 0).all():
                return outside, np.full_like(x, math.nan)  # noqa: B023
            return float((x - np.log(x)).sum()), 1 - 1 / x

        result = minimize(fun, [5.0, 0.1], **arguments(method, lambda x: np.diag(1 / x**2)))
        assert result.success or method == "random"
        np.testing.assert_allclose(result.x, 1, atol=0.1 if method == "random" else 1e-4)


@pytest.mark.parametrize("method", ["newton", "newton-cg"])
def test_hessians_that_are_not_finite(method: str) -> None:
    result = minimize(bowl, np.zeros(2), **arguments(method, lambda x: np.full((2, 2), math.nan)))
    assert result.status == Status.NOT_FINITE
    assert result.message.startswith("The Hessian at the start is not finite")
    assert (result.fun, result.nhev) == (19.0, 1)

    def partly(x: Array) -> Array:
        return bowl_hess(x) if x[0] < 2 else np.full((2, 2), math.nan)

    beyond = minimize(bowl, np.zeros(2), **arguments(method, partly))
    assert beyond.success  # the minimum itself needs no Hessian
    short = minimize(
        rosenbrock,
        [-1.2, 1.0],
        **arguments(method, lambda x: rosenbrock_hess(x) * (1 if x[0] < 0.5 else math.nan)),
    )
    assert short.status in (Status.NO_PROGRESS, Status.ROUNDING)  # the minimum is beyond
    assert 0.49 < short.x[0] < 0.5
    assert short.fun < 0.26


@pytest.mark.parametrize("method", ["newton", "newton-cg", "gd"])
def test_small_steps_towards_a_wall_are_no_success(method: str) -> None:
    """The value falls up to where it ceases to be finite, and steps there get as small as one likes."""

    def fun(x: Array) -> tuple[float, Array]:
        return bowl(x) if x[0] <= 2 else (math.nan, x)  # 2 itself is reached in the limit

    result = minimize(fun, [0.0, 3.0], **arguments(method, bowl_hess))
    assert result.status in (Status.NO_PROGRESS, Status.ROUNDING)
    np.testing.assert_allclose(result.x, [2, 3], atol=1e-4)
    assert result.nfev <= 300


def test_a_wrong_gradient_is_no_progress() -> None:
    for method in ("lbfgs", "bfgs", "newton", "newton-cg", "gd"):
        result = minimize(lambda x: (bowl(x)[0], -bowl(x)[1]), np.zeros(2), **arguments(method, bowl_hess))
        assert result.status in (Status.NO_PROGRESS, Status.ROUNDING), method
        assert same(result.x, np.zeros(2))
        assert result.nfev <= 60


# Gradient descent.


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
            result = minimize(bowl, np.ones(2), method="gd", options={"lr": lr, "maxiter": 20})
        assert result.status == status
        assert same(result.x, np.ones(2))
        assert result.fun == 9
    assert minimize(bowl, np.ones(2), method="gd", options={"lr": 0.9}).success
    short = minimize(bowl, np.ones(2), method="gd", options={"lr": 1e-20})
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
        lambda x: (scale * bowl(x)[0], scale * bowl(x)[1]),
        np.zeros(2),
        method="gd",
        options={"gtol": 1e-6 * scale, "ftol": 0.0},
    )
    np.testing.assert_allclose(result.x, 3, atol=1e-6)


# Random search.


def test_random_search_is_the_formula() -> None:
    rng = np.random.default_rng(7)
    best, value = np.array([-1.2, 1.0]), 24.2
    for _ in range(300):
        trial = best + 0.3 * rng.standard_normal(2)
        if rosenbrock(trial)[0] < value:
            best, value = trial, rosenbrock(trial)[0]
    options = {"seed": 7, "step": 0.3, "maxiter": 300}
    result = minimize(rosenbrock, [-1.2, 1.0], method="random", options=options)
    assert same(result.x, best)
    assert (result.nit, result.nfev, result.njev) == (300, 301, 0)
    options["seed"] = np.random.default_rng(7)  # type: ignore[assignment]
    assert same(minimize(rosenbrock, [-1.2, 1.0], method="random", options=options).x, best)
    assert "nhev" not in result
    assert result.jac is None
    assert "f = " in result.message


def test_random_search_with_values_alone() -> None:
    given: dict[str, Any] = {"method": "random", "options": {"maxiter": 100}}
    both = minimize(rosenbrock, [-1.2, 1.0], **given)
    for jac in (True, None, False, lambda x: 1 / 0):
        alone = minimize(lambda x: rosenbrock(x)[0], [-1.2, 1.0], jac=jac, **given)
        assert same(alone.x, both.x)


def test_random_search_within_bounds() -> None:
    seen = []

    def fun(x: Array) -> float:
        seen.append(x)
        return bowl(x)[0]

    options = {"maxiter": 400}
    result = minimize(fun, [0.0, 0.0], method="random", bounds=[(-1, 2), (0, 8)], options=options)
    points = np.array(seen[1:])
    assert (points >= [-1, 0]).all()
    assert (points <= [2, 8]).all()
    np.testing.assert_allclose(points.mean(axis=0), [0.5, 4], atol=0.5)
    np.testing.assert_allclose(points.std(axis=0), np.array([3, 8]) / 12**0.5, rtol=0.1)
    np.testing.assert_allclose(result.x, [2, 3], atol=0.5)

    seen.clear()
    given = {"bounds": (None, 2), "options": {"maxiter": 400, "step": 0.5}}
    result = minimize(fun, [0.0, 0.0], method="random", **given)
    assert np.max(seen) == 2
    np.testing.assert_allclose(result.x, 2, atol=1e-2)
    with pytest.raises(ValueError, match=r"bounds: expected finite bounds .* got -inf for x0\[0\]"):
        minimize(fun, [0.0, 0.0], method="random", bounds=(None, 2))


# Arguments.


def zero(x: Array) -> tuple[float, Array]:
    raise AssertionError("called")


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (
            {"method": "cg"},
            ValueError,
            "method: expected 'lbfgs', 'bfgs', 'newton', 'gd' or 'random', got 'cg'",
        ),
        ({"method": 3}, ValueError, "method: expected .* got 3"),
        ({"method": "newton"}, ValueError, "hess, hessp: expected one of them for method 'newton', got none"),
        (
            {"method": "newton", "hess": bowl_hess, "hessp": bowl_hess},
            ValueError,
            "hess, hessp: expected one of them for method 'newton', got both",
        ),
        ({"method": "newton", "hess": "2-point"}, TypeError, "hess: expected a function or None, got str"),
        (
            {"method": "bfgs", "hess": bowl_hess},
            ValueError,
            "hess: expected none for method 'bfgs', only for 'newton'",
        ),
        ({"hessp": bowl_hess}, ValueError, "hessp: expected none for method 'lbfgs', only for 'newton'"),
        (
            {"method": "bfgs", "bounds": (0, 1)},
            ValueError,
            "bounds: expected none .* only for 'lbfgs' or 'random'",
        ),
        (
            {"method": "gd", "l1": 0.1},
            ValueError,
            "l1: expected none for method 'gd', only for 'lbfgs', got 0.1",
        ),
        ({"method": "random", "l1": np.ones(2)}, ValueError, "l1: .* got float64 of shape"),
        (
            {"method": "bfgs", "options": {"memory": 3}},
            ValueError,
            "options: expected some of .*maxls.* for method 'bfgs', got 'memory', an option of 'lbfgs'",
        ),
        (
            {"options": {"lr": 3}},
            ValueError,
            "options: .* for method 'lbfgs', got 'lr', an option of 'gd'",
        ),
        (
            {"method": "random", "options": {"gtol": 3}},
            ValueError,
            "for method 'random', got 'gtol', an option of 'lbfgs', 'bfgs', 'newton' and 'gd'",
        ),
        ({"method": "gd", "options": {"speed": 3}}, ValueError, "options: expected some of .*, got 'speed'"),
        ({"method": "gd", "options": [1]}, TypeError, "options: expected a dict, got list"),
        ({"method": "random", "tol": 1e-3}, ValueError, "tol: expected None"),
        ({"method": "gd", "options": {"lr": 0}}, ValueError, "lr: expected a finite number > 0, got 0"),
        ({"method": "gd", "options": {"lr": -1}}, ValueError, "lr: expected a finite number >= 0, got -1"),
        ({"method": "gd", "options": {"c1": 1.0}}, ValueError, r"c1: expected a number in \[0, 1\)"),
        ({"method": "random", "options": {"seed": -1}}, ValueError, "seed: expected an integer >= 0"),
        ({"method": "random", "options": {"step": "1"}}, TypeError, "step: expected a finite number >= 0"),
        ({"method": "random", "options": {"maxiter": 0.5}}, TypeError, "maxiter: expected a whole number"),
        ({"method": "bfgs", "x0": []}, ValueError, "x0: expected at least one number, got none"),
        (
            {"method": "gd", "x0": [1.0, math.nan]},
            ValueError,
            r"x0: expected finite numbers, got nan for x0\[1\]",
        ),
    ],
)
def test_wrong_arguments(given: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        minimize(zero, **{"x0": np.ones(2), **given})


@pytest.mark.parametrize(
    ("hess", "error", "message"),
    [
        (
            lambda x: np.ones(2),
            ValueError,
            r"the Hessian from hess: expected shape \(2, 2\) .* got shape \(2,\)",
        ),
        (
            lambda x: np.ones((3, 3)),
            ValueError,
            r"expected shape \(2, 2\) for 2 variables, got shape \(3, 3\)",
        ),
        (lambda x: None, TypeError, "the Hessian from hess: expected an array of real numbers"),
        (lambda x: np.eye(2) * 1j, TypeError, "the Hessian from hess: .* got complex128"),
    ],
)
def test_wrong_hessians(hess: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        minimize(bowl, np.zeros(2), method="newton", hess=hess)
    assert caught.value.result.fun == 19  # type: ignore[attr-defined]


def test_wrong_products() -> None:
    with pytest.raises(ValueError, match=r"the product from hessp: expected shape \(2,\)"):
        minimize(bowl, np.zeros(2), method="newton", hessp=lambda x, v: np.ones(3))


def test_whole_numbers_and_lists_are_hessians_too() -> None:
    assert minimize(bowl, np.zeros(2), method="newton", hess=lambda x: [[2, 0], [0, 2]]).nit == 1
    assert minimize(bowl, np.zeros(2), method="newton", hess=lambda x: np.eye(2, dtype=np.float32)).success


def test_each_method_is_documented() -> None:
    text = inspect.getdoc(minimize) or ""
    for method, kind in METHODS.items():
        assert f'``"{method}"``' in text
        for name in kind.options.names():
            assert f"`{name}`" in text, name
    for name in inspect.signature(minimize).parameters:
        assert f"\n{name} : " in text, name


# Conjugate gradients.


@pytest.mark.parametrize("radius", [math.inf, 1.0, 1e-3])
@pytest.mark.parametrize("least", [-2.0, 0.0, 0.5])
def test_steihaug(radius: float, least: float) -> None:
    rng = np.random.default_rng(3)
    q, _ = np.linalg.qr(rng.standard_normal((12, 12)))
    h = (q * np.linspace(least, 5, 12)) @ q.T
    g = rng.standard_normal(12)
    p, predicted = steihaug(g, lambda k, d: h @ d, radius, 1e-9)
    length = np.linalg.norm(p)
    assert predicted == pytest.approx(-(g @ p + p @ h @ p / 2), rel=1e-9)
    assert length <= radius * (1 + 1e-12)
    along = min(np.linalg.norm(g) ** 3 / abs(g @ h @ g), radius) * g / np.linalg.norm(g)
    assert predicted >= (g @ along - along @ h @ along / 2) * (1 - 1e-9)  # Cauchy's point
    if length < radius * (1 - 1e-9) and least > 0:
        np.testing.assert_allclose(p, np.linalg.solve(h, -g), rtol=1e-6)
    if least < 0 and radius < math.inf:
        assert length == pytest.approx(radius)


def test_steihaug_without_curvature() -> None:
    g = np.array([3.0, -4.0])
    for radius, length in ((math.inf, 5.0), (2.0, 2.0)):
        p, predicted = steihaug(g, lambda k, d: 0 * d, radius, 1e-9)
        np.testing.assert_allclose(p, -g * length / 5)
        assert predicted == pytest.approx(5 * length)


def test_newton_asks_for_no_product_twice() -> None:
    """Where a step is refused the path of conjugate gradients is the same, and ends sooner."""
    refused = 0
    for name in ("rosenbrock_2", "helical_valley", "biggs_exp6", "wood_4", "chebyquad_8"):
        problem, seen = standard.PROBLEMS[name], []

        def hessp(x: Array, v: Array) -> Array:
            seen.append((x.tobytes(), v.tobytes()))  # noqa: B023
            return problem.hess(x) @ v  # type: ignore[misc]  # noqa: B023

        result = minimize(problem.fun, problem.start, method="newton", hessp=hessp)
        assert result.nhev == len(seen) == len(set(seen))
        refused += result.nfev - 1 - result.nit
    assert refused >= 5


def test_products_beyond_those_that_are_kept() -> None:
    """They are computed again, to the same step."""
    n = 2 * MOST_KEPT
    h, g = np.diag(np.geomspace(1, 1e6, n)), np.ones(n)
    computed = []

    def product(v: Array) -> Array:
        computed.append(v)
        return h @ v

    products = Products(product)
    first = steihaug(g, products, math.inf, 1e-6)
    path = len(computed)
    assert path > MOST_KEPT
    again = steihaug(g, products, math.inf, 1e-6)
    assert same(first[0], again[0])
    assert len(computed) - path == path - MOST_KEPT
    computed.clear()
    steihaug(g, products, 1e-3, 1e-6)
    assert not computed
