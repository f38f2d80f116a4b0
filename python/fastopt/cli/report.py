"""What is printed: progress, the table, the verdict in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from fastopt._common.ratios import STEADY
from fastopt.cli.job import ClassifierRun
from fastopt.training import Outcome, Record, Run, progress
from fastopt.training.comparison import Comparison

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["Progress", "columns_of", "percent", "print_results", "seconds"]


class Progress(progress.Progress):
    """What a training shows of itself, in the words of ``fastopt train``."""

    def line(self, run: Run, record: Record) -> str:
        """Return what is said about an epoch."""
        if run is not self.runs[0]:
            return ""
        return (
            f"loss {record.loss:.4f}   "
            f"training {percent(record.metrics['train_accuracy'])}   "
            f"held-out {percent(record.metrics['held_out_accuracy'])}"
        )

    def on_end(self, run: Run, outcome: Outcome) -> None:
        """Leave it to the results to say how it ended."""


def print_results(runs: Sequence[ClassifierRun], outcome: Outcome, verdict: Comparison | None) -> None:
    """Print the table, and what is to be said about it.

    Parameters
    ----------
    runs : sequence of ClassifierRun
        A column each.
    outcome : Outcome
        How the training ended.
    verdict : Comparison or None
        Of the runs, if there are two.
    """
    from rich.console import Console

    console = Console(highlight=False)
    console.print(columns_of({run.name: _column(run) for run in runs}))

    if outcome.status not in ("finished", "diverged"):
        where = ", ".join(f"{run.name} at step {run.steps}" for run in runs)
        console.print(f"[bold]stopped early[/]: {outcome.message} ({where})", soft_wrap=True)
    if outcome.status == "diverged":  # the message says where
        console.print(f"[bold]stopped early[/]: {outcome.message}", soft_wrap=True)
        console.print("a smaller learning rate (--lr) may help")
    restored = runs[0].restored
    if (
        restored and restored is not runs[0].history[-1] and outcome.status != "stopped"
    ):  # whose message says it
        console.print(f"the weights are those with the lowest held-out loss, of epoch {restored.epoch:g}")
    if verdict is None:
        return
    for line in _judgement(verdict):
        console.print(line, soft_wrap=True)


def columns_of(runs: Mapping[str, Mapping[str, str]]) -> Table:
    """Return a table with a column for each run; its labels are those of the longest."""
    from rich.box import SIMPLE
    from rich.table import Table

    table = Table(box=SIMPLE)
    table.add_column()
    for name in runs:
        table.add_column(name, justify="right")
    for label in max(runs.values(), key=len):
        table.add_row(label, *(column.get(label, "-") for column in runs.values()))
    return table


def _column(run: ClassifierRun) -> dict[str, str]:
    """Return what the table says about a run, under the labels of its rows."""
    last = run.final
    if last is None:  # stopped before its first step
        return {}
    column = {f"training loss{'' if last.after else ' (mean of epoch)'}": f"{last.loss:.4f}"}
    if run.regularizers:
        column["... of which penalty"] = f"{last.penalty:.4f}"
    return column | {
        "held-out loss": f"{last.metrics['held_out_loss']:.4f}",
        "training accuracy": percent(last.metrics["train_accuracy"]),
        "held-out accuracy": percent(last.metrics["held_out_accuracy"]),
        "samples a second": f"{run.samples / run.training_seconds:,.0f}",
        **_parts(run),
        "time in the optimizer": seconds(run.optimizer_seconds),
        "time in all": seconds(run.training_seconds),
        "weights (SHA-256)": last.weights[:16],
    }


def _parts(run: ClassifierRun) -> dict[str, str]:
    """Return the parts of a step, in their order: the mean time and its share."""
    gradient = sum(record.gradient_seconds for record in run.history)
    regularizer = sum(record.regularizer_seconds for record in run.history)
    batch = run.training_seconds - gradient - regularizer - run.optimizer_seconds
    parts = {
        "time of a step": run.training_seconds,
        "... taking the batch": batch,
        "... forward, loss, backward": gradient,
        "    of which loss": run.loss.seconds,
    }
    if run.regularizers:
        parts["... regularizers"] = regularizer
    parts["... optimizer"] = run.optimizer_seconds
    return {
        name: f"{seconds(time / run.steps)} {100 * time / run.training_seconds:4.0f} %"
        for name, time in parts.items()
    }


def _judgement(verdict: Comparison) -> Iterator[str]:
    """Say whether the weights are the same, and how many times faster it was."""
    if verdict.same is None:
        yield "weights not compared: no epoch was completed by both"
        return
    if verdict.same:
        yield f"[bold green]same weights, bit for bit[/], {_after_each(verdict.epoch)}"
    else:
        whole = verdict.epoch == int(verdict.epoch)
        where = f"after epoch {verdict.epoch:g}" if whole else f"inside epoch {int(verdict.epoch) + 1}"
        yield f"[bold red]THE WEIGHTS DIFFER[/] {where}: please report this"
        yield from verdict.differences
    yield from _speed(verdict)


def _speed(verdict: Comparison) -> Iterator[str]:
    r"""Say how many times faster it was; what is doubtful has a ``?``, as in ``fastopt bench``.

    Examples
    --------
    >>> print(*_speed(Comparison(True, 9, 8.0, 1.25, False, False, False)))
    8.00 times faster in the optimizer, 1.25 times faster in all (median over the epochs)
    >>> print(*_speed(Comparison(True, 9, 8.0, 0.8, True, False, False)), sep="\n")
    8.00? times faster in the optimizer, 1.25 times slower in all (median over the epochs)
    ? the quartiles of the epochs are more than 1.5 times apart, or there is but one epoch
    >>> print(*_speed(Comparison(True, 9, 8.0, 15.4, False, True, True)), sep="\n")
    8.00 times faster in the optimizer, in all lost in noise: 15.40? (median over the epochs)
    ? the rest of a step, the same work for both, differs by more than the optimizer does
    """
    optimizer = _speedup(verdict.optimizer_speedup, verdict.optimizer_unsteady)
    in_all = f"{_speedup(verdict.training_speedup, verdict.training_unsteady)} in all"
    if verdict.lost_in_noise:
        in_all = f"in all lost in noise: {verdict.training_speedup:.2f}?"
    yield f"{optimizer} in the optimizer, {in_all} (median over the epochs)"
    if verdict.lost_in_noise:
        yield "? the rest of a step, the same work for both, differs by more than the optimizer does"
    elif verdict.optimizer_unsteady or verdict.training_unsteady:
        yield f"? the quartiles of the epochs are more than {STEADY:g} times apart, or there is but one epoch"


def _after_each(epochs: float) -> str:
    """Say when weights were found to be the same, the last time perhaps inside an epoch.

    Examples
    --------
    >>> _after_each(2), _after_each(1.25), _after_each(0.25)
    ('after each of 2 epochs', 'after 1 epoch and inside epoch 2', 'inside epoch 1')
    """
    whole = int(epochs)
    said = ["after 1 epoch" if whole == 1 else f"after each of {whole} epochs"] if whole else []
    return " and ".join(said if epochs == whole else [*said, f"inside epoch {whole + 1}"])


def _speedup(ratio: float, unsteady: bool) -> str:
    mark = "?" if unsteady else ""
    return f"{ratio:.2f}{mark} times faster" if ratio >= 1 else f"{1 / ratio:.2f}{mark} times slower"


def percent(share: float) -> str:
    """Return a share in percent."""
    return f"{100 * share:.2f} %"


def seconds(seconds: float) -> str:
    """Return a time in a unit that suits it."""
    if seconds >= 1:
        return f"{seconds:.2f} s"
    return f"{1e3 * seconds:.1f} ms" if seconds >= 1e-3 else f"{1e6 * seconds:.1f} us"
