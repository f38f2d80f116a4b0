"""Steps along orthogonal matrices."""

from __future__ import annotations  # so that help() shows the annotations as they stand here

import math
from dataclasses import KW_ONLY
from typing import Annotated, Literal

import numpy as np

from fastopt._common.bounds import Bounds, Decay, Epsilon, Hyper, NonNegative
from fastopt.rules.fields import optimizer
from fastopt.rules.formulas import Array, fade, norm_square, rule, total
from fastopt.rules.linear_algebra import product
from fastopt.rules.optimizer import Optimizer

__all__ = ["Muon", "muon"]

Coefficients = Annotated[tuple[Hyper, Hyper, Hyper], Bounds(count=3, names=("a", "b", "c"))]
Iterations = Annotated[int, Bounds(0, 99, constant=True, whole=True)]


@rule(decays="decoupled", weight_decay=0.1, whole=True)
def muon(
    p: Array,
    g: Array,
    m: Array,
    *,
    lr: float = 1e-3,
    momentum: float = 0.95,
    a: float = 3.4445,
    b: float = -4.775,
    c: float = 2.0315,
    eps: float = 1e-7,
    ns_steps: int = 5,
    nesterov: bool = True,
    match_rms_adamw: bool = False,
) -> None:
    """Take a step of `Muon`.

    Parameters
    ----------
    match_rms_adamw : bool
        The second of the two scales, in place of the first.

    Examples
    --------
    >>> p, m = np.zeros((2, 2)), np.zeros((2, 2))
    >>> muon(p, np.array([[5.0, 0.0], [0.0, 0.5]]), m, lr=1.0, a=1.5, b=-0.5, c=0.0, ns_steps=20)
    >>> p.round(6)
    array([[-1.,  0.],
           [ 0., -1.]])
    """
    rows, columns = p.shape
    m[...] = fade(momentum * m + (1 - momentum) * g)
    u = momentum * m + (1 - momentum) * g if nesterov else m
    x = u.T if rows > columns else u

    x = x / max(math.sqrt(total(norm_square(u))), eps, float(np.finfo(p.dtype).tiny))
    for _ in range(int(ns_steps)):
        gram = product(x, x.T)
        x = a * x + product(b * gram + c * product(gram, gram), x)

    scale = 0.2 * math.sqrt(max(rows, columns)) if match_rms_adamw else math.sqrt(max(1.0, rows / columns))
    p[...] = p - (lr * scale) * (x.T if rows > columns else x)


@optimizer("muon")
class Muon(Optimizer):
    r"""Muon: momentum made orthogonal, so that all directions of a matrix move by about as much.

    .. math::
        m &\leftarrow \mu m + (1 - \mu) g, \qquad
            u = m \quad\text{or, with `nesterov`,}\quad u = \mu m + (1 - \mu) g \\
        X &\leftarrow u / \max(\lVert u \rVert, \epsilon) \\
        X &\leftarrow a X + (b A + c A^2) X, \quad A = X X^\top, \qquad k \text{ times} \\
        p &\leftarrow p - \eta \sqrt{\max(1, m / n)}\, X \qquad\text{or}\qquad
            p \leftarrow p - 0.2\, \eta \sqrt{\max(m, n)}\, X

    for :math:`p` of :math:`m` rows and :math:`n` columns. The iteration of Newton and Schulz brings the
    singular values of :math:`X` near 1: with the defaults to between about 0.7 and 1.2.

    For matrices alone: what is no matrix, and embeddings, are better off with an `AdamW` of their own. The
    products are computed in the dtype of the parameter; torch computes them in bfloat16, so that its steps
    are these to within a hundredth.

    Parameters
    ----------
    weight_decay : float or schedule
        :math:`\lambda \ge 0`: decoupled, :math:`p \leftarrow (1 - \eta \lambda)\, p` first.
    momentum : float or schedule
        :math:`\mu \in [0, 1)`.
    nesterov : bool
        Nesterov's momentum.
    ns_coefficients : three floats or schedules
        :math:`a, b, c`.
    ns_steps : int
        :math:`k`, 99 at most.
    adjust_lr_fn : {"original", "match_rms_adamw"}, optional
        The scale of the step: the first, which is the default, or the second, with which learning rates are
        about those of AdamW.

    References
    ----------
    Jordan, Jin, Boza, You, Cesista, Newhouse and Bernstein, Muon: an optimizer for hidden layers in neural
    networks, 2024; the second scale: Liu et al., Muon is scalable for LLM training, 2025.

    Examples
    --------
    >>> import numpy as np
    >>> W = np.zeros((2, 3))
    >>> opt = Muon(W, lr=0.5)
    >>> opt.step(np.array([[100.0, 0.0, 0.0], [0.0, 1.0, 0.0]]))
    >>> W.round(2)
    array([[-0.35,  0.  ,  0.  ],
           [ 0.  , -0.35,  0.  ]])
    """

    lr: NonNegative = 1e-3
    weight_decay: NonNegative = 0.1
    momentum: Decay = 0.95
    nesterov: bool = True
    ns_coefficients: Coefficients = (3.4445, -4.775, 2.0315)
    eps: Epsilon = 1e-7
    ns_steps: Iterations = 5
    adjust_lr_fn: Literal["original", "match_rms_adamw", None] = None
    _: KW_ONLY
    maximize: bool = False

    @property
    def match_rms_adamw(self) -> bool:
        """Whether the step has the second scale."""
        return self.adjust_lr_fn == "match_rms_adamw"
