r"""Schedules: hyperparameters as pure functions of the step.

>>> import fastopt
>>> lr = warmup(cosine(1e-3, 900), 100)
>>> opt = fastopt.AdamW(np.zeros(3), lr=lr, weight_decay=linear(0.1, 1000))

A schedule is a small immutable value. ``schedule(step)`` computes from the step alone, so that a resumed
run needs to restore nothing but the count of the optimizer. Two schedules with the same fields are equal,
they pickle, and their text makes them again. Any hyperparameter of any optimizer takes one; it is asked
for ``schedule(optimizer.steps)`` at each step, 0 first. The unit is that step, one update of the parameters,
and not the epoch: with 500 updates an epoch, "after 30 epochs" is step 15000.

Past its last step a schedule stays where it has arrived. The classes have lower-case names because one uses
them like functions, as `functools.partial`. `ReduceOnPlateau` alone has a state: it is told a metric.
"""

import math
import operator
from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import KW_ONLY, Field, dataclass, field, fields
from functools import partial
from itertools import pairwise
from numbers import Real
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, get_args, get_origin, get_type_hints

import numpy as np

from fastopt.bounds import Bounds, Hyper

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "ReduceOnPlateau",
    "Schedule",
    "constant",
    "cosine",
    "cosine_restarts",
    "exponential",
    "inverse_sqrt",
    "join",
    "linear",
    "linear_scaling",
    "one_cycle",
    "polynomial",
    "step_decay",
    "warmup",
]

Check = Callable[[str, Any], Any]
"""Takes the name of a field and what was given for it; returns what is stored, or raises."""


# What the fields may hold. Wrong types are a TypeError, wrong values a ValueError.


def _whole(low: int, label: str, value: object) -> int:
    try:
        n = None if isinstance(value, bool) else operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        n = None
    if n is None:
        raise TypeError(f"{label}: expected a whole number >= {low}, got {value!r} ({type(value).__name__})")
    if n < low:
        raise ValueError(f"{label}: expected a whole number >= {low}, got {n}")
    return n


def _positive(label: str, value: object) -> float:
    x = _number(label, value, "a finite number > 0")
    if not 0 < x < math.inf:
        raise ValueError(f"{label}: expected a finite number > 0, got {value!r}")
    return x


def _number(label: str, value: object, expected: str) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{label}: expected {expected}, got {value!r} ({type(value).__name__})")
    return float(value)


def _choice(choices: tuple[object, ...], label: str, value: object) -> object:
    if not any(value == choice and type(value) is type(choice) for choice in choices):
        raise ValueError(f"{label}: expected one of {', '.join(map(repr, choices))}, got {value!r}")
    return value


def _many(check: Check, label: str, values: object) -> tuple[Any, ...]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise TypeError(f"{label}: expected a sequence, got {values!r} ({type(values).__name__})")
    return tuple(check(f"{label}[{k}]", value) for k, value in enumerate(values))


def _rising(label: str, values: object) -> tuple[int, ...]:
    """Check steps at which something changes: each later than the one before, and none at the start."""
    steps = _many(partial(_whole, 1), label, values)
    for k, (before, step) in enumerate(pairwise(steps), 1):
        if step <= before:
            raise ValueError(f"{label}[{k}]: expected a whole number > {before}, got {step}")
    return steps


def _scheduled(label: str, value: object) -> Hyper:
    if callable(value):
        return value
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(
            f"{label}: expected a function of the step or a number, got {value!r} ({type(value).__name__})"
        )
    return Bounds(0).check(label, value)


def _optional(check: Check, label: str, value: object) -> object:
    return None if value is None else check(label, value)


NonNegative = Annotated[float, Bounds(0).check]
Positive = Annotated[float, _positive]
Fraction = Annotated[float, Bounds(0, 1).check]
Whole = Annotated[int, partial(_whole, 0)]
Count = Annotated[int, partial(_whole, 1)]
Scheduled = Annotated[Hyper, _scheduled]


