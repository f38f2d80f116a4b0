"""Structures of arrays: nothing is written before all of this has passed."""

from typing import Any

import numpy as np

from fastopt._common.trees import described, flatten
from fastopt._common.wording import counted

from .memory import Labelled
from .selection import Selector, ordered

_DTYPES = (np.dtype(np.float32), np.dtype(np.float64))


class Parts:
    """A structure taken apart: its kind, its keys, and its arrays, plain and of the two dtypes."""

    def __init__(self, label: str, structure: object) -> None:
        self.label = label
        self.kind, self.keys, self.arrays = flatten(label, structure)
        self.names = [label] if self.kind == "array" else [f"{label}[{key!r}]" for key in self.keys]
        for name, p in self.labelled:
            if not isinstance(p, np.ndarray):
                raise TypeError(f"{name}: expected a NumPy array, got {type(p).__name__}")
            if p.dtype not in _DTYPES:
                raise TypeError(
                    f"{name}: expected float32 or float64 in native byte order, got {described(p)}"
                )
            if not p.flags.aligned:
                raise ValueError(
                    f"{name}: expected an aligned array, got one whose data starts between two elements"
                )
        self.arrays = [p if type(p) is np.ndarray else p.view(np.ndarray) for p in self.arrays]

    def __str__(self) -> str:
        if self.kind == "array":
            return "one array"
        keys = ", ".join(map(repr, self.keys))
        return f"a list of {counted(len(self.keys), 'array')}" if self.kind == "list" else f"a dict of {keys}"

    @property
    def labelled(self) -> Labelled:
        """The arrays with the names that messages give them."""
        return list(zip(self.names, self.arrays, strict=True))

    def packed(self, items: list[Any]) -> Any:
        """Return an item for each array in this structure."""
        if self.kind == "array":
            return items[0]
        return items if self.kind == "list" else dict(zip(self.keys, items, strict=True))

    def like(self, other: "Parts") -> "Parts":
        """Return self, checked to be as `other` and brought into its order."""
        if self.kind != other.kind or set(self.keys) != set(other.keys):
            error = TypeError if self.kind != other.kind else ValueError
            raise error(f"{self.label}: expected {other}, as {other.label}, got {self}")
        if self.keys != other.keys:
            by_key = dict(zip(self.keys, self.labelled, strict=True))
            self.keys = other.keys
            self.names, self.arrays = map(list, zip(*(by_key[key] for key in other.keys), strict=True))
        for (name, a), p in zip(self.labelled, other.arrays, strict=True):
            if a.dtype != p.dtype or a.shape != p.shape:
                error = TypeError if a.dtype != p.dtype else ValueError
                raise error(f"{name}: expected {described(p)}, got {described(a)}")
        return self

    def matches(self, field: str, selector: Selector) -> list[bool]:
        """Tell which arrays a selector means; a key that is not there is a mistake."""
        if callable(selector):
            return [bool(selector(key, p)) for key, p in zip(self.keys, self.arrays, strict=True)]
        assert isinstance(selector, frozenset)  # so stored by its check
        for key in ordered(selector):
            if self.kind == "array" or key not in self.keys:
                raise ValueError(f"{field}: expected keys of {self.label}, {self}, got {key!r}")
        return [key in selector for key in self.keys]
