"""Points without a derivative: kinks, jumps, edges of the domain, and numbers near overflow."""

import math

import numpy as np
import pytest

from fastopt.gradcheck import check_jacobian, gradcheck, gradgradcheck
from fastopt.losses import multiclass_hinge, softmax_cross_entropy
from fastopt.models import MLP
from gradcheck.functions import X, examined


def relu(x):
    return np.maximum(x, 0).sum(), (x > 0).astype(float)


@pytest.mark.parametrize("size", [4, 1000])
def test_kink_is_not_a_wrong_gradient(size):
    x = np.random.default_rng(3).normal(size=size)
    x[2] = 0
    report = examined(relu, x)
    assert report.reason.startswith("a kink, not a wrong gradient, at x[2] = 0: slope 0 to the left, 1 to")
    assert [c.status for c in report.worst] == ["kink"]
    np.testing.assert_allclose(report.worst[0].slopes, (0, 1), atol=1e-9)
    accepted = examined(relu, x, allow_kinks=True)
    assert accepted
    assert any("kink" in remark for remark in accepted.remarks)


@pytest.mark.parametrize("size", [4, 1000])
def test_kink_where_central_differences_agree(size):
    x = np.random.default_rng(3).normal(size=size)
    x[1] = 0
    report = examined(lambda x: (np.abs(x).sum(), np.sign(x)), x)
    assert "kink, not a wrong gradient, at x[1] = 0: slope -1 to the left, 1 to the right" in report.reason


def test_wrong_gradient_at_a_kink():
    report = examined(lambda x: (relu(x)[0], 3.0 * (x >= 0)), np.array([-1.0, 0.0]), allow_kinks=True)
    assert "x[1] is a kink, and analytic 3 is not between its slopes" in report.diagnoses


@pytest.mark.parametrize("distance", [1e-3, 1e-5, 1e-7])
def test_beside_a_kink_the_gradient_is_right(distance):
    x = np.array([1.0, distance, -distance, -2.0])
    assert examined(relu, x)
    assert not examined(lambda x: (relu(x)[0], (x > -1e-2) * 1.0), x)


def test_jump():
    report = examined(lambda x: (float((x > 0.5).sum()), np.zeros_like(x)), np.array([0.1, 0.5, 0.9]))
    assert report.reason == "func jumps at x[1] = 0.5; move the point"


@pytest.mark.parametrize("size", [3, 300])
def test_edge_of_the_domain(size):
    x = np.linspace(1, 2, size)
    x[1] = 0
    report = examined(lambda x: (np.sqrt(x).sum(), np.ones_like(x)), x, rtol=10)
    assert "func is not finite on both sides of x[1] = 0: the edge of its domain" in f"{report}"
    assert not report


@pytest.mark.parametrize("small", [1e-4, 1e-9, 1e-15])
def test_near_the_edge_of_the_domain(small):
    x = np.array([0.5, small, 0.3])
    assert examined(lambda x: (-(x * np.log(x)).sum(), -np.log(x) - 1), x)
    assert not examined(lambda x: (-(x * np.log(x)).sum(), -np.log(x)), x)
    assert examined(lambda x: (sum(map(math.log, x)), 1 / x), x)


@pytest.mark.parametrize("factor", [1, 2, 0])
def test_near_the_edge_of_the_domain_no_direction_shows_the_largest_slope(factor):
    """Steps relative to 1e-12 change the root by 1e-6, beside 1 of the other element."""
    x = np.array([1e-12, 1.0])
    report = examined(lambda x: (np.sqrt(x).sum(), np.array([factor, 1]) / (2 * np.sqrt(x))), x)
    assert bool(report) == (factor == 1)
    if factor != 1:
        assert report.reason == "x: 1 of 2 elements is wrong, all others agree"


@pytest.mark.parametrize("check", [gradcheck, gradgradcheck, check_jacobian])
def test_a_bad_seed_is_named(check):
    with pytest.raises(TypeError, match="seed: expected an integer >= 0, a numpy"):
        check(
            lambda x: (np.square(x), np.diag(2 * x)) if check is check_jacobian else (x @ x, 2 * x),
            X[0],
            seed="a",
        )


@pytest.mark.parametrize("x", [1e-320, 1e-200, 1e-20, 1e20, 1e150])
def test_extremes(x):
    point = np.array([x, -2 * x])
    assert examined(lambda x: (x.sum(), np.ones_like(x)), point)
    assert examined(lambda x: ((x**2).sum(), 2 * x), point)
    assert not examined(lambda x: (x.sum(), -np.ones_like(x)), point)


def test_values_near_overflow():
    assert examined(lambda x: (np.exp(700 * x).sum(), 700 * np.exp(700 * x)), np.array([1.0, 0.5]))
    assert examined(lambda x: (1e300 * (x**2).sum(), 2e300 * x), X)
    assert not examined(lambda x: (1e300 * (x**2).sum(), -2e300 * x), X)


def test_flat_from_far_away():
    """Steps of the size of x see a slope of 0 everywhere."""
    x = 1e-6 * np.array([0.3, -0.7, 1.2])
    assert examined(lambda x: (np.tanh(1e6 * x).sum(), 1e6 / np.cosh(1e6 * x) ** 2), x)
    assert not examined(lambda x: (np.tanh(1e6 * x).sum(), np.zeros(3)), x)
    x[:] = 1.0
    assert examined(lambda x: (np.sin(1e5 * x).sum(), 1e5 * np.cos(1e5 * x)), x)


def test_relu_network_of_the_library():
    rng = np.random.default_rng(4)
    model = MLP(n_features=20, hidden=(30, 10), n_classes=4)
    x, labels = rng.normal(size=(50, 20)), rng.integers(4, size=50)
    params = model.init(0, np.float64)
    assert gradcheck(lambda params: model.loss_and_grads(params, x, labels), params)

    def forgetful(params):
        loss, grads = model.loss_and_grads(params, x, labels)
        grads["W2"] = grads["W2"] * 50
        grads["W3"][7, 3] = 0
        return loss, grads

    report = examined(forgetful, params)
    assert report.reason == "params['W2']: analytic = 50 x numeric everywhere"
    assert "params['W3']: analytic is 0 there" in report.diagnoses
    assert any(c.name == "params['W3'][7, 3]" for c in report.worst)


@pytest.mark.parametrize("loss", [softmax_cross_entropy, multiclass_hinge])
def test_losses_of_the_library(loss):
    rng = np.random.default_rng(5)
    assert gradcheck(loss, (3 * rng.normal(size=(20, 7)), rng.integers(7, size=20)))
