"""How much of a value is noise: rounding in the function, measured or betrayed by its values.

Kinks are told from noise by how it changes with the spacing. Over an eighth of it noise stays as it is, what
a kink bends falls to an eighth, and what a smooth function bends to a 64th.

References
----------
Moré and Wild, *Estimating computational noise*, SIAM Journal on Scientific Computing 33, 2011.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .line import Floats, Line


def noise_level(line: Line) -> float:
    r"""Return the standard deviation of the rounding errors in the values along `line`.

    Over a spacing small enough, :math:`k`-th differences of a smooth function vanish and only those of its
    noise are left, of variance :math:`\sigma^2 (2k)! / (k!)^2`, so that several :math:`k` give the same
    :math:`\sigma`. If half of the values agree, the spacing is too small: the function rounds its input. If
    the :math:`k` do not agree, it is too large. A function that rounds many inputs to float32 shows all of
    its noise only over a spacing larger than that rounding, where a kink may lie: hence the medians. Many
    kinks look like noise to any differences over one spacing. But over a smaller one kinks show less, and
    noise does not: what does not persist is no noise. Only one side of zero is looked at, for zero may be a
    kink.
    """
    if line.objective.arguments.dtype.itemsize == 8:
        level = _level(line, (-32, -26, -20, -14), (-38, -44))
        level = max(level, _median_level(line, (-22, -25, -28), level))
    else:
        level = _level(line, (-14, -8), ())
    return max(level, _last_bits(line))


def _last_bits(line: Line) -> float:
    """Return the rounding of the values themselves, as far as they are known."""
    dtype = np.float32 if are_float32(line.values) else np.float64
    largest = float(np.abs(line.values[np.isfinite(line.values)]).max(initial=0))
    return float(np.finfo(dtype).eps) / 2 * largest


def are_float32(values: Floats, distinct: int = 1) -> bool:
    """Whether all are float32 numbers, and as many `distinct` ones are not just small integers."""
    values = np.unique(values[np.isfinite(values)])
    telling = (values != np.round(values)) | (np.abs(values) > 2**10)
    with np.errstate(over="ignore"):
        return bool((values.astype(np.float32) == values).all() and telling.sum() >= distinct)


def _level(line: Line, up: Sequence[int], down: Sequence[int]) -> float:
    """Return the noise over the first fit of the spacings 2**up, or 2**down if that is too large; else 0."""
    spacings = list(up)
    while spacings:
        exponent = spacings.pop(0)
        values = np.array([line(k * 2.0**exponent) for k in range(1, 9)])
        too_small = len(set(values)) <= 4
        levels = [_deviation(k) * root_mean_square(np.diff(values, k)) for k in (4, 5, 6)]
        level = float(max(levels))
        fits = not too_small and level <= 4 * min(levels)
        if fits and (level <= 16 * _last_bits(line) or _persists(line, 2.0**exponent, values.size)):
            return level
        if not too_small:
            spacings = list(down) if exponent == up[0] else spacings if exponent in down else []
    return 0.0


def _median_level(line: Line, exponents: Sequence[int], known: float) -> float:
    """Return the noise over one of the spacings, whatever a single kink adds; 0 if hardly more than known."""
    known = max(4 * known, 16 * _last_bits(line))
    for exponent in exponents:
        values = np.array([line(k * 2.0**exponent) for k in range(1, 14)])
        if not np.isfinite(values).all():
            return 0.0
        levels = [_deviation(k) * np.median(np.abs(np.diff(values, k))) / 0.6745 for k in (3, 4)]
        level = float(max(levels))
        if not known < level <= 3 * min(levels):
            return 0.0
        if _persists(line, 2.0**exponent, values.size):
            return level
    return 0.0


def _persists(line: Line, spacing: float, count: int) -> bool:
    """Whether values at 1, 2, ..., `count` spacings are as rough over ever smaller spacings.

    Judged by second differences where they are largest: over a 64th of the spacing those of noise stay the
    same; those of a sum of many steps fall to an eighth, of a kink to a 64th, and of a curve to the square of
    that.
    """

    def bends(start: float, count: int) -> Floats:
        values = np.array([line(start + k * spacing) for k in range(count)])
        return np.asarray(np.abs(np.diff(values, 2)))

    start = 0.0
    rough = [bends(start, count + 2)]
    for _ in range(3):
        start += int(np.argmax(rough[-1])) * spacing
        spacing /= 8
        start -= spacing  # a kink beside the ends shows in full, too
        rough.append(bends(start, 19))
        if not rough[-1].max() > rough[max(len(rough) - 3, 0)].max() / 20:
            return False
    return True


def root_mean_square(x: Floats) -> float:
    """Return that of numbers however large or small; 0 of none."""
    largest = float(np.abs(x).max(initial=0.0))
    return largest * math.sqrt(np.mean((x / largest) ** 2)) if largest else 0.0


def _deviation(k: int) -> float:
    """Return what noise of deviation 1 is divided by in its k-th differences."""
    return math.factorial(k) / math.sqrt(math.factorial(2 * k))


def grain(line: Line, steps: Floats, above: Floats, below: Floats, noise: float, eps: float) -> Floats:
    """Return the least noise that the values themselves betray, at each step.

    They are rounded, to double precision at least. Where the smallest steps change nothing, a function may
    round its input, to float32 for one: the jump at the end of what is flat to both sides is then its grain.
    If that is but the last bits, or there is none, something of size 1 may have been rounded inside, as in
    log(1 + exp(-40)), which is 0: the first change to either side is then the grain, but no more than `eps`;
    and no less where the value is next to nothing beside those further away. At a kink, as those of
    max(0, |x| - 1) around 0, what is flat ends without a jump: that is no sign of rounding.
    """
    middle = line(0.0)
    largest = np.maximum(np.abs(above), np.abs(below))
    rounding = np.finfo(np.float64).eps / 2 * np.where(np.isfinite(largest), largest, 0.0)
    up, down = np.abs(above - middle), np.abs(below - middle)
    either = np.maximum(up, down)
    if not (either == 0).any():
        return rounding
    last_bits = 4 * eps * abs(middle)
    known = max(2 * last_bits, 8 * noise)
    jumps = [
        _jump(line, sign * steps, change, known)
        for sign, change in ((1, up), (-1, down))
        if change[-1] <= known and (change > known).any()
    ]
    if jumps and not any(jumps):
        return rounding
    found = min(jumps) if len(jumps) == 2 else 0.0
    if found <= last_bits:
        found = float(either[either > last_bits].min(initial=eps))
    if abs(middle) <= eps * np.max(either, where=np.isfinite(either), initial=0.0):
        found = max(found, eps)
    return np.maximum(rounding, found / 2)


def _jump(line: Line, steps: Floats, changes: Floats, known: float) -> float:
    """Return by how much a value that small steps do not change jumps where it first changes; 0 at a kink.

    `changes` are those over `steps`, and none if they are no larger than the noise that is `known`. A kink is
    told by halving the distance to where the change begins, for it vanishes with that.
    """
    last = int(np.flatnonzero(changes > known)[-1])
    first = change = float(changes[last])
    flat, changed = float(steps[last + 1]), float(steps[last])
    while abs(changed - flat) > abs(changed) / 2**20:
        middle = (flat + changed) / 2
        size = abs(line(middle) - line(0.0))
        if size > known:
            changed, change = middle, size
        else:
            flat = middle
        if change <= max(2 * known, first / 2**16):
            return 0.0
    return change