def _check_of(hint: object) -> Check:
    """Find the check of a field in its type: annotated, or a choice, or none."""
    if get_origin(hint) is Annotated:
        check: Check = hint.__metadata__[0]  # type: ignore[attr-defined]
        return check
    if hint is bool or get_origin(hint) is Literal:
        return partial(_choice, get_args(hint) or (True, False))
    return lambda _, value: value


class Schedule(ABC):
    """What all schedules share. Not to be instantiated: use one of its subclasses, or write one.

    A subclass is a frozen dataclass of checked fields and a formula, `_at`.

    Examples
    --------
    >>> isinstance(cosine(0.1, 100), Schedule)
    True
    """

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    def __post_init__(self) -> None:
        hints = get_type_hints(type(self), include_extras=True)
        for f in fields(self):
            if f.init:  # around the lock of a frozen dataclass
                object.__setattr__(self, f.name, _check_of(hints[f.name])(f.name, getattr(self, f.name)))

    def __call__(self, step: int) -> float:
        """Return the value at a step.

        Parameters
        ----------
        step : int
            The number of completed steps, 0 first; any integer type.

        Raises
        ------
        TypeError
            If it is not a whole number.
        ValueError
            If it is negative.
        """
        return self._at(step if type(step) is int and step >= 0 else _whole(0, "step", step))

    def __repr__(self) -> str:
        given = (
            f"{f.name}={getattr(self, f.name)!r}"
            for f in fields(self)
            if f.init and getattr(self, f.name) != f.default
        )
        return f"{type(self).__name__}({', '.join(given)})"

    def plot(self, steps: int | None = None, ax: "Axes | None" = None) -> "Axes":
        """Draw the schedule against the step.

        Parameters
        ----------
        steps : int, optional
            How many steps, from 0; by default as many as show the schedule whole.
        ax : matplotlib.axes.Axes, optional
            Where to; by default into a new figure.

        Returns
        -------
        matplotlib.axes.Axes
            The axes.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError, ValueError
            If `steps` is not a whole number >= 1.
        """
        steps = self._span if steps is None else _whole(1, "steps", steps)
        from fastopt.plots import require_matplotlib

        require_matplotlib()
        import matplotlib.pyplot as plt

        if ax is None:
            _, ax = plt.subplots(layout="constrained")
            ax.set_title(repr(self), fontsize="small", wrap=True)
        shown = np.unique(np.linspace(0, steps - 1, min(steps, 2000)).astype(np.int64))
        ax.plot(shown, [self(t) for t in shown.tolist()], drawstyle="steps-post", label=repr(self))
        ax.set_xlabel("step")
        ax.set_ylabel("value")
        ax.set_ylim(bottom=0)
        ax.grid(alpha=0.3)
        ax.spines[["top", "right"]].set_visible(False)
        return ax

    @abstractmethod
    def _at(self, t: int) -> float:
        """Return the value at step `t`, a whole number >= 0."""

    @property
    def _span(self) -> int:
        """How many steps show the schedule whole."""
        return 100


def _mix(start: float, end: float, w: float) -> float:
    """Return `start` for w = 1 and `end` for w = 0, both exactly, and never a negative number."""
    return start * w + end * (1 - w)


def _power(base: float, exponent: float) -> float:
    """Return a power that overflows to infinity, which an optimizer refuses under the name of its field."""
    try:
        return float(base**exponent)
    except OverflowError:
        return math.inf


def _value(schedule: Hyper, t: int) -> float:
    return float(schedule(t)) if callable(schedule) else schedule


def _length(schedule: Hyper) -> int:
    return schedule._span if isinstance(schedule, Schedule) else 100


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
    period: Annotated[int | None, partial(_optional, partial(_whole, 1))] = None
    milestones: Annotated[Iterable[int] | None, partial(_optional, _rising)] = None
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
        return self.start * _power(self.factor, drops)

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
        return self.start * _power(self.factor, t / self.period)

    @property
    def _span(self) -> int:
        """Until a hundredth is left."""
        if not 0 < self.factor < 1:
            return 5 * self.period + 1
        return math.ceil(self.period * math.log(0.01) / math.log(self.factor)) + 1


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
        return _mix(self.start, self.end, 1 - min(t, self.steps) / self.steps)

    @property
    def _span(self) -> int:
        return self.steps + 1


