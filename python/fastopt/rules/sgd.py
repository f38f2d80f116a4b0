"""Gradient descent: with and without momentum, of signs, averaged."""

from __future__ import annotations  # so that help() shows the annotations as they stand here

from dataclasses import KW_ONLY
from typing import Literal

import numpy as np

from fastopt._common.bounds import Epsilon, Fraction, NonNegative
from fastopt.rules.averages import Averaging
from fastopt.rules.fields import optimizer
from fastopt.rules.formulas import Array, fade, nonzero, rule
from fastopt.rules.optimizer import Optimizer

__all__ = ["ASGD", "SGD", "SignSGD", "asgd", "sgd", "sgd_average", "sgd_momentum", "sgd_velocity", "signsgd"]


@rule
def sgd(
    p: Array,
    g: Array,
    *,
    lr: float = 1e-3,
) -> None:
    r"""Gradient descent.

    .. math:: p \leftarrow p - \eta\, g

    References
    ----------
    Robbins and Monro, A stochastic approximation method, 1951.

    Examples
    --------
    >>> p = np.array([1.0, 2.0])
    >>> sgd(p, np.array([1.0, -1.0]), lr=0.5)
    >>> p
    array([0.5, 2.5])
    """
    p[...] = p - lr * g


@rule
def sgd_momentum(
    p: Array,
    g: Array,
    v: Array,
    *,
    step: int = 1,
    lr: float = 1e-3,
    momentum: float = 0.0,
    dampening: float = 0.0,
    nesterov: bool = False,
) -> None:
    r"""Heavy ball with the learning rate outside the velocity, as in torch.

    .. math::
        v &\leftarrow \rho v + (1 - \tau) g \\
        p &\leftarrow p - \eta\, v \qquad\text{or, with `nesterov`,}\qquad
        p \leftarrow p - \eta\, (g + \rho v)

    The first gradient enters undamped: at step 1 :math:`v \leftarrow g`.

    Parameters
    ----------
    momentum, dampening : float
        :math:`\rho` and :math:`\tau`.
    nesterov : bool
        Nesterov's momentum, rewritten in terms of the current point.

    References
    ----------
    Polyak 1964; Sutskever, Martens, Dahl and Hinton, On the importance of initialization and momentum in
    deep learning, 2013, section 2.

    Examples
    --------
    >>> p, v = np.array([1.0]), np.array([1.0])
    >>> sgd_momentum(p, np.array([0.5]), v, lr=0.5, momentum=0.5)
    >>> p, v
    (array([0.5]), array([1.]))
    """
    v[...] = fade(momentum * v + (1 if step == 1 else 1 - dampening) * g)
    p[...] = p - lr * (g + momentum * v if nesterov else v)


@rule
def sgd_velocity(
    p: Array,
    g: Array,
    v: Array,
    *,
    lr: float = 1e-3,
    momentum: float = 0.0,
    nesterov: bool = False,
) -> None:
    r"""Heavy ball with the learning rate inside the velocity.

    .. math::
        v &\leftarrow \rho v - \eta\, g \\
        p &\leftarrow p + v \qquad\text{or, with `nesterov`,}\qquad p \leftarrow p + (\rho v - \eta\, g)

    Equal to `sgd_momentum` without dampening, but for rounding, while the learning rate is constant; when
    it falls, this velocity keeps the pace of the old one.

    Parameters
    ----------
    momentum : float
        :math:`\rho`.
    nesterov : bool
        Nesterov's momentum, rewritten in terms of the current point.

    References
    ----------
    Sutskever et al. 2013, eqs. 1 and 2; Bengio, Boulanger-Lewandowski and Pascanu, Advances in optimizing
    recurrent networks, 2013, eq. 7.

    Examples
    --------
    >>> p, v = np.array([1.0]), np.array([-0.5])
    >>> sgd_velocity(p, np.array([0.5]), v, lr=0.5, momentum=0.5)
    >>> p, v
    (array([0.5]), array([-0.5]))
    """
    v[...] = fade(momentum * v - lr * g)
    p[...] = p + (momentum * v - lr * g if nesterov else v)


