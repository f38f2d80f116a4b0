"""Saturated functions: what does not change, and a gradient that says so."""

import numpy as np
import pytest

from fastopt.gradcheck import check_jacobian, gradcheck
from fastopt.losses import softmax_cross_entropy
from gradcheck.functions import examined


def one_score_above(distance, dtype=float):
    scores = np.zeros((3, 5), dtype)
    scores[:, 1] = distance
    return scores


def expected_place(scores):
    """The mean place under a softmax."""
    p = np.exp(scores - scores.max(axis=-1, keepdims=True))
    p /= p.sum(axis=-1, keepdims=True)
    place = np.arange(scores.shape[-1]) + 1.0
    mean = p @ place
    return float(np.sum(mean)), p * (place - mean[..., np.newaxis])


def cross_entropy(scores):
    top = scores.max(axis=-1, keepdims=True)
    log_sum = top + np.log(np.exp(scores - top).sum(axis=-1, keepdims=True))
    grad = np.exp(scores - log_sum)
    grad[:, 1] -= 1
    return float((log_sum[:, 0] - scores[:, 1]).sum()), grad


def library_cross_entropy(scores):
    return softmax_cross_entropy(scores, np.ones(len(scores), int))


def in_float32(scores):
    return library_cross_entropy(scores.astype(np.float32))


def tanhs(x):
    return np.tanh(x).sum(), 1 / np.cosh(x) ** 2


SOFTMAX = [expected_place, cross_entropy, library_cross_entropy, in_float32]


@pytest.mark.parametrize("f", SOFTMAX)
@pytest.mark.parametrize("distance", [40, 45, 60, 80])
def test_saturated_softmax(f, distance):
    report = gradcheck(f, one_score_above(distance))
    assert any("flat here but for its last bits" in remark for remark in report.remarks), f"{report}"


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("offset", [0.0, 0.5])
def test_saturated_tanh(scale, offset):
    def f(x):
        value, grad = tanhs(x)
        return offset + scale * value, scale * grad

    for x in (25.0, -25.0, np.full(4, 25.0), np.linspace(20, 30, 50)):
        report = gradcheck(f, x)
        assert any("flat here but for its last bits" in remark for remark in report.remarks), f"{report}"


@pytest.mark.parametrize("seed", range(5))
def test_no_false_alarm_on_the_way_to_saturation(seed):
    rng = np.random.default_rng(seed)
    for distance in np.arange(10.0, 50.0, 2.0):
        scores = one_score_above(distance) + rng.choice([0, 0.1, 1.0]) * rng.normal(size=(3, 5))
        for f, x in [(f, scores) for f in SOFTMAX[:3]] + [(tanhs, distance / 2 + rng.normal(size=7))]:
            report = examined(f, x, seed=seed)
            assert report.status != "failed", f"{distance}\n{report}"


@pytest.mark.parametrize("error", [1e-12, 1e-8, 1e-3, 1.0])
@pytest.mark.parametrize(
    ("f", "x"), [(tanhs, np.full(4, 25.0)), *[(f, one_score_above(40)) for f in SOFTMAX]]
)
def test_wrong_gradient_where_nothing_changes(f, x, error):
    def one_wrong(x):
        value, grad = f(x)
        grad.flat[2] += error
        return value, grad

    if f is in_float32:
        error = max(1e-3, error)
    assert examined(lambda x: (f(x)[0], f(x)[1] + error), x).status == "failed"
    assert examined(one_wrong, x).status == "failed"


def test_jacobian_of_a_saturated_layer():
    assert check_jacobian(np.tanh, np.full(4, 25.0), jac=lambda x: np.diag(1 / np.cosh(x) ** 2))
    p = np.exp([0, 40.0, 1.0])
    p /= p.sum()
    softmax_jacobian = np.diag(p) - np.outer(p, p)
    x = np.array([0, 40.0, 1.0])

    def softmax(x):
        e = np.exp(x - x.max())
        return e / e.sum()

    assert check_jacobian(softmax, x, jac=softmax_jacobian)
    assert not check_jacobian(softmax, x, jac=softmax_jacobian * [[2.0], [1.0], [1.0]], raise_exception=False)
