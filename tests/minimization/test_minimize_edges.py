"""What minimize does with functions, bounds and states that nobody hoped for."""

import itertools
import math

import numpy as np
import pytest

import fastopt
from fastopt import LBFGS, Status, minimize
from fastopt.problems.standard import PROBLEMS


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


@pytest.mark.parametrize(
    "bounds",
    [
        Box(0, [1.0, 4.0]),
        Box([[0.0], [-1.0]], [1.0, 4.0]),
        (0.0, [[1.0, 4.0]]),
        ([[0.0], [-1.0]], np.array([[1.0, 4.0], [1.0, 4.0]])),
        (None, np.array([[1.0, 4.0]])),
        [(0, 1), (0, 4), (0, 1), (0, 4)],
    ],
)
def test_bounds_of_a_matrix_are_broadcast(bounds):
    result = minimize(bowl, np.full((2, 2), 0.5), bounds=bounds)
    assert np.allclose(result.x, [[1.0, 3.0], [1.0, 3.0]], atol=1e-5)


def test_weights_of_a_matrix_are_broadcast():
    assert np.allclose(minimize(bowl, np.ones((2, 2)), l1=[2.0, 6.0]).x, [[2.0, 0.0], [2.0, 0.0]])


@pytest.mark.parametrize(
    ("x0", "bounds", "error", "message"),
    [
        (
            np.zeros((2, 2)),
            (np.zeros((3, 2)), 1.0),
            ValueError,
            r"bounds\[0\]: expected shape \(2, 2\), as x0, got shape \(3, 2\)",
        ),
        (
            {"a": np.zeros((2, 2))},
            (np.zeros((2, 2)), np.ones((2, 2))),
            TypeError,
            "bounds: expected a dict of 1 array, as x0, got tuple",
        ),
    ],
)
def test_arrays_that_are_no_bounds(x0, bounds, error, message):
    with pytest.raises(error, match=message):
        minimize(bowl, x0, bounds=bounds)


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
    assert result.message.startswith("The steps diverged: value or gradient not finite after 1 step of lr")
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


@pytest.mark.parametrize("saved", [False, True])
@pytest.mark.parametrize(
    ("name", "region"),
    [
        ("helical_valley", {}),
        ("logcosh_10", {}),
        ("chained_rosenbrock_10", {"l1": 0.01}),
        ("chebyquad_9", {"l1": 1.0}),
    ],
)
def test_a_lower_trial_than_that_of_the_step_is_remembered(name, region, saved):
    problem, passed = PROBLEMS[name], 0
    for count in range(1, 25):
        solver, values = LBFGS(problem.start, **region), []
        while not solver.done and len(values) < count:
            x = solver.ask()
            value, gradient = problem.fun(x)
            values.append(value + region.get("l1", 0.0) * np.abs(x).sum())
            solver.tell(value, gradient)
        if saved:
            state, solver = solver.state_dict(), LBFGS(problem.start, **region)
            solver.load_state_dict(state)
        passed += solver.stepped and solver.fun > 1.0001 * min(values)
        solver.stop()
        assert solver.fun == pytest.approx(min(values), rel=1e-13)
        value, gradient = problem.fun(solver.x)
        if not region:
            assert value == solver.fun
            assert np.array_equal(solver.jac, gradient)
    assert passed


@pytest.mark.parametrize(
    ("slope", "status", "fun"), [(1e-9, Status.GRADIENT, 6.0), (0.1, Status.CALLBACK, 5.0)]
)
def test_a_minimum_is_not_left_for_a_lower_trial(slope, status, fun):
    """The second trial is lower but steep, the third is accepted: where it is a minimum it is the result."""
    solver = LBFGS([0.0], ftol=0)
    for value, gradient in ((10.0, -1.0), (5.0, 5.0), (6.0, slope)):
        solver.ask()
        solver.tell(value, [gradient])
    assert solver.stepped
    assert solver.fun == 6.0
    solver.stop()
    assert (solver.status, solver.fun) == (status, fun)
    assert solver.jac == [5.0 if fun == 5.0 else slope]


def test_a_state_without_one_of_its_vectors_is_refused():
    solver = LBFGS([-1.2, 1.0])
    for _ in range(3):
        x = solver.ask()
        solver.tell(float((x**4).sum()), 4.0 * x**3)
    state = solver.state_dict()
    for name in ("gradient", "pair 0 d", "pair 0 y", "x"):
        with pytest.raises(ValueError, match=f"state_dict: expected an entry '{name}'"):
            LBFGS([0.0, 0.0]).load_state_dict({key: state[key] for key in state if key != name})


