"""``fastopt train --optimizer lbfgs``: an iteration an epoch, beside SciPy's L-BFGS-B."""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastopt._common.extras import require
from fastopt._common.interrupts import interrupts_held
from fastopt.cli.arguments import FAILED, INTERRUPTED, OK, complain
from fastopt.cli.files import save
from fastopt.cli.job import Job, Workbench, callbacks
from fastopt.cli.report import Progress, columns_of, percent, seconds
from fastopt.data import Dataset
from fastopt.training import Outcome, Run, train_in_turns
from fastopt.training.full_batch import FullBatchRun, LbfgsRun

__all__ = [
    "NAME",
    "ScipyRun",
    "build_descent",
    "in_words",
    "judge_options",
    "lbfgs_run",
    "train",
]

NAME = "lbfgs"
"""What the command line calls it."""

MEMORY, GTOL = 10, 1e-5

WHY_NOT = {
    "lr": "a line search finds its steps",
    "weight_decay": "it has none (--l2 adds a penalty to the loss)",
    "momentum": "it has none",
    "nesterov": "it has no momentum",
    "schedule": "it has no learning rate",
    "warmup": "it has no learning rate",
    "batch_size": "it takes all samples at once",
}
"""The options that say nothing to L-BFGS."""


def judge_options(args: argparse.Namespace) -> None:
    """Refuse what does not go with L-BFGS, and choose what it is compared with.

    SciPy is imported if it is needed: before the threads are set, so that those of its BLAS are among them.

    Raises
    ------
    ValueError
        If there is such an option.
    ImportError
        If SciPy is asked for and not installed.
    """
    for option, why in WHY_NOT.items():
        if getattr(args, option) is not None:
            raise ValueError(f"--{option.replace('_', '-')}: not with {NAME}: {why}")
    if args.compare == "numpy":
        raise ValueError(f"--compare: {NAME} has no twin in plain NumPy, expected scipy or none")
    if args.compare == "scipy":
        if args.l1:
            raise ValueError("--compare: SciPy's L-BFGS-B knows no --l1, expected none")
        require("scipy.optimize", "--compare scipy needs SciPy")
    if args.compare is None:
        args.compare = "none"
        if not args.l1:
            with suppress(ImportError):
                importlib.import_module("scipy.optimize")
                args.compare = "scipy"


class ScipyRun(FullBatchRun):
    """L-BFGS-B of SciPy, which keeps the loop to itself."""

    interrupted = False

    def descend(self, iterations: int, ftol: float) -> None:
        """Make so many iterations at the most; Ctrl-C ends them, pressed for the third time at once."""
        import scipy.optimize  # type: ignore[import-untyped]

        names = list(self.params)
        ends = np.cumsum([a.size for a in self.params.values()])
        began = 0.0

        def write(x: NDArray[Any]) -> None:
            for name, part in zip(names, np.split(x, ends[:-1]), strict=True):
                self.params[name][...] = part.reshape(self.params[name].shape)

        def fun(x: NDArray[Any]) -> tuple[float, NDArray[Any]]:
            write(x)
            loss, grads = self.function()
            return loss, np.concatenate([grads[name].ravel() for name in names]).astype(np.float64)

        def iterated(intermediate_result: Any) -> None:
            nonlocal began
            write(intermediate_result.x)
            self.iterated(float(intermediate_result.fun), time.perf_counter() - began)
            self.close_epoch()
            if interrupts.pressed:
                raise StopIteration
            began = time.perf_counter()

        x0 = np.concatenate([a.ravel() for a in self.params.values()]).astype(np.float64)
        options = {"maxcor": MEMORY, "gtol": GTOL, "ftol": ftol, "maxls": 30}
        options |= {"maxiter": iterations, "maxfun": 10**9}
        try:
            with interrupts_held() as interrupts:
                began = time.perf_counter()
                result = scipy.optimize.minimize(
                    fun, x0, jac=True, method="L-BFGS-B", callback=iterated, options=options
                )
        except KeyboardInterrupt:
            self.interrupted = True
            return
        write(result.x)
        self.interrupted = interrupts.pressed
        if (result.success or result.nit < iterations) and not self.interrupted:
            self.said = str(result.message)


