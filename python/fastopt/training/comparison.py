"""Two runs of the same problem side by side: the same bits or not, and how many times faster."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from fastopt._common.ratios import Ratio
from fastopt._common.wording import counted
from fastopt.training import Record, Run

__all__ = ["Comparison", "compare"]


@dataclass(frozen=True)
class Comparison:
    """Two runs, judged where both have been.

    Parameters
    ----------
    same : bool or None
        Whether the parameters had the same bits after every epoch that both completed; None if
        there was none.
    epoch : float
        The last epoch compared; if they differ, the first after which they did.
    optimizer_speedup, training_speedup : float
        How many times the first run is faster, in the optimizer and in all: the median over the
        epochs that both completed; NaN if there was none.
    optimizer_unsteady, training_unsteady : bool
        Whether these differ much from epoch to epoch, as `fastopt._common.ratios.Ratio` says.
    lost_in_noise : bool
        Whether the rest of a step, which is the same work for both, took times that differ by more than the
        optimizer can make of it: then `training_speedup` says nothing.
    differences : tuple of str
        A line for each array that differs now, if both runs are at the same step.
    """

    same: bool | None
    epoch: float
    optimizer_speedup: float
    training_speedup: float
    optimizer_unsteady: bool = True
    training_unsteady: bool = True
    lost_in_noise: bool = True
    differences: tuple[str, ...] = ()


def compare(run: Run, other: Run) -> Comparison:
    """Compare two runs of the same problem: their weights and their speed, epoch by epoch.

    Runs that were stopped at different steps are compared as far as both have come.

    Parameters
    ----------
    run, other : Run
        The run in question and the one to compare with.

    Returns
    -------
    Comparison
        The verdict.
    """
    pairs = [
        (mine, theirs)
        for mine, theirs in zip(run.history, other.history, strict=False)
        if mine.steps == theirs.steps
    ]
    if not pairs:
        return Comparison(None, 0, math.nan, math.nan)
    parted = [mine.epoch for mine, theirs in pairs if mine.weights != theirs.weights]
    verdict = Comparison(not parted, parted[0] if parted else pairs[-1][0].epoch, *_speed(pairs))
    if parted and run.steps == other.steps:
        return dataclasses.replace(verdict, differences=tuple(_differences(run, other)))
    return verdict


def _speed(pairs: Sequence[tuple[Record, Record]]) -> tuple[float, float, bool, bool, bool]:
    """Compare the times of epochs taken in turns, where the median forgives what hit only one of them."""
    optimizer = _ratio((b.optimizer_seconds, a.optimizer_seconds) for a, b in pairs)
    training = _ratio((b.training_seconds, a.training_seconds) for a, b in pairs)
    rests = [[r.training_seconds - r.optimizer_seconds for r in pair] for pair in pairs]
    rest = _ratio((theirs, mine) for mine, theirs in rests)
    # What would come of the optimizer alone, beside a rest that takes as long for the one as for the other.
    means = [sum(pair) / 2 for pair in rests]
    effect = _ratio(
        (both + b.optimizer_seconds, both + a.optimizer_seconds)
        for both, (a, b) in zip(means, pairs, strict=True)
    ).median
    lost = not rest.spread <= max(effect, 1 / effect)
    return optimizer.median, training.median, optimizer.unsteady, training.unsteady, lost


def _ratio(seconds: Iterable[tuple[float, float]]) -> Ratio:
    """Return the ratio of times; those for which the clock is too coarse are left out."""
    return Ratio.of([over / under for over, under in seconds if over > 0 and under > 0])


def _differences(run: Run, other: Run) -> Iterator[str]:
    """Say where the parameters of two runs differ, bit for bit."""
    for name, mine in run.params.items():
        theirs = other.params[name]
        unequal = (mine != theirs) | (np.signbit(mine) != np.signbit(theirs))
        unequal &= ~(np.isnan(mine) & np.isnan(theirs))
        if unequal.any():
            at = tuple(int(i) for i in np.argwhere(unequal)[0])
            yield (
                f"{name}: {np.count_nonzero(unequal)} of {counted(mine.size, 'element')}, first "
                f"{name}{list(at)}: {mine[at]} ({run.name}) against {theirs[at]} ({other.name})"
            )
