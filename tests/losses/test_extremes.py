"""Scores far apart, at the end of numbers, and NaN."""

import math
from typing import Any

import numpy as np
import pytest

from fastopt import losses
from fastopt.losses import kl_divergence, multiclass_hinge, softmax_cross_entropy
from losses.made import by_label, each_case, made
from losses_table import LossCase
from support import DTYPES


@pytest.mark.parametrize("dtype", DTYPES)
def test_scores_ten_thousand_apart(dtype: Any) -> None:
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


@pytest.mark.parametrize("columns", [3, 200])
@pytest.mark.parametrize("dtype", DTYPES)
def test_extremes_with_probabilities(columns: int, dtype: Any) -> None:
    huge = np.finfo(dtype).max
    s = np.zeros((2, columns), dtype)
    s[0, :2] = huge, -huge
    s[1, 0] = -np.inf
    p = np.zeros_like(s)
    p[:, 2] = 1  # 0 log 0 = 0, also where the logarithm is minus infinity
    for loss in (softmax_cross_entropy, kl_divergence):
        values, grad = loss(s, p, reduction="none")
        assert values[0] == huge
        assert values[1] == pytest.approx(math.log(columns - 1), rel=1e-6)
        assert grad[0, 0] == 1
        assert grad[1, 0] == 0
        np.testing.assert_allclose(grad.sum(axis=1), 0, atol=1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
def test_extremes_of_one_score(dtype: Any) -> None:
    s = np.array([1e4, -1e4, 1e4, -1e4], dtype)
    y = np.array([1, 0, 0, 1], dtype)
    values, grad = losses.binary_cross_entropy(s, y, reduction="none")
    np.testing.assert_array_equal(values, [0, 0, 1e4, 1e4])
    np.testing.assert_array_equal(grad, [0, 0, 1, -1])
    values, grad = losses.logistic(s, 2 * y - 1, reduction="none")
    np.testing.assert_array_equal(values, [0, 0, 1e4, 1e4])
    np.testing.assert_array_equal(grad, [0, 0, 1, -1])


@each_case
def test_nan_comes_through(case: LossCase) -> None:
    s, y = made(case, (20, 3))
    s[17] = np.nan
    assert math.isnan(case(s, y)[0])
    values, _ = case(s, y, reduction="none")
    assert np.isnan(values[17]).all()
    assert np.isfinite(np.delete(values, 17, axis=0)).all()


@by_label
@pytest.mark.parametrize("columns", [1, 3, 200])
def test_nan_of_the_right_class_comes_through(loss: Any, columns: int) -> None:
    s = np.zeros((20, columns))
    s[17, 0] = np.nan
    values, _ = loss(s, np.zeros(20, int), reduction="none")
    assert np.isnan(values).tolist() == [row == 17 for row in range(20)]


def test_a_sum_that_overflows_makes_an_infinite_mean() -> None:
    """As documented; the gradient is the mean's all the same."""
    scores = np.full(4, 1.3e154)
    loss, grad = losses.squared_error(scores, np.zeros(4))
    assert loss == math.inf
    assert np.array_equal(grad, scores / 4)
    assert np.isfinite(losses.squared_error(scores, np.zeros(4), reduction="none")[0]).all()
    single = np.full(4, 1.5e19, np.float32)
    assert losses.squared_error(single, np.zeros(4, np.float32))[0] == pytest.approx(1.125e38)