@dataclass(frozen=True, repr=False)
class cosine(Schedule):
    r"""Half a wave of the cosine.

    .. math:: a_t = \frac{a_0}{2} \left(1 + \cos\frac{\pi t}{T}\right) \quad\text{or, to an end,}\quad
        a_t = e + \frac{a_0 - e}{2} \left(1 + \cos\frac{\pi t}{T}\right), \qquad t \le T,

    and :math:`a_t = e` past :math:`T`.

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
    Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts, 2017, eq. 5. torch's
    ``CosineAnnealingLR`` is the same up to ``T_max`` but climbs back afterwards. optax's
    ``cosine_decay_schedule`` stays too; its ``alpha`` is ``end / start``.

    Examples
    --------
    >>> lr = cosine(0.5, 4)
    >>> [round(lr(t), 3) for t in range(6)]
    [0.5, 0.427, 0.25, 0.073, 0.0, 0.0]
    """

    start: NonNegative
    steps: Count
    end: NonNegative = 0.0

    def _at(self, t: int) -> float:
        return _mix(self.start, self.end, _half_wave(min(t, self.steps) / self.steps))

    @property
    def _span(self) -> int:
        return self.steps + 1


def _half_wave(x: float) -> float:
    """Fall from 1 at x = 0 to 0 at x = 1, both exactly."""
    return (1 + math.cos(math.pi * x)) / 2


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
        return _mix(self.start, self.end, (1 - min(t, self.steps) / self.steps) ** self.power)

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
class one_cycle(Schedule):
    r"""One rise to a peak and one fall far below the start.

    From :math:`a_0 = p / d` at :math:`t = 0` to the peak :math:`p` at :math:`t = r T - 1`, then to
    :math:`a_0 / f` at the last step, :math:`t = T - 1`, and there past it. With `three_phase` the fall first
    mirrors the rise, to :math:`a_0` at :math:`t = 2 (r T - 1)`. The peak may lie between two steps.

    Parameters
    ----------
    peak : float
        :math:`p \ge 0`.
    steps : int
        :math:`T \ge 1`, the number of steps in all.
    pct_start : float
        :math:`r \in [0, 1]`, the share of the rise; at most 0.5 with `three_phase`.
    anneal_strategy : {"cos", "linear"}
        The shape of rise and fall.
    div_factor : float
        :math:`d > 0`.
    final_div_factor : float
        :math:`f > 0`.
    three_phase : bool
        As in the paper; two phases as in fastai.

    Raises
    ------
    TypeError, ValueError
        If a field is not as above.

    Notes
    -----
    The names, the defaults and the values are those of torch's ``OneCycleLR``, which raises past
    ``total_steps``. It turns momentum the other way; here that is a schedule of its own, from 0.95 to 0.85
    and back: ``one_cycle(0.85, steps, div_factor=0.85 / 0.95, final_div_factor=1)``.
    ``optax.cosine_onecycle_schedule`` reaches the peak and the end a step later.

    References
    ----------
    Smith and Topin, Super-convergence: very fast training of neural networks using large learning rates,
    2018.

    Examples
    --------
    >>> lr = one_cycle(1.0, steps=8, pct_start=0.5, anneal_strategy="linear", div_factor=4)
    >>> [round(lr(t), 2) for t in range(9)]
    [0.25, 0.5, 0.75, 1.0, 0.75, 0.5, 0.25, 0.0, 0.0]
    """

    peak: NonNegative
    steps: Count
    _: KW_ONLY
    pct_start: Fraction = 0.3
    anneal_strategy: Literal["cos", "linear"] = "cos"
    div_factor: Positive = 25.0
    final_div_factor: Positive = 1e4
    three_phase: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.three_phase and self.pct_start > 0.5:
            raise ValueError(
                f"pct_start: expected a number in [0, 0.5] with three_phase, got {self.pct_start!r}"
            )

    def _at(self, t: int) -> float:
        first = self.peak / self.div_factor
        top = self.pct_start * self.steps - 1
        knots = [(0.0, first), (top, self.peak), (self.steps - 1.0, first / self.final_div_factor)]
        if self.three_phase:
            knots.insert(2, (2 * top, first))
        t = min(t, self.steps - 1)
        (begin, start), (finish, end) = next(pair for pair in pairwise(knots) if t <= pair[1][0])
        x = (t - begin) / (finish - begin) if finish > begin else 1.0
        return _mix(start, end, _half_wave(x) if self.anneal_strategy == "cos" else 1 - x)

    @property
    def _span(self) -> int:
        return self.steps


