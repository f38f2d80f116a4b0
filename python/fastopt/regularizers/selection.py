"""Which arrays of a structure are meant: keys, or a function of key and array."""

from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from fastopt._common.trees import Array

Selector = Callable[[Any, Array], bool] | Collection[Any] | str | int | None
"""Keys of a structure, one key, or a function of key and array."""


def judged(field: str, value: object) -> Selector:
    """Bring a selector into a form that can be compared: a function, or a set of keys."""
    if value is None or callable(value):
        return value
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, str | bytes | int):
        value = (value,)
    if not isinstance(value, Collection):
        raise _refusal(field, value)
    return frozenset(_key(field, key) for key in value)


def _key(field: str, key: object) -> object:
    if isinstance(key, np.generic):
        key = key.item()
    if isinstance(key, bool):  # as an index it would be 0 or 1
        raise _refusal(field, key)
    try:
        hash(key)
    except TypeError:
        raise _refusal(field, key) from None
    return key


def _refusal(field: str, value: object) -> TypeError:
    return TypeError(
        f"{field}: expected a key, keys or a function of key and array, "
        f"got {value!r} ({type(value).__name__})"
    )


def ordered(keys: Collection[Any]) -> list[Any]:
    """Return keys in an order that is not that of a set, which changes from run to run."""
    return sorted(keys, key=lambda key: (type(key).__name__, key if isinstance(key, int) else 0, repr(key)))


def shown(value: object) -> str:
    """Write a field as it was given, a set of keys as a tuple."""
    return repr(tuple(ordered(value)) if isinstance(value, frozenset) else value)
