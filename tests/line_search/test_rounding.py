"""Where rounding errors hide what a search looks for."""

from collections.abc import Callable
from typing import Any

import pytest

from fastopt.line_search import armijo, hager_zhang, strong_wolfe
from line_search.searches import four_point, golden


def rounded(a: float) -> tuple[float, float]:
    """A parabola deep below the rounding errors of its values, which are all above the first."""
    return 1.0 + (2.2e-16 if a > 0 else 0), 1e-16 * (a - 1)


def test_slopes_go_on_where_values_end() -> None:
    r = strong_wolfe(rounded, step=1.2)
    assert (r.status, r.success, r.step) == ("flat", False, 1.2)
    assert abs(r.slope) < 1e-16
    r = hager_zhang(rounded, step=1.2)
    assert (r.status, r.step) == ("found", 1.2)
    assert armijo(rounded).step == 0
    assert armijo(rounded).status == "flat"


@pytest.mark.parametrize("search", [strong_wolfe, armijo, golden, four_point])
def test_nothing_below_rounding(search: Callable[..., Any]) -> None:
    """Without an end, a search for a decrease below rounding goes on until its evaluations are used up."""
    r = search(lambda a: (1.0 + 1e-16 * (a > 0), -1e-14), step=0.5)
    assert (r.step, r.value, r.success, r.status) == (0.0, 1.0, False, "flat")
    assert r.nfev <= 20


@pytest.mark.parametrize("search", [strong_wolfe, hager_zhang])
def test_first_step_too_short_to_be_seen(search: Callable[..., Any]) -> None:
    """A value that is higher by a rounding error does not enclose a minimum."""
    r = search(lambda a: ((a - 1) ** 2 + 2.2e-16 * (0 < a < 1e-15), 2 * (a - 1)), step=1e-17)
    assert r.success
    assert r.step > 0.01


def test_precision_of_the_values() -> None:
    """With float32 values the decrease is hidden much earlier; `rounding` says so."""

    def phi(a: float) -> tuple[float, float]:
        return 1.0 + 1.2e-7 * (a > 0), 1e-8 * (a - 1)

    assert strong_wolfe(phi).step == 0
    r = strong_wolfe(phi, rounding=1e-6)
    assert (r.status, r.step, r.nfev) == ("flat", 1.0, 1)
    assert armijo(phi, rounding=1e-6).nfev == 1
    assert golden(phi, rounding=1e-6).nfev == 3


def test_armijo_ends_flat_after_two_equal_values() -> None:
    search = armijo(lambda a: (1.0, -1.0))
    assert search.status == "flat"
    assert search.nfev <= 3
