"""What commands share: the parser, types of arguments, exit codes, the user's mistakes."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from fastopt._common.bounds import LONGEST
from fastopt.rules.catalogue import NAMES

__all__ = [
    "FAILED",
    "INTERRUPTED",
    "OK",
    "WRONG_INPUT",
    "CommandParser",
    "Parser",
    "WrongInput",
    "complain",
    "directory",
    "natural",
    "optimizer_name",
    "positive",
    "users_mistakes",
    "widths",
]

# Exit codes.
OK, FAILED, WRONG_INPUT, INTERRUPTED = 0, 1, 2, 130


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line: the usage of `train` alone would be ten.

    What begins like a negative number is no option, so that whoever takes it says what is wrong with it:
    ``--lr -1e-3``, ``--start -1,2``.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._negative_number_matcher = re.compile(r"-(\.?\d|inf|nan)", re.IGNORECASE)

    def error(self, message: str) -> NoReturn:
        """End the process with what is wrong and where to read on."""
        complain(f"{self.prog}: error: {message} (see {self.prog} --help)")
        raise SystemExit(WRONG_INPUT)


class CommandParser(Parser):
    """The parser of one command, which names itself where argparse would leave the error to the one above."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Read the arguments, all of them."""
        known, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return known, unknown


def positive(text: str) -> int:
    """Read an integer >= 1.

    Examples
    --------
    >>> positive("20")
    20
    """
    number = _number(text)
    if number is None or number == 0:
        raise argparse.ArgumentTypeError(f"expected a positive integer, got {text!r}")
    if number > LONGEST:
        raise argparse.ArgumentTypeError(f"expected a positive integer up to {LONGEST}, got {text!r}")
    return number


def natural(text: str) -> int:
    """Read an integer >= 0.

    Examples
    --------
    >>> natural("0")
    0
    """
    number = _number(text)
    if number is None:
        raise argparse.ArgumentTypeError(f"expected an integer >= 0, got {text!r}")
    return number


def _number(text: str) -> int | None:
    """Return the number that digits stand for; None for all else, and for more of them than Python reads."""
    try:
        return int(text) if text.isdecimal() else None
    except ValueError:
        return None


def optimizer_name(text: str, known: Sequence[str] = NAMES) -> str:
    """Read the name of one of the optimizers, in letters of any case.

    Examples
    --------
    >>> optimizer_name(" AdamW")
    'adamw'
    """
    name = text.strip().lower()
    if name not in known:
        raise argparse.ArgumentTypeError(f"expected an optimizer of {', '.join(known)}, got {text.strip()!r}")
    return name


def directory(text: str) -> Path:
    """Read the name of a directory; an empty one, as of a variable that is not set, is not this directory.

    Examples
    --------
    >>> directory("run1").name
    'run1'
    """
    if not text:
        raise argparse.ArgumentTypeError("expected a directory, got ''")
    return Path(text)


def widths(text: str) -> tuple[int, ...]:
    """Read positive integers separated by commas.

    Examples
    --------
    >>> widths("256,128")
    (256, 128)
    """
    try:
        return tuple(positive(part.strip()) for part in text.split(","))
    except argparse.ArgumentTypeError:
        raise argparse.ArgumentTypeError(f"expected positive integers as in 256,128, got {text!r}") from None


def complain(line: str) -> None:
    """Print a line on standard error, if there is one: with None, ``print`` would take standard output."""
    if sys.stderr is not None:
        print(line, file=sys.stderr, flush=True)


class WrongInput(Exception):
    """The user's mistake, in words for the user: a command that raises it ends with one line."""


@contextmanager
def users_mistakes() -> Iterator[None]:
    """Turn what the pieces raise about the user's input into `WrongInput`: no traceback.

    Examples
    --------
    >>> with users_mistakes():
    ...     raise ValueError("lr: expected a number >= 0, got -1")
    Traceback (most recent call last):
    fastopt.cli.arguments.WrongInput: lr: expected a number >= 0, got -1
    """
    try:
        yield
    except (ValueError, TypeError, OSError, ImportError) as error:
        raise WrongInput(str(error)) from error
    except MemoryError as error:
        raise WrongInput(f"not enough memory: {error}") from error
