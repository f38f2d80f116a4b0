"""How many times longer one side takes than another, and whether that is to be believed."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

__all__ = ["STEADY", "Ratio"]

STEADY = 1.5
"""How far apart the quartiles of a steady figure may be."""


@dataclass(frozen=True)
class Ratio:
    """The ratio of two times that were measured in pairs.

    Parameters
    ----------
    median, low, high : float
        Median and quartiles of the ratios.
    pairs : int
        How many pairs.

    Examples
    --------
    >>> Ratio.of([2.0, 2.1, 1.9, 2.0]).unsteady, Ratio.of([2.0, 9.0, 1.0, 2.0]).unsteady
    (False, True)
    """

    median: float
    low: float
    high: float
    pairs: int

    @classmethod
    def of(cls, ratios: Sequence[float], **more: float) -> Self:
        """Make it of the ratio of each pair, and of what else a class derived from this holds."""
        known = list(ratios) or [math.nan]
        low, _, high = statistics.quantiles(known, n=4) if len(known) > 1 else known * 3
        return cls(statistics.median(known), low, high, len(ratios), **more)

    @property
    def unsteady(self) -> bool:
        """Whether the pairs differ much, as something else was going on; of a single one nobody knows."""
        return self.pairs < 2 or self.high > STEADY * self.low

    @property
    def mark(self) -> str:
        """What stands behind the figure: ``?`` if it is unsteady."""
        return "?" if self.unsteady else ""

    @property
    def spread(self) -> float:
        """How far it may be from 1, as a factor >= 1: that of the quartile which is farther away."""
        return max(self.high, 1 / self.low, 1.0) if self.low > 0 else math.inf
