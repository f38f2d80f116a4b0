"""What a training is given, judged before it begins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastopt._common.trees import Array, Arrays, as_array, described, flatten
from fastopt._common.wording import shown

__all__ = [
    "Samples",
    "judged_reals",
    "judged_rng",
    "judged_rows",
    "judged_samples",
    "named",
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


def judged_rng(seed: object, label: str = "seed") -> np.random.Generator:
    """Return the generator that a seed stands for, or say what is wrong with it."""
    expected = (
        f"{label}: expected an integer >= 0, a numpy.random.Generator or None, "
        f"got {shown(seed)} ({type(seed).__name__})"
    )
    if not _is_seed(seed):
        raise TypeError(expected)
    try:
        return np.random.default_rng(seed)  # type: ignore[arg-type]
    except ValueError as error:  # negative
        raise ValueError(expected) from error


def _is_seed(seed: object) -> bool:
    """Say whether NumPy may be given this as a seed: on a list that holds itself it crashes."""
    if isinstance(seed, list | tuple):
        return all(isinstance(part, int | np.integer) for part in seed)
    if isinstance(seed, np.ndarray):
        return seed.dtype.kind in "iu"
    return seed is None or isinstance(seed, SEEDS)


SEEDS = (
    int,
    np.integer,
    np.random.Generator,
    np.random.BitGenerator,
    np.random.RandomState,
    np.random.bit_generator.ISeedSequence,
)


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
