"""From wrong elements to the mistake behind them.

A hypothesis says how the analytic gradient came about: scaled, transposed, shifted, a term left out. Each
is tested on elements that were visited already, so it costs no call of the function; it must reproduce
every number that was measured, at three elements at least that the gradient itself gets wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from fastopt._common.wording import counted

from .line import Floats
from .report import Coordinate
from .structure import Array
from .tolerances import MARGIN

Named = tuple[str, Array]


@dataclass(frozen=True, eq=False)
class Evidence:
    """What is known about the gradient by one array.

    Parameters
    ----------
    analytic : array
        The gradient under test.
    indices : integer array
        The elements that were visited, flat.
    coordinates : sequence of Coordinate
        What was found there.
    complete : bool
        Whether all wrong elements are among them.
    ratio : float or None
        ``analytic / numeric`` where it is the same along all directions.
    vanishes : bool
        Whether all numeric slopes are zero.
    others : sequence of (name, array)
        The analytic gradients by other arrays.
    terms : sequence of (name, array)
        What a missing term might be made of.
    lengths : mapping of int to str
        What has so many elements, to recognise a factor by.
    """

    analytic: Array
    indices: NDArray[np.intp]
    coordinates: Sequence[Coordinate]
    complete: bool
    ratio: float | None
    vanishes: bool
    others: Sequence[Named]
    terms: Sequence[Named]
    lengths: dict[int, str]

    def of(self, array: Array) -> Floats:
        """Return the visited elements of an array like the gradient."""
        return array.reshape(-1)[self.indices].astype(np.float64)

    @property
    def numeric(self) -> Floats:
        """Return what was measured."""
        return np.array([c.numeric for c in self.coordinates], np.float64)

    @property
    def slack(self) -> Floats:
        """Return how far each may be off."""
        return np.array([c.tolerance + MARGIN * c.error for c in self.coordinates], np.float64)

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """Return which are wrong."""
        return np.array([c.status == "wrong" for c in self.coordinates], bool)


def diagnose(evidence: Evidence) -> list[str]:
    """Return what explains a wrong gradient, the most telling first."""
    for explain in (_not_finite, _forgotten, _not_used, _scaled, _exchanged, _rearranged, _missing_term):
        found = list(explain(evidence))
        if found:
            return found
    return [*_extent(evidence), *_among_the_wrong(evidence)]


def _not_finite(e: Evidence) -> Iterator[str]:
    count = int(np.count_nonzero(~np.isfinite(e.analytic)))
    if count:
        yield f"analytic is not finite at {count} of {counted(e.analytic.size, 'element')}"


def _forgotten(e: Evidence) -> Iterator[str]:
    if not e.analytic.any():
        yield "analytic is 0 everywhere, numeric is not: a gradient that was never filled in?"


def _not_used(e: Evidence) -> Iterator[str]:
    if e.vanishes:
        yield "numeric is 0 in all directions: func does not depend on it"


def _scaled(e: Evidence) -> Iterator[str]:
    if e.ratio is not None:
        where = " everywhere" if e.analytic.size > 1 else ""
        yield f"{_equation(e.ratio, 'numeric')}{where}{_hint(e.ratio, e.lengths)}"
    elif e.wrong.sum() >= 3 and not (e.complete and e.wrong.size < e.analytic.size):
        c = _multiple(e.numeric, e.of(e.analytic), e.slack)
        if c is not None:
            yield f"{_equation(1 / c, 'numeric')} wherever it was measured{_hint(1 / c, e.lengths)}"


def _exchanged(e: Evidence) -> Iterator[str]:
    for name, other in e.others:
        if other.shape == e.analytic.shape and _explains(e, other) == 1:
            yield f"analytic is the gradient by {name}: gradients in the wrong order?"


def _rearranged(e: Evidence) -> Iterator[str]:
    for text, array in _rearrangements(e.analytic):
        c = _explains(e, array)
        if c is not None:
            yield text.format(numeric="numeric" if c == 1 else _scaled_by(1 / c, "numeric"))
            return


def _missing_term(e: Evidence) -> Iterator[str]:
    difference = e.numeric - e.of(e.analytic)
    for name, term in e.terms:
        if term.shape != e.analytic.shape:
            continue
        c = _multiple(difference, e.of(term), e.slack)
        if c is not None:
            text = f"{c:.4g} at every element" if name == "1" else _scaled_by(c, name)
            yield f"a term is missing: numeric - analytic = {text}"
            return


def _extent(e: Evidence) -> Iterator[str]:
    """Say how much is wrong."""
    wrong, total = int(e.wrong.sum()), e.analytic.size
    are = "is" if wrong == 1 else "are"
    if not wrong:
        yield "wrong along a random direction by more than the tolerances of its elements add up to"
    elif e.complete:
        others = "" if wrong == total else ", all others agree"
        yield f"{wrong} of {counted(total, 'element')} {are} wrong{others}"
    else:
        yield f"{wrong} of {counted(len(e.coordinates), 'element')} visited {are} wrong, of {total}"


def _among_the_wrong(e: Evidence) -> Iterator[str]:
    """Say what the wrong elements have in common."""
    wrong = e.wrong
    if not wrong.any():
        return
    numeric, analytic = e.numeric[wrong], e.of(e.analytic)[wrong]
    if not analytic.any():
        yield "analytic is 0 there"
    elif np.isfinite(numeric).all() and numeric.any():
        c = float(numeric @ analytic / (numeric @ numeric))
        same = np.abs(analytic - c * numeric) <= e.slack[wrong] * max(1.0, abs(c))
        if same.all() and (wrong.sum() > 1 or _simple(c)):
            yield f"there {_equation(c, 'numeric')}{_hint(c, e.lengths)}"
    yield from _common_place(e.analytic.shape, e.indices[wrong], e.complete)
    if wrong.sum() > 1 and np.isfinite(numeric).all():
        norms = np.linalg.norm(numeric) * np.linalg.norm(analytic)
        if norms > 0:
            yield f"the cosine between numeric and analytic there is {numeric @ analytic / norms:.3f}"


def _common_place(shape: tuple[int, ...], flat: NDArray[np.intp], complete: bool) -> Iterator[str]:
    for axis, index in enumerate(np.unravel_index(flat, shape) if shape else ()):
        telling = index.size > 2 or (complete and (index.size > 1 or len(shape) == 1))
        if shape[axis] == 1 or (index != index[0]).any() or not telling:
            continue
        if index[0] in (0, shape[axis] - 1):
            end = "first" if index[0] == 0 else "last"
            yield f"only the {end} index of axis {axis}: a range that is one off?"
        elif index.size > 1:
            yield f"only index {index[0]} of axis {axis}"


def _rearrangements(a: Array) -> Iterator[Named]:
    """Yield what numeric would be if analytic were a rearrangement of it; NaN where it cannot be told."""
    for i, j in combinations(range(a.ndim), 2):
        if a.shape[i] == a.shape[j]:
            axes = "" if a.ndim == 2 else f", axes {i} and {j}"
            yield f"analytic is {{numeric}} transposed{axes}", a.swapaxes(i, j)
    for axis in range(a.ndim):
        for shift in (1, -1):
            if a.shape[axis] > 2:
                yield _shift_text(a.ndim, axis, shift), _shifted(a, axis, shift)
    for axis in range(a.ndim):
        if a.shape[axis] > 1:
            yield f"analytic is {{numeric}} reversed along axis {axis}", np.flip(a, axis)
    if a.ndim > 1:
        yield "analytic is {numeric} reversed along all axes", np.flip(a)


def _shifted(a: Array, axis: int, shift: int) -> Array:
    """Return b with ``b[i] = a[i + shift]`` along an axis."""
    b = np.roll(a, -shift, axis)
    end = [slice(None)] * a.ndim
    end[axis] = slice(-1, None) if shift == 1 else slice(0, 1)
    b[tuple(end)] = np.nan
    return b


def _shift_text(ndim: int, axis: int, shift: int) -> str:
    here = ", ".join("i" if k == axis else ":" for k in range(ndim))
    there = here.replace("i", f"i {'+' if shift == 1 else '-'} 1")
    return f"off by one along axis {axis}: analytic[{there}] = {{numeric}}[{here}]"


def _explains(e: Evidence, array: Array) -> float | None:
    """Return c if numeric = c x array at all visited elements, several of which analytic has wrong."""
    candidate = e.of(array)
    informative = e.wrong & np.isfinite(candidate)
    c = _multiple(e.numeric, candidate, e.slack)
    if c is not None and informative.sum() >= 3:
        return c
    # Of fewer elements, only equality is convincing.
    same = np.abs(e.numeric - candidate) <= e.slack
    return 1.0 if informative.sum() == 2 and e.complete and same[np.isfinite(candidate)].all() else None


def _multiple(values: Floats, of: Floats, slack: Floats) -> float | None:
    """Return c if values = c x of, within the slack, at three clear values or more."""
    known = np.isfinite(of) & np.isfinite(values) & np.isfinite(slack)
    values, of, slack = values[known], of[known], slack[known]
    if np.count_nonzero(np.abs(values) > 3 * slack) < 3 or not of.any():
        return None
    c = float(of @ values / (of @ of))
    return _snapped(c) if (np.abs(values - c * of) <= slack + 1e-3 * np.abs(values)).all() else None


def _snapped(c: float) -> float:
    """Return the simple fraction that `c` is within a thousandth, or `c`."""
    fraction = Fraction(c).limit_denominator(8)
    return float(fraction) if abs(float(fraction) - c) <= 1e-3 * abs(c) and abs(c) <= 8 else c


def _simple(c: float) -> bool:
    """Whether one element alone makes a factor credible."""
    return abs(_snapped(c)) in (1, 2, 3, 4) or abs(_snapped(1 / c)) in (2, 3, 4)


def _factor(c: float) -> str:
    """Write a factor: ``2 x``, ``1/32 x``, ``-`` and nothing for 1."""
    sign = "-" if c < 0 else ""
    size = abs(c)
    for whole, text in ((size, "{}"), (1 / size, "1/{}")):
        if round(whole) >= 1 and abs(whole - round(whole)) <= 1e-3 * whole:
            number = text.format(round(whole))
            return sign if round(whole) == 1 else f"{sign}{number} x"
    return f"{sign}{size:.4g} x"


def _scaled_by(c: float, what: str) -> str:
    factor = _factor(c)
    return f"{factor}{what}" if factor in ("", "-") else f"{factor} {what}"


def _equation(c: float, of: str) -> str:
    return f"analytic = {_scaled_by(c, of)}"


def _hint(c: float, lengths: dict[int, str]) -> str:
    """Recognise a factor: a sign, or the length of something."""
    if _factor(c) == "-":
        return ": wrong sign"
    size = abs(c)
    for whole, text in ((size, "a sum for a mean?"), (1 / size if size else 0, "a mean for a sum?")):
        n = round(whole)
        if n > 1 and abs(whole - n) <= 1e-3 * whole and n in lengths:
            return f" ({n} is the length of {lengths[n]}: {text})"
    return ""
