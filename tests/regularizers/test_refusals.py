"""What penalties refuse, before anything is written."""

import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from fastopt import regularizers
from fastopt.regularizers import Regularizer, elastic_net, l1, l2
from regularizers.penalties import PENALTIES, over_penalties
from support import Array, raises, same


def frozen(a: Array) -> Array:
    a.flags.writeable = False
    return a


BUFFER = np.ones(12)
SQUARE = BUFFER[:4].reshape(2, 2)
BAD_PARAMS: list[tuple[Any, type[Exception], str]] = [
    (None, TypeError, "params: expected a NumPy array, a list or a dict of arrays, got NoneType"),
    ({}, ValueError, "params: expected at least one array, got an empty dict"),
    ([1.0], TypeError, "params[0]: expected a NumPy array, got float"),
    (np.ones(3, int), TypeError, "params: expected float32 or float64 in native byte order, got int64"),
    (
        {"W": np.ones((2, 2), ">f8")},
        TypeError,
        "params['W']: expected float32 or float64 in native byte order",
    ),
    ([np.ones((2, 2)), np.ones(2, np.float16)], TypeError, "params[1]: expected float32 or float64"),
]
BAD_TARGETS: list[tuple[Any, type[Exception], str]] = [
    (None, TypeError, ": expected a NumPy array, a list or a dict of arrays, got NoneType"),
    (np.ones((2, 2)), TypeError, ": expected a dict of 'W', 'b', as params, got one array"),
    (
        [np.ones((2, 2)), np.ones(2)],
        TypeError,
        ": expected a dict of 'W', 'b', as params, got a list of 2 arrays",
    ),
    ({"W": np.ones((2, 2))}, ValueError, ": expected a dict of 'W', 'b', as params, got a dict of 'W'"),
    ({"W": np.ones((2, 2)), "b": None}, TypeError, "['b']: expected a NumPy array, got NoneType"),
    (
        {"W": np.ones((2, 2)), "b": np.ones(2, np.float32)},
        TypeError,
        "['b']: expected float64 of shape (2,), got float32 of shape (2,)",
    ),
    (
        {"W": np.ones((2, 2)), "b": np.ones(3)},
        ValueError,
        "['b']: expected float64 of shape (2,), got float64 of shape (3,)",
    ),
    (
        {"W": frozen(np.ones((2, 2))), "b": np.ones(2)},
        ValueError,
        "['W']: expected a writeable array, got a read-only one",
    ),
    ({"W": SQUARE, "b": BUFFER[3:5]}, ValueError, " in memory; expected separate arrays"),
    ({"W": BUFFER[2:6].reshape(2, 2), "b": np.ones(2)}, ValueError, " in memory"),
    ({"W": BUFFER[4:8].reshape(2, 2), "b": np.ones(2)}, ValueError, " in memory"),
]


@pytest.mark.parametrize(("params", "error", "message"), BAD_PARAMS)
@over_penalties
def test_bad_params(penalty: Regularizer, params: Any, error: type[Exception], message: str) -> None:
    for call in (penalty, lambda p: penalty.add_to(p, p), lambda p: penalty.prox(p, 0.1)):
        with raises(error, message):
            call(params)


@pytest.mark.parametrize(("targets", "error", "message"), BAD_TARGETS)
@pytest.mark.parametrize("penalty", PENALTIES[:1])
def test_bad_targets(penalty: Regularizer, targets: Any, error: type[Exception], message: str) -> None:
    """The parameters are elements 0 to 3 and 5 to 6 of one buffer of ones; nothing changes."""
    BUFFER[:] = 1
    params = {"W": SQUARE, "b": BUFFER[5:7]}
    with raises(error, message):
        penalty.add_to(params, targets)
    if targets is not None:
        with raises(error, message):
            penalty.prox(params, 0.1, out=targets)
    assert (BUFFER == 1).all()
    if isinstance(targets, dict):
        assert all((a == 1).all() for a in targets.values() if a is not None)


def test_overlaps() -> None:
    W = np.ones((2, 2))
    with raises(ValueError, "out[0] and out[1] overlap in memory"):
        l2(1).prox(tied := [W, W], 0.1, out=tied)
    assert l2(1)([W, W])[0] == 8, "reading twice is fine"
    with raises(ValueError, "params overlaps grads in memory"):
        l2(1).add_to(W, W)
    with raises(ValueError, "overlap"):  # a row of W that counts as a bias
        l2(1).prox(view := {"W": W, "b": W[1]}, 0.1, out=view)
    with raises(ValueError, "overlap"):
        l2(1).prox([W, np.zeros((2, 2))], 0.1, out=[np.zeros((2, 2)), W])
    assert (W == 1).all()
    row = np.ones((1, 12))
    with raises(ValueError, "params overlaps grads in memory"):
        l2(1).add_to(row[:, :4], row[:, 3:7])
    with raises(ValueError, "params[0] overlaps grads[1] in memory"):  # behind one that it does not meet
        l2(1).add_to([row[:, :8], row[:, 1:3]], [np.ones((1, 8)), row[:, 4:6]])
    l2(1).add_to([row[:, :8], row[:, 1:3]], [np.ones((1, 8)), row[:, 8:10]])
    assert row.tolist() == [[1] * 8 + [3, 3, 1, 1]]


