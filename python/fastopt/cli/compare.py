"""``fastopt compare``: the same model trained with several optimizers, in one picture and one table."""

from __future__ import annotations

import argparse
import dataclasses
import math
import statistics
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from fastopt import data
from fastopt._common.extras import require
from fastopt._common.files import expect_file, expect_suffix
from fastopt._common.interrupts import interrupts_deferred
from fastopt._common.wording import counted
from fastopt.cli.arguments import FAILED, INTERRUPTED, OK, complain, optimizer_name, users_mistakes
from fastopt.cli.descent import NAME, in_words, lbfgs_run
from fastopt.cli.files import PICTURES, write_whole
from fastopt.cli.job import Workbench, judge_model, largest_product, owners, penalties, scheduled_optimizers
from fastopt.cli.report import percent, seconds
from fastopt.cli.threads import Threads, use_threads
from fastopt.cli.training_options import add_data_and_model, add_penalties, add_run, add_schedule
from fastopt.optimizers import OPTIMIZERS
from fastopt.rules.catalogue import NAMES, VARIANTS, made_by
from fastopt.rules.optimizer import Optimizer
from fastopt.training import Record, Run, progress, train_in_turns
from fastopt.training.pictures import draw_comparison

__all__ = ["Entry", "add_arguments", "entries", "run"]

ABOUT = """\
Train the same model with several optimizers, from the same weights and on the same
batches. They take turns epoch by epoch. A table and a picture of their curves say
how they did.
"""

EXAMPLES = """\
examples:
  fastopt compare
  fastopt compare --optimizers sgd:0.1,nesterov:0.01,adam:1e-3,adam:1e-2
  fastopt compare --model linear --optimizers adamw,lbfgs --epochs 50
  fastopt compare --model linear --schedule cosine --out linear.png

exit codes:
  0 done   1 no loss stayed finite, or no picture   2 wrong arguments or input
  130 interrupted: what was learned so far has been reported and drawn, unless
      Ctrl-C was pressed three times to stop inside a step
"""

DEFAULT = "sgd:0.1,momentum:0.1,rmsprop,adam,adamw"

PANELS = {
    "loss": "training loss",
    "held_out_loss": "held-out loss",
    "held_out_accuracy": "held-out accuracy, %",
}


class Entry(NamedTuple):
    """An optimizer in the comparison."""

    label: str
    """The name, and the learning rate as it was written."""
    name: str
    """One of `fastopt.rules.catalogue.NAMES`, or L-BFGS."""
    hyper: dict[str, float]
    """The learning rate, if it was given."""

    @property
    def has_lr(self) -> bool:
        """Whether it has a learning rate."""
        return self.name in (*VARIANTS, *owners("lr"))

    @property
    def follows_schedules(self) -> bool:
        """Whether its learning rate may change from step to step."""
        return self.name in VARIANTS or OPTIMIZERS.get(self.name) in scheduled_optimizers()

    def make(self, params: Any, **hyper: Any) -> Optimizer:
        """Return the optimizer; `hyper` goes before what was written."""
        return made_by(self.name)(params, **(self.hyper | hyper))


def entries(text: str) -> tuple[Entry, ...]:
    """Read names of optimizers, each with its learning rate or without, separated by commas.

    Examples
    --------
    >>> [(entry.name, entry.hyper) for entry in entries("sgd:0.1,adamw")]
    [('sgd', {'lr': 0.1}), ('adamw', {})]
    """
    found: list[Entry] = []
    for part in text.split(","):
        typed, colon, rate = part.strip().partition(":")
        name = optimizer_name(typed, (*NAMES, NAME))
        label = f"{name}{colon}{rate}"
        try:
            entry = Entry(label, name, {"lr": float(rate)} if colon else {})
        except ValueError:
            raise argparse.ArgumentTypeError(
                f"expected a number as the learning rate, got {label!r}"
            ) from None
        if entry.hyper and not entry.has_lr:
            raise argparse.ArgumentTypeError(f"{label}: {name} has no learning rate")
        if any(label == other.label for other in found):
            raise argparse.ArgumentTypeError(f"expected each once, got {label!r} again")
        found.append(entry)
    return tuple(found)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``fastopt compare`` to a parser."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description, parser.epilog = ABOUT, EXAMPLES
    add_data_and_model(parser.add_argument_group("data and model"))
    optimizers = parser.add_argument_group("optimizers")
    optimizers.add_argument(
        "--optimizers",
        type=entries,
        default=entries(DEFAULT),
        metavar="NAME[:LR],...",
        help=f"each with its learning rate, by default its own: {', '.join(NAMES)}; or {NAME}, all samples "
        f"at once, an iteration an epoch (default: {DEFAULT})",
    )
    add_schedule(optimizers)
    add_penalties(parser.add_argument_group("regularization"))
    group = parser.add_argument_group("run")
    add_run(group)
    group.add_argument(
        "--out",
        type=Path,
        default=Path("compare.png"),
        metavar="FILE",
        help="the picture, .png, .svg or .pdf (default: %(default)s)",
    )


