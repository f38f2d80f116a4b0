"""Penalties in place: `add_to` and `prox` write what they are told, and nothing else."""

from typing import Any

import numpy as np

from fastopt.regularizers import Regularizer, l2
from regularizers.penalties import draw, over_dtypes, over_penalties
from support import same


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