@pytest.mark.parametrize(
    ("shape", "strides"),
    [((3, 2), (0, 8)), ((3, 2), (8, 8)), ((3, 2), (-8, 8)), ((3,), (0,)), ((2, 3, 2), (16, 16, 8))],
)
def test_arrays_that_overlap_themselves(shape: tuple[int, ...], strides: tuple[int, ...]) -> None:
    buffer = np.zeros(20)
    twisted = np.lib.stride_tricks.as_strided(buffer[10:], shape, strides)
    w = np.ones(shape)
    message = f": expected an array with a place in memory for each element, got shape {shape} with strides"
    with raises(ValueError, "grads" + message):
        l2(1).add_to(w, twisted)
    with raises(ValueError, "out" + message):
        l2(1).prox(w, 0.1, out=twisted)
    with raises(ValueError, "out" + message):
        l2(1).prox(twisted, 0.1, out=twisted)
    assert not buffer.any()
    assert l2(1)(twisted)[0] == 0, "reading twice is fine"
    l2(1, only=1).add_to([w, w], [twisted, np.zeros(shape)])  # not written


def test_gaps_and_turned_axes_do_not_overlap_themselves() -> None:
    for g in (
        np.zeros((6, 4))[::2, ::-1],
        np.zeros((4, 3)).T[:, 1:],
        np.zeros((0, 3)),
        np.zeros((3, 1))[:, ::-1],
    ):
        value, grad = l2(1)(np.ones(g.shape))
        assert l2(1).add_to(np.ones(g.shape), g) == value
        assert same(g.copy(), grad)


@pytest.mark.parametrize(("shape", "strides"), [((1, 4), (8, 8)), ((4, 1), (8, 80)), ((1,), (24,))])
def test_strides_of_an_axis_of_length_one_do_not_matter(
    shape: tuple[int, ...], strides: tuple[int, ...]
) -> None:
    w = np.ones(shape)
    out = np.lib.stride_tricks.as_strided(w, shape, strides)
    assert l2(1).prox(w, 0.5, out=out) is out
    assert (w == 0.5).all()


def test_unaligned_arrays() -> None:
    odd = np.zeros(25, np.uint8)[1:].view(np.float64)
    with raises(
        ValueError, "params: expected an aligned array, got one whose data starts between two elements"
    ):
        l2(1)(odd)
    with raises(ValueError, "grads: expected an aligned array"):
        l2(1).add_to(np.ones(3), odd)
    assert not odd.any()


def test_bad_lr() -> None:
    w = np.ones(3)
    with raises(ValueError, "lr: expected a finite number >= 0, got -1"):
        l1(1).prox(w, -1, out=w)
    with raises(TypeError, "lr: expected a finite number >= 0, got 'fast' (str)"):
        l1(1).prox(w, "fast", out=w)  # type: ignore[arg-type]
    assert (w == 1).all()


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: l2(-1), ValueError, "strength: expected a finite number >= 0, got -1"),
        (lambda: l1(math.nan), ValueError, "strength: expected a finite number >= 0, got nan"),
        (lambda: l1("a"), TypeError, "strength: expected a finite number >= 0, got 'a' (str)"),
        (lambda: l2(True), TypeError, "strength: expected a finite number >= 0, got True (bool)"),
        (lambda: elastic_net(1, -1), ValueError, "beta: expected a finite number >= 0, got -1"),
        (
            lambda: l2(1, skip=3.5),
            TypeError,
            "skip: expected a key, keys or a function of key and array, got 3.5",
        ),
        (lambda: l2(1, only="W", skip="b"), ValueError, "skip: expected None beside only=('W',), got ('b',)"),
        (lambda: Regularizer(), TypeError, "abstract"),
    ],
)
def test_refusals(make: Callable[[], object], error: type[Exception], message: str) -> None:
    with raises(error, message):
        make()


def test_penalties_are_values() -> None:
    assert l2(1) == l2(1.0) != l1(1.0)
    assert l2(1, skip=["b"]) == l2(1, skip="b") != l2(1)
    assert len({l2(1), l2(1), elastic_net(1, 2)}) == 2
    assert repr(l2(1e-4, skip="b")) == "l2(strength=0.0001, only=None, skip=('b',))"
    for penalty in (*PENALTIES, l2(1, only=["W"])):
        assert eval(repr(penalty), vars(regularizers)) == penalty
        assert pickle.loads(pickle.dumps(penalty)) == penalty
        assert b"fastopt.regularizers\n" in pickle.dumps(penalty, 0), "the public place, whatever the file"
    with pytest.raises(AttributeError):
        l2(1).strength = 2  # type: ignore[misc]
