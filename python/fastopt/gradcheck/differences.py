r"""Derivatives along a line, with an estimate of their error.

Central differences :math:`D(h) = (\varphi(h) - \varphi(-h)) / 2h` of :math:`\varphi(t) = f(x + t d)` are
off by truncation, :math:`h^2 \varphi'''/6 + O(h^4)`, and by rounding, about :math:`\sigma / h` where
:math:`\sigma` is the noise in the values of :math:`f`. No one step suits all functions, so:

- the noise is measured, from differences of high order over a tiny spacing (Moré and Wild);
- the step runs down a ladder of powers of eight, and Neville's scheme extrapolates to :math:`h = 0`
  (Ridders); its error is how much neighbours in the scheme differ, but no less than the rounding.

Steps are powers of two, so that ``x + h`` is exact for most ``x`` and the step taken is the step meant.

References
----------
Ridders, *Accurate computation of F'(x) and F'(x)F''(x)*, Advances in Engineering Software 4, 1982.

Moré and Wild, *Estimating computational noise*, SIAM Journal on Scientific Computing 33, 2011.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from .line import Floats, Line
from .noise import grain

RATIO = 8.0
"""Between the steps of a ladder."""

EPS = float(np.finfo(np.float64).eps)

MUCH_ROOM = 2.0**-38
"""Of the size of an element: where noise hides kinks as far away as this, there may be more than are seen."""


@dataclass(frozen=True)
class Corner:
    """A point without a derivative.

    A ``kink`` is where the slopes of both sides differ, a ``jump`` where the values do, and a tangent is
    ``vertical`` where both slopes are the same infinity.
    """

    kind: str
    below: float
    above: float
    error: float


@dataclass(frozen=True)
class Side:
    """The slope to one side of the point, as far as it has settled.

    Parameters
    ----------
    slope, error : float
        The limit of the slopes for small steps, and an estimate of its error; infinite, without error, if
        they grow without end.
    kinked : bool
        Whether the last change of slope that is clear of noise is one at a kink nearby.
    offset : float
        What kinks nearer than any usable step add to the values: a kink at a distance d, where the slope
        changes by D, adds D d. It is 0 if there is no sign of them.
    """

    slope: float
    error: float
    kinked: bool
    offset: float

    @classmethod
    def of(cls, slopes: Floats, rounding: Floats, steps: Floats) -> Side:
        """Judge the slopes over steps from large to small.

        Where the step shrinks to an eighth, so does what the slope of a smooth function still changes by;
        what a kink nearby changes it by grows to the eightfold, and is nothing once the step is nearer than
        the kink. So kinks are nearer than all steps if the last change that is clear of noise is not about an
        eighth of the one before, and that after it is not clear.

        Slopes without end, those of a power of the step below 1 or of its logarithm, change by more and more,
        or by as much, at every step; but by less than the eightfold, which is a jump, or a kink nearby.
        """
        slope, best = math.nan, math.inf
        with np.errstate(invalid="ignore"):
            change, noise = np.diff(slopes), rounding[1:]
            for k, (found, last) in enumerate(zip(slopes[1:], change, strict=True)):
                limit, error = found + last / (RATIO - 1), abs(last) + 2 * noise[k]
                later = np.abs(slopes[k + 2 :] - limit) <= error + 4 * noise[k + 1 :]
                if error < best and later.all():
                    slope, best = float(limit), float(error)
        size = np.where(np.isfinite(change), np.abs(change), 0.0)
        clear = np.flatnonzero(size > 8 * noise)
        k = int(clear[-1]) if clear.size else 0
        kinked = bool(
            k > 0 and (size[k] > size[k - 1] / 4 or (k == size.size - 1 and size[k] < size[k - 1] / 32))
        )
        passed = bool((16 * noise[k + 1 :] < size[k]).any())
        recent = change[max(k - 4, 0) : k + 1]
        with np.errstate(divide="ignore", invalid="ignore"):
            growth = recent[1:] / recent[:-1]
        if clear.size >= recent.size == 5 and not passed and ((growth > 0.9) & (growth < 7)).all():
            slope, best = math.copysign(math.inf, recent[-1]), 0.0
        return cls(slope, best, kinked, float(size[k] * steps[k + 1]) if kinked and not passed else 0.0)

    @property
    def endless(self) -> bool:
        """Whether the slopes grow without end, as far as can be seen."""
        return math.isinf(self.slope)

    @property
    def settled(self) -> bool:
        """Whether the slope is known, and not one that kinks nearer than any usable step may change."""
        return self.endless or (self.offset == 0 and self.error < math.inf)


@dataclass(frozen=True, eq=False)
class Sweep:
    """Differences over a ladder of steps, and what they converge to.

    Parameters
    ----------
    name : str
        Along which element or direction.
    analytic : float
        The slope that the gradient under test claims.
    steps : array
        From large to small.
    central, forward, backward : array
        The slope at each step.
    rounding : array
        The part of its error that comes from the noise of the function.
    numeric, error : float
        The extrapolated slope and an estimate of its error.
    nearest : float
        How near two points on the line may be and still differ.
    """

    name: str
    analytic: float
    steps: Floats
    central: Floats
    forward: Floats
    backward: Floats
    rounding: Floats
    numeric: float
    error: float
    nearest: float

    def scaled(self, unit: float) -> Sweep:
        """Return it with steps, now multiples of `unit`, in numbers, and slopes by them."""
        slopes = ("analytic", "central", "forward", "backward", "rounding", "numeric", "error")
        by_unit = {name: getattr(self, name) / unit for name in slopes}
        return replace(self, steps=self.steps * unit, nearest=self.nearest * unit, **by_unit)

    @property
    def defined(self) -> bool:
        """Whether a slope was found."""
        return bool(np.isfinite(self.error))

    @property
    def errors(self) -> Floats:
        """Truncation and rounding of the central differences."""
        with np.errstate(invalid="ignore"):
            total: Floats = np.abs(self.central - self.numeric) + self.rounding
        return np.where(np.isfinite(total), total, np.inf)

    @property
    def step(self) -> float:
        """Where truncation and rounding balance: the step at which central differences err least."""
        return float(self.steps[np.argmin(self.errors)])

    @property
    def secant(self) -> float:
        """The steepest slope between the point and another, as far as it is clear of noise."""
        with np.errstate(invalid="ignore"):
            steepest = np.maximum(np.abs(self.forward), np.abs(self.backward)) - 5 * self.rounding
        return float(np.max(steepest[np.isfinite(steepest)], initial=0.0))

    @property
    def finite(self) -> bool:
        """Whether small steps to both sides stay in the domain of the function."""
        return bool(np.isfinite(self.forward[-3:]).all() and np.isfinite(self.backward[-3:]).all())

    @cached_property
    def below(self) -> Side:
        """The slope to the left."""
        return Side.of(self.backward, self.rounding, self.steps)

    @cached_property
    def above(self) -> Side:
        """The slope to the right."""
        return Side.of(self.forward, self.rounding, self.steps)

    @property
    def crowded(self) -> bool:
        """Whether kinks are nearer than any step that is clear of noise."""
        return self.finite and max(self.below.offset, self.above.offset) > 0

    @property
    def bent(self) -> bool:
        """Whether kinks leave more doubt about the slope than rounding does."""
        return self.finite and bool(
            self.crowded or not self.error <= 50 * self.rounding[np.argmin(self.errors)]
        )

    @cached_property
    def kinked(self) -> bool:
        """Whether kinks are seen at the smallest step that is clear of noise, or no smooth function is."""
        with np.errstate(invalid="ignore"):
            gap = np.abs(self.forward - self.backward)
            clear = np.flatnonzero(np.isfinite(gap) & (gap > 5 * self.rounding))
        if clear.size:
            last = clear[-1]
            smooth = gap[last - 1] / 4 if last else np.abs(self.central[0]) / 2
            if gap[last] > smooth:
                return True
        return self.below.kinked or self.above.kinked

    def hides(self, difference: float) -> bool:
        """Whether kinks nearer than any usable step may hide a slope that differs by so much.

        Either there is a sign of such kinks, and room for them; or some are seen nearby, noise leaves much
        room for others, and the difference is not beyond comparison with the slopes around.
        """
        difference = abs(difference)
        if max(self.below.offset, self.above.offset) > difference * self.nearest:
            return True
        room = 20 * self.rounding[-1] * self.steps[-1]  # times how much the slope changes
        return bool(self.kinked and room > difference * MUCH_ROOM and difference < 64 * self.secant)

    @cached_property
    def corner(self) -> Corner | None:
        """A point without a derivative at zero, or None.

        Where the step shrinks to an eighth, so does the gap between both slopes of a smooth function; that
        of a kink stays, and that of a jump grows to the eightfold. Judged by gaps well above noise: all
        smaller steps must be lost in it, for else the kink is beside zero and not at it. In between are
        slopes without end: a cusp, as that of sqrt(abs(x)), is a kink, a cube root has a vertical tangent.
        """
        below, above = self.below, self.above
        if (below.endless or above.endless) and below.settled and above.settled:
            kind = "vertical" if below.slope == above.slope else "kink"
            return Corner(kind, below.slope, above.slope, max(below.error, above.error))
        with np.errstate(invalid="ignore"):
            gap = np.abs(self.forward - self.backward)
            clear = np.flatnonzero(np.isfinite(gap) & (gap > 20 * self.rounding))
        if clear.size < 3 or (40 * self.rounding[clear[-1] + 1 :] < gap[clear[-1]]).any():
            return None
        a, b, c = gap[clear[-3:]]
        steep = max(abs(self.forward[-1]), abs(self.backward[-1]))
        if b >= 4 * a and c >= 4 * b and 2 * c > steep and clear[-1] == gap.size - 1 > 3:
            return Corner("jump", float(self.backward[-1]), float(self.forward[-1]), float(self.rounding[-1]))
        error = max(below.error, above.error)
        if below.offset == above.offset == 0 and abs(above.slope - below.slope) > 10 * error:
            return Corner("kink", below.slope, above.slope, error)
        return None


def ladder(dtype: np.dtype[Any]) -> Floats:
    """Return the steps worth trying in arithmetic of `dtype`, from large to small."""
    exponents = np.arange(3, 40, 3) if dtype.itemsize == 8 else np.arange(3, 19, 3)
    return np.exp2(-exponents)


def sweep(line: Line, steps: Floats, noise: float, name: str, analytic: float, eps: float = EPS) -> Sweep:
    """Take differences along `line` at all `steps`, of a function that computes with precision `eps`.

    Smaller steps are added while kinks are seen to be nearer than the smallest, down to the rounding of the
    point.
    """
    least = max(16 * line.rounding, 2.0**-100)
    while True:
        found = _differences(line, steps, noise, name, analytic, eps)
        if not found.crowded or steps[-1] <= least:
            return found
        steps = np.append(steps, steps[-1] / RATIO)


def _differences(line: Line, steps: Floats, noise: float, name: str, analytic: float, eps: float) -> Sweep:
    above, below = (np.array([line(sign * t) for t in steps]) for sign in (1, -1))
    middle = line(0.0)
    with np.errstate(all="ignore"):
        # The point is rounded, and so is every step from it.
        secant = np.maximum(_between(above, middle, steps), _between(below, middle, steps))
        least = grain(line, steps, above, below, noise, eps)
        rounding = 2 * np.maximum(np.maximum(noise, least), line.rounding * secant) / steps
        central = (above - below) / (2 * steps)
        bend = above - 2 * middle + below
        numeric, doubt = extrapolate(central, bend, rounding, steps)
        # A slope is known no better than the curvature times the rounding of the point, which is all there is
        # at a minimum. The curvature is that of the coarse steps, so that a kink does not pass for it.
        curvature = np.abs(bend[:5]) / steps[:5] ** 2
        curvature = curvature[np.isfinite(curvature)]
        error = float(doubt) + 8 * line.rounding * (float(curvature.min()) if curvature.size else 0.0)
        return Sweep(
            name=name,
            analytic=analytic,
            steps=steps,
            central=central,
            forward=(above - middle) / steps,
            backward=(middle - below) / steps,
            rounding=rounding,
            numeric=float(numeric),
            error=error,
            nearest=line.rounding,
        )


def _between(values: Floats, middle: float, steps: Floats) -> Floats:
    """Return how steep the values are from each step to the one before; 0 where they are not finite."""
    rise = np.abs(np.diff(values, prepend=middle))
    run = np.abs(np.diff(steps, prepend=0.0))
    return np.where(np.isfinite(rise), rise / run, 0.0)


def extrapolate(central: Floats, bend: Floats, rounding: Floats, steps: Floats) -> tuple[Floats, Floats]:
    r"""Extrapolate central differences over a ladder to step zero; return the limit and its error.

    Neville's scheme in the square of the step, down the first axis; further axes are slopes of their own.
    Each entry is judged by how far it is from the two that it is made of, plus the rounding at its smallest
    step, and the best is taken. Two kinds of functions would deceive it, and are told by their `bend`
    :math:`\varphi(h) - 2 \varphi(0) + \varphi(-h)`, which of a smooth function shrinks with the square of the
    step:

    - from too far away, :math:`\tanh(10^6 x)` looks flat and smooth. An entry does not count if smaller
      steps give other slopes, or a bend that does not shrink;
    - near a kink, differences agree on the mean of two slopes. The error is then half the gap between them.

    Without an entry that counts there is no estimate: ``(nan, inf)``.
    """
    limit = np.full(central.shape[1:], np.nan)
    best = np.full(central.shape[1:], np.inf)
    bend, blur = np.abs(bend), 4 * rounding * steps
    previous: list[Floats] = []
    for k, slope in enumerate(central):
        row = [slope]
        settled = (bend[k + 1 :] <= bend[k] / 2 + blur[k + 1 :]).all(axis=0)
        smooth = bend[k] <= bend[max(k - 1, 0)] / 16 + blur[k]
        floor = rounding[k] + np.where(smooth, 0.0, bend[k] / (2 * steps[k]))
        for order, coarser in enumerate(previous[:4], start=1):
            factor = RATIO ** (2 * order)
            finer = row[-1]
            entry = (factor * finer - coarser) / (factor - 1)
            row.append(entry)
            error = np.maximum(np.abs(entry - finer), np.abs(entry - coarser)) + floor
            better = settled & (error < best)
            if better.any():
                truncation = np.maximum(error, np.abs(slope - entry))
                better &= (np.abs(central[k:] - entry) <= truncation + 4 * rounding[k:]).all(axis=0)
                limit, best = np.where(better, entry, limit), np.where(better, error, best)
        previous = row
    return limit, best
