"""Where arrays lie in memory: what may be written, and vectors short enough to stay in the cache."""

from collections.abc import Iterator

import numpy as np

from fastopt.structures import Array

Labelled = list[tuple[str, Array]]

_BLOCK = 65536  # elements: enough that the calls cost little beside the work, and half a megabyte each
_ROW = 4096  # elements that BLAS multiplies at once: too few for it to start threads


def vectors(*arrays: Array) -> list[Array] | None:
    """Return arrays of one shape as vectors, in the order in which the first lies in memory.

    They are views. None if there are none: an array has gaps, or its axes lie in another order.
    """
    first = arrays[0]
    axes = sorted(range(first.ndim), key=first.strides.__getitem__, reverse=True)
    turned = [a.transpose(axes) for a in arrays]
    return [a.reshape(-1) for a in turned] if all(a.flags.c_contiguous for a in turned) else None


def blocks(*arrays: Array) -> Iterator[tuple[Array, ...]]:
    """Cut vectors of one length into short ones."""
    for k in range(0, arrays[0].size, _BLOCK):
        yield tuple(a[k : k + _BLOCK] for a in arrays)


def scratch(like: Array) -> Array:
    """Return an array for any block of a vector."""
    return np.empty(min(like.size, _BLOCK), like.dtype)


def dot(a: Array, b: Array) -> float:
    """Return the inner product of two vectors, in double precision."""
    a = a.astype(np.float64, copy=False)
    b = a if b is a else b.astype(np.float64, copy=False)
    whole = a.size - a.size % _ROW
    total = float(np.dot(a[whole:], b[whole:]))
    if whole:
        total += float(np.vecdot(a[:whole].reshape(-1, _ROW), b[:whole].reshape(-1, _ROW)).sum())
    return total


def expect_updatable(written: Labelled) -> None:
    """Refuse arrays that cannot be written, or in which two elements may be the same memory."""
    for name, a in written:
        if not a.flags.writeable:
            raise ValueError(f"{name}: expected a writeable array, got a read-only one")
        if _meets_itself(a):
            raise ValueError(
                f"{name}: expected an array with a place in memory for each element, "
                f"got shape {a.shape} with strides {a.strides}"
            )


def _meets_itself(a: Array) -> bool:
    """Whether a step along some axis falls short of what the axes within it cover."""
    if a.flags.forc or not a.size:
        return False
    reach = a.itemsize
    for stride, length in sorted((abs(s), n) for s, n in zip(a.strides, a.shape, strict=True) if n > 1):
        if stride < reach:
            return True
        reach += stride * (length - 1)
    return False


def is_same(a: Array, b: Array) -> bool:
    """Whether two arrays of one shape and dtype are the same memory, element for element."""
    steps = zip(a.shape, a.strides, b.strides, strict=True)
    return a.ctypes.data == b.ctypes.data and all(s == t for n, s, t in steps if n != 1)


def refuse_overlaps(written: Labelled, read: Labelled) -> None:
    """Refuse a written array that reaches into any other, by their extents in memory."""
    extents = sorted(
        (*np.lib.array_utils.byte_bounds(a), name, is_written)
        for arrays, is_written in ((written, True), (read, False))
        for name, a in arrays
        if a.size
    )
    # In order of their beginnings, an array is met by an earlier one if it begins before that one's end.
    last: dict[bool, tuple[int, str]] = {}
    for begin, end, name, is_written in extents:
        for earlier_is_written, (earlier_end, earlier) in last.items():
            if begin < earlier_end and (is_written or earlier_is_written):
                raise ValueError(f"{earlier} and {name} overlap in memory; expected separate arrays")
        last[is_written] = max(last.get(is_written, (0, "")), (end, name))
