"""Penalties: value, gradient, prox, what they leave out, refusals, decay; and exact least squares."""

import inspect
import math
import pickle
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import fastopt
from fastopt import _core, regularizers
from fastopt.regularizers import Regularizer, elastic_net, l1, l2, least_squares
from support import DTYPES, ISAS, LENGTHS, Array, same

PENALTIES = [l2(0.3), l1(0.3), elastic_net(0.3), elastic_net(0.3, beta=0.2)]
over_penalties = pytest.mark.parametrize("penalty", PENALTIES, ids=repr)
over_dtypes = pytest.mark.parametrize("dtype", DTYPES)

finite = st.floats(-100, 100, width=32, allow_subnormal=False)
vectors = arrays(np.float64, st.integers(1, 8), elements=finite)
some = settings(max_examples=25)
BUFFER_OF_SIX = np.ones(6)


def raises(error: type[Exception], message: str) -> Any:
    return pytest.raises(error, match=re.escape(message))


def draw(*shape: int, dtype: Any = np.float64, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


# Formulas.


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


# The core, against NumPy: gradients to the bit, on every instruction set.

IN_NUMPY: list[tuple[Regularizer, Callable[[Array], Array], Callable[[float], float]]] = [
    (l2(0.3), lambda p: 2 * 0.3 * p, lambda x: 0.3 * x * x),
    (l1(0.3), lambda p: 0.3 * np.sign(p), lambda x: 0.3 * abs(x)),
    (
        elastic_net(0.3, 0.2),
        lambda p: 0.3 * (2 * 0.2 * p + np.sign(p)),
        lambda x: 0.3 * (0.2 * x * x + abs(x)),
    ),
]


@pytest.mark.usefixtures("runtime")
@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize(("penalty", "grad_of", "value_of"), IN_NUMPY, ids=["l2", "l1", "elastic_net"])
@over_dtypes
def test_the_core_is_numpy(isa: str, penalty: Regularizer, grad_of: Any, value_of: Any, dtype: Any) -> None:
    _core.select_isa(isa)
    for n in LENGTHS:
        w, g = draw(n, dtype=dtype), draw(n, dtype=dtype, seed=1)
        value, grad = penalty(w)
        assert same(grad, grad_of(w))
        assert value == pytest.approx(math.fsum(map(value_of, w.tolist())), rel=1e-14)
        expected = g + grad_of(w)
        assert penalty.add_to(w, g) == value
        assert same(g, expected)
    w = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, np.finfo(dtype).smallest_subnormal], dtype)
    assert same(penalty(w)[1], grad_of(w))


@pytest.mark.usefixtures("runtime")
@over_penalties
@over_dtypes
def test_one_value_for_all_threads_and_instruction_sets(penalty: Regularizer, dtype: Any) -> None:
    _core.set_grain(1000)
    w = draw(3, 20_011, dtype=dtype)
    found = set()
    for isa in ISAS:
        for threads in (1, 2, 5):
            _core.select_isa(isa)
            fastopt.set_num_threads(threads)
            g = np.zeros_like(w)
            found.add((penalty.add_to(w, g), penalty(w)[0], g.tobytes()))
    ((added, value, _),) = found
    assert added == value


@over_penalties
def test_value_is_that_of_a_call_whatever_the_order_of_the_gradients(penalty: Regularizer) -> None:
    w = draw(30, 40, 50)
    value, grad = penalty(w)
    for g in (
        np.zeros(w.shape, order="F"),
        np.zeros((50, 30, 40)).transpose(1, 2, 0),
        np.zeros((30, 40, 100))[..., ::2],
    ):
        assert penalty.add_to(w, g) == value
        assert same(g, grad)
    for p in (np.asfortranarray(w), w[::-1], w[:, ::2], np.broadcast_to(w[:1], w.shape)):
        value, grad = penalty(p)
        assert penalty.add_to(p, g := np.zeros_like(p)) == value
        assert same(g, grad)
        assert same(grad, penalty(p.copy())[1])


