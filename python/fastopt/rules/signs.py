"""Rules that follow the signs of gradients."""

from __future__ import annotations  # so that help() shows the annotations as they stand here

from dataclasses import KW_ONLY
from typing import Annotated

import numpy as np

from fastopt._common.bounds import Bounds, Decays, NonNegative, Start
from fastopt.rules.fields import optimizer
from fastopt.rules.formulas import Array, fade, rule
from fastopt.rules.optimizer import Optimizer

__all__ = ["Lion", "Rprop", "lion", "rprop"]

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


@rule(decays="decoupled", weight_decay=1e-3)
def lion(
    p: Array,
    g: Array,
    m: Array,
    *,
    lr: float = 1e-4,
    beta1: float = 0.9,
    beta2: float = 0.99,
) -> None:
    """Take a step of `Lion`.

    Examples
    --------
    >>> p, m = np.zeros(3), np.array([1.0, 0.0, -1.0])
    >>> lion(p, np.array([-1.0, 0.0, -1.0]), m, lr=0.5, beta1=0.75, beta2=0.5)
    >>> p, m
    (array([-0.5,  0. ,  0.5]), array([ 0.,  0., -1.]))
    """
    p[...] = p - lr * np.sign(beta1 * m + (1 - beta1) * g)
    m[...] = fade(beta2 * m + (1 - beta2) * g)


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


@optimizer("lion")
class Lion(Optimizer):
    r"""Lion: steps of one length, along the sign of a mix of momentum and gradient.

    .. math::
        p &\leftarrow p - \eta\, \operatorname{sign}(\beta_1 m + (1 - \beta_1) g) \\
        m &\leftarrow \beta_2 m + (1 - \beta_2) g

    Where the mix is zero the parameter stays.

    Parameters
    ----------
    weight_decay : float or schedule
        :math:`\lambda \ge 0`: decoupled, :math:`p \leftarrow (1 - \eta \lambda)\, p` first.

    References
    ----------
    Chen, Liang, Huang, Real, Wang, Pham, Dong, Luong, Hsieh, Lu and Le, Symbolic discovery of optimization
    algorithms, 2023, Program 1; defaults of optax, and a tenth of AdamW's learning rate, as advised there.

    Examples
    --------
    >>> import numpy as np
    >>> w = np.array([1.0, 1.0])
    >>> Lion(w, lr=0.5, weight_decay=0.0).step(np.array([1e-6, -1e6]))
    >>> w
    array([0.5, 1.5])
    """

    lr: NonNegative = 1e-4
    betas: Decays = (0.9, 0.99)
    weight_decay: NonNegative = 1e-3
    _: KW_ONLY
    maximize: bool = False

    _library = "optax"
