"""Values and slopes that are not finite, in between and beyond."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from fastopt.line_search import armijo, hager_zhang, strong_wolfe
from line_search.searches import golden, over_descents, over_searches

UNFIT = [(math.nan, 1.0), (math.inf, 1.0), (-math.inf, -1.0), (0.0, math.nan), (0.0, -math.inf)]
over_unfit = pytest.mark.parametrize("unfit", UNFIT, ids=str)


@over_searches
@over_unfit
def test_not_finite_beyond(search: Callable[..., Any], unfit: tuple[float, float]) -> None:
    seen = []

    def phi(a: float) -> tuple[float, float]:
        seen.append(a)
        return unfit if a >= 1.5 else ((a - 1) ** 2, 2 * (a - 1))

    r = search(phi, step=40.0)
    assert r.success
    assert 0 < r.step < 1.5
    assert r.nfev == len(seen) - 1
    walls = [a for a in seen if a >= 1.5]
    assert walls == sorted(walls, reverse=True)
    assert len(set(seen)) == len(seen)
    if search in (strong_wolfe, hager_zhang, armijo):
        assert seen[:7] == [0, 40, 20, 10, 5, 2.5, 1.25], "halved"


@over_searches
@over_unfit
def test_not_finite_in_between(search: Callable[..., Any], unfit: tuple[float, float]) -> None:
    r = search(lambda a: unfit if 0.3 < a < 0.9 else ((a - 1) ** 2, 2 * (a - 1)), step=2.5)
    assert r.success
    assert not 0.3 < r.step < 0.9
    assert r.value < 1


def test_minimum_close_to_the_end_of_the_domain() -> None:
    """-log(1 - a) - 100 a: the slope is large until shortly before infinity."""

    def phi(a: float) -> tuple[float, float]:
        return (-math.log(1 - a) - 100 * a, 1 / (1 - a) - 100) if a < 1 else (math.nan, math.nan)

    for search in (strong_wolfe, hager_zhang):
        r = search(phi, step=8.0, c2=0.1)
        assert r.success
        assert r.slope >= -0.1 * 99
        assert search is hager_zhang or r.slope <= 0.1 * 99
    assert golden(phi, step=8.0).step == pytest.approx(0.99, abs=1e-4)


def test_falling_until_the_end_of_the_domain() -> None:
    """No minimum: the lowest trial is worth taking, the conditions do not hold."""
    for search in (strong_wolfe, hager_zhang):
        r = search(lambda a: (-a, -1.0) if a < 1 else (math.inf, 1.0), step=8.0)
        assert not r.success
        assert 0.99 < r.step < 1
        assert r.value == -r.step
    assert strong_wolfe(
        lambda a: (-a, -1.0) if a < 1 else (math.inf, 1.0), step=8.0, max_evaluations=90
    ).status == ("at_bound")


@over_searches
def test_nothing_finite(search: Callable[..., Any]) -> None:
    r = search(lambda a: (1.0, -1.0) if a == 0 else (math.nan, math.nan))
    assert not r.success
    assert (r.step, r.value, r.status) == (0.0, 1.0, "exhausted")
    assert "max_evaluations" in r.message


@over_descents
def test_overflow_on_the_way(search: Callable[..., Any]) -> None:
    """Values near the largest number: differences and squares overflow, and NaN must not become a step."""

    def phi(a: float) -> tuple[float, float]:
        with np.errstate(all="ignore"):
            return float(np.exp(np.float64(a)) - 10 * a), float(np.exp(np.float64(a)) - 10)

    for step in (1.0, 600.0, 709.7, 720.0, 1e9):
        r = search(phi, step=step, max_evaluations=60)
        assert r.success, step
        assert 0 < r.step < 10
