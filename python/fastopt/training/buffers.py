"""What a loss changes beside the parameters, as the statistics of a batch normalisation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeGuard

import numpy as np

from fastopt._common.trees import Array, Tree, described

__all__ = ["copied_buffers", "kept", "named_buffers", "put_back"]


def named_buffers(buffers: object) -> dict[str, Array]:
    """Return the arrays of buffers, as they are now, under names that those of parameters seldom have.

    Examples
    --------
    >>> list(named_buffers({"mean": np.zeros(2)})), list(named_buffers([np.zeros(2)])), named_buffers(None)
    (['mean'], ['buffers[0]'], {})
    """
    kind, arrays = _judged(buffers)
    texts = {"array": "buffers", "list": "buffers[{}]", "dict": "{}"}
    names = [texts[kind].format(key) for key in arrays]
    if len(set(names)) < len(names):
        raise ValueError(f"buffers: expected keys that differ as text, got {list(arrays)}")
    return dict(zip(names, arrays.values(), strict=True))


def copied_buffers(buffers: object) -> dict[Any, Array]:
    """Return copies of the arrays of buffers under their keys, for `put_back`."""
    return {key: array.copy() for key, array in _judged(buffers)[1].items()}


def put_back(buffers: Any, copies: Mapping[Any, Array]) -> None:
    """Let buffers be what they were when they were copied: in their arrays, as far as these still fit.

    A loss may have put others in their place, and more beside them.

    Examples
    --------
    >>> buffers = {"count": np.zeros(2)}
    >>> copies = copied_buffers(buffers)
    >>> buffers["count"], buffers["mean"] = np.ones(3), np.ones(1)
    >>> put_back(buffers, copies)
    >>> buffers
    {'count': array([0., 0.])}
    """
    if isinstance(buffers, np.ndarray):
        buffers[...] = copies[None]
        return
    if isinstance(buffers, dict):
        for key in buffers.keys() - copies.keys():
            del buffers[key]
    elif isinstance(buffers, list):
        buffers[len(copies) :] = [None] * (len(copies) - len(buffers))
    for key, copy in copies.items():
        now = buffers.get(key) if isinstance(buffers, dict) else buffers[key]
        if _fits(now, copy):
            now[...] = copy
        else:
            buffers[key] = copy


@contextmanager
def kept(buffers: object) -> Iterator[None]:
    """Let buffers be after a `with` block what they were before."""
    before = copied_buffers(buffers)
    try:
        yield
    finally:
        put_back(buffers, before)


def _judged(buffers: object) -> tuple[str, dict[Any, Array]]:
    """Return the kind of a structure of buffers, and its arrays under their keys.

    A NumPy number is taken for an array: arithmetic makes one of an array of shape ().
    """
    if buffers is None or (isinstance(buffers, dict | list | tuple) and not buffers):
        return "dict", {}
    tree = Tree("buffers", buffers)
    arrays: dict[Any, Array] = {}
    for key, (label, item) in zip(tree.keys, tree.named, strict=True):
        number = isinstance(item, np.generic) and not isinstance(buffers, tuple)
        array: object = np.asarray(item) if number else item
        if not isinstance(array, np.ndarray):
            raise TypeError(f"{label}: expected a NumPy array, got {described(array)}")
        if not array.flags.writeable:
            raise ValueError(f"{label}: expected a writeable array, got a read-only one")
        arrays[key] = array
    return tree.kind, arrays


def _fits(array: object, copy: Array) -> TypeGuard[Array]:
    """Say whether the content of a copy may be put into an array as it is."""
    return (
        isinstance(array, np.ndarray)
        and array.flags.writeable
        and (array.shape, array.dtype) == (copy.shape, copy.dtype)
    )
