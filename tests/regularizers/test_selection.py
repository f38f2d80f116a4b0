"""Which arrays a penalty is of: all but the biases, or those that `only` and `skip` say."""

from typing import Any

import numpy as np
import pytest

from fastopt.regularizers import Regularizer, l2
from regularizers.penalties import over_penalties
from support import raises, same


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
