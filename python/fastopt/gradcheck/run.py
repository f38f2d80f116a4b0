"""A check from end to end: the first calls, every array, the report."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np

from fastopt._common.trees import summary
from fastopt._common.wording import counted, users_line

from .diagnosis import Evidence, diagnose
from .differences import ladder, sweep
from .line import Line, Objective
from .noise import are_float32, noise_level
from .numeric import opened
from .report import Argument, Coordinate, GradientError, Report
from .search import Finding, Search, Slope, random_direction, units_of
from .structure import Arguments, Array, Leaf, Move, Structure
from .tolerances import Options

Evaluation = tuple[Any, list[Array]]
"""The value, a number or an array, and gradients."""

FAULTS = ("wrong", "jump", "undefined", "kink")
"""Verdicts that are not "ok", the gravest first."""

HIDDEN_BY = {
    "noise": "the slope is lost in the noise of func",
    "kinks": "kinks lie closer than any usable step",
}
"""What may keep an array from being checked."""


def open_arguments(
    func: Callable[..., Any], inputs: Structure, wrt: int | Sequence[int] | None, promote: bool
) -> tuple[Arguments, list[str]]:
    """Return the arguments, and remarks on their dtype."""
    if not callable(func):
        raise TypeError(f"func: expected a function, got {summary(func)}")
    arguments = opened(func, inputs, wrt, promote)
    single = [leaf.name for leaf in arguments.leaves if np.asarray(leaf.source).dtype.itemsize == 4]
    if not single:
        return arguments, []
    names = ", ".join([*single[:3], *["..."][: len(single) - 3 > 0]])
    if arguments.leaves[0].array.dtype.itemsize == 8:
        return arguments, [f"{names}: float32, checked in float64 copies"]
    refused = ", which func does not take as float64" if promote else ""
    return arguments, [f"{names}: float32{refused}; differences are good to 3 digits at best"]


def first_calls(
    report: Report, arguments: Arguments, evaluate: Callable[[], Evaluation]
) -> Evaluation | None:
    """Evaluate twice at the point itself; None if both differ, for differences are then worthless.

    A function that changes its arguments has failed, but the check goes on with fresh copies.
    """
    with np.errstate(all="ignore"):
        value, gradients = evaluate()
        changed = arguments.changed()
        again, gradients_again = evaluate()
    arguments.changed()
    report.calls += 2
    unfit = np.asarray(value)[~np.isfinite(value)]
    if unfit.size:
        raise FloatingPointError(f"func: expected finite values at inputs, got {unfit[0]}")
    if changed:
        report.fail(f"func changes its arguments: {', '.join(changed)}")
    if not _alike(value, again):
        shown = f"{value!r} and then {again!r}" if isinstance(value, float) else "different values"
        report.fail(f"func is not deterministic: two calls at the same point gave {shown}")
        return None
    if not all(map(_alike, gradients, gradients_again)):
        report.fail("the gradient is not deterministic: two calls at the same point differ")
        return None
    for leaf, gradient in zip(arguments.leaves, gradients, strict=False):
        if gradient.dtype == np.float32 and leaf.array.dtype == np.float64:
            report.remarks.append(f"the gradient by {leaf.name} is float32, its argument float64")
    return value, gradients


@np.errstate(all="ignore")
def examine(
    report: Report,
    objective: Objective,
    gradients: Sequence[Array],
    options: Options,
    rng: np.random.Generator,
) -> list[Finding]:
    """Check the gradients by all arrays; write what was found into the report, and return it."""
    leaves = objective.arguments.leaves
    filled = [k for k, leaf in enumerate(leaves) if leaf.size]
    value = objective()
    joint = Line(
        objective,
        [Move(k, 0, random_direction(rng, leaves[k].size) * units_of(leaves[k].array)) for k in filled],
    )
    report.noise = noise_level(joint)
    findings = [Search(objective, k, gradients[k], report.noise, options, rng).run() for k in filled]
    _explain(report, findings, options)
    report.arguments += [_row(leaf, findings) for leaf in leaves]
    _rank(report, findings, options)
    if report.sweep is None:
        slope = sum(float(move.by @ gradients[move.leaf].reshape(-1)) for move in joint.moves)
        steps = ladder(objective.arguments.dtype)
        report.sweep = sweep(joint, steps, report.noise, "a random direction", slope)
    report.remarks += [*_on_noise(report, joint), *_on_power(findings)]
    _last_call(report, objective, value)
    return findings


def finish(report: Report, raise_exception: bool) -> Report:
    """Settle the status; return the report, or raise it.

    What was not checked must not pass unseen: if nothing was checked that is a failure, if some arrays were
    not it is a warning.
    """
    report.remarks = list(dict.fromkeys(report.remarks))
    unchecked = [a for a in report.arguments if a.status == "unchecked"]
    if report.ok and unchecked:
        hidden = {by: [a.name for a in unchecked if a.hidden_by == by] for by in HIDDEN_BY}
        text = "; ".join(
            f"nothing was checked by {', '.join(names)}: {HIDDEN_BY[by]}"
            for by, names in hidden.items()
            if names
        )
        if all(a.status in ("unchecked", "empty") for a in report.arguments):
            report.status, report.reason = "unchecked", text
        elif raise_exception:
            warnings.warn(f"{report.check}: {text}", stacklevel=users_line())
    if raise_exception and not report.ok:
        raise GradientError(report)
    return report


def lengths_of(arguments: Arguments) -> dict[int, str]:
    """Name what has so many elements: axes first, then whole arrays."""
    named: dict[int, str] = {}
    for name, array in arguments.sources:
        for axis, length in enumerate(array.shape):
            named.setdefault(length, f"axis {axis} of {name}")
    for name, array in arguments.sources:
        named.setdefault(array.size, name)
    return named


# From findings to words.


def _explain(report: Report, findings: Sequence[Finding], options: Options) -> None:
    if findings and all(finding.vanishes for finding in findings):
        report.fail(
            "func does not depend on what it is given: numeric slopes are 0. "
            "Does it read another array instead? It is called with copies"
        )
        return
    for finding in findings:
        if finding.status == "wrong":
            _explain_wrong(report, finding, findings)
        elif finding.status == "kink" and options.allow_kinks:
            report.remarks.append(_no_derivative(finding, "kink"))
        elif finding.status != "ok":
            advice = "move the point" + ", or pass allow_kinks=True" * (finding.status == "kink")
            report.fail(f"{_no_derivative(finding, finding.status)}; {advice}")
        elif any(slope.differs for slope in finding.slopes) and not finding.with_status("unsettled"):
            report.remarks.append(f"{finding.name}: differs by more than noise, but within tolerance")


def _explain_wrong(report: Report, finding: Finding, findings: Sequence[Finding]) -> None:
    for text in diagnose(_evidence(finding, findings)):
        report.fail(f"{finding.name}: {text}")
    wrong = [finding.visited[i] for i in finding.with_status("wrong")]
    for c in [c for c in wrong if c.slopes][:1]:
        report.fail(f"{c.name} is a kink, and analytic {c.analytic:.4g} is not between its slopes")
    report.remarks += [
        _no_derivative(finding, status) for status in FAULTS[1:] if finding.with_status(status)
    ]


def _evidence(finding: Finding, findings: Sequence[Finding]) -> Evidence:
    """Collect what may explain a wrong gradient."""
    search = finding.search
    arguments, x = search.objective.arguments, search.leaf.array
    own = [
        (finding.name, x),
        (f"sign({finding.name})", np.sign(x)),
        (f"{finding.name}**2", x * x),
        ("1", np.ones_like(x)),
    ]
    others = [(name, a) for name, a in arguments.sources if name != finding.name]
    return Evidence(
        analytic=search.claimed,
        indices=np.array(list(finding.visited), np.intp),
        coordinates=list(finding.visited.values()),
        complete=finding.complete,
        ratio=finding.ratio,
        vanishes=finding.vanishes,
        others=[(other.name, other.search.claimed) for other in findings if other is not finding],
        terms=own + [(name, a) for name, a in others if a.dtype.kind in "fiu"],
        lengths=lengths_of(arguments),
    )


def _no_derivative(finding: Finding, status: str) -> str:
    """Describe a point without a derivative."""
    found = finding.with_status(status)
    if not found:
        return f"{finding.name}: func has no derivative along a random direction ({status})"
    c = finding.visited[found[0]]
    at = f"{c.name} = {finding.search.leaf.array.reshape(-1)[found[0]]:.6g}"
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    if status == "jump":
        return f"func jumps at {at}{more}"
    if c.slopes is None:
        return f"func is not finite on both sides of {at}{more}: the edge of its domain"
    if status == "undefined":
        return f"the tangent is vertical at {at}{more}: no finite slope"
    slopes = f"slope {c.slopes[0]:.4g} to the left, {c.slopes[1]:.4g} to the right"
    return f"a kink, not a wrong gradient, at {at}{more}: {slopes}"


def _row(leaf: Leaf, findings: Sequence[Finding]) -> Argument:
    """Show an array by the direction in which it differs most."""
    finding = next((f for f in findings if f.search.leaf is leaf), None)
    if finding is None:
        return Argument(leaf.name, 0, 0.0, 0.0, 0.0, 0.0, 0.0, "empty")
    slope = max(finding.slopes, key=_surprise, default=None)
    hidden_by = {"lost": "noise", "crowded": "kinks"}.get(finding.unseen, "")
    return Argument(
        name=leaf.name,
        size=leaf.size,
        numeric=slope.numeric if slope else math.nan,
        analytic=slope.analytic if slope else math.nan,
        error=slope.error if slope else math.nan,
        resolution=finding.resolution,
        typical=finding.typical,
        status="unchecked" if hidden_by else finding.status,
        hidden_by=hidden_by,
    )


def _surprise(slope: Slope) -> float:
    difference = abs(slope.analytic - slope.numeric)
    if not math.isfinite(difference):
        return math.inf
    return difference / slope.threshold if slope.threshold else math.inf if difference else 0.0


def _rank(report: Report, findings: Sequence[Finding], options: Options) -> None:
    """Report the worst elements, of every array at fault in turn, and sweep along the first."""

    def order(item: tuple[Finding, int, Coordinate]) -> tuple[int, float]:
        c = item[2]
        grave = (*FAULTS, "unsettled", "ok").index(c.status)
        return grave, -c.abs_error if math.isfinite(c.abs_error) else -math.inf

    lists = [sorted(((f, i, c) for i, c in f.visited.items()), key=order) for f in findings]
    faulty = [[item for item in items if item[2].status in FAULTS] for items in lists]
    at_fault = any(faulty)
    turns = zip_longest(*(faulty if at_fault else lists))
    ranked = sorted([item for turn in turns for item in turn if item][: options.worst], key=order)
    report.worst += [c for _, _, c in ranked]
    if at_fault:
        finding, index, _ = ranked[0]
        report.sweep = finding.search.sweep_of(index)


# Remarks.


def _last_call(report: Report, objective: Objective, value: float) -> None:
    """Note if the function, or its arguments, have drifted meanwhile."""
    again = objective()
    if not _alike(value, again):
        report.fail(f"func is not deterministic: its value was {value!r} at first, {again!r} in the end")
    changed = objective.arguments.changed()
    if changed and report.ok:
        report.fail(f"func changes its arguments: {', '.join(changed)}")


def _alike(a: Any, b: Any) -> bool:
    """Whether two results agree but for the last bits, which threads may change."""
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        return False
    with np.errstate(invalid="ignore"):
        slack = 100 * np.finfo(a.dtype).eps * np.abs(a).max(initial=0) if a.dtype.kind == "f" else 0
        return bool(np.all((np.abs(a - b) <= slack) | (a == b) | (np.isnan(a) & np.isnan(b))))


def _on_noise(report: Report, line: Line) -> Iterator[str]:
    """Say so if the function computes in less than double precision."""
    values = line.values[np.isfinite(line.values)]
    largest = float(np.abs(values).max(initial=0))
    if np.unique(values).size == 1:  # which may be a float32 number by chance
        return
    if line.objective.arguments.dtype.itemsize == 4:
        return
    if are_float32(values, distinct=2):
        yield f"func computes in float32: all its values are float32 numbers (noise {report.noise:.1e})"
    elif report.noise > 1e-9 * largest:
        share = report.noise / largest
        yield f"the noise in func is {share:.0e} of its value: float32 inside it, or cancellation"


def _on_power(findings: Sequence[Finding]) -> Iterator[str]:
    """Say what could not be seen."""
    for f in findings:
        unsettled = f.with_status("unsettled")
        if f.unseen == "crowded":
            yield f"{f.name}: kinks lie closer than any usable step; nothing was checked"
        elif unsettled:
            more = f" and {len(unsettled) - 1} more" if len(unsettled) > 1 else ""
            yield f"{f.visited[unsettled[0]].name}{more}: kinks lie closer than any usable step; not checked"
        if f.status == "ok" and not f.complete and f.slopes and all(s.unsettled for s in f.slopes):
            some = f"{len(f.visited) - len(unsettled)} of {counted(f.search.leaf.size, 'element')}"
            yield f"{f.name}: kinks lie closer than any usable step in all directions; {some} checked alone"
        if f.unseen == "lost":
            yield f"{f.name}: its slope is lost in the noise of func; nothing was checked"
        elif f.unseen == "flat":
            yield f"{f.name}: func is flat here but for its last bits, and the gradient as small as that"
        elif f.unseen == "level":
            yield f"{f.name}: the slope is 0 as far as can be seen; check at another point, too"
        elif f.status == "ok" and f.resolution > f.typical and any(s.numeric or s.analytic for s in f.slopes):
            yield (
                f"{f.name}: a single wrong element is seen from an error of {f.resolution:.1e} on; "
                f"a typical element is {f.typical:.1e}"
            )
