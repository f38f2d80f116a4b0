"""How many threads a step may use."""

from fastopt import _core
from fastopt._common.bounds import as_whole
from fastopt._common.wording import shown


def set_num_threads(n: int | None) -> None:
    """Set the number of threads that a large step may use, for the whole process.

    Results do not depend on it: they are the same bits for every number. A step over fewer than some 32
    thousand elements stays on the calling thread.

    Parameters
    ----------
    n : int or None
        From 1 to 4096. None returns to the default: what OpenMP says (``OMP_NUM_THREADS``, the processors
        this process may use), but not more than the CPU quota of its container.

    Raises
    ------
    TypeError, ValueError
        If `n` is not a whole number, or not from 1 to 4096.

    Examples
    --------
    >>> set_num_threads(1)
    >>> get_num_threads()
    1
    >>> set_num_threads(None)
    """
    if n is None:
        _core.set_num_threads(0)
        return
    number = as_whole(n)
    if number is None:
        raise TypeError(f"n: expected a number of threads from 1 to 4096, or None, got {shown(n)}")
    if not 1 <= number <= 4096:
        raise ValueError(f"n: expected a number of threads from 1 to 4096, got {shown(n)}")
    _core.set_num_threads(number)


def get_num_threads() -> int:
    """Return the number of threads that a large step would use now: 1 in a forked child.

    Examples
    --------
    >>> get_num_threads() >= 1
    True
    """
    return _core.num_threads()
