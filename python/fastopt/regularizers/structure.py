"""Structures of arrays: nothing is written before all of this has passed."""

import numpy as np

from fastopt._common.trees import Tree, described

from .selection import Selector, ordered

_DTYPES = (np.dtype(np.float32), np.dtype(np.float64))


class Parts(Tree):
    """A structure taken apart: its kind, its keys, and its arrays, plain and of the two dtypes."""

    def __init__(self, label: str, structure: object) -> None:
        super().__init__(label, structure)
        for name, p in self.named:
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

    def matched(self, other: "Parts") -> "Parts":
        """Return self, checked to be as `other` and brought into its order."""
        if self.kind != other.kind or set(self.keys) != set(other.keys):
            error = TypeError if self.kind != other.kind else ValueError
            raise error(f"{self.label}: expected {other}, as {other.label}, got {self}")
        if self.keys != other.keys:
            by_key = self.by_key
            self.keys, self.arrays = other.keys, [by_key[key] for key in other.keys]
        for (name, a), p in zip(self.named, other.arrays, strict=True):
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