@dataclass(frozen=True, repr=False)
class cosine_restarts(Schedule):
    r"""The cosine again and again, each time over a longer period.

    .. math:: a_t = e + \frac{a_0 - e}{2} \left(1 + \cos\frac{\pi (t - s_i)}{P g^i}\right),
        \qquad s_i = P \sum_{j < i} g^j \le t < s_{i + 1}.

    Each cycle starts *at* :math:`s_i` with :math:`a_0`, so the end itself is approached and not reached. It
    never ends.

    Parameters
    ----------
    start : float
        :math:`a_0 \ge 0`, the value at step 0 and after each restart.
    period : int
        :math:`P \ge 1`, the steps of the first cycle.
    growth : int
        :math:`g \ge 1`, by which a cycle is longer than the one before.
    end : float
        :math:`e \ge 0`.

    Raises
    ------
    TypeError, ValueError
        If a field is not as above.

    References
    ----------
    Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts, 2017. As torch's
    ``CosineAnnealingWarmRestarts``, with `period` its ``T_0`` and `growth` its ``T_mult``. optax's
    ``sgdr_schedule`` takes a list of cycles.

    Examples
    --------
    >>> lr = cosine_restarts(0.5, period=2, growth=2)
    >>> [round(lr(t), 2) for t in range(7)]
    [0.5, 0.25, 0.5, 0.43, 0.25, 0.07, 0.5]
    """

    start: NonNegative
    period: Count
    growth: Count = 1
    end: NonNegative = 0.0

    def _at(self, t: int) -> float:
        length = self.period
        if self.growth == 1:
            t %= length
        while t >= length:  # as often as there were restarts, some log t; a logarithm would round
            t -= length
            length *= self.growth
        return _mix(self.start, self.end, _half_wave(t / length))

    @property
    def _span(self) -> int:
        return self.period * (1 + self.growth + self.growth**2)


@dataclass(frozen=True, repr=False)
class warmup(Schedule):
    r"""A linear rise from zero, then another schedule.

    .. math:: a_t = \frac{t}{W}\, a(0), \quad t < W, \qquad a_t = a(t - W), \quad t \ge W.

    The schedule that follows counts from the end of the warmup: ``warmup(cosine(lr, 900), 100)`` is a run of
    1000 steps. With `overlap` it counts from the start, under the rise,
    :math:`a_t = \min(t / W, 1)\, a(t)`, so that the milestones of a `step_decay` or the length of a
    `cosine` stay those of the whole run.

    Parameters
    ----------
    schedule : callable or float
        :math:`a`: any function of the step, or a number to stay at.
    steps : int
        :math:`W \ge 0`; 0 is no warmup.
    first : {"zero", "one_over_n"}
        Where it begins. "zero" is the formula above, and the first update does nothing. "one_over_n" counts
        from one, :math:`(t + 1) / W`: no update is idle, and the last one of the warmup is a full one.
    overlap : bool
        Whether `schedule` runs under the warmup and not after it.

    Raises
    ------
    TypeError, ValueError
        If a field is not as above.

    Notes
    -----
    optax's ``warmup_*_schedule`` (whose ``decay_steps`` include the warmup), the schedules of Hugging Face
    and Keras' ``warmup_steps`` begin at zero too. torch builds it from ``SequentialLR`` and ``LinearLR``,
    which cannot begin at zero.

    References
    ----------
    Goyal et al., Accurate, large minibatch SGD: training ImageNet in 1 hour, 2017, section 2.2.

    Examples
    --------
    >>> lr = warmup(0.5, 4)
    >>> [lr(t) for t in range(6)]
    [0.0, 0.125, 0.25, 0.375, 0.5, 0.5]
    >>> lr = warmup(linear(0.5, 4), 2, first="one_over_n")
    >>> [lr(t) for t in range(7)]
    [0.25, 0.5, 0.5, 0.375, 0.25, 0.125, 0.0]
    """

    schedule: Scheduled
    steps: Whole
    _: KW_ONLY
    first: Literal["zero", "one_over_n"] = "zero"
    overlap: bool = False

    def _at(self, t: int) -> float:
        value = _value(self.schedule, t if self.overlap else max(t - self.steps, 0))
        if t >= self.steps:
            return value
        done = t + 1 if self.first == "one_over_n" else t
        return value * (done / self.steps)

    @property
    def _span(self) -> int:
        after = _length(self.schedule)
        return max(self.steps, after) if self.overlap else self.steps + after


