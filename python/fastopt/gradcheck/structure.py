"""The arguments of a function: taken apart into float arrays, displaced, put together again.

All work is done on private copies. The caller's arrays are read and never written, so nothing has to be put
back when the function raises or Ctrl-C comes.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastopt._common.bounds import as_whole
from fastopt._common.bounds import real as as_number
from fastopt._common.trees import expect_an_end, mapped, summary, walk
from fastopt._common.wording import counted

Array = NDArray[Any]
Structure = Any
"""A number, an array, or lists, tuples and dicts of them, as the optimizers take and deeper."""

FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


@dataclass(frozen=True, eq=False)
class Leaf:
    """One array to differentiate by: its name, our copy, and how the function is given it."""

    name: str
    array: Array  # C-contiguous
    give: Callable[[Array], Any]
    source: Any  # the caller's own, read only

    @property
    def size(self) -> int:
        """The number of elements."""
        return self.array.size

    def element(self, index: int) -> str:
        """Return the name of an element: ``W[3, 4]``."""
        return self.name + brackets(np.unravel_index(index, self.array.shape))


@dataclass(frozen=True, eq=False)
class Move:
    """A displacement of part of a leaf: its elements from `start` on, flat, by ``t * by``."""

    leaf: int
    start: int
    by: Array


class Arguments:
    """What a function is called with: some arguments are differentiated by, the others are constants.

    Parameters
    ----------
    func : callable
        Gives the arguments their names, where its signature does.
    inputs : object
        A tuple holds the arguments; anything else is the only one.
    wrt : int or sequence of int, optional
        Which to differentiate by; all that consist of floating-point numbers unless given.
    promote : bool
        Whether float32 is copied to float64.
    label : str, optional
        What messages call the only argument; a tuple is then an argument like others.

    Raises
    ------
    TypeError, ValueError
        If they are not what they should be, or not as many as `func` takes.
    FloatingPointError
        If they are not finite.
    """

    def __init__(
        self,
        func: Callable[..., Any],
        inputs: Structure,
        wrt: int | Sequence[int] | None = None,
        promote: bool = True,
        label: str | None = None,
    ) -> None:
        self.given_as_tuple = isinstance(inputs, tuple) and label is None
        self._inputs: tuple[Any, ...] = inputs if self.given_as_tuple else (inputs,)
        several = [f"inputs[{k}]" for k in range(len(self._inputs))]
        labels = several if self.given_as_tuple else [label or "inputs"]
        for argument, value in zip(labels, self._inputs, strict=True):
            expect_an_end(argument, value)
        self.chosen = _chosen(labels, self._inputs, wrt)
        self.names = _names(func, labels)
        self.leaves = [
            _leaf(name, label, value, promote)
            for k in self.chosen
            for (label, value), (name, _) in zip(
                walk(labels[k], self._inputs[k]), walk(self.names[k], self._inputs[k]), strict=True
            )
        ]
        self._constants = {
            k: mapped(_copied, value) for k, value in enumerate(self._inputs) if k not in self.chosen
        }
        _expect_taken(func, self._inputs, inputs, label)
        self.copying = False  # a function that changes its arguments gets fresh copies at every call

    @property
    def sources(self) -> Iterator[tuple[str, Array]]:
        """All arrays among the arguments, constants too, under their names."""
        for name, argument in zip(self.names, self._inputs, strict=True):
            for label, value in walk(name, argument):
                if isinstance(value, np.ndarray):
                    yield label, value

    @property
    def dtype(self) -> np.dtype[Any]:
        """The coarsest dtype among the leaves."""
        return min((leaf.array.dtype for leaf in self.leaves), key=lambda dtype: dtype.itemsize)

    def displaced(self, moves: Iterable[Move] = (), t: float = 0.0) -> tuple[Any, ...]:
        """Return the arguments at ``x + t * moves``."""
        arrays = [leaf.array.copy() if self.copying else leaf.array for leaf in self.leaves]
        for move in moves:
            moved = self.leaves[move.leaf].array.copy()
            moved.reshape(-1)[move.start : move.start + move.by.size] += t * move.by
            arrays[move.leaf] = moved
        return self.rebuilt(arrays)

    def rebuilt(self, arrays: Sequence[Array]) -> tuple[Any, ...]:
        """Return the arguments with `arrays` in place of the leaves."""
        values = iter([leaf.give(a) for leaf, a in zip(self.leaves, arrays, strict=True)])
        constants = (
            {k: mapped(_copied, c) for k, c in self._constants.items()} if self.copying else self._constants
        )
        return tuple(
            mapped(lambda _: next(values), argument) if k in self.chosen else constants[k]
            for k, argument in enumerate(self._inputs)
        )

    def changed(self) -> list[str]:
        """Name the arrays that the function has changed, and mend them; from then on it gets fresh copies."""
        found = []
        for leaf in self.leaves:
            before = np.asarray(leaf.source, leaf.array.dtype)
            if not _same(before, leaf.array):
                found.append(leaf.name)
                leaf.array[...] = before
        for k, constant in self._constants.items():
            for (label, mine), (_, source) in zip(
                walk(self.names[k], constant), walk(self.names[k], self._inputs[k]), strict=True
            ):
                if isinstance(mine, np.ndarray) and not _same(source, mine):
                    found.append(label)
                    mine[...] = source
        self.copying = self.copying or bool(found)
        return found

    def gradients(self, label: str, given: Structure, lead: tuple[int, ...] = ()) -> list[Array]:
        """Return copies of the gradients in `given`, one a leaf, of shape ``lead + leaf.shape``.

        Raises
        ------
        TypeError, ValueError
            If they are not in the structure of the arguments.
        """
        pairs = [
            pair
            for (part_label, part), k in zip(self._parts(label, given), self.chosen, strict=True)
            for pair in _paired(part_label, self._inputs[k], part)
        ]
        return [
            _gradient(part_label, part, (*lead, *leaf.array.shape))
            for (part_label, part), leaf in zip(pairs, self.leaves, strict=True)
        ]

    def packed(self, arrays: Sequence[Array]) -> Structure:
        """Return arrays, one a leaf, in the structure of a gradient: that of the one argument, or a tuple."""
        values = iter([leaf.give(a) for leaf, a in zip(self.leaves, arrays, strict=True)])
        parts = tuple(mapped(lambda _: next(values), self._inputs[k]) for k in self.chosen)
        return parts[0] if len(parts) == 1 else parts

    def _parts(self, label: str, given: Structure) -> list[tuple[str, Structure]]:
        """Split `given` into the gradients by each chosen argument."""
        wanted, total = len(self.chosen), len(self._inputs)
        several = isinstance(given, list | tuple)
        if wanted == 1:
            wrapped = self.given_as_tuple and isinstance(given, tuple)
            if wrapped and len(given) == total and _none_but(given, self.chosen):
                return [(f"{label}[{self.chosen[0]}]", given[self.chosen[0]])]
            return [(f"{label}[0]", given[0]) if wrapped and len(given) == 1 else (label, given)]
        if several and len(given) == wanted:
            return [(f"{label}[{k}]", part) for k, part in enumerate(given)]
        if several and len(given) == total and _none_but(given, self.chosen):
            return [(f"{label}[{k}]", given[k]) for k in self.chosen]
        names = ", ".join(self.names[k] for k in self.chosen)
        raise ValueError(
            f"{label}: expected {wanted} gradients, by {names}, got {summary(given)}; "
            "wrt= says which arguments to differentiate by"
        )


def brackets(index: Iterable[Any]) -> str:
    """Write an index as in ``[3, 4]``, that of a number as nothing."""
    text = ", ".join(str(int(k)) for k in index)
    return f"[{text}]" if text else ""


def real(label: str, value: object) -> float:
    """Return `value` as a float.

    Raises
    ------
    TypeError, ValueError
        If it is not one real number.
    """
    number = as_number(value)
    if isinstance(value, np.ndarray) and value.ndim and value.dtype.kind in "fiu":
        raise ValueError(f"{label}: expected one number, got {summary(value)}")
    if number is None:
        raise TypeError(f"{label}: expected a real number, got {summary(value)}")
    return number


def _chosen(labels: list[str], inputs: tuple[Any, ...], wrt: int | Sequence[int] | None) -> list[int]:
    """Return the arguments to differentiate by."""
    if wrt is None:
        chosen = [
            k for k, argument in enumerate(inputs) if any(_floating(v) for _, v in walk(labels[k], argument))
        ]
        if not chosen:
            kinds = ", ".join(summary(argument) for argument in inputs) or "nothing"
            label = labels[0].partition("[")[0] if labels else "inputs"
            raise TypeError(f"{label}: expected float32 or float64 to differentiate by, got {kinds}")
        return chosen
    given = list(wrt) if isinstance(wrt, Iterable) else [wrt]
    chosen = [k for k in map(as_whole, given) if k is not None and 0 <= k < len(inputs)]
    if len(chosen) < len(given):
        raise ValueError(f"wrt: expected numbers of arguments, 0 to {len(inputs) - 1}, got {wrt!r}")
    if not chosen or len(set(chosen)) < len(chosen):
        raise ValueError(f"wrt: expected one or more arguments, each once, got {wrt!r}")
    return sorted(chosen)


def _expect_taken(
    func: Callable[..., Any], arguments: tuple[Any, ...], inputs: Structure, label: str | None
) -> None:
    """Raise if `func` says that it takes other than so many arguments."""
    try:
        signature = inspect.signature(func)
    except (TypeError, ValueError):  # as of many a builtin
        return
    try:
        signature.bind(*arguments)
    except TypeError:
        names = [p.name for p in signature.parameters.values() if p.default is inspect.Parameter.empty]
        wanted = f"({', '.join(names)})"
        if label is not None:
            raise TypeError(f"f: expected a function of {label} alone, got one of {wanted}") from None
        kind = "the arguments" if isinstance(inputs, tuple) else "a tuple of the arguments"
        raise TypeError(f"inputs: expected {kind} {wanted}, got {summary(inputs)}") from None


def _names(func: Callable[..., Any], labels: list[str]) -> list[str]:
    """Return the names of the arguments in the signature of `func`, or `labels`."""
    try:
        parameters = inspect.signature(func).parameters.values()
    except (TypeError, ValueError):
        return labels
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = [p.name for p in parameters if p.kind in kinds]
    return names[: len(labels)] if len(names) >= len(labels) else labels


def _leaf(name: str, label: str, value: Any, promote: bool) -> Leaf:
    if not _floating(value):
        raise TypeError(f"{label}: expected float32 or float64, got {summary(value)}")
    dtype = np.asarray(value).dtype
    if dtype.newbyteorder("=") not in FLOATS:
        raise TypeError(f"{label}: expected float32 or float64, got {dtype}")
    array = np.array(value, np.float64 if promote else dtype.newbyteorder("="), order="C", subok=False)
    if not np.isfinite(array).all():
        worst = int(np.flatnonzero(~np.isfinite(array))[0])
        where = brackets(np.unravel_index(worst, array.shape))
        raise FloatingPointError(f"{label}{where}: expected a finite number, got {array.flat[worst]}")
    return Leaf(name, array, _giver(value), value)


def _giver(value: Any) -> Callable[[Array], Any]:
    """Return what makes of an array of ours what the function is used to: an array or a number."""
    if isinstance(value, np.ndarray):
        return lambda a: a
    if isinstance(value, np.generic):
        return lambda a: a[()]
    return lambda a: a.item()


def _floating(value: Any) -> bool:
    if isinstance(value, np.ndarray | np.generic):
        return value.dtype.kind == "f"
    return isinstance(value, float)


def _copied(value: Any) -> Any:
    return value.copy() if isinstance(value, np.ndarray) else value


def _same(a: Array, b: Array) -> bool:
    return a.shape == b.shape and a.tobytes() == b.tobytes()


def _none_but(given: Sequence[Any], chosen: list[int]) -> bool:
    return all((part is None) == (k not in chosen) for k, part in enumerate(given))


def _paired(label: str, pattern: Structure, given: Structure) -> Iterator[tuple[str, Any]]:
    """Yield the leaves of `given`, which must have the structure of `pattern`."""
    if isinstance(pattern, Mapping):
        if not isinstance(given, Mapping):
            raise TypeError(f"{label}: expected a dict, as its argument is, got {summary(given)}")
        if given.keys() != pattern.keys():
            raise ValueError(f"{label}: expected the keys {list(pattern)}, got {list(given)}")
        for key, value in pattern.items():
            yield from _paired(f"{label}[{key!r}]", value, given[key])
    elif isinstance(pattern, list | tuple):
        if not isinstance(given, list | tuple) and not (isinstance(given, np.ndarray) and given.ndim):
            raise TypeError(f"{label}: expected a list, as its argument is, got {summary(given)}")
        if len(given) != len(pattern):
            raise ValueError(f"{label}: expected {counted(len(pattern), 'gradient')}, got {len(given)}")
        for k, value in enumerate(pattern):
            yield from _paired(f"{label}[{k}]", value, given[k])
    else:
        yield label, given


def _gradient(label: str, given: Any, shape: tuple[int, ...]) -> Array:
    numbers = isinstance(given, np.ndarray | np.generic | float | int) and not isinstance(given, bool)
    if not numbers or np.asarray(given).dtype.kind not in "fiu":
        raise TypeError(f"{label}: expected real numbers of shape {shape}, got {summary(given)}")
    array = np.array(given, order="C", subok=False)
    if array.shape != shape:
        hint = " (transposed?)" if array.shape == shape[::-1] else ""
        raise ValueError(f"{label}: expected shape {shape}, got {array.shape}{hint}")
    return array
