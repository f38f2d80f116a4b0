"""The command line: ``fastopt train``, ``fastopt bench``, ``fastopt info``."""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

import fastopt
from fastopt import data, plots, reference
from fastopt.losses import multiclass_hinge, softmax_cross_entropy
from fastopt.models import MLP, Linear, Model
from fastopt.optimizers import OPTIMIZERS
from fastopt.training import (
    Callback,
    Comparison,
    Outcome,
    Record,
    Run,
    compare,
    evaluate,
    interrupts_held,
    train_in_turns,
    write_csv,
)

__all__ = ["build_parser", "main"]

LOSSES = {"softmax": softmax_cross_entropy, "svm": multiclass_hinge}
DEFAULT_HIDDEN = (256, 128)
OK, FAILED, WRONG_INPUT, INTERRUPTED = 0, 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments; by default those of the process.

    Returns
    -------
    int
        The exit code: 0 done, 1 failed, 2 wrong arguments or input, 130 interrupted.
    """
    argv = sys.argv[1:] if argv is None else argv
    parser = build_parser(argv)
    args = parser.parse_args(argv)
    if args.command is None:
        parser.print_help()
        return WRONG_INPUT
    try:
        code: int = args.run(args)
    except KeyboardInterrupt:  # outside the training loop, which ends by itself
        print("fastopt: interrupted", file=sys.stderr)
        return INTERRUPTED
    return code


# -- arguments ------------------------------------------------------------------------------------


class _Parser(argparse.ArgumentParser):
    """An error is one line: the usage of `train` alone would be ten."""

    def error(self, message: str) -> NoReturn:
        self.exit(WRONG_INPUT, f"{self.prog}: error: {message} (see {self.prog} --help)\n")


def build_parser(argv: Sequence[str] = ()) -> argparse.ArgumentParser:
    """Return the parser of the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments to come: those of ``bench`` are declared by `fastopt.bench`, which is only
        imported if its turn has come.

    Returns
    -------
    argparse.ArgumentParser
        Its namespace holds the function of the command as ``run``.
    """
    raw = argparse.RawDescriptionHelpFormatter
    parser = _Parser(
        prog="fastopt",
        description="Fused in-place optimizers for NumPy: train with them, measure them.",
        epilog="fastopt COMMAND --help says more about a command.",
    )
    version = f"fastopt {fastopt.build_info()['version']}"
    parser.add_argument("--version", action="version", version=version)
    parser.set_defaults(command=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command")

    summary = "train a classifier on real data, beside plain NumPy"
    train = commands.add_parser(
        "train", help=summary, description=TRAIN_ABOUT, epilog=TRAIN_EXAMPLES, formatter_class=raw
    )
    _add_train_arguments(train)
    train.set_defaults(run=_train)

    summary = "measure every rule against NumPy, plain Python and torch"
    bench = commands.add_parser("bench", help=summary, formatter_class=raw)
    if argv[:1] == ["bench"]:
        from fastopt import bench as benchmark

        benchmark.add_arguments(bench)
        bench.set_defaults(run=benchmark.run)

    summary = "show version, build, instruction sets and threads"
    info = commands.add_parser("info", help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    info.set_defaults(run=_info)
    return parser


TRAIN_ABOUT = """\
Train a classifier with an optimizer of fastopt, and once more with the same rule
in plain NumPy. The two take turns epoch by epoch, end at the same weights bit for
bit, and their times are reported side by side.
"""

TRAIN_EXAMPLES = """\
examples:
  fastopt train
  fastopt train --optimizer sgd --lr 0.1 --momentum 0.9 --nesterov --out run1
  fastopt train --data fashion-mnist:/usr/share/datasets/fashion-mnist --epochs 10
  fastopt train --data cifar10:data/cifar-10-batches-bin --model linear --loss svm

exit codes:
  0 done   1 weights differ, or the loss is not finite   2 wrong arguments or input
  130 interrupted: what was learned so far has been reported and saved
