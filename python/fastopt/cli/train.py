"""``fastopt train``: its options, and what it does in which order."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from fastopt import data
from fastopt._common.extras import require
from fastopt._common.files import expect_file
from fastopt._common.interrupts import interrupts_deferred
from fastopt._common.wording import counted
from fastopt.cli import descent
from fastopt.cli.arguments import FAILED, INTERRUPTED, OK, complain, directory, positive, users_mistakes
from fastopt.cli.files import claim, save
from fastopt.cli.job import (
    DEFAULT_BATCH_SIZE,
    ClassifierRun,
    Job,
    build_job,
    callbacks,
    hyperparameters,
    judge_model,
    largest_product,
    owners,
    penalties,
)
from fastopt.cli.report import Progress, print_results
from fastopt.cli.threads import Threads, use_threads
from fastopt.cli.training_options import add_data_and_model, add_penalties, add_run, add_schedule
from fastopt.optimizers import OPTIMIZERS
from fastopt.rules.catalogue import GENERAL
from fastopt.training import Outcome, train_in_turns
from fastopt.training.comparison import compare

__all__ = ["add_arguments", "run"]

ABOUT = """\
Train a classifier with an optimizer of fastopt, and once more with the same rule
in plain NumPy. The two take turns epoch by epoch, end at the same weights bit for
bit, and their times are reported side by side. L-BFGS takes all samples at once
and is shown beside SciPy's L-BFGS-B on the same function, where SciPy is installed.
"""

EXAMPLES = """\
examples:
  fastopt train
  fastopt train --optimizer sgd --lr 0.1 --momentum 0.9 --nesterov --out run1
  fastopt train --schedule cosine --warmup 50 --l2 1e-4 --early-stopping 5
  fastopt train --data fashion-mnist:/usr/share/datasets/fashion-mnist --epochs 10
  fastopt train --model linear --optimizer lbfgs --l2 1e-4 --epochs 100
  fastopt train --data cifar10:data/cifar-10-batches-bin --model linear --loss svm

exit codes:
  0 done   1 weights differ, or the loss is not finite   2 wrong arguments or input
  130 interrupted: what was learned so far has been reported and saved, unless
      Ctrl-C was pressed three times to stop inside a step
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``fastopt train`` to a parser."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description, parser.epilog = ABOUT, EXAMPLES
    add_data_and_model(parser.add_argument_group("data and model"))
    optimizer = parser.add_argument_group(
        "optimizer", "What is not given is left at the optimizer's own default."
    )
    _add_optimizer(optimizer)
    add_schedule(optimizer)
    add_penalties(parser.add_argument_group("regularization"))
    _add_run(parser.add_argument_group("run"))


def _add_optimizer(group: argparse._ArgumentGroup) -> None:
    def only(hyperparameter: str) -> str:
        return f"({' and '.join(owners(hyperparameter))} only)"

    group.add_argument(
        "--optimizer",
        type=str.lower,
        choices=(*GENERAL, descent.NAME),
        default="adamw",
        metavar="NAME",
        help=f"{', '.join(GENERAL)}, or {descent.NAME}: all samples at once, no learning rate "
        "(default: %(default)s)",
    )
    group.add_argument("--lr", type=float, metavar="X", help="learning rate")
    group.add_argument("--weight-decay", type=float, metavar="X", help="weight decay")
    group.add_argument("--momentum", type=float, metavar="X", help=f"momentum {only('momentum')}")
    group.add_argument(
        "--nesterov", action="store_true", default=None, help=f"Nesterov's momentum {only('nesterov')}"
    )


def _add_run(group: argparse._ArgumentGroup) -> None:
    add_run(group)
    group.add_argument(
        "--early-stopping",
        type=positive,
        metavar="PATIENCE",
        help="stop after so many epochs without a better held-out loss, and put the best weights back",
    )
    group.add_argument(
        "--compare",
        choices=("numpy", "scipy", "none"),
        help="train beside the plain NumPy reference (the default), or alone; lbfgs: SciPy's after it, from "
        "the same start (the default where SciPy is installed)",
    )
    group.add_argument(
        "--checkpoint",
        type=Path,
        metavar="FILE.npz",
        help="write the weights there after each epoch with a better held-out loss",
    )
    group.add_argument(
        "--out",
        type=directory,
        metavar="DIR",
        help="write history.json, history.csv, curves.png and weights.npz there",
    )


