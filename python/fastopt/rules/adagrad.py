"""Adagrad and what came of it."""

from __future__ import annotations  # so that help() shows the annotations as they stand here

from dataclasses import KW_ONLY
from typing import Literal

import numpy as np

from fastopt._common.bounds import Decay, Epsilon, NonNegative, Start
from fastopt.rules.fields import optimizer
from fastopt.rules.formulas import Array, fade_square, floored, rule, square
from fastopt.rules.optimizer import Optimizer

__all__ = ["Adadelta", "Adagrad", "adadelta", "adagrad"]


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


@rule
def adadelta(
    p: Array,
    g: Array,
    v: Array,
    u: Array,
    *,
    lr: float = 1.0,
    rho: float = 0.9,
    eps: float = 1e-6,
) -> None:
    """Take a step of `Adadelta`.

    Examples
    --------
    >>> p, v, u = np.array([1.0]), np.array([0.0]), np.array([1.0])
    >>> adadelta(p, np.array([4.0]), v, u, rho=0.75, eps=0.0)
    >>> p, v, u
    (array([-1.]), array([4.]), array([1.75]))
    """
    v[...] = fade_square(rho * v + (1 - rho) * square(g, 1 - rho))
    d = np.sqrt(u + eps) / np.sqrt(floored(v + eps)) * g
    u[...] = fade_square(rho * u + (1 - rho) * square(d, 1 - rho))
    p[...] = p - lr * d


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
    compat: Literal["torch", "keras", "optax", "paper"] = "torch"

    _pace = (5.0, "stride")

    def _start(self, slot: str) -> float:
        return self.initial_accumulator_value


@optimizer("adadelta")
class Adadelta(Optimizer):
    r"""Adadelta: steps as long as the last ones were, so that no learning rate need be chosen.

    .. math::
        v &\leftarrow \rho v + (1 - \rho) g^2 \\
        d &= \frac{\sqrt{u + \epsilon}}{\sqrt{v + \epsilon}}\, g \\
        u &\leftarrow \rho u + (1 - \rho) d^2 \\
        p &\leftarrow p - \eta\, d

    Parameters
    ----------
    rho : float or schedule
        :math:`\rho \in [0, 1)`.
    eps : float or schedule
        :math:`\epsilon \ge 0`, inside both roots. It sets the length of the first steps: with 0 there
        are none.

    References
    ----------
    Zeiler, ADADELTA: an adaptive learning rate method, 2012, Algorithm 1; `lr` as torch has it.

    Examples
    --------
    >>> import numpy as np
    >>> w = np.array([1.0])
    >>> Adadelta(w, rho=0.75, eps=1.0).step(np.array([4.0]))
    >>> w.round(4)
    array([-0.7889])
    """

    lr: NonNegative = 1.0
    rho: Decay = 0.9
    eps: Epsilon = 1e-6
    weight_decay: NonNegative = 0.0
    _: KW_ONLY
    maximize: bool = False
    decoupled_weight_decay: bool = False
    compat: Literal["torch", "keras", "optax", "paper"] = "torch"

    _pace = (100.0, "stride")
