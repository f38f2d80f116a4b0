r"""The rules in plain NumPy: what the kernels compute, bit for bit.

Each function updates the parameter `p` and its state in place from the gradient `g`, in one formula that
reads like its paper. It is the oracle of the tests, the peer of the benchmarks, and the documentation:
`fastopt.kernels` has the same functions, compiled. All constants are derived in double precision and
rounded once to the dtype of the arrays. State arrays start at zero; an optional one (``None`` by default)
turns its option on by being there. One that has the shape of rows, columns or sides of its parameter lies in
C order, and has no elements where the parameter has no such thing. Every rule also takes

- `step`: the number of this step, 1 first, from which corrections for the start are computed;
- `weight_decay`: L2, :math:`g + \lambda p` in place of :math:`g`, no term for 0;
- `decoupled_weight_decay`: in place of that term the parameter shrinks before the formula,
  :math:`p \leftarrow (1 - \eta \lambda)\, p` (always so in `adamw`);
- `maximize`: :math:`-g` in place of :math:`g`, before the decay.

Nothing here sinks into denormal numbers, which slow down whatever computes with them. Running means of
gradients, weights that decay and the term of L2 end at zero below ``2**-103`` (float32) or ``2**-970``
(float64): see `fade`. Means of squares, and Adagrad's sum, end at zero below the smallest normal number
(``2**-126`` or ``2**-1022``), count as that number where they stand in a denominator, and take a square that
would be denormal for zero: see `fade_square`, `floored` and `square`. So the step of a gradient that has
always been zero is zero whatever `eps` is, also for ``eps=0``.

An `eps` other than 0 that is 0 in the dtype of the arrays, and a hyperparameter that is infinite in it, are a
`ValueError`. "The same bits" takes every NaN for one: IEEE 754 leaves its sign and payload open.
"""

from typing import TYPE_CHECKING

import numpy as np

from fastopt import _core
from fastopt._common.listing import listing, published
from fastopt.rules import families
from fastopt.rules.families import *  # noqa: F403

if TYPE_CHECKING:
    from fastopt._common.trees import Arrays
    from fastopt.rules.formulas import Composed
    from fastopt.rules.optimizer import Optimizer

if TYPE_CHECKING:
    __all__: list[str]
else:
    __all__ = published(__name__, families, lambda name: name.islower())
__dir__ = listing(__name__)


def step(optimizer: "Optimizer", grads: "Arrays") -> None:
    """Take the step that ``optimizer.step(grads)`` takes, in plain NumPy.

    The same bits in parameters, state and count, so the two may alternate. Arrays are checked as little as
    NumPy checks them.

    Parameters
    ----------
    optimizer : Optimizer
        Any optimizer of fastopt.
    grads : array, list or dict of arrays
        In the structure of its `params`.

    Raises
    ------
    RuntimeError
        If another step of this optimizer is under way, in another thread or in a schedule.

    Examples
    --------
    >>> from fastopt import SGD
    >>> p = np.array([1.0, 2.0])
    >>> opt = SGD(p, lr=0.5)
    >>> step(opt, np.array([1.0, -1.0]))
    >>> p, opt.steps
    (array([0.5, 2.5]), 1)
    """
    with np.errstate(all="ignore"):
        _step(optimizer, grads)


def _step(optimizer: "Optimizer", grads: "Arrays", rule: "Composed | None" = None) -> None:
    """Take a step, by another formula if told so; how NumPy treats errors is up to the caller."""
    row, rule = _core.rules[optimizer._rule], rule or getattr(families, optimizer._rule).composed
    over_all = row.scope == "all"
    hyper = optimizer._keywords()
    begun = [rule.begin(p, g, **state, **hyper) for p, g, state in optimizer._arrays(grads)]
    sums = [each.sums() for each in begun]
    if over_all:
        sums = [[sum(terms[1:], terms[0]) for terms in zip(*sums, strict=True)]] * len(begun)
    for each, its_sums in zip(begun, sums, strict=True):
        each.finish(its_sums)
    if over_all:
        optimizer._scalars[0] = [begun[0].keywords[name][()] for name in row.scalars]
    optimizer._count += 1
