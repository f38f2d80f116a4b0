"""Bracketing: golden section and four points."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from line_search.searches import four_point, golden


@pytest.mark.parametrize(("search", "shrinks"), [(golden, 0.6180339887498949), (four_point, 0.5)])
def test_four_points(search: Callable[..., Any], shrinks: float) -> None:
    """Replay the values: each trial lies in the wider gap, and the interval shrinks as promised."""
    seen = []

    def phi(a: float) -> float:
        seen.append((a, (a - 7.3) ** 2 + 0.3 * abs(a - 7.3)))
        return seen[-1][1]

    r = search(phi, step=1.0, xtol=1e-3)
    assert r.step == pytest.approx(7.3, rel=1e-3)
    assert math.isnan(r.slope)
    lengths = []
    for k in range(3, len(seen) + 1):
        points = sorted(seen[:k])
        lowest = min(range(k), key=lambda i: points[i][1])
        if 0 < lowest < k - 1:
            lengths.append(points[lowest + 1][0] - points[lowest - 1][0])
    ratios = np.array(lengths[1:]) / np.array(lengths[:-1])
    if search is golden:
        assert ratios == pytest.approx(shrinks, rel=1e-9)
    else:
        assert (ratios[1:] * ratios[:-1] <= shrinks * (1 + 1e-9)).all()
    assert lengths[-1] <= 1e-3 * r.step < lengths[-2]


def test_bracketing_from_too_far_and_symmetric() -> None:
    """At twice the step to the minimum the value is that of the start; it is not flat for that."""
    for search in (golden, four_point):
        for step in (1e-4, 1.0, 2.0, 6.0, 1e4):
            assert search(lambda a: (a - 1) ** 2, step=step).step == pytest.approx(1, rel=1e-4)
