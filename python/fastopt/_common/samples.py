"""What a training is given, judged before it begins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastopt._common.trees import as_array, described

__all__ = [
    "Samples",
    "judged_reals",
    "judged_rows",
    "judged_samples",
]

Samples = tuple[NDArray[Any], ...]


def judged_samples(data: object, label: str = "data") -> Samples:
    """Return data as a tuple of arrays with one row a sample, or say what is wrong with them."""
    if isinstance(data, list):
        raise TypeError(f"{label}: expected an array, or a tuple of arrays as in (x, y), got a list")
    given = data if isinstance(data, tuple) else (data,)
    if not given:
        raise ValueError(f"{label}: expected an array, or a tuple of arrays, got none")
    names = [f"{label}[{k}]" for k in range(len(given))]
    if len(given) == 2:
        names = ["x", "y"] if label == "data" else [f"{label}: x", f"{label}: y"]
    return tuple(judged_rows(dict(zip(names, given, strict=True))).values())


def judged_rows(given: Mapping[str, object]) -> dict[str, NDArray[Any]]:
    """Return things as arrays of equal length, or say under their names what is wrong with them."""
    arrays = {name: as_array(array) for name, array in given.items()}
    if not arrays:
        raise ValueError("data: expected at least one array, got none")
    for name, array in arrays.items():
        if array.ndim == 0 or array.dtype.kind not in "biufc":
            got = described(given[name] if array.dtype.kind == "O" else array)
            raise TypeError(f"{name}: expected an array of numbers with one row a sample, got {got}")
    (first, rows), *others = arrays.items()
    pair = [name[-1] for name in arrays] == ["x", "y"]
    for name, array in others:
        if len(array) != len(rows):
            what, of = ("labels", "x") if pair else ("rows", first)
            raise ValueError(f"{name}: expected {len(rows)} {what}, one a row of {of}, got {len(array)}")
    if len(rows) == 0:
        raise ValueError(f"{first}: expected at least one sample, got none")
    return arrays


def judged_reals(label: str, given: object) -> NDArray[np.floating[Any]]:
    """Return real numbers as an array: floats as they are, all others as float64."""
    try:
        array = np.asarray(given)
        if array.dtype.kind == "f":
            return array
        if array.dtype.kind in "biuO":
            return array.astype(np.float64)
    except (TypeError, ValueError, OverflowError) as error:  # what is in it; too large an integer
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{label}: expected real numbers: {error}") from error
    raise TypeError(f"{label}: expected real numbers, got {array.dtype} of shape {array.shape}")
