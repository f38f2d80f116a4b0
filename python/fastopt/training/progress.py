"""Progress on standard error: a bar on a terminal, lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from fastopt._common.interrupts import print_line
from fastopt.training.callbacks import Callback, in_words
from fastopt.training.history import Outcome, Record
from fastopt.training.run import Run

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

__all__ = ["Progress"]


class Progress(Callback):
    """A line an epoch (at most about twenty), and on a terminal a bar below them.

    A context manager. The bar needs rich; without it there are only the lines.

    Parameters
    ----------
    runs : sequence of Run
        The runs in training; the lines are about the first.
    epochs : int
        How many will be trained.
    """

    unit = "epoch"
    """What an epoch is called."""

    def __init__(self, runs: Sequence[Run], epochs: int) -> None:
        self.runs = list(runs)
        self._before = int(self.runs[0].epochs)  # of a training that this one goes on from
        self._epochs = self._before + epochs
        self._every = -(-epochs // 20)
        self._width = max(len(run.name) for run in runs) if len(runs) > 1 else 0
        self._drawn = 0.0
        self._advanced = 0
        self._bar: Bar | None = None
        if sys.stderr is not None and sys.stderr.isatty():
            with suppress(ImportError):
                self._bar = self._made_bar()

    def _made_bar(self) -> Bar:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        # Drawn between steps, off the clock: a thread of its own would steal time from them.
        bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeRemainingColumn(),
            console=Console(stderr=True, highlight=False),
            auto_refresh=False,
            transient=True,
        )
        total = sum(round((self._epochs - run.epochs) * run.steps_per_epoch) for run in self.runs)
        self._task = bar.add_task("training", total=total)
        return bar

    def __enter__(self) -> Progress:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, *exception: object) -> None:
        if self._bar:
            self._bar.stop()

    def on_step(self, run: Run, loss: float) -> None:
        """Move the bar on; draw it ten times a second at the most."""
        if self._bar:
            self._advanced += 1
            now = time.perf_counter()
            if now - self._drawn > 0.1:
                self._drawn = now
                self._move(self._bar, run, loss)
                self._bar.refresh()

    def _move(self, bar: Bar, run: Run, loss: float) -> None:
        numbers = {"loss": loss, "lr": run.step_learning_rates[-1]}
        name = f"{run.name:{self._width}}   " if self._width else ""
        said = f"{name}{in_words(numbers)}   {_throughput(run)}"
        bar.update(self._task, advance=self._advanced, description=said)
        self._advanced = 0

    def on_epoch(self, run: Run, record: Record) -> None:
        """Print the line of an epoch, if it gets one."""
        if self._bar:
            self._move(self._bar, run, run.step_losses[-1])
        number = round(record.epoch)
        if self.due(number) and (said := self.line(run, record)):
            self.print(f"{self.unit} {number:{len(str(self._epochs))}}/{self._epochs}   {said}")

    def due(self, number: int) -> bool:
        """Say whether an epoch gets a line."""
        return (number - self._before) % self._every == 0 or number in (self._before + 1, self._epochs)

    def on_end(self, run: Run, outcome: Outcome) -> None:
        """Say why it has ended, if not by itself."""
        if run is self.runs[0] and outcome.message:
            self.print(f"{outcome.status}: {outcome.message}".removeprefix("interrupted: "))

    def line(self, run: Run, record: Record) -> str:
        """Return what is said about an epoch of a run; empty for nothing."""
        if run is not self.runs[0]:
            return ""
        numbers = {"loss": record.loss, **record.metrics, "lr": record.learning_rate}
        return f"{in_words(numbers)}   {_throughput(run)}"

    def print(self, line: str) -> None:
        """Print a line, above the bar if there is one."""
        if self._bar:
            self._bar.console.print(line, markup=False, soft_wrap=True)
        else:
            print_line(line)


def _throughput(run: Run) -> str:
    if not run.training_seconds:
        return ""
    return f"{run.samples / run.training_seconds:,.0f} samples/s"
