"""Adagrad."""

from __future__ import annotations  # so that help() shows the annotations as they stand here

from dataclasses import KW_ONLY

import numpy as np

from fastopt._common.bounds import Epsilon, NonNegative, Start
from fastopt.rules.fields import optimizer
from fastopt.rules.formulas import Array, floored, rule, square
from fastopt.rules.optimizer import Optimizer

__all__ = ["Adagrad", "adagrad"]


@rule
def adagrad(
    p: Array,
    g: Array,
    v: Array,
    *,
    step: int = 1,
    lr: float = 1e-2,
    lr_decay: float = 0.0,
    eps: float = 1e-10,
    eps_inside: bool = False,
) -> None:
    """Take a step of `Adagrad`.

    Examples
    --------
    >>> p, v = np.array([1.0]), np.array([9.0])
    >>> adagrad(p, np.array([4.0]), v, lr=1.0, eps=0.0)
    >>> p, v
    (array([0.2]), array([25.]))
    """
    v[...] = v + square(g, 1)
    lr = lr / (1 + (step - 1) * lr_decay)
    p[...] = p - lr * (g / (np.sqrt(floored(v + eps)) if eps_inside else np.sqrt(floored(v)) + eps))


@optimizer("adagrad")
class Adagrad(Optimizer):
    r"""Adagrad: each coordinate's learning rate falls with the sum of its squared gradients.

    .. math::
        v &\leftarrow v + g^2 \\
        p &\leftarrow p - \frac{\eta}{1 + (t - 1)\,\gamma}\, \frac{g}{\sqrt{v} + \epsilon}

    at step :math:`t`, 1 first.

    Parameters
    ----------
    lr_decay : float or schedule
        :math:`\gamma \ge 0`; the first step is undecayed, as in torch.
    initial_accumulator_value : float
        Where :math:`v` starts; 0 in torch, 0.1 in optax and Keras.
    eps : float or schedule
        :math:`\epsilon \ge 0`, outside the root as in torch.
    eps_inside : bool
        :math:`\sqrt{v + \epsilon}` in place of :math:`\sqrt{v} + \epsilon`, as in optax and Keras.

    References
    ----------
    Duchi, Hazan and Singer, Adaptive subgradient methods for online learning and stochastic
    optimization, 2011; `lr_decay` as torch has it.

    Examples
    --------
    >>> import numpy as np
    >>> w = np.array([1.0, 1.0])
    >>> opt = Adagrad(w, lr=0.5, eps=0.0)
    >>> opt.step(np.array([3.0, -0.1]))
    >>> w
    array([0.5, 1.5])
    """

    lr: NonNegative = 1e-2
    lr_decay: NonNegative = 0.0
    weight_decay: NonNegative = 0.0
    initial_accumulator_value: Start = 0.0
    eps: Epsilon = 1e-10
    _: KW_ONLY
    eps_inside: bool = False
    maximize: bool = False
    decoupled_weight_decay: bool = False

    _pace = (5.0, "stride")

    def _start(self, slot: str) -> float:
        return self.initial_accumulator_value
