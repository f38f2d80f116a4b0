"""Where arrays lie in memory, and what may be written."""

from collections.abc import Iterator

from fastopt._common.trees import Array

Labelled = list[tuple[str, Array]]

_BLOCK = 65536  # elements: enough that the calls cost little beside the work, few enough for the cache


def laid_out_alike(a: Array, b: Array) -> bool:
    """Whether two arrays of one shape have no gaps, and their axes the same order."""
    return vectors(a, b) is not None


def vectors(a: Array, b: Array) -> tuple[Array, Array] | None:
    """Return arrays of one shape as vectors, views both, where they are laid out alike; else None."""
    if a.strides == b.strides and a.flags.c_contiguous:
        return a.reshape(-1), b.reshape(-1)
    axes = sorted(range(a.ndim), key=a.strides.__getitem__, reverse=True)
    a, b = a.transpose(axes), b.transpose(axes)
    return (a.reshape(-1), b.reshape(-1)) if a.flags.c_contiguous and b.flags.c_contiguous else None


def blocks(a: Array, b: Array) -> Iterator[tuple[Array, Array]]:
    """Cut two arrays of one shape into vectors that stay in the cache, where they are laid out alike."""
    flat = vectors(a, b)
    if flat is None:
        yield a, b
        return
    a, b = flat
    for k in range(0, a.size, _BLOCK):
        yield a[k : k + _BLOCK], b[k : k + _BLOCK]


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