@rule
def sgd_average(
    p: Array,
    g: Array,
    m: Array,
    *,
    lr: float = 1e-3,
    momentum: float = 0.0,
    nesterov: bool = False,
) -> None:
    r"""Momentum as a running mean of the gradients.

    .. math::
        m &\leftarrow \beta m + (1 - \beta) g \\
        p &\leftarrow p - \eta\, m \qquad\text{or, with `nesterov`,}\qquad
        p \leftarrow p - \eta\, (\beta m + (1 - \beta) g)

    The first moment of Adam alone, without its correction: the mean starts at zero.

    Parameters
    ----------
    momentum : float
        :math:`\beta`.
    nesterov : bool
        Nesterov's momentum, rewritten in terms of the current point.

    Examples
    --------
    >>> p, m = np.array([1.0]), np.array([0.0])
    >>> sgd_average(p, np.array([1.0]), m, lr=0.5, momentum=0.5)
    >>> p, m
    (array([0.75]), array([0.5]))
    """
    m[...] = fade(momentum * m + (1 - momentum) * g)
    p[...] = p - lr * (momentum * m + (1 - momentum) * g if nesterov else m)


@rule
def signsgd(
    p: Array,
    g: Array,
    *,
    lr: float = 1e-3,
    eps: float = 1e-8,
) -> None:
    """Take a step of `SignSGD`.

    Examples
    --------
    >>> p = np.array([1.0, 1.0, 1.0])
    >>> signsgd(p, np.array([1e-3, 0.0, -1e3]), lr=0.5, eps=0.0)
    >>> p
    array([0.5, 1. , 1.5])
    """
    d = np.abs(g) + eps
    p[...] = p - lr * (g / nonzero(d))


@rule
def asgd(
    p: Array,
    g: Array,
    ax: Array,
    *,
    step: int = 1,
    lr: float = 1e-2,
    lambd: float = 1e-4,
    alpha: float = 0.75,
    t0: float = 1e6,
) -> None:
    """Take a step of `ASGD`.

    Examples
    --------
    >>> p, ax = np.array([1.0]), np.array([1.0])
    >>> asgd(p, np.array([1.0]), ax, step=3, lr=0.5, lambd=0.0, t0=0)
    >>> p, ax
    (array([0.5]), array([0.75]))
    """
    eta = lr / (1 + lambd * lr * (step - 1)) ** alpha
    keep = 1 - lambd * eta
    p[...] = (p if keep == 1 else fade(keep * p)) - eta * g
    averaged = step - 1 - t0  # steps
    ax[...] = ax + 1 / averaged * (p - ax) if averaged > 1 else p


@optimizer("sgd", "sgd_momentum", "sgd_velocity", "sgd_average")
class SGD(Optimizer):
    r"""Stochastic gradient descent, with and without momentum.

    Without momentum :math:`p \leftarrow p - \eta g`. With it, in one of three forms,

    ============  ===================================================  ==================================
    heavy_ball    :math:`v \leftarrow \rho v + (1 - \tau) g`           :math:`p \leftarrow p - \eta v`
    velocity      :math:`v \leftarrow \rho v - \eta g`                 :math:`p \leftarrow p + v`
    average       :math:`m \leftarrow \rho m + (1 - \rho) g`           :math:`p \leftarrow p - \eta m`
    ============  ===================================================  ==================================

    and with `nesterov` the same update applied once more to the fresh velocity: the look-ahead gradient,
    rewritten in terms of the current point.

    Parameters
    ----------
    lr : float or schedule
        :math:`\eta \ge 0`. Any hyperparameter may be a function of the number of completed steps.
    momentum : float or schedule
        :math:`\rho \in [0, 1]`.
    dampening : float or schedule
        :math:`\tau \in [0, 1]`, heavy ball only. The first gradient enters undamped, as in torch.
    nesterov : bool
        Nesterov's momentum; not with dampening. Without momentum it is plain gradient descent.
    momentum_form : {"heavy_ball", "velocity", "average"}
        The first is torch's and optax's, the second that of Keras and scikit-learn (learning rate inside
        the velocity; different while the learning rate changes), the third a running mean.

    References
    ----------
    Polyak 1964; Sutskever, Martens, Dahl and Hinton, On the importance of initialization and momentum in
    deep learning, 2013.

    Examples
    --------
    >>> import numpy as np
    >>> w = np.array([1.0, 2.0])
    >>> opt = SGD(w, lr=0.5, momentum=0.5)
    >>> opt.step(np.array([1.0, 1.0]))
    >>> opt.step(np.array([0.0, 1.0]))
    >>> w, opt.state["v"], opt.steps
    (array([0.25, 0.75]), array([0.5, 1.5]), 2)
    """

    lr: NonNegative = 1e-3
    momentum: Fraction = 0.0
    dampening: Fraction = 0.0
    weight_decay: NonNegative = 0.0
    nesterov: bool = False
    _: KW_ONLY
    maximize: bool = False
    decoupled_weight_decay: bool = False
    momentum_form: Literal["heavy_ball", "velocity", "average"] = "heavy_ball"
    compat: Literal["torch", "keras", "optax", "sklearn", "paper"] = "torch"

    _pace = (1.0, "lr")

    def _choose_rule(self) -> str:
        if self.nesterov and self.dampening != 0:
            raise ValueError(f"dampening: expected 0 with nesterov=True, got {self.dampening!r}")
        if self.dampening != 0 and self.momentum_form != "heavy_ball":
            raise ValueError(
                f"dampening: expected 0 with momentum_form={self.momentum_form!r}, got {self.dampening!r}"
            )
        if self.momentum == 0:
            return "sgd"
        return {"heavy_ball": "sgd_momentum", "velocity": "sgd_velocity", "average": "sgd_average"}[
            self.momentum_form
        ]


