"""Scores and targets of every dtype, layout and class."""

from typing import Any

import numpy as np
import pytest

from fastopt import losses
from fastopt.losses import softmax_cross_entropy
from losses.made import by_label, each_case, made, raises
from losses_table import CASES, LossCase
from support import Array, same


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