def run(args: argparse.Namespace) -> int:
    """Prepare, train, report, draw.

    Parameters
    ----------
    args : argparse.Namespace
        What a parser with `add_arguments` has read.

    Returns
    -------
    int
        The exit code.

    Raises
    ------
    WrongInput
        If the options do not go together, or the data or the file are not as they should be; nothing has
        been computed or written then.
    """
    with use_threads(args.threads) as threads:
        bench, runs, described = _prepare(args, threads)
        parameters = sum(array.size for array in runs[0].params.values())
        print(bench.dataset)
        print(f"{bench.model}: {parameters:,} parameters in {args.dtype}, {args.loss} loss")
        width = max(len(run.name) for run in runs)
        for run, text in zip(runs, described, strict=True):
            print(f"  {run.name:{width}}  {text}")
        print(*(f"  + {penalty!r}\n" for penalty in runs[0].regularizers), sep="", end="")
        print(
            f"{counted(args.epochs, 'epoch')} in batches of {bench.batch_size}, seed {args.seed}; {threads}",
            flush=True,
        )
        with interrupts_deferred():  # only the training can be interrupted, not what saves its results
            return _train(args, bench, runs)


def _train(args: argparse.Namespace, bench: Workbench, runs: Sequence[Run]) -> int:
    """Train, draw, report, in this order: what cannot be printed is not lost."""
    with Progress(runs, args.epochs) as shown:
        outcome = train_in_turns(runs, epochs=args.epochs, callbacks=[shown], independent=True)
    problem = ""
    try:
        write_whole(args.out, partial(_draw, runs, f"{bench.dataset.name}, {bench.model}"))
    except OSError as error:
        problem = str(error)
    _print_table(runs)
    if problem:
        complain(f"fastopt compare: error: {problem}")
        return FAILED
    print(f"wrote {args.out}")
    if all(run.outcome and run.outcome.status == "diverged" for run in runs):
        return FAILED
    return INTERRUPTED if outcome.status == "interrupted" else OK


def _prepare(args: argparse.Namespace, threads: Threads) -> tuple[Workbench, list[Run], list[str]]:
    """Check everything, the cheap things first, and set up the runs."""
    with users_mistakes():
        judge_model(args)
        for entry in args.optimizers:
            try:
                if entry.name != NAME:
                    entry.make(np.zeros(1, args.dtype))
            except (TypeError, ValueError) as error:
                raise ValueError(f"--optimizers: {entry.label}: {error}") from error
        if not any(entry.follows_schedules for entry in args.optimizers):
            for flag in _schedule_flags(args):
                names = ", ".join(entry.name for entry in args.optimizers)
                raise ValueError(f"{flag}: expected an optimizer with a learning rate, got {names}")
        penalties(args)
        require("rich", "fastopt compare needs rich")
        require("matplotlib.figure", "fastopt compare needs matplotlib")
        expect_suffix("--out", args.out, *PICTURES)
        expect_file("--out", args.out)
        dataset = data.load(args.data, dtype=args.dtype, seed=args.seed)
        bench = Workbench(args, dataset)
        whole = all(entry.name == NAME for entry in args.optimizers)
        rows = len(dataset.x_train) if whole else bench.batch_size
        threads.suit(largest_product(args, dataset, rows))
        made = [_made(bench, entry) for entry in args.optimizers]
    made[0][0].warm_up()
    return bench, [run for run, _ in made], [text for _, text in made]


def _made(bench: Workbench, entry: Entry) -> tuple[Run, str]:
    """Return the run of an optimizer, and what is said about it."""
    flags = "" if entry.follows_schedules else " and ".join(_schedule_flags(bench.args))
    aside = f"; no learning rate to change: without {flags}" if flags else ""
    if entry.name == NAME:
        return lbfgs_run(bench, entry.label), in_words(bench.args.dtype) + aside
    run, opt = bench.run(entry.label, entry.make)
    return run, _in_short(opt) + aside


