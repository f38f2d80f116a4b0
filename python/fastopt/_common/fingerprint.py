"""One short text for all the bits of the parameters."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["fingerprint"]


def fingerprint(params: Mapping[str, NDArray[Any]]) -> str:
    """Return the SHA-256 of names, dtypes, shapes and bytes, in the order of the names.

    Equal fingerprints mean equal parameters bit for bit, the signs of zeros included. Every NaN counts as the
    same: IEEE 754 leaves its sign and payload open.

    Parameters
    ----------
    params : mapping of str to array
        The arrays; their memory order does not matter.

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    TypeError
        If this is not a mapping of names to arrays of numbers.

    Examples
    --------
    >>> fingerprint({"w": np.zeros(2)}) == fingerprint({"w": -np.zeros(2)})
    False
    """
    if not isinstance(params, Mapping):
        raise TypeError(f"params: expected a mapping of names to arrays, got {type(params).__name__}")
    digest = hashlib.sha256()
    for name in sorted(params):
        array = np.asarray(params[name])
        digest.update(f"{name}\0{array.dtype.str}\0{array.shape}\0".encode())
        digest.update(np.where(np.isnan(array), array.dtype.type(np.nan), array).tobytes())
    return digest.hexdigest()
