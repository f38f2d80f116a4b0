"""Decays: constant, in steps, and along a curve that falls once."""

import math
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from fastopt._common.bounds import whole

from .base import Schedule
from .fields import Count, NonNegative, Positive, optional, rising
from .formulas import decayed, mix, ratio


@dataclass(frozen=True, repr=False)
class constant(Schedule):
    r"""The same value at every step.

    .. math:: a_t = a_0

    A bare number does the same in an optimizer, in `warmup` and in `join`.

    Parameters
    ----------
    value : float
        :math:`a_0 \ge 0`.

    Raises
    ------
    TypeError, ValueError
        If a field is not as above.

    References
    ----------
    ``optax.constant_schedule``.

    Examples
    --------
    >>> constant(0.1)(1000)
    0.1
    """

    value: NonNegative

    def _at(self, t: int) -> float:
        return self.value


@dataclass(frozen=True, repr=False)
class step_decay(Schedule):
    r"""Multiplication by a factor, every so many steps or at given ones.

    .. math:: a_t = a_0\, \gamma^{\lfloor t / P \rfloor}
        \qquad\text{or}\qquad a_t = a_0\, \gamma^{|\{m \in M : m \le t\}|}

    The value changes *at* the milestone: step ``m`` is the first with the new one.

    Parameters
    ----------
    start : float
        :math:`a_0 \ge 0`, the value at step 0.
    period : int, optional
        :math:`P \ge 1`.
    milestones : sequence of int, optional
        :math:`M`, increasing, from 1 on. Either this or `period`.
    factor : float
        :math:`\gamma \ge 0`.

    Raises
    ------
    TypeError, ValueError
        If a field is not as above.

    References
    ----------
    He, Zhang, Ren and Sun, Deep residual learning for image recognition, 2016: 0.1 after 30, 60 and 90
    epochs. As torch's ``StepLR`` and ``MultiStepLR`` and optax's ``piecewise_constant_schedule``;
    Keras' ``PiecewiseConstantDecay`` changes one step later.

    Examples
    --------
    >>> lr = step_decay(0.5, milestones=(30, 60, 90), factor=0.5)
    >>> lr(0), lr(29), lr(30), lr(90)
    (0.5, 0.5, 0.25, 0.0625)
    """

    start: NonNegative
    period: Annotated[int | None, partial(optional, partial(whole, 1))] = None
    milestones: Annotated[Iterable[int] | None, partial(optional, rising)] = None
    factor: NonNegative = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.period is None) == (self.milestones is None):
            raise ValueError(
                f"step_decay: expected either period or milestones, "
                f"got period={self.period!r}, milestones={self.milestones!r}"
            )

    def _at(self, t: int) -> float:
        drops = t // self.period if self.period is not None else bisect_right(self._milestones, t)
        return decayed(self.start, self.factor, ratio(drops, 1))

    @property
    def _milestones(self) -> tuple[int, ...]:
        assert isinstance(self.milestones, tuple)  # so stored by its check
        return self.milestones

    @property
    def _span(self) -> int:
        if self.period is not None:
            return 4 * self.period
        return 4 * max(self._milestones, default=75) // 3 + 1


@dataclass(frozen=True, repr=False)
class exponential(Schedule):
    r"""Exponential decay.

    .. math:: a_t = a_0\, \gamma^{t / P}

    A factor above 1 grows, without limit; :math:`a_0 e^{-k t}` has the factor ``math.exp(-k)``.

    Parameters
    ----------
    start : float
        :math:`a_0 \ge 0`, the value at step 0.
    factor : float
        :math:`\gamma \ge 0`.
    period : int
        :math:`P \ge 1`, the steps over which the value is multiplied by `factor` once.

    Raises
    ------
    TypeError, ValueError
        If a field is not as above.

    References
    ----------
    torch's ``ExponentialLR`` is the one with ``period=1``; optax's ``exponential_decay`` calls the period
    ``transition_steps``, and its staircase is `step_decay`.

    Examples
    --------
    >>> lr = exponential(0.5, 0.25, period=10)
    >>> lr(0), lr(5), lr(10)
    (0.5, 0.25, 0.125)
    """

    start: NonNegative
    factor: NonNegative
    period: Count = 1

    def _at(self, t: int) -> float:
        return decayed(self.start, self.factor, ratio(t, self.period))

    @property
    def _span(self) -> int:
        """Until a hundredth is left."""
        if not 0 < self.factor < 1:
            return 5 * self.period + 1
        return self.period * math.ceil(math.log(0.01) / math.log(self.factor)) + 1


