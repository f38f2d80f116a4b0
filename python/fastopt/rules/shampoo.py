"""Shampoo: a preconditioner for each side of a matrix."""

from __future__ import annotations  # so that help() shows the annotations as they stand here

from dataclasses import KW_ONLY

import numpy as np

from fastopt._common.bounds import Decay, NonNegative, Period, Start
from fastopt.rules.fields import optimizer
from fastopt.rules.formulas import Array, fade, rule
from fastopt.rules.linear_algebra import inverse_root, product
from fastopt.rules.optimizer import Optimizer

__all__ = ["Shampoo", "shampoo"]


@rule(whole=True)
def shampoo(
    p: Array,
    g: Array,
    left: Array,
    right: Array,
    left_root: Array,
    right_root: Array,
    m: Array | None = None,
    *,
    step: int = 1,
    lr: float = 1e-3,
    momentum: float = 0.0,
    preconditioning_compute_steps: int = 1,
) -> None:
    """Take a step of `Shampoo`.

    Parameters
    ----------
    left, left_root : ndarray
        State, updated in place: square, of the length of the first axis.
    right, right_root : ndarray
        The same for the second axis; of shape (0, 0) for a vector.

    Examples
    --------
    >>> p, m = np.zeros(2), None
    >>> left, root, none = np.eye(2), np.zeros((2, 2)), np.zeros((0, 0))
    >>> shampoo(p, np.array([0.0, np.sqrt(3.0)]), left, none, root, none, m, lr=1.0)
    >>> p.round(3)
    array([ 0.   , -0.866])
    """
    if m is not None and step > 1:
        g = (1 - momentum) * g + momentum * m
    two_sided = p.ndim == 2
    a = g if two_sided else g.reshape(-1, 1)

    left += product(a, a.T)
    if two_sided:
        right += product(a.T, a)
    if step % int(preconditioning_compute_steps) == 0:
        left_root[...] = inverse_root(left, 4 if two_sided else 2)
        if two_sided:
            right_root[...] = inverse_root(right, 4)

    u = product(left_root, a)
    u = product(u, right_root) if two_sided else u.reshape(p.shape)
    if m is not None:
        m[...] = fade(u)
    p[...] = p - lr * u


@optimizer("shampoo")
class Shampoo(Optimizer):
    r"""Shampoo: gradients multiplied by roots of their second moments, from both sides.

    .. math::
        L &\leftarrow L + G G^\top, \qquad R \leftarrow R + G^\top G \\
        p &\leftarrow p - \eta\, L^{-1/4} G\, R^{-1/4}

    A vector is a column: :math:`p \leftarrow p - \eta\, L^{-1/2} g`. With `momentum` a mean stands in place
    of each gradient but the first, :math:`(1 - \mu) G + \mu M`, where :math:`M` is the last direction,
    without :math:`\eta`. For vectors and matrices; the roots of a side of :math:`n` take about :math:`n^3`
    operations, and its state :math:`2 n^2` numbers.

    Parameters
    ----------
    momentum : float or schedule
        :math:`\mu \in [0, 1)`.
    preconditioning_compute_steps : int
        Roots are computed in each of so many steps: until the first of them they are zero, and nothing moves.
    matrix_eps : float
        :math:`L` and :math:`R` start at `matrix_eps` times the identity.

    References
    ----------
    Gupta, Koren and Singer, Shampoo: preconditioned stochastic tensor optimization, 2018, Algorithm 1;
    options and defaults of pytorch-optimizer.

    Examples
    --------
    >>> import numpy as np
    >>> W = np.zeros((2, 2))
    >>> Shampoo(W, lr=1.0, matrix_eps=0.0).step(np.array([[4.0, 0.0], [0.0, -1.0]]))
    >>> W.round(6)
    array([[-1.,  0.],
           [ 0.,  1.]])
    """

    lr: NonNegative = 1e-3
    momentum: Decay = 0.0
    weight_decay: NonNegative = 0.0
    preconditioning_compute_steps: Period = 1
    matrix_eps: Start = 1e-6
    _: KW_ONLY
    maximize: bool = False
    decoupled_weight_decay: bool = False

    _library = "pytorch_optimizer"

    def _start_of(self, slot: str, p: Array, shape: tuple[int, ...]) -> Array:
        return np.eye(*shape, dtype=p.dtype) * (self.matrix_eps if slot in ("left", "right") else 0)
