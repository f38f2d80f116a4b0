"""Functions with kinks: no success is claimed at one."""

import itertools
import math

import numpy as np
import pytest

from fastopt import Status, minimize
from minimization.functions import Evaluation
from support import Array


def test_a_kink() -> None:
    def fun(x: Array) -> Evaluation:
        return abs(x[0]), np.copysign(1.0, x)

    result = minimize(fun, [math.pi])
    assert not result.success
    assert abs(result.x[0]) < 1e-10
    on_it = minimize(fun, [0.0])
    assert (on_it.status, on_it.nit) == (Status.NO_PROGRESS, 0)


@pytest.mark.parametrize("method", ["lbfgs", "bfgs"])
def test_a_step_cut_short_by_a_kink_is_no_success(method):
    result = minimize(lambda x: (np.abs(x).sum(), np.sign(x)), [1.0, 2.3], method=method)
    assert not result.success or result.fun < 1e-6


def largest_residual(a, b, x):
    r = a @ x - b
    k = np.abs(r).argmax()
    return abs(r[k]), np.sign(r[k]) * a[k]


def sum_of_residuals(a, b, x):
    r = a @ x - b
    return np.abs(r).sum(), a.T @ np.sign(r)


def largest_affine(a, b, x):
    r = a @ x - b
    k = r.argmax()
    return r[k] + 0.05 * x @ x, a[k] + 0.1 * x


def weighted_sizes(a, b, x):
    w = np.geomspace(0.01, 10, x.size)
    return (w * np.abs(x)).sum(), w * np.sign(x)


def largest_size_on_a_bowl(a, b, x):
    k = np.abs(x).argmax()
    g = x / 10
    g[k] += np.sign(x[k])
    return np.abs(x[k]) + x @ x / 20, g


KINKS = [largest_residual, sum_of_residuals, largest_affine, weighted_sizes, largest_size_on_a_bowl]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("method", ["lbfgs", "bfgs", "gd"])
@pytest.mark.parametrize("kink", KINKS)
def test_kinks_are_no_success(kink, method, dtype):
    """From anywhere, from the end of another run, by any test; and the value of these is not without end."""
    for n, seed, far in itertools.product((2, 10, 50), (1, 2), (1, 1e3)):
        rng = np.random.default_rng((seed, n))
        a, b = rng.standard_normal((2 * n + 1, n)), rng.standard_normal(2 * n + 1)

        def fun(x, a=a, b=b):
            value, gradient = kink(a, b, x.astype(float))
            return value, gradient.astype(x.dtype)

        x = (far * rng.standard_normal(n)).astype(dtype)
        for options in ({}, {"xtol": 1e-9, "ftol": 0}):
            result = minimize(fun, x, method=method, options={"maxfun": 500, **options})
            assert not result.success or np.abs(result.jac).max() <= 1e-5
            assert result.status is not Status.UNBOUNDED
            x = result.x