@over_penalties
@over_dtypes
def test_add_to_needs_no_temporaries(penalty: Regularizer, dtype: Any) -> None:
    import tracemalloc

    w, g = np.ones((300, 1000), dtype), np.zeros((300, 1000), dtype)
    penalty.add_to(w, g)
    tracemalloc.start()
    penalty.add_to(w, g)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < w.nbytes / 20


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("l3", (1.0,), np.ones(3), np.ones(3), True), "name: expected a penalty of the table, got 'l3'"),
        (("l2", (), np.ones(3), np.ones(3), True), "parameters: expected 1"),
        (("l2", (1.0,), np.ones(3), np.ones(4), True), "grads: expected float64 of shape (3,)"),
        (("l2", (1.0,), BUFFER_OF_SIX[:4], BUFFER_OF_SIX[2:], True), "params and grads overlap in memory"),
        (("l2", (1.0,), np.ones(3), np.ones(6)[::2], True), "grads: expected a dense array"),
    ],
)
def test_the_core_refuses(arguments: Any, message: str) -> None:
    with raises(ValueError, message):
        _core.penalty(*arguments)


# Dtypes, structures, memory orders.


@pytest.mark.parametrize("penalty", PENALTIES[:2], ids=repr)
def test_value_accumulates_in_double(penalty: Regularizer) -> None:
    """2^24 + 1 ones: a sum in float32 stops at 2^24. And squares that float32 cannot hold."""
    ones = np.ones(2**24 + 1, np.float32)
    each = penalty(np.ones(1))[0]
    assert penalty(ones)[0] == pytest.approx((2**24 + 1) * each, rel=1e-9)
    for scale in (1e30, 1e-30):
        w = np.full(3, scale, np.float32)
        assert penalty(w)[0] == pytest.approx(penalty(w.astype(np.float64))[0], rel=1e-12)


@over_penalties
@over_dtypes
def test_dtype_and_memory_order_are_kept(penalty: Regularizer, dtype: Any) -> None:
    w = draw(4, 5, 6, dtype=dtype)
    value, grad = penalty(w)
    prox = penalty.prox(w, 0.1)
    for view in (
        np.asfortranarray(w),
        w.transpose(1, 0, 2).copy().transpose(1, 0, 2),
        np.repeat(w, 2, 2)[..., ::2],
    ):
        its_value, its_grad = penalty(view)
        assert type(its_value) is float
        assert its_value == pytest.approx(value, rel=1e-14)
        assert same(its_grad, grad)
        assert same(penalty.prox(view, 0.1), prox)
        added = np.ones_like(view)
        assert penalty.add_to(view, added) == its_value
        assert same(added, 1 + grad)
    assert penalty(np.asfortranarray(w))[1].flags.f_contiguous


@over_penalties
def test_structures(penalty: Regularizer) -> None:
    w, u, b = draw(3, 4), draw(4, 2, dtype=np.float32), draw(4)
    everything = {"W": w, "b": b, ("U", 1): u}
    value, grads = penalty(everything)
    assert list(grads) == ["W", "b", ("U", 1)]
    assert value == pytest.approx(penalty(w)[0] + penalty(u)[0], rel=1e-14)
    assert same(grads["W"], penalty(w)[1])
    assert same(grads[("U", 1)], penalty(u)[1])
    assert same(grads["b"], np.zeros(4))

    as_list = penalty([w, b, u])
    assert as_list[0] == value
    assert [same(a, c) for a, c in zip(as_list[1], grads.values(), strict=True)] == [True] * 3
    assert isinstance(penalty((w, b))[1], list)

    result = penalty.prox(everything, 0.1)
    assert same(result["W"], penalty.prox(w, 0.1))
    assert same(result["b"], b)
    assert result["b"] is not b


@over_penalties
def test_scalars_and_empties(penalty: Regularizer) -> None:
    value, grad = penalty(np.array(-2.0, np.float32))
    assert (value, type(grad), grad.shape, grad.dtype) == (
        pytest.approx(penalty(np.array([-2.0]))[0]),
        np.ndarray,
        (),
        np.float32,
    )
    assert penalty.prox(np.array(5.0), 0.1).shape == ()
    value, grad = penalty(np.zeros((0, 3)))
    assert (value, grad.shape) == (0.0, (0, 3))
    total = np.array(1.0)
    penalty.add_to(np.array(3.0), total)
    assert total == 1 + penalty(np.array(3.0))[1]


