"""Variations on Adam: other means, of other things."""

from __future__ import annotations  # so that help() shows the annotations as they stand here

import math
from dataclasses import KW_ONLY

import numpy as np

from fastopt._common.bounds import Decays, Epsilon, NonNegative, Start, ThreeDecays
from fastopt.rules.fields import optimizer
from fastopt.rules.formulas import Array, fade, fade_square, floored, rule, square
from fastopt.rules.optimizer import Optimizer

__all__ = [
    "ADOPT",
    "AdEMAMix",
    "AdaBelief",
    "Adan",
    "Yogi",
    "adabelief",
    "adan",
    "ademamix",
    "adopt",
    "yogi",
]


@rule
def adabelief(
    p: Array,
    g: Array,
    m: Array,
    s: Array,
    *,
    step: int = 1,
    lr: float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-16,
    eps_root: float = 1e-16,
) -> None:
    """Take a step of `AdaBelief`.

    Examples
    --------
    >>> p, m, s = np.array([1.0]), np.zeros(1), np.zeros(1)
    >>> adabelief(p, np.array([2.0]), m, s, lr=0.25, beta1=0.5, beta2=0.75)
    >>> p, m, s
    (array([0.5]), array([1.]), array([0.25]))
    """
    lr, root = lr / (1 - beta1**step), 1 / math.sqrt(1 - beta2**step)
    m[...] = fade(beta1 * m + (1 - beta1) * g)
    s[...] = fade_square(beta2 * s + (1 - beta2) * square(g - m, 1 - beta2)) + eps_root
    p[...] = p - lr * (m / (np.sqrt(floored(s)) * root + eps))


@rule
def yogi(
    p: Array,
    g: Array,
    m: Array,
    v: Array,
    *,
    step: int = 1,
    lr: float = 1e-2,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-3,
) -> None:
    """Take a step of `Yogi`.

    Examples
    --------
    >>> p, m, v = np.array([1.0]), np.zeros(1), np.array([9.0])
    >>> yogi(p, np.array([2.0]), m, v, lr=0.5, beta1=0.5, beta2=0.75, eps=0.0)
    >>> p.round(4), v
    (array([0.8232]), array([8.]))
    """
    lr, root = lr / (1 - beta1**step), 1 / math.sqrt(1 - beta2**step)
    m[...] = fade(beta1 * m + (1 - beta1) * g)
    s = square(g, 1 - beta2)
    v[...] = fade_square(v - (1 - beta2) * np.sign(v - s) * s)
    p[...] = p - lr * (m / (np.sqrt(floored(v)) * root + eps))


@rule(decays="decoupled")
def adan(
    p: Array,
    g: Array,
    m: Array,
    v: Array,
    n: Array,
    prev: Array,
    *,
    step: int = 1,
    lr: float = 1e-3,
    beta1: float = 0.98,
    beta2: float = 0.92,
    beta3: float = 0.99,
    eps: float = 1e-8,
    eps_root: float = 1e-8,
) -> None:
    """Take a step of `Adan`.

    Examples
    --------
    >>> p, m, v, n, prev = np.array([1.0]), *np.zeros((4, 1))
    >>> adan(p, np.array([2.0]), m, v, n, prev, lr=0.5, eps=0.0, eps_root=0.0)
    >>> p.round(6), prev
    (array([0.5]), array([2.]))
    """
    of_m, of_v = 1 / (1 - beta1**step), (1 - beta2) / (1 - beta2**step)
    of_n = 1 / (1 - beta3**step)
    d = 0.0 if step == 1 else g - prev
    prev[...] = g
    m[...] = fade(beta1 * m + (1 - beta1) * g)
    v[...] = fade(beta2 * v + (1 - beta2) * d)
    n[...] = fade_square(beta3 * n + (1 - beta3) * square(g + (1 - beta2) * d, 1 - beta3))
    p[...] = p - lr * ((of_m * m + of_v * v) / (np.sqrt(floored(of_n * n + eps_root)) + eps))


@rule(decays="decoupled")
def ademamix(
    p: Array,
    g: Array,
    m: Array,
    slow: Array,
    v: Array,
    *,
    step: int = 1,
    lr: float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    beta3: float = 0.9999,
    alpha: float = 5.0,
    eps: float = 1e-8,
    eps_root: float = 0.0,
) -> None:
    """Take a step of `AdEMAMix`.

    Examples
    --------
    >>> p, m, slow, v = np.array([1.0]), *np.zeros((3, 1))
    >>> ademamix(p, np.array([2.0]), m, slow, v, lr=0.5, beta3=0.5, alpha=1.0, eps=0.0)
    >>> p.round(6), slow
    (array([0.25]), array([1.]))
    """
    of_m, of_v = 1 / (1 - beta1**step), 1 / (1 - beta2**step)
    m[...] = fade(beta1 * m + (1 - beta1) * g)
    slow[...] = fade(beta3 * slow + (1 - beta3) * g)
    v[...] = fade_square(beta2 * v + (1 - beta2) * square(g, 1 - beta2))
    p[...] = p - lr * ((of_m * m + alpha * slow) / (np.sqrt(floored(of_v * v + eps_root)) + eps))