"""


def _add_train_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("data and model")
    group.add_argument(
        "--data",
        default="digits",
        metavar="SET",
        help="digits (8x8, from scikit-learn), fashion-mnist:DIR (IDX files, gzipped or not) or "
        "cifar10:DIR (binary version); inputs are scaled to [0, 1] (default: %(default)s)",
    )
    group.add_argument(
        "--model",
        choices=("linear", "mlp"),
        default="mlp",
        help="linear classifier, or multilayer perceptron with ReLU (default: %(default)s)",
    )
    group.add_argument(
        "--hidden",
        type=_widths,
        metavar="N,N,...",
        help=f"widths of the hidden layers of the mlp (default: {','.join(map(str, DEFAULT_HIDDEN))})",
    )
    group.add_argument(
        "--loss",
        choices=tuple(LOSSES),
        default="softmax",
        help="softmax cross-entropy, or multiclass hinge (default: %(default)s)",
    )
    group.add_argument(
        "--dtype",
        choices=("float32", "float64"),
        default="float32",
        help="of data, parameters and optimizer (default: %(default)s)",
    )

    group = parser.add_argument_group(
        "optimizer", "What is not given is left at the optimizer's own default."
    )
    group.add_argument(
        "--optimizer",
        choices=tuple(OPTIMIZERS),
        default="adamw",
        metavar="NAME",
        help=f"{', '.join(OPTIMIZERS)} (default: %(default)s)",
    )
    group.add_argument("--lr", type=float, metavar="X", help="learning rate")
    group.add_argument("--weight-decay", type=float, metavar="X", help="weight decay")
    group.add_argument("--momentum", type=float, metavar="X", help=f"momentum ({_owners('momentum')} only)")
    group.add_argument(
        "--nesterov",
        action="store_true",
        default=None,
        help=f"Nesterov's momentum ({_owners('nesterov')} only)",
    )

    group = parser.add_argument_group("run")
    group.add_argument(
        "--batch-size", type=_positive, default=128, metavar="N", help="(default: %(default)s)"
    )
    group.add_argument("--epochs", type=_positive, default=20, metavar="N", help="(default: %(default)s)")
    group.add_argument(
        "--seed",
        type=_natural,
        default=0,
        metavar="N",
        help="of the initial weights, the order of the samples, and the digits held out "
        "(default: %(default)s)",
    )
    group.add_argument(
        "--threads",
        type=_positive,
        metavar="N",
        help="for fastopt and, where threadpoolctl is installed, for BLAS "
        "(default: what the environment says)",
    )
    group.add_argument(
        "--compare",
        choices=("numpy", "none"),
        default="numpy",
        help="train beside the plain NumPy reference, or alone (default: %(default)s)",
    )
    group.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="write history.json, history.csv, curves.png and weights.npz there",
    )


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"expected a positive integer, got {text!r}")
    return int(text)


def _natural(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected an integer >= 0, got {text!r}")
    return int(text)


def _widths(text: str) -> tuple[int, ...]:
    widths = tuple(int(part) if part.strip().isdecimal() else 0 for part in text.split(","))
    if 0 in widths:
        raise argparse.ArgumentTypeError(f"expected positive integers as in 256,128, got {text!r}")
    return widths


def _owners(hyperparameter: str) -> str:
    """Name the optimizers that have a hyperparameter."""
    return " and ".join(
        name
        for name, cls in OPTIMIZERS.items()
        if hyperparameter in {field.name for field in dataclasses.fields(cls)}
    )


# -- train ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Job:
    """Everything that a training needs, checked."""

    dataset: data.Dataset
    model: Model
    optimizer: str
    runs: tuple[Run, ...]


def _train(args: argparse.Namespace) -> int:
    """Prepare, train, report, save."""
    try:
        with _threads(args.threads) as threads:
            job = _prepare(args)
            print(_heading(args, job, threads), flush=True)
            with _Progress(job.runs, args.epochs) as progress:
                outcome = train_in_turns(job.runs, epochs=args.epochs, callbacks=[progress])
    except _WrongInput as error:
        print(f"fastopt train: error: {error}", file=sys.stderr)
        return WRONG_INPUT

    verdict = compare(*job.runs) if len(job.runs) == 2 else None
    _report(job.runs, outcome, verdict)
    code = {"finished": OK, "interrupted": INTERRUPTED, "diverged": FAILED}[outcome.status]
    if verdict and verdict.same is False:
        code = FAILED
    if args.out is not None:
        with interrupts_held():  # whoever presses Ctrl-C twice still wants the files whole
            try:
                _save(args, job, outcome, verdict)
            except OSError as error:
                print(f"fastopt train: error: cannot save: {error}", file=sys.stderr)
                code = FAILED
    return code


class _WrongInput(Exception):
    """The user's mistake, in words for the user."""


@contextmanager
def _users_mistakes() -> Iterator[None]:
    """Turn what the pieces raise about the user's input into one line without traceback."""
    try:
        yield
    except (ValueError, TypeError, OSError, ImportError) as error:
        raise _WrongInput(str(error)) from error