def test_subclasses_come_back_plain(tmp_path: Any) -> None:
    mapped = np.memmap(tmp_path / "w", np.float32, "w+", shape=(2, 2))
    mapped[:] = 1
    assert type(l2(0.5)(mapped)[1]) is type(l2(0.5).prox(mapped, 0.5)) is np.ndarray
    assert l2(0.5).prox(mapped, 0.5, out=mapped) is mapped
    assert mapped.tolist() == [[np.float32(1 / 1.5)] * 2] * 2


# Which arrays.


def test_biases_are_left_out() -> None:
    params = {"W": np.ones((2, 2)), "b": np.ones(2), "scale": np.array(1.0), "K": np.ones((1, 1, 2))}
    assert l2(1)(params)[0] == 6
    assert l2(1)(list(params.values()))[0] == 6
    assert l2(1)(np.ones(2))[0] == 2, "one array alone is always penalised"
    assert l2(1)(np.array(3.0))[0] == 9
    assert l2(1, only=[None])({None: np.ones(2)})[0] == 2, "None is a key like any other"
    with raises(ValueError, "params: expected an array of at least 2 dimensions"):
        l2(1)({None: np.ones(2)})


@pytest.mark.parametrize(
    ("selector", "count"),
    [
        ({"skip": ()}, 9),
        ({"skip": "b"}, 7),
        ({"skip": ["b", "W"]}, 3),
        ({"skip": {"W"}}, 5),
        ({"only": "b"}, 2),
        ({"only": ("b", 3)}, 5),
        ({"only": 3}, 3),
        ({"only": ()}, 0),
        ({"only": lambda key, p: key == "b" or p.size == 3}, 5),
        ({"skip": lambda key, p: p.ndim < 2}, 4),
        ({"only": lambda key, p: False}, 0),
    ],
    ids=str,
)
@over_penalties
def test_selectors(penalty: Regularizer, selector: dict[str, Any], count: int) -> None:
    from dataclasses import replace

    params = {"W": np.ones((2, 2)), "b": np.ones(2), 3: np.ones(3)}
    chosen = replace(penalty, **selector)
    each = penalty(np.ones(1))[0]
    value, grads = chosen(params)
    assert value == pytest.approx(count * each, rel=1e-14)
    touched = sum(g.size for g in grads.values() if g.any())
    assert touched == count
    added = {key: np.zeros_like(p) for key, p in params.items()}
    assert chosen.add_to(params, added) == value
    assert all(same(added[key], grads[key]) for key in params)
    shrunk = chosen.prox(params, 0.1)
    assert sum(v.size for v in shrunk.values() if (v != 1).any()) == count


def test_selectors_of_numpy_are_keys() -> None:
    """np.int64(1) is 1; an array of them their collection; and True is no index."""
    assert l2(1, only=np.int64(1)) == l2(1, only=1) == l2(1, only=np.array([1])) == l2(1, only=np.array(1))
    assert l2(1, only=np.int64(1))([np.ones(2), np.ones(3)])[0] == 3
    assert l2(1, skip=np.array(["b", "c"])) == l2(1, skip=["b", "c"])
    assert repr(l2(1, skip=np.str_("b"))) == repr(l2(1, skip="b"))


def test_selectors_are_sets() -> None:
    assert l2(1, only={0, 8}) == l2(1, only={8, 0}) == l2(1, only=[8, 0, 8]) == l2(1, only=(0, 8))
    assert len({l2(1, only={"a", "b"}), l2(1, only=["b", "a"])}) == 1
    assert repr(l2(1, skip={"b", 10, 2, "a"})) == "l2(strength=1.0, only=None, skip=(2, 10, 'a', 'b'))"


