"""Structures of arrays taken apart, and put together again.

What optimizers take is one array, or arrays in lists and dicts, at any depth: `Tree`. What a function to be
checked takes is anything in lists, tuples and dicts: `walk`, `mapped`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastopt import _core
from fastopt._common.wording import counted

Array = NDArray[Any]
Arrays = Array | list[Any] | tuple[Any, ...] | dict[Any, Any]
"""Parameters, gradients or state: one array, or arrays in lists (or tuples) and dicts, at any depth."""


class Tree:
    """A structure of arrays taken apart.

    Parameters
    ----------
    label : str
        What messages call it.
    structure : array, list, tuple or dict
        It is what is in it, whatever methods a subclass of list, tuple or dict may have; keys are in the
        order in which a dict yields them. The arrays in it are not judged.
    deep : bool
        Whether lists and dicts in it are taken apart too, and not taken for arrays.

    Attributes
    ----------
    kind : str
        ``"array"``, ``"list"`` (also for a tuple), ``"dict"``, or ``"nested"``.
    keys : list
        None for an array, numbers for a list, paths such as ``"encoder.0.W"`` for what is nested.
    arrays : list
        What is there under each key.

    Raises
    ------
    TypeError, ValueError
        If it is nothing of that kind, or empty; if two paths are the same, or there is no end to it.

    Examples
    --------
    >>> tree = Tree("params", {"W": np.zeros(2), "b": np.ones(1)})
    >>> tree.names, tree.like([1, 2])
    (["params['W']", "params['b']"], {'W': 1, 'b': 2})
    >>> tree = Tree("params", {"encoder": [{"W": np.zeros(2)}, {"W": np.ones(2)}]})
    >>> tree.keys, tree.like([1, 2])
    (['encoder.0.W', 'encoder.1.W'], {'encoder': [{'W': 1}, {'W': 2}]})
    """

    def __init__(self, label: str, structure: object, deep: bool = True) -> None:
        self.label = label
        self.kind, self.keys, self.arrays, self._places = _core.flatten(label, structure, deep)

    def __str__(self) -> str:
        if self.kind == "array":
            return "one array"
        if self.kind == "list":
            return f"a list of {counted(len(self.keys), 'array')}"
        keys = ", ".join(map(repr, self.keys))
        return f"a dict of {keys}" if self.kind == "dict" else f"lists and dicts of {keys}"

    @property
    def names(self) -> list[str]:
        """What messages call each array."""
        return [self.label] if self.kind == "array" else [f"{self.label}[{key!r}]" for key in self.keys]

    @property
    def named(self) -> list[tuple[str, Any]]:
        """The arrays with what messages call them."""
        return list(zip(self.names, self.arrays, strict=True))

    @property
    def by_key(self) -> dict[Any, Any]:
        """The arrays under their keys."""
        return dict(zip(self.keys, self.arrays, strict=True))

    def like(self, items: Sequence[Any]) -> Any:
        """Return other things in this structure, a list for a tuple."""
        if self.kind == "array":
            return items[0]
        if self.kind == "nested":
            return mapped(items.__getitem__, self._places)
        return list(items) if self.kind == "list" else dict(zip(self.keys, items, strict=True))


def named(params: Arrays) -> dict[str, Array]:
    """Return the arrays of a structure under names, as files and fingerprints need them.

    Examples
    --------
    >>> list(named({"W": np.zeros(2)})), list(named([np.zeros(2)])), list(named(np.zeros(2)))
    (['W'], ['0'], ['params'])
    """
    tree = Tree("params", params)
    if tree.kind == "array":
        return {"params": tree.arrays[0]}
    names = [str(key) for key in tree.keys]
    if len(set(names)) < len(names):
        raise ValueError(f"params: expected keys that differ as text, got {tree.keys}")
    return dict(zip(names, tree.arrays, strict=True))


def walk(label: str, node: object) -> Iterator[tuple[str, Any]]:
    """Yield what is in lists, tuples and dicts, at any depth, with its name: in the order of `mapped`.

    Examples
    --------
    >>> list(walk("x", {"a": [1.0, None]}))
    [("x['a'][0]", 1.0), ("x['a'][1]", None)]
    """
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from walk(f"{label}[{key!r}]", value)
    elif isinstance(node, list | tuple):
        for k, value in enumerate(node):
            yield from walk(f"{label}[{k}]", value)
    else:
        yield label, node


def mapped(function: Callable[[Any], Any], node: object) -> Any:
    """Return lists, tuples and dicts with `function` applied to what is in them, in the order of `walk`.

    Examples
    --------
    >>> mapped(str, {"a": (1, [2])})
    {'a': ('1', ['2'])}
    """
    if isinstance(node, Mapping):
        return {key: mapped(function, value) for key, value in node.items()}
    if isinstance(node, list | tuple):
        make: Callable[[list[Any]], Any] = getattr(type(node), "_make", type(node))
        return make([mapped(function, value) for value in node])
    return function(node)


def expect_an_end(label: str, node: object) -> None:
    """Refuse what cannot be walked through, such as a list that holds itself."""
    try:
        for _ in walk(label, node):
            pass
    except RecursionError:
        raise ValueError(f"{label}: expected arrays in lists or dicts, got one that holds itself") from None


def as_array(given: object) -> Array:
    """Return what NumPy makes of it: one object of shape () where it can make no array of it."""
    try:
        return np.asarray(given)
    except MemoryError:
        raise
    except Exception:  # lists of different lengths, or without end; tensors that are not NumPy's to have
        return np.asarray(None)


def described(a: object) -> str:
    """Say what an array is, in the words of the core's messages; of other libraries' arrays the type, too.

    Examples
    --------
    >>> described(np.zeros((2, 3))), described(2.5)
    ('float64 of shape (2, 3)', 'float')
    """
    if isinstance(a, np.ndarray):
        return f"{a.dtype} of shape {a.shape}"
    shape = getattr(a, "shape", None)
    if isinstance(shape, tuple) and not isinstance(a, np.generic):  # sparse matrices, tensors, frames
        return f"{type(a).__name__} of shape {tuple(shape)}"
    return type(a).__name__


def summary(value: object) -> str:
    """Say what a value is, of containers how many are in it too; else as `described`.

    Examples
    --------
    >>> summary([1, 2]), summary(np.float64(2.5)), summary(None)
    ('a list of 2', 'float64 of shape ()', 'None')
    """
    if isinstance(value, list | tuple | dict):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, np.generic):
        return f"{value.dtype} of shape ()"
    return "None" if value is None else described(value)
