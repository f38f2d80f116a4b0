"""The longest and shortest step, and evaluations at the most."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fastopt.line_search import armijo, strong_wolfe
from line_search.searches import SEARCHES, oscillating, over_searches


@over_searches
def test_longest_step(search: Callable[..., Any]) -> None:
    seen = []

    def line(a: float) -> tuple[float, float]:
        seen.append(a)
        return -a, -1.0

    r = search(line, step=1.0, max_step=50.0)
    assert max(seen) <= 50
    assert r.status == ("found" if search is armijo else "at_bound")
    assert r.step == (1.0 if search is armijo else 50.0)
    assert search(line, step=100.0, max_step=50.0).step == 50


def test_shortest_step() -> None:
    for search in (strong_wolfe, armijo):
        r = search(lambda a: (a, -1.0), step=1.0, min_step=0.01)
        assert (r.status, r.step) == ("at_bound", 0.0)


@over_searches
def test_evaluations_at_the_most(search: Callable[..., Any]) -> None:
    r = search(oscillating, step=1000.0, max_evaluations=2)
    assert (r.nfev, r.status, r.success) == (2, "exhausted", False)


@settings(max_examples=200)
@given(
    st.lists(st.floats(-3, 3), min_size=2, max_size=6),
    st.floats(0, 20),
    st.floats(-4, 4),
    st.sampled_from(list(SEARCHES)),
)
def test_any_function(coefficients: list[float], frequency: float, log_step: float, name: str) -> None:
    """A success holds, no step repeats, a step above 0 does not raise the value beyond rounding."""
    p = np.polynomial.Polynomial(coefficients)
    seen = []

    def phi(a: float) -> tuple[float, float]:
        seen.append(a)
        t = math.tanh(a)
        value = p(t) + math.sin(frequency * a) + 0.01 * a * a
        return value, p.deriv()(t) * (1 - t * t) + frequency * math.cos(frequency * a) + 0.02 * a

    value, slope = phi(0.0)
    if slope >= -1e-6:
        return
    seen.clear()
    start = value if name in ("golden", "four_point") else (value, slope)
    r = SEARCHES[name](phi, step=10.0**log_step, start=start)
    assert len(seen) == len(set(seen)) == r.nfev
    assert 0 not in seen
    assert r.success == (r.status == "found")
    assert r.value <= value + 1e-6 * abs(value)
    assert r.value < value or r.step == 0 or name == "hager_zhang" or r.status == "flat"
    if r.success and name == "strong_wolfe":
        assert r.value <= value + 1e-4 * r.step * slope
        assert abs(r.slope) <= 0.9 * -slope
