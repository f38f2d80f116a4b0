"""The options that commands which train have in common."""

from __future__ import annotations

import argparse

from fastopt.cli.arguments import natural, positive, widths
from fastopt.cli.job import DEFAULT_BATCH_SIZE, DEFAULT_HIDDEN, LOSSES
from fastopt.cli.schedule import SCHEDULES

__all__ = ["add_data_and_model", "add_penalties", "add_run", "add_schedule"]

Group = argparse._ArgumentGroup


def add_data_and_model(group: Group) -> None:
    """Add the options of which data, which model, which loss."""
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
        type=widths,
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


def add_schedule(group: Group) -> None:
    """Add the options of how the learning rate changes."""
    group.add_argument(
        "--schedule",
        choices=tuple(SCHEDULES),
        metavar="NAME",
        help="of the learning rate, over all steps of the run: "
        + "; ".join(f"{name} ({shape.summary})" for name, shape in SCHEDULES.items())
        + " (default: constant)",
    )
    group.add_argument(
        "--warmup",
        type=natural,
        metavar="N",
        help="steps in which the learning rate first rises from zero (default: 0)",
    )


def add_penalties(group: Group) -> None:
    """Add the options of what is added to the loss."""
    for norm, formula in (("l1", "X sum |W|"), ("l2", "X sum W^2")):
        group.add_argument(
            f"--{norm}",
            type=float,
            metavar="X",
            help=f"add {formula} to the loss, biases left out"
            + ("; not the weight decay of an optimizer's own" if norm == "l2" else ""),
        )


def add_run(group: Group) -> None:
    """Add the options of how long, in which order and on how many threads."""
    group.add_argument(
        "--batch-size",
        type=positive,
        metavar="N",
        help=f"samples a step; lbfgs takes all (default: {DEFAULT_BATCH_SIZE})",
    )
    group.add_argument(
        "--epochs",
        type=positive,
        default=20,
        metavar="N",
        help="how often every sample is shown; of lbfgs the iterations (default: %(default)s)",
    )
    group.add_argument(
        "--seed",
        type=natural,
        default=0,
        metavar="N",
        help="of the initial weights, the order of the samples, and the digits held out "
        "(default: %(default)s)",
    )
    group.add_argument(
        "--threads",
        type=positive,
        metavar="N",
        help="for fastopt and, where threadpoolctl is installed, for BLAS (default: what the environment "
        "says; if it says nothing, as many for BLAS as the products of a step keep busy: threads that wait "
        "for each other are up to a hundred times slower beside other work)",
    )