def _schedule_flags(args: argparse.Namespace) -> list[str]:
    """Return the options that change learning rates, as far as they are given."""
    return [f"--{flag}" for flag in ("schedule", "warmup") if getattr(args, flag)]


def _in_short(opt: Optimizer) -> str:
    """Return an optimizer with its learning rate and what is not at its default."""
    shown = (
        f"{field.name}={getattr(opt, field.name)!r}"
        for field in dataclasses.fields(opt)
        if field.name != "params" and (field.name == "lr" or getattr(opt, field.name) != field.default)
    )
    return f"{type(opt).__name__}({', '.join(shown)})"


class Progress(progress.Progress):
    """A line an epoch with the losses of all."""

    def line(self, run: Run, record: Record) -> str:
        """Return the losses once all have trained the epoch."""
        number = round(record.epoch)
        if any(other.outcome is None and len(other.history) < number for other in self.runs):
            return ""
        return "loss   " + "   ".join(f"{other.name} {_loss(other, number)}" for other in self.runs)


def _loss(run: Run, number: int) -> str:
    return f"{run.history[number - 1].loss:.4f}" if len(run.history) >= number else "-"


def _print_table(runs: Sequence[Run]) -> None:
    """Print a row for each optimizer; the best in a column is bold and has a star."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    columns: dict[str, tuple[Callable[[Run], float], Callable[[float], str], int]] = {
        "training\nloss": (lambda run: run.history[-1].loss, "{:.4f}".format, -1),
        "held-out\nloss": (lambda run: run.history[-1].metrics["held_out_loss"], "{:.4f}".format, -1),
        "training\naccuracy": (lambda run: run.history[-1].metrics["train_accuracy"], percent, 1),
        "held-out\naccuracy": (lambda run: run.history[-1].metrics["held_out_accuracy"], percent, 1),
        "best\nheld-out": (lambda run: _best(run).metrics["held_out_accuracy"], percent, 1),
        "after\nepoch": (lambda run: _best(run).epoch, "{:g}".format, 0),
        "optimizer\na step": (_seconds_a_step, seconds, 0),
    }
    table = Table(box=SIMPLE_HEAD, padding=0, collapse_padding=True, pad_edge=False)
    table.add_column("", no_wrap=True)
    cells: list[list[str]] = [[run.name] for run in runs]
    for label, (value, words, sign) in columns.items():
        table.add_column(label, justify="right", no_wrap=True)
        values = [value(run) if run.history else math.nan for run in runs]
        finite = [sign * v for v in values if math.isfinite(v)]
        for cell, v in zip(cells, values, strict=True):
            wins = bool(sign and len(runs) > 1 and finite and sign * v == max(finite))
            text = words(v) if math.isfinite(v) else "-"
            cell.append(f"[bold]{text}*[/]" if wins else f"{text} " if sign else text)
    for cell in cells:
        table.add_row(*cell)
    console = Console(highlight=False)
    if not console.is_terminal:  # nor its narrowness
        console.width = 200
    console.print(table)
    for run in runs:
        if run.outcome and run.outcome.message:
            said = dict.fromkeys((run.outcome.status, run.outcome.message))  # "interrupted" is both
            console.print(": ".join((run.name, *said)), soft_wrap=True)
    learned = [run for run in runs if run.history and math.isfinite(_best(run).metrics["held_out_loss"])]
    if learned:
        best = max(learned, key=lambda run: _best(run).metrics["held_out_accuracy"])
        record = _best(best)
        console.print(
            f"best held-out accuracy: {percent(record.metrics['held_out_accuracy'])}, "
            f"{best.name} after epoch {record.epoch:g}",
            soft_wrap=True,
        )


def _best(run: Run) -> Record:
    """Return the first record with the highest held-out accuracy."""
    return max(run.history, key=lambda record: record.metrics["held_out_accuracy"])


def _seconds_a_step(run: Run) -> float:
    """Return the time in the optimizer, the median over the epochs: it forgives what hit only some."""
    before = [0, *(record.steps for record in run.history)]
    return statistics.median(
        record.optimizer_seconds / (record.steps - steps)
        for record, steps in zip(run.history, before, strict=False)
    )


def _draw(runs: Sequence[Run], title: str, path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 4.4), layout="constrained")
    figure.suptitle(title, fontsize=10)
    draw_comparison(runs, figure, PANELS)
    figure.savefig(path, dpi=120)