@pytest.mark.parametrize(
    "selector", [True, False, np.True_, [True, False], np.array([True, False]), 3.5, [["b"]]]
)
def test_what_is_no_selector(selector: Any) -> None:
    for field in ("only", "skip"):
        with raises(TypeError, f"{field}: expected a key, keys or a function of key and array, got"):
            l2(1, **{field: selector})


@pytest.mark.parametrize(
    ("penalty", "params", "message"),
    [
        (
            l2(1),
            {"w": np.ones(3), "b": np.ones(1)},
            "params: expected an array of at least 2 dimensions, got none",
        ),
        (l2(1), [np.ones(3)], "say which to penalise with only= or skip="),
        (
            l2(1, skip="bias"),
            {"W": np.ones((2, 2)), "b": np.ones(1)},
            "skip: expected keys of params, a dict of 'W', 'b', got 'bias'",
        ),
        (
            l2(1, only=[0, 2]),
            [np.ones(2), np.ones(2)],
            "only: expected keys of params, a list of 2 arrays, got 2",
        ),
        (l2(1, only="W"), np.ones(2), "only: expected keys of params, one array, got 'W'"),
    ],
)
def test_nothing_is_left_out_by_mistake(penalty: Regularizer, params: Any, message: str) -> None:
    with raises(ValueError, message):
        penalty(params)


# In place, and all or nothing.


@over_penalties
@over_dtypes
def test_add_to(penalty: Regularizer, dtype: Any) -> None:
    params = {"W": draw(3, 4, dtype=dtype), "b": draw(4, dtype=dtype)}
    grads = {"b": draw(4, dtype=dtype, seed=1), "W": draw(3, 4, dtype=dtype, seed=2)}
    before = {key: g.copy() for key, g in grads.items()}
    start = {key: p.copy() for key, p in params.items()}
    value, own = penalty(params)
    assert penalty.add_to(params, grads) == value
    assert same(grads["W"], before["W"] + own["W"])
    assert same(grads["b"], before["b"])
    assert all(same(params[key], start[key]) for key in params)


@over_penalties
def test_prox_in_place(penalty: Regularizer) -> None:
    params = [draw(3, 4), draw(4)]
    expected = penalty.prox(params, 0.2)
    other = [np.full((3, 4), np.nan, order="F"), np.full(4, np.nan)]
    assert penalty.prox(params, 0.2, out=other) is other
    assert all(same(a, b) for a, b in zip(other, expected, strict=True))
    assert penalty.prox(params, 0.2, out=params) is params
    assert all(same(a, b) for a, b in zip(params, expected, strict=True))


def test_read_only_where_nothing_is_written() -> None:
    params = {"W": np.ones((2, 2)), "b": np.ones(2)}
    grads = {"W": np.zeros((2, 2)), "b": np.zeros(2)}
    for a in (params["b"], grads["b"]):
        a.flags.writeable = False
    l2(1).add_to(params, grads)
    assert grads["W"].tolist() == [[2, 2], [2, 2]]
    l2(1).prox(params, 0.5, out=params)
    assert params["W"].tolist() == [[0.5, 0.5], [0.5, 0.5]]


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


# L2 in the loss, and decoupled decay.

LAM = 0.03


def trajectory(opt: fastopt.Optimizer, penalty: Regularizer | None, dtype: Any) -> Array:
    """Five steps on the half square distance from fixed points, scaled differently in each coordinate."""
    points, scales = draw(5, 8, dtype=dtype, seed=1), np.logspace(-2, 2, 8).astype(dtype)
    for point in points:
        grads = scales * (opt.params - point)
        if penalty is not None:
            penalty.add_to(opt.params, grads)
        opt.step(grads)
    return opt.params


