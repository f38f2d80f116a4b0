"""Functions with many values: checked through random combinations, explained entry by entry."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from .diagnosis import Evidence, diagnose
from .differences import EPS, extrapolate, ladder, sweep
from .line import Floats, Line, Objective
from .noise import noise_level, root_mean_square
from .report import Argument, Coordinate, Report
from .run import examine, lengths_of
from .search import Finding, random_direction, units_of
from .structure import Arguments, Array, Leaf, Move, brackets
from .tolerances import MARGIN, Options

COVECTORS = 2
"""How many random combinations of the values are checked."""

STEP = 2.0**-12
"""Over which it is seen whether a value changes at all."""

TINY = 1e-300
"""Smaller norms are not divided by."""

ROWS = 64
"""How many entries of a column are looked at, half of them the worst."""


@dataclass(frozen=True, eq=False)
class VectorFunction:
    """A function with many values, and its claimed derivative.

    Parameters
    ----------
    arguments : Arguments
        The point.
    values : callable
        ``values(*args)``, flat.
    shape : tuple of int
        Of the values.
    products : callable
        ``products(u)``: the derivative of ``u @ values``, one array a leaf.
    jacobian : list of array, optional
        All of it, one array a leaf, of shape ``shape + leaf.shape``.
    label : str
        What the values are called: ``d func[0] / d x[1]``.
    """

    arguments: Arguments
    values: Callable[..., Floats]
    shape: tuple[int, ...]
    products: Callable[[Floats], list[Array]]
    jacobian: list[Array] | None
    label: str

    @property
    def size(self) -> int:
        """The number of values."""
        return math.prod(self.shape)

    def combined(self, u: Floats) -> Objective:
        """Return the combination ``u @ values``."""
        return Objective(self.arguments, lambda *args: float(u @ self.values(*args)))

    def near(self, moves: Sequence[Move], t: float) -> Floats:
        """Return the values at ``x + t * moves``, NaN outside of their domain."""
        try:
            return self.values(*self.arguments.displaced(moves, t))
        except (ValueError, ArithmeticError):
            return np.full(self.size, np.nan)

    def column(self, move: Move, steps: Floats, noise: Floats) -> tuple[Floats, Floats]:
        """Return the slopes of all values along a line, and their errors."""
        with np.errstate(all="ignore"):
            above, below = (np.array([self.near([move], sign * t) for t in steps]) for sign in (1, -1))
            heights = steps[:, np.newaxis]
            rounding = 2 * np.maximum(noise, np.finfo(np.float64).eps * np.abs(above)) / heights
            bend = above - 2 * self.near([], 0.0) + below
            return extrapolate((above - below) / (2 * heights), bend, rounding, heights)


@np.errstate(all="ignore")
def check_combinations(
    function: VectorFunction, report: Report, options: Options, rng: np.random.Generator
) -> None:
    """Check random combinations of the values until one fails; then explain it by entries."""
    scale = _row_scale(function, report)
    for _ in range(COVECTORS):
        # What a combination that passed has left in the report, the next one replaces.
        report.arguments.clear()
        report.worst.clear()
        report.sweep = None
        u = random_direction(rng, function.size) * scale
        objective = function.combined(u)
        findings = examine(report, objective, function.products(u), options, rng)
        report.calls += objective.calls
        if any(finding.status != "ok" for finding in findings):
            if function.jacobian is not None:
                _explain_entries(function, report, findings, u, options)
            return


@np.errstate(all="ignore")
def check_symmetry(
    function: VectorFunction, report: Report, options: Options, rng: np.random.Generator
) -> None:
    """Compare <w, H u> with <u, H w> for claimed second derivatives."""
    units = np.concatenate([units_of(leaf.array) for leaf in function.arguments.leaves])
    u, w = (random_direction(rng, units.size) * units for _ in range(2))
    hu, hw = (flat(function.products(v)) for v in (u, w))
    size = float(np.linalg.norm(w * hu) + np.linalg.norm(u * hw))
    if not abs(w @ hu - u @ hw) <= MARGIN * options.rtol * size:
        report.fail(f"the Hessian is not symmetric: <w, H u> = {w @ hu:.6g}, <u, H w> = {u @ hw:.6g}")


@np.errstate(all="ignore")
def check_differences_for_symmetry(
    function: VectorFunction, report: Report, options: Options, rng: np.random.Generator
) -> None:
    """Compare <w, H u> with <u, H w>, both by differences of the gradient."""
    pairs = list(_symmetric_pairs(function, report, rng))
    slopes = np.array([slope for pair in pairs for slope in (pair.numeric, pair.analytic)])
    typical = root_mean_square(slopes[np.isfinite(slopes)])
    for k, pair in enumerate(pairs):
        if abs(pair.numeric - pair.analytic) > MARGIN * pair.error + options.rtol * typical:
            pairs[k] = replace(pair, status="wrong")
    if any(pair.status == "wrong" for pair in pairs):
        report.fail("not the gradient of any function: its Jacobian is not symmetric")
    elif all(pair.status == "undefined" for pair in pairs):
        report.fail("grad has no derivative along random directions")
    report.arguments += pairs


def flat(arrays: Sequence[Array]) -> Floats:
    """Return arrays end to end, in float64."""
    return np.concatenate([a.reshape(-1).astype(np.float64) for a in arrays])


def split(vector: Floats, leaves: Sequence[Leaf]) -> list[Array]:
    """Cut a vector into arrays of the shapes and dtypes of the leaves."""
    ends = np.cumsum([leaf.size for leaf in leaves])
    return [
        part.reshape(leaf.array.shape).astype(leaf.array.dtype)
        for part, leaf in zip(np.split(vector, ends[:-1]), leaves, strict=True)
    ]


def contracted(u: Floats, jacobian: Sequence[Array], leaves: Sequence[Leaf]) -> list[Array]:
    """Return ``u @ J`` for each leaf."""
    return [
        np.tensordot(u, entries.reshape(u.size, *leaf.array.shape), 1)
        for entries, leaf in zip(jacobian, leaves, strict=True)
    ]


def _row_scale(function: VectorFunction, report: Report) -> Floats:
    """Return one over the norms of the rows of the Jacobian, where they are known.

    So that values with small derivatives are not hidden by others. The norm of a row that is claimed to be 0,
    or as small as the rounding of its value, is what differences see of it; where that is not clear of
    rounding either, the row is left in proportion to its value: there is nothing to be seen of it, and it
    would hide the others.
    """
    if function.jacobian is None:
        return np.ones(function.size)
    leaves = function.arguments.leaves
    norms = np.zeros(function.size)
    for entries, leaf in zip(function.jacobian, leaves, strict=True):
        norms = np.hypot(norms, _norms(entries.reshape(function.size, -1) * units_of(leaf.array)))
    rng = np.random.default_rng(0)
    moves = [
        Move(k, 0, random_direction(rng, leaf.size) * units_of(leaf.array)) for k, leaf in enumerate(leaves)
    ]
    here, there = function.near([], 0.0), function.near(moves, STEP)
    report.calls += 2
    values = np.abs(here)
    rounding = 64 * EPS * values
    seen = np.nan_to_num(np.abs(there - here), nan=0.0, posinf=0.0)
    seen = np.where(seen > rounding, seen / STEP, values)
    norms = np.where(norms > rounding, norms, seen)
    largest = norms.max(initial=0.0)
    return 1 / np.maximum(np.where(norms > 0, norms, largest if largest > 0 else 1.0), TINY)


def _norms(rows: Floats) -> Floats:
    """Return the norms of rows, however small their numbers are; those that are not finite count as 0."""
    rows = np.abs(np.where(np.isfinite(rows), rows, 0.0))
    largest = rows.max(axis=1, initial=TINY)
    return np.asarray(largest * np.linalg.norm(rows / largest[:, np.newaxis], axis=1))


def _explain_entries(
    function: VectorFunction, report: Report, findings: Sequence[Finding], u: Floats, options: Options
) -> None:
    """Measure wrong columns entry by entry, and diagnose by these."""
    worst: list[Coordinate] = []
    for finding in findings:
        if not finding.with_status("wrong"):
            continue
        evidence = _entries(function, report, finding, u, options)
        worst += [c for c in evidence.coordinates if c.status == "wrong"]
        about_combination = f"{finding.name}: "
        report.diagnoses = [d for d in report.diagnoses if not d.startswith(about_combination)]
        report.reason = next(iter(report.diagnoses), "")
        for text in diagnose(evidence):
            report.fail(f"{finding.name}: {text}")
    if worst:
        report.worst = sorted(worst, key=lambda c: -c.abs_error)[: options.worst]


def _entries(
    function: VectorFunction, report: Report, finding: Finding, u: Floats, options: Options
) -> Evidence:
    """Measure entries of the wrong columns of one array."""
    search = finding.search
    wrong = finding.with_status("wrong")
    columns = wrong[: options.worst]
    assert function.jacobian is not None
    claimed = function.jacobian[search.number]
    table = claimed.reshape(function.size, -1)
    coordinates: dict[int, Coordinate] = {}
    for column in columns:
        unit = search.units[column]
        move = Move(search.number, column, np.array([unit]))
        numeric, error = function.column(move, search.steps, report.noise / np.abs(u))
        report.calls += 2 * search.steps.size + 1
        for c in _judged(function, finding, column, table[:, column], numeric / unit, error / unit, options):
            row = (
                int(np.ravel_multi_index(c.index[: len(function.shape)], function.shape))
                if function.shape
                else 0
            )
            coordinates[row * table.shape[1] + column] = c
    return Evidence(
        analytic=claimed,
        indices=np.array(list(coordinates), np.intp),
        coordinates=list(coordinates.values()),
        complete=finding.complete and columns == wrong and function.size <= ROWS // 2,
        ratio=finding.ratio,
        vanishes=finding.vanishes,
        others=[],
        terms=[],
        lengths=lengths_of(function.arguments),
    )


def _judged(
    function: VectorFunction,
    finding: Finding,
    column: int,
    analytic: Array,
    numeric: Floats,
    error: Floats,
    options: Options,
) -> Iterator[Coordinate]:
    """Yield the worst entries of a column, and others spread over it."""
    leaf = finding.search.leaf
    typical = float(np.sqrt(np.nanmean(numeric**2))) if np.isfinite(numeric).any() else 0.0
    atol = options.relative_atol * typical if options.atol is None else options.atol
    with np.errstate(invalid="ignore"):
        off = np.nan_to_num(np.abs(analytic - numeric), nan=np.inf)
    worst = np.argsort(-off, kind="stable")[: ROWS // 2]
    spread = np.linspace(0, off.size - 1, min(off.size, ROWS // 2), dtype=int)
    place = np.unravel_index(column, leaf.array.shape)
    for row in np.union1d(worst, spread):
        index = np.unravel_index(row, function.shape)
        tolerance = atol + options.rtol * abs(float(numeric[row]))
        fits = off[row] <= tolerance + MARGIN * error[row]
        yield Coordinate(
            name=f"d {function.label}{brackets(index)} / d {leaf.element(column)}",
            argument=leaf.name,
            index=tuple(int(k) for k in (*index, *place)),
            numeric=float(numeric[row]),
            analytic=float(analytic[row]),
            error=float(error[row]),
            tolerance=tolerance,
            status="ok" if fits else "wrong" if np.isfinite(error[row]) else "undefined",
        )


def _symmetric_pairs(
    function: VectorFunction, report: Report, rng: np.random.Generator
) -> Iterator[Argument]:
    """Yield <w, H u> and <u, H w> for random u and w."""
    leaves = function.arguments.leaves
    units = np.concatenate([units_of(leaf.array) for leaf in leaves])
    steps = ladder(function.arguments.dtype)
    for number in range(3):
        u, w = (random_direction(rng, units.size) * units for _ in range(2))
        sweeps = []
        for direction, covector in ((u, w), (w, u)):
            objective = function.combined(covector)
            parts = enumerate(split(direction, leaves))
            line = Line(objective, [Move(k, 0, part.reshape(-1)) for k, part in parts])
            report.noise = noise_level(line)
            sweeps.append(sweep(line, steps, report.noise, "a random direction", math.nan))
            report.calls += objective.calls
        error = sum(s.error for s in sweeps)
        yield Argument(
            name=f"pair {number}: <w, H u>, <u, H w>",
            size=units.size,
            numeric=sweeps[0].numeric,
            analytic=sweeps[1].numeric,
            error=error,
            resolution=MARGIN * error,
            typical=math.nan,
            status="ok" if math.isfinite(error) else "undefined",
        )
