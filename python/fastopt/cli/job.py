"""Data, model and optimizer as the options say, made into runs to be trained."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from fastopt import reference
from fastopt._typing import Loss, Params
from fastopt.data import Dataset
from fastopt.losses import multiclass_hinge, softmax_cross_entropy
from fastopt.models import MLP, Linear, Model
from fastopt.optimizers import OPTIMIZERS
from fastopt.training import Run, evaluate

__all__ = ["DEFAULT_HIDDEN", "LOSSES", "Job", "build_job", "hyperparameters", "owners"]

LOSSES: dict[str, Loss] = {"softmax": softmax_cross_entropy, "svm": multiclass_hinge}
DEFAULT_HIDDEN = (256, 128)


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
        The run of fastopt and, if it was asked for, the same in plain NumPy.
    """

    dataset: Dataset
    model: Model
    optimizer: str
    runs: tuple[Run, ...]


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
    """
    model = _model(args, dataset)
    metrics = _metrics(args, model, dataset)
    cls = OPTIMIZERS[args.optimizer]
    steps: dict[str, Callable[[Any, Any], object]] = {"fastopt": cls.step}
    if args.compare == "numpy":
        steps["plain NumPy"] = reference.step
    runs = []
    for name, step in steps.items():
        params = model.init(args.seed, args.dtype)
        opt = cls(params, **hyperparameters(args))
        run = Run(
            name,
            model.loss_and_grads,
            params,
            (dataset.x_train, dataset.y_train),
            partial(step, opt),
            batch_size=args.batch_size,
            seed=args.seed,
            evaluate=metrics,
        )
        run.warm_up()
        runs.append(run)
    return Job(dataset, model, repr(opt), tuple(runs))


def _model(args: argparse.Namespace, dataset: Dataset) -> Model:
    loss, classes = LOSSES[args.loss], len(dataset.classes)
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
    return given


def owners(hyperparameter: str) -> list[str]:
    """Return the optimizers that have a hyperparameter.

    Examples
    --------
    >>> owners("momentum")
    ['sgd', 'rmsprop']
    """
    return [
        name
        for name, cls in OPTIMIZERS.items()
        if any(field.name == hyperparameter for field in dataclasses.fields(cls))
    ]
