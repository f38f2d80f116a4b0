"""Data, model and optimizer as the options say, made into runs to be trained."""

from __future__ import annotations

import argparse
import dataclasses
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any, TypeVar

from fastopt import reference, regularizers
from fastopt._common.bounds import Bounds
from fastopt._common.files import expect_suffix
from fastopt._common.types import Floats, Integers, Loss, Params
from fastopt._common.wording import counted
from fastopt.callbacks import Callback, Checkpoint, EarlyStopping
from fastopt.cli.schedule import scheduled
from fastopt.data import Dataset
from fastopt.losses import multiclass_hinge, softmax_cross_entropy
from fastopt.nn.models import MLP, Linear, Model
from fastopt.optimizers import OPTIMIZERS
from fastopt.regularizers import Regularizer
from fastopt.rules.catalogue import GENERAL
from fastopt.rules.optimizer import Optimizer
from fastopt.training import Run, evaluate, learning_rate_of

__all__ = [
    "DEFAULT_BATCH_SIZE",
    "DEFAULT_HIDDEN",
    "LOSSES",
    "ClassifierRun",
    "Job",
    "Workbench",
    "build_job",
    "hyperparameters",
    "judge_model",
    "largest_product",
    "owners",
    "penalties",
]

LOSSES: dict[str, Loss] = {"softmax": softmax_cross_entropy, "svm": multiclass_hinge}
DEFAULT_HIDDEN = (256, 128)
DEFAULT_BATCH_SIZE = 128

METRICS = ("train_accuracy", "held_out_loss", "held_out_accuracy")

MONITORED = "held_out_loss"
"""What early stopping and checkpoints go by."""


@dataclass(frozen=True)
class Job:
    """Everything that a training needs, checked.

    Parameters
    ----------
    dataset : Dataset
        What to learn.
    model : Model
        What learns it.
    optimizer : str
        The optimizer with its hyperparameters, in words.
    runs : tuple of Run
        The run of fastopt and, if it was asked for, one to compare it with.
    callbacks : tuple of Callback
        What was asked for besides.
    """

    dataset: Dataset
    model: Model
    optimizer: str
    runs: tuple[Run, ...]
    callbacks: tuple[Callback, ...] = ()


class Clocked:
    """A loss that keeps the time it takes, in `seconds`."""

    def __init__(self, loss: Callable[..., tuple[float, Floats]]) -> None:
        self._loss = loss
        self.seconds = 0.0

    def __call__(
        self, scores: Floats, labels: Integers, *, out: Floats | None = None
    ) -> tuple[float, Floats]:
        """Compute it."""
        start = time.perf_counter()
        result = self._loss(scores, labels, out=out)
        self.seconds += time.perf_counter() - start
        return result


class ClassifierRun(Run):
    """A run that knows the time of its training in the loss alone."""

    loss: Clocked

    def warm_up(self) -> None:
        """Compute one loss and its gradients for nothing, off the clock."""
        super().warm_up()
        self.loss.seconds = 0.0


Kind = TypeVar("Kind", bound=Run)


