"""The options ``--schedule`` and ``--warmup``: schedules that fill a run of known length."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from fastopt import schedules
from fastopt._common.wording import counted
from fastopt.schedules import Schedule

__all__ = ["SCHEDULES", "scheduled"]


class Shape(NamedTuple):
    """A schedule, but for where it starts and how long it is."""

    summary: str
    """In a few words."""
    make: Callable[[float, int, int], Schedule]
    """Takes the learning rate, the steps of the run and those of the warmup, which it includes."""


def _after(schedule: Callable[[float, int], Schedule]) -> Callable[[float, int, int], Schedule]:
    """Let the schedule begin when the warmup has ended, and fill the rest."""
    return lambda lr, steps, warmup: _warmed(schedule(lr, steps - warmup), warmup)


def _warmed(schedule: Schedule, warmup: int, *, overlap: bool = False) -> Schedule:
    return schedules.warmup(schedule, warmup, overlap=overlap) if warmup else schedule


def _step(lr: float, steps: int, warmup: int) -> Schedule:
    milestones = sorted({max(1, round(share * steps)) for share in (0.3, 0.6, 0.9)})
    return _warmed(schedules.step_decay(lr, milestones=milestones), warmup, overlap=True)


def _inverse_sqrt(lr: float, steps: int, warmup: int) -> Schedule:
    return _warmed(schedules.inverse_sqrt(lr, hold=max(warmup, 1)), warmup, overlap=True)


SCHEDULES = {
    "constant": Shape("lr throughout", _after(lambda lr, steps: schedules.constant(lr))),
    "step": Shape("times 0.1 after 30, 60 and 90 %% of the steps", _step),
    "exponential": Shape(
        "to a hundredth", _after(lambda lr, steps: schedules.exponential(lr, 0.01, period=steps))
    ),
    "linear": Shape("to zero", _after(schedules.linear)),
    "cosine": Shape("to zero", _after(schedules.cosine)),
    "cosine_restarts": Shape(
        "three times, each twice as long",
        _after(lambda lr, steps: schedules.cosine_restarts(lr, period=-(-steps // 7), growth=2)),
    ),
    "cyclic": Shape(
        "from lr / 10 up to lr and down, five times",
        _after(lambda lr, steps: schedules.cyclic(lr / 10, lr, steps_up=-(-steps // 10))),
    ),
    "inverse_sqrt": Shape("lr / sqrt(t), where a warmup ends at lr", _inverse_sqrt),
    "one_cycle": Shape(
        "from lr / 25 up to lr and down", lambda lr, steps, warmup: schedules.one_cycle(lr, steps)
    ),
}


def scheduled(name: str | None, warmup: int | None, lr: float, steps: int) -> Schedule | None:
    """Return the schedule of a run, or None if neither a schedule nor a warmup was asked for.

    Parameters
    ----------
    name : str or None
        One of `SCHEDULES`.
    warmup : int or None
        Steps in which the learning rate first rises from zero.
    lr : float
        Where it starts, or for ``cyclic`` and ``one_cycle`` its peak.
    steps : int
        Those of the run.

    Raises
    ------
    ValueError
        If the two do not go together, or the warmup is as long as the run.

    Examples
    --------
    >>> scheduled("cosine", 100, 0.1, 1000)
    warmup(schedule=cosine(start=0.1, steps=900), steps=100)
    >>> scheduled("step", 0, 0.1, 1000)
    step_decay(start=0.1, milestones=(300, 600, 900))
    """
    if name is None and not warmup:
        return None
    if name == "one_cycle" and warmup:
        raise ValueError("--warmup: one_cycle has a rise of its own")
    if warmup and warmup >= steps:
        raise ValueError(
            f"--warmup: expected fewer than the {counted(steps, 'step')} of the run, got {warmup}"
        )
    return SCHEDULES[name or "constant"].make(lr, steps, warmup or 0)
