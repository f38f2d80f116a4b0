"""What a training is given, judged before it begins."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastopt.structures import Array, Arrays, flatten

__all__ = ["Samples", "judged_rng", "judged_samples", "named"]

Samples = tuple[NDArray[Any], ...]


def judged_samples(data: object, label: str = "data") -> Samples:
    """Return data as a tuple of arrays with one row a sample, or say what is wrong with them."""
    if isinstance(data, list):
        raise TypeError(f"{label}: expected an array, or a tuple of arrays as in (x, y), got a list")
    given = data if isinstance(data, tuple) else (data,)
    if not given:
        raise ValueError(f"{label}: expected an array, or a tuple of arrays, got none")
    arrays = tuple(np.asarray(array) for array in given)
    names = tuple(f"{label}[{k}]" for k in range(len(arrays)))
    if len(arrays) == 2:
        names = ("x", "y") if label == "data" else (f"{label}: x", f"{label}: y")
    for name, array in zip(names, arrays, strict=True):
        if array.ndim == 0 or array.dtype.kind not in "biufc":
            raise TypeError(
                f"{name}: expected an array of numbers with one row a sample, "
                f"got {array.dtype} of shape {array.shape}"
            )
    for name, array in zip(names[1:], arrays[1:], strict=True):
        if len(array) != len(arrays[0]):
            what, rows = ("labels", "x") if len(arrays) == 2 else ("rows", names[0])
            raise ValueError(
                f"{name}: expected {len(arrays[0])} {what}, one a row of {rows}, got {len(array)}"
            )
    if len(arrays[0]) == 0:
        raise ValueError(f"{names[0]}: expected at least one sample, got none")
    return arrays


def judged_rng(seed: object, label: str = "seed") -> np.random.Generator:
    """Return the generator that a seed stands for, or say what is wrong with it."""
    try:
        return np.random.default_rng(seed)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise type(error)(
            f"{label}: expected an integer >= 0, a numpy.random.Generator or None, "
            f"got {seed!r} ({type(seed).__name__})"
        ) from error


def named(params: Arrays) -> dict[str, Array]:
    """Return the arrays of a structure under names, as files and fingerprints need them.

    Examples
    --------
    >>> list(named({"W": np.zeros(2)})), list(named([np.zeros(2)])), list(named(np.zeros(2)))
    (['W'], ['0'], ['params'])
    """
    kind, keys, arrays = flatten("params", params)
    if kind == "array":
        return {"params": arrays[0]}
    names = [str(key) for key in keys]
    if len(set(names)) < len(names):
        raise ValueError(f"params: expected keys that differ as text, got {keys}")
    return dict(zip(names, arrays, strict=True))
