"""What comes again: triangles, and the cosine with restarts."""

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from functools import partial
from typing import Annotated, Literal

from fastopt._common.bounds import whole

from .base import Schedule
from .fields import Count, Fraction, NonNegative, function, optional
from .formulas import decayed, half_wave, mix, ratio


@dataclass(frozen=True, repr=False)
class cyclic(Schedule):
    r"""Up to a peak and down again along straight lines, over and over.

    .. math:: a_t = a_0 + s_t\, (p - a_0)\, \min\left(\frac{x}{U}, \frac{U + D - x}{D}\right),
        \qquad x = t \bmod (U + D)

    with the scale :math:`s_t` of the `mode`: 1 ("triangular"), :math:`2^{-c}` in cycle :math:`c`, 0 first
    ("triangular2"), or :math:`\gamma^t` ("exp_range"). It never ends.

    Parameters
    ----------
    start : float
        :math:`a_0 \ge 0`, the value at step 0 and between cycles.
    peak : float
        :math:`p \ge 0`, what the first cycle reaches; below `start` the cycle goes down and up again.
    steps_up : int
        :math:`U \ge 1`, the steps from `start` to `peak`.
    steps_down : int, optional
        :math:`D \ge 1`, those back; as many as up if None.
    mode : {"triangular", "triangular2", "exp_range"}
        Whether cycles stay as high, are halved each time, or decay with the step.
    gamma : float
        :math:`\gamma \in [0, 1]`, of "exp_range".
    scale_fn : callable, optional
        A scale of one's own in place of that of the `mode`, which is ignored then. It is to return numbers
        in [0, 1].
    scale_mode : {"cycle", "iterations"}
        What `scale_fn` is given: the number of the cycle, 1 first, or the step.

    Raises
    ------
    TypeError, ValueError
        If a field is not as above.

    Notes
    -----
    torch's ``CyclicLR`` calls the first four ``base_lr``, ``max_lr``, ``step_size_up`` and
    ``step_size_down``. It cycles momentum the other way; here that is a schedule of its own,
    ``cyclic(0.9, 0.8, steps_up)`` with its defaults.

    References
    ----------
    Smith, Cyclical learning rates for training neural networks, 2017.

    Examples
    --------
    >>> lr = cyclic(0.1, 0.5, steps_up=2, mode="triangular2")
    >>> [round(lr(t), 2) for t in range(9)]
    [0.1, 0.3, 0.5, 0.3, 0.1, 0.2, 0.3, 0.2, 0.1]
    >>> momentum = cyclic(0.9, 0.8, steps_up=2)
    >>> [round(momentum(t), 2) for t in range(5)]
    [0.9, 0.85, 0.8, 0.85, 0.9]
    """

    start: NonNegative
    peak: NonNegative
    steps_up: Count
    steps_down: Annotated[int | None, partial(optional, partial(whole, 1))] = None
    _: KW_ONLY
    mode: Literal["triangular", "triangular2", "exp_range"] = "triangular"
    gamma: Fraction = 1.0
    scale_fn: Annotated[Callable[[int], float] | None, partial(optional, function)] = None
    scale_mode: Literal["cycle", "iterations"] = "cycle"

    def _at(self, t: int) -> float:
        up, down = self.steps_up, self.steps_down or self.steps_up
        cycle, x = divmod(t, up + down)
        height = x / up if x <= up else (up + down - x) / down
        return mix(self.peak, self.start, height * self._scale(cycle, t))

    def _scale(self, cycle: int, t: int) -> float:
        if self.scale_fn is not None:
            return float(self.scale_fn(t if self.scale_mode == "iterations" else cycle + 1))
        if self.mode == "triangular2":
            return decayed(1.0, 0.5, ratio(cycle, 1))
        return decayed(1.0, self.gamma, ratio(t, 1)) if self.mode == "exp_range" else 1.0

    @property
    def _span(self) -> int:
        """Three cycles."""
        return 3 * (self.steps_up + (self.steps_down or self.steps_up)) + 1


@dataclass(frozen=True, repr=False)
class cosine_restarts(Schedule):
    r"""The cosine again and again, each time over a longer period, or from less high.

    .. math:: a_t = e + m^i\, \frac{a_0 - e}{2} \left(1 + \cos\frac{\pi (t - s_i)}{P g^i}\right),
        \qquad s_i = P \sum_{j < i} g^j \le t < s_{i + 1}.

    Cycle :math:`i`, 0 first, starts *at* :math:`s_i` with :math:`e + m^i (a_0 - e)`, so the end itself is
    approached and not reached. It never ends.

    Parameters
    ----------
    start : float
        :math:`a_0 \ge 0`, the value at step 0, and after each restart if `factor` is 1.
    period : int
        :math:`P \ge 1`, the steps of the first cycle.
    growth : int
        :math:`g \ge 1`, by which a cycle is longer than the one before.
    end : float
        :math:`e \ge 0`.
    factor : float
        :math:`m \in [0, 1]`, by which a cycle is lower than the one before.

    Raises
    ------
    TypeError, ValueError
        If a field is not as above.

    References
    ----------
    Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts, 2017. As torch's
    ``CosineAnnealingWarmRestarts``, with `period` its ``T_0`` and `growth` its ``T_mult``, and as Keras'
    ``CosineDecayRestarts``, with `growth` its ``t_mul`` (2 by default), `factor` its ``m_mul`` and
    ``end / start`` its ``alpha``. optax's ``sgdr_schedule`` takes a list of cycles.

    Examples
    --------
    >>> lr = cosine_restarts(0.5, period=2, growth=2)
    >>> [round(lr(t), 2) for t in range(7)]
    [0.5, 0.25, 0.5, 0.43, 0.25, 0.07, 0.5]
    >>> lr = cosine_restarts(0.5, period=2, factor=0.5)
    >>> [round(lr(t), 4) for t in range(7)]
    [0.5, 0.25, 0.25, 0.125, 0.125, 0.0625, 0.0625]
    """

    start: NonNegative
    period: Count
    growth: Count = 1
    end: NonNegative = 0.0
    factor: Fraction = 1.0

    def _at(self, t: int) -> float:
        length, cycle = self.period, 0
        if self.growth == 1:
            cycle, t = divmod(t, length)
        while t >= length:  # as often as there were restarts, some log t; a logarithm would round
            t -= length
            length *= self.growth
            cycle += 1
        return mix(self.start, self.end, half_wave(t / length) * decayed(1.0, self.factor, ratio(cycle, 1)))

    @property
    def _span(self) -> int:
        return self.period * (1 + self.growth + self.growth**2)