@rule
def adopt(
    p: Array,
    g: Array,
    m: Array,
    v: Array,
    *,
    step: int = 1,
    lr: float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.9999,
    eps: float = 1e-6,
    nesterov: bool = False,
    use_clipping: bool = True,
) -> None:
    """Take a step of `ADOPT`.

    Examples
    --------
    >>> p, m, v = np.array([1.0]), np.zeros(1), np.zeros(1)
    >>> adopt(p, np.array([2.0]), m, v, step=1, lr=0.5)
    >>> adopt(p, np.array([2.0]), m, v, step=2, lr=0.5)
    >>> p, m, v
    (array([0.95]), array([0.1]), array([4.]))
    """
    beta2 = 0.0 if step == 1 else beta2
    x = g / np.maximum(np.sqrt(floored(v)), eps)
    if use_clipping or step == 1:
        most = (step - 1) ** 0.25
        x = np.minimum(np.maximum(x, -most), most)
    m[...] = fade(beta1 * m + (1 - beta1) * x)
    v[...] = fade_square(beta2 * v + (1 - beta2) * square(g, 1 - beta2))
    p[...] = p - lr * (beta1 * m + (1 - beta1) * x if nesterov else m)


@optimizer("adabelief")
class AdaBelief(Optimizer):
    r"""AdaBelief: large steps where gradients come as foreseen, small ones where they do not.

    .. math::
        m &\leftarrow \beta_1 m + (1 - \beta_1) g, & \hat m &= m / (1 - \beta_1^t) \\
        s &\leftarrow \beta_2 s + (1 - \beta_2) (g - m)^2 + \epsilon_s, & \hat s &= s / (1 - \beta_2^t) \\
        p &\leftarrow p - \eta\, \hat m / (\sqrt{\hat s} + \epsilon)

    Parameters
    ----------
    eps_root : float or schedule
        :math:`\epsilon_s \ge 0`, added to :math:`s` in every step.

    References
    ----------
    Zhuang, Tang, Ding, Tatikonda, Dvornek, Papademetris and Duncan, AdaBelief optimizer: adapting stepsizes
    by the belief in observed gradients, 2020, Algorithm 2; defaults of optax.

    Examples
    --------
    >>> import numpy as np
    >>> w = np.array([1.0])
    >>> AdaBelief(w, lr=0.25, betas=(0.5, 0.75)).step(np.array([2.0]))
    >>> w
    array([0.5])
    """

    lr: NonNegative = 1e-3
    betas: Decays = (0.9, 0.999)
    eps: Epsilon = 1e-16
    eps_root: Epsilon = 1e-16
    _: KW_ONLY
    weight_decay: NonNegative = 0.0
    decoupled_weight_decay: bool = False
    maximize: bool = False

    _library = "optax"


@optimizer("yogi")
class Yogi(Optimizer):
    r"""Yogi: Adam whose second moment changes by as much as the gradient is large, whichever way.

    .. math::
        m &\leftarrow \beta_1 m + (1 - \beta_1) g, & \hat m &= m / (1 - \beta_1^t) \\
        v &\leftarrow v - (1 - \beta_2) \operatorname{sign}(v - g^2)\, g^2, & \hat v &= v / (1 - \beta_2^t) \\
        p &\leftarrow p - \eta\, \hat m / (\sqrt{\hat v} + \epsilon)

    Parameters
    ----------
    initial_accumulator_value : float
        Where :math:`m` and :math:`v` start, as in optax: so there is a first step, if a tiny one, without any
        gradient.

    References
    ----------
    Zaheer, Reddi, Sachan, Kale and Kumar, Adaptive methods for nonconvex optimization, 2018, Algorithm 2,
    with Adam's corrections as in optax.

    Examples
    --------
    >>> import numpy as np
    >>> w = np.array([1.0])
    >>> Yogi(w, lr=0.5, eps=0.0).step(np.array([3.0]))
    >>> w.round(4)
    array([0.5])
    """

    lr: NonNegative = 1e-2
    betas: Decays = (0.9, 0.999)
    eps: Epsilon = 1e-3
    _: KW_ONLY
    initial_accumulator_value: Start = 1e-6
    weight_decay: NonNegative = 0.0
    decoupled_weight_decay: bool = False
    maximize: bool = False

    _library = "optax"

    def _start(self, name: str) -> float:
        return self.initial_accumulator_value


