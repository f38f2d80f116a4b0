"""Penalties: values, gradients and proximal steps, against definitions."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fastopt.regularizers import Regularizer, elastic_net, l1, l2
from regularizers.penalties import PENALTIES, draw, finite, over_dtypes, over_penalties
from support import Array

vectors = arrays(np.float64, st.integers(1, 8), elements=finite)
some = settings(max_examples=25)


@pytest.mark.parametrize(
    ("penalty", "value", "grad", "prox"),
    [
        (l2(0.5), 2.5, [2.0, -1.0, 0.0], [1.0, -0.5, 0.0]),
        (l1(0.5), 1.5, [0.5, -0.5, 0.0], [1.5, -0.5, 0.0]),
        (elastic_net(0.5), 4.0, [2.5, -1.5, 0.0], [0.75, -0.25, 0.0]),
        (elastic_net(0.5, beta=0.5), 2.75, [1.5, -1.0, 0.0], [1.0, -1 / 3, 0.0]),
    ],
    ids=repr,
)
def test_by_hand(penalty: Regularizer, value: float, grad: list[float], prox: list[float]) -> None:
    """Definitions of the lectures, at (2, -1, 0) with lambda = 1/2 and step 1."""
    w = np.array([2.0, -1.0, 0.0])
    got, subgradient = penalty(w)
    assert got == value
    assert subgradient.tolist() == grad
    assert penalty.prox(w, 1.0) == pytest.approx(np.array(prox), rel=1e-15)
    assert w.tolist() == [2.0, -1.0, 0.0]


@over_penalties
@some
@given(vectors)
def test_gradient_is_that_of_the_value(penalty: Regularizer, w: Array) -> None:
    w[np.abs(w) < 0.01] = 0.5  # away from the kink of l1
    _, grad = penalty(w)
    for k in range(w.size):
        e = np.zeros_like(w)
        e[k] = 1e-4
        assert (penalty(w + e)[0] - penalty(w - e)[0]) / 2e-4 == pytest.approx(grad[k], rel=1e-6, abs=1e-6)


@over_penalties
@some
@given(vectors, st.data())
def test_subgradient_lies_below(penalty: Regularizer, w: Array, data: Any) -> None:
    """R(v) >= R(w) + g (v - w): also at the kink."""
    v = data.draw(arrays(np.float64, w.shape, elements=finite))
    value, grad = penalty(w)
    bound = value + float(grad @ (v - w))
    assert penalty(v)[0] >= bound - 1e-9 * (1 + abs(bound))


@over_penalties
@some
@given(vectors, st.data(), st.floats(0, 10))
def test_prox_is_the_minimiser(penalty: Regularizer, w: Array, data: Any, lr: float) -> None:
    """No other point has less: a strongly convex function grows at least as the distance squared."""

    def objective(x: Array) -> float:
        return lr * penalty(x)[0] + float((x - w) @ (x - w)) / 2

    best = penalty.prox(w, lr)
    other = data.draw(arrays(np.float64, w.shape, elements=finite))
    for x in (other, best + 1e-3 * other, w, np.zeros_like(w)):
        gap = objective(best) + float((x - best) @ (x - best)) / 2
        assert objective(x) >= gap * (1 - 1e-12) - 1e-12


@over_penalties
@over_dtypes
def test_prox_meets_the_gradient(penalty: Regularizer, dtype: Any) -> None:
    """Where the result is not at a kink: result + lr * gradient there = start."""
    w = draw(50, dtype=dtype) * 3
    v = penalty.prox(w, 0.7)
    assert v.dtype == dtype
    moved = v != 0
    assert moved.sum() > 20
    back = v + dtype(0.7) * penalty(v)[1]
    np.testing.assert_allclose(back[moved], w[moved], rtol=10 * np.finfo(dtype).eps)
    if not isinstance(penalty, l2):
        assert (np.abs(w[~moved]) <= 0.7 * 0.3 * (1 + 1e-6)).all()
        assert moved.sum() < 50


def test_prox_of_extremes() -> None:
    w = np.array([np.inf, -np.inf, np.nan, 0.0, 1e-320])
    for penalty in PENALTIES:
        result = penalty.prox(w, 1.0)
        np.testing.assert_array_equal(result[:4], w[:4])
        assert np.array_equal(penalty.prox(w, 0.0), w, equal_nan=True)
    assert not np.signbit(l1(1.0).prox(np.array([-0.5, -0.0]), 1.0)).any()


@over_penalties
def test_strength_zero_is_nothing(penalty: Regularizer) -> None:
    from dataclasses import replace

    w = draw(9)
    value, grad = replace(penalty, strength=0)(w)
    assert value == 0
    assert not grad.any()
    assert np.array_equal(replace(penalty, strength=0).prox(w, 1.0), w)


@pytest.mark.parametrize("penalty", [*PENALTIES, elastic_net(0.3, beta=0)], ids=repr)
def test_strength_zero_is_nothing_even_of_what_overflows(penalty: Regularizer) -> None:
    from dataclasses import replace

    w, total = np.array([1e200, np.inf, np.nan]), np.ones(3)
    value, grad = replace(penalty, strength=0.0)(w)
    assert (value, grad.tolist()) == (0.0, [0.0] * 3)
    assert replace(penalty, strength=0.0).add_to(w, total) == 0.0
    assert total.tolist() == [1.0] * 3


def test_beta_zero_is_l1_even_where_squares_overflow() -> None:
    for w in (np.array([1e200, -1.0]), np.array([np.inf, 2.0])):
        value, grad = elastic_net(0.5, beta=0)(w)
        assert (value, grad.tolist()) == (l1(0.5)(w)[0], l1(0.5)(w)[1].tolist())
        assert value > 0


def test_what_overflows_is_infinite_and_no_warning() -> None:
    """A warning that is an error, as here, would leave the work half done."""
    w = np.array([1e308, 1e200], order="F")
    assert l2(1)(w)[0] == math.inf
    assert l2(1).add_to(w, g := np.full((4,), 1e308)[::2]) == math.inf
    assert g.tolist() == [math.inf, 1e308 + 2e200]
