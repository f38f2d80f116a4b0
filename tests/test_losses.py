"""The losses: the lectures' numbers, gradients by differences, extremes, refusals."""

import math

import numpy as np
import pytest

from fastopt.losses import multiclass_hinge, softmax_cross_entropy
from support import numeric_gradient

LOSSES = [softmax_cross_entropy, multiclass_hinge]
# Scores of the classes cat, car and frog for a picture of each: the lectures' example.
SCORES = np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])
LABELS = np.array([0, 1, 2])


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


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("shape", [(1, 2), (5, 3), (7, 10), (3, 1)])
def test_gradient_against_central_differences(loss, shape):
    rng = np.random.default_rng(7)
    scores = rng.normal(size=shape) * 3
    labels = rng.integers(shape[1], size=shape[0])
    _, grad = loss(scores, labels)
    numeric = numeric_gradient(lambda: loss(scores, labels)[0], scores)
    np.testing.assert_allclose(grad, numeric, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("label_dtype", [np.uint8, np.int32, np.int64])
def test_dtypes_are_kept_and_inputs_left_alone(loss, dtype, label_dtype):
    scores, labels = SCORES.astype(dtype), LABELS.astype(label_dtype)
    before = scores.tobytes(), labels.tobytes()
    value, grad = loss(scores, labels)
    assert type(value) is float
    assert grad.dtype == dtype
    assert grad.shape == scores.shape
    assert (scores.tobytes(), labels.tobytes()) == before
    assert value == pytest.approx(loss(SCORES, LABELS)[0], rel=1e-6)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_common_shift_of_the_scores_changes_nothing(loss):
    value, grad = loss(SCORES, LABELS)
    shifted, shifted_grad = loss(SCORES + 100, LABELS)
    assert shifted == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(shifted_grad, grad, atol=1e-12)
    np.testing.assert_allclose(grad.sum(axis=1), 0, atol=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scores_ten_thousand_apart(dtype):
    scores = np.array([[1e4, 0.0], [0.0, 1e4], [-1e4, 0.0]], dtype)
    right, wrong = np.array([0, 1, 1]), np.array([1, 0, 0])
    for loss, margin in ((softmax_cross_entropy, 0), (multiclass_hinge, 1)):
        value, grad = loss(scores, right)
        assert value == 0
        np.testing.assert_array_equal(grad, 0)
        value, grad = loss(scores, wrong)
        assert value == 1e4 + margin
        expected = np.array([[1, -1], [-1, 1], [-1, 1]], dtype) / dtype(3)
        np.testing.assert_array_equal(grad, expected)


@pytest.mark.parametrize("loss", LOSSES)
def test_nan_comes_through(loss):
    scores = SCORES.copy()
    scores[1, 2] = np.nan
    assert math.isnan(loss(scores, LABELS)[0])


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(
    ("scores", "labels", "error", "message"),
    [
        (SCORES.astype(int), LABELS, TypeError, "scores: expected float32 or float64, got int64"),
        (SCORES.astype(">f8"), LABELS, TypeError, "scores: expected float32 or float64, got >f8"),
        (SCORES[0], LABELS, ValueError, r"scores: expected shape \(samples, classes\), got \(3,\)"),
        (SCORES[:0], LABELS[:0], ValueError, r"scores: .* got \(0, 3\)"),
        (SCORES[:, :0], LABELS, ValueError, r"scores: .* got \(3, 0\)"),
        (SCORES, LABELS.astype(float), TypeError, "labels: expected integers, got float64"),
        (SCORES, LABELS == 0, TypeError, "labels: expected integers, got bool"),
        (SCORES, LABELS[:2], ValueError, r"labels: expected shape \(3,\).*, got \(2,\)"),
        (SCORES, LABELS[:, None], ValueError, r"labels: expected shape \(3,\).*, got \(3, 1\)"),
        (SCORES, np.array([0, 3, 1]), ValueError, r"labels\[1\]: expected 0 to 2, got 3"),
        (SCORES, np.array([0, 1, -1]), ValueError, r"labels\[2\]: expected 0 to 2, got -1"),
    ],
)
def test_bad_input(loss, scores, labels, error, message):
    with pytest.raises(error, match=message):
        loss(scores, labels)


@pytest.mark.parametrize("margin", [-0.1, math.inf, math.nan])
def test_bad_margin(margin):
    with pytest.raises(ValueError, match=r"margin: expected a finite number >= 0, got"):
        multiclass_hinge(SCORES, LABELS, margin=margin)
