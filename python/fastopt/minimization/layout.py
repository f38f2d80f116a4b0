"""A structure of arrays as one vector, and back, without copies where there is one array."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastopt._common.trees import Tree, as_array, described
from fastopt._common.wording import counted

__all__ = ["Layout", "RowLayout", "Vector", "as_numbers", "as_reals", "frozen"]

Vector = NDArray[np.floating[Any]]

DIMENSIONS = 64
"""That NumPy's arrays have at most."""

DEEPEST = 200
"""Structures in each other, at most."""

FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


class Entry(NamedTuple):
    """What is given for one array of a structure: under which name, its place in the vector, its shape."""

    label: str
    given: Any
    part: slice
    shape: tuple[int, ...]


class Scratch(threading.local):
    """Memory for a vector, one for each thread: a refused call must not touch that of one under way."""

    vector: Vector | None = None

    def __reduce__(self) -> tuple[type, tuple[()]]:
        return Scratch, ()


class Layout:
    """How the arrays of a structure lie one after the other in a vector.

    Parameters
    ----------
    start : array_like, list or dict of arrays
        Numbers, of any shape: an array, anything that NumPy turns into an array of numbers, or a list, tuple
        or dict of such. float32 stays float32 if all of it is; everything else becomes float64.
    label : str
        What messages call it.

    Attributes
    ----------
    dtype : numpy.dtype
        Of the vector.
    size : int
        Its length.

    Raises
    ------
    TypeError, ValueError
        If there is an entry that is not a real number.

    Examples
    --------
    >>> layout = Layout({"W": np.ones((2, 2)), "b": np.zeros(1)})
    >>> layout.structure(np.arange(5.0))
    {'W': array([[0., 1.],
           [2., 3.]]), 'b': array([4.])}
    """

    def __init__(self, start: object, label: str = "x0") -> None:
        self.label = label
        if isinstance(start, list | tuple):
            start = as_numbers(label, start) if _is_plain(start) else start
        elif not isinstance(start, dict) and as_array(start).dtype.kind in "iuf":
            start = as_numbers(label, start)  # a number, or an array of another library
        self._deep = _is_deep(start)
        tree = self._tree = self._taken_apart(label, start)
        self._tuple = isinstance(start, tuple) and tree.kind == "list"
        self.kind, self.keys, self.names = tree.kind, tree.keys, tree.names
        arrays = [as_numbers(name, a) for name, a in tree.named]
        tree.arrays = []  # the start is not kept
        single = all(a.dtype == np.float32 for a in arrays)
        self.dtype = np.dtype(np.float32 if single else np.float64)
        self.shapes = [a.shape for a in arrays]
        ends = np.cumsum([a.size for a in arrays]).tolist()
        self._slices = [slice(end - a.size, end) for end, a in zip(ends, arrays, strict=True)]
        self.size: int = ends[-1]
        self._flat = self.kind == "array" and len(self.shapes[0]) == 1
        self._scratch = Scratch()

    def structure(self, vector: Vector) -> Any:
        """Return views of `vector` in the structure of the start."""
        if self._flat:
            return vector
        views = [vector[part].reshape(shape) for part, shape in zip(self._slices, self.shapes, strict=True)]
        return tuple(views) if self._tuple else self._tree.like(views)

    def vector(self, structure: object, label: str) -> Vector:
        """Return `structure` as a vector: itself where it is one, else in memory of the thread's next call.

        Parameters
        ----------
        structure : object
            In the structure of the start; numbers that NumPy can convert are converted.
        label : str
            What messages call it.

        Raises
        ------
        TypeError, ValueError
            If it has another structure or shape, or an entry that is not a real number.
        """
        if self.kind == "array":
            if type(structure) is np.ndarray and structure.dtype == self.dtype:
                a = structure
            else:
                a = as_numbers(label, structure)
            self._expect(label, a, self.shapes[0])
            return np.ascontiguousarray(a, self.dtype).reshape(-1)
        out = self._scratch.vector
        if out is None:
            out = self._scratch.vector = np.empty(self.size, self.dtype)
        for (name, entry, part), shape in zip(self.parts(structure, label), self.shapes, strict=True):
            a = as_numbers(name, entry)
            self._expect(name, a, shape)
            out[part].reshape(shape)[...] = a
        return out

    def arrays(self, structure: Any) -> list[Any]:
        """Return the entries of something in the structure of the start, in order."""
        return [structure] if self.kind == "array" else self._entries(structure, self.label)

    def parts(self, structure: object, label: str) -> Iterator[tuple[str, Any, slice]]:
        """Yield the entries of a dict or list, as the start is: name, entry, place in the vector."""
        entries = self._entries(structure, label)
        for key, entry, part in zip(self.keys, entries, self._slices, strict=True):
            yield f"{label}[{key!r}]", entry, part

    def entries(self, structure: object, label: str) -> Iterator[Entry]:
        """Yield what is given for each array, None for what is None or left out of a dict."""
        if self.kind == "array":
            yield Entry(label, structure, slice(0, self.size), self.shapes[0])
            return
        if isinstance(structure, dict) and self.kind == "dict":
            strange = [key for key in structure if key not in self.keys]
            if strange:
                raise ValueError(f"{label}: expected some of the keys {self.keys}, got {list(structure)}")
            structure = {key: structure.get(key) for key in self.keys}
        for (name, given, part), shape in zip(self.parts(structure, label), self.shapes, strict=True):
            yield Entry(name, given, part, shape)

    def fitted(self, label: str, a: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
        """Return an array as broadcast to a shape; one number always is, whatever its own shape."""
        with contextlib.suppress(ValueError):
            return np.broadcast_to(a.reshape(()) if a.size == 1 else a, shape)
        raise self._misfit(label, a, shape)

    def element(self, k: int) -> str:
        """Return the name of element `k` of the vector: ``x0['W'][3, 4]``."""
        for name, part, shape in zip(self.names, self._slices, self.shapes, strict=True):
            if k < part.stop:
                index = ", ".join(map(str, np.unravel_index(k - part.start, shape)))
                return f"{name}[{index}]" if index else name
        raise IndexError(k)

    def _taken_apart(self, label: str, structure: object) -> Tree:
        """Take a structure apart as deep as the start is; lists of numbers are arrays."""
        return Tree(label, _with_arrays(structure) if self._deep else structure, deep=self._deep)

    def _entries(self, structure: object, label: str) -> list[Any]:
        """Take a dict or list apart, in the order of the start."""
        kinds = {"dict": (dict,), "list": (list, tuple), "nested": (dict, list, tuple)}
        kind = "list or dict" if self.kind == "nested" else self.kind
        expected = f"a {kind} of {counted(len(self.keys), 'array')}, as {self.label}"
        if not isinstance(structure, kinds[self.kind]):
            raise TypeError(f"{label}: expected {expected}, got {described(structure)}")
        tree = self._taken_apart(label, structure)
        if self.kind == "list":
            if len(tree.keys) != len(self.keys):
                raise ValueError(f"{label}: expected {expected}, got {len(tree.keys)}")
            return tree.arrays
        if set(tree.keys) != set(self.keys):
            raise ValueError(f"{label}: expected the keys {self.keys}, got {tree.keys}")
        by_key = tree.by_key
        return [by_key[key] for key in self.keys]

    def _expect(self, label: str, a: NDArray[Any], shape: tuple[int, ...]) -> None:
        if a.shape != shape:
            raise self._misfit(label, a, shape)

    def _misfit(self, label: str, a: NDArray[Any], shape: tuple[int, ...]) -> ValueError:
        return ValueError(f"{label}: expected shape {shape}, as {self.label}, got shape {a.shape}")


class RowLayout(Layout):
    """What one row of a matrix is, for all rows alike.

    Examples
    --------
    >>> RowLayout(np.ones((5, 3)), "X0").element(2)
    'X0[:, 2]'
    """

    def __init__(self, matrix: Vector, label: str) -> None:
        self._matrix = label
        super().__init__(np.empty(matrix.shape[1:], matrix.dtype), f"a row of {label}")

    def element(self, k: int) -> str:
        """Return the name of element `k` of every row."""
        return f"{self._matrix}[:, {k}]"


def _is_plain(start: object, depth: int = 0) -> bool:
    """Whether it is a number or nested lists of numbers: one array, and not a list of them."""
    if isinstance(start, list | tuple):
        return depth < DIMENSIONS and all(_is_plain(entry, depth + 1) for entry in start)
    return isinstance(start, int | float | np.number) and not isinstance(start, bool)


def _is_deep(start: object) -> bool:
    """Whether there are dicts, or lists that are no arrays, in a list or dict."""
    if isinstance(start, dict):
        inside = list(start.values())
    else:
        inside = list(start) if isinstance(start, list | tuple) else []
    return any(isinstance(x, dict) or (isinstance(x, list | tuple) and not _is_plain(x)) for x in inside)


def _with_arrays(node: Any, depth: int = 0) -> Any:
    """Return a structure with its lists of numbers as arrays."""
    if depth > DEEPEST or not isinstance(node, dict | list | tuple):
        return node
    if isinstance(node, dict):
        return {key: _with_arrays(value, depth + 1) for key, value in node.items()}
    return np.asarray(node) if node and _is_plain(node) else [_with_arrays(x, depth + 1) for x in node]


def as_numbers(label: str, given: object) -> NDArray[Any]:
    """Return an array of float32 or float64, or say what is not one."""
    a = as_reals(label, given)
    return a if a.dtype in FLOATS else a.astype(np.float64)


def as_reals(label: str, given: object) -> NDArray[Any]:
    """Return an array of real numbers, of whatever dtype NumPy gives it, or say what is not one."""
    if isinstance(given, np.ndarray) and given.dtype in FLOATS:
        return given
    a = as_array(given)
    if a.dtype.kind not in "iuf" or a.dtype.itemsize > 8:
        raise TypeError(
            f"{label}: expected an array of real numbers, float32 or float64, got {described(given)}"
        )
    return a


def frozen(a: Vector) -> Vector:
    """Return a copy that nobody can write to, nor make writeable: its memory is that of bytes.

    Examples
    --------
    >>> frozen(np.zeros(2)).setflags(write=True)
    Traceback (most recent call last):
        ...
    ValueError: cannot set WRITEABLE flag to True of this array
    """
    return np.frombuffer(a.tobytes(), a.dtype)
