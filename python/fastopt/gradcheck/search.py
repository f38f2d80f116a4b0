r"""A few random directions decide; elements are visited only to explain a failure.

Everything is measured in units of the steps, :math:`y_i = x_i / s_i`, where :math:`s_i` is the size of the
element or, if that is larger, the root mean square of its array; and for one array at a time, so that
neither a large element nor an array with large gradients hides the others.

Where such a step leaves the domain, that of log near 0, :math:`s_i` is the size of the element alone.
Elements whose steps are then so small that a direction could not show an error of the size of the gradient
are visited one by one, 64 of them at the most.

Nor may large elements of the *gradient* hide small ones. Where directions agree, elements above a thousandth
of the typical one are left out, and the rest is tried by itself, at the precision that differences have
without the large ones; and so on, until noise hides an error of the size of a typical element.

**Detection.** Let :math:`e = \text{analytic} - \text{numeric}`. A direction :math:`v` with entries of
random sign and of size uniform in [1/2, 1] costs two calls a step, whatever the length of :math:`x`, and
shows :math:`\langle e, v \rangle`. One wrong element contributes at least :math:`|e_i| / 2`, so among any
number of right ones it is seen when it exceeds twice the *threshold* (tolerance or noise, whichever is
larger). Several errors may cancel, but :math:`e_i v_i` has a density of at most :math:`1 / |e_i|`, hence so
has the sum, and

.. math:: P(|\langle e, v \rangle| \le \tau) \le 2 \tau / \max_i |e_i|

for each direction: an error of a thousand thresholds is missed by two directions with a probability below
:math:`4 \cdot 10^{-6}`. (With entries +1 and -1 two equal errors would cancel half of the time.)

**Location.** The array is halved; the same direction is measured on the left half only, two calls, and the
right half is the difference; the larger half is halved again: one wrong element of :math:`n` is found in
:math:`2 \log_2 n` calls. It is then left out and the rest tested again, until a random direction agrees
(these were all) or enough are found.

**Verdict.** A direction only raises a suspicion. An element is called wrong by its own differences, if

.. math:: |\text{analytic}_i - \text{numeric}_i|
          > \text{atol} + \text{rtol} |\text{numeric}_i| + 5\, \text{error}_i

where the error covers what is left of truncation and rounding (see `differences`), so a correct gradient
fails only if two estimates of error, along different lines, are both too small by far. (Where kinks nearer
than any usable step may hide another slope, the element is unsettled instead, and stands for nothing.) What
decides is what differences resolve at an element, and not how large the others are, with one exception, the
rounding of the gradient itself: an element whose terms cancel keeps their rounding. Unless given, atol is
therefore a hundred times the relative noise of the function (or the precision of the gradient) times the
largest element, and no more than 1e-5 of the typical one, in units of the steps. For errors too widespread to
be caught in an element, a direction is itself evidence: if all elements were within tolerance, then

.. math:: \lVert e \rVert_2 \le \text{atol} \sqrt n + \text{rtol} \lVert \text{numeric} \rVert_2

and random signs add up to five times that with a probability below :math:`2 e^{-12.5} < 10^{-5}` (Hoeffding).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .differences import RATIO, Corner, Sweep, ladder, sweep
from .line import Floats, Line, Objective
from .noise import are_float32, root_mean_square
from .numeric import power_of_two
from .report import Coordinate
from .structure import Array, Move
from .tolerances import MARGIN, Options

FEW = 64
"""Up to so many elements, a failure is explained by looking at all of them."""

SAMPLE = 32
"""How many elements of a longer array are looked at, beside the worst."""

MEAN_SQUARE = 7 / 12
"""Of the entries of a random direction."""

SMALL = 1e-3
"""Beside the typical element of a gradient, up to so much is small, and tried without the larger ones."""

ROUNDINGS = 100
"""How many roundings of its largest element an element of a gradient may be off by."""


def random_direction(rng: np.random.Generator, size: int) -> Floats:
    """Draw random signs and sizes uniform in [1/2, 1].

    Of 24 bits, so that ``x + t v`` is exact for all but the smallest steps.
    """
    u = 2 * rng.random(size, dtype=np.float32) - 1
    return np.copysign(0.5 + 0.5 * np.abs(u), u).astype(np.float64)


def units_of(x: Array, smallest: float | None = None) -> Floats:
    """Return the unit of steps for each element, flat: its size, but not below `smallest`.

    That is the root mean square of the array unless given, for zero has no size; and 1 in an array of zeros,
    or as good as zeros. A function may well change over the size of `x`, so what larger steps show need not
    be its slope.
    """
    size = np.abs(x.reshape(-1).astype(np.float64))
    if smallest is None:
        smallest = root_mean_square(size)
    size = np.maximum(size, smallest)
    return power_of_two(np.where(size > 1e-30, size, 1.0))


@dataclass(frozen=True, eq=False)
class Slope:
    """The slope along one direction, measured and claimed.

    Parameters
    ----------
    by : array
        The direction, in units of `x`.
    numeric, analytic : float
        Both slopes.
    error : float
        An estimate of the error of `numeric`.
    threshold : float
        How far they may be apart.
    sweep : Sweep, optional
        Of the whole ladder, where two steps did not settle it.
    """

    by: Floats
    numeric: float
    analytic: float
    error: float
    threshold: float
    sweep: Sweep | None = None

    @property
    def corner(self) -> Corner | None:
        """Where the slopes to both sides differ, if they do."""
        return self.sweep.corner if self.sweep else None

    @property
    def differs(self) -> bool:
        """Whether both slopes differ by more than the threshold."""
        return abs(self.analytic - self.numeric) > self.threshold

    @property
    def lost(self) -> bool:
        """Whether numeric may be zero, and so a gradient of zero would pass as well."""
        return max(abs(self.numeric), abs(self.analytic)) <= MARGIN * self.error

    @property
    def unsettled(self) -> bool:
        """Whether kinks nearby leave open what the slope is, so that about any gradient would pass."""
        return bool(self.sweep and self.sweep.bent and 2 * MARGIN * self.error > abs(self.numeric))

    @property
    def suspicious(self) -> bool:
        """Whether the direction asks for an explanation."""
        return self.differs or self.corner is not None or self.unsettled or not math.isfinite(self.error)


class Search:
    """The check of one array against its gradient.

    Parameters
    ----------
    objective : Objective
        The function.
    number : int
        Which of its leaves.
    gradient : array
        The gradient under test.
    noise : float
        The standard deviation of rounding errors in the function.
    options : Options
        Tolerances and effort.
    rng : numpy.random.Generator
        Where directions come from.
    """

    def __init__(
        self,
        objective: Objective,
        number: int,
        gradient: Array,
        noise: float,
        options: Options,
        rng: np.random.Generator,
    ) -> None:
        leaf = objective.arguments.leaves[number]
        self.objective, self.number, self.leaf = objective, number, leaf
        self.noise, self.options, self.rng = noise, options, rng
        self.claimed, self.gradient = gradient, gradient.reshape(-1).astype(np.float64)
        self.grain = float(np.finfo(gradient.dtype).eps) if gradient.dtype.kind == "f" else 0.0
        self.eps = max(self.grain, float(np.finfo(leaf.array.dtype).eps))
        self.units = units_of(leaf.array)
        self.steps = ladder(leaf.array.dtype)
        self.narrow = False  # whether steps are relative to each element, however small
        self.tried = np.ones(leaf.size, bool)  # which elements directions move
        self.typical = 0.0  # of the gradient by y, from the slopes
        self.rounding = 0.0  # of its elements by y

    def run(self) -> Finding:
        """Try random directions, of all elements and then of the small ones; explain a disagreement."""
        bad = np.flatnonzero(~np.isfinite(self.gradient))
        if bad.size:
            return self._not_finite(bad)
        whole = found = self._try()
        while found.status in ("ok", "kink") and found.resolution <= found.typical:
            rest = found.search._without_the_large()
            if not rest.tried.any():
                break
            found = rest._try()
        return whole if found.status in ("ok", whole.status) else found

    def _without_the_large(self) -> Search:
        """Return the search among the elements that are small beside the typical one."""
        sizes = np.abs(self.gradient * self.units)
        rest = copy.copy(self)
        rest.tried = self.tried & (sizes <= SMALL * root_mean_square(sizes[self.tried]))
        if np.array_equal(rest.tried, self.tried):  # zeros
            rest.tried = np.zeros_like(self.tried)
        rest.typical = 0.0
        return rest

    def _try(self) -> Finding:
        """Try random directions, and explain them if they disagree."""
        slopes, hidden = self._slopes(), np.empty(0, np.intp)
        if not any(math.isfinite(slope.error) for slope in slopes):
            # A domain that ends near x, as that of log near 0: steps relative to |x| stay inside.
            self.units, self.typical = units_of(self.leaf.array, smallest=0.0), 0.0
            self.narrow, slopes = True, self._slopes()
            hidden = self._hidden(slopes)
        self.rounding = self._rounding()
        finding = Finding(self, slopes, self._resolution(slopes), self.typical / self._unit)
        if any(slope.suspicious for slope in slopes):
            self._explain(finding)
        elif hidden.size:
            finding.visited = {int(i): self.coordinate(int(i)) for i in hidden[:FEW]}
            finding.complete = hidden.size <= FEW
            self._settle(finding)
        return finding

    def _hidden(self, slopes: list[Slope]) -> NDArray[np.intp]:
        """Return elements whose steps are so small that no direction shows an error as large as the gradient.

        Those with the smallest steps come first.
        """
        seen = 2 * min(slope.threshold for slope in slopes)
        order = np.argsort(self.units, kind="stable")
        order = order[self.tried[order]]
        return order[seen > self.units[order] * root_mean_square(self.gradient[order])]

    def _slopes(self) -> list[Slope]:
        slopes = [self.probe(self.draw())]
        while len(slopes) < self.options.directions and (self.tried.all() or not slopes[0].lost):
            slopes.append(self.probe(self.draw()))
        return slopes

    def draw(self, without: Sequence[int] = ()) -> Floats:
        """Draw a direction, in units of `x`."""
        v = random_direction(self.rng, self.leaf.size) * self.units * self.tried
        v[list(without)] = 0
        return v

    def probe(self, by: Floats) -> Slope:
        """Compare the slopes along a direction: by two steps, or the whole ladder if these do not agree."""
        line = self.line(by)
        analytic = float(by @ self.gradient)
        coarse, fine = self._first_steps()
        numeric = line.central(fine) + (line.central(fine) - line.central(coarse)) / (RATIO**2 - 1)
        finest = self._finest(abs(numeric))
        gap = abs(line.gap(fine))
        smooth = gap <= max(abs(line.gap(coarse)) / 2, 40 * self.noise / fine)
        # From too far away a function may look flat, so a slope of zero is looked at more closely.
        if abs(numeric - analytic) <= finest and smooth and numeric != 0:
            self.typical = max(self.typical, self._root_mean_square(numeric))
            return Slope(by, numeric, analytic, abs(numeric - line.central(fine)), finest)
        whole = self._sweep(line, self.steps, f"a random direction of {self.leaf.name}", analytic)
        if whole.defined:
            self.typical = max(self.typical, self._root_mean_square(whole.numeric))
        own = 4 * self.grain * math.sqrt(by.size) * root_mean_square(by * self.gradient)
        threshold = max(MARGIN * whole.error + own, self._finest(abs(whole.numeric)))
        return Slope(by, whole.numeric, analytic, whole.error, threshold, whole)

    def line(self, by: Floats, start: int = 0) -> Line:
        """Return the line along which the elements from `start` on move by `by`."""
        return Line(self.objective, [Move(self.number, start, by)])

    def coordinate(self, index: int, near: float | None = None) -> Coordinate:
        """Visit one element: around the step `near`, or over the whole ladder if that is too coarse."""
        unit = self.units[index]
        line = self.line(self.units[index : index + 1], index)
        name, claimed = self.leaf.element(index), float(self.gradient[index])

        def measured(steps: Floats) -> Sweep:
            return self._sweep(line, steps, name, claimed * unit)

        found = measured(self._around(near))
        if MARGIN * found.error <= self._tolerance(index, found.numeric / unit) * unit:
            seen = self._judged(index, found)
            if seen.status == "ok":
                return seen
            whole = self._judged(index, measured(self.steps))  # for a kink may lie nearer than these steps
            return seen if whole.status == seen.status else whole
        return self._judged(index, measured(self.steps))

    def sweep_of(self, index: int) -> Sweep:
        """Return the whole ladder along one element, in units of `x`."""
        unit = float(self.units[index])
        line = self.line(self.units[index : index + 1], index)
        found = self._sweep(line, self.steps, self.leaf.element(index), float(self.gradient[index]) * unit)
        return found.scaled(unit)

    def _sweep(self, line: Line, steps: Floats, name: str, claimed: float) -> Sweep:
        return sweep(line, steps, self.noise, name, claimed, self.eps)

    # Verdicts.

    def _judged(self, index: int, found: Sweep) -> Coordinate:
        unit = float(self.units[index])
        numeric, analytic = found.numeric / unit, float(self.gradient[index])
        tolerance = self._tolerance(index, numeric)
        corner = found.corner
        return Coordinate(
            name=self.leaf.element(index),
            argument=self.leaf.name,
            index=tuple(int(k) for k in np.unravel_index(index, self.leaf.array.shape)),
            numeric=numeric,
            analytic=analytic,
            error=found.error / unit,
            tolerance=tolerance,
            status=self._verdict(found, analytic * unit, tolerance * unit),
            slopes=(corner.below / unit, corner.above / unit) if corner else None,
        )

    def _verdict(self, found: Sweep, claimed: float, tolerance: float) -> str:
        """Return the verdict on one element, whose slope by y is `claimed` to be so much."""
        corner = found.corner
        if not math.isfinite(claimed):
            return "wrong"
        if not found.finite:
            return "undefined"
        if corner and corner.kind == "jump":
            return "jump"
        if corner and corner.kind == "vertical":
            return "undefined"
        if corner:
            low, high = sorted((corner.below, corner.above))
            off = max(low - claimed, claimed - high)
            slack = tolerance + self.options.rtol * max(abs(low), abs(high)) + MARGIN * corner.error
            if off <= slack:
                return "kink"
        else:
            off = abs(claimed - found.numeric)
            if off <= tolerance + MARGIN * found.error:
                return "ok"
        if found.defined and not found.hides(off):
            return "wrong"
        for side, other in ((found.below, found.above), (found.above, found.below)):
            if (
                side.offset == 0 < other.offset
                and abs(claimed - side.slope) <= tolerance + MARGIN * side.error
            ):
                return "ok"  # beside kinks to one side only, the other one tells
        return "unsettled"

    def _tolerance(self, index: int, numeric: float) -> float:
        """Return what an element may be off by, in units of `x`."""
        return self._atol(index) + self.options.rtol * abs(numeric)

    def _atol(self, index: int) -> float:
        if self.options.atol is not None:
            return self.options.atol
        atol = self.rounding / float(self.units[index])
        if self.narrow:  # 1 in units of 1e-12 is much, where the gradient is not as large as that
            atol = min(atol, self.options.relative_atol * root_mean_square(self.gradient))
        return atol

    def _rounding(self) -> float:
        """Return what rounding may do to an element of the gradient by y, judged by that of the value."""
        sizes = np.abs(self.gradient * self.units)
        value = abs(self.objective())
        single = float(np.finfo(np.float32).eps) if are_float32(self.gradient, distinct=3) else 0.0
        noise = self.noise / value if self.noise < value else float(self.noise > 0)  # of 0, all may be noise
        relative = max(self.grain, single, noise)
        return min(
            ROUNDINGS * relative * float(sizes.max()), self.options.relative_atol * root_mean_square(sizes)
        )

    def _finest(self, numeric: float) -> float:
        """Return the mismatch along a direction from which on an element may be out of tolerance."""
        if self.options.atol is not None:
            return self.options.atol * self._unit / 2
        return self.options.relative_atol * self._root_mean_square(numeric) / 2

    def _root_mean_square(self, numeric: float) -> float:
        """Estimate that of the gradient from one slope."""
        return abs(numeric) / math.sqrt(MEAN_SQUARE * self.size)

    @property
    def size(self) -> int:
        """The number of elements that are tried."""
        return int(np.count_nonzero(self.tried))

    @property
    def _unit(self) -> float:
        return float(self.units[self.tried].min())

    def _resolution(self, slopes: list[Slope]) -> float:
        return 2 * min(slope.threshold for slope in slopes) / self._unit

    def _proven(self, slope: Slope) -> bool:
        """Whether the mismatch along a direction is more than elements within tolerance add up to."""
        n = self.size
        atol = (
            self.options.atol * float(self.units[self.tried].max())
            if self.options.atol is not None
            else max(self.rounding, self.options.relative_atol * self.typical)
        )
        bound = MARGIN * math.sqrt(n) * (atol + self.options.rtol * self.typical)
        off = slope.analytic - slope.numeric
        if slope.sweep and (slope.corner or slope.sweep.hides(off)):
            return False
        return abs(off) > bound + slope.threshold

    # Explanations.

    def _explain(self, finding: Finding) -> None:
        """Visit the elements that explain a suspicion, and settle the status."""
        slopes = finding.slopes
        while len(slopes) < 3 and self.size > 1:
            slopes.append(self.probe(self.draw()))
        finding.typical = self.typical / self._unit
        if self.tried.all():
            finding.vanishes = self._vanishes(slopes)
            finding.ratio = None if finding.vanishes else self._constant_ratio(slopes)
        suspect = next(slope for slope in slopes if slope.suspicious)
        near = suspect.sweep.step if suspect.sweep else None
        if finding.vanishes or (finding.ratio and self.leaf.size > FEW):
            largest = np.argsort(-np.abs(self.gradient * self.units), kind="stable")[: self.options.worst]
            finding.visited = {int(i): self.coordinate(int(i), near) for i in largest}
        elif self.size <= FEW:
            finding.visited = {int(i): self.coordinate(int(i), near) for i in np.flatnonzero(self.tried)}
            finding.complete = True
        else:
            self._locate(finding, suspect)
            if not finding.complete:
                sample = self.rng.choice(np.flatnonzero(self.tried), SAMPLE, replace=False)
                for i in set(sample.tolist()) - set(finding.visited):
                    finding.visited[i] = self.coordinate(i, near)
        if self._settle(finding):
            return
        if not any(slope.sweep is None or slope.sweep.finite for slope in slopes):
            finding.status = "undefined"
        elif not finding.with_status("unsettled") and any(self._proven(slope) for slope in slopes):
            finding.status = "wrong"

    @staticmethod
    def _settle(finding: Finding) -> bool:
        """Give the finding the worst status of an element visited; whether there is one that is not ok."""
        for status in ("wrong", "jump", "undefined", "kink"):
            if finding.with_status(status):
                finding.status = status
                return True
        return False

    def _locate(self, finding: Finding, suspect: Slope) -> None:
        """Find elements one after the other; `complete` if a direction without them agrees."""
        misses = 0
        for _ in range(self.options.worst):
            index = self._bisect(suspect)
            near = suspect.sweep.step if suspect.sweep else None
            finding.visited[index] = self.coordinate(index, near)
            misses += finding.visited[index].status == "ok"
            suspect = self.probe(self.draw(without=list(finding.visited)))
            if not suspect.suspicious:
                finding.complete = True
                return
            if misses > 1:
                return

    def _bisect(self, suspect: Slope) -> int:
        """Return an element that has much of what is suspicious about a direction."""
        measure, total = self._symptom(suspect)
        low, high = 0, self.leaf.size
        while high - low > 1:
            middle = (low + high) // 2
            left = measure(low, middle)
            if abs(left) >= abs(total - left):
                high, total = middle, left
            else:
                low, total = middle, total - left
        return low

    def _symptom(self, suspect: Slope) -> tuple[Callable[[int, int], float], float]:
        """Return what to measure on a part of a direction, and its value on the whole."""
        by, whole = suspect.by, suspect.sweep
        assert whole is not None, "two steps that agree are not suspicious"
        t = whole.step if whole.defined else float(self.steps[-4])

        def undefined(low: int, high: int) -> float:
            return float(not math.isfinite(self.line(by[low:high], low).central(t)))

        def mismatch(low: int, high: int) -> float:
            claimed = float(by[low:high] @ self.gradient[low:high])
            return self.line(by[low:high], low).central(t) - claimed

        def gap(low: int, high: int) -> float:
            return self.line(by[low:high], low).gap(t)

        measure = mismatch if suspect.differs else gap if whole.defined else undefined
        return measure, measure(0, self.leaf.size)

    def _constant_ratio(self, slopes: list[Slope]) -> float | None:
        """Return c if analytic = c x numeric along all directions."""
        numeric = np.array([slope.numeric for slope in slopes])
        analytic = np.array([slope.analytic for slope in slopes])
        error = np.array([slope.error for slope in slopes])
        if not np.isfinite(error).all() or (MARGIN * error > 0.05 * np.abs(numeric)).any():
            return None
        c = float(numeric @ analytic / (numeric @ numeric))
        slack = 0.01 * abs(c - 1) * np.abs(numeric) + MARGIN * abs(c) * error
        far_from_one = abs(c - 1) > MARGIN * self.options.rtol
        return c if far_from_one and (np.abs(analytic - c * numeric) <= slack).all() else None

    def _vanishes(self, slopes: list[Slope]) -> bool:
        return all(
            abs(slope.numeric) <= MARGIN * slope.error < abs(slope.analytic) / 100 and not slope.corner
            for slope in slopes
        )

    def _not_finite(self, bad: Array) -> Finding:
        visited = {int(i): self.coordinate(int(i)) for i in bad[: self.options.worst]}
        return Finding(self, [], math.inf, 0.0, "wrong", visited)

    # Steps.

    def _first_steps(self) -> tuple[float, float]:
        """Return the two steps to begin with."""
        fine = self.options.step or float(self.steps[len(self.steps) // 3])
        return fine * RATIO, fine

    def _around(self, near: float | None) -> Floats:
        """Return three steps of the ladder."""
        near = self._first_steps()[1] if near is None else near
        k = int(np.argmin(np.abs(np.log(self.steps / near))))
        first = min(max(k - 1, 0), len(self.steps) - 3)
        return self.steps[first : first + 3]


@dataclass(eq=False)
class Finding:
    """What was found about one array.

    Parameters
    ----------
    search : Search
        By whom.
    slopes : list of Slope
        Along random directions.
    resolution : float
        A single wrong element is seen from this error on.
    typical : float
        The root mean square of the gradient.
    status : str
        The verdict.
    visited : dict of int to Coordinate
        Elements, by their flat index.
    complete : bool
        Whether every wrong element is among the visited.
    ratio : float or None
        ``analytic / numeric``, where it is the same along all directions.
    vanishes : bool
        Whether the function does not depend on the array.
    """

    search: Search
    slopes: list[Slope]
    resolution: float
    typical: float
    status: str = "ok"
    visited: dict[int, Coordinate] = field(default_factory=dict)
    complete: bool = False
    ratio: float | None = None
    vanishes: bool = False

    @property
    def name(self) -> str:
        """That of the array."""
        return self.search.leaf.name

    @cached_property
    def unseen(self) -> str:
        """What keeps the slopes out of sight, though nothing speaks against them.

        - ``"crowded"``: kinks lie closer than any usable step, at all elements that were visited.
        - ``"level"``: they are zero beside those of the neighbourhood, as at a minimum.
        - ``"flat"``: they are so small that over steps of 2**-15 they change but the last bits of the
          value, or of a number of size 1 inside the function, as where tanh is 1.
        - ``"lost"``: noise is larger than they are, so the gradient might be anything of that size.

        An empty string if they were seen, or are exactly zero.
        """
        slopes, search = self.slopes, self.search
        largest = max((max(abs(s.numeric), abs(s.analytic)) for s in slopes), default=0.0)
        seen = any(c.seen for c in self.visited.values())
        if self.with_status("unsettled") and not seen:
            return "crowded"
        if self.status != "ok" or largest == 0 or seen or not all(s.lost for s in slopes):
            return ""
        if any(s.sweep and MARGIN * s.error < s.sweep.secant / 10 for s in slopes):
            return "level"
        last_bits = search.eps * max(1.0, abs(search.objective()))
        return "flat" if largest <= min(MARGIN * 2**15 * last_bits, math.sqrt(search.eps)) else "lost"

    def with_status(self, status: str) -> list[int]:
        """Return the visited elements of this verdict."""
        return [i for i, c in self.visited.items() if c.status == status]
