"""Penalties in the core: the bits of NumPy, for every instruction set and number of threads."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import fastopt
from fastopt import _core
from fastopt.regularizers import Regularizer, elastic_net, l1, l2
from regularizers.penalties import draw, over_dtypes, over_penalties
from shapes import LENGTHS
from support import ISAS, Array, raises, same

BUFFER_OF_SIX = np.ones(6)
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
