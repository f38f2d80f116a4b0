"""What minimize does with functions, bounds and states that nobody hoped for."""

import itertools

import numpy as np
import pytest

import fastopt
from fastopt import LBFGS, Status, minimize


class Box:
    """Bounds as SciPy has them: numbers are arrays of one."""

    def __init__(self, lb, ub):
        self.lb, self.ub = np.atleast_1d(lb), np.atleast_1d(ub)


def bowl(x):
    return float(((x - 3.0) ** 2).sum()), 2.0 * (x - 3.0)


@pytest.mark.parametrize("method", ["lbfgs", "bfgs"])
def test_a_step_cut_short_by_a_kink_is_no_success(method):
    result = minimize(lambda x: (np.abs(x).sum(), np.sign(x)), [1.0, 2.3], method=method)
    assert not result.success or result.fun < 1e-6


def largest_residual(a, b, x):
    r = a @ x - b
    k = np.abs(r).argmax()
    return abs(r[k]), np.sign(r[k]) * a[k]


def sum_of_residuals(a, b, x):
    r = a @ x - b
    return np.abs(r).sum(), a.T @ np.sign(r)


def largest_affine(a, b, x):
    r = a @ x - b
    k = r.argmax()
    return r[k] + 0.05 * x @ x, a[k] + 0.1 * x


def weighted_sizes(a, b, x):
    w = np.geomspace(0.01, 10, x.size)
    return (w * np.abs(x)).sum(), w * np.sign(x)


def largest_size_on_a_bowl(a, b, x):
    k = np.abs(x).argmax()
    g = x / 10
    g[k] += np.sign(x[k])
    return np.abs(x[k]) + x @ x / 20, g


KINKS = [largest_residual, sum_of_residuals, largest_affine, weighted_sizes, largest_size_on_a_bowl]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("method", ["lbfgs", "bfgs", "gd"])
@pytest.mark.parametrize("kink", KINKS)
def test_kinks_are_no_success(kink, method, dtype):
    """From anywhere, from the end of another run, by any test; and the value of these is not without end."""
    for n, seed, far in itertools.product((2, 10, 50), (1, 2), (1, 1e3)):
        rng = np.random.default_rng((seed, n))
        a, b = rng.standard_normal((2 * n + 1, n)), rng.standard_normal(2 * n + 1)

        def fun(x, a=a, b=b):
            value, gradient = kink(a, b, x.astype(float))
            return value, gradient.astype(x.dtype)

        x = (far * rng.standard_normal(n)).astype(dtype)
        for options in ({}, {"xtol": 1e-9, "ftol": 0}):
            result = minimize(fun, x, method=method, options={"maxfun": 500, **options})
            assert not result.success or np.abs(result.jac).max() <= 1e-5
            assert result.status is not Status.UNBOUNDED
            x = result.x


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
@pytest.mark.parametrize(("dtype", "far"), [("float32", 1e9), ("float32", 1e12), ("float64", 1e17)])
def test_a_first_step_that_the_point_has_digits_for(dtype, far, method):
    for start in ([far, far], [far, -2 * far], [0.0, far]):
        result = minimize(bowl, np.array(start, dtype), method=method)
        assert result.status is Status.GRADIENT
        assert result.nfev <= 40


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_valley_from_afar(dtype):
    for start in ([1e9, 0.0], [1e6, 1.0], [1e9, 1e9], [1e9, -2e9], [1e4, 1e9]):
        x = np.array(start, dtype)
        result = minimize(lambda x: rosenbrock(x, dtype), x, options={"maxfun": 1000})
        assert result.fun <= 1e-6 * rosenbrock(x, dtype)[0]
        assert not (result.success and dtype == "float32") or result.fun <= 1e-6


def rosenbrock(x, dtype="float64"):
    a, b = x.astype(float)
    value = 100.0 * (b - a * a) ** 2 + (1.0 - a) ** 2
    return value, np.array([-400.0 * a * (b - a * a) - 2.0 * (1.0 - a), 200.0 * (b - a * a)]).astype(dtype)


