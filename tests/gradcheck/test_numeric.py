"""`numeric_gradient` and `grad_check_sparse`."""

import math

import numpy as np
import pytest

from fastopt.gradcheck import grad_check_sparse, numeric_gradient
from gradcheck.functions import X, cubes


@pytest.mark.parametrize(("method", "error"), [("central", 1e-9), ("forward", 1e-6), ("complex", 1e-14)])
@pytest.mark.parametrize("scale", [1.0, 1e6])
def test_numeric_gradient(method, error, scale):
    x = scale * X
    found = numeric_gradient(lambda x: np.exp(x / scale).sum(), x, method=method)
    np.testing.assert_allclose(found, np.exp(X) / scale, rtol=0, atol=error * 20 / scale)
    assert found.dtype == np.float64


def test_step_is_taken_as_given():
    """Of a cubic at 1, the central difference is off by the square of the step."""
    h = 3e-3
    assert numeric_gradient(lambda x: x**3, 1.0, h=h) == pytest.approx(3 + h**2, abs=1e-11)
    assert numeric_gradient(lambda x: x**3, 1.0, h=h, method="forward") == pytest.approx(
        3 + 3 * h + h**2, abs=1e-11
    )


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (lambda x: np.abs(x).sum(), "needs a complex value, got float64"),
        (lambda x: float(x.sum()), "needs a function of complex numbers, got ComplexWarning"),
        (lambda x: math.exp(x[0, 0]), "needs a function of complex numbers, got (ComplexW|TypeE)"),
        (lambda x: x.sum().real, "needs a complex value, got float64"),
    ],
)
def test_complex_step_needs_a_complex_function(f, message):
    with pytest.raises(TypeError, match=message):
        numeric_gradient(f, X, method="complex")


def test_complex_step_needs_an_analytic_function():
    with pytest.raises(ValueError, match="needs an analytic function; by x"):
        numeric_gradient(lambda x: np.vdot(x, x), X, method="complex")


def test_sparse_check():
    report = grad_check_sparse(cubes, X, 3 * X**2, num_checks=7, seed=0)
    assert report
    assert len({c.index for c in report.worst}) == 7
    assert report.max_rel_error < 1e-5
    again = grad_check_sparse(cubes, X, 3 * X**2, num_checks=7, seed=0)
    assert report.worst == again.worst
    assert len(grad_check_sparse(cubes, X, 3 * X**2, num_checks=1000).worst) == 36
    wrong = grad_check_sparse(cubes, X, 3 * X**2 + 0.1, num_checks=5, seed=0)
    assert wrong.reason.startswith("5 of 5 elements are wrong, x[")
