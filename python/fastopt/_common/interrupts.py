"""Ctrl-C, held back until it does no harm.

Two ways: `interrupts_held` for work that looks now and then whether it should end, and whose end can be
forced; `interrupts_deferred` for what must not be torn apart, such as the writing of a file. They nest.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

__all__ = ["Interrupts", "interrupts_deferred", "interrupts_held", "print_line"]

ENOUGH = 3
"""So many times Ctrl-C is pressed by someone who does not want to wait."""

SAID = (
    "interrupted: stopping after this step (Ctrl-C twice more: at once)",
    "interrupted: still in this step (Ctrl-C once more: at once)",
)


class Interrupts:
    """The presses of Ctrl-C inside a `with` block."""

    def __init__(self) -> None:
        self._presses = 0
        self._unsaid: list[str] = []

    @property
    def pressed(self) -> bool:
        """Whether there was one: the work should end where it does no harm."""
        self.say()
        return self._presses > 0

    @property
    def insisted(self) -> bool:
        """Whether there were three: the last has raised ``KeyboardInterrupt``, wherever that was."""
        return self._presses >= ENOUGH

    def __call__(self, *signal_and_frame: object) -> None:
        """Count a press: the handler of the signal."""
        self._presses += 1
        if self.insisted:
            self._unsaid.clear()
            raise KeyboardInterrupt
        self._unsaid.append(SAID[self._presses - 1])
        self.say()

    def say(self) -> None:
        """Say on standard error what the presses did, as far as that has not been said.

        A signal may land in a print to standard error, which lets no other in. So this is tried again where
        `pressed` is looked at, at the next press, and at the end of the block.
        """
        while self._unsaid:
            line = self._unsaid.pop(0)
            try:
                print_line(line)
            except RuntimeError:  # in the middle of a print
                self._unsaid.insert(0, line)
                return


def print_line(line: str) -> None:
    """Write a line to standard error at once, if it is there.

    In one piece, so that what a signal prints is before or after it, also where standard error has no buffer.

    Raises
    ------
    RuntimeError
        If this is called by a signal, in the middle of another print.
    """
    if sys.stderr is not None:  # for which print would take standard output
        with suppress(OSError, ValueError):  # nobody reads it, or it is closed
            print(f"{line}\n", end="", file=sys.stderr, flush=True)


class _Deferred:
    """Keeps presses for later."""

    def __init__(self) -> None:
        self.presses = 0

    def __call__(self, *signal_and_frame: object) -> None:
        self.presses += 1


@contextmanager
def interrupts_held() -> Iterator[Interrupts]:
    """Let Ctrl-C ask for the end of what is in a `with` block, and only the third time raise.

    The first two times say on standard error what happens, wherever they come, and set `Interrupts.pressed`;
    nothing of them is left after the block. Where Ctrl-C does something else than raise ``KeyboardInterrupt``
    here (outside the main thread, under ``nohup``, with a handler of the application), it is left alone. A
    block inside another shares its presses.

    Yields
    ------
    Interrupts
        To be looked at.

    Examples
    --------
    >>> with interrupts_held() as interrupts:
    ...     signal.raise_signal(signal.SIGINT)
    ...     interrupts.pressed, interrupts.insisted
    (True, False)
    """
    handler = signal.getsignal(signal.SIGINT)
    if isinstance(handler, Interrupts) and _is_ours(handler):
        yield handler
        return
    interrupts = Interrupts()
    try:
        with _handled_by(interrupts):
            yield interrupts
    finally:
        interrupts.say()


@contextmanager
def interrupts_deferred() -> Iterator[None]:
    """Keep Ctrl-C out of a `with` block, however often it is pressed; it has its effect at the end.

    Examples
    --------
    >>> try:
    ...     with interrupts_deferred():
    ...         signal.raise_signal(signal.SIGINT)
    ...         print("whole")
    ... except KeyboardInterrupt:
    ...     print("interrupted")
    whole
    interrupted
    """
    deferred = _Deferred()
    try:
        with _handled_by(deferred):
            yield
    finally:
        for _ in range(deferred.presses):
            signal.raise_signal(signal.SIGINT)


@contextmanager
def _handled_by(handler: Interrupts | _Deferred) -> Iterator[None]:
    """Install a handler for Ctrl-C if it is ours to handle."""
    before = signal.getsignal(signal.SIGINT)
    if not _is_ours(before):
        yield
        return
    signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _is_ours(handler: object) -> bool:
    return threading.current_thread() is threading.main_thread() and (
        handler is signal.default_int_handler or isinstance(handler, Interrupts | _Deferred)
    )
