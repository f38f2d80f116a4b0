"""Rules whose steps are measured against the norm of the whole array."""

from __future__ import annotations  # so that help() shows the annotations as they stand here

import math
from dataclasses import KW_ONLY

import numpy as np

from fastopt._common.bounds import Decays, Epsilon, Fraction, NonNegative
from fastopt.rules.fields import optimizer
from fastopt.rules.formulas import Array, Sums, fade, fade_square, floored, norm_square, normal, rule, square
from fastopt.rules.optimizer import Optimizer

__all__ = ["LAMB", "LARS", "NovoGrad", "lamb", "lars", "novograd"]


def trust_ratio(sums: list[float], coefficient: float, eps: float) -> float:
    """Return |p| / |u| of their squares; 1 where that would keep p, or u, from ever moving."""
    p, u = (math.sqrt(x) for x in sums)
    return 1.0 if p == 0 or u == 0 else coefficient * p / (u + eps)


def lamb_direction(
    p: Array,
    g: Array,
    m: Array,
    v: Array,
    step: int,
    beta1: float,
    beta2: float,
    eps: float,
    eps_root: float,
    weight_decay: float,
) -> tuple[Array, Array, Array]:
    """Return the moments of LAMB after this gradient, and the direction that they lead to."""
    of_m, of_v = 1 / (1 - beta1**step), 1 / (1 - beta2**step)
    m = fade(beta1 * m + (1 - beta1) * g)
    v = fade_square(beta2 * v + (1 - beta2) * square(g, 1 - beta2))
    return m, v, of_m * m / (np.sqrt(floored(of_v * v + eps_root)) + eps) + fade(weight_decay * p)


def lamb_terms(
    p: Array,
    g: Array,
    m: Array,
    v: Array,
    *,
    step: int,
    beta1: float,
    beta2: float,
    eps: float,
    eps_root: float,
    weight_decay: float,
) -> Sums:
    """Return what is summed for the norms of the parameter and of the direction."""
    _, _, u = lamb_direction(p, g, m, v, step, beta1, beta2, eps, eps_root, weight_decay)
    return norm_square(p), norm_square(u)


@rule(decays="own", terms=lamb_terms)
def lamb(
    p: Array,
    g: Array,
    m: Array,
    v: Array,
    *,
    step: int = 1,
    lr: float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-6,
    eps_root: float = 0.0,
    weight_decay: float = 0.0,
    sums: list[float],
) -> None:
    """Take a step of `LAMB`.

    Examples
    --------
    >>> p, m, v = np.array([3.0, 4.0]), np.zeros(2), np.zeros(2)
    >>> lamb(p, np.array([0.1, -10.0]), m, v, lr=0.2 * 2**0.5, eps=0.0)
    >>> p.round(6)
    array([2., 5.])
    """
    m[...], v[...], u = lamb_direction(p, g, m, v, step, beta1, beta2, eps, eps_root, weight_decay)
    p[...] = p - lr * trust_ratio(sums, 1.0, 0.0) * u


def lars_terms(p: Array, g: Array, v: Array) -> Sums:
    """Return what is summed for the norms of parameter and gradient."""
    return norm_square(p), norm_square(g)


@rule(terms=lars_terms)
def lars(
    p: Array,
    g: Array,
    v: Array,
    *,
    lr: float = 1.0,
    trust_coefficient: float = 1e-3,
    eps: float = 0.0,
    momentum: float = 0.9,
    nesterov: bool = False,
    sums: list[float],
) -> None:
    """Take a step of `LARS`.

    Examples
    --------
    >>> p, v = np.array([3.0, 4.0]), np.zeros(2)
    >>> lars(p, np.array([0.5, 0.0]), v, lr=1.0, trust_coefficient=0.5)
    >>> p
    array([0.5, 4. ])
    """
    lr = lr * trust_ratio(sums, trust_coefficient, eps)
    v[...] = fade(momentum * v - lr * g)
    p[...] = p + (momentum * v - lr * g if nesterov else v)


def novograd_terms(p: Array, g: Array, m: Array, v: Array) -> Sums:
    """Return what is summed for the norm of the gradient."""
    return (norm_square(g),)


@rule(decays="own", terms=novograd_terms)
def novograd(
    p: Array,
    g: Array,
    m: Array,
    v: Array,
    *,
    step: int = 1,
    lr: float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.25,
    eps: float = 1e-6,
    eps_root: float = 0.0,
    weight_decay: float = 0.0,
    sums: list[float],
) -> None:
    """Take a step of `NovoGrad`.

    Examples
    --------
    >>> p, m, v = np.array([1.0, 1.0]), np.zeros(2), np.zeros(1)
    >>> novograd(p, np.array([3.0, 4.0]), m, v, lr=0.5, eps=0.0)
    >>> p, v
    (array([0.7, 0.6]), array([25.]))
    """
    beta2 = 0.0 if step == 1 else beta2
    v[...] = fade_square(beta2 * v + (1 - beta2) * sums[0])
    norm = normal(math.sqrt(v.item() + eps_root) + eps, p)
    m[...] = fade(beta1 * m + (g / norm + fade(weight_decay * p)))
    p[...] = p - lr * m