@dataclass(frozen=True, repr=False)
class join(Schedule):
    r"""One schedule after another.

    .. math:: a_t = a^{(i)}(t - b_i), \qquad b_i \le t < b_{i+1}, \quad b_0 = 0.

    Each counts from its own boundary, which is the first step it has a say in. Nothing smooths the seam.

    Parameters
    ----------
    schedules : sequence of callables or floats
        :math:`a^{(0)}, a^{(1)}, \dots`: functions of the step, or numbers to stay at.
    boundaries : sequence of int
        :math:`b_1, b_2, \dots`, increasing, from 1 on; one fewer than the schedules.

    Raises
    ------
    TypeError, ValueError
        If a field is not as above.

    References
    ----------
    ``optax.join_schedules``, and torch's ``SequentialLR``.

    Examples
    --------
    >>> lr = join([0.5, linear(0.5, 2)], [3])      # stable, then decay
    >>> [lr(t) for t in range(7)]
    [0.5, 0.5, 0.5, 0.5, 0.25, 0.0, 0.0]
    """

    schedules: Annotated[Iterable[Hyper], partial(_many, _scheduled)]
    boundaries: Annotated[Iterable[int], _rising]

    def __post_init__(self) -> None:
        super().__post_init__()
        schedules, boundaries = self._parts
        if len(boundaries) != len(schedules) - 1:
            raise ValueError(
                f"boundaries: expected one fewer than the {len(schedules)} schedules, got {len(boundaries)}"
            )

    @property
    def _parts(self) -> tuple[tuple[Hyper, ...], tuple[int, ...]]:
        assert isinstance(self.schedules, tuple)  # so stored by their checks
        assert isinstance(self.boundaries, tuple)
        return self.schedules, self.boundaries

    def _at(self, t: int) -> float:
        schedules, boundaries = self._parts
        k = bisect_right(boundaries, t)
        return _value(schedules[k], t - boundaries[k - 1] if k else t)

    @property
    def _span(self) -> int:
        schedules, boundaries = self._parts
        return max(boundaries, default=0) + _length(schedules[-1])


def linear_scaling(lr: float, batch_size: int, base_batch_size: int) -> float:
    r"""Scale a learning rate with the batch size.

    .. math:: \eta' = \eta\, \frac{B'}{B}

    A rule of thumb for losses that are means over the batch, to go with a `warmup`; it holds for SGD up to
    some thousands of samples.

    Parameters
    ----------
    lr : float
        :math:`\eta \ge 0`, found good for `base_batch_size`.
    batch_size, base_batch_size : int
        :math:`B', B \ge 1`.

    Returns
    -------
    float
        The learning rate for `batch_size`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as above.

    References
    ----------
    Goyal et al., Accurate, large minibatch SGD: training ImageNet in 1 hour, 2017, section 2.1.

    Examples
    --------
    >>> linear_scaling(0.25, batch_size=1024, base_batch_size=256)
    1.0
    """
    lr = Bounds(0).check("lr", lr)
    return lr * _whole(1, "batch_size", batch_size) / _whole(1, "base_batch_size", base_batch_size)