@optimizer("signsgd")
class SignSGD(Optimizer):
    r"""Sign descent, the normalised gradient: every coordinate moves by `lr`.

    .. math:: p \leftarrow p - \eta\, \frac{g}{\sqrt{g^2} + \epsilon}

    Parameters
    ----------
    eps : float or schedule
        :math:`\epsilon \ge 0`; with 0 it is the sign of a finite gradient.

    References
    ----------
    Bernstein, Wang, Azizzadenesheli and Anandkumar, signSGD, 2018. Not in torch.

    Examples
    --------
    >>> import numpy as np
    >>> w = np.array([1.0, 1.0])
    >>> SignSGD(w, lr=0.25, eps=0.0).step(np.array([1e-6, -1e6]))
    >>> w
    array([0.75, 1.25])
    """

    lr: NonNegative = 1e-3
    eps: Epsilon = 1e-8
    weight_decay: NonNegative = 0.0
    _: KW_ONLY
    maximize: bool = False
    decoupled_weight_decay: bool = False

    _library = "none"


@optimizer("asgd")
class ASGD(Averaging):
    r"""Averaged gradient descent: a falling learning rate, and a running mean of the points it leads through.

    .. math::
        \eta_t &= \eta / (1 + \lambda_d\, \eta\, (t - 1))^\alpha \\
        p &\leftarrow (1 - \lambda_d\, \eta_t)\, p - \eta_t\, g \\
        a &\leftarrow a + \mu_t\, (p - a), \qquad \mu_t = 1 / \max(1,\, t - 1 - t_0)

    `averaged` and `averages_in_place` give :math:`a`.

    Parameters
    ----------
    lambd : float or schedule
        :math:`\lambda_d \ge 0`: decay of the parameter and of the learning rate.
    alpha : float or schedule
        :math:`\alpha \ge 0`: the power of its fall.
    t0 : float or schedule
        The step after which points are averaged; until then :math:`a` is the last one.

    References
    ----------
    Polyak and Juditsky, Acceleration of stochastic approximation by averaging, 1992; in the form of Bottou,
    Stochastic gradient descent tricks, 2012, as torch has it.

    Examples
    --------
    >>> import numpy as np
    >>> w = np.array([1.0])
    >>> opt = ASGD(w, lr=0.5, lambd=0.0, t0=0)
    >>> for _ in range(3):
    ...     opt.step(np.array([1.0]))
    >>> w, opt.state["ax"]
    (array([-0.5]), array([-0.25]))
    """

    lr: NonNegative = 1e-2
    lambd: NonNegative = 1e-4
    alpha: NonNegative = 0.75
    t0: NonNegative = 1e6
    weight_decay: NonNegative = 0.0
    _: KW_ONLY
    maximize: bool = False
    decoupled_weight_decay: bool = False

    _pace = (1.0, "lr")

    def _averages(self) -> list[Array]:
        return [a.copy(order="K") for a in self._slots["ax"]]
