"""Follow the regularised leader."""

from __future__ import annotations  # so that help() shows the annotations as they stand here

from dataclasses import KW_ONLY
from typing import Annotated

import numpy as np

from fastopt._common.bounds import Bounds, NonNegative, Start
from fastopt.rules.fields import optimizer
from fastopt.rules.formulas import Array, floored, rule, square
from fastopt.rules.optimizer import Optimizer

__all__ = ["FTRL", "ftrl", "ftrl_fixed"]

Rate = Annotated[float, Bounds(0, above=True, constant=True)]
Power = Annotated[float, Bounds(-0.5, 0, constant=True)]


@rule(decays="own")
def ftrl(
    p: Array,
    g: Array,
    n: Array,
    z: Array,
    *,
    lr: float = 1e-3,
    l1: float = 0.0,
    l2: float = 0.0,
    beta: float = 0.0,
) -> None:
    r"""Follow the regularised leader, with a learning rate that falls for each coordinate by itself.

    .. math::
        \sigma &= (\sqrt{n + g^2} - \sqrt{n}) / \eta, \qquad n \leftarrow n + g^2 \\
        z &\leftarrow z + g - \sigma p \\
        p &\leftarrow \frac{\operatorname{clip}(z, -\lambda_1, \lambda_1) - z}
            {(\beta + \sqrt{n}) / \eta + 2 \lambda_2}

    Examples
    --------
    >>> p, n, z = np.array([1.0]), np.array([9.0]), np.array([-3.0])
    >>> ftrl(p, np.array([4.0]), n, z, lr=1.0)
    >>> p, n, z
    (array([0.2]), array([25.]), array([-1.]))
    """
    sigma = (np.sqrt(n + square(g, 1)) - np.sqrt(n)) * (1 / lr)
    n[...] = n + square(g, 1)
    z[...] = z + (g - sigma * p)
    p[...] = leader(z, np.sqrt(floored(n)) * (1 / lr) + (beta / lr + 2 * l2), l1)


@rule(decays="own")
def ftrl_fixed(
    p: Array,
    g: Array,
    z: Array,
    *,
    lr: float = 1e-3,
    l1: float = 0.0,
    l2: float = 0.0,
    beta: float = 0.0,
) -> None:
    r"""Follow the regularised leader, with a learning rate that is fixed: dual averaging.

    .. math::
        z &\leftarrow z + g \\
        p &\leftarrow \frac{\operatorname{clip}(z, -\lambda_1, \lambda_1) - z}
            {(\beta + 1) / \eta + 2 \lambda_2}

    Examples
    --------
    >>> p, z = np.array([1.0]), np.array([-3.0])
    >>> ftrl_fixed(p, np.array([1.0]), z, lr=0.5, l1=1.0)
    >>> p, z
    (array([0.5]), array([-2.]))
    """
    z[...] = z + g
    p[...] = leader(z, 1 / lr + (beta / lr + 2 * l2), l1)


def leader(z: Array, q: Array | float, l1: float) -> Array:
    """Return the point at which ``z p + q/2 p^2 + l1 |p|`` is least."""
    return (np.minimum(np.maximum(z, -l1), l1) - z) / q


@optimizer("ftrl", "ftrl_fixed")
class FTRL(Optimizer):
    r"""Follow the regularised leader (FTRL-Proximal): sparse weights, exactly 0 where the evidence is thin.

    .. math::
        \sigma &= (\sqrt{n + g^2} - \sqrt{n}) / \eta, \qquad n \leftarrow n + g^2 \\
        z &\leftarrow z + g - \sigma p \\
        p &\leftarrow \begin{cases} 0 & \text{if } |z| \le \lambda_1 \\
            \displaystyle -\frac{z - \operatorname{sign}(z)\, \lambda_1}
                {(\beta + \sqrt{n}) / \eta + 2 \lambda_2} & \text{else} \end{cases}

    The parameter is made anew in each step, of :math:`n` and :math:`z` alone: one that starts elsewhere than
    at 0 is drawn there by `initial_accumulator_value`, at once where it has no gradient.

    Parameters
    ----------
    lr : float
        :math:`\eta > 0`. Of a schedule :math:`z` would know nothing, and a fall would draw all weights to 0.
    lr_power : float
        -0.5 for the roots above; 0 for 1 in their place, a learning rate that stays. Keras takes other powers
        too; these are the two that are the same bits on every machine.
    initial_accumulator_value : float
        Where :math:`n` starts.
    l1, l2 : float or schedule
        :math:`\lambda_1, \lambda_2 \ge 0`: the strengths of :math:`\lvert p \rvert` and of :math:`p^2`.
    beta : float or schedule
        :math:`\beta \ge 0`, which shortens the first steps.

    References
    ----------
    McMahan et al., Ad click prediction: a view from the trenches, 2013, Algorithm 1; names, defaults and the
    factor of `l2` as Keras has them.

    Examples
    --------
    >>> import numpy as np
    >>> w = np.zeros(3)
    >>> opt = FTRL(w, lr=1.0, l1=1.0)
    >>> for _ in range(3):
    ...     opt.step(np.array([-2.0, 0.3, 0.0]))
    >>> w.round(2)
    array([1.77, 0.  , 0.  ])
    """

    lr: Rate = 1e-3
    lr_power: Power = -0.5
    initial_accumulator_value: Start = 0.1
    l1: NonNegative = 0.0
    l2: NonNegative = 0.0
    beta: NonNegative = 0.0
    _: KW_ONLY
    maximize: bool = False

    _library = "keras"

    def _choose_rule(self) -> str:
        if self.lr_power not in (-0.5, 0):
            raise ValueError(f"lr_power: expected -0.5 or 0, got {self.lr_power!r}")
        return "ftrl" if self.lr_power else "ftrl_fixed"

    def _start(self, name: str) -> float:
        return self.initial_accumulator_value if name == "n" else 0.0
