"""RMSprop."""

from __future__ import annotations  # so that help() shows the annotations as they stand here

from dataclasses import KW_ONLY
from typing import Literal

import numpy as np

from fastopt._common.bounds import Decay, Epsilon, Fraction, NonNegative
from fastopt.rules.fields import optimizer
from fastopt.rules.formulas import Array, fade, fade_square, floored, rule, square
from fastopt.rules.optimizer import Optimizer

__all__ = ["RMSprop", "rmsprop"]


@rule
def rmsprop(
    p: Array,
    g: Array,
    v: Array,
    m: Array | None = None,
    b: Array | None = None,
    *,
    lr: float = 1e-2,
    alpha: float = 0.99,
    eps: float = 1e-8,
    momentum: float = 0.0,
    eps_inside: bool = False,
    lr_inside: bool = False,
) -> None:
    """Take a step of `RMSprop`.

    Examples
    --------
    >>> p, v = np.array([1.0]), np.array([0.0])
    >>> rmsprop(p, np.array([2.0]), v, lr=0.5, alpha=0.75, eps=0.0)
    >>> p, v
    (array([0.]), array([1.]))
    """
    v[...] = fade_square(alpha * v + (1 - alpha) * square(g, 1 - alpha))
    variance = v
    if m is not None:
        m[...] = fade(alpha * m + (1 - alpha) * g)
        variance = np.maximum(v - square(m, 1 - alpha), 0)
    d = g / (np.sqrt(floored(variance + eps)) if eps_inside else np.sqrt(floored(variance)) + eps)
    if b is not None:
        b[...] = fade(momentum * b + lr * d if lr_inside else momentum * b + d)
        d, lr = b, 1 if lr_inside else lr
    p[...] = p - lr * d


@optimizer("rmsprop")
class RMSprop(Optimizer):
    r"""RMSprop: the gradient over the root of a running mean of its squares.

    .. math::
        v &\leftarrow \alpha v + (1 - \alpha) g^2 \\
        d &= g / (\sqrt{v} + \epsilon) \\
        p &\leftarrow p - \eta\, d

    Parameters
    ----------
    alpha : float or schedule
        :math:`\alpha \in [0, 1)`.
    eps : float or schedule
        :math:`\epsilon \ge 0`, outside the root as in torch.
    momentum : float or schedule
        :math:`\rho \in [0, 1]`: :math:`b \leftarrow \rho b + d` is stepped along in place of :math:`d`.
    centered : bool
        The variance :math:`\max(v - m^2, 0)` in place of :math:`v`, with a running mean :math:`m` of the
        gradients. torch does not clamp it at 0 and can reach NaN; here the root stays finite, but a gradient
        that hardly changes leaves only :math:`\epsilon` in the denominator: give it `eps_inside` then.
    eps_inside : bool
        :math:`\epsilon` under the root, as in optax and Keras.
    lr_inside : bool
        :math:`b \leftarrow \rho b + \eta d` and :math:`p \leftarrow p - b` with momentum, as in optax and
        Keras: different while the learning rate changes.

    References
    ----------
    Tieleman and Hinton, Lecture 6.5 of Neural networks for machine learning, 2012; Graves, Generating
    sequences with recurrent neural networks, 2013, eqs. 38 to 41.

    Examples
    --------
    >>> import numpy as np
    >>> w = np.array([1.0])
    >>> opt = RMSprop(w, lr=0.5, alpha=0.75, eps=0.0)
    >>> opt.step(np.array([2.0]))
    >>> w, opt.state["v"]
    (array([0.]), array([1.]))
    """

    lr: NonNegative = 1e-2
    alpha: Decay = 0.99
    eps: Epsilon = 1e-8
    weight_decay: NonNegative = 0.0
    momentum: Fraction = 0.0
    centered: bool = False
    _: KW_ONLY
    eps_inside: bool = False
    lr_inside: bool = False
    maximize: bool = False
    decoupled_weight_decay: bool = False
    compat: Literal["torch", "keras", "optax", "paper"] = "torch"

    _pace = (0.3, "stride")
