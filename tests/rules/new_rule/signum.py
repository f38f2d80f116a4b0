"""Signum."""

from __future__ import annotations

from dataclasses import KW_ONLY

import numpy as np

from fastopt._common.bounds import Fraction, NonNegative
from fastopt.rules.fields import optimizer
from fastopt.rules.formulas import Array, fade, rule
from fastopt.rules.optimizer import Optimizer

__all__ = ["Signum", "signum"]


@rule
def signum(p: Array, g: Array, m: Array, *, lr: float = 1e-3, momentum: float = 0.9) -> None:
    """Take a step of `Signum`.

    Examples
    --------
    >>> p, m = np.zeros(2), np.array([0.0, -1.0])
    >>> signum(p, np.array([1.0, 1.0]), m, lr=0.5)
    >>> p
    array([-0.5,  0.5])
    """
    m[...] = fade(momentum * m + (1 - momentum) * g)
    p[...] = p - lr * np.sign(m)


@optimizer("signum")
class Signum(Optimizer):
    r"""Signum: steps of one length, along the sign of a running mean of the gradients.

    .. math::
        m &\leftarrow \beta m + (1 - \beta) g \\
        p &\leftarrow p - \eta \operatorname{sign}(m)

    Parameters
    ----------
    momentum : float or schedule
        :math:`\beta \in [0, 1]`.

    References
    ----------
    Bernstein, Wang, Azizzadenesheli and Anandkumar, signSGD, 2018, Algorithm 2.

    Examples
    --------
    >>> import numpy as np
    >>> w = np.zeros(2)
    >>> Signum(w, lr=0.5).step(np.array([1.0, -1.0]))
    >>> w
    array([-0.5,  0.5])
    """

    lr: NonNegative = 1e-3
    momentum: Fraction = 0.9
    weight_decay: NonNegative = 0.0
    _: KW_ONLY
    maximize: bool = False
    decoupled_weight_decay: bool = False

    _library = "none"