def run(args: argparse.Namespace) -> int:
    """Prepare, train, report, save.

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
        If the options do not go together, or the data or the directory are not as they should be;
        nothing has been computed or written then.
    """
    with users_mistakes():
        if args.optimizer == descent.NAME:
            descent.judge_options(args)
        else:
            _judge_optimizer(args)
    with use_threads(args.threads) as threads:
        job = _prepare(args, threads)
        print(_heading(args, job, str(threads)), flush=True)
        with interrupts_deferred():  # only the training can be interrupted, not what saves its results
            return descent.train(args, job) if args.optimizer == descent.NAME else _train(args, job)


def _train(args: argparse.Namespace, job: Job) -> int:
    """Train, save, report, in this order: what cannot be printed is not lost."""
    problem = ""
    with Progress(job.runs, args.epochs) as progress:
        try:
            outcome = train_in_turns(job.runs, epochs=args.epochs, callbacks=[*job.callbacks, progress])
        except OSError as error:  # of a checkpoint
            problem = f"cannot write: {error}"
            outcome = Outcome("failed", problem)
    verdict = compare(*job.runs) if len(job.runs) == 2 else None
    if args.out is not None:
        try:
            save(args, job, outcome, verdict)
        except OSError as error:
            problem = str(error)
    print_results([run for run in job.runs if isinstance(run, ClassifierRun)], outcome, verdict)
    if problem:
        complain(f"fastopt train: error: {problem}")
    if problem or (verdict and verdict.same is False):
        return FAILED
    return {"interrupted": INTERRUPTED, "diverged": FAILED}.get(outcome.status, OK)


def _prepare(args: argparse.Namespace, threads: Threads) -> Job:
    """Check everything, the cheap things first, and set up the runs."""
    with users_mistakes():
        judge_model(args)
        penalties(args)
        callbacks(args)
        require("rich", "fastopt train needs rich")
        if args.out is not None:
            claim(args.out)
        if args.checkpoint is not None:  # it may lie in the directory
            expect_file("--checkpoint", args.checkpoint)
        dataset = data.load(args.data, dtype=args.dtype, seed=args.seed)
        rows = len(dataset.x_train) if args.optimizer == descent.NAME else args.batch_size
        threads.suit(largest_product(args, dataset, rows))
        return (
            descent.build_descent(args, dataset)
            if args.optimizer == descent.NAME
            else build_job(args, dataset)
        )


def _judge_optimizer(args: argparse.Namespace) -> None:
    """Check the options of an optimizer that takes steps, and put the defaults in."""
    if args.compare == "scipy":
        raise ValueError(f"--compare: only {descent.NAME} has a twin in SciPy, expected numpy or none")
    args.compare = args.compare or "numpy"
    args.batch_size = args.batch_size or DEFAULT_BATCH_SIZE
    # An optimizer of nothing in particular, to have its hyperparameters judged.
    OPTIMIZERS[args.optimizer](np.zeros(1, args.dtype), **hyperparameters(args))


def _heading(args: argparse.Namespace, job: Job, threads: str) -> str:
    parameters = sum(array.size for array in job.runs[0].params.values())
    if args.optimizer == descent.NAME:
        length = f"at most {counted(args.epochs, 'iteration')} over all samples"
    else:
        length = f"{counted(args.epochs, 'epoch')} in batches of {args.batch_size}"
    return "\n".join(
        (
            f"{job.dataset}",
            f"{job.model}: {parameters:,} parameters in {args.dtype}, {args.loss} loss",
            " + ".join([job.optimizer, *map(repr, job.runs[0].regularizers)]),
            f"{length}, seed {args.seed}; {threads}",
        )
    )
