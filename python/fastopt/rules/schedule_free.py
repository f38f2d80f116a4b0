"""Schedule-free learning: a mean of the points on the way, in place of a learning rate that falls."""

from __future__ import annotations  # so that help() shows the annotations as they stand here

import math
from abc import abstractmethod
from dataclasses import KW_ONLY
from typing import Annotated

import numpy as np

from fastopt._common.bounds import Bounds, Epsilon, NonNegative
from fastopt.rules.averages import Averaging
from fastopt.rules.fields import optimizer
from fastopt.rules.formulas import Array, fade, fade_square, floored, power, rule, square

__all__ = ["ScheduleFreeAdamW", "ScheduleFreeSGD", "schedule_free_adamw", "schedule_free_sgd"]

INSIDE = Bounds(0, 1, above=True, below=True, constant=True)
"""The share that y has of x: x is found from y and z only if it is neither of the ends."""

Momentum = Annotated[float, INSIDE]
FixedDecays = Annotated[tuple[float, float], Bounds(0, 1, below=True, constant=True, count=2)]


@rule(decays="own")
def schedule_free_sgd(
    p: Array,
    g: Array,
    z: Array,
    lr_max: Array,
    weight_sum: Array,
    *,
    step: int = 1,
    lr: float = 1.0,
    momentum: float = 0.9,
    weight_decay: float = 0.0,
    warmup_steps: float = 0.0,
    r: float = 0.0,
    weight_lr_power: float = 2.0,
) -> None:
    r"""Take a step of `ScheduleFreeSGD`.

    Parameters
    ----------
    weight_decay : float
        :math:`\lambda \ge 0`: a term :math:`\lambda y` beside the gradient.

    Examples
    --------
    >>> p, z, lr_max, weight_sum = np.array([1.0]), np.array([1.0]), np.zeros(1), np.zeros(1)
    >>> schedule_free_sgd(p, np.array([1.0]), z, lr_max, weight_sum, lr=0.5, momentum=0.5)
    >>> schedule_free_sgd(p, np.array([0.0]), z, lr_max, weight_sum, lr=0.5, momentum=0.5)
    >>> p, z, weight_sum
    (array([0.5]), array([0.5]), array([0.5]))
    """
    lr = warmed_up(lr, step, warmup_steps)
    c = share(step, lr, r, weight_lr_power, lr_max, weight_sum)
    walk(p, z, g, lr, momentum, c, weight_decay)


@rule(decays="own")
def schedule_free_adamw(
    p: Array,
    g: Array,
    z: Array,
    v: Array,
    lr_max: Array,
    weight_sum: Array,
    *,
    step: int = 1,
    lr: float = 2.5e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    warmup_steps: float = 0.0,
    r: float = 0.0,
    weight_lr_power: float = 2.0,
) -> None:
    r"""Take a step of `ScheduleFreeAdamW`.

    Parameters
    ----------
    weight_decay : float
        :math:`\lambda \ge 0`: a term :math:`\lambda y` beside the normalised gradient.

    Examples
    --------
    >>> p, z, v, lr_max, weight_sum = np.array([1.0]), np.array([1.0]), np.zeros(1), np.zeros(1), np.zeros(1)
    >>> schedule_free_adamw(p, np.array([1e3]), z, v, lr_max, weight_sum, lr=0.5, beta1=0.5)
    >>> p.round(6), z.round(6), v.round(6)
    (array([0.5]), array([0.5]), array([1000.]))
    """
    lr = warmed_up(lr, step, warmup_steps)
    c = share(step, lr, r, weight_lr_power, lr_max, weight_sum)
    v[...] = fade_square(beta2 * v + (1 - beta2) * square(g, 1 - beta2))
    root = 1 / math.sqrt(1 - beta2**step)
    walk(p, z, g / (np.sqrt(floored(v)) * root + eps), lr, beta1, c, weight_decay)


def walk(y: Array, z: Array, d: Array, lr: float, beta: float, c: float, weight_decay: float) -> None:
    """Move y and z along d, and y towards z as far as x does that it looks back to."""
    if weight_decay != 0:
        d = d + fade(weight_decay * y)
    y[...] = y + fade(c * (z - y)) - lr * (1 - beta * (1 - c)) * d
    z[...] = z - lr * d


def warmed_up(lr: float, step: int, warmup_steps: float) -> float:
    """Return the learning rate of a step, which grows evenly at first."""
    return lr * (step / warmup_steps) if step <= warmup_steps else lr


def share(step: int, lr: float, r: float, weight_lr_power: float, lr_max: Array, weight_sum: Array) -> float:
    """Return the part of z in the mean x: its weight among those of all steps, which are summed here."""
    lr_max[...] = np.maximum(lr_max, lr)
    weight = power(step, r) * power(lr_max.item(), weight_lr_power)
    weight_sum[...] = weight_sum + weight
    return weight / weight_sum.item() if weight_sum.item() != 0 else 0.0


