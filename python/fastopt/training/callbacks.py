"""What watches a training, and may end it: what all callbacks are, and the simple ones."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from typing import Literal, TextIO

from fastopt._common.bounds import Bounds, whole
from fastopt._common.declared import Declared
from fastopt.training.history import Outcome, Record
from fastopt.training.run import Run

__all__ = ["Callback", "Print", "StopTraining", "TimeBudget"]


class StopTraining(Exception):
    """Raised by a callback, ends the training with the status "stopped" and this message."""


class Callback:
    """What may watch a training: override what you need.

    Nothing here is on the clock. Any method but the first and the last may raise `StopTraining`, or
    ``KeyboardInterrupt`` to end the training as Ctrl-C does; between two steps the parameters may be
    read, and in `on_end` written.

    Examples
    --------
    >>> class Norm(Callback):
    ...     def on_epoch(self, run, record):
    ...         print(f"epoch {record.epoch:g}: norm {np.linalg.norm(run.params):.2f}")
    """

    def on_begin(self, run: Run) -> None:
        """Make ready for a run, before its first step; refuse what is wrong."""

    def on_step(self, run: Run, loss: float) -> None:
        """Take note of a step of a run, and of the loss before it."""

    def on_epoch(self, run: Run, record: Record) -> None:
        """Take note of an epoch of a run, just written into its history: a whole one, however it ended."""

    def on_end(self, run: Run, outcome: Outcome) -> None:
        """Finish with a run, however it ended; only an error of somebody's leaves this out."""


class FunctionCallback(Callback):
    """A function ``f(run, record)``, called after each epoch."""

    def __init__(self, function: Callable[[Run, Record], object]) -> None:
        self._function = function

    def on_epoch(self, run: Run, record: Record) -> None:
        """Call it."""
        self._function(run, record)


class TimeBudget(Declared, Callback):
    """Stop after the step with which the time is up.

    Parameters
    ----------
    seconds : float
        From the beginning of the training, everything included.

    Raises
    ------
    TypeError, ValueError
        If it is not a finite number >= 0.

    Examples
    --------
    >>> budget = TimeBudget(3600)
    """

    seconds: float

    def __init__(self, seconds: float) -> None:
        self.seconds = Bounds(0).check("seconds", seconds)
        self._ends: dict[Run, float] = {}

    def on_begin(self, run: Run) -> None:
        """Start the clock."""
        self._ends[run] = time.perf_counter() + self.seconds

    def on_step(self, run: Run, loss: float) -> None:
        """Look at the clock."""
        if time.perf_counter() >= self._ends[run]:
            raise StopTraining(f"the time of {self.seconds:g} s is up")

    def on_end(self, run: Run, outcome: Outcome) -> None:
        """Forget the clock."""
        del self._ends[run]


class Print(Declared, Callback):
    """Print a line every so many epochs, or steps.

    Parameters
    ----------
    every : int
        How many, >= 1.
    unit : {"epoch", "step"}
        Of what. A line about a step shows the loss of its batch.
    file : text file, optional
        Where to; by default what is ``sys.stdout`` then.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as above.

    Examples
    --------
    >>> import fastopt
    >>> from functools import partial
    >>> from fastopt.training import train
    >>> def loss_and_grads(w, x):
    ...     return float(((w - x) ** 2).mean()), 2 * (w - x.mean(axis=0))
    >>> w, x = np.zeros(1), np.array([[1.0], [3.0]])
    >>> history = train(
    ...     loss_and_grads, w, x, partial(fastopt.SGD, lr=0.25), epochs=4, batch_size=None,
    ...     callbacks=[Print(2)], progress=False,
    ... )
    epoch 2   loss 2   lr 0.25
    epoch 4   loss 1.062   lr 0.25
    """

    def __init__(
        self, every: int = 1, *, unit: Literal["epoch", "step"] = "epoch", file: TextIO | None = None
    ) -> None:
        self._every = whole(1, "every", every)
        if unit not in ("epoch", "step"):
            raise ValueError(f"unit: expected 'epoch' or 'step', got {unit!r}")
        self._unit = unit
        self._file = file

    def on_step(self, run: Run, loss: float) -> None:
        """Print a step."""
        if self._unit == "step" and run.steps % self._every == 0:
            self._print(f"step {run.steps}", {"loss": loss, "lr": run.step_learning_rates[-1]})

    def on_epoch(self, run: Run, record: Record) -> None:
        """Print an epoch."""
        if self._unit == "epoch" and record.epoch % self._every == 0:
            numbers = {"loss": record.loss, **record.metrics, "lr": record.learning_rate}
            self._print(f"epoch {record.epoch:g}", numbers)

    def _print(self, head: str, numbers: dict[str, float]) -> None:
        print("   ".join([head, in_words(numbers)]), file=self._file or sys.stdout, flush=True)


def in_words(numbers: dict[str, float]) -> str:
    """Return numbers behind their names; a learning rate that is not known is left out."""
    known = {name: v for name, v in numbers.items() if name != "lr" or not math.isnan(v)}
    return "   ".join(f"{name} {value:.4g}" for name, value in known.items())
