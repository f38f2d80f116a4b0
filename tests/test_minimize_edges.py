"""What minimize does with functions, bounds and states that nobody hoped for."""

import numpy as np
import pytest

import fastopt
from fastopt import LBFGS, minimize


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


# Saved states.


def under_way(x0=(-1.2, 1.0), evaluations=6, **arguments):
    solver = LBFGS(np.array(x0), **arguments)
    for _ in range(evaluations):
        solver.tell(*rosenbrock(solver.ask()))
    assert not solver.done
    return solver


def rosenbrock(x):
    a, b = x
    value = 100.0 * (b - a * a) ** 2 + (1.0 - a) ** 2
    return value, np.array([-400.0 * a * (b - a * a) - 2.0 * (1.0 - a), 200.0 * (b - a * a)])


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
