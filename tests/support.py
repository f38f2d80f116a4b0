"""What many tests need: arrays to step on, and a comparison that knows no tolerance."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import fastopt
from fastopt import _core, reference

Array = NDArray[Any]
DTYPES = (np.float32, np.float64)
GOLDEN = Path(__file__).parent / "golden"
ISAS = fastopt.build_info()["isa_supported"]


def raises(error: type[Exception], message: str) -> Any:
    """Expect an error with this in its message."""
    return pytest.raises(error, match=re.escape(message))


def bits(a: Array) -> Array:
    """The bits of an array as integers, every NaN as one: IEEE 754 leaves its sign and payload open."""
    a = np.asarray(a)
    integers = np.ascontiguousarray(a).view(f"i{a.itemsize}")
    return np.where(np.isnan(a), -1, integers)


def same(a: Array, b: Array) -> bool:
    return a.dtype == b.dtype and a.shape == b.shape and np.array_equal(bits(a), bits(b))


def arrays_of(opt: fastopt.Optimizer) -> dict[str, Array]:
    """Parameters and state, flat, under names."""
    named = {"params": opt.params, **opt.state}
    flat = {}
    for name, arrays in named.items():
        if isinstance(arrays, np.ndarray):
            flat[name] = arrays
        else:
            items: Iterable[Any] = arrays.items() if isinstance(arrays, dict) else enumerate(arrays)
            flat.update({f"{name}[{key!r}]": a for key, a in items})
    return flat


def elements(opt: fastopt.Optimizer) -> dict[str, Any]:
    """The state of an optimizer in the structure of its parameters, without the numbers beside it."""
    return {slot: arrays for slot, arrays in opt.state.items() if slot not in _core.rules[opt._rule].scalars}


def sums_over_all(opt: fastopt.Optimizer) -> bool:
    """Whether the step of an array depends on the other arrays."""
    rule = _core.rules[opt._rule]
    return bool(rule.sums) and rule.scope == "all"


def state_for(rule: str, shape: tuple[int, ...], dtype: type, given: Iterable[str] = ()) -> dict[str, Any]:
    """What a function of a rule takes beside parameter and gradient: ones, of optional arrays those given."""
    row = _core.rules[rule]
    own = _core.state_shapes(rule, shape)
    slots = {
        slot: None if option and slot not in given else np.ones(own.get(slot, shape), dtype)
        for slot, option in row.slots
    }
    return slots | {name: np.ones(1) for name in row.scalars}


def assert_same(a: fastopt.Optimizer, b: fastopt.Optimizer) -> None:
    """Parameters, state and count of both are the same bits."""
    assert a.steps == b.steps
    mine, other = arrays_of(a), arrays_of(b)
    assert mine.keys() == other.keys()
    for name, array in mine.items():
        if not same(array, other[name]):
            where = np.flatnonzero(bits(array) != bits(other[name]))
            k = where[0]
            raise AssertionError(
                f"{name}: {where.size} of {array.size} elements differ, first {k}: "
                f"{array.flat[k]!r} against {other[name].flat[k]!r}"
            )


def reference_step(opt: fastopt.Optimizer, grads: Any) -> None:
    """`reference.step` on values that may overflow or be NaN already."""
    with np.errstate(all="ignore"):
        reference.step(opt, grads)


def numeric_gradient(value: Callable[[], float], array: Array, h: float = 1e-6) -> Array:
    """Central differences of value() with respect to an array that it reads."""
    gradient = np.empty_like(array)
    for index in np.ndindex(array.shape):
        middle = array[index]
        array[index] = middle + h
        above = value()
        array[index] = middle - h
        gradient[index] = (above - value()) / (2 * h)
        array[index] = middle
    return gradient
