"""Words of messages."""

from __future__ import annotations

__all__ = ["counted"]


def counted(number: int, noun: str) -> str:
    """Return how many there are of what is called `noun` in the singular.

    Examples
    --------
    >>> counted(1, "epoch"), counted(20, "epoch"), counted(0, "array")
    ('1 epoch', '20 epochs', '0 arrays')
    """
    return f"{number} {noun}{'s'[: number != 1]}"