@dataclass(frozen=True, repr=False)
class linear(Schedule):
    r"""A straight line.

    .. math:: a_t = a_0\, (1 - t / T) \quad\text{or, to an end,}\quad
        a_t = e + (a_0 - e)(1 - t / T), \qquad t \le T,

    and :math:`a_t = e` past :math:`T`. It falls or rises.

    Parameters
    ----------
    start : float
        :math:`a_0 \ge 0`, the value at step 0.
    steps : int
        :math:`T \ge 1`: step `T` is the first with the value `end`.
    end : float
        :math:`e \ge 0`.

    Raises
    ------
    TypeError, ValueError
        If a field is not as above.

    References
    ----------
    torch's ``LinearLR`` takes two factors of the learning rate in place of its ends, 1/3 and 1 by default.
    ``optax.linear_schedule`` is the same.

    Examples
    --------
    >>> lr = linear(0.5, 4)
    >>> [lr(t) for t in range(6)]
    [0.5, 0.375, 0.25, 0.125, 0.0, 0.0]
    """

    start: NonNegative
    steps: Count
    end: NonNegative = 0.0

    def _at(self, t: int) -> float:
        return mix(self.start, self.end, 1 - min(t, self.steps) / self.steps)

    @property
    def _span(self) -> int:
        return self.steps + 1


@dataclass(frozen=True, repr=False)
class polynomial(Schedule):
    r"""A power of the straight line.

    .. math:: a_t = e + (a_0 - e)(1 - t / T)^k, \qquad t \le T,

    and :math:`a_t = e` past :math:`T`.

    Parameters
    ----------
    start : float
        :math:`a_0 \ge 0`, the value at step 0.
    steps : int
        :math:`T \ge 1`: step `T` is the first with the value `end`.
    power : float
        :math:`k > 0`; 1 is `linear`.
    end : float
        :math:`e \ge 0`.

    Raises
    ------
    TypeError, ValueError
        If a field is not as above.

    References
    ----------
    Chen, Papandreou, Kokkinos, Murphy and Yuille, DeepLab, 2017: power 0.9. torch's ``PolynomialLR`` is the
    same with ``end=0``; so is ``optax.polynomial_schedule``.

    Examples
    --------
    >>> lr = polynomial(0.5, 4, power=2)
    >>> [lr(t) for t in range(6)]
    [0.5, 0.28125, 0.125, 0.03125, 0.0, 0.0]
    """

    start: NonNegative
    steps: Count
    power: Positive = 1.0
    end: NonNegative = 0.0

    def _at(self, t: int) -> float:
        return mix(self.start, self.end, (1 - min(t, self.steps) / self.steps) ** self.power)

    @property
    def _span(self) -> int:
        return self.steps + 1


@dataclass(frozen=True, repr=False)
class inverse_sqrt(Schedule):
    r"""Decay with the root of the step.

    .. math:: a_t = \frac{a_0}{\sqrt{t}}, \qquad t \ge 1, \quad\text{or, after a hold of } h
        \text{ steps,}\quad a_t = a_0 \sqrt{h / \max(t, h)}

    and :math:`a_0` at :math:`t = 0`, where the root has a pole. It never ends.

    Parameters
    ----------
    start : float
        :math:`a_0 \ge 0`, the value up to step `hold`.
    hold : int
        :math:`h \ge 1`.

    Raises
    ------
    TypeError, ValueError
        If a field is not as above.

    References
    ----------
    Vaswani et al., Attention is all you need, 2017, eq. 3, is
    ``warmup(inverse_sqrt(d**-0.5 * h**-0.5, hold=h), h, overlap=True)``, their steps counted from 1. So,
    with a peak of one's own, is ``get_inverse_sqrt_schedule`` of Hugging Face. Not in torch, nor in optax.

    Examples
    --------
    >>> lr = inverse_sqrt(0.5)
    >>> [lr(t) for t in (0, 1, 4, 100)]
    [0.5, 0.5, 0.25, 0.05]
    """

    start: NonNegative
    hold: Count = 1

    def _at(self, t: int) -> float:
        return self.start * math.sqrt(self.hold / max(t, self.hold))

    @property
    def _span(self) -> int:
        return max(10 * self.hold, 100)


@dataclass(frozen=True, repr=False)
class inverse_time(Schedule):
    r"""Decay with the inverse of the step.

    .. math:: a_t = \frac{a_0}{1 + k\, t / P}

    It never ends.

    Parameters
    ----------
    start : float
        :math:`a_0 \ge 0`, the value at step 0.
    rate : float
        :math:`k \ge 0`.
    period : int
        :math:`P \ge 1`, the steps that `rate` is for.

    Raises
    ------
    TypeError, ValueError
        If a field is not as above.

    References
    ----------
    Robbins and Monro, A stochastic approximation method, 1951, have steps like these. As Keras'
    ``InverseTimeDecay``, with `rate` its ``decay_rate`` and `period` its ``decay_steps``; `lr_decay` of
    `fastopt.Adagrad` is the same with `period` 1. Not in torch, nor in optax.

    Examples
    --------
    >>> lr = inverse_time(0.5, rate=1, period=10)
    >>> lr(0), lr(10), lr(30)
    (0.5, 0.25, 0.125)
    """

    start: NonNegative
    rate: NonNegative
    period: Count = 1

    def _at(self, t: int) -> float:
        return self.start / (1 + self.rate * ratio(t, self.period)) if self.rate else self.start

    @property
    def _span(self) -> int:
        """Until a tenth is left."""
        return math.ceil(min(9 / self.rate, 1e6)) * self.period + 1 if self.rate else 100
