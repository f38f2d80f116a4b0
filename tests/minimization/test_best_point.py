"""The result is the lowest point seen, wherever a run is stopped."""

import numpy as np
import pytest

from fastopt import LBFGS, Status, minimize
from fastopt.problems.standard import PROBLEMS


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