def test_who_has_the_loop_has_the_clock():
    with pytest.raises(ValueError, match="maxtime: expected none, as the loop is the caller's, got 3"):
        LBFGS([0.0], maxtime=3)


# Saved states.


def under_way(x0=(-1.2, 1.0), evaluations=6, **arguments):
    solver = LBFGS(np.array(x0), **arguments)
    for _ in range(evaluations):
        solver.tell(*rosenbrock(solver.ask()))
    assert not solver.done
    return solver


@pytest.mark.parametrize(
    ("name", "wrong", "error", "expected"),
    [
        ("status", 77, ValueError, "an integer from -1 to 11, got 77"),
        ("status", -2, ValueError, "an integer from -1 to 11, got -2"),
        ("iterations", -5, ValueError, "an integer >= 0, got -5"),
        ("evaluations", -5, ValueError, "an integer >= 0, got -5"),
        ("level", 2**40, ValueError, "an integer from 0 to 2147483647, got 1099511627776"),
        ("level", 2**80, TypeError, "an integer, got 1208925819614629174706176"),
        ("begun", 2, ValueError, "an integer from 0 to 1, got 2"),
        ("lowest is last", -1, ValueError, "an integer from 0 to 1, got -1"),
        ("size", -1, ValueError, "an integer from 0 to 10, got -1"),
        ("size", 11, ValueError, "an integer from 0 to 10, got 11"),
        ("search status", 7, ValueError, "an integer from 0 to 6, got 7"),
        ("search stage", 0, ValueError, "an integer from 1 to 2, got 0"),
        ("search max_evaluations", 0, ValueError, "an integer from 1 to 2147483647, got 0"),
        ("search c1", 1.5, ValueError, "a number from 0 to 1, got 1.5"),
        ("search x.step", -1.0, ValueError, "a number >= 0, got -1.0"),
        ("pair 0 dy", -1.0, ValueError, "a number >= 0, got -1.0"),
        ("steepness", -1.0, ValueError, "a number >= 0, got -1.0"),
        ("value", np.nan, ValueError, "a number, got nan"),
        ("slope", np.nan, ValueError, "a number, got nan"),
        ("slope", [1.0], TypeError, r"a number, got \[1.0\]"),
        ("pair 0 yy", np.nan, ValueError, "a number >= 0, got nan"),
        ("gradient", np.zeros(3), ValueError, r"float64 of shape \(2,\), got float64 of shape \(3,\)"),
        ("gradient", np.zeros((2, 1)), ValueError, r"float64 of shape \(2,\), got float64 of shape \(2, 1\)"),
        ("pair 0 y", np.zeros(2, np.float32), ValueError, r"float64 of shape \(2,\), got float32 of"),
        ("pair 0 d", np.zeros(2, int), TypeError, "int64"),
        ("pair 0 d", [0.0, 0.0], TypeError, "list"),
        ("x", np.array(["a", "b"]), TypeError, "float32 or float64 .*, got"),
        ("x", np.array([0.0, 9.0]), ValueError, r"a point inside the bounds, got 9.0 for x0\[1\]"),
        ("x", np.array([np.nan, 0.0]), ValueError, r"a point inside the bounds, got nan for x0\[0\]"),
        ("gradient", np.array([0.0, np.nan]), ValueError, r"finite numbers, got array\(\[ 0., nan\]\)"),
        ("pair -1 d", np.array([0.0, np.inf]), ValueError, r"finite numbers, got array\(\[ 0., inf\]\)"),
        ("pair 0 y", np.array([np.nan, 0.0]), ValueError, r"finite numbers, got array\(\[nan,  0.\]\)"),
    ],
)
def test_an_entry_that_no_solver_saves_is_named(name, wrong, error, expected):
    solver = under_way(bounds=(-5.0, 5.0))
    before = solver.state_dict()
    assert name in before
    with pytest.raises(error, match=rf"state_dict\['{name}'\]: expected .*{expected}"):
        solver.load_state_dict({**before, name: wrong})
    assert repr(solver.state_dict()) == repr(before)
    other = under_way(bounds=(-5.0, 5.0))
    while not other.done:
        assert np.array_equal(solver.ask(), other.ask())
        for each in (solver, other):
            each.tell(*rosenbrock(each.ask()))


def test_a_point_that_is_no_number():
    state = {**under_way().state_dict(), "x": np.array([0.0, np.nan])}
    with pytest.raises(ValueError, match=r"state_dict\['x'\]: expected numbers, got nan for x0\[1\]"):
        LBFGS([0.0, 0.0]).load_state_dict(state)


