"""The losses: the lectures' numbers, gradients by differences, extremes, refusals."""

import math
import pickle
import re
from typing import Any

import numpy as np
import pytest

from fastopt import losses
from fastopt.losses import gaussian_nll, kl_divergence, multiclass_hinge, nll, softmax_cross_entropy
from losses_table import CASES, LossCase
from support import DTYPES, Array, numeric_gradient, same

each_case = pytest.mark.parametrize("case", CASES, ids=str)
by_label = pytest.mark.parametrize("loss", [softmax_cross_entropy, multiclass_hinge, nll])
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


def made(case: LossCase, shape: tuple[int, ...] = (6, 4), dtype: Any = np.float64) -> tuple[Array, Array]:
    rng = np.random.default_rng(7)
    return case.scores(rng, shape, dtype), case.targets(rng, shape, dtype)


def raises(error: type[Exception], message: str) -> Any:
    return pytest.raises(error, match="^" + re.escape(message))


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


def orders(a: Array) -> list[Array]:
    """The same numbers in other memory layouts."""
    gaps = np.zeros([2 * n for n in a.shape], a.dtype)
    part = gaps[tuple(slice(None, None, 2) for _ in a.shape)]
    part[...] = a
    return [np.asfortranarray(a), part, a[::-1].copy()[::-1], np.asarray(a).view(Sub)]


class Sub(np.ndarray):
    pass


@each_case
def test_any_memory_layout_is_read(case: LossCase) -> None:
    s, y = made(case, (6, 5))
    value, grad = case(s, y)
    for other in orders(s):
        for targets in [y, *orders(y)]:
            assert case(other, targets)[0] == pytest.approx(value, rel=1e-14)
            assert np.array_equal(case(other, targets)[1], grad)
            values, _ = case(other, targets, reduction="none")
            assert np.array_equal(values, case(s, y, reduction="none")[0])
    if not case.by_rows:
        s, y = s.reshape(3, 2, 5), y.reshape(3, 2, 5)
        grad = case(s, y, reduction="sum")[1]
        moved, targets = s.transpose(2, 0, 1).copy().transpose(1, 2, 0), np.asfortranarray(y)
        assert np.array_equal(case(moved, targets, reduction="sum")[1], grad)
        assert np.array_equal(case(moved, targets, reduction="sum", out=moved)[1], grad)
        assert np.array_equal(case(s[:, 0, 0], y[:, 0, 0], reduction="sum")[1], grad[:, 0, 0])


@by_label
@pytest.mark.parametrize("dtype", ["b", "B", "h", "H", "i", "I", "l", "L", "q", "Q"])
def test_labels_of_every_integer_dtype(loss: Any, dtype: str) -> None:
    s, y = made(CASES[0])
    labels = y.astype(dtype)
    assert loss(s, labels)[0] == loss(s, y)[0]
    for bad in (labels.max() * 0 + 4, np.iinfo(dtype).max, np.iinfo(dtype).min):
        if bad:
            labels[2] = bad
            with raises(ValueError, f"labels[2]: expected 0 to 3, got {bad}"):
                loss(s, labels)


def test_integers_and_booleans_as_targets() -> None:
    s = np.linspace(-2, 2, 5, dtype=np.float32)
    yes = s > 0
    assert losses.binary_cross_entropy(s, yes)[0] == losses.binary_cross_entropy(s, yes.astype("f"))[0]
    signs = np.where(yes, 1, -1)
    assert losses.logistic(s, signs)[0] == losses.logistic(s, signs.astype("f"))[0]
    assert losses.logistic(s, signs)[0] == pytest.approx(losses.binary_cross_entropy(s, yes)[0], rel=1e-6)


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


