"""Penalties of every dtype, structure and memory order."""

from typing import Any

import numpy as np
import pytest

from fastopt.regularizers import Regularizer, l2
from regularizers.penalties import PENALTIES, draw, over_dtypes, over_penalties
from support import same


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
