"""Ctrl-C, held back until it does no harm."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["interrupts_held"]


@contextmanager
def interrupts_held() -> Iterator[Callable[[], bool]]:
    """Hold Ctrl-C back inside a `with` block; the value of its `as` clause says if it came.

    Where Ctrl-C does something else than raise ``KeyboardInterrupt`` here (outside the main thread,
    under ``nohup``, with a handler of the application), it is left alone.

    Yields
    ------
    callable
        Returns True from the moment that Ctrl-C was pressed.

    Examples
    --------
    >>> with interrupts_held() as interrupted:
    ...     signal.raise_signal(signal.SIGINT)
    ...     interrupted()
    True
    """
    pressed: list[int] = []
    ours = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )
    if ours:
        signal.signal(signal.SIGINT, lambda number, frame: pressed.append(number))
    try:
        yield lambda: bool(pressed)
    finally:
        if ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