def _prepare(args: argparse.Namespace) -> _Job:
    """Check everything, the cheap things first, and set up the runs."""
    optimizer = OPTIMIZERS[args.optimizer]
    with _users_mistakes():
        if args.hidden is not None and args.model == "linear":
            raise ValueError("--hidden: a linear classifier has no hidden layers (--model mlp has)")
        hyper = _hyperparameters(args)
        optimizer(np.zeros(1, args.dtype), **hyper)
        _require_rich()
        if args.out is not None:
            plots.require_matplotlib()
            _claim(args.out)
        dataset = data.load(args.data, dtype=args.dtype, seed=args.seed)

    loss = LOSSES[args.loss]
    classes = len(dataset.classes)
    model: Model
    if args.model == "linear":
        model = Linear(dataset.n_features, classes, loss)
    else:
        model = MLP(dataset.n_features, args.hidden or DEFAULT_HIDDEN, classes, loss)

    def metrics(params: dict[str, Any]) -> dict[str, float]:
        scores = partial(model.scores, params)
        _, training = evaluate(scores, loss, dataset.x_train, dataset.y_train)
        held_out_loss, held_out = evaluate(scores, loss, dataset.x_test, dataset.y_test)
        return {
            "train_accuracy": training,
            "held_out_loss": held_out_loss,
            "held_out_accuracy": held_out,
        }

    def run(name: str, step: Callable[[Any, Any], object]) -> tuple[Any, Run]:
        params = model.init(args.seed, args.dtype)
        opt = optimizer(params, **hyper)
        return opt, Run(
            name,
            model.loss_and_grads,
            params,
            (dataset.x_train, dataset.y_train),
            partial(step, opt),
            batch_size=args.batch_size,
            seed=args.seed,
            evaluate=metrics,
        )

    opt, fused = run("fastopt", optimizer.step)
    runs = [fused]
    if args.compare == "numpy":
        runs.append(run("plain NumPy", reference.step)[1])
    for each in runs:
        each.warm_up()
    return _Job(dataset, model, repr(opt), tuple(runs))


def _hyperparameters(args: argparse.Namespace) -> dict[str, Any]:
    """Return those that were given; refuse those that the optimizer does not have."""
    known = {field.name for field in dataclasses.fields(OPTIMIZERS[args.optimizer])}
    given: dict[str, Any] = {}
    for name in ("lr", "weight_decay", "momentum", "nesterov"):
        value = getattr(args, name)
        if value is None:
            continue
        if name not in known:
            flag = name.replace("_", "-")
            raise ValueError(f"--{flag}: {args.optimizer} has none, only {_owners(name)}")
        given[name] = value
    return given


@contextmanager
def _threads(number: int | None) -> Iterator[str]:
    """Set the threads of fastopt and BLAS for a while; the value says how many there are."""
    try:
        import threadpoolctl
    except ImportError:
        threadpoolctl = None
    before = fastopt.get_num_threads()
    limits: AbstractContextManager[object] = nullcontext()
    if number is not None:
        with _users_mistakes():
            fastopt.set_num_threads(number)
        if threadpoolctl is not None:
            limits = threadpoolctl.threadpool_limits(number, user_api="blas")
    try:
        with limits:
            blas = "the environment's number of"
            if threadpoolctl is not None:
                pools = threadpoolctl.threadpool_info()
                counts = {p["num_threads"] for p in pools if p["user_api"] == "blas"}
                blas = "/".join(map(str, sorted(counts))) or blas
            yield f"threads: {fastopt.get_num_threads()} for fastopt, {blas} for BLAS"
    finally:
        if number is not None:
            fastopt.set_num_threads(before)


def _heading(args: argparse.Namespace, job: _Job, threads: str) -> str:
    parameters = sum(array.size for array in job.runs[0].params.values())
    return "\n".join(
        (
            f"{job.dataset}",
            f"{job.model}: {parameters:,} parameters in {args.dtype}, {args.loss} loss",
            f"{job.optimizer}",
            f"{args.epochs} epochs in batches of {args.batch_size}, seed {args.seed}; {threads}",
        )
    )


# -- progress and report --------------------------------------------------------------------------


def _require_rich() -> None:
    try:
        import rich  # noqa: F401
    except ImportError as error:
        raise ImportError('fastopt train needs rich: pip install "fastopt[train]"') from error


