"""Schedules made of schedules, and the scaling that goes with a warmup."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass
from functools import partial
from typing import Annotated, Literal

from fastopt._common.bounds import Bounds, Hyper, whole

from .base import Schedule, span_of, value_at
from .fields import NonNegative, Scheduled, Whole, many, rising, scheduled
from .formulas import half_wave, mix, ratio


@dataclass(frozen=True, repr=False)
class warmup(Schedule):
    r"""A linear rise from zero, or from a value above it, then another schedule.

    .. math:: a_t = a_0 + \frac{t}{W}\, (a(0) - a_0), \quad t < W, \qquad a_t = a(t - W), \quad t \ge W.

    The schedule that follows counts from the end of the warmup: ``warmup(cosine(lr, 900), 100)`` is a run of
    1000 steps. With `overlap` it counts from step 0, under the rise: :math:`a(t)` takes the place of
    :math:`a(0)` and of :math:`a(t - W)`, and the milestones of a `step_decay` or the length of a `cosine`
    stay those of the whole run.

    Parameters
    ----------
    schedule : callable or float
        :math:`a`: any function of the step, or a number to stay at.
    steps : int
        :math:`W \ge 0`; 0 is no warmup.
    start : float
        :math:`a_0 \ge 0`, the value that the rise begins at.
    first : {"zero", "one_over_n"}
        How it counts. "zero" is the formula above: without a `start` the first update does nothing.
        "one_over_n" counts from one, :math:`(t + 1) / W`: no update is idle, and the last one of the warmup
        is a full one.
    overlap : bool
        Whether `schedule` runs under the warmup and not after it.

    Raises
    ------
    TypeError, ValueError
        If a field is not as above.

    Notes
    -----
    optax's ``warmup_*_schedule`` (whose ``decay_steps`` include the warmup, and whose ``init_value`` is
    `start`), the schedules of Hugging Face and Keras' ``warmup_steps`` begin at zero too. torch builds it
    from ``SequentialLR`` and ``LinearLR``, which cannot begin at zero but at a third of the learning rate
    ``lr``: ``warmup(lr, 5, start=lr / 3)``.

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
    >>> lr = warmup(0.5, 4, start=0.25)
    >>> [lr(t) for t in range(6)]
    [0.25, 0.3125, 0.375, 0.4375, 0.5, 0.5]
    """

    schedule: Scheduled
    steps: Whole
    _: KW_ONLY
    start: NonNegative = 0.0
    first: Literal["zero", "one_over_n"] = "zero"
    overlap: bool = False

    def _at(self, t: int) -> float:
        value = value_at(self.schedule, t if self.overlap else max(t - self.steps, 0))
        if t >= self.steps:
            return value
        done = t + 1 if self.first == "one_over_n" else t
        return mix(value, self.start, done / self.steps)

    @property
    def _span(self) -> int:
        after = span_of(self.schedule)
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

    schedules: Annotated[Iterable[Hyper], partial(many, scheduled)]
    boundaries: Annotated[Iterable[int], rising]

    def __post_init__(self) -> None:
        super().__post_init__()
        schedules, boundaries = self._pieces
        if len(boundaries) != len(schedules) - 1:
            raise ValueError(
                f"boundaries: expected one fewer than the {len(schedules)} schedules, got {len(boundaries)}"
            )

    @property
    def _pieces(self) -> tuple[tuple[Hyper, ...], tuple[int, ...]]:
        assert isinstance(self.schedules, tuple)  # so stored by their checks
        assert isinstance(self.boundaries, tuple)
        return self.schedules, self.boundaries

    def _at(self, t: int) -> float:
        schedules, boundaries = self._pieces
        k = bisect_right(boundaries, t)
        return value_at(schedules[k], t - boundaries[k - 1] if k else t)

    @property
    def _span(self) -> int:
        schedules, boundaries = self._pieces
        return max(boundaries, default=0) + span_of(schedules[-1])


@dataclass(frozen=True, repr=False)
class swa(Schedule):
    r"""A schedule that goes over to a constant, for the averaging of weights.

    .. math:: a_t = a(t), \quad t < B, \qquad a_t = e + (a(B) - e)\, w\left(\frac{t - B}{S}\right),
        \quad B \le t \le B + S,

    and :math:`a_t = e` past that, with :math:`w(x) = (1 + \cos \pi x) / 2` ("cos") or :math:`1 - x`
    ("linear"). It rises or falls from wherever the schedule has come to. The average of the weights is to be
    taken from step :math:`B` on.

    Parameters
    ----------
    schedule : callable or float
        :math:`a`: any function of the step, or a number.
    begin : int
        :math:`B \ge 0`, the last step with the value of `schedule`.
    end : float
        :math:`e \ge 0`, the constant.
    steps : int
        :math:`S \ge 0`, the steps from there to the constant; with 0 the value is `end` at step `begin`.
    anneal_strategy : {"cos", "linear"}
        The shape of the way there.

    Raises
    ------
    TypeError, ValueError
        If a field is not as above.

    References
    ----------
    Izmailov, Podoprikhin, Garipov, Vetrov and Wilson, Averaging weights leads to wider optima and better
    generalization, 2018. As torch's ``SWALR``, with `end` its ``swa_lr`` and `steps` its ``anneal_epochs``,
    if it takes over after `begin` steps of the scheduler before.

    Examples
    --------
    >>> lr = swa(linear(0.5, 4), begin=2, end=0.5, steps=2, anneal_strategy="linear")
    >>> [lr(t) for t in range(6)]
    [0.5, 0.375, 0.25, 0.375, 0.5, 0.5]
    """

    schedule: Scheduled
    begin: Whole
    end: NonNegative
    steps: Whole
    _: KW_ONLY
    anneal_strategy: Literal["cos", "linear"] = "cos"

    def _at(self, t: int) -> float:
        if t >= self.begin + self.steps:
            return self.end
        value = value_at(self.schedule, min(t, self.begin))
        if t <= self.begin:
            return value
        x = (t - self.begin) / self.steps
        return mix(value, self.end, half_wave(x) if self.anneal_strategy == "cos" else 1 - x)

    @property
    def _span(self) -> int:
        return 4 * (self.begin + self.steps) // 3 + 1


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
    batch_size, base_batch_size = (
        whole(1, label, n) for label, n in (("batch_size", batch_size), ("base_batch_size", base_batch_size))
    )
    return lr * ratio(batch_size, base_batch_size)