@optimizer("adan")
class Adan(Optimizer):
    r"""Adan: Nesterov's momentum by the differences of gradients.

    .. math::
        d &= g - g_{t-1}, \qquad d_1 = 0 \\
        m &\leftarrow \beta_1 m + (1 - \beta_1) g, & \hat m &= m / (1 - \beta_1^t) \\
        v &\leftarrow \beta_2 v + (1 - \beta_2) d, & \hat v &= v / (1 - \beta_2^t) \\
        n &\leftarrow \beta_3 n + (1 - \beta_3) (g + (1 - \beta_2) d)^2, & \hat n &= n / (1 - \beta_3^t) \\
        p &\leftarrow p - \eta\, (\hat m + (1 - \beta_2) \hat v) / (\sqrt{\hat n + \epsilon_n} + \epsilon)

    Parameters
    ----------
    betas : triple of floats or schedules
        :math:`\beta_1, \beta_2, \beta_3 \in [0, 1)`: how much of each mean stays. The paper
        has one minus that.
    eps_root : float or schedule
        :math:`\epsilon_n \ge 0`, inside the root.
    weight_decay : float or schedule
        :math:`\lambda \ge 0`: decoupled, :math:`p \leftarrow (1 - \eta \lambda)\, p` first.

    References
    ----------
    Xie, Zhou, Li, Lin and Yan, Adan: adaptive Nesterov momentum algorithm, 2022, Algorithm 1, as optax has
    it: with :math:`1 - \beta_2` also where the paper has one minus its own.

    Examples
    --------
    >>> import numpy as np
    >>> w = np.array([1.0])
    >>> Adan(w, lr=0.5).step(np.array([2.0]))
    >>> w.round(6)
    array([0.5])
    """

    lr: NonNegative = 1e-3
    betas: ThreeDecays = (0.98, 0.92, 0.99)
    eps: Epsilon = 1e-8
    eps_root: Epsilon = 1e-8
    weight_decay: NonNegative = 0.0
    _: KW_ONLY
    maximize: bool = False

    _library = "optax"


@optimizer("ademamix")
class AdEMAMix(Optimizer):
    r"""AdEMAMix: Adam with a second, much slower mean of the gradients.

    .. math::
        m &\leftarrow \beta_1 m + (1 - \beta_1) g, & \hat m &= m / (1 - \beta_1^t) \\
        s &\leftarrow \beta_3 s + (1 - \beta_3) g \\
        v &\leftarrow \beta_2 v + (1 - \beta_2) g^2, & \hat v &= v / (1 - \beta_2^t) \\
        p &\leftarrow p - \eta\, (\hat m + \alpha s) / (\sqrt{\hat v + \epsilon_v} + \epsilon)

    Parameters
    ----------
    betas : triple of floats or schedules
        :math:`\beta_1, \beta_2, \beta_3 \in [0, 1)`. The paper raises :math:`\beta_3` and :math:`\alpha` over
        the first steps.
    alpha : float or schedule
        :math:`\alpha \ge 0`: the weight of the slow mean :math:`s`, which is not corrected for its start.
    eps_root : float or schedule
        :math:`\epsilon_v \ge 0`, inside the root.
    weight_decay : float or schedule
        :math:`\lambda \ge 0`: decoupled, :math:`p \leftarrow (1 - \eta \lambda)\, p` first.

    References
    ----------
    Pagliardini, Ablin and Grangier, The AdEMAMix optimizer: better, faster, older, 2024, Algorithm 1;
    defaults of optax.

    Examples
    --------
    >>> import numpy as np
    >>> w = np.array([1.0])
    >>> AdEMAMix(w, lr=0.5, betas=(0.9, 0.999, 0.5), alpha=1.0).step(np.array([2.0]))
    >>> w.round(6)
    array([0.25])
    """

    lr: NonNegative = 1e-3
    betas: ThreeDecays = (0.9, 0.999, 0.9999)
    alpha: NonNegative = 5.0
    eps: Epsilon = 1e-8
    eps_root: Epsilon = 0.0
    weight_decay: NonNegative = 0.0
    _: KW_ONLY
    maximize: bool = False

    _library = "optax"


@optimizer("adopt")
class ADOPT(Optimizer):
    r"""ADOPT: Adam that scales a gradient by the second moment of those before it.

    .. math::
        x &= g / \max(\sqrt{v}, \epsilon), \text{ clipped to } \pm (t - 1)^{1/4} \\
        m &\leftarrow \beta_1 m + (1 - \beta_1) x \\
        p &\leftarrow p - \eta\, m \\
        v &\leftarrow \beta_2 v + (1 - \beta_2) g^2

    The first step only sets :math:`v \leftarrow g^2`.

    Parameters
    ----------
    nesterov : bool
        :math:`\beta_1 m + (1 - \beta_1) x` in place of :math:`m` in the update.
    use_clipping : bool
        Without it :math:`x` is not clipped.

    References
    ----------
    Taniguchi, Harada, Minegishi, Oshima, Jeong, Nagahara, Iiyama, Suzuki, Iwasawa and Matsuo, ADOPT: modified
    Adam can converge with any beta2 with the optimal rate, 2024, Algorithm 2, as optax has it.

    Examples
    --------
    >>> import numpy as np
    >>> w = np.array([1.0])
    >>> opt = ADOPT(w, lr=0.5)
    >>> opt.step(np.array([2.0]))
    >>> opt.step(np.array([2.0]))
    >>> w
    array([0.95])
    """

    lr: NonNegative = 1e-3
    betas: Decays = (0.9, 0.9999)
    eps: Epsilon = 1e-6
    nesterov: bool = False
    use_clipping: bool = True
    _: KW_ONLY
    weight_decay: NonNegative = 0.0
    decoupled_weight_decay: bool = False
    maximize: bool = False

    _library = "optax"
