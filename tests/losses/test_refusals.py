"""What losses refuse, by name and before anything is written."""

import math
import pickle
import re
from typing import Any

import numpy as np
import pytest

from fastopt import losses
from fastopt.losses import gaussian_nll, kl_divergence, multiclass_hinge, nll, softmax_cross_entropy
from losses.made import LABELS, SCORES, by_label, each_case, made, raises
from losses_table import CASES, LossCase
from support import DTYPES


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
