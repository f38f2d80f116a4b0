"""`LBFGS` by ask and tell."""

import pickle

import numpy as np
import pytest

from fastopt import LBFGS, minimize
from minimization.functions import ROSENBROCK, rosenbrock
from support import same


def test_ask_and_tell_is_minimize() -> None:
    solver = LBFGS(ROSENBROCK)
    while not solver.done:
        x = solver.ask()
        assert same(x, solver.ask())
        solver.tell(*rosenbrock(x))
    result = minimize(rosenbrock, ROSENBROCK)
    assert same(solver.x, result.x)
    assert (solver.status, solver.nit, solver.nfev, solver.message) == (
        result.status,
        result.nit,
        result.nfev,
        result.message,
    )
    for call in (solver.ask, lambda: solver.tell(1.0, np.ones(2))):
        with pytest.raises(RuntimeError, match="the solver is done: The gradient is small"):
            call()


def test_tell_is_of_a_point_that_was_asked_for() -> None:
    solver = LBFGS(ROSENBROCK)
    for _ in range(3):
        x = solver.ask()
        solver.tell(*rosenbrock(x))
        before = pickle.dumps(solver)
        for one in (solver, pickle.loads(before)):
            with pytest.raises(RuntimeError, match="tell: expected a call of ask before it"):
                one.tell(*rosenbrock(x))
        assert pickle.dumps(solver) == before


def test_a_refused_tell_changes_nothing() -> None:
    through, other = LBFGS(ROSENBROCK), LBFGS(ROSENBROCK)
    while not through.done:
        value, gradient = rosenbrock(through.ask())
        for bad in [("a", gradient), (value, np.ones(3)), (value, None)]:
            with pytest.raises((TypeError, ValueError)):
                other.tell(*bad)
        assert same(other.ask(), through.ask())
        through.tell(value, gradient)
        other.tell(value, gradient)
    assert same(through.x, other.x)


def test_who_has_the_loop_has_the_clock():
    with pytest.raises(ValueError, match="maxtime: expected none, as the loop is the caller's, got 3"):
        LBFGS([0.0], maxtime=3)
