"""Adam and its kin."""

from __future__ import annotations  # so that help() shows the annotations as they stand here

import math
from dataclasses import KW_ONLY
from typing import Literal

import numpy as np

from fastopt._common.bounds import Decays, Epsilon, NonNegative
from fastopt.rules.fields import optimizer
from fastopt.rules.formulas import Array, fade, fade_square, floored, rule, square
from fastopt.rules.optimizer import Optimizer

__all__ = ["Adam", "AdamW", "Adamax", "NAdam", "RAdam", "adam", "adamax", "adamw", "nadam", "radam"]


@rule
def adam(
    p: Array,
    g: Array,
    m: Array,
    v: Array,
    vmax: Array | None = None,
    *,
    step: int = 1,
    lr: float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    bias_correction: bool = True,
    eps_hat: bool = False,
    corrected_maximum: bool = False,
) -> None:
    r"""Adam: a running mean of the gradients over the root of one of their squares.

    .. math::
        m &\leftarrow \beta_1 m + (1 - \beta_1) g \\
        v &\leftarrow \beta_2 v + (1 - \beta_2) g^2 \\
        p &\leftarrow p - \frac{\eta}{1 - \beta_1^t}\,
            \frac{m}{\sqrt{v} \cdot 1/\sqrt{1 - \beta_2^t} + \epsilon}

    which is :math:`\eta\, \hat m / (\sqrt{\hat v} + \epsilon)` with the corrections for the start at zero
    taken out of the loop. With `vmax` (AMSGrad) :math:`v_{max} \leftarrow \max(v_{max}, v)` stands in the
    root in place of :math:`v`.

    Parameters
    ----------
    vmax : ndarray, optional
        Largest second moment so far, updated in place.
    bias_correction : bool
        Without it both factors :math:`1 - \beta^t` are 1: "Adam (almost)".

    Examples
    --------
    >>> p, m, v = np.array([1.0]), np.zeros(1), np.zeros(1)
    >>> adam(p, np.array([1e3]), m, v, lr=0.5)
    >>> p.round(6), m.round(6), v.round(6)
    (array([0.5]), array([100.]), array([1000.]))
    """
    of_m, of_v = (1 - beta1**step, 1 - beta2**step) if bias_correction else (1, 1)
    update(p, g, m, v, vmax, lr, beta1, beta2, eps, of_m, of_v, eps_hat, corrected_maximum)


@rule(decays="decoupled", weight_decay=1e-2)
def adamw(
    p: Array,
    g: Array,
    m: Array,
    v: Array,
    vmax: Array | None = None,
    *,
    step: int = 1,
    lr: float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    bias_correction: bool = True,
    eps_hat: bool = False,
    corrected_maximum: bool = False,
) -> None:
    """Take a step of `AdamW`.

    Examples
    --------
    >>> p, m, v = np.array([1.0]), np.zeros(1), np.zeros(1)
    >>> adamw(p, np.array([1e3]), m, v, lr=0.5, weight_decay=0.5)
    >>> p.round(6)
    array([0.25])
    """
    of_m, of_v = (1 - beta1**step, 1 - beta2**step) if bias_correction else (1, 1)
    update(p, g, m, v, vmax, lr, beta1, beta2, eps, of_m, of_v, eps_hat, corrected_maximum)


@rule
def adamax(
    p: Array,
    g: Array,
    m: Array,
    u: Array,
    *,
    step: int = 1,
    lr: float = 2e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    eps_outside: bool = False,
) -> None:
    """Take a step of `Adamax`.

    Examples
    --------
    >>> p, m, u = np.array([1.0]), np.zeros(1), np.zeros(1)
    >>> adamax(p, np.array([1e3]), m, u, lr=0.5)
    >>> p.round(6), u.round(6)
    (array([0.5]), array([1000.]))
    """
    lr = lr / (1 - beta1**step)
    m[...] = fade(beta1 * m + (1 - beta1) * g)
    inside, outside = (0.0, eps) if eps_outside else (eps, 0.0)
    u[...] = fade_square(np.maximum(beta2 * u, np.abs(g) + inside))
    p[...] = p - lr * (m / (floored(u) + outside))


