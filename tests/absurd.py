"""What nobody would pass, and somebody does: it is answered with a TypeError or a ValueError."""

from typing import Any

RECURSIVE: list[Any] = []
RECURSIVE.append(RECURSIVE)

DEEP: list[Any] = []
for _ in range(100_000):
    DEEP = [DEEP]

ABSURD = [
    *(None, True, 10**400, -(10**400), 10**5000, float("nan"), float("-inf"), 1j),
    *("x", b"x", {}, RECURSIVE, DEEP),
]


def shown(value: object) -> str:
    """Return a name for a test with this value."""
    try:
        return repr(value)[:20]
    except (RecursionError, ValueError):
        return type(value).__name__
