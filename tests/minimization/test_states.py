"""Saved solvers: resumed bit for bit, and judged before they are loaded."""

import copy
import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import fastopt
from fastopt import LBFGS
from minimization.functions import ROSENBROCK, Evaluation, rosenbrock
from support import Array, same


def with_walls(x: Array) -> Evaluation:
    value, gradient = rosenbrock(x)
    return (math.nan, gradient) if x[0] > 0.2 and x[1] < 0 else (value, gradient)


@pytest.mark.parametrize("fun", [rosenbrock, with_walls])
@pytest.mark.parametrize("options", [{}, {"memory": 3, "history_dtype": "float32"}])
def test_saved_between_any_two_evaluations(
    fun: Callable[[Array], Evaluation], options: dict[str, Any]
) -> None:
    x0 = np.tile(ROSENBROCK, 3) + np.linspace(0, 1, 6)
    through, saved = LBFGS(x0, **options), LBFGS(x0, **options)
    copied = LBFGS(x0, **options)
    while not through.done:
        saved = pickle.loads(pickle.dumps(saved))
        state, copied = copied.state_dict(), LBFGS(x0, **options)
        copied.load_state_dict(state)
        for solver in (saved, copied):
            assert same(solver.ask(), through.ask())
            assert same(solver.x, through.x)
        for solver in (through, saved, copied):
            solver.tell(*fun(solver.ask()))
    for solver in (saved, copied, copy.deepcopy(through)):
        assert repr(solver.result()) == repr(through.result())
        assert same(solver.x, through.x)
    assert through.nit > 10


@pytest.mark.parametrize("region", [{"l1": 0.1}, {"bounds": (-0.5, 0.8)}])
def test_saved_within_a_region(region: dict[str, Any]) -> None:
    through, saved = LBFGS(ROSENBROCK.clip(-0.5, 0.8), **region), LBFGS(ROSENBROCK.clip(-0.5, 0.8), **region)
    while not through.done:
        saved = pickle.loads(pickle.dumps(saved))
        assert same(saved.ask(), through.ask())
        for solver in (through, saved):
            solver.tell(*rosenbrock(solver.ask()))
    assert same(saved.x, through.x)
    assert through.status.success  # type: ignore[union-attr]


def test_states_that_are_refused() -> None:
    solver = LBFGS(ROSENBROCK)
    solver.tell(*rosenbrock(solver.ask()))
    state = solver.state_dict()
    for bad, error in [
        (3, TypeError),
        ({}, TypeError),
        ({**state, "method": "adam"}, TypeError),
        ({key: value for key, value in state.items() if key != "x"}, ValueError),
        ({**state, "x": np.ones(3)}, ValueError),
        ({**state, "x": np.ones(2, np.float32)}, ValueError),
    ]:
        before = solver.ask().copy()
        with pytest.raises(error, match="state_dict"):
            solver.load_state_dict(bad)  # type: ignore[arg-type]
        assert same(solver.ask(), before)


def test_a_state_of_the_wrong_types_is_named():
    solver = LBFGS([1.0, 2.0])
    for name, value in (("iterations", "x"), ("value", None), ("begun", 0.5)):
        with pytest.raises(TypeError, match=rf"state_dict\['{name}'\]: expected an? (integer|number), got"):
            solver.load_state_dict({**solver.state_dict(), name: value})
    assert solver.nfev == 0


def test_a_state_without_one_of_its_vectors_is_refused():
    solver = LBFGS([-1.2, 1.0])
    for _ in range(3):
        x = solver.ask()
        solver.tell(float((x**4).sum()), 4.0 * x**3)
    state = solver.state_dict()
    for name in ("gradient", "pair 0 d", "pair 0 y", "x"):
        with pytest.raises(ValueError, match=f"state_dict: expected an entry '{name}'"):
            LBFGS([0.0, 0.0]).load_state_dict({key: state[key] for key in state if key != name})


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