@over_dtypes
@pytest.mark.parametrize(
    ("cls", "hyper"),
    [
        (fastopt.SGD, {}),
        (fastopt.SGD, {"momentum": 0.9}),
        (fastopt.SGD, {"momentum": 0.9, "nesterov": True}),
        (fastopt.SGD, {"momentum": 0.9, "momentum_form": "velocity"}),
        (fastopt.Adam, {}),
        (fastopt.RMSprop, {}),
        (fastopt.Adagrad, {}),
    ],
    ids=str,
)
def test_weight_decay_is_twice_the_strength_in_the_loss(cls: Any, hyper: dict[str, Any], dtype: Any) -> None:
    start = draw(8, dtype=dtype)
    in_the_loss = trajectory(cls(start.copy(), lr=0.01, **hyper), l2(LAM), dtype)
    as_decay = trajectory(cls(start.copy(), lr=0.01, weight_decay=2 * LAM, **hyper), None, dtype)
    assert same(in_the_loss, as_decay)
    not_doubled = trajectory(cls(start.copy(), lr=0.01, weight_decay=LAM, **hyper), None, dtype)
    assert not np.allclose(in_the_loss, not_doubled, rtol=1e-6, atol=0)


def test_adamw_is_no_penalty_in_the_loss() -> None:
    start = draw(8)
    in_the_loss = trajectory(fastopt.Adam(start.copy(), lr=0.01), l2(LAM), np.float64)
    decoupled = trajectory(fastopt.AdamW(start.copy(), lr=0.01, weight_decay=2 * LAM), None, np.float64)
    without = trajectory(fastopt.Adam(start.copy(), lr=0.01), None, np.float64)
    # Decoupled, five steps shrink the start by 1 - lr * 2 * lam each, whatever the scale of the gradients.
    shrunk = (without - decoupled) / start
    assert shrunk == pytest.approx(np.full(8, 1 - (1 - 0.01 * 2 * LAM) ** 5), rel=0.2)
    # In the loss, the penalty is lost where gradients are large, and weighs in where they are small.
    share = np.abs((without - in_the_loss) / start)
    assert share[-1] < 0.01 * share[0]
    assert share[-1] < 0.1 * shrunk[-1]


def test_decoupled_decay_is_l2_for_sgd_without_momentum_alone() -> None:
    def decoupled(momentum: float) -> Array:
        w = draw(8)
        opt = fastopt.SGD(w, lr=0.01, momentum=momentum)
        points, scales = draw(5, 8, seed=1), np.logspace(-2, 2, 8)
        for point in points:
            grads = scales * (w - point)
            w *= 1 - 0.01 * 2 * LAM
            opt.step(grads)
        return w

    def in_the_loss(momentum: float) -> Array:
        return trajectory(fastopt.SGD(draw(8), lr=0.01, momentum=momentum), l2(LAM), np.float64)

    np.testing.assert_allclose(decoupled(0.0), in_the_loss(0.0), rtol=1e-13)
    assert not np.allclose(decoupled(0.9), in_the_loss(0.9), rtol=1e-5)


def test_proximal_descent_finds_the_lasso() -> None:
    """Gradient step and prox against scikit-learn: the same coefficients, the same exact zeros."""
    linear_model = pytest.importorskip("sklearn.linear_model")
    X, noise = draw(60, 8), draw(60, seed=1)
    y = X @ np.array([2.0, -1.0, 0, 0, 0.5, 0, 0, 0]) + 0.1 * noise
    for penalty, peer in (
        (l1(0.2), linear_model.Lasso(alpha=0.2, fit_intercept=False, tol=1e-12)),
        # alpha rho = 0.2 and (1 - rho) / (2 rho) = 0.5 give rho = 1/2
        (
            elastic_net(0.2, 0.5),
            linear_model.ElasticNet(alpha=0.4, l1_ratio=0.5, fit_intercept=False, tol=1e-12),
        ),
    ):
        w = np.zeros(8)
        opt = fastopt.SGD(w, lr=0.3)
        for _ in range(300):
            opt.step(X.T @ (X @ w - y) / 60)
            penalty.prox(w, 0.3, out=w)
        expected = peer.fit(X, y).coef_
        np.testing.assert_allclose(w, expected, atol=1e-9)
        assert ((w == 0) == (expected == 0)).all()
        assert 3 <= (w == 0).sum() <= 6


# Least squares.


