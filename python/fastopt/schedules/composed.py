"""Schedules made of schedules, and the scaling that goes with a warmup."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass
from functools import partial
from typing import Annotated, Literal

from fastopt._common.bounds import Bounds, Hyper, whole

from .base import Schedule
from .fields import Scheduled, Whole, many, rising, scheduled
from .formulas import ratio


def _value(schedule: Hyper, t: int) -> float:
    return float(schedule(t)) if callable(schedule) else schedule


def _length(schedule: Hyper) -> int:
    return schedule._span if isinstance(schedule, Schedule) else 100


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
        return _value(schedules[k], t - boundaries[k - 1] if k else t)

    @property
    def _span(self) -> int:
        schedules, boundaries = self._pieces
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
    batch_size, base_batch_size = (
        whole(1, label, n) for label, n in (("batch_size", batch_size), ("base_batch_size", base_batch_size))
    )
    return lr * ratio(batch_size, base_batch_size)
