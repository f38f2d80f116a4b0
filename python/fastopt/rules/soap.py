"""SOAP: Adam in the bases of Shampoo."""

from __future__ import annotations  # so that help() shows the annotations as they stand here

import math
from dataclasses import KW_ONLY

import numpy as np

from fastopt._common.bounds import Decays, Epsilon, NonNegative, OptionalDecay, Period
from fastopt.rules.fields import optimizer
from fastopt.rules.formulas import Array, fade, fade_square, felt, floored, norm_square, rule, square, total
from fastopt.rules.linear_algebra import descending, eigen, in_order, normal, orthogonal, product
from fastopt.rules.optimizer import Optimizer

__all__ = ["SOAP", "soap"]


@rule(decays="own", whole=True)
def soap(
    p: Array,
    g: Array,
    m: Array,
    v: Array,
    left: Array,
    right: Array,
    left_basis: Array,
    right_basis: Array,
    *,
    step: int = 1,
    lr: float = 3e-3,
    beta1: float = 0.95,
    beta2: float = 0.95,
    shampoo_beta: float | None = None,
    weight_decay: float = 1e-2,
    precondition_frequency: int = 10,
    eps: float = 1e-8,
    correct_bias: bool = True,
    normalize_gradient: bool = False,
) -> None:
    """Take a step of `SOAP`.

    Parameters
    ----------
    left, left_basis : ndarray
        State, updated in place: square, of the length of the first axis; or of shape (0, 0), and this axis is
        left as it is.
    right, right_basis : ndarray
        The same for the second axis; of shape (0, 0) for a vector.
    weight_decay : float
        See `SOAP`.

    Examples
    --------
    >>> p, g = np.zeros((2, 2)), np.array([[1.0, 2.0], [2.0, 1.0]])
    >>> state = [np.zeros((2, 2)) for _ in range(6)]
    >>> for step in (1, 2):
    ...     soap(p, g, *state, step=step, lr=0.1)
    >>> p.round(3) + 0.0
    array([[ 0. , -0.1],
           [-0.1,  0. ]])
    """
    sides = (left, left_basis), (right, right_basis)
    matrix = (len(p), -1) if p.ndim == 2 else (-1, 1)
    if step > 1:
        turned = _turned(g.reshape(matrix), *sides).reshape(p.shape)
        m[...] = fade(beta1 * m + (1 - beta1) * g)
        v[...] = fade_square(beta2 * v + (1 - beta2) * square(turned, 1 - beta2))
        u = _turned(m.reshape(matrix), *sides) / (np.sqrt(floored(v)) + eps).reshape(matrix)
        u = _turned(u, (left, left_basis.T), (right, right_basis.T)).reshape(p.shape)
        if normalize_gradient:
            u = u / max(math.sqrt(total(norm_square(u)) / u.size) + eps, float(np.finfo(p.dtype).tiny))
        rate = lr
        if correct_bias:
            rate = lr * (math.sqrt(1 - beta2 ** (step - 1)) / (1 - beta1 ** (step - 1)))
        keep = 1 - lr * weight_decay
        p[...] = p - rate * u if keep == 1 else fade(keep * (p - rate * u))

    share = beta2 if shampoo_beta is None else shampoo_beta
    scaled = (math.sqrt(1 - share) * g).reshape(matrix)
    for axis, (a, side) in enumerate(zip((scaled, scaled.T), sides, strict=True)):
        if not _has_basis(side):
            continue
        mean, basis = side
        mean[...] = normal(share * mean + product(a, a.T), p.dtype)
        if step == 1:
            basis[...] = normal(eigen(mean)[1].T, p.dtype)
        elif (step - 1) % int(precondition_frequency) == 0:
            v[...] = np.take(v, _follow(mean, basis), axis)


Side = tuple[Array, Array]  # the mean of squares, and the basis


def _has_basis(side: Side) -> bool:
    return all(array.size for array in side)