@pytest.mark.parametrize("targets", [(), (3,)])
@pytest.mark.parametrize("shape", [(20, 4), (4, 4), (3, 7), (1, 1)])
def test_against_lstsq(shape: tuple[int, int], targets: tuple[int, ...]) -> None:
    X, y = draw(*shape), draw(shape[0], *targets, seed=1)
    got = least_squares(X, y)
    assert got.shape == (shape[1], *targets)
    np.testing.assert_allclose(got, np.linalg.lstsq(X, y)[0], atol=1e-12)


@pytest.mark.parametrize("strength", [1e-6, 0.1, 30.0])
@pytest.mark.parametrize("shape", [(20, 4), (3, 7)])
def test_against_ridge(shape: tuple[int, int], strength: float) -> None:
    Ridge = pytest.importorskip("sklearn.linear_model").Ridge
    X, y = draw(*shape), draw(shape[0], 2, seed=1)
    expected = Ridge(alpha=strength, fit_intercept=False, solver="svd").fit(X, y).coef_.T
    np.testing.assert_allclose(least_squares(X, y, l2=strength), expected, rtol=1e-9, atol=1e-12)
    gram = X.T @ X + strength * np.eye(shape[1])
    if strength == 0.1:
        np.testing.assert_allclose(least_squares(X, y, 0.1), np.linalg.solve(gram, X.T @ y), atol=1e-10)


def test_ridge_without_its_bias() -> None:
    Ridge = pytest.importorskip("sklearn.linear_model").Ridge
    X, y = draw(20, 3), draw(20, seed=1) + 5
    peer = Ridge(alpha=2.0, fit_intercept=True, solver="svd").fit(X, y)
    w = least_squares(np.column_stack([X, np.ones(20)]), y, l2=[2.0, 2.0, 2.0, 0.0])
    np.testing.assert_allclose(w, [*peer.coef_, peer.intercept_], rtol=1e-10)


@over_dtypes
def test_rank_deficient_is_of_least_norm(dtype: Any) -> None:
    """Twice the same column and a sum of two: of all solutions the shortest, in float32 too."""
    X = draw(30, 3, dtype=dtype)
    X = np.column_stack([X, X[:, 0], X[:, 1] + X[:, 2]])
    y = (X @ draw(5, dtype=dtype, seed=1)).astype(dtype)
    w = least_squares(X, y)
    assert w.dtype == dtype
    tolerance = 100 * float(np.finfo(dtype).eps)
    np.testing.assert_allclose(X @ w, y, atol=10 * tolerance)
    assert w[0] == pytest.approx(w[3], rel=tolerance)
    assert w[4] == pytest.approx(w[1] + w[2], rel=tolerance, abs=tolerance)  # orthogonal to (0, 1, 1, 0, -1)
    np.testing.assert_allclose(least_squares(X, y, l2=1e-8), w, atol=1e-6)
    assert not least_squares(np.zeros((3, 2)), np.ones(3)).any()


def test_ill_conditioned_beats_the_normal_equations() -> None:
    """Condition 1e7: from the singular values half the digits are left, from X^T X hardly one."""
    rng = np.random.default_rng(0)
    left, _ = np.linalg.qr(rng.standard_normal((50, 6)))
    right, _ = np.linalg.qr(rng.standard_normal((6, 6)))
    X = left * np.logspace(0, -7, 6) @ right
    w = np.arange(1.0, 7.0)
    exact = np.abs(least_squares(X, X @ w) - w).max()
    normal = np.abs(np.linalg.solve(X.T @ X, X.T @ (X @ w)) - w).max()
    assert exact < 1e-7 < 1e-4 < normal


@pytest.mark.parametrize("strength", [0.0, 0.05])
def test_the_limit_of_gradient_descent(strength: float) -> None:
    X, y = draw(40, 5), draw(40, seed=1)
    w = np.zeros(5)
    opt, penalty = fastopt.SGD(w, lr=0.5, momentum=0.3), l2(strength)
    for _ in range(400):
        grad = X.T @ (X @ w - y) / 40  # of the half mean square
        penalty.add_to(w, grad)
        opt.step(grad)
    np.testing.assert_allclose(w, least_squares(X, y, l2=2 * 40 * strength), rtol=1e-12)


