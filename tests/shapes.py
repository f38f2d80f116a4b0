"""Shapes that a rule takes, asked of the registry."""

import math
from typing import Any

from numpy.typing import NDArray

from fastopt import _core

Array = NDArray[Any]
LENGTHS = (0, 1, 7, 17, 33, 1000, 10003)


def taken(optimizer: Any) -> str:
    """What arrays an optimizer, or the class of one, takes."""
    return _core.rules[optimizer.rules[0]].takes


def whole(optimizer: Any) -> bool:
    """Whether its rule is one of whole arrays, which know their shape."""
    return _core.rules[optimizer.rules[0]].whole


def as_taken(optimizer: Any, a: Array) -> Array:
    """The same numbers in a shape that it takes: this one, if it can be."""
    takes = taken(optimizer)
    if a.ndim == 2 or takes == "arrays" or (a.ndim < 2 and takes != "matrices"):
        return a
    return a.reshape(-1, a.shape[-1]) if a.ndim > 2 else a.reshape(height(a.size), -1)


def height(n: int) -> int:
    """The largest divisor that is no larger than the root."""
    return max((k for k in range(1, math.isqrt(n) + 1) if n % k == 0), default=1)


def shapes(optimizer: Any) -> list[tuple[int, ...]]:
    """Shapes to try a rule on: of all lengths; or those that it takes, of all kinds."""
    if not whole(optimizer):
        return [(n,) for n in LENGTHS]
    known = [(0, 3), (3, 0), (1, 1), (1, 17), (17, 1), (3, 11), (25, 40), (61, 70)]
    known += [] if taken(optimizer) == "matrices" else [(), (0,), (1,), (7,), (33,)]
    return known + ([(2, 3, 4), (2, 70, 2, 3), (10003,)] if taken(optimizer) == "arrays" else [])
