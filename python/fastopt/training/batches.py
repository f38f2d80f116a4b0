"""Batches: which samples are shown in a step."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Mapping
from itertools import takewhile
from typing import Any, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from fastopt._common.bounds import whole
from fastopt._common.samples import judged_rows
from fastopt._common.seeds import judged_rng
from fastopt._common.types import Floats, Integers, Seed
from fastopt._common.wording import shown

__all__ = ["Orders", "cut", "minibatches"]

Order = NDArray[np.int64]
Data = TypeVar("Data")

MOVING = (np.random.Generator, np.random.BitGenerator, np.random.RandomState)
"""Seeds that move on, and do not give the same numbers every time."""


@overload
def minibatches(
    x: Floats, y: Integers, batch_size: int, seed: Seed | None = None, /
) -> Iterator[tuple[Floats, Integers]]: ...


@overload
def minibatches(
    x: Floats, y: Integers, /, batch_size: int, seed: Seed | None = None
) -> Iterator[tuple[Floats, Integers]]: ...


@overload
def minibatches(data: Data, /, batch_size: int, seed: Seed | None = None) -> Iterator[Data]: ...


@overload
def minibatches(*data: Any, batch_size: int, seed: Seed | None = None) -> Iterator[tuple[Any, ...]]: ...


def minibatches(*data: Any, batch_size: Any = None, seed: Any = None) -> Iterator[Any]:
    """Return the minibatches of one epoch: every sample once, in random order.

    Parameters
    ----------
    *data : arrays with one row a sample
        Any number of them, as in ``minibatches(x, y, 32)``; or a dict, list or tuple of arrays. Any of them
        may be a dict of arrays itself.
    batch_size : int
        Samples a batch; the last batch holds what is left.
    seed : int, numpy.random.Generator or None
        A generator moves on and so shuffles each epoch anew; an integer gives the same order
        every time, None another every time.

    Returns
    -------
    iterator
        Copies of the rows of each batch, in the structure of `data`: a tuple where several arrays were given.

    Raises
    ------
    TypeError
        If `batch_size` is not a whole number, or something is not an array of numbers.
    ValueError
        If the arrays differ in length or are empty, a dict holds itself or keys that do not differ as text,
        or `batch_size` is not positive.

    Examples
    --------
    >>> x, y = np.arange(10.0).reshape(5, 2), np.arange(5)
    >>> [(rows.shape, len(labels)) for rows, labels in minibatches(x, y, batch_size=2, seed=0)]
    [((2, 2), 2), ((2, 2), 2), ((1, 2), 1)]
    >>> [rows.shape for rows in minibatches(x, batch_size=4)]
    [(4, 2), (1, 2)]
    >>> [list(batch) for batch in minibatches({"image": x, "label": y}, batch_size=3)]
    [['image', 'label'], ['image', 'label']]
    """
    # What follows the arrays without a name is the size, and then the seed.
    arrays = tuple(takewhile(lambda given: hasattr(given, "__len__"), data))
    unnamed = data[len(arrays) :]
    if len(unnamed) > 2 or (unnamed and batch_size is not None) or (len(unnamed) == 2 and seed is not None):
        raise TypeError(
            f"minibatches: expected batch_size and seed behind the arrays, once, got {shown(unnamed)}"
        )
    batch_size, seed = (*unnamed, *(batch_size, seed)[len(unnamed) :])
    structure, pair = arrays[0] if len(arrays) == 1 else arrays, len(arrays) == 2
    labelled: dict[str, object] = {}

    def note(label: str, item: object) -> None:
        if label in labelled:
            raise ValueError(f"data: expected keys that differ as text, got {label} twice")
        labelled[label] = item

    try:
        _mapped(note, structure, pair)
    except RecursionError:
        raise ValueError("data: expected arrays in lists or dicts, got one that holds itself") from None
    judged = judged_rows(labelled)
    size = whole(1, "batch_size", batch_size)
    order = judged_rng(seed).permutation(len(next(iter(judged.values()))))

    def rows(chunk: Order) -> Any:
        return _mapped(lambda label, _: judged[label][chunk], structure, pair)

    return map(rows, cut(order, size))


def _mapped(of: Callable[[str, Any], object], data: Any, pair: bool) -> Any:
    """Return a structure with ``of(label, array)`` in the place of each array; a pair are x and y."""

    def inside(label: str, item: Any) -> Any:
        if isinstance(item, Mapping):
            return {key: inside(f"{label}[{key!r}]", each) for key, each in item.items()}
        return of(label, item)

    if not isinstance(data, list | tuple):
        return inside("data", data)
    labels = "xy" if pair else (f"data[{k}]" for k in range(len(data)))
    items = [inside(label, item) for label, item in zip(labels, data, strict=True)]
    if hasattr(data, "_fields"):  # a named tuple
        return type(data)(*items)
    return items if isinstance(data, list) else tuple(items)


def cut(order: Order, batch_size: int) -> Iterator[Order]:
    """Return an order in pieces of the size of a batch; the last holds what is left."""
    return (order[i : i + batch_size] for i in range(0, len(order), batch_size))


class Orders:
    """The orders in which a run shows its samples, one an epoch.

    Parameters
    ----------
    samples : int
        How many there are.
    seed : int, numpy.random.Generator or None
        By an integer, the order of an epoch depends on nothing but its number: whoever goes on after three
        epochs deals the fourth order. A generator moves on, and None never gives the same.

    Raises
    ------
    TypeError, ValueError
        If there is no such seed.
    """

    def __init__(self, samples: int, seed: Seed | None) -> None:
        self._samples = samples
        self._seed = seed
        self._rng = judged_rng(seed)
        self._moving = isinstance(seed, MOVING)
        self._dealt = 0
        self._around: tuple[Mapping[str, Any], bytes] | None = None
        """The states of the caller's generator before and after the last order."""

    def skip_to(self, epoch: int) -> None:
        """Make ready to deal the order of an epoch, 0 first.

        The orders before it are dealt for nothing: it costs what it cost the run that dealt them.
        """
        if self._moving or self._seed is None:
            return
        if epoch < self._dealt:
            self._rng, self._dealt = judged_rng(self._seed), 0
        while self._dealt < epoch:
            self.deal()

    def deal(self) -> Order:
        """Return the next order."""
        before = self._rng.bit_generator.state if self._moving else None
        order = self._rng.permutation(self._samples)
        self._dealt += 1
        if before is not None:
            self._around = before, pickle.dumps(self._rng.bit_generator.state)
        return order

    def take_back(self) -> bool:
        """Set the caller's generator back before the last order, which it will deal again.

        Not where somebody has drawn from it since.

        Returns
        -------
        bool
            Whether it was set back.
        """
        if self._around is None:
            return False
        before, after = self._around
        if pickle.dumps(self._rng.bit_generator.state) != after:
            return False
        self._rng.bit_generator.state = before
        self._around = None
        return True
