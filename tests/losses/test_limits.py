"""The losses where numbers end: infinite scores, overflow, and NumPy's error state."""

import warnings
from typing import Any

import numpy as np
import pytest

from fastopt import _core, losses_reference
from fastopt.losses import (
    binary_cross_entropy,
    gaussian_nll,
    hinge,
    huber,
    kl_divergence,
    logistic,
    multiclass_hinge,
    nll,
    poisson_nll,
    softmax_cross_entropy,
    squared_error,
)
from losses_table import CASES, LossCase
from support import DTYPES, ISAS

each_case = pytest.mark.parametrize("case", CASES, ids=str)

INF = np.inf
BIG = float(np.finfo(np.float32).max)
LOG_2, TWO_THIRDS = np.log(2), np.log(3) - np.log(2)
# The limits of value and gradient, worked out by hand, of a score against a target.
LIMITS: list[tuple[Any, float, float, float, float]] = [
    (binary_cross_entropy, -INF, 0, 0, 0),
    (binary_cross_entropy, -INF, 1, INF, -1),
    (binary_cross_entropy, INF, 0, INF, 1),
    (binary_cross_entropy, INF, 1, 0, 0),
    (binary_cross_entropy, INF, 0.25, INF, 0.75),
    (binary_cross_entropy, -INF, 0.25, INF, -0.25),
    (binary_cross_entropy, BIG, 1, 0, 0),
    (binary_cross_entropy, BIG, 0, BIG, 1),
    (binary_cross_entropy, -BIG, 0, 0, 0),
    (binary_cross_entropy, -BIG, 0.5, BIG / 2, -0.5),
    (logistic, -INF, -1, 0, 0),
    (logistic, -INF, 1, INF, -1),
    (logistic, INF, -1, INF, 1),
    (logistic, INF, 1, 0, 0),
    (hinge, -INF, -1, 0, 0),
    (hinge, -INF, 1, INF, -1),
    (hinge, INF, -1, INF, 1),
    (hinge, INF, 1, 0, 0),
    (poisson_nll, -INF, 0, 0, 0),
    (poisson_nll, -INF, 2, INF, -2),
    (poisson_nll, INF, 0, INF, INF),
    (poisson_nll, INF, 2, INF, INF),
    (poisson_nll, -BIG, 0, 0, 0),
    (poisson_nll, -BIG, 10, BIG * 10, -10),
    (poisson_nll, BIG, 10, INF, INF),
    (squared_error, INF, 0, INF, INF),
    (squared_error, -INF, 3, INF, -INF),
    (huber, INF, 0, INF, 1),
    (huber, -INF, 3, INF, -1),
]
# Of a row of scores against a label.
ROW_LIMITS: list[tuple[Any, list[float], int, float, list[float]]] = [
    (softmax_cross_entropy, [-INF, 0, LOG_2], 1, LOG_2 + TWO_THIRDS, [0, -2 / 3, 2 / 3]),
    (softmax_cross_entropy, [-INF, 0, LOG_2], 0, INF, [-1, 1 / 3, 2 / 3]),
    (softmax_cross_entropy, [-INF, 5, -INF], 1, 0, [0, 0, 0]),
    (softmax_cross_entropy, [BIG, 0, -BIG], 0, 0, [0, 0, 0]),
    (multiclass_hinge, [-INF, 0, 0.5], 1, 1.5, [0, -1, 1]),
    (multiclass_hinge, [-INF, 0, 0.5], 0, INF, [-2, 1, 1]),
    (multiclass_hinge, [INF, 0, 0.5], 0, 0, [0, 0, 0]),
    (multiclass_hinge, [INF, 0, 0.5], 1, INF, [1, -2, 1]),
    (nll, [-INF, -1, -2], 1, 1, [0, -1, 0]),
    (nll, [-INF, -1, -2], 0, INF, [-1, 0, 0]),
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("loss", "score", "target", "value", "slope"), LIMITS)
def test_infinite_scores(
    loss: Any, score: float, target: float, value: float, slope: float, dtype: type, runtime: None
) -> None:
    """Beside ordinary ones, by every instruction set, in every reduction, and in the reference."""
    s, y = np.ones(40, dtype), np.ones(40, dtype)
    s[[0, 33]], y[[0, 33]] = score, target
    _, ordinary = loss(s[1:2], y[1:2], reduction="none")
    if dtype is np.float32 and not abs(value) <= BIG:
        value = INF
    for isa in ISAS:
        _core.select_isa(isa)
        values, grad = loss(s, y, reduction="none")
        np.testing.assert_allclose(values[[0, 33]], value, rtol=1e-6)
        np.testing.assert_allclose(grad[[0, 33]], slope, rtol=1e-6)
        assert (grad[1:33] == ordinary).all()
        assert loss(s, y, reduction="sum")[0] == pytest.approx(values.sum(dtype=np.float64), rel=1e-6)
    if hasattr(losses_reference, loss.__name__):
        values, grad = getattr(losses_reference, loss.__name__)(s, y)
        np.testing.assert_allclose(values[[0, 33]], value, rtol=1e-6)
        np.testing.assert_allclose(grad[[0, 33]], slope, rtol=1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("loss", "scores", "label", "value", "slopes"), ROW_LIMITS)
