"""Words of messages, and where warnings point."""

from __future__ import annotations

import sys
from types import FrameType

__all__ = ["counted", "shown", "users_line"]

LONGEST = 200
"""Characters of a value that a message shows."""


def counted(number: int, noun: str) -> str:
    """Return how many there are of what is called `noun` in the singular.

    Examples
    --------
    >>> counted(1, "epoch"), counted(20, "epoch"), counted(0, "array")
    ('1 epoch', '20 epochs', '0 arrays')
    """
    return f"{number} {noun}{'s'[: number != 1]}"


def shown(value: object) -> str:
    """Return a value as messages show it: cut where it is long, in words where Python has no text for it.

    It has none for integers of thousands of digits, and for lists in lists in lists, thousands of them.

    Examples
    --------
    >>> shown("adam"), shown(10**10_000), shown([0] * 1000)[-9:]
    ("'adam'", 'a number beyond 1e+308', ', 0, 0...')
    """
    try:
        text = repr(value)
    except Exception:
        kind = type(value).__name__
        return "a number beyond 1e+308" if isinstance(value, int) else f"a value of type {kind}"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def users_line() -> int:
    """Return the `stacklevel` at which the function that calls this warns of what the user wrote.

    That is the first line outside of this package, and of SciPy, which calls `scipy_lbfgs`.
    """
    level, frame = 0, sys._getframe()
    while _is_ours(frame) and frame.f_back is not None:
        level, frame = level + 1, frame.f_back
    return level


def _is_ours(frame: FrameType) -> bool:
    package: str = frame.f_globals.get("__name__", "").partition(".")[0]
    return package in ("fastopt", "scipy")