@dataclass(repr=False)
class ReduceOnPlateau(Schedule):
    r"""A value that is multiplied by a factor when a metric has stopped improving.

    Tell it the metric after each epoch, ``plateau.update(metric)``; as a schedule it returns its present
    value, whatever the step. It is the one schedule with a state, which pickles along with its optimizer
    (and is then found under the optimizer's field, as ``opt.lr``).

    A metric :math:`m` improves on the best one :math:`m^*` by more than :math:`\theta`:
    :math:`m < m^* - \theta |m^*|` ("min", "rel"), :math:`m < m^* - \theta` ("min", "abs"), or, with "max",
    :math:`m > m^* + \dots`. After more than `patience` updates in a row without improvement the value
    becomes :math:`\max(\gamma a, a_{min})`.

    Parameters
    ----------
    start : float
        :math:`a_0 \ge 0`, the value before any reduction.
    mode : {"min", "max"}
        Whether a better metric is smaller or larger.
    factor : float
        :math:`\gamma \in [0, 1)`.
    patience : int
        Updates without improvement that are forgiven, >= 0.
    threshold : float
        :math:`\theta \ge 0`.
    threshold_mode : {"rel", "abs"}
        Whether :math:`\theta` is in units of the best metric or of one.
    cooldown : int
        Updates after a reduction that are not counted, >= 0.
    min_lr : float
        :math:`a_{min} \ge 0`.
    eps : float
        A reduction by less than this, >= 0, is left out.

    Attributes
    ----------
    value : float
        The present value.
    best : float
        The best metric so far, infinite before the first.
    bad_updates : int
        Updates in a row without improvement.
    cooling : int
        Updates left of the cooldown.

    Raises
    ------
    TypeError, ValueError
        If a field is not as above.

    Notes
    -----
    Arguments and behaviour are those of torch's ``ReduceLROnPlateau``, a metric of NaN (no improvement)
    included, with one correction: torch compares with :math:`m^* (1 - \theta)`, which below zero (a
    log-likelihood) takes a slightly worse metric for a better one.

    References
    ----------
    torch's ``ReduceLROnPlateau``; ``optax.contrib.reduce_on_plateau``.

    Examples
    --------
    >>> lr = ReduceOnPlateau(0.5, factor=0.5, patience=1)
    >>> [lr.update(loss) for loss in (3.0, 2.0, 2.0, 2.0, 1.0)]
    [0.5, 0.5, 0.5, 0.25, 0.25]
    >>> lr(1000)
    0.25
    """

    start: NonNegative
    _: KW_ONLY
    mode: Literal["min", "max"] = "min"
    factor: Annotated[float, Bounds(0, 1, open=True).check] = 0.1
    patience: Whole = 10
    threshold: NonNegative = 1e-4
    threshold_mode: Literal["rel", "abs"] = "rel"
    cooldown: Whole = 0
    min_lr: NonNegative = 0.0
    eps: NonNegative = 1e-8
    value: float = field(init=False)
    best: float = field(init=False)
    bad_updates: int = field(init=False, default=0)
    cooling: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.value = self.start
        self.best = math.inf if self.mode == "min" else -math.inf

    def update(self, metric: float) -> float:
        """Take note of a metric, and return the value from now on.

        Parameters
        ----------
        metric : float
            A number; NaN is no improvement.

        Raises
        ------
        TypeError
            If it is not a real number. Nothing is changed then.
        """
        metric = _number("metric", metric, "a number")
        if self._improves(metric):
            self.best, self.bad_updates = metric, 0
        else:
            self.bad_updates += 1
        if self.cooling > 0:
            self.cooling, self.bad_updates = self.cooling - 1, 0
        if self.bad_updates > self.patience:
            self.cooling, self.bad_updates = self.cooldown, 0
            reduced = max(self.value * self.factor, self.min_lr)
            if self.value - reduced > self.eps:
                self.value = reduced
        return self.value

    def _improves(self, metric: float) -> bool:
        relative = self.threshold_mode == "rel" and math.isfinite(self.best)
        margin = self.threshold * abs(self.best) if relative else self.threshold
        return metric < self.best - margin if self.mode == "min" else metric > self.best + margin

    def _at(self, t: int) -> float:
        return self.value