def test_rows_with_infinite_scores(
    loss: Any, scores: list[float], label: int, value: float, slopes: list[float], dtype: type
) -> None:
    tolerance = 10 * float(np.finfo(dtype).eps)
    for padding in (0, 200):  # short rows and long ones
        if padding and value == INF and loss is multiclass_hinge and scores[label] == -INF:
            continue  # the margin of minus infinity over minus infinity is none
        s = np.full((3, 3 + padding), -INF, dtype)
        s[:, :3] = scores
        functions = [loss]
        if loss is softmax_cross_entropy:
            one_hot = np.eye(3 + padding, dtype=dtype)[[label] * 3]
            functions += [lambda s, y, q=one_hot, **k: loss(s, q, **k)]
            functions += [lambda s, y, q=one_hot, **k: kl_divergence(s, q, **k)]
        for function in functions:
            values, grad = function(s, np.full(3, label), reduction="none")
            np.testing.assert_allclose(values, value, rtol=tolerance, atol=tolerance)
            np.testing.assert_allclose(grad[:, :3], [slopes] * 3, rtol=tolerance, atol=tolerance)
            assert (grad[:, 3:] == 0).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("loss", [binary_cross_entropy, logistic, hinge, squared_error, huber])
def test_a_score_that_is_not_a_number(loss: Any, dtype: type) -> None:
    """The value is none either, and the reference has the gradient of the kernel."""
    s, y = np.array([np.nan, 0.5], dtype), np.ones(2, dtype)
    values, grad = loss(s, y, reduction="none")
    want, slopes = getattr(losses_reference, loss.__name__)(s, y)
    assert np.isnan([values[0], want[0]]).all()
    np.testing.assert_allclose(grad, slopes, rtol=1e-6)


@pytest.mark.parametrize("mean", [INF, -INF])
def test_gaussian_nll_of_an_infinite_mean(mean: float) -> None:
    value, (slope, of_variance) = gaussian_nll(np.array([mean]), np.zeros(1), np.ones(1))
    assert (value, slope[0], of_variance[0]) == (INF, mean, -INF)


@each_case
@pytest.mark.parametrize("dtype", DTYPES)
def test_no_error_state_stops_a_loss_halfway(case: LossCase, dtype: type) -> None:
    """What overflows, underflows or is no number is computed all the same, where warnings are errors too."""
    rng = np.random.default_rng(0)
    s, y = case.scores(rng, (30, 4), dtype), case.targets(rng, (30, 4), dtype)
    s[::3] *= dtype(1e30)
    s[1::3, 0], s[2, 1], s[5, 2] = np.inf, np.nan, -np.inf
    for reduction in ("mean", "sum", "none"):
        out = np.empty_like(s)
        want, grad = case(s, y, reduction=reduction)
        with np.errstate(all="raise"), warnings.catch_warnings(action="error"):
            value, got = case(s, y, reduction=reduction, out=out)
            if case.compiled:
                getattr(losses_reference, case.name)(s, y, **case.options)
        assert got is out
        assert np.array_equal(value, want, equal_nan=True)
        assert np.array_equal(out, grad, equal_nan=True)


@pytest.mark.parametrize("dtype", DTYPES)
def test_no_error_state_stops_gaussian_nll_halfway(dtype: type) -> None:
    mean = np.array([np.inf, np.nan, 1e30, 1e-30, 0], dtype)
    variance = np.array([1, 1, 1e-30, 1e30, np.finfo(dtype).tiny], dtype)
    want, grads = gaussian_nll(mean, np.ones(5, dtype), variance)
    out = np.empty(5, dtype), np.empty(5, dtype)
    with np.errstate(all="raise"), warnings.catch_warnings(action="error"):
        value, _ = gaussian_nll(mean, np.ones(5, dtype), variance, out=out)
    assert np.array_equal(value, want, equal_nan=True)
    for got, grad in zip(out, grads, strict=True):
        assert np.array_equal(got, grad, equal_nan=True)
