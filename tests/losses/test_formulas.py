"""The lectures' numbers, and gradients by differences."""

import math
import pickle
from typing import Any

import numpy as np
import pytest

from fastopt import losses
from fastopt.losses import gaussian_nll, kl_divergence, multiclass_hinge, nll, softmax_cross_entropy
from losses.made import LABELS, SCORES, each_case, made
from losses_table import CASES, LossCase
from support import DTYPES, numeric_gradient


@pytest.mark.parametrize(("row", "expected"), [(0, 2.9), (1, 0.0), (2, 12.9)])
def test_hinge_of_the_lectures(row, expected):
    loss, _ = multiclass_hinge(SCORES[[row]], LABELS[[row]])
    assert loss == pytest.approx(expected, abs=1e-12)


def test_hinge_is_the_mean():
    assert multiclass_hinge(SCORES, LABELS)[0] == pytest.approx((2.9 + 0 + 12.9) / 3)


def test_softmax_of_the_lectures():
    loss, grad = softmax_cross_entropy(SCORES[[0]], LABELS[[0]])
    probabilities = grad + np.array([[1, 0, 0]])
    np.testing.assert_array_equal(probabilities.round(2), [[0.13, 0.87, 0.00]])
    assert loss == pytest.approx(-math.log(probabilities[0, 0]))


def test_hinge_margin():
    scores, label = np.array([[1.0, 3.0, 0.5]]), np.array([0])
    assert multiclass_hinge(scores, label, margin=0.0)[0] == 2.0
    assert multiclass_hinge(scores, label, margin=0.5)[0] == 2.5  # the third is at the kink
    np.testing.assert_array_equal(multiclass_hinge(scores, label, margin=0.5)[1], [[-1, 1, 0]])


def test_every_loss_is_in_the_table() -> None:
    assert {case.name for case in CASES} | {"gaussian_nll"} == set(losses.__all__)


@each_case
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_gradient_against_central_differences(case: LossCase, reduction: str) -> None:
    for shape in ((1, 2), (5, 3), (7, 10), (3, 1), (2, 130)):
        s, y = made(case, shape)
        value, grad = case(s, y, reduction=reduction)
        numeric = numeric_gradient(lambda s=s, y=y: case(s, y, reduction=reduction)[0], s)
        np.testing.assert_allclose(grad, numeric, rtol=1e-6, atol=1e-8 * (1 + abs(value)))


def test_gradients_of_gaussian_nll() -> None:
    rng = np.random.default_rng(1)
    mean, y, variance = rng.normal(size=(5, 2)), rng.normal(size=(5, 2)), 0.5 + rng.random((5, 2))
    value, (grad_mean, grad_variance) = gaussian_nll(mean, y, variance)
    for array, grad in ((mean, grad_mean), (variance, grad_variance)):
        numeric = numeric_gradient(lambda: gaussian_nll(mean, y, variance)[0], array)
        np.testing.assert_allclose(grad, numeric, rtol=1e-6, atol=1e-8)
    values, grads = gaussian_nll(mean, y, variance, reduction="none")
    assert value == pytest.approx(values.sum() / 5)
    outs = mean.copy(), variance.copy()
    assert gaussian_nll(outs[0], y, outs[1], reduction="sum", out=outs)[1] == outs
    np.testing.assert_allclose(outs, grads)
    np.testing.assert_allclose(grads[0] / 5, grad_mean)


@each_case
@pytest.mark.parametrize("dtype", DTYPES)
def test_reductions_agree_and_inputs_are_left_alone(case: LossCase, dtype: Any) -> None:
    s, y = made(case, dtype=dtype)
    before = pickle.dumps((s, y))
    value, grad = case(s, y)
    total, sum_grad = case(s, y, reduction="sum")
    values, none_grad = case(s, y, reduction="none")
    assert pickle.dumps((s, y)) == before
    assert type(value) is type(total) is float
    assert values.shape == (s.shape[:1] if case.by_rows else s.shape)
    assert grad.shape == s.shape
    assert {a.dtype for a in (values, grad, sum_grad, none_grad)} == {np.dtype(dtype)}
    assert total == pytest.approx(values.sum(dtype=float), rel=1e-6)
    assert value == pytest.approx(total / len(s), rel=1e-12)
    assert np.array_equal(sum_grad, none_grad)
    np.testing.assert_allclose(grad * len(s), sum_grad, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("loss", [softmax_cross_entropy, multiclass_hinge])
def test_a_common_shift_of_the_scores_changes_nothing(loss: Any) -> None:
    value, grad = loss(SCORES, LABELS)
    shifted, shifted_grad = loss(SCORES + 100, LABELS)
    assert shifted == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(shifted_grad, grad, atol=1e-12)
    np.testing.assert_allclose(grad.sum(axis=1), 0, atol=1e-15)


def test_probabilities_and_labels_agree() -> None:
    one_hot = np.eye(3)[LABELS]
    for smoothing in (0.0, 0.3):
        a, grad = softmax_cross_entropy(SCORES, LABELS, label_smoothing=smoothing)
        b, other = softmax_cross_entropy(SCORES, one_hot, label_smoothing=smoothing)
        assert a == pytest.approx(b, rel=1e-14)
        np.testing.assert_allclose(grad, other, atol=1e-15)
    log_p = SCORES - np.log(np.exp(SCORES).sum(axis=1, keepdims=True))
    assert nll(log_p, LABELS)[0] == pytest.approx(softmax_cross_entropy(SCORES, LABELS)[0])
    p = np.exp(log_p[[1, 2, 0]])
    entropy = -(p * np.log(p)).sum() / 3
    assert kl_divergence(SCORES, p)[0] == pytest.approx(softmax_cross_entropy(SCORES, p)[0] - entropy)