@rule
def nadam(
    p: Array,
    g: Array,
    m: Array,
    v: Array,
    mu_product: Array,
    *,
    step: int = 1,
    lr: float = 2e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    momentum_decay: float = 4e-3,
) -> None:
    """Take a step of `NAdam`.

    Examples
    --------
    >>> p, m, v, mu_product = np.array([1.0]), np.zeros(1), np.zeros(1), np.ones(1)
    >>> nadam(p, np.array([1e3]), m, v, mu_product, lr=0.5)
    >>> p.round(4), mu_product.round(4)
    (array([0.4718]), array([0.4501]))
    """
    mu, mu_next = (beta1 * (1 - 0.5 * 0.96 ** (t * momentum_decay)) for t in (step, step + 1))
    mu_product[...] = fade_square(mu_product * mu)
    product = mu_product.item()
    root = 1 / math.sqrt(1 - beta2**step)
    m[...] = fade(beta1 * m + (1 - beta1) * g)
    v[...] = fade_square(beta2 * v + (1 - beta2) * square(g, 1 - beta2))
    step_along = lr * (1 - mu) / (1 - product) * g + lr * mu_next / (1 - product * mu_next) * m
    p[...] = p - step_along / (np.sqrt(floored(v)) * root + eps)


@rule
def radam(
    p: Array,
    g: Array,
    m: Array,
    v: Array,
    *,
    step: int = 1,
    lr: float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    eps_hat: bool = True,
) -> None:
    """Take a step of `RAdam`.

    Examples
    --------
    >>> p, m, v = np.array([1.0]), np.zeros(1), np.zeros(1)
    >>> radam(p, np.array([0.5]), m, v, lr=0.5)
    >>> p.round(6)
    array([0.75])
    """
    m[...] = fade(beta1 * m + (1 - beta1) * g)
    v[...] = fade_square(beta2 * v + (1 - beta2) * square(g, 1 - beta2))
    lr, r, root = lr / (1 - beta1**step), rectification(beta2, step), 1.0
    if not r:
        p[...] = p - lr * m
        return
    if eps_hat:
        lr = lr * r
    else:
        lr, root = lr * r / math.sqrt(1 - beta2**step), 1 / math.sqrt(1 - beta2**step)
    p[...] = p - lr * (m / (np.sqrt(floored(v)) * root + eps))


def rectification(beta2: float, step: int) -> float:
    """Return what RAdam's step is multiplied with where v can be trusted, sqrt(1 - beta2^t) r_t; else 0."""
    power = beta2**step
    rest = 1 - power
    most = 2 / (1 - beta2) - 1
    length = most - 2 * step * power / rest
    if not length > 5:
        return 0.0
    return math.sqrt(rest * ((length - 4) * (length - 2) * most / ((most - 4) * (most - 2) * length)))


def update(
    p: Array,
    g: Array,
    m: Array,
    v: Array,
    vmax: Array | None,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    of_m: float,
    of_v: float,
    eps_hat: bool,
    corrected_maximum: bool,
) -> None:
    """Take a step of Adam; `of_m` and `of_v` are what the moments are divided by for their start at zero."""
    m[...] = fade(beta1 * m + (1 - beta1) * g)
    v[...] = fade_square(beta2 * v + (1 - beta2) * square(g, 1 - beta2))
    largest, lr, root = v, lr / of_m, 1 / math.sqrt(of_v)
    if vmax is not None:
        vmax[...] = np.maximum(vmax, 1 / of_v * v if corrected_maximum else v)
        largest = vmax
    if vmax is not None and corrected_maximum:
        root = 1
    elif eps_hat:
        lr, root = lr * math.sqrt(of_v), 1
    p[...] = p - lr * (m / (np.sqrt(floored(largest)) * root + eps))


def with_one_place_of_eps(opt: Adam | AdamW) -> str:
    """Return the rule; refuse to add eps to a root that is to be corrected and not corrected."""
    if opt.amsgrad and opt.corrected_maximum and opt.eps_hat:
        raise ValueError("eps_hat: expected False with corrected_maximum=True, got True")
    return opt.rules[0]