@pytest.mark.parametrize("method", ["lbfgs", "bfgs"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("gtol", [0.1, 1.0])
def test_a_loose_tolerance_holds_where_it_ends(gtol, dtype, method):
    for a, b in ((-1.2, 1), (0, 0), (-3, -4), (5, 5), (1e-3, 2), (-50, 30), (300, 1)):
        x = np.array([a, b], dtype)
        options = {"gtol": gtol, "ftol": 0}
        result = minimize(lambda x: rosenbrock(x, dtype), x, method=method, options=options)
        assert result.status is Status.GRADIENT
        assert np.abs(rosenbrock(result.x, dtype)[1]).max() <= gtol


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


def test_armijo_ends_flat_after_two_equal_values():
    search = fastopt.line_search.armijo(lambda a: (1.0, -1.0))
    assert search.status == "flat"
    assert search.nfev <= 3


@pytest.mark.parametrize("start", [[1e-9, 2.0], [5.0, 5.0], [1e-9, 5.0], [3e-6, 4.999999]])
def test_differences_stay_inside_the_bounds(start):
    seen = []

    def fun(x):
        seen.append(x.copy())
        return float((x - 1 - np.log(x)).sum())

    result = minimize(fun, start, jac=None, bounds=(1e-9, 5.0))
    assert result.success
    assert np.allclose(result.x, 1.0, atol=1e-4)
    assert min(x.min() for x in seen) >= 1e-9
    assert max(x.max() for x in seen) <= 5.0


def test_differences_at_a_bound_have_second_order():
    for bound in ((0.0, None), (None, 0.0), (-1e-7, 1e-7)):
        result = minimize(
            lambda x: float(np.exp(x).sum()), [0.0], jac=None, bounds=bound, options={"maxiter": 0}
        )
        assert result.jac[0] == pytest.approx(1.0, abs=1e-8)


def test_a_fixed_variable_costs_no_differences():
    result = minimize(lambda x: bowl(x)[0], [1.0, 2.0], jac=None, bounds=[(1, 1), (0, 9)])
    assert np.allclose(result.x, [1.0, 3.0])
    assert result.nfev == 3 * result.njev


def test_bounds_of_one_number_are_for_all_variables():
    assert np.array_equal(minimize(bowl, [0.5, 0.5], bounds=Box(0, 1)).x, [1.0, 1.0])


@pytest.mark.parametrize("end", [np.inf, -np.inf])
def test_bounds_that_leave_no_finite_number(end):
    with pytest.raises(
        ValueError, match=r"bounds: expected finite numbers between them, got .*inf for x0\[1\]"
    ):
        minimize(bowl, [0.5, 0.5], bounds=[(0, 1), (end, end)])


@pytest.mark.parametrize("jac", ["2-point", "3-point"])
def test_scipys_names_of_differences(jac):
    assert np.allclose(fastopt.scipy_lbfgs(lambda x: bowl(x)[0], [0.0], jac=jac).x, 3.0)


def test_an_exception_that_takes_no_attributes_comes_through():
    class Frozen(Exception):
        def __setattr__(self, name, value):
            raise AttributeError(name)

    def fun(x):
        raise Frozen

    with pytest.raises(Frozen):
        minimize(fun, [1.0])


def test_a_state_of_the_wrong_types_is_named():
    solver = LBFGS([1.0, 2.0])
    for name, value in (("iterations", "x"), ("value", None), ("begun", 0.5)):
        with pytest.raises(TypeError, match=rf"state_dict\['{name}'\]: expected an? (integer|number), got"):
            solver.load_state_dict({**solver.state_dict(), name: value})
    assert solver.nfev == 0


@pytest.mark.parametrize(("iterations", "error"), [(0, ValueError), (-1, ValueError), ("a", TypeError)])
def test_a_step_takes_a_whole_number_of_iterations(iterations, error):
    params = np.zeros(2)
    with pytest.raises(error, match="iterations: expected a whole number >= 1, got"):
        LBFGS(params).step(lambda: bowl(params), iterations)


@pytest.mark.parametrize("parts", [(slice(3), slice(3)), (slice(0, 2), slice(1, 3))])
def test_parameters_that_overlap_are_refused(parts):
    a = np.zeros(3)
    params = {"a": a[parts[0]], "b": a[parts[1]]}
    with pytest.raises(ValueError, match=r"x0\['a'\]: expected memory of its own, got some of x0\['b'\]"):
        LBFGS(params).step(lambda: (0.0, params))


@pytest.mark.parametrize(("dtype", "start"), [("float32", 1e9), ("float64", 1e17)])
def test_gradient_descent_starts_from_afar(dtype, start):
    result = minimize(lambda x: (float(x @ x), 2 * x), np.array([start, -2 * start], dtype), method="gd")
    assert result.success


def test_gradient_descent_says_that_the_first_step_diverged():
    with np.errstate(over="ignore"):
        result = minimize(bowl, [1.0, 2.0], method="gd", options={"lr": 1e308})
    assert result.message.startswith("The steps diverged: value or gradient not finite after 1 of lr")
    assert np.array_equal(result.x, [1.0, 2.0])


@pytest.mark.parametrize("region", [{}, {"bounds": (-2.0, 2.0)}, {"l1": 0.01}])
def test_a_stop_at_any_evaluation_ends_at_the_best_point(region):
    def fun(x):
        a, b = x
        value = 100.0 * (b - a * a) ** 2 + (1.0 - a) ** 2
        return value, np.array([-400.0 * a * (b - a * a) - 2.0 * (1.0 - a), 200.0 * (b - a * a)])

    for count in range(1, 25):
        solver, values = LBFGS([-1.2, 1.0], **region), []
        while not solver.done and len(values) < count:
            x = solver.ask()
            value, gradient = fun(x)
            values.append(value + region.get("l1", 0.0) * np.abs(x).sum())
            solver.tell(value, gradient)
        solver.stop()
        assert solver.fun == pytest.approx(min(values), rel=1e-14)
        if not region:
            assert solver.fun == fun(solver.x)[0]
            assert np.array_equal(solver.jac, fun(solver.x)[1])


def test_a_state_without_one_of_its_vectors_is_refused():
    solver = LBFGS([-1.2, 1.0])
    for _ in range(3):
        x = solver.ask()
        solver.tell(float((x**4).sum()), 4.0 * x**3)
    state = solver.state_dict()
    for name in ("gradient", "pair 0 d", "pair 0 y", "x"):
        with pytest.raises(ValueError, match=f"state_dict: expected an entry '{name}'"):
            LBFGS([0.0, 0.0]).load_state_dict({key: state[key] for key in state if key != name})