def test_more_pairs_than_the_solver_has_room_for():
    state = under_way(evaluations=20).state_dict()
    with pytest.raises(ValueError, match=r"state_dict\['size'\]: expected an integer from 0 to 3, got 10"):
        LBFGS([-1.2, 1.0], memory=3).load_state_dict(state)


def test_vectors_that_go_with_the_numbers():
    """The gradient of the lowest trial, and the direction of a search."""
    state = under_way().state_dict()
    del state["pair -1 d"]
    with pytest.raises(ValueError, match="state_dict: expected an entry 'pair -1 d'"):
        LBFGS([0.0, 0.0]).load_state_dict(state)
    state = {**under_way().state_dict(), "lowest step": 1.0, "lowest is last": 0}
    state.pop("other gradient", None)
    with pytest.raises(ValueError, match="state_dict: expected an entry 'other gradient'"):
        LBFGS([0.0, 0.0]).load_state_dict(state)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_solver_that_ended_at_a_start_that_is_not_finite_is_saved(value):
    solver = LBFGS([1.0, 2.0])
    solver.tell(value, np.array([np.nan, 1.0]))
    loaded = LBFGS([1.0, 2.0])
    loaded.load_state_dict(solver.state_dict())
    assert loaded.status == fastopt.Status.NOT_FINITE
    assert repr(loaded.result()) == repr(solver.result())


# Differences.


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


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("bounds", [None, (-9.0, 9.0), (-9.0, 2.0)])
def test_differences_evaluate_no_point_twice(dtype, bounds):
    seen = []

    def fun(x):
        assert x["a"].dtype == np.float64
        assert not x["a"].flags.writeable
        seen.append(x["a"].tobytes())
        return bowl(x["a"])[0]

    x0 = {"a": np.array([0.0, 2.0], dtype)}
    result = minimize(fun, x0, jac=None, bounds=bounds, options={"maxiter": 0})
    assert result.nfev == len(seen) == len(set(seen)) == 5
    assert result.njev == 1
    assert np.allclose(result.jac["a"], [-6.0, -2.0], atol=1e-6)
    assert result.jac["a"].dtype == dtype


def test_differences_beyond_the_domain_are_refused_points():
    result = minimize(lambda x: -math.sqrt(1 - x[0]), [1 - 1e-9], jac=None)
    assert result.status == fastopt.Status.NOT_FINITE
    assert minimize(lambda x: x[0] - math.log(x[0]), [0.5], jac=None).success


# No l1 at all.


@pytest.mark.parametrize("l1", [0, 0.0, None, np.float32(0), np.array(0.0), np.zeros(2), [0, 0]])
def test_weights_of_zero_are_no_l1(l1):
    free = minimize(bowl, [0.5, 0.5], bounds=(0.0, 1.0))
    result = minimize(bowl, [0.5, 0.5], bounds=(0.0, 1.0), l1=l1)
    assert np.array_equal(result.x, free.x)
    assert np.array_equal(LBFGS([0.5, 0.5], bounds=(0, 1), l1=l1).ask(), [0.5, 0.5])
    assert minimize(bowl, [0.5, 0.5], method="bfgs", l1=l1).success
    both = {"a": np.zeros(2), "b": np.zeros(1)}
    assert minimize(lambda x: (0.0, x), both, bounds=(0, 1), l1={"a": np.zeros(2), "b": 0}).success


def test_zeros_are_still_judged():
    with pytest.raises(ValueError, match=r"l1: expected shape \(2,\), as x0, got shape \(3,\)"):
        minimize(bowl, [0.5, 0.5], l1=np.zeros(3))
    with pytest.raises(ValueError, match="bounds: expected none for method 'bfgs', only for"):
        minimize(bowl, [0.5, 0.5], method="bfgs", bounds=np.zeros((2, 2)))
    with pytest.raises(ValueError, match="l1: expected none for method 'bfgs', only for 'lbfgs'"):
        minimize(bowl, [0.5, 0.5], method="bfgs", l1=np.array([0.0, 0.1]))


# Messages.


def test_one_is_singular():
    one = minimize(bowl, [0.0], options={"maxfun": 1})
    assert one.message.startswith("1 evaluation: maxfun")
    solver = LBFGS([0.0])
    solver.tell(*bowl(solver.ask()))
    solver.tell(*bowl(solver.ask()))
    assert repr(solver) == "LBFGS(1 variable, 1 iteration, 2 evaluations, running)"
    assert solver.message == "Running: 1 iteration, 2 evaluations."
    assert minimize(bowl, [0.0], options={"maxiter": 1}).message.startswith("1 iteration: maxiter")
    with pytest.warns(UserWarning, match="x0: 1 of 1 variable lies outside the bounds, and was moved"):
        moved = minimize(bowl, [3.0], bounds=(1, 2))
    assert "1 variable was moved onto them" in moved.message
    with pytest.raises(ValueError, match=r"bounds: expected 1 pair \(low, high\)"):
        minimize(bowl, [0.0], bounds=[(0, 1), (0, 1)])
    with pytest.raises(TypeError, match="expected a list of 1 array, as x0"):
        minimize(lambda x: (0.0, 1.0), [np.zeros(2)])


