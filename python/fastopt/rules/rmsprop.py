"""RMSprop."""

from __future__ import annotations  # so that help() shows the annotations as they stand here

from dataclasses import KW_ONLY

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
) -> None:
    r"""RMSprop: the gradient over the root of a running mean of its squares.

    .. math::
        v &\leftarrow \alpha v + (1 - \alpha) g^2 \\
        d &= g / (\sqrt{v} + \epsilon) \\
        p &\leftarrow p - \eta\, d

    With `m` (centered) :math:`m \leftarrow \alpha m + (1 - \alpha) g` and the variance
    :math:`\max(v - m^2, 0)` stands in the root in place of :math:`v`. With `b` (momentum)
    :math:`b \leftarrow \rho b + d` is stepped along in place of :math:`d`.

    Parameters
    ----------
    p, g, v : ndarray
        Parameter and mean square, updated in place, and gradient: float32 or float64, of one shape.
    m, b : ndarray, optional
        Mean gradient and momentum buffer, updated in place.
    lr, step, weight_decay, decoupled_weight_decay, maximize
        See the top of this module.
    alpha, momentum : float
        :math:`\alpha` and :math:`\rho`; `momentum` other than 0 needs `b`.
    eps, eps_inside : float, bool
        :math:`\epsilon`; it is added under the root with `eps_inside`.

    References
    ----------
    Tieleman and Hinton, Lecture 6.5 of Neural networks for machine learning, 2012; Graves, Generating
    sequences with recurrent neural networks, 2013, eqs. 38 to 41. As torch has it, but torch does not
    clamp the variance and can reach NaN.

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
        b[...] = d = fade(momentum * b + d)
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
    params : array, list or dict of arrays
        float32 or float64, updated in place.
    lr : float or schedule
        :math:`\eta \ge 0`.
    alpha : float or schedule
        :math:`\alpha \in [0, 1)`.
    eps : float or schedule
        :math:`\epsilon \ge 0`, outside the root as in torch.
    weight_decay : float or schedule
        :math:`\lambda \ge 0`: :math:`g + \lambda p` in place of :math:`g`.
    decoupled_weight_decay : bool
        :math:`p \leftarrow (1 - \eta \lambda)\, p` before the update, in place of that term.
    momentum : float or schedule
        :math:`\rho \in [0, 1]`: :math:`b \leftarrow \rho b + d` is stepped along in place of :math:`d`.
    centered : bool
        The variance :math:`\max(v - m^2, 0)` in place of :math:`v`, with a running mean :math:`m` of the
        gradients. torch does not clamp it at 0 and can reach NaN; here the root stays finite, but a gradient
        that hardly changes leaves only :math:`\epsilon` in the denominator: give it `eps_inside` then.
    eps_inside : bool
        :math:`\epsilon` under the root, as in optax and Keras.
    maximize : bool
        Ascend.

    Raises
    ------
    TypeError, ValueError
        If a hyperparameter or a parameter array is not as above.

    See Also
    --------
    fastopt.kernels.rmsprop

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
    maximize: bool = False
    decoupled_weight_decay: bool = False
