"""Descents within bounds and with L1, against what `golden/regions/record.py` recorded, and bit for bit."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import fastopt
from fastopt import _core
from golden.regions.problems import Bounded, Penalised, bounded, penalised, rosenbrock
from support import GOLDEN, ISAS, Array

RECORDED = json.loads((GOLDEN / "regions/recorded.json").read_text())
BOUNDED = [pytest.param(p, r, id=p.name) for p, r in zip(bounded(), RECORDED["bounded"], strict=True)]
PENALISED = [pytest.param(p, r, id=p.name) for p, r in zip(penalised(), RECORDED["penalised"], strict=True)]

Function = Callable[[Array], tuple[float, Array]]


def descent(start: Array, **options: Any) -> _core.Descent:
    settings: dict[str, Any] = {
        "history_dtype": str(start.dtype),
        "curvature": "pairs",
        "memory": 10,
        "gtol": 1e-6,
        "relative": False,
        "ftol": 0.0,
        "xtol": 0.0,
        "iterations": 100_000,
        "evaluations": 10_000,
        "c1": 1e-4,
        "c2": 0.9,
        "trials": 30,
        "rounding": 2e-15,
    }
    return _core.Descent(start, **(settings | options))


def run(fun: Function, solver: _core.Descent, evaluations: int | None = None) -> list[Array]:
    """Run to the end, or for so many evaluations; return the points that were evaluated."""
    points = []
    while solver.status < 0 and (evaluations is None or len(points) < evaluations):
        points.append(solver.ask())
        solver.tell(*fun(points[-1]))
    return points


def projected(x: Array, g: Array, lower: Array, upper: Array) -> Array:
    return np.clip(x - g, lower, upper) - x


def subgradient(x: Array, g: Array, l1: Array) -> Array:
    """The subgradient of f + sum l1 |x| of least norm."""
    return np.where(x == 0, np.sign(g) * np.maximum(np.abs(g) - l1, 0), g + l1 * np.sign(x))


@pytest.mark.parametrize(("problem", "recorded"), BOUNDED)
def test_bounds(problem: Bounded, recorded: dict[str, Any]) -> None:
    lower, upper = problem.lower, problem.upper
    solver = descent(problem.start, lower=lower, upper=upper)
    points = run(problem.fun, solver)
    assert solver.status == 0
    assert all(np.all((lower <= x) & (x <= upper)) for x in points)
    assert solver.value == pytest.approx(recorded["value"], rel=1e-9, abs=1e-9)
    g = problem.fun(solver.x)[1]
    assert solver.steepness == pytest.approx(np.abs(projected(solver.x, g, lower, upper)).max())
    assert np.array_equal(solver.gradient, g)
    pressed = np.abs(g) > 1e-4  # against a bound: the point is exactly there
    assert np.array_equal(solver.x[pressed], np.where(g > 0, lower, upper)[pressed])


def test_bounds_take_the_evaluations_of_scipy() -> None:
    ratios = []
    for problem, recorded in zip(bounded(), RECORDED["bounded"], strict=True):
        if recorded["evaluations"] is not None:
            solver = descent(problem.start, lower=problem.lower, upper=problem.upper)
            ratios.append(len(run(problem.fun, solver)) / recorded["evaluations"])
    assert len(ratios) > 20
    assert np.exp(np.mean(np.log(ratios))) < 1.05


@pytest.mark.parametrize(("problem", "recorded"), PENALISED)
def test_l1(problem: Penalised, recorded: dict[str, Any]) -> None:
    l1 = problem.l1
    solver = descent(np.zeros(l1.size), l1=l1)
    run(problem.fun, solver)
    assert solver.status == 0
    value, g = problem.fun(solver.x)
    assert solver.value == pytest.approx(value + l1 @ np.abs(solver.x), rel=1e-14)
    assert solver.value == pytest.approx(recorded["value"], rel=1e-9)
    np.testing.assert_allclose(solver.x, recorded["x"], atol=1e-5)
    assert np.array_equal(solver.x == 0, np.array(recorded["x"]) == 0)
    zero = solver.x == 0
    assert zero.any()
    assert np.all(np.abs(g[zero]) <= l1[zero])
    np.testing.assert_allclose(g[~zero], (-l1 * np.sign(solver.x))[~zero], atol=1e-6)
    np.testing.assert_allclose(solver.gradient, subgradient(solver.x, g, l1), rtol=1e-15)
    assert solver.steepness == np.abs(solver.gradient).max()


def test_l1_where_coordinates_are_coupled() -> None:
    """OWL-QN as it was published zigzags here, for more than 5000 evaluations."""
    solver = descent(np.tile([-1.2, 1.0], 10), l1=1.0)
    assert len(run(rosenbrock, solver)) < 1500
    assert solver.status == 0
    np.testing.assert_allclose(subgradient(solver.x, rosenbrock(solver.x)[1], np.ones(20)), 0, atol=1e-6)


def test_l1_of_0_is_none() -> None:
    start = np.array([-1.2, 1.0])
    plain, zero = descent(start), descent(start, l1=0.0)
    assert len(run(rosenbrock, plain)) == len(run(rosenbrock, zero))
    np.testing.assert_allclose(plain.x, zero.x, rtol=1e-9)
    assert np.array_equal(zero.gradient, rosenbrock(zero.x)[1])


def test_large_l1_leaves_nothing() -> None:
    solver = descent(np.array([3.0, -2.0, 1e-300]), l1=np.array([10.0, 10.0, 10.0]))
    run(lambda x: (0.5 * float(x @ x), x.copy()), solver)
    assert solver.status == 0
    assert np.array_equal(solver.x, np.zeros(3))


def test_all_fixed() -> None:
    at = np.array([0.3, -0.7])
    solver = descent(np.zeros(2), lower=at, upper=at)
    assert len(run(rosenbrock, solver)) == 1
    assert solver.status == 0
    assert np.array_equal(solver.x, at)


def test_infinite_bounds_are_none() -> None:
    start = np.tile([-1.2, 1.0], 5)
    solver = descent(start, lower=np.full(10, -np.inf), upper=np.full(10, np.inf))
    count = len(run(rosenbrock, solver))
    assert solver.status == 0
    assert count == pytest.approx(len(run(rosenbrock, descent(start))), rel=0.1)


def test_the_function_need_not_be_finite_at_a_bound() -> None:
    """A barrier that the first step would meet: sum of x - log x / 100, at 0 infinite."""

    def fun(x: Array) -> tuple[float, Array]:
        with np.errstate(divide="ignore"):
            return float(np.sum(x - np.log(x) / 100)), 1 - 0.01 / x

    solver = descent(np.full(3, 0.9), lower=np.zeros(3), upper=np.ones(3))
    run(fun, solver)
    assert solver.status == 0
    np.testing.assert_allclose(solver.x, 0.01, rtol=1e-5)


def test_values_below_every_scale() -> None:
    """Gradients whose squares overflow, within bounds and without."""
    lower, upper = np.array([-1.0, -np.inf]), np.array([1.0, np.inf])
    solver = descent(np.full(2, 0.5), lower=lower, upper=upper, gtol=1e190)
    run(lambda x: (1e200 * float(x @ x) / 2, 1e200 * x), solver)
    assert solver.status == 0
    np.testing.assert_allclose(solver.x, 0, atol=1e-10)


REGIONS = {
    "bounds": lambda n, dtype: {"lower": np.full(n, -0.2, dtype), "upper": np.full(n, 0.3, dtype)},
    "l1": lambda n, dtype: {"l1": np.full(n, 0.8, dtype)},
}


def coupled(n: int, dtype: Any) -> Function:
    """A quadratic of neighbours, with exact products in any dtype and thread of the test."""
    diagonal = np.geomspace(1, 50, n)
    b = np.random.default_rng(0).normal(size=n) * np.sqrt(diagonal)

    def fun(x: Array) -> tuple[float, Array]:
        w = x.astype(np.float64)
        y = diagonal * w
        y[1:] -= 0.4 * diagonal[:-1] * w[:-1]
        y[:-1] -= 0.4 * diagonal[:-1] * w[1:]
        return float(np.sum(w * (0.5 * y - b))), (y - b).astype(dtype)

    return fun


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize(
    ("dtype", "history"), [("float64", "float64"), ("float64", "float32"), ("float32",) * 2]
)
def test_precisions(region: str, dtype: str, history: str) -> None:
    fun, options = coupled(200, dtype), REGIONS[region](200, dtype)
    gtol = 1e-6 if dtype == "float64" else 1e-4
    solver = descent(np.zeros(200, dtype), history_dtype=history, gtol=gtol, **options)
    run(fun, solver)
    assert solver.status == 0
    assert solver.x.dtype == solver.gradient.dtype == dtype
    g = fun(solver.x)[1]
    if region == "l1":
        assert np.abs(subgradient(solver.x, g, options["l1"])).max() <= gtol * 1.001
    else:
        assert np.abs(projected(solver.x, g, **options)).max() <= gtol * 1.1
        assert np.any(solver.x == options["lower"])
        assert np.any(solver.x == options["upper"])


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_same_bits(region: str, dtype: str, runtime: None) -> None:
    """Whatever the number of threads and the instruction set."""
    n = 50_003
    fun, options = coupled(n, dtype), REGIONS[region](n, dtype)
    _core.set_grain(1000)
    ends = set()
    for isa, threads in [*((isa, 1) for isa in ISAS), (ISAS[-1], 2), (ISAS[-1], 5)]:
        _core.select_isa(isa)
        fastopt.set_num_threads(threads)
        solver = descent(np.zeros(n, dtype), gtol=0.0, **options)
        run(fun, solver, 20)
        ends.add((solver.x.tobytes(), solver.value, solver.steepness, solver.evaluations))
    assert len(ends) == 1


@pytest.mark.parametrize("region", REGIONS)
def test_saved_and_loaded(region: str) -> None:
    """A loaded descent goes on bit for bit, in the middle of a search too."""
    start = np.tile([-1.2, 1.0], 4)
    options = REGIONS[region](8, "float64") | {"memory": 4}
    if region == "bounds":
        options["upper"][::3] = 1.1
    whole = descent(start, **options)
    points = run(rosenbrock, whole)
    assert len(points) > 20
    for k in range(len(points)):
        before = descent(start, **options)
        run(rosenbrock, before, k)
        after = descent(start, **options)
        after.load(before.state())
        rest = run(rosenbrock, after)
        assert [x.tobytes() for x in rest] == [x.tobytes() for x in points[k:]]
        assert (after.value, after.status, after.steepness) == (whole.value, whole.status, whole.steepness)


@pytest.mark.parametrize("seed", [0, 3])
def test_bounds_that_are_met_now_and_then(seed: int) -> None:
    """Pairs that were learnt inside the box serve the Cauchy point as they do in a new descent."""
    rng = np.random.default_rng(seed)
    start, upper = rng.uniform(-2, 2, 8), rng.uniform(0.5, 1.2)
    options = {"lower": np.full(8, -1.5), "upper": np.full(8, upper), "memory": 5, "gtol": 1e-9}
    solver = descent(np.clip(start, -1.5, upper), **options)
    for _ in range(80):
        x = solver.ask()
        loaded = descent(start, **options)
        loaded.load(solver.state())
        loaded.ask()
        for each in (solver, loaded):
            each.tell(*rosenbrock(x))
        if solver.status >= 0:
            return
        assert np.array_equal(solver.ask(), loaded.ask())


def test_messages() -> None:
    start = np.zeros(3, np.float32)
    with pytest.raises(
        ValueError, match=r"l1: expected float32 of shape \(3,\), dense, got float64 of shape \(3,\)"
    ):
        descent(start, l1=np.zeros(3))
    with pytest.raises(
        ValueError, match=r"upper: expected float32 of shape \(3,\), dense, got float32 of shape \(2,\)"
    ):
        descent(start, lower=np.zeros(3, np.float32), upper=np.zeros(2, np.float32))
