"""Gradients by central differences: inside the bounds, no point twice."""

import math

import numpy as np
import pytest

import fastopt
from fastopt import minimize
from minimization.functions import bowl
from support import Array


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


@pytest.mark.parametrize("jac", ["2-point", "3-point"])
def test_scipys_names_of_differences(jac):
    assert np.allclose(fastopt.scipy_lbfgs(lambda x: bowl(x)[0], [0.0], jac=jac).x, 3.0)


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


def test_args_and_differences() -> None:
    def value(x: Array, center: float) -> float:
        return float(((x - center) ** 2).sum())

    for method in ("bfgs", "gd", "newton"):
        given = {"hess": lambda x, center: 2 * np.eye(x.size)} if method == "newton" else {}
        result = minimize(value, np.zeros(3), (4.0,), method, None, **given)
        np.testing.assert_allclose(result.x, 4, atol=1e-5)
        assert "central differences" in result.message
        assert result.nfev >= 7 * result.njev
    result = minimize(value, np.zeros(3), (4.0,), "random", None, options={"maxiter": 10})
    assert result.njev == 0
    assert result.nfev == 11
    assert "differences" not in result.message
