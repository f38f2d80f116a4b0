"""A function along a line through its arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .structure import Arguments, Move

Floats = NDArray[np.float64]


class Objective:
    """A function as a number at displaced arguments; counts its calls.

    Away from `x` itself, leaving the domain is no error: a `ValueError` or `ArithmeticError`, such as those
    of ``math.log(-1)``, is taken for NaN. NumPy's floating-point warnings are off.
    """

    def __init__(self, arguments: Arguments, value: Callable[..., float]) -> None:
        self.arguments = arguments
        self.calls = 0
        self._value = value

    def __call__(self, moves: Sequence[Move] = (), t: float = 0.0) -> float:
        """Return the value at ``x + t * moves``."""
        self.calls += 1
        with np.errstate(all="ignore"):
            try:
                return self._value(*self.arguments.displaced(moves, t))
            except (ValueError, ArithmeticError):
                if t == 0:
                    raise
                return np.nan


class Line:
    """An objective along a line, ``t -> f(x + t * moves)``; remembers its values."""

    def __init__(self, objective: Objective, moves: Sequence[Move]) -> None:
        self.objective = objective
        self.moves = moves
        self._known: dict[float, float] = {}

    def __call__(self, t: float) -> float:
        """Return the value at ``t``."""
        if t not in self._known:
            self._known[t] = self.objective(self.moves, t)
        return self._known[t]

    @property
    def values(self) -> Floats:
        """The values taken so far."""
        return np.array(list(self._known.values()), np.float64)

    @cached_property
    def rounding(self) -> float:
        """How far from its place a point on the line may be, as its elements are rounded."""
        largest = 0.0
        for move in self.moves:
            array = self.objective.arguments.leaves[move.leaf].array
            moved = move.by != 0
            x = array.reshape(-1)[move.start : move.start + move.by.size][moved]
            steps = float(np.max(np.abs(x / move.by[moved]), initial=0.0))
            largest = max(largest, steps * float(np.finfo(array.dtype).eps) / 2)
        return largest

    def central(self, t: float) -> float:
        """Return the slope between ``-t`` and ``t``."""
        return (self(t) - self(-t)) / (2 * t)

    def gap(self, t: float) -> float:
        """Return by how much the slopes to the right and to the left differ."""
        return (self(t) - 2 * self(0.0) + self(-t)) / t