def _turned(a: Array, left: Side, right: Side) -> Array:
    """Turn a matrix into the bases of its two sides, those that have one."""
    if _has_basis(left):
        a = product(left[1].T, a)
    return product(a, right[1]) if _has_basis(right) else a


def _follow(mean: Array, basis: Array) -> Array:
    """Take a round of power iteration towards eigenvectors; return the new order of the columns."""
    powers = product(mean, basis)
    order = descending(in_order(felt(basis.astype(float), 1) * felt(powers.astype(float), 1)))
    basis[...] = normal(orthogonal(powers[:, order]), mean.dtype)
    return order


@optimizer("soap")
class SOAP(Optimizer):
    r"""SOAP: Adam in the bases in which Shampoo's second moments are diagonal.

    .. math::
        L &\leftarrow \beta_3 L + (1 - \beta_3) G G^\top, \qquad
            R \leftarrow \beta_3 R + (1 - \beta_3) G^\top G \\
        m &\leftarrow \beta_1 m + (1 - \beta_1) G, \qquad
            v \leftarrow \beta_2 v + (1 - \beta_2) (Q_L^\top G\, Q_R)^2 \\
        u &= Q_L \left( \frac{Q_L^\top m\, Q_R}{\sqrt{v} + \epsilon} \right) Q_R^\top \\
        p &\leftarrow (1 - \eta \lambda)
            \left( p - \eta\, \frac{\sqrt{1 - \beta_2^t}}{1 - \beta_1^t}\, u \right)

    The first step finds the bases :math:`Q_L` and :math:`Q_R`, eigenvectors of :math:`L` and :math:`R`, and
    does nothing else; :math:`t` counts from the second. Every `precondition_frequency` steps the bases take
    a round of power iteration: they become the orthogonal factors of :math:`L Q_L` and :math:`R Q_R`, whose
    columns have been put in order, and :math:`v` with them. For vectors and matrices.

    Parameters
    ----------
    shampoo_beta : float or schedule, optional
        :math:`\beta_3 \in [0, 1)`; without it :math:`\beta_2`.
    weight_decay : float or schedule
        :math:`\lambda \ge 0`, after the step.
    precondition_frequency : int
        Steps from one round of power iteration to the next.
    max_precondition_dim : int
        A longer axis has no basis, but the one that it is given in.
    precondition_1d : bool
        Whether vectors have a basis, as a column.
    correct_bias : bool
        Without it the step is :math:`\eta\, u`.
    normalize_gradient : bool
        :math:`u / (\operatorname{RMS}(u) + \epsilon)` in place of :math:`u`.

    References
    ----------
    Vyas, Morwani, Zhao, Kwun, Shapira, Brandfonbrener, Janson and Kakade, SOAP: improving and stabilizing
    Shampoo using Adam, 2024, Algorithm 3; options and defaults of pytorch-optimizer.

    Examples
    --------
    >>> import numpy as np
    >>> W = np.zeros((2, 2))
    >>> opt = SOAP(W, lr=0.1, weight_decay=0.0)
    >>> for _ in range(2):
    ...     opt.step(np.array([[8.0, 4.0], [4.0, 2.0]]))
    >>> W.round(3)
    array([[-0.08, -0.04],
           [-0.04, -0.02]])
    """

    lr: NonNegative = 3e-3
    betas: Decays = (0.95, 0.95)
    shampoo_beta: OptionalDecay = None
    weight_decay: NonNegative = 1e-2
    precondition_frequency: Period = 10
    max_precondition_dim: Period = 10000
    precondition_1d: bool = False
    correct_bias: bool = True
    normalize_gradient: bool = False
    eps: Epsilon = 1e-8
    _: KW_ONLY
    maximize: bool = False

    _library = "pytorch_optimizer"

    def _start_of(self, slot: str, p: Array, shape: tuple[int, ...]) -> Array:
        left_alone = shape[0] > self.max_precondition_dim or (p.ndim < 2 and not self.precondition_1d)
        return np.zeros((0, 0) if left_alone else shape, p.dtype)
