"""`LBFGS.step`, in a training loop: parameters in place, goes on after the end."""

import math
import pickle
from typing import Any

import numpy as np
import pytest

from fastopt import LBFGS, Status, minimize
from minimization.functions import ROSENBROCK, Evaluation, bowl, never, rosenbrock
from support import Array, same


def test_step() -> None:
    x0 = ROSENBROCK.copy()
    params = {"a": x0[:1], "b": np.array(x0[1])}
    solver = LBFGS(params)
    seen: list[float] = []

    def closure() -> tuple[float, dict[str, Array]]:
        value, gradient = rosenbrock(np.array([params["a"][0], params["b"]]))
        seen.append(value)
        return value, {"a": gradient[:1], "b": gradient[1]}

    assert solver.step(closure, iterations=3) == seen[0] == rosenbrock(ROSENBROCK)[0]
    assert solver.nit == 3
    before = solver.fun
    assert rosenbrock(np.array([params["a"][0], params["b"]]))[0] == before
    assert solver.step(closure) == before
    while not solver.done:
        solver.step(closure)
    assert params["a"] == pytest.approx(1)
    assert x0[0] == params["a"][0], "written in place"
    through = minimize(rosenbrock, ROSENBROCK)
    assert same(np.array([params["a"][0], params["b"]]), through.x)
    assert len(seen) == through.nfev


REGIONS: dict[str, dict[str, Any]] = {
    "free": {},
    "box": {"bounds": (-10.0, 10.0)},
    "l1": {"l1": 1e-3},
    "float32 pairs": {"history_dtype": "float32"},
}


def towards(target: Array, x: Array) -> Evaluation:
    return float(((x - target) ** 4).sum() + ((x - target) ** 2).sum()), 4 * (x - target) ** 3 + 2 * (
        x - target
    )


@pytest.mark.parametrize("given", REGIONS.values(), ids=REGIONS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_step_goes_on_after_the_end(dtype: Any, given: dict[str, Any]) -> None:
    x = np.zeros(3, dtype)
    solver = LBFGS(x, gtol=1e-3, **given)
    target = np.array([1.0, -2.0, 3.0], dtype)
    calls: list[float] = []

    def closure() -> Evaluation:
        value, gradient = towards(target, x)
        calls.append(value)
        return value, gradient.astype(dtype)

    solver.step(closure, iterations=100)
    assert solver.status is Status.GRADIENT
    there, evaluations, iterations = x.copy(), solver.nfev, solver.nit
    assert solver.step(closure) == solver.fun, "the same function: it is looked at, and that is all"
    assert same(x, there)
    assert (solver.status, solver.nfev, solver.nit) == (Status.GRADIENT, evaluations + 1, iterations)
    assert len(calls) == solver.nfev

    target -= 2
    before = solver.step(closure, iterations=2)
    value = towards(target, there)[0]
    assert before == pytest.approx(value + given.get("l1", 0) * np.abs(there).sum(), rel=1e-6)
    assert solver.nit == iterations + 2
    saved = solver.state_dict()
    solver.step(closure, iterations=100)
    assert x == pytest.approx(target, abs=2e-3)
    other = LBFGS(x, gtol=1e-3, **given)
    other.load_state_dict(saved)
    x[...] = other.x
    other.step(closure, iterations=100)
    assert same(x, solver.x)
    assert other.nfev == solver.nfev == len(calls) - (other.nfev - saved["evaluations"])


@pytest.mark.parametrize("limit", ["maxiter", "maxfun"])
def test_the_limits_of_steps_count_from_where_they_went_on(limit: str) -> None:
    x = ROSENBROCK.copy()
    options: dict[str, Any] = {limit: 7}
    solver = LBFGS(x, **options)
    counts = []
    for _ in range(100):
        before = solver.fun
        value = solver.step(lambda: rosenbrock(x), iterations=100)
        assert value == before or not counts
        counts.append(solver.nit if limit == "maxiter" else solver.nfev)
        if solver.status is Status.GRADIENT:
            break
    assert x == pytest.approx(1, abs=1e-4)
    assert np.diff(counts)[:-1].tolist() == [7] * (len(counts) - 2)
    assert counts[0] == 7


def test_a_step_that_fails_after_the_end_is_tried_again() -> None:
    x = np.zeros(2)
    solver = LBFGS(x)
    solver.step(lambda: towards(np.ones(2), x), iterations=100)
    there = x.copy()
    with pytest.raises(ZeroDivisionError):
        solver.step(lambda: (1 / 0, x))
    assert same(x, there)
    copied = pickle.loads(pickle.dumps(solver))
    assert same(copied.x, there)
    assert solver.step(lambda: towards(np.zeros(2), x), iterations=100) == towards(np.zeros(2), there)[0]
    assert x == pytest.approx(0, abs=1e-4)
    assert solver.step(lambda: (math.nan, np.zeros(2))) is not None
    assert solver.status is Status.NOT_FINITE
    solver.step(lambda: towards(np.ones(2), x), iterations=100)
    assert x == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("calls", [1, 2, 8])
def test_step_leaves_the_best_point(calls: int) -> None:
    x = ROSENBROCK.copy()
    solver = LBFGS(x)
    values: list[float] = []

    def closure() -> Evaluation:
        if len(values) == calls - 1:
            raise KeyboardInterrupt
        value, gradient = rosenbrock(x)
        values.append(value)
        return value, gradient

    with pytest.raises(KeyboardInterrupt):
        solver.step(closure)
    assert same(x, solver.x)
    assert rosenbrock(x)[0] == min(values, default=rosenbrock(ROSENBROCK)[0])
    through = minimize(rosenbrock, ROSENBROCK)
    values.extend([math.inf] * 1000)
    while not solver.done:  # and goes on from there
        solver.step(closure)
    assert same(x, through.x)


def test_what_step_refuses() -> None:
    def solver_of(x: Any) -> LBFGS:
        return LBFGS(x)

    frozen = ROSENBROCK.copy()
    frozen.setflags(write=False)
    with pytest.raises(ValueError, match="x0: expected a writeable array, got a read-only one"):
        solver_of(frozen).step(never)
    with pytest.raises(TypeError, match="x0: expected a float64 array that step can write to, got"):
        solver_of([1.0, 2.0]).step(never)
    with pytest.raises(TypeError, match="x0: expected a float64 array that step can write to, got"):
        solver_of(np.array([1, 2])).step(never)
    with pytest.raises(TypeError, match="closure: expected a function, got int"):
        solver_of(ROSENBROCK.copy()).step(3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"closure: expected \(value, gradients\), got float"):
        solver_of(ROSENBROCK.copy()).step(lambda: 3.0)  # type: ignore[arg-type, return-value]
    x = ROSENBROCK.copy()
    solver = solver_of(x)
    solver.step(lambda: rosenbrock(x), iterations=2)
    x += 1
    with pytest.raises(ValueError, match="x0: has changed since the last step; make another solver"):
        solver.step(never)


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