def test_what_least_squares_takes() -> None:
    assert least_squares([[1, 0], [0, 2]], [3, 4]).tolist() == pytest.approx([3, 2])
    marks = np.array([[True, False], [True, True], [False, True]])
    assert same(least_squares(marks, marks[:, 0]), least_squares(marks.astype(int), marks[:, 0].astype(int)))
    X, y = draw(9, 2, dtype=np.float32), draw(9, dtype=np.float32)
    assert least_squares(X, y).dtype == np.float32
    assert least_squares(X, y.astype(np.float64)).dtype == np.float64
    assert least_squares(X, y, l2=np.ones(2)).dtype == np.float32
    before = X.copy(), y.copy()
    least_squares(X, y, l2=1)
    assert same(X, before[0])
    assert same(y, before[1])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((np.ones(3), np.ones(3)), ValueError, "X: expected shape (samples, features), got (3,)"),
        ((np.ones((0, 3)), np.ones(0)), ValueError, "X: expected shape (samples, features), got (0, 3)"),
        ((np.ones((3, 2)), np.ones(2)), ValueError, "y: expected shape (3,) or (3, targets), got (2,)"),
        ((np.ones((3, 2)), np.float64(1)), ValueError, "y: expected shape (3,) or (3, targets), got ()"),
        (
            (np.ones((3, 2)), np.ones(3), np.ones(3)),
            ValueError,
            "l2: expected a number or shape (2,), got (3,)",
        ),
        ((np.ones((3, 2)), np.ones(3), [1, -2]), ValueError, "l2: expected numbers >= 0, got -2"),
        ((np.ones((3, 2)), np.ones(3), np.nan), FloatingPointError, "l2: expected finite values"),
        (
            (np.full((3, 2), np.inf), np.ones(3)),
            FloatingPointError,
            "X: expected finite values, got NaN or infinity",
        ),
        ((np.ones((3, 2)), np.array([1, 2, np.nan])), FloatingPointError, "y: expected finite values"),
        ((np.ones((3, 2), complex), np.ones(3)), TypeError, "X: expected real numbers, got complex128"),
        ((np.ones((3, 2)), ["a", "b", "c"]), TypeError, "y: expected real numbers, got <U1"),
        ((np.ones((3, 2)), np.ones(3), True), TypeError, "l2: expected real numbers, got bool"),
    ],
)
def test_what_least_squares_refuses(arguments: Any, error: type[Exception], message: str) -> None:
    with raises(error, message):
        least_squares(*arguments)


@pytest.mark.parametrize("thing", [l1, l2, elastic_net, least_squares], ids=lambda x: x.__name__)
def test_pages(thing: Any) -> None:
    text = inspect.getdoc(thing) or ""
    for section in ("Parameters", "Raises", "Notes", "References", "Examples"):
        assert f"{section}\n{'-' * len(section)}\n" in text, section
    assert ".. math::" in text
    for argument in inspect.signature(thing).parameters:
        assert re.search(rf"^(\w+, )*{argument}(, \w+)* : ", text, re.MULTILINE), argument


@pytest.mark.parametrize("samples", [50, 1000, 20_000])
def test_least_squares_in_float32_keeps_a_bias_beside_large_numbers(samples: int) -> None:
    """The cut-off does not grow with the number of samples: a column of ones is no rounding of the other."""
    area = np.random.default_rng(0).normal(2000, 500, samples)
    X = np.stack([area, np.ones(samples)], 1).astype(np.float32)
    y = (X @ np.array([3.0, 50.0])).astype(np.float32)
    np.testing.assert_allclose(least_squares(X, y), [3, 50], rtol=1e-3)


def test_a_ridge_on_every_weight_leaves_nothing_to_cut_off() -> None:
    rng = np.random.default_rng(1)
    X = (rng.standard_normal((1000, 2)) * [1, 1e-4]).astype(np.float32)
    y = (X @ np.array([1.0, 9000.0])).astype(np.float32)
    exact = np.linalg.solve(X.T.astype(float) @ X + 1e-6 * np.eye(2), X.T.astype(float) @ y)
    np.testing.assert_allclose(least_squares(X, y, l2=1e-6), exact, rtol=1e-4)