def test_the_result_so_far_counts_calls():
    messages = []

    def callback(intermediate_result):
        messages.append((intermediate_result.nfev, intermediate_result.message))

    minimize(lambda x: bowl(x)[0], [0.0, 0.0], jac=None, callback=callback)
    nfev, message = messages[0]
    assert nfev > 5
    assert message.startswith(f"Running: 1 iteration, {nfev} evaluations.")


# Random search.


@pytest.mark.parametrize("options", [{}, {"step": 1e308}])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_random_points_of_the_largest_box(dtype, options):
    seen = []

    def fun(x):
        seen.append(x[0])
        return float(np.tanh(float(x[0]) / 1e308))

    largest = float(np.finfo(dtype).max)
    for bounds in ((-largest, largest), (-largest, None), None):
        if bounds == (-largest, largest) or options:
            minimize(
                fun, np.zeros(1, dtype), method="random", bounds=bounds, options={"maxiter": 200, **options}
            )
    assert np.isfinite(seen).all()
    assert min(seen) < -largest / 2
    assert max(seen) > largest / 2


# What the caller owns, and where warnings point.


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
    def mapped(function, x):
        if isinstance(x, dict):
            return {key: function(a) for key, a in x.items()}
        return list(map(function, x)) if isinstance(x, list) else function(x)

    def leaves(x):
        return list(x.values()) if isinstance(x, dict) else x if isinstance(x, list) else [x]

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


def test_the_point_that_a_callback_gets_is_read_only():
    def callback(x):
        x[...] = 0.0

    with pytest.raises(ValueError, match="read-only"):
        minimize(bowl, [0.0], callback=callback)


@pytest.mark.parametrize("outside", [1, 2])
def test_the_warning_of_a_start_outside_points_here(outside):
    x0, bounds = [9.0, 9.0 if outside == 2 else 0.0], (-1.0, 1.0)
    text = {1: "1 of 2 variables lies outside the bounds, and was", 2: "2 of 2 variables lie .*, and were"}
    calls = [
        lambda: minimize(bowl, x0, bounds=bounds),
        lambda: minimize(bowl, x0, bounds=bounds, method="random", options={"maxiter": 1}),
        lambda: LBFGS(x0, bounds=bounds),
        lambda: fastopt.scipy_lbfgs(bowl, x0, jac=True, bounds=bounds),
    ]
    for call in calls:
        with pytest.warns(UserWarning, match=f"x0: {text[outside]} moved onto them") as caught:
            call()
        assert caught[0].filename == __file__
        assert caught[0].lineno == call.__code__.co_firstlineno


def test_the_warning_points_to_the_call_of_scipy():
    optimize = pytest.importorskip("scipy.optimize")
    bounds = optimize.Bounds([-1.0], [1.0])
    method = fastopt.scipy_lbfgs
    with pytest.warns(UserWarning, match="x0: 1 of 1 variable lies outside") as caught:
        result = optimize.minimize(bowl, [9.0], jac=True, method=method, bounds=bounds)
    assert any(warning.filename == __file__ for warning in caught)
    assert "1 variable was moved onto them" in result.message


@pytest.mark.parametrize(
    ("method", "hessian"),
    [
        ("gd", {}),
        ("newton", {"hess": lambda x: [[50.0]]}),
        ("newton", {"hessp": lambda x, v: 50.0 * v}),
    ],
)
def test_a_lower_trial_that_is_refused_may_be_the_best_point(method, hessian):
    """Where the slope promises more than ten thousand times as much as there is to gain."""
    for maxfun in range(1, 20):
        values = []

        def fun(x, values=values):
            t = np.tanh(1e3 * x)
            values.append(float(1e-3 * x[0] ** 2 - 1e-6 * t[0]))
            return values[-1], 2e-3 * x - (1.0 if x[0] == 0 else 1e-3 * (1 - t * t))

        result = minimize(fun, [0.0], method=method, options={"maxfun": maxfun}, **hessian)
        assert result.success or result.fun == min(values)
        assert result.fun == fun(result.x)[0]
