"""Rules that keep the second moment of a matrix as means over its rows and columns."""

from __future__ import annotations  # so that help() shows the annotations as they stand here

import math
from dataclasses import KW_ONLY
from typing import Annotated

import numpy as np

from fastopt._common.bounds import Bounds, Hyper, NonNegative
from fastopt.rules.fields import optimizer
from fastopt.rules.formulas import (
    Array,
    fade,
    fade_square,
    felt,
    floored,
    norm_square,
    rule,
    square,
    total,
    totals,
)
from fastopt.rules.linear_algebra import in_order, normal
from fastopt.rules.optimizer import Optimizer

__all__ = ["Adafactor", "adafactor"]

Exponent = Annotated[Hyper, Bounds(high=0)]
Threshold = Annotated[Hyper, Bounds(1)]
TwoEpsilons = Annotated[
    tuple[Hyper | None, Hyper], Bounds(0, resolved=True, optional=True, count=2, names=("eps1", "eps2"))
]


@rule(decays="own", whole=True)
def adafactor(
    p: Array,
    g: Array,
    row: Array,
    column: Array,
    v: Array,
    *,
    step: int = 1,
    lr: float = 1e-2,
    beta2_decay: float = -0.8,
    eps1: float | None = None,
    eps2: float = 1e-3,
    d: float = 1.0,
    weight_decay: float = 0.0,
) -> None:
    """Take a step of `Adafactor`.

    Parameters
    ----------
    row, column : ndarray
        State of a parameter of shape (..., m, n), updated in place: of shapes (..., m, 1) and (..., 1, n).
        Without elements, of shape (0,), for a vector.
    v : ndarray
        State of a vector, updated in place: of its shape. Of shape (0,) for all others.
    weight_decay : float
        See `Adafactor`.

    Examples
    --------
    >>> p, row, column, none = np.ones((2, 2)), np.zeros((2, 1)), np.zeros((1, 2)), np.zeros(0)
    >>> adafactor(p, np.array([[1.0, 2.0], [2.0, 4.0]]), row, column, none, lr=0.5)
    >>> p, row, column
    (array([[0.5, 0.5],
           [0.5, 0.5]]), array([[ 2.5],
           [10. ]]), array([[ 2.5, 10. ]]))
    """
    share = step**beta2_decay
    eps = float(np.finfo(p.dtype).eps) if eps1 is None else eps1
    alpha = max(eps2, math.sqrt(total(norm_square(p)) / p.size)) * min(lr, 1 / math.sqrt(step))

    if p.ndim < 2:
        v[...] = fade_square((1 - share) * v + share * square(g, share))
        root = np.sqrt(v)
    else:
        rows, columns = p.shape[-2:]
        _take_in(row, totals(norm_square(g))[..., np.newaxis] / columns, share)
        _take_in(column, _down(norm_square(g))[..., np.newaxis, :] / rows, share)
        mean = totals(row[..., 0])[..., np.newaxis, np.newaxis] / rows
        size = floored(np.sqrt(np.maximum(mean, eps)).astype(p.dtype))
        root = felt(np.sqrt(row) / size, 1) * np.sqrt(column)

    u = g / floored(np.maximum(root, eps))
    rate = alpha / max(1.0, math.sqrt(total(norm_square(u)) / u.size) / d)
    keep = 1 - lr * weight_decay
    p[...] = (p if keep == 1 else fade(keep * p)) - rate * u


def _take_in(mean: Array, of_squares: Array, share: float) -> None:
    """Take the mean of these squares into a mean of squares."""
    mean[...] = fade_square((1 - share) * mean + normal(share * of_squares, mean.dtype))


def _down(terms: Array) -> Array:
    """Add up the columns of matrices: 64 rows in their order, and then these sums."""
    *batch, rows, columns = terms.shape
    beside = [(0, 0)] * len(batch)
    blocks = np.pad(terms, [*beside, (0, -rows % 64), (0, 0)]).reshape(*batch, -1, 64, columns)
    return in_order(in_order(blocks, -2), -2)


@optimizer("adafactor")
class Adafactor(Optimizer):
    r"""Adafactor: Adam's second moment from means over rows and columns, steps relative to the parameter.

    .. math::
        r &\leftarrow \beta_t r + (1 - \beta_t)\, \operatorname{mean}_j g_{ij}^2, \qquad
            c \leftarrow \beta_t c + (1 - \beta_t)\, \operatorname{mean}_i g_{ij}^2, \qquad
            1 - \beta_t = t^\tau \\
        u &= g \Big/ \max\!\left(\sqrt{\frac{r\, c}{\max(\operatorname{mean} r, \epsilon_1)}},\,
            \epsilon_1 \right) \\
        p &\leftarrow (1 - \eta \lambda)\, p - \max(\epsilon_2, \operatorname{RMS}(p))
            \min(\eta, 1 / \sqrt{t})\, u \Big/ \max(1, \operatorname{RMS}(u) / d)

    The state of a matrix of :math:`m` rows and :math:`n` columns has :math:`m + n` numbers, in place of
    :math:`m n`; with more than two axes an array is a batch of matrices, and a vector has the means of its
    squares, :math:`v`, in place of :math:`r\, c / \operatorname{mean} r`. Both RMS are over the whole array.

    Parameters
    ----------
    lr : float or schedule
        :math:`\eta \ge 0`, the largest step relative to the parameter.
    beta2_decay : float or schedule
        :math:`\tau \le 0`.
    eps : pair of floats or schedules
        :math:`\epsilon_1, \epsilon_2 \ge 0`; the first may be None, for the spacing of numbers next to 1 in
        the dtype of the parameter.
    d : float or schedule
        :math:`d \ge 1`, the largest RMS of a direction.
    weight_decay : float or schedule
        :math:`\lambda \ge 0`.

    References
    ----------
    Shazeer and Stern, Adafactor: adaptive learning rates with sublinear memory cost, 2018, Algorithms 4 and
    5, with :math:`\epsilon_1` and :math:`\eta` as torch has them.

    Examples
    --------
    >>> import numpy as np
    >>> W = np.ones((3, 4))
    >>> opt = Adafactor(W, lr=0.1)
    >>> opt.step(np.full((3, 4), 1e-3))
    >>> W[0], opt.state["row"].shape, opt.state["column"].shape
    (array([0.9, 0.9, 0.9, 0.9]), (3, 1), (1, 4))
    """

    lr: NonNegative = 1e-2
    beta2_decay: Exponent = -0.8
    eps: TwoEpsilons = (None, 1e-3)
    d: Threshold = 1.0
    weight_decay: NonNegative = 0.0
    _: KW_ONLY
    maximize: bool = False

    def _choose_rule(self) -> str:
        if self.eps[1] is None:
            raise TypeError("eps[1]: expected a finite number >= 0, got None (NoneType)")
        return "adafactor"
