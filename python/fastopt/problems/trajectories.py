"""What an optimizer does on a problem: the points it visits, and what they are worth.

>>> import fastopt
>>> from fastopt.problems import bowl
>>> path = trace(bowl, lambda x: fastopt.SGD(x, lr=0.4), steps=60)
>>> path.points[:2].round(2).tolist(), path.losses[0].item(), bool(path.losses[-1] < 0.01)
([[-5.0, -2.0], [-4.6, 1.2]], 10.5, True)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

import numpy as np

from fastopt._common.bounds import whole
from fastopt._common.listing import listing
from fastopt._common.samples import judged_reals
from fastopt._common.types import Floats
from fastopt._common.wording import counted
from fastopt.problems import Problem
from fastopt.rules.catalogue import made_by, pace

__all__ = ["Steps", "Trajectory", "default_lr", "maker", "trace"]
__dir__ = listing(__name__)


class Steps(Protocol):
    """What is traced: anything that changes its parameters in place, given their gradient."""

    def step(self, grads: Floats, /) -> object:
        """Change the parameters."""
        ...


@dataclass(frozen=True, eq=False)
class Trajectory:
    """The points that an optimizer visited, the start first.

    Parameters
    ----------
    points : array of shape (n, dimension)
        They end before the first whose loss or gradient is not finite.
    losses, grad_norms : array of shape (n,)
        The value and the Euclidean norm of the gradient at each point.
    diverged : bool
        Whether there was such a point.
    """

    points: Floats = field(repr=False)
    losses: Floats = field(repr=False)
    grad_norms: Floats = field(repr=False)
    diverged: bool

    @property
    def steps(self) -> int:
        """How many steps lead from the first point to the last."""
        return len(self.points) - 1


def trace(
    problem: Problem,
    make_optimizer: Callable[[Floats], Steps],
    steps: int,
    start: Sequence[float] | None = None,
) -> Trajectory:
    """Run an optimizer on a problem and take note of where it goes.

    It ends early, without a warning, where the loss or its gradient is not finite.

    Parameters
    ----------
    problem : Problem
        What to minimise.
    make_optimizer : callable
        ``make_optimizer(x)`` returns an optimizer of the array `x`, float64 and of shape ``(dimension,)``,
        with whatever hyperparameters and schedules.
    steps : int
        How many to take, >= 0.
    start : sequence of float, optional
        By default that of the problem.

    Returns
    -------
    Trajectory
        Of up to ``steps + 1`` points.

    Raises
    ------
    TypeError, ValueError
        If `steps` is not a whole number >= 0, or `start` is not a point where the loss is finite; and what
        the optimizer raises, as where a schedule leaves its bounds.

    Examples
    --------
    >>> import fastopt
    >>> from fastopt.problems import parabola
    >>> from fastopt.schedules import linear
    >>> trace(parabola, lambda x: fastopt.SGD(x, lr=linear(0.5, 2)), steps=3, start=[4.0]).points.ravel()
    array([4., 0., 0., 0.])
    >>> trace(parabola, lambda x: fastopt.SGD(x, lr=1e200), steps=10)
    Trajectory(diverged=True)
    """
    steps = whole(0, "steps", steps)
    x = judged_reals("start", problem.start if start is None else start).astype(np.float64)
    if x.shape != (problem.dimension,):
        raise ValueError(
            f"start: expected {counted(problem.dimension, 'number')} for {problem.name}, "
            f"got {counted(x.size, 'number')}"
        )
    optimizer = make_optimizer(x)
    points, losses, norms = [], [], []
    diverged = False
    for k in range(steps + 1):
        loss, gradient = problem.value_and_grad(x)
        norm = math.hypot(*gradient)
        diverged = not (math.isfinite(loss) and math.isfinite(norm))
        if diverged:
            break
        points.append(x.copy())
        losses.append(loss)
        norms.append(norm)
        if k < steps:
            optimizer.step(gradient)
    if not points:
        raise ValueError(f"start: the loss of {problem.name} or its gradient is not finite at {x.tolist()}")
    return Trajectory(np.array(points), np.array(losses), np.array(norms), diverged)


def default_lr(name: str, problem: Problem) -> float:
    """Return a learning rate with which an optimizer gets somewhere on a problem.

    Parameters
    ----------
    name : str
        One of `fastopt.rules.catalogue.NAMES`.
    problem : Problem
        Its ``lr`` is taken for gradient descent, its ``stride`` for rules that scale their gradient.

    Examples
    --------
    >>> from fastopt.problems import parabola
    >>> default_lr("sgd", parabola), default_lr("adam", parabola)
    (0.2, 1.0)
    """
    factor, scale = pace(name)
    return float(f"{factor * getattr(problem, scale):.3g}")


def maker(name: str, lr: float) -> Callable[[Floats], Steps]:
    """Return the function that makes a named optimizer, for `trace`.

    Parameters
    ----------
    name : str
        One of `fastopt.rules.catalogue.NAMES`. Momentum is 0.9; what else there is has its default.
    lr : float
        The learning rate.

    Raises
    ------
    ValueError
        If the name is not known.

    Examples
    --------
    >>> maker("nesterov", 0.1)(np.zeros(1))
    SGD(lr=0.1, momentum=0.9, dampening=0.0, weight_decay=0.0, nesterov=True, ...)
    """
    return partial(made_by(name), lr=lr)
