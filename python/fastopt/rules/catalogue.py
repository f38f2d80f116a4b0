"""Optimizers under the names that one types.

These are those of `fastopt.optimizers.OPTIMIZERS` that take vectors as well as matrices, and names for what
one compares though it is an option: SGD with momentum.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from fastopt import _core
from fastopt._common.wording import shown
from fastopt.rules.families import SGD
from fastopt.rules.fields import OPTIMIZERS
from fastopt.rules.optimizer import Optimizer

__all__ = ["GENERAL", "NAMES", "VARIANTS", "made_by", "pace", "takes_vectors"]

VARIANTS: dict[str, Callable[..., Optimizer]] = {
    "momentum": partial(SGD, momentum=0.9),
    "nesterov": partial(SGD, momentum=0.9, nesterov=True),
}
"""Options under names of their own."""


def takes_vectors(optimizer: type[Optimizer]) -> bool:
    """Whether an optimizer takes vectors, and not matrices alone."""
    return all(_core.rules[rule].takes != "matrices" for rule in optimizer.rules)


GENERAL = tuple(name for name, cls in OPTIMIZERS.items() if takes_vectors(cls))
"""The optimizers in lower case, those that take the weights and the biases of a network."""

NAMES = ("sgd", *VARIANTS, *(name for name in GENERAL if name != "sgd"))
"""What `made_by` knows: these, and the variants beside theirs."""


def made_by(name: str) -> Callable[..., Optimizer]:
    """Return what makes a named optimizer of parameters and hyperparameters.

    Parameters
    ----------
    name : str
        One of `NAMES`.

    Raises
    ------
    ValueError
        If the name is not known.

    Examples
    --------
    >>> made_by("nesterov")(np.zeros(1), lr=0.1)
    SGD(lr=0.1, momentum=0.9, dampening=0.0, weight_decay=0.0, nesterov=True, ...)
    """
    if name not in NAMES:
        raise ValueError(f"optimizer: expected one of {', '.join(NAMES)}, got {shown(name)}")
    make: dict[str, Callable[..., Optimizer]] = {**OPTIMIZERS, **VARIANTS}
    return make[name]


def pace(name: str) -> tuple[float, str]:
    """Return the learning rate with which a named optimizer gets somewhere on any of the problems.

    It is a factor, and which of the problem's two scales it is of: ``lr``, that of gradient descent, or
    ``stride``, the length of a step.
    """
    made_by(name)  # refuses a name that is not known
    return (0.2, "lr") if name in VARIANTS else OPTIMIZERS[name]._pace