def build_descent(args: argparse.Namespace, dataset: Dataset) -> Job:
    """Set up the runs that the options ask for, which start at the same parameters.

    Parameters
    ----------
    args : argparse.Namespace
        The options of ``fastopt train``, checked.
    dataset : Dataset
        Loaded as they say.
    """
    bench = Workbench(args, dataset)
    runs: list[Run] = [lbfgs_run(bench, "fastopt")]
    if args.compare == "scipy":
        runs.append(bench.full_batch("SciPy", ScipyRun))
    for run in runs:
        run.warm_up()
    return Job(dataset, bench.model, in_words(args.dtype), tuple(runs), callbacks(args))


def lbfgs_run(bench: Workbench, name: str) -> LbfgsRun:
    """Return a run by L-BFGS of fastopt."""
    return bench.full_batch(name, partial(LbfgsRun, memory=MEMORY, gtol=GTOL))


def in_words(dtype: str) -> str:
    """Return the solver with its options.

    Examples
    --------
    >>> in_words("float32")
    'LBFGS(memory=10, gtol=1e-05, ftol=7.63e-06)'
    """
    return f"LBFGS(memory={MEMORY}, gtol={GTOL:g}, ftol={_ftol(dtype):.3g})"


def _ftol(dtype: str) -> float:
    """Return the tolerance of both solvers: the default of fastopt's."""
    return 64 * float(np.finfo(dtype).eps)


def train(args: argparse.Namespace, job: Job) -> int:
    """Train, let SciPy do as many iterations, save, report; return the exit code."""
    ours, *others = job.runs
    problem = ""
    with IterationProgress([ours], args.epochs) as progress:
        try:
            outcome = train_in_turns([ours], epochs=args.epochs, callbacks=[*job.callbacks, progress])
        except OSError as error:  # of a checkpoint
            problem = f"cannot write: {error}"
            outcome = Outcome("failed", problem)
    if outcome.status in ("finished", "stopped") and ours.steps:
        for other in others:
            assert isinstance(ours, LbfgsRun)
            assert isinstance(other, ScipyRun)
            # As many iterations; who comes to an end by itself gives the other the time to do so too.
            other.descend(args.epochs if ours.solver.done else ours.steps, _ftol(args.dtype))
            if other.interrupted:
                other.said = "interrupted"
                outcome = dataclasses.replace(outcome, status="interrupted")
    job = dataclasses.replace(job, runs=tuple(run for run in job.runs if run is ours or run.history))
    if args.out is not None:
        try:
            save(args, job, outcome, None, "iteration")
        except OSError as error:
            problem = str(error)
    _print_results([run for run in job.runs if isinstance(run, FullBatchRun)], outcome)
    if problem:
        complain(f"fastopt train: error: {problem}")
        return FAILED
    return {"interrupted": INTERRUPTED, "diverged": FAILED}.get(outcome.status, OK)


class IterationProgress(Progress):
    """A line for some of the iterations."""

    unit = "iteration"


def _print_results(runs: Sequence[FullBatchRun], outcome: Outcome) -> None:
    """Print the table, and why the descents ended."""
    from rich.console import Console

    console = Console(highlight=False)
    console.print(columns_of({run.name: _column(run) for run in runs}))
    for run in runs:
        if run.said:
            console.print(f"{run.name}: {run.said}", soft_wrap=True, markup=False)
    ours = runs[0]
    by_itself = outcome.message in ("", ours.said)
    if not by_itself:
        console.print(
            f"[bold]stopped early[/]: {outcome.message} (at iteration {ours.steps})", soft_wrap=True
        )
    if by_itself and ours.restored and ours.restored is not ours.history[-1]:
        console.print(
            f"the weights are those with the lowest held-out loss, of iteration {ours.restored.epoch:g}"
        )


def _column(run: FullBatchRun) -> dict[str, str]:
    """Return what the table says about a run, under the labels of its rows."""
    last = run.final
    if last is None:  # stopped before its first iteration
        return {}
    column = {"training loss": f"{last.loss:.6g}"}
    if run.regularizers:
        column["... of which penalty"] = f"{last.penalty:.6g}"
    inside = run.training_seconds - run.optimizer_seconds
    return column | {
        "held-out loss": f"{last.metrics['held_out_loss']:.4f}",
        "training accuracy": percent(last.metrics["train_accuracy"]),
        "held-out accuracy": percent(last.metrics["held_out_accuracy"]),
        "iterations": f"{run.steps}",
        "evaluations of the function": f"{run.evaluations}",
        "time of an iteration": seconds(run.training_seconds / run.steps),
        "... in the function": seconds(inside / run.steps),
        "... outside": seconds(run.optimizer_seconds / run.steps),
        "time in all": seconds(run.training_seconds),
        "weights (SHA-256)": last.weights[:16],
    }