@optimizer("adam")
class Adam(Optimizer):
    r"""Adam: a running mean of the gradients over the root of one of their squares.

    .. math::
        m &\leftarrow \beta_1 m + (1 - \beta_1) g, & \hat m &= m / (1 - \beta_1^t) \\
        v &\leftarrow \beta_2 v + (1 - \beta_2) g^2, & \hat v &= v / (1 - \beta_2^t) \\
        p &\leftarrow p - \eta\, \hat m / (\sqrt{\hat v} + \epsilon)

    Parameters
    ----------
    eps : float or schedule
        :math:`\epsilon \ge 0`, added to the corrected root as in the paper and in torch.
    weight_decay : float or schedule
        :math:`\lambda \ge 0`: :math:`g + \lambda p` in place of :math:`g` (L2; decoupled in `AdamW`).
    amsgrad : bool
        The largest :math:`v` so far in the root, as in torch (the maximum of uncorrected moments).
    bias_correction : bool
        Without it :math:`\hat m = m, \hat v = v`: "Adam (almost)".
    eps_hat : bool
        :math:`\epsilon` added to :math:`\sqrt{v}`, and the correction of :math:`v` in the learning rate: the
        "epsilon hat" at the end of section 2 of the paper. Not with `amsgrad` of the corrected maximum.
    corrected_maximum : bool
        The largest :math:`\hat v` with `amsgrad`, in place of the largest :math:`v`.

    References
    ----------
    Kingma and Ba, Adam: a method for stochastic optimization, 2015, Algorithm 1; Reddi, Kale and Kumar,
    On the convergence of Adam and beyond, 2018.

    Examples
    --------
    >>> import numpy as np
    >>> params = {"W": np.ones((2, 2)), "b": np.zeros(2)}
    >>> opt = Adam(params, lr=0.5, betas=(0.5, 0.75), eps=0.0)
    >>> opt.step({"W": np.full((2, 2), 3.0), "b": np.array([-1.0, 1.0])})
    >>> params["b"], opt.state["m"]["b"]
    (array([ 0.5, -0.5]), array([-0.5,  0.5]))
    """

    lr: NonNegative = 1e-3
    betas: Decays = (0.9, 0.999)
    eps: Epsilon = 1e-8
    weight_decay: NonNegative = 0.0
    amsgrad: bool = False
    _: KW_ONLY
    bias_correction: bool = True
    eps_hat: bool = False
    corrected_maximum: bool = False
    maximize: bool = False
    decoupled_weight_decay: bool = False
    compat: Literal["torch", "keras", "optax", "sklearn", "paper"] = "torch"

    def _choose_rule(self) -> str:
        return with_one_place_of_eps(self)


@optimizer("adamw")
class AdamW(Optimizer):
    r"""Adam with decoupled weight decay.

    .. math:: p \leftarrow (1 - \eta \lambda)\, p - \eta\, \hat m / (\sqrt{\hat v} + \epsilon)

    with the moments of `Adam`, through which the decay does not pass.

    Parameters
    ----------
    lr, betas, eps, amsgrad, bias_correction, eps_hat, corrected_maximum, maximize
        As in `Adam`.
    weight_decay : float or schedule
        :math:`\lambda \ge 0`, scaled by `lr` as in torch, Keras and optax. The paper scales it by the factor
        of its schedule alone: divide it by the learning rate that the factor is of.

    References
    ----------
    Loshchilov and Hutter, Decoupled weight decay regularization, 2019, Algorithm 2.

    Examples
    --------
    >>> import numpy as np
    >>> w = np.array([1.0])
    >>> opt = AdamW(w, lr=lambda t: 0.5 / (1 + t), weight_decay=0.5, betas=(0.5, 0.75), eps=0.0)
    >>> opt.step(np.array([3.0]))
    >>> w
    array([0.25])
    """

    lr: NonNegative = 1e-3
    betas: Decays = (0.9, 0.999)
    eps: Epsilon = 1e-8
    weight_decay: NonNegative = 1e-2
    amsgrad: bool = False
    _: KW_ONLY
    bias_correction: bool = True
    eps_hat: bool = False
    corrected_maximum: bool = False
    maximize: bool = False
    compat: Literal["torch", "keras", "optax", "paper"] = "torch"

    def _choose_rule(self) -> str:
        return with_one_place_of_eps(self)


@optimizer("adamax")
class Adamax(Optimizer):
    r"""Adamax: Adam in the infinity norm.

    .. math::
        m &\leftarrow \beta_1 m + (1 - \beta_1) g \\
        u &\leftarrow \max(\beta_2 u, |g| + \epsilon) \\
        p &\leftarrow p - \frac{\eta}{1 - \beta_1^t}\, \frac{m}{u}

    Parameters
    ----------
    eps : float or schedule
        :math:`\epsilon \ge 0`, inside the maximum as in torch.
    eps_outside : bool
        :math:`|g|` in the maximum and :math:`u + \epsilon` in the denominator, as in Keras and ensmallen.

    References
    ----------
    Kingma and Ba, Adam: a method for stochastic optimization, 2015, Algorithm 2.

    Examples
    --------
    >>> import numpy as np
    >>> w = np.array([1.0])
    >>> opt = Adamax(w, lr=0.5, betas=(0.5, 0.75), eps=0.0)
    >>> opt.step(np.array([3.0]))
    >>> w, opt.state["u"]
    (array([0.5]), array([3.]))
    """

    lr: NonNegative = 2e-3
    betas: Decays = (0.9, 0.999)
    eps: Epsilon = 1e-8
    weight_decay: NonNegative = 0.0
    _: KW_ONLY
    eps_outside: bool = False
    maximize: bool = False
    decoupled_weight_decay: bool = False
    compat: Literal["torch", "keras", "optax", "paper"] = "torch"