@by_label
@pytest.mark.parametrize(
    ("scores", "labels", "error", "message"),
    [
        (SCORES.tolist(), LABELS, TypeError, "{}: expected a NumPy array, got list"),
        (
            SCORES.astype(int),
            LABELS,
            TypeError,
            "{}: expected float32 or float64 in native byte order, got int64",
        ),
        (
            SCORES.astype(">f8"),
            LABELS,
            TypeError,
            "{}: expected float32 or float64 in native byte order, got >f8",
        ),
        (
            SCORES[0],
            LABELS,
            ValueError,
            "{}: expected shape (samples, classes), at least one of each, got (3,)",
        ),
        (
            SCORES[:0],
            LABELS[:0],
            ValueError,
            "{}: expected shape (samples, classes), at least one of each, got (0,",
        ),
        (
            SCORES[:, :0],
            LABELS,
            ValueError,
            "{}: expected shape (samples, classes), at least one of each, got (3, 0)",
        ),
        (SCORES, LABELS.tolist(), TypeError, "labels: expected a NumPy array, got list"),
        (
            SCORES,
            LABELS.astype(float),
            TypeError,
            "labels: expected integers in native byte order, got float64",
        ),
        (SCORES, LABELS.astype(">i8"), TypeError, "labels: expected integers in native byte order, got >i8"),
        (SCORES, LABELS == 0, TypeError, "labels: expected integers in native byte order, got bool"),
        (SCORES, LABELS[:2], ValueError, "labels: expected shape (3,), one a row of scores, got (2,)"),
        (SCORES, LABELS[:, None], ValueError, "labels: expected shape (3,), one a row of scores, got (3, 1)"),
        (SCORES, np.array([0, 3, 1]), ValueError, "labels[1]: expected 0 to 2, got 3"),
        (SCORES, np.array([0, 1, -1]), ValueError, "labels[2]: expected 0 to 2, got -1"),
    ],
)
def test_bad_scores_and_labels(loss: Any, scores: Any, labels: Any, error: Any, message: str) -> None:
    out = np.ones((3, 3))
    with raises(error, message.format("log_probabilities" if loss is nll else "scores")):
        loss(scores, labels, out=out)
    assert (out == 1).all()


@each_case
def test_bad_calls_write_nothing(case: LossCase) -> None:
    s, y = made(case)
    first = "log_probabilities" if case.function is nll else "scores"
    target = {"labels": "labels", "yes": "labels", "signs": "labels"}.get(case.kind, "targets")
    if case.kind == "probabilities":
        target = "labels" if case.function is softmax_cross_entropy else "probabilities"
    before = pickle.dumps((s, y))

    with raises(ValueError, "reduction: expected 'mean', 'sum' or 'none', got 'average'"):
        case(s, y, reduction="average", out=s)
    with raises(TypeError, "out: expected a NumPy array, got list"):
        case(s, y, out=s.tolist())
    with raises(TypeError, "out: expected float64 of shape (6, 4), got float32 of shape (6, 4)"):
        case(s, y, out=s.astype(np.float32))
    with raises(ValueError, "out: expected float64 of shape (6, 4), got float64 of shape (4, 6)"):
        case(s, y, out=np.empty((4, 6)))
    with raises(ValueError, "out: expected a writeable array, got a read-only one"):
        case(s, y, out=np.broadcast_to(np.zeros(1), (6, 4)))
    with raises(ValueError, "out: expected a dense array"):
        case(s, y, out=np.empty((6, 8))[:, ::2])
    if case.by_rows:
        with raises(ValueError, "out: expected C order, in which the scores of a sample lie together"):
            case(s, y, out=np.empty((4, 6)).T)
    long = np.zeros(30)
    long[:24] = s.ravel()
    with raises(ValueError, f"{first} and out overlap in memory; expected separate arrays"):
        case(long[:24].reshape(6, 4), y, out=long[4:28].reshape(6, 4))
    if case.kind != "labels":
        with raises(ValueError, f"{target} and out overlap in memory; expected separate arrays"):
            case(s, y, out=y)
        with raises(ValueError, f"{target}: expected float64 of shape (6, 4), got float64 of shape (3, 4)"):
            case(s, y[:3], out=s)
        with raises(TypeError, f"{target}: expected float64 of shape (6, 4), got float32 of shape (6, 4)"):
            case(s, y.astype(np.float32), out=s)
    if not case.by_rows:
        with raises(ValueError, "scores: expected shape (samples, ...), at least one of each, got ()"):
            case(s[0, 0:1].reshape(()), y[0, 0:1].reshape(()))
    assert pickle.dumps((s, y)) == before


LEGAL = {
    "yes": ("labels", [np.nan, -0.001, 1.001, np.inf], "a number in [0, 1]"),
    "signs": ("labels", [np.nan, 0, 0.5, np.inf], "-1 or 1"),
    "counts": ("targets", [np.nan, -1, np.inf], "a finite number >= 0"),
}


@pytest.mark.parametrize("case", [case for case in CASES if case.kind in LEGAL], ids=str)
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_an_illegal_target_is_named(case: LossCase, order: Any, dtype: Any) -> None:
    name, bad, what = LEGAL[case.kind]
    for shape, places in (((6, 4), [(0, 0), (4, 3)]), ((40_000, 2), [(39_999, 0), (12_345, 1)])):
        s, good = made(case, shape, dtype)
        s = np.asarray(s, order=order)
        before = s.tobytes()
        for value in bad:
            for place in places:
                y = good.copy(order)
                y[place] = value
                y[-1, -1] = value  # the first in memory is named
                got = f"{name}[{place[0]}, {place[1]}]: expected {what}, got {dtype(value)!s}"
                with raises(ValueError, got):
                    case(s, y, out=s)
        assert s.tobytes() == before


