"""Two sides, timed in turns: every figure is a ratio from one run."""

import math
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any, Protocol

from fastopt._common import ratios


class Timed(Protocol):
    """Whatever can take steps and say how long they took."""

    label: str
    elements: int
    pause: float
    """Seconds that its threads, or the other's, need to fall asleep before a block."""

    def time(self, repeats: int) -> float:
        """Take so many steps and return the seconds."""
        ...


@dataclass
class Side:
    """A way of taking steps in this process.

    Parameters
    ----------
    label : str
        What it is called in tables.
    elements : int
        Elements that a step updates.
    step : callable
        What is timed, called with one of `grads`.
    grads : sequence
        Sets of gradients, one for each block in turn.
    arrays : callable
        Returns parameters and state, one list a parameter, for comparing results.
    """

    label: str
    elements: int
    step: Callable[[Any], object]
    grads: Sequence[Any]
    arrays: Callable[[], list[list[Any]]]
    pause: float = 0.0
    _turns: Iterator[Any] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._turns = cycle(self.grads)

    def time(self, repeats: int) -> float:
        """Take one step untimed, since the other side had the caches, then time `repeats` steps."""
        step, grads = self.step, next(self._turns)
        step(grads)
        start = time.perf_counter()
        for _ in range(repeats):
            step(grads)
        return time.perf_counter() - start


@dataclass(frozen=True)
class Ratio(ratios.Ratio):
    """How much longer a peer takes for an element than we do.

    Parameters
    ----------
    median, low, high, pairs
        As for `fastopt._common.ratios.Ratio`.
    ours, peers : float
        Median times of an element in nanoseconds.
    """

    ours: float
    peers: float


def compare(ours: Timed, peer: Timed, *, rounds: int, block: float) -> Ratio:
    """Time two sides in the order A B B A, `rounds` times, each in blocks of some `block` seconds.

    What drifts slowly falls out of each round, what happens once falls out of the median.
    """
    pause = max(ours.pause, peer.pause)
    repeats = {side.label: calibrated(side, block) for side in (ours, peer)}

    def each(side: Timed) -> float:
        time.sleep(pause)
        n = repeats[side.label]
        return side.time(n) / (n * side.elements) * 1e9

    a, b = [], []
    for _ in range(rounds):
        first = each(ours)
        b.append((each(peer) + each(peer)) / 2)
        a.append((first + each(ours)) / 2)
    pairs = [y / x for x, y in zip(a, b, strict=True)]
    return Ratio.of(pairs, ours=statistics.median(a), peers=statistics.median(b))


def calibrated(side: Timed, block: float) -> int:
    """Return how many steps take some `block` seconds, having warmed the side up with a few."""
    repeats, seconds = 1, side.time(1)
    while seconds < block / 4 and repeats < 1 << 24:
        repeats *= 2 if seconds == 0 else max(2, min(16, math.ceil(block / 4 / seconds)))
        seconds = side.time(repeats)
    return max(1, round(repeats * block / seconds))
