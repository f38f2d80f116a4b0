"""Two runs of the same problem side by side: the same bits or not, and how many times faster."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from fastopt.training import Run
from fastopt.wording import counted

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
    differences : tuple of str
        A line for each array that differs now, if both runs are at the same step.
    """

    same: bool | None
    epoch: float
    optimizer_speedup: float
    training_speedup: float
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
    # Of turns taken one after the other, so that the median forgives what hit only one of them.
    optimizer = _median_ratio((b.optimizer_seconds, a.optimizer_seconds) for a, b in pairs)
    training = _median_ratio((b.training_seconds, a.training_seconds) for a, b in pairs)
    parted = [mine.epoch for mine, theirs in pairs if mine.weights != theirs.weights]
    if not parted:
        return Comparison(True, pairs[-1][0].epoch, optimizer, training)
    differences = _differences(run, other) if run.steps == other.steps else ()
    return Comparison(False, parted[0], optimizer, training, tuple(differences))


def _median_ratio(seconds: Iterable[tuple[float, float]]) -> float:
    """Return the median of the quotients; a clock too coarse to tell gives NaN."""
    ratios = [over / under for over, under in seconds if over and under]
    return statistics.median(ratios) if ratios else math.nan


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
