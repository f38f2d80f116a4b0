"""Functions that other libraries got wrong, are wrong themselves, or kinked."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from fastopt.line_search import strong_wolfe
from line_search.searches import golden, over_descents, over_searches


@over_searches
def test_flat_stretch_far_below(search: Callable[..., Any]) -> None:
    """A search once ended on the way up of this polynomial, taking its neighbourhood for flat."""
    coefficients = [
        3.042968312396456,
        -832.4270136930788,
        -132807.15591801773,
        7.915421661743959e6,
        -1.570284840040962e8,
        1.4221708747294645e9,
        -5.970065591205604e9,
        9.405512899903618e9,
    ]
    p = np.polynomial.Polynomial(coefficients)
    r = search(lambda a: (p(a), p.deriv()(a)), step=0.2)
    assert r.success
    assert r.value <= p(0) + 1e-4 * r.step * p.deriv()(0)
    if search is strong_wolfe:
        assert abs(r.slope) <= 0.9 * abs(p.deriv()(0))


@over_searches
def test_fourth_power(search: Callable[..., Any]) -> None:
    r = search(lambda a: ((a - math.pi) ** 4, 4 * (a - math.pi) ** 3), step=10.0)
    assert r.success
    assert 0 < r.step < 10
    assert r.value < math.pi**4


@over_descents
def test_wrong_slope(search: Callable[..., Any]) -> None:
    r = search(lambda a: (1 + a, -1.0), max_evaluations=100)
    assert not r.success
    assert (r.step, r.value) == (0.0, 1.0)


def test_kink() -> None:
    """No step meets the curvature condition; the interval shrinks to the kink."""
    r = strong_wolfe(lambda a: (abs(a - 0.3), -1.0 if a < 0.3 else 1.0), max_evaluations=200)
    assert (r.success, r.status) == (False, "narrow")
    assert r.step == pytest.approx(0.3, rel=1e-14)
    assert golden(lambda a: abs(a - 0.3)).step == pytest.approx(0.3, rel=1e-4)