class Workbench:
    """Where runs of one problem are made: they start at the same parameters and see the same batches.

    Parameters
    ----------
    args : argparse.Namespace
        The options of data and model, schedule, penalties and run.
    dataset : Dataset
        Loaded as they say.
    """

    def __init__(self, args: argparse.Namespace, dataset: Dataset) -> None:
        self.args = args
        self.dataset = dataset
        self.model = _model(args, dataset, LOSSES[args.loss])
        self.batch_size = args.batch_size or DEFAULT_BATCH_SIZE
        self.steps = args.epochs * -(-len(dataset.x_train) // self.batch_size)
        self._metrics = _metrics(args, self.model, dataset)

    def run(
        self,
        name: str,
        make: Callable[..., Optimizer],
        step: Callable[[Any, Any], object] | None = None,
        **hyper: Any,
    ) -> tuple[ClassifierRun, Optimizer]:
        """Return a run and its optimizer.

        Parameters
        ----------
        name : str
            Of the run.
        make : callable
            Makes the optimizer of parameters and hyperparameters, of a schedule if it has a learning rate.
        step : callable, optional
            ``step(optimizer, grads)``; by default its own.
        **hyper
            The hyperparameters, the learning rate as a number.

        Raises
        ------
        ValueError
            If the schedule does not go with the run.
        """
        params = self.model.init(self.args.seed, self.args.dtype)
        opt = make(params, **hyper)
        lr = getattr(opt, "lr", None) if type(opt) in scheduled_optimizers() else None
        schedule = scheduled(self.args.schedule, self.args.warmup, lr, self.steps) if lr is not None else None
        if schedule is not None:
            opt = make(params, **(hyper | {"lr": schedule}))
        loss = Clocked(LOSSES[self.args.loss])
        run = ClassifierRun(
            name,
            _model(self.args, self.dataset, loss).loss_and_grads,
            params,
            (self.dataset.x_train, self.dataset.y_train),
            partial(step or type(opt).step, opt),
            batch_size=self.batch_size,
            seed=self.args.seed,
            evaluate=self._metrics,
            regularizers=penalties(self.args),
            learning_rate=learning_rate_of(opt),
            metric_names=METRICS,
        )
        run.loss = loss
        return run, opt

    def full_batch(self, name: str, kind: Callable[..., Kind]) -> Kind:
        """Return a run over all samples at once.

        Parameters
        ----------
        name : str
            Of the run.
        kind : class
            Its class, which knows how it moves.
        """
        return kind(
            name,
            self.model.loss_and_grads,
            self.model.init(self.args.seed, self.args.dtype),
            (self.dataset.x_train, self.dataset.y_train),
            evaluate=self._metrics,
            regularizers=penalties(self.args),
            metric_names=METRICS,
        )


def build_job(args: argparse.Namespace, dataset: Dataset) -> Job:
    """Set up the runs that the options ask for.

    Parameters
    ----------
    args : argparse.Namespace
        The options of ``fastopt train``; their hyperparameters are checked.
    dataset : Dataset
        Loaded as they say.

    Returns
    -------
    Job
        Its runs start at the same parameters and will see the same batches.

    Raises
    ------
    ValueError
        If the schedule does not go with the length of the run.
    """
    bench = Workbench(args, dataset)
    cls = OPTIMIZERS[args.optimizer]
    steps: dict[str, Callable[[Any, Any], object]] = {"fastopt": cls.step}
    if args.compare == "numpy":
        steps["plain NumPy"] = reference.step
    made = [bench.run(name, cls, step, **hyperparameters(args)) for name, step in steps.items()]
    for run, _ in made:
        run.warm_up()
    return Job(dataset, bench.model, repr(made[0][1]), tuple(run for run, _ in made), callbacks(args))


def callbacks(args: argparse.Namespace) -> tuple[Callback, ...]:
    """Return the callbacks that were asked for.

    Raises
    ------
    ValueError
        If they do not go with the other options.
    """
    asked: list[Callback] = []
    if args.checkpoint is not None:
        if args.out is not None and args.checkpoint.resolve() == (args.out / "weights.npz").resolve():
            raise ValueError("--checkpoint: --out writes the last weights into this file")
        expect_suffix("--checkpoint", args.checkpoint, ".npz")
        asked.append(Checkpoint(args.checkpoint, MONITORED))
    if args.early_stopping is not None:
        if args.early_stopping >= args.epochs:
            raise ValueError(
                f"--early-stopping: expected a patience of fewer than the {counted(args.epochs, 'epoch')}, "
                f"got {args.early_stopping}"
            )
        asked.append(EarlyStopping(MONITORED, patience=args.early_stopping))
    return tuple(asked)


def penalties(args: argparse.Namespace) -> Sequence[Regularizer]:
    """Return the regularizers that were asked for; biases are left out.

    Raises
    ------
    ValueError
        If a strength is negative or not finite.
    """
    return tuple(
        make(Bounds(0).check(f"--{make.__name__}", strength))
        for make in (regularizers.l1, regularizers.l2)
        if (strength := getattr(args, make.__name__)) is not None
    )


def judge_model(args: argparse.Namespace) -> None:
    """Refuse options of data and model that do not go together.

    Raises
    ------
    ValueError
        If there are such.
    """
    if args.hidden is not None and args.model == "linear":
        raise ValueError("--hidden: a linear classifier has no hidden layers (--model mlp has)")


def largest_product(args: argparse.Namespace, dataset: Dataset, rows: int) -> int:
    """Return the multiply-adds of the largest matrix product in a step over so many samples."""
    hidden: tuple[int, ...] = () if args.model == "linear" else args.hidden or DEFAULT_HIDDEN
    widths = (dataset.n_features, *hidden, len(dataset.classes))
    return min(rows, len(dataset.x_train)) * max(a * b for a, b in pairwise(widths))


def _model(args: argparse.Namespace, dataset: Dataset, loss: Loss) -> Model:
    classes = len(dataset.classes)
    if args.model == "linear":
        return Linear(dataset.n_features, classes, loss)
    return MLP(dataset.n_features, args.hidden or DEFAULT_HIDDEN, classes, loss)


def _metrics(
    args: argparse.Namespace, model: Model, dataset: Dataset
) -> Callable[[Params], dict[str, float]]:
    """Return the function that evaluates parameters after each epoch."""
    loss = LOSSES[args.loss]

    def metrics(params: Params) -> dict[str, float]:
        scores = partial(model.scores, params)
        _, training = evaluate(scores, loss, dataset.x_train, dataset.y_train)
        held_out_loss, held_out = evaluate(scores, loss, dataset.x_test, dataset.y_test)
        return {
            "train_accuracy": training,
            "held_out_loss": held_out_loss,
            "held_out_accuracy": held_out,
        }

    return metrics


def hyperparameters(args: argparse.Namespace) -> dict[str, Any]:
    """Return the hyperparameters that were given, under the names of the optimizers.

    Raises
    ------
    ValueError
        If the optimizer does not have one of them.
    """
    given: dict[str, Any] = {}
    for name in ("lr", "weight_decay", "momentum", "nesterov"):
        value = getattr(args, name)
        if value is None:
            continue
        having = owners(name)
        if args.optimizer not in having:
            flag = name.replace("_", "-")
            raise ValueError(f"--{flag}: {args.optimizer} has none, only {' and '.join(having)}")
        given[name] = value
    if OPTIMIZERS[args.optimizer] not in scheduled_optimizers():
        for flag in ("schedule", "warmup"):
            if getattr(args, flag) is not None:
                raise ValueError(f"--{flag}: {args.optimizer} has no learning rate to change")
    return given


def owners(hyperparameter: str) -> list[str]:
    """Return the optimizers of a network that have a hyperparameter.

    Examples
    --------
    >>> owners("amsgrad")
    ['adam', 'adamw']
    """
    return [
        name
        for name in GENERAL
        if any(field.name == hyperparameter for field in dataclasses.fields(OPTIMIZERS[name]))
    ]


def scheduled_optimizers() -> list[type[Optimizer]]:
    """Return the optimizers with a learning rate that may change from step to step.

    Examples
    --------
    >>> OPTIMIZERS["adam"] in scheduled_optimizers(), OPTIMIZERS["rprop"] in scheduled_optimizers()
    (True, False)
    """
    return [cls for cls in OPTIMIZERS.values() if "lr" in cls._bounds and not cls._bounds["lr"].constant]
