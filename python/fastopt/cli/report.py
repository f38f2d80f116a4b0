"""What is printed: progress, the table, the verdict in words."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence

from fastopt.comparison import Comparison
from fastopt.training import Callback, Outcome, Record, Run

__all__ = ["Progress", "print_results"]


class Progress(Callback):
    """A line an epoch (at most about twenty), and on a terminal a bar below them.

    Parameters
    ----------
    runs : sequence of Run
        The runs in training; the lines are about the first.
    epochs : int
        How many will be trained.
    """

    def __init__(self, runs: Sequence[Run], epochs: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._epochs = epochs
        self._every = math.ceil(epochs / 20)
        self._first = runs[0]
        self._console = Console(stderr=True, highlight=False)
        # Drawn between steps, off the clock: a thread of its own would steal time from them.
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeRemainingColumn(),
            console=self._console,
            auto_refresh=False,
            transient=True,
            disable=not self._console.is_terminal,
        )
        total = epochs * sum(run.steps_per_epoch for run in runs)
        self._task = self._bar.add_task("training", total=total)
        self._drawn = 0.0

    def __enter__(self) -> Progress:
        self._bar.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._bar.stop()

    def on_step(self, run: Run, loss: float) -> None:
        """Move the bar on; draw it ten times a second at the most."""
        self._bar.advance(self._task)
        now = time.perf_counter()
        if now - self._drawn > 0.1:
            self._drawn = now
            self._bar.update(self._task, description=f"{run.name:11}  loss {loss:.4f}")
            self._bar.refresh()

    def on_epoch(self, run: Run, record: Record) -> None:
        """Print the line of an epoch, if it gets one."""
        number = round(record.epoch)
        if run is not self._first or (number % self._every and number not in (1, self._epochs)):
            return
        width = len(str(self._epochs))
        self._console.print(
            f"epoch {number:{width}}/{self._epochs}   loss {record.loss:.4f}   "
            f"training {_percent(record.metrics['train_accuracy'])}   "
            f"held-out {_percent(record.metrics['held_out_accuracy'])}"
        )


def print_results(runs: Sequence[Run], outcome: Outcome, verdict: Comparison | None) -> None:
    """Print the table, and what is to be said about it.

    Parameters
    ----------
    runs : sequence of Run
        A column each.
    outcome : Outcome
        How the training ended.
    verdict : Comparison or None
        Of the runs, if there are two.
    """
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    table = Table(box=SIMPLE)
    table.add_column()
    for run in runs:
        table.add_column(run.name, justify="right")
    columns = [_column(run) for run in runs]
    for label in max(columns, key=len):
        table.add_row(label, *(column.get(label, "-") for column in columns))
    console.print(table)

    if outcome.status != "finished":
        where = ", ".join(f"{run.name} at step {run.steps}" for run in runs)
        console.print(f"[bold]stopped early[/]: {outcome.message} ({where})", soft_wrap=True)
    if outcome.status == "diverged":
        console.print("a smaller learning rate (--lr) may help")
    if verdict is None:
        return
    for line in _judgement(verdict):
        console.print(line, soft_wrap=True)


def _column(run: Run) -> dict[str, str]:
    """Return what the table says about a run, under the labels of its rows."""
    if not run.history:  # stopped before its first step
        return {}
    last = run.history[-1]
    return {
        "training loss": f"{last.loss:.4f}",
        "held-out loss": f"{last.metrics['held_out_loss']:.4f}",
        "training accuracy": _percent(last.metrics["train_accuracy"]),
        "held-out accuracy": _percent(last.metrics["held_out_accuracy"]),
        "samples a second": f"{run.samples / run.training_seconds:,.0f}",
        "time in the optimizer": _seconds(run.optimizer_seconds),
        "... a step": _seconds(run.optimizer_seconds / run.steps),
        "time in all": _seconds(run.training_seconds),
        "weights (SHA-256)": last.weights[:16],
    }


def _judgement(verdict: Comparison) -> Iterator[str]:
    """Say whether the weights are the same, and how many times faster it was."""
    if verdict.same is None:
        yield "weights not compared: no epoch was completed by both"
        return
    if verdict.same:
        yield f"[bold green]same weights, bit for bit[/], after each of {verdict.epoch:g} epochs"
    else:
        yield f"[bold red]THE WEIGHTS DIFFER[/] after epoch {verdict.epoch:g}: please report this"
        yield from verdict.differences
    yield (
        f"{_speedup(verdict.optimizer_speedup)} in the optimizer, "
        f"{_speedup(verdict.training_speedup)} in all (median over the epochs)"
    )


def _speedup(ratio: float) -> str:
    return f"{ratio:.2f} times faster" if ratio >= 1 else f"{1 / ratio:.2f} times slower"


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def _seconds(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:.2f} s"
    return f"{1e3 * seconds:.1f} ms" if seconds >= 1e-3 else f"{1e6 * seconds:.1f} us"
