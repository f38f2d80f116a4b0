"""Newton's method, by Hessians and by products, and Steihaug's conjugate gradients."""

import math

import numpy as np
import pytest

from fastopt import Status, minimize
from fastopt.minimization.steihaug import MOST_KEPT, Products, steihaug
from fastopt.problems import standard
from minimization.functions import arguments
from support import Array, same


def test_newton_on_the_problems_of_more_garbow_and_hillstrom() -> None:
    """With exact Hessians, in no more evaluations than other trust regions take."""
    evaluations = 0
    for problem in standard.MORE_GARBOW_HILLSTROM:
        result = minimize(
            problem.fun, problem.start, method="newton", hess=problem.hess, options={"gtol": 1e-6}
        )
        assert np.abs(result.jac).max() <= 1e-6 * max(1, abs(result.fun)), problem.name
        assert result.success, problem.name
        assert result.nhev <= result.nfev
        evaluations += result.nfev
    assert evaluations <= 531


def test_newton_by_products_on_the_same_problems() -> None:
    evaluations = 0
    for problem in standard.MORE_GARBOW_HILLSTROM:
        result = minimize(
            problem.fun, problem.start, options={"gtol": 1e-6}, **arguments("newton-cg", problem.hess)
        )
        assert np.abs(result.jac).max() <= 1e-6 * max(1, abs(result.fun)), problem.name
        evaluations += result.nfev
    assert evaluations <= 700


@pytest.mark.parametrize("method", ["newton", "newton-cg"])
@pytest.mark.parametrize("name", ["wood_4", "chebyquad_8", "trigonometric_10"])
def test_newton_ends_where_rounding_hides_the_rest(method: str, name: str) -> None:
    problem = standard.PROBLEMS[name]
    options = {"gtol": 0.0, "ftol": 0.0, "maxiter": 1000}
    result = minimize(problem.fun, problem.start, options=options, **arguments(method, problem.hess))
    assert np.abs(result.jac).max() <= 1e-10
    assert result.status in (Status.GRADIENT, Status.ROUNDING)


def test_newton_takes_one_step_on_a_quadratic() -> None:
    problem = standard.tridia(30)  # type: ignore[attr-defined]
    h = np.array([problem.fun(e)[1] - problem.fun(np.zeros(30))[1] for e in np.eye(30)])
    result = minimize(problem.fun, problem.start, method="newton", hess=lambda x: h)
    assert (result.nit, result.nfev, result.nhev) == (1, 2, 1)
    by_products = minimize(problem.fun, problem.start, method="newton", hessp=lambda x, v: h @ v)
    assert by_products.success


@pytest.mark.parametrize("method", ["newton", "newton-cg"])
def test_newton_leaves_a_region_of_negative_curvature(method: str) -> None:
    """f = x^4 / 4 - x^2 / 2 + y^2 / 2 near its saddle, where -1 is an eigenvalue."""

    def fun(x: Array) -> tuple[float, Array]:
        return x[0] ** 4 / 4 - x[0] ** 2 / 2 + x[1] ** 2 / 2, np.array([x[0] ** 3 - x[0], x[1]])

    def hess(x: Array) -> Array:
        return np.diag([3 * x[0] ** 2 - 1, 1.0])

    result = minimize(fun, [1e-3, 1.0], **arguments(method, hess))
    assert result.success
    np.testing.assert_allclose(np.abs(result.x), [1, 0], atol=1e-5)
    assert result.fun == pytest.approx(-0.25)


@pytest.mark.parametrize("radius", [math.inf, 1.0, 1e-3])
@pytest.mark.parametrize("least", [-2.0, 0.0, 0.5])
def test_steihaug(radius: float, least: float) -> None:
    rng = np.random.default_rng(3)
    q, _ = np.linalg.qr(rng.standard_normal((12, 12)))
    h = (q * np.linspace(least, 5, 12)) @ q.T
    g = rng.standard_normal(12)
    p, predicted = steihaug(g, lambda k, d: h @ d, radius, 1e-9)
    length = np.linalg.norm(p)
    assert predicted == pytest.approx(-(g @ p + p @ h @ p / 2), rel=1e-9)
    assert length <= radius * (1 + 1e-12)
    along = min(np.linalg.norm(g) ** 3 / abs(g @ h @ g), radius) * g / np.linalg.norm(g)
    assert predicted >= (g @ along - along @ h @ along / 2) * (1 - 1e-9)  # Cauchy's point
    if length < radius * (1 - 1e-9) and least > 0:
        np.testing.assert_allclose(p, np.linalg.solve(h, -g), rtol=1e-6)
    if least < 0 and radius < math.inf:
        assert length == pytest.approx(radius)


def test_steihaug_without_curvature() -> None:
    g = np.array([3.0, -4.0])
    for radius, length in ((math.inf, 5.0), (2.0, 2.0)):
        p, predicted = steihaug(g, lambda k, d: 0 * d, radius, 1e-9)
        np.testing.assert_allclose(p, -g * length / 5)
        assert predicted == pytest.approx(5 * length)


def test_newton_asks_for_no_product_twice() -> None:
    """Where a step is refused the path of conjugate gradients is the same, and ends sooner."""
    refused = 0
    for name in ("rosenbrock_2", "helical_valley", "biggs_exp6", "wood_4", "chebyquad_8"):
        problem, seen = standard.PROBLEMS[name], []

        def hessp(x: Array, v: Array) -> Array:
            seen.append((x.tobytes(), v.tobytes()))  # noqa: B023
            return problem.hess(x) @ v  # type: ignore[misc]  # noqa: B023

        result = minimize(problem.fun, problem.start, method="newton", hessp=hessp)
        assert result.nhev == len(seen) == len(set(seen))
        refused += result.nfev - 1 - result.nit
    assert refused >= 5


def test_products_beyond_those_that_are_kept() -> None:
    """They are computed again, to the same step."""
    n = 2 * MOST_KEPT
    h, g = np.diag(np.geomspace(1, 1e6, n)), np.ones(n)
    computed = []

    def product(v: Array) -> Array:
        computed.append(v)
        return h @ v

    products = Products(product)
    first = steihaug(g, products, math.inf, 1e-6)
    path = len(computed)
    assert path > MOST_KEPT
    again = steihaug(g, products, math.inf, 1e-6)
    assert same(first[0], again[0])
    assert len(computed) - path == path - MOST_KEPT
    computed.clear()
    steihaug(g, products, 1e-3, 1e-6)
    assert not computed
