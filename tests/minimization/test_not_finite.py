"""Values, gradients and Hessians that are not finite: refused on the way, an end at the start."""

import math

import numpy as np
import pytest

from fastopt import Status, minimize
from minimization.functions import (
    ALL,
    Evaluation,
    arguments,
    bowl,
    bowl_hess,
    raised_bowl,
    rosenbrock,
    rosenbrock_hess,
)
from support import Array, same


def test_walls() -> None:
    def barrier(x: Array) -> Evaluation:
        """x - log x with its minimum at 1; nothing below 0."""
        if x[0] <= 0:
            return math.nan, np.full(1, math.nan)
        return x[0] - math.log(x[0]), 1 - 1 / x

    result = minimize(barrier, [30.0])
    assert result.status is Status.GRADIENT
    assert result.x == pytest.approx(1)


def test_a_gradient_that_is_not_finite_is_never_accepted() -> None:
    def fun(x: Array) -> Evaluation:
        value, gradient = bowl(x)
        return value, gradient if value > 0.5 else gradient * math.nan

    result = minimize(fun, [10.0, 10.0])
    assert not result.success
    assert 0.5 < result.fun <= 0.51
    assert np.isfinite(result.jac).all()


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_not_finite_at_the_start(value: float) -> None:
    result = minimize(lambda x: (value, x.copy()), [1.0, 2.0])
    assert (result.status, result.nfev, result.success) == (Status.NOT_FINITE, 1, False)
    result = minimize(lambda x: (1.0, np.array([0.0, value])), [1.0, 2.0])
    assert (result.status, result.nfev, result.fun) == (Status.NOT_FINITE, 1, 1.0)
    assert same(result.x, np.array([1.0, 2.0]))


@pytest.mark.parametrize("method", ALL)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_start_that_is_not_finite(method: str, value: float) -> None:
    result = minimize(lambda x: (value, 0 * x), np.ones(2), **arguments(method, bowl_hess))
    assert result.status == Status.NOT_FINITE
    assert (result.nit, result.nfev) == (0, 1)
    assert "at the start is not finite" in result.message


@pytest.mark.parametrize("method", ALL)
def test_trials_that_are_not_finite_are_refused(method: str) -> None:
    """-log x + x: NaN, or -infinity, where x <= 0."""
    for outside in (math.nan, -math.inf):

        def fun(x: Array) -> tuple[float, Array]:
            if not (x > 0).all():
                return outside, np.full_like(x, math.nan)  # noqa: B023
            return float((x - np.log(x)).sum()), 1 - 1 / x

        result = minimize(fun, [5.0, 0.1], **arguments(method, lambda x: np.diag(1 / x**2)))
        assert result.success or method == "random"
        np.testing.assert_allclose(result.x, 1, atol=0.1 if method == "random" else 1e-4)


@pytest.mark.parametrize("method", ["newton", "newton-cg"])
def test_hessians_that_are_not_finite(method: str) -> None:
    result = minimize(raised_bowl, np.zeros(2), **arguments(method, lambda x: np.full((2, 2), math.nan)))
    assert result.status == Status.NOT_FINITE
    assert result.message.startswith("The Hessian at the start is not finite")
    assert (result.fun, result.nhev) == (19.0, 1)

    def partly(x: Array) -> Array:
        return bowl_hess(x) if x[0] < 2 else np.full((2, 2), math.nan)

    beyond = minimize(raised_bowl, np.zeros(2), **arguments(method, partly))
    assert beyond.success  # the minimum itself needs no Hessian
    short = minimize(
        rosenbrock,
        [-1.2, 1.0],
        **arguments(method, lambda x: rosenbrock_hess(x) * (1 if x[0] < 0.5 else math.nan)),
    )
    assert short.status in (Status.NO_PROGRESS, Status.ROUNDING)  # the minimum is beyond
    assert 0.49 < short.x[0] < 0.5
    assert short.fun < 0.26
