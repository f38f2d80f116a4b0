"""Minima are found, also those that peers miss, and in how many evaluations."""

from typing import Any

import numpy as np
import pytest

from fastopt import Status, minimize
from fastopt.problems import standard
from fastopt.problems.standard import PROBLEMS, tridia
from minimization.functions import (
    DESCENTS,
    TO_THE_END,
    Evaluation,
    Recorder,
    arguments,
    bowl,
    rosenbrock_in_double,
)
from support import Array, same


def test_a_search_that_overflows() -> None:
    """SciPy's L-BFGS-B says it has converged here, at |g| = 3.7e3."""
    result = minimize(PROBLEMS["jennrich_sampson"].fun, [0.3, 0.4])
    assert result.success
    assert result.fun == pytest.approx(124.362, abs=1e-3)
    assert np.abs(result.jac).max() <= 1e-5


@pytest.mark.parametrize("scale", [1.0, 1e-12])
def test_no_absolute_threshold_for_curvature(scale: float) -> None:
    """Torch drops pairs with s'y < 1e-10, and needs more than 9000 evaluations."""
    problem = tridia(1000)

    def scaled(x: Array) -> Evaluation:
        value, gradient = problem.fun(x)
        return scale * value, scale * gradient

    result = minimize(scaled, problem.start, options={"gtol": 1e-6 * scale, "ftol": 0})
    assert result.status is Status.GRADIENT
    assert result.nfev <= 1.15 * 820


def test_a_first_value_of_1e22() -> None:
    """LBFGSpp throws."""
    problem = PROBLEMS["vardim_1000"]
    assert problem.fun(problem.start)[0] > 1e21
    assert minimize(problem.fun, problem.start).success


@pytest.mark.parametrize("value", [0.0, 1e-300, 1e-40, -1e-20, 1e-12, 1e-3])
def test_a_first_value_near_0(value: float) -> None:
    """By accident: it says nothing about the least value, nor how far that is."""
    result = minimize(lambda x: (x[0] * (x[0] - 2) + value, 2 * (x - 1)), [0.0])
    assert result.status is Status.GRADIENT
    assert result.x == pytest.approx(1)
    assert result.nfev <= 10


# Evaluations until max |g| <= 1e-6 max(1, |f|) of SciPy's L-BFGS-B 1.17 with ten pairs.
SCIPY = {
    "rosenbrock_2": 45,
    "rosenbrock_1000": 45,
    "wood_4": 114,
    "wood_1000": 120,
    "helical_valley": 33,
    "powell_singular_1000": 43,
    "beale": 16,
    "box3": 39,
    "broyden_tridiagonal_1000": 48,
    "biggs_exp6": 44,
    "arwhead_1000": 14,
    "bard": 25,
    "dixmaane_999": 163,
    "osborne2": 95,
    "penalty1_1000": 75,
    "cragglvy_1000": 66,
    "trigonometric_1000": 64,
    "liarwhd_30000": 31,
}


@pytest.mark.parametrize(("name", "most"), SCIPY.items(), ids=SCIPY)
def test_evaluations(name: str, most: int) -> None:
    fun = Recorder(PROBLEMS[name])
    minimize(fun, fun.problem.start, options={**TO_THE_END, "maxfun": 400})
    assert fun.reached() <= 1.15 * most + 1


def test_one_variable() -> None:
    assert minimize(bowl, [0.0]).x == pytest.approx(3)
    result = minimize(lambda x: ((x - 3) ** 2, 2 * (x - 3)), 1)
    assert (result.x.shape, result.x) == ((), 3)


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
        result = minimize(lambda x: rosenbrock_in_double(x), x, options={"maxfun": 1000})
        assert result.fun <= 1e-6 * rosenbrock_in_double(x)[0]
        assert not (result.success and dtype == "float32") or result.fun <= 1e-6


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