@optimizer("nadam")
class NAdam(Optimizer):
    r"""NAdam: Adam with Nesterov's momentum.

    .. math::
        \mu_t &= \beta_1 (1 - 0.96^{t \psi} / 2), \qquad \bar\mu_t = \mu_1 \mu_2 \cdots \mu_t \\
        m &\leftarrow \beta_1 m + (1 - \beta_1) g \\
        v &\leftarrow \beta_2 v + (1 - \beta_2) g^2, \qquad \hat v = v / (1 - \beta_2^t) \\
        p &\leftarrow p - \eta \left(\frac{1 - \mu_t}{1 - \bar\mu_t}\, g
            + \frac{\mu_{t+1}}{1 - \bar\mu_{t+1}}\, m\right) / (\sqrt{\hat v} + \epsilon)

    Parameters
    ----------
    momentum_decay : float or schedule
        :math:`\psi \ge 0`: how fast the momentum comes up to its full size: at once with 1e6.

    References
    ----------
    Dozat, Incorporating Nesterov momentum into Adam, 2016; the schedule of momenta as torch has it.

    Examples
    --------
    >>> import numpy as np
    >>> w = np.array([1.0])
    >>> opt = NAdam(w, lr=0.5)
    >>> opt.step(np.array([3.0]))
    >>> w.round(4), opt.state["mu_product"].round(4)
    (array([0.4718]), np.float64(0.4501))
    """

    lr: NonNegative = 2e-3
    betas: Decays = (0.9, 0.999)
    eps: Epsilon = 1e-8
    weight_decay: NonNegative = 0.0
    momentum_decay: NonNegative = 4e-3
    decoupled_weight_decay: bool = False
    _: KW_ONLY
    maximize: bool = False
    compat: Literal["torch", "keras", "optax"] = "torch"

    def _start(self, name: str) -> float:
        return 1.0 if name == "mu_product" else 0.0


@optimizer("radam")
class RAdam(Optimizer):
    r"""RAdam: Adam that takes no heed of its second moment while that is known from few gradients only.

    .. math::
        m &\leftarrow \beta_1 m + (1 - \beta_1) g, & \hat m &= m / (1 - \beta_1^t) \\
        v &\leftarrow \beta_2 v + (1 - \beta_2) g^2, &
            \rho_\infty &= 2 / (1 - \beta_2) - 1, \quad
            \rho_t = \rho_\infty - 2 t \beta_2^t / (1 - \beta_2^t) \\
        p &\leftarrow p - \eta\, \hat m\, r_t \sqrt{1 - \beta_2^t} / (\sqrt{v} + \epsilon) &
            &\text{if } \rho_t > 5, \text{ else } p \leftarrow p - \eta\, \hat m

    with :math:`r_t^2 = (\rho_t - 4)(\rho_t - 2) \rho_\infty \,/\, (\rho_\infty - 4)(\rho_\infty - 2) \rho_t`.

    Parameters
    ----------
    eps_hat : bool
        Without it :math:`\epsilon` is added to the corrected root, :math:`\sqrt{v / (1 - \beta_2^t)}`.

    References
    ----------
    Liu, Jiang, He, Chen, Liu, Gao and Han, On the variance of the adaptive learning rate and beyond, 2020,
    Algorithm 2; the place of eps and the bound of 5 as torch has them.

    Examples
    --------
    >>> import numpy as np
    >>> w = np.array([1.0])
    >>> RAdam(w, lr=0.5).step(np.array([0.5]))
    >>> w.round(6)
    array([0.75])
    """

    lr: NonNegative = 1e-3
    betas: Decays = (0.9, 0.999)
    eps: Epsilon = 1e-8
    weight_decay: NonNegative = 0.0
    decoupled_weight_decay: bool = False
    _: KW_ONLY
    maximize: bool = False
    eps_hat: bool = True
    compat: Literal["torch", "optax"] = "torch"

    _pace = (0.2, "stride")
