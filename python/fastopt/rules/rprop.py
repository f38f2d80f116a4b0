"""Rprop."""

from __future__ import annotations  # so that help() shows the annotations as they stand here

from dataclasses import KW_ONLY
from typing import Annotated

import numpy as np

from fastopt._common.bounds import Bounds, Start
from fastopt.rules.fields import optimizer
from fastopt.rules.formulas import Array, rule
from fastopt.rules.optimizer import Optimizer

__all__ = ["Rprop", "rprop"]

Etas = Annotated[
    tuple[float, float], Bounds(0, above=True, constant=True, count=2, names=("etaminus", "etaplus"))
]
StepSizes = Annotated[
    tuple[float, float], Bounds(0, constant=True, count=2, names=("step_size_min", "step_size_max"))
]


@rule(decays="own")
def rprop(
    p: Array,
    g: Array,
    prev: Array,
    step_size: Array,
    *,
    etaminus: float = 0.5,
    etaplus: float = 1.2,
    step_size_min: float = 1e-6,
    step_size_max: float = 50.0,
) -> None:
    """Take a step of `Rprop`.

    Examples
    --------
    >>> p, prev, step_size = np.zeros(3), np.array([1.0, 1.0, 0.0]), np.ones(3)
    >>> rprop(p, np.array([1.0, -1.0, -1.0]), prev, step_size)
    >>> p, prev, step_size
    (array([-1.2,  0. ,  1. ]), array([ 1.,  0., -1.]), array([1.2, 0.5, 1. ]))
    """
    turn = np.sign(prev) * np.sign(g)
    scaled = np.where(turn > 0, step_size * etaplus, np.where(turn < 0, step_size * etaminus, step_size))
    step_size[...] = np.minimum(np.maximum(scaled, step_size_min), step_size_max)
    prev[...] = np.where(turn < 0, 0, g)
    p[...] = p - np.where(turn < 0, 0, np.sign(g)) * step_size


@optimizer("rprop")
class Rprop(Optimizer):
    r"""Rprop: steps whose lengths follow the signs of the gradients alone, each element its own.

    .. math::
        \Delta &\leftarrow \Delta \cdot \begin{cases}
            \eta^+ & \text{if } g \text{ has the sign of the last one} \\
            \eta^- & \text{if it has the other; then } g \leftarrow 0 \\
            1 & \text{if one of the two is } 0 \end{cases} \\
        p &\leftarrow p - \operatorname{sign}(g)\, \Delta

    with :math:`\Delta` kept between the two `step_sizes`. For whole batches: noise turns signs round.

    Parameters
    ----------
    lr : float
        Where :math:`\Delta` starts.
    etas : pair of floats
        :math:`0 < \eta^- < 1 < \eta^+`.
    step_sizes : pair of floats
        The least and the largest :math:`\Delta`.

    References
    ----------
    Riedmiller and Braun, A direct adaptive method for faster backpropagation learning, 1993; in the form
    iRprop- of Igel and Huesken, 2000, as torch has it.

    Examples
    --------
    >>> import numpy as np
    >>> w = np.array([1.0, 1.0])
    >>> opt = Rprop(w, lr=0.5, etas=(0.5, 2.0))
    >>> opt.step(np.array([1e-6, 1e6]))
    >>> opt.step(np.array([1e-6, -1e6]))
    >>> w, opt.state["step_size"]
    (array([-0.5,  0.5]), array([1.  , 0.25]))
    """

    lr: Start = 1e-2
    etas: Etas = (0.5, 1.2)
    step_sizes: StepSizes = (1e-6, 50.0)
    _: KW_ONLY
    maximize: bool = False

    def _choose_rule(self) -> str:
        low, high = self.etas
        if not low < 1 < high:
            raise ValueError(f"etas: expected two numbers with 1 between them, got {self.etas}")
        least, most = self.step_sizes
        if not least <= most:
            raise ValueError(f"step_sizes: expected the least and the largest one, got {self.step_sizes}")
        return "rprop"

    def _start(self, name: str) -> float:
        return self.lr if name == "step_size" else 0.0
