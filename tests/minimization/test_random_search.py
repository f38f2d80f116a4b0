"""Random search."""

from typing import Any

import numpy as np
import pytest

from fastopt import minimize
from minimization.functions import raised_bowl, rosenbrock
from support import Array, same


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


def test_random_search_is_the_formula() -> None:
    rng = np.random.default_rng(7)
    best, value = np.array([-1.2, 1.0]), 24.2
    for _ in range(300):
        trial = best + 0.3 * rng.standard_normal(2)
        if rosenbrock(trial)[0] < value:
            best, value = trial, rosenbrock(trial)[0]
    options = {"seed": 7, "step": 0.3, "maxiter": 300}
    result = minimize(rosenbrock, [-1.2, 1.0], method="random", options=options)
    assert same(result.x, best)
    assert (result.nit, result.nfev, result.njev) == (300, 301, 0)
    options["seed"] = np.random.default_rng(7)  # type: ignore[assignment]
    assert same(minimize(rosenbrock, [-1.2, 1.0], method="random", options=options).x, best)
    assert "nhev" not in result
    assert result.jac is None
    assert "f = " in result.message


def test_random_search_with_values_alone() -> None:
    given: dict[str, Any] = {"method": "random", "options": {"maxiter": 100}}
    both = minimize(rosenbrock, [-1.2, 1.0], **given)
    for jac in (True, None, False, lambda x: 1 / 0):
        alone = minimize(lambda x: rosenbrock(x)[0], [-1.2, 1.0], jac=jac, **given)
        assert same(alone.x, both.x)


def test_random_search_within_bounds() -> None:
    seen = []

    def fun(x: Array) -> float:
        seen.append(x)
        return raised_bowl(x)[0]

    options = {"maxiter": 400}
    result = minimize(fun, [0.0, 0.0], method="random", bounds=[(-1, 2), (0, 8)], options=options)
    points = np.array(seen[1:])
    assert (points >= [-1, 0]).all()
    assert (points <= [2, 8]).all()
    np.testing.assert_allclose(points.mean(axis=0), [0.5, 4], atol=0.5)
    np.testing.assert_allclose(points.std(axis=0), np.array([3, 8]) / 12**0.5, rtol=0.1)
    np.testing.assert_allclose(result.x, [2, 3], atol=0.5)

    seen.clear()
    given = {"bounds": (None, 2), "options": {"maxiter": 400, "step": 0.5}}
    result = minimize(fun, [0.0, 0.0], method="random", **given)
    assert np.max(seen) == 2
    np.testing.assert_allclose(result.x, 2, atol=1e-2)
    with pytest.raises(ValueError, match=r"bounds: expected finite bounds .* got -inf for x0\[0\]"):
        minimize(fun, [0.0, 0.0], method="random", bounds=(None, 2))
