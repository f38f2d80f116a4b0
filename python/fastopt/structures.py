"""Structures of arrays, as optimizers take them: one array, a list, or a dict of arrays."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Arrays = Array | list[Array] | tuple[Array, ...] | dict[Any, Array]
"""Parameters, gradients or state: one array, a list (or tuple), or a dict of arrays."""


def flatten(label: str, arrays: object) -> tuple[str, list[Any], list[Array]]:
    """Take a structure apart: its kind, its keys, its arrays."""
    if isinstance(arrays, np.ndarray):
        return "array", [None], [arrays]
    if isinstance(arrays, dict):
        kind, keys, flat = "dict", list(arrays), list(arrays.values())
    elif isinstance(arrays, list | tuple):
        kind, keys, flat = "list", list(range(len(arrays))), list(arrays)
    else:
        raise TypeError(
            f"{label}: expected a NumPy array, a list or a dict of arrays, got {type(arrays).__name__}"
        )
    if not flat:
        raise ValueError(f"{label}: expected at least one array, got an empty {kind}")
    return kind, keys, flat


def described(a: object) -> str:
    """Say what an array is, in the words of the core's messages."""
    return f"{a.dtype} of shape {a.shape}" if isinstance(a, np.ndarray) else type(a).__name__