@pytest.mark.parametrize("case", [case for case in CASES if case.kind == "probabilities"], ids=str)
@pytest.mark.parametrize("columns", [3, 10, 200])
def test_a_row_that_is_no_distribution_is_named(case: LossCase, columns: int) -> None:
    s, good = made(case, (100, columns))
    before = s.tobytes()
    name = "probabilities" if case.function is kl_divergence else "labels"
    for row in (0, 15, 16, 99):
        for value in (np.nan, -0.001, np.inf, 2.0):
            y = good.copy()
            y[row, columns - 1] = value
            y[99, 0] = value
            expected = f"{name}[{row}]: expected probabilities (not negative, sum 1 to within 0.001), got"
            with raises(ValueError, f"{expected} a row of sum "):
                case(s, y, out=s)
    assert s.tobytes() == before


def test_what_a_row_is_instead_of_a_distribution() -> None:
    s = np.zeros((2, 3))
    for row, found in (
        ([0.5, 0.25, 1.25], "a row of sum 2.0 whose smallest is 0.25"),
        ([0.5, -0.5, 1.0], "a row of sum 1.0 whose smallest is -0.5"),
        ([np.nan, 0.0, 1.0], "a row of sum nan whose smallest is nan"),
        ([np.inf, -np.inf, 1.0], "a row of sum nan whose smallest is -inf"),
    ):
        with pytest.raises(ValueError, match=re.escape(f"got {found}") + "$"):
            kl_divergence(s, np.array([[0.0, 1.0, 0.0], row]))


@pytest.mark.parametrize("dtype", DTYPES)
def test_how_far_from_1_probabilities_may_sum(dtype: Any) -> None:
    s = np.zeros((1, 2), dtype)
    for off in (-0.0009, 0.0009):
        softmax_cross_entropy(s, np.array([[0.5, 0.5 + off]], dtype))
    for off in (-0.0011, 0.0011):
        with pytest.raises(ValueError, match=r"sum 1 to within 0\.001"):
            softmax_cross_entropy(s, np.array([[0.5, 0.5 + off]], dtype))


def test_a_sum_that_overflows_makes_an_infinite_mean() -> None:
    """As documented; the gradient is the mean's all the same."""
    scores = np.full(4, 1.3e154)
    loss, grad = losses.squared_error(scores, np.zeros(4))
    assert loss == math.inf
    assert np.array_equal(grad, scores / 4)
    assert np.isfinite(losses.squared_error(scores, np.zeros(4), reduction="none")[0]).all()
    single = np.full(4, 1.5e19, np.float32)
    assert losses.squared_error(single, np.zeros(4, np.float32))[0] == pytest.approx(1.125e38)


def test_bad_parameters() -> None:
    for value in (-0.1, math.inf, math.nan):
        with raises(ValueError, "margin: expected a finite number >= 0, got"):
            multiclass_hinge(SCORES, LABELS, margin=value)
        with raises(ValueError, "margin: expected a finite number >= 0, got"):
            losses.hinge(SCORES, np.ones_like(SCORES), margin=value)
    for value in (-0.1, 0, math.inf, math.nan):
        with raises(ValueError, f"delta: expected a finite number > 0, got {value}"):
            losses.huber(SCORES, SCORES, delta=value)
    with raises(TypeError, "delta: expected a finite number > 0, got None"):
        losses.huber(SCORES, SCORES, delta=None)  # type: ignore[arg-type]
    for value in (-0.1, 1.0, math.nan):
        with raises(ValueError, "label_smoothing: expected a number in [0, 1), got"):
            softmax_cross_entropy(SCORES, LABELS, label_smoothing=value)
    for bad in ("0.1", "", None, False, [], np.zeros(0)):
        with raises(TypeError, f"label_smoothing: expected a number in [0, 1), got {bad!r}"):
            softmax_cross_entropy(SCORES, LABELS, label_smoothing=bad)


@pytest.mark.parametrize(
    ("loss", "name"), [(multiclass_hinge, "margin"), (losses.hinge, "margin"), (losses.huber, "delta")]
)
def test_parameters_beyond_the_range_of_the_scores(loss: Any, name: str) -> None:
    s, y = np.ones((2, 2)), np.ones(2, int) if loss is multiclass_hinge else np.ones((2, 2))
    for value in (1e39, 1e-50, 1e-40):
        assert math.isfinite(loss(s, y, **{name: value})[0])
        single = s.astype(np.float32)
        expected = f"{name}: expected a number in the range of float32, the dtype of the scores"
        with raises(ValueError, f"{expected} (1.2e-38 to 3.4e+38), got {value}"):
            loss(single, y if y.ndim == 1 else y.astype(np.float32), out=single, **{name: value})
        assert np.array_equal(single, s)