class _Progress(Callback):
    """A line an epoch (at most about twenty), and on a terminal a bar below them."""

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

    def __enter__(self) -> _Progress:
        self._bar.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._bar.stop()

    def on_step(self, run: Run, loss: float) -> None:
        self._bar.advance(self._task)
        now = time.perf_counter()
        if now - self._drawn > 0.1:
            self._drawn = now
            self._bar.update(self._task, description=f"{run.name:11}  loss {loss:.4f}")
            self._bar.refresh()

    def on_epoch(self, run: Run, record: Record) -> None:
        number = round(record.epoch)
        if run is not self._first or (number % self._every and number not in (1, self._epochs)):
            return
        width = len(str(self._epochs))
        self._console.print(
            f"epoch {number:{width}}/{self._epochs}   loss {record.loss:.4f}   "
            f"training {_percent(record.metrics['train_accuracy'])}   "
            f"held-out {_percent(record.metrics['held_out_accuracy'])}"
        )


def _report(runs: Sequence[Run], outcome: Outcome, verdict: Comparison | None) -> None:
    """Print the table, and what is to be said about it."""
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
    each = run.optimizer_seconds / run.steps
    return {
        "training loss": f"{last.loss:.4f}",
        "held-out loss": f"{last.metrics['held_out_loss']:.4f}",
        "training accuracy": _percent(last.metrics["train_accuracy"]),
        "held-out accuracy": _percent(last.metrics["held_out_accuracy"]),
        "samples a second": f"{run.samples / run.training_seconds:,.0f}",
        "time in the optimizer": _seconds(run.optimizer_seconds),
        "... a step": _seconds(each),
        "time in all": _seconds(run.training_seconds),
        "weights (SHA-256)": last.weights[:16],
    }


def _judgement(verdict: Comparison) -> Iterator[str]:
    """Say whether the weights are the same, and how many times faster it was."""
    if verdict.same is None:
        yield "weights not compared: no epoch was completed by both"
    elif verdict.same:
        yield f"[bold green]same weights, bit for bit[/], after each of {verdict.epoch:g} epochs"
    else:
        yield f"[bold red]THE WEIGHTS DIFFER[/] after epoch {verdict.epoch:g}: please report this"
        yield from verdict.differences
    if verdict.same is not None:
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


# -- files ----------------------------------------------------------------------------------------


def _claim(directory: Path) -> None:
    """Make the directory and prove that files can be written there, before hours of training."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            pass
    except OSError as error:
        raise OSError(f"--out: cannot write to {directory}: {error.strerror}") from error


def _save(args: argparse.Namespace, job: _Job, outcome: Outcome, verdict: Comparison | None) -> None:
    """Write weights, history and curves; each file appears whole or not at all."""
    title = f"{job.dataset.name}, {job.model}\n{job.optimizer}"
    weights: dict[str, Any] = dict(job.runs[0].params)
    files: dict[str, Callable[[Path], object]] = {
        "weights.npz": lambda path: np.savez(path, **weights),
        "history.json": lambda path: path.write_text(
            json.dumps(_summary(args, job, outcome, verdict), indent=1, allow_nan=False) + "\n"
        ),
        "history.csv": lambda path: write_csv(path, job.runs),
        "curves.png": lambda path: plots.save_training_curves(path, job.runs, title),
    }
    for name, write in files.items():
        unfinished = args.out / f".{name}"
        write(unfinished)
        os.replace(unfinished, args.out / name)
    print(f"wrote {', '.join(files)} to {args.out}")


def _summary(
    args: argparse.Namespace, job: _Job, outcome: Outcome, verdict: Comparison | None
) -> dict[str, Any]:
    arguments = {k: v for k, v in vars(args).items() if k not in ("run", "command", "out")}
    return {
        "version": fastopt.build_info()["version"],
        "arguments": arguments,
        "data": str(job.dataset),
        "model": str(job.model),
        "optimizer": job.optimizer,
        "status": outcome.status,
        "message": outcome.message,
        "comparison": _comparison(verdict) if verdict else None,
        "runs": {run.name: [record.row() for record in run.history] for run in job.runs},
    }


def _comparison(verdict: Comparison) -> dict[str, Any]:
    row = dataclasses.asdict(verdict)
    return {k: None if isinstance(v, float) and math.isnan(v) else v for k, v in row.items()}


# -- info -----------------------------------------------------------------------------------------


def _info(args: argparse.Namespace) -> int:
    """Print what was built and what was chosen."""
    rows = dict(fastopt.build_info())
    rows |= {"numpy": np.__version__, "python": platform.python_version()}
    width = max(map(len, rows))
    for name, value in rows.items():
        text = ", ".join(value) if isinstance(value, tuple) else value
        print(f"{name.replace('_', ' '):{width}}  {text}")
    return OK
