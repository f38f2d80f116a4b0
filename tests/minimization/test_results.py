"""Results, statuses and warnings: what they say, and of which line."""

import json
import pickle

import numpy as np
import pytest

import fastopt
from fastopt import LBFGS, Status, minimize
from minimization.functions import ROSENBROCK, bowl, rosenbrock


def test_the_result() -> None:
    result = minimize(rosenbrock, ROSENBROCK)
    assert result["x"] is result.x
    assert "\nmessage: 'The gradient is small: max |g| = " in repr(result)
    assert {"x", "fun", "jac", "nit", "nfev", "njev", "success", "status", "message"} <= set(dir(result))
    with pytest.raises(AttributeError, match="hess"):
        _ = result.hess


@pytest.mark.parametrize(
    ("spec", "text"),
    [("", "DECREASE"), ("s", "DECREASE"), (">10", "  DECREASE"), ("d", "1"), ("03d", "001"), (".1f", "1.0")],
)
def test_a_status_is_written_as_its_name(spec: str, text: str) -> None:
    status = Status.DECREASE
    assert format(status, spec) == text
    assert f"{status} {status!s}" == str(status) + " DECREASE" == "DECREASE DECREASE"
    assert "%s %d" % (status, status) == "DECREASE 1"  # noqa: UP031
    assert repr(status) == "<Status.DECREASE: 1>"
    assert (int(status), status == 1, status + 1, np.array([status]).tolist()) == (1, True, 2, [1])
    assert json.dumps(status) == "1"
    assert Status(1) is pickle.loads(pickle.dumps(status)) is status


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