@each_case
@pytest.mark.parametrize("reduction", [np.array(["mean", "sum"]), np.array("mean"), None, ["mean"]], ids=repr)
def test_a_reduction_is_a_string(case: LossCase, reduction: Any) -> None:
    s, y = made(case)
    with raises(ValueError, f"reduction: expected 'mean', 'sum' or 'none', got {reduction!r}"):
        case(s, y, reduction=reduction)


def test_bad_variances_and_pairs() -> None:
    mean, y, v = np.zeros((3, 2)), np.ones((3, 2)), np.ones((3, 2))
    for value in (0.0, -1.0, np.nan, np.inf):
        v[1, 1] = value
        with raises(ValueError, f"variance[1, 1]: expected a finite number > 0, got {value}"):
            gaussian_nll(mean, y, v, out=(mean, np.zeros((3, 2))))
    v[1, 1] = 1
    with raises(ValueError, "out[0] and out[1] overlap in memory"):
        gaussian_nll(mean, y, v, out=(mean, mean))
    with raises(ValueError, "mean: expected shape (samples, ...)"):
        gaussian_nll(mean[:0], y[:0], v[:0])
    assert not mean.any()


def test_a_large_batch() -> None:
    rng = np.random.default_rng(0)
    s, y = rng.normal(size=(70_000, 10)).astype(np.float32), rng.integers(10, size=70_000)
    value, grad = softmax_cross_entropy(s, y)
    parts = [
        softmax_cross_entropy(s[k : k + 7000], y[k : k + 7000], reduction="sum")
        for k in range(0, 70_000, 7000)
    ]
    assert value == pytest.approx(sum(part for part, _ in parts) / 70_000, rel=1e-12)
    np.testing.assert_allclose(np.concatenate([g for _, g in parts]) / 70_000, grad, rtol=1e-6, atol=1e-11)
    assert same(grad, softmax_cross_entropy(s, y, out=s)[1])


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize("subclass", [np.matrix, np.ma.MaskedArray])
def test_subclasses_are_taken_as_they_lie_in_memory(subclass: Any) -> None:
    """Whatever a subclass makes of * or of an index, the numbers are those of the plain array."""
    s, y = np.array([[0.5, -1.0], [2.0, 0.25]]), np.array([[1.0, 2.0], [0.0, 3.0]])
    v = y + 1
    for plain, viewed in (
        (losses.poisson_nll(s, y), losses.poisson_nll(s.view(subclass), y.view(subclass))),
        (losses.gaussian_nll(s, y, v), losses.gaussian_nll(s.view(subclass), y, v.view(subclass))),
        (losses.nll(s, np.array([0, 1])), losses.nll(s.view(subclass), np.array([0, 1]))),
    ):
        assert plain[0] == viewed[0]
        assert np.array_equal(plain[1], viewed[1])


def test_integer_one_hot_rows_are_probabilities() -> None:
    s = np.array([[0.5, -1.0, 2.0], [2.0, 0.25, 1.0]])
    want, grad = losses.softmax_cross_entropy(s, np.array([2, 0]))
    for kind in (np.int64, np.bool_, np.float64):
        value, g = losses.softmax_cross_entropy(s, np.eye(3)[[2, 0]].astype(kind))
        assert value == pytest.approx(want, rel=1e-14)
        np.testing.assert_allclose(g, grad, atol=1e-16)


def test_nothing_is_written_where_numpy_raises() -> None:
    out = np.full(3, 7.0)
    with np.errstate(all="raise"):
        losses.poisson_nll(np.array([0.0, -700.0, -745.0]), np.zeros(3), out=out)
    assert (out != 7).all()


def test_gaussian_gradients_share_memory_with_nothing_they_must_not() -> None:
    mean, y, variance = np.zeros(3), np.ones(3), np.full(3, 2.0)
    before = mean.tobytes() + variance.tobytes()
    for out in ((variance, np.empty(3)), (np.empty(3), mean)):
        with pytest.raises(ValueError, match="overlap in memory; expected separate arrays"):
            losses.gaussian_nll(mean, y, variance, out=out)
    for bad in (np.empty(3), 3):
        with pytest.raises(TypeError, match="out: expected a pair of arrays, got"):
            losses.gaussian_nll(mean, y, variance, out=bad)
    assert mean.tobytes() + variance.tobytes() == before
    losses.gaussian_nll(mean, y, variance, out=(mean, variance))
    assert mean.tobytes() + variance.tobytes() != before