@optimizer("lamb")
class LAMB(Optimizer):
    r"""LAMB: steps of Adam, each array's as long as a share of its own length.

    .. math::
        m &\leftarrow \beta_1 m + (1 - \beta_1) g, & \hat m &= m / (1 - \beta_1^t) \\
        v &\leftarrow \beta_2 v + (1 - \beta_2) g^2, & \hat v &= v / (1 - \beta_2^t) \\
        u &= \hat m / (\sqrt{\hat v + \epsilon_v} + \epsilon) + \lambda p \\
        p &\leftarrow p - \eta\, \frac{\|p\|}{\|u\|}\, u

    with a ratio of 1 where one of the norms, which are those of the whole array, is 0.

    Parameters
    ----------
    eps_root : float or schedule
        :math:`\epsilon_v \ge 0`, inside the root.
    weight_decay : float or schedule
        :math:`\lambda \ge 0`, a part of the direction.

    References
    ----------
    You, Li, Reddi, Hseu, Kumar, Bhojanapalli, Song, Demmel, Keutzer and Hsieh, Large batch optimization for
    deep learning, 2020, Algorithm 2; defaults of optax.

    Examples
    --------
    >>> import numpy as np
    >>> w = np.array([3.0, 4.0])
    >>> LAMB(w, lr=0.2 * 2**0.5, eps=0.0).step(np.array([0.1, -10.0]))
    >>> w.round(6)
    array([2., 5.])
    """

    lr: NonNegative = 1e-3
    betas: Decays = (0.9, 0.999)
    eps: Epsilon = 1e-6
    eps_root: Epsilon = 0.0
    weight_decay: NonNegative = 0.0
    _: KW_ONLY
    maximize: bool = False

    _library = "optax"
    _pace = (0.3, "stride")


@optimizer("lars")
class LARS(Optimizer):
    r"""LARS: gradient descent with momentum, each array's steps as long as a share of its own length.

    .. math::
        v &\leftarrow \rho v - \eta\, \frac{\tau \|p\|}{\|g\| + \epsilon}\, g \\
        p &\leftarrow p + v

    with 1 in place of the fraction where one of the norms, which are those of the whole array, is 0.

    Parameters
    ----------
    weight_decay : float or schedule
        :math:`\lambda \ge 0`: :math:`g + \lambda p` in place of :math:`g`, in its norm too.
    trust_coefficient : float or schedule
        :math:`\tau \ge 0`.
    momentum : float or schedule
        :math:`\rho \in [0, 1]`.
    nesterov : bool
        :math:`\rho v` and the step once more in place of :math:`v`.

    References
    ----------
    You, Gitman and Ginsburg, Large batch training of convolutional networks, 2017, Algorithm 1, as optax has
    it: the learning rate inside the velocity.

    Examples
    --------
    >>> import numpy as np
    >>> w = np.array([3.0, 4.0])
    >>> LARS(w, lr=1.0, trust_coefficient=0.5).step(np.array([0.5, 0.0]))
    >>> w
    array([0.5, 4. ])
    """

    lr: NonNegative = 1.0
    weight_decay: NonNegative = 0.0
    trust_coefficient: NonNegative = 1e-3
    eps: Epsilon = 0.0
    momentum: Fraction = 0.9
    nesterov: bool = False
    _: KW_ONLY
    maximize: bool = False
    decoupled_weight_decay: bool = False

    _library = "optax"
    _pace = (100.0, "stride")


@optimizer("novograd")
class NovoGrad(Optimizer):
    r"""NovoGrad: momentum over gradients that are divided by a running mean of their norm.

    .. math::
        v &\leftarrow \beta_2 v + (1 - \beta_2) \|g\|^2, \qquad v_1 = \|g\|^2 \\
        m &\leftarrow \beta_1 m + \left(\frac{g}{\sqrt{v + \epsilon_v} + \epsilon} + \lambda p\right) \\
        p &\leftarrow p - \eta\, m

    The norm is that of the whole array, and :math:`v` one number for it.

    Parameters
    ----------
    eps_root : float or schedule
        :math:`\epsilon_v \ge 0`, inside the root.
    weight_decay : float or schedule
        :math:`\lambda \ge 0`, beside the scaled gradient.

    References
    ----------
    Ginsburg, Castonguay, Hrinchuk, Kuchaiev, Lavrukhin, Leary, Li, Nguyen, Zhang and Cohen, Stochastic
    gradient methods with layer-wise adaptive moments for training of deep networks, 2019, Algorithm 1;
    defaults of optax.

    Examples
    --------
    >>> import numpy as np
    >>> w = np.array([1.0, 1.0])
    >>> opt = NovoGrad(w, lr=0.5, eps=0.0)
    >>> opt.step(np.array([3.0, 4.0]))
    >>> w, opt.state["v"]
    (array([0.7, 0.6]), array(25.))
    """

    lr: NonNegative = 1e-3
    betas: Decays = (0.9, 0.25)
    eps: Epsilon = 1e-6
    eps_root: Epsilon = 0.0
    weight_decay: NonNegative = 0.0
    _: KW_ONLY
    maximize: bool = False

    _library = "optax"