class ScheduleFree(Averaging):
    """What both share: the average x, which no array holds."""

    _library = "schedulefree"
    _start_at_p = ("z",)

    @property
    @abstractmethod
    def _beta(self) -> float:
        """The share of x in y."""

    def _averages(self) -> list[Array]:
        weight = 1 - 1 / self._beta
        ys = (np.asarray(p) for p in self._flat)
        with np.errstate(all="ignore"):
            return [y + weight * (z - y) for y, z in zip(ys, self._slots["z"], strict=True)]


@optimizer("schedule_free_sgd")
class ScheduleFreeSGD(ScheduleFree):
    r"""Schedule-free gradient descent: it need not know beforehand when it is to end.

    .. math::
        y &= (1 - \beta)\, z + \beta x & &\text{the parameter, at which } g \text{ is taken} \\
        z &\leftarrow z - \eta_t\, (g + \lambda y) \\
        x &\leftarrow (1 - c_t)\, x + c_t z, & c_t &= w_t \big/ \sum_{i \le t} w_i, \quad
            w_t = t^r \bigl(\max_{i \le t} \eta_i\bigr)^{q}

    The arrays of `params` hold :math:`y`; `averaged` and `averages_in_place` give :math:`x`, which is what to
    evaluate and to keep. :math:`z` starts at the parameter as it is when the optimizer is made.

    Parameters
    ----------
    lr : float or schedule
        :math:`\eta \ge 0`, larger than that of `SGD` with a schedule; :math:`\eta_t = \eta` after the warmup.
    momentum : float
        :math:`\beta \in (0, 1)`.
    weight_decay : float or schedule
        :math:`\lambda \ge 0`, at :math:`y`.
    warmup_steps : float or schedule
        So many steps :math:`\eta_t` grows evenly.
    r, weight_lr_power : float or schedule
        The powers :math:`r, q \ge 0` in the weights of the mean.

    References
    ----------
    Defazio, Yang, Mehta, Mishchenko, Khaled and Cutkosky, The road less scheduled, 2024; the weights
    as their package schedulefree has them.

    Examples
    --------
    >>> import numpy as np
    >>> w = np.array([1.0])
    >>> opt = ScheduleFreeSGD(w, lr=0.5, momentum=0.5)
    >>> for _ in range(2):
    ...     opt.step(np.array([1.0]))
    >>> w, opt.state["z"], opt.averaged()
    (array([0.125]), array([0.]), array([0.25]))
    """

    lr: NonNegative = 1.0
    momentum: Momentum = 0.9
    weight_decay: NonNegative = 0.0
    warmup_steps: NonNegative = 0.0
    r: NonNegative = 0.0
    weight_lr_power: NonNegative = 2.0
    _: KW_ONLY
    maximize: bool = False

    _pace = (1.0, "lr")

    @property
    def _beta(self) -> float:
        return self.momentum


@optimizer("schedule_free_adamw")
class ScheduleFreeAdamW(ScheduleFree):
    r"""Schedule-free AdamW: it need not know beforehand when it is to end.

    .. math::
        v &\leftarrow \beta_2 v + (1 - \beta_2)\, g^2, \qquad \hat v = v / (1 - \beta_2^t) \\
        z &\leftarrow z - \eta_t \bigl(g / (\sqrt{\hat v} + \epsilon) + \lambda y\bigr)

    with :math:`y`, :math:`x` and :math:`\eta_t` as in `ScheduleFreeSGD` for :math:`\beta = \beta_1`: the
    arrays of `params` hold :math:`y`; `averaged` and `averages_in_place` give :math:`x`, what to evaluate.

    Parameters
    ----------
    lr : float or schedule
        :math:`\eta \ge 0`, some 1 to 10 times that of `AdamW` with a schedule.
    betas : pair of floats
        :math:`\beta_1 \in (0, 1), \beta_2 \in [0, 1)`.
    weight_decay : float or schedule
        :math:`\lambda \ge 0`, at :math:`y`.
    warmup_steps, r, weight_lr_power
        As in `ScheduleFreeSGD`.

    References
    ----------
    Defazio, Yang, Mehta, Mishchenko, Khaled and Cutkosky, The road less scheduled, 2024, Algorithm 1; the
    weights as their package schedulefree has them.

    Examples
    --------
    >>> import numpy as np
    >>> w = np.array([1.0])
    >>> opt = ScheduleFreeAdamW(w, lr=0.5)
    >>> opt.step(np.array([3.0]))
    >>> with opt.averages_in_place():
    ...     print(w.round(4))
    [0.5]
    """

    lr: NonNegative = 2.5e-3
    betas: FixedDecays = (0.9, 0.999)
    eps: Epsilon = 1e-8
    weight_decay: NonNegative = 0.0
    warmup_steps: NonNegative = 0.0
    r: NonNegative = 0.0
    weight_lr_power: NonNegative = 2.0
    _: KW_ONLY
    maximize: bool = False

    def _choose_rule(self) -> str:
        INSIDE.check("betas[0]", self.betas[0])
        return "schedule_free_adamw"

    @property
    def _beta(self) -> float:
        return self.betas[0]
