"""Line searches: the published test set, conditions, what is not finite, rounding, refusals, state."""

import copy
import inspect
import math
import pickle
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fastopt
from fastopt import _core, line_search
from fastopt.line_search import along, armijo, bracketing, hager_zhang, strong_wolfe

Phi = Callable[[float], tuple[float, float]]
golden, four_point = partial(bracketing, scheme="golden"), partial(bracketing, scheme="four_point")
SEARCHES = {
    "strong_wolfe": strong_wolfe,
    "hager_zhang": hager_zhang,
    "armijo": armijo,
    "golden": golden,
    "four_point": four_point,
}
over_searches = pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES)
over_descents = pytest.mark.parametrize("search", list(SEARCHES.values())[:3], ids=list(SEARCHES)[:3])


def raises(error: type[Exception], message: str) -> Any:
    return pytest.raises(error, match=re.escape(message))


# The functions of Moré and Thuente (1994), section 5.


def rational(a: float) -> tuple[float, float]:
    return -a / (a * a + 2), (a * a - 2) / (a * a + 2) ** 2


def quintic(a: float) -> tuple[float, float]:
    t = a + 0.004
    return t**5 - 2 * t**4, 5 * t**4 - 8 * t**3


def oscillating(a: float) -> tuple[float, float]:
    b, k = 0.01, 39 * math.pi / 2
    if a <= 1 - b:
        value, slope = 1 - a, -1.0
    elif a >= 1 + b:
        value, slope = a - 1, 1.0
    else:
        value, slope = (a - 1) ** 2 / (2 * b) + b / 2, (a - 1) / b
    return value + (1 - b) / k * math.sin(k * a), slope + (1 - b) * math.cos(k * a)


def yanai(b1: float, b2: float) -> Phi:
    g1, g2 = (math.sqrt(1 + b * b) - b for b in (b1, b2))

    def phi(a: float) -> tuple[float, float]:
        u, v = math.hypot(1 - a, b2), math.hypot(a, b1)
        return g1 * u + g2 * v, g1 * (a - 1) / u + g2 * a / v

    return phi


# Function, c1, c2, and for the starts 1e-3, 0.1, 10, 1000 the evaluations of tables I to VI, that at 0 not
# counted, and the steps of MINPACK-2's dcsrch, with which the two digits of the tables agree.
TABLES: list[tuple[str, Phi, float, float, list[int], list[float]]] = [
    ("I", rational, 1e-3, 0.1, [6, 3, 1, 4], [1.365, 1.4413721, 10, 36.887607]),
    ("II", quintic, 0.1, 0.1, [12, 8, 8, 11], [1.596] * 4),
    ("III", oscillating, 0.1, 0.1, [12, 12, 10, 13], [0.99999968, 0.9999988, 0.99999999, 0.9999999]),
    ("IV", yanai(1e-3, 1e-3), 1e-3, 1e-3, [4, 1, 3, 4], [0.085, 0.1, 0.34910462, 0.82940124]),
    ("V", yanai(1e-2, 1e-3), 1e-3, 1e-3, [6, 3, 7, 8], [0.075010871, 0.077510422, 0.073142011, 0.076159273]),
    ("VI", yanai(1e-3, 1e-2), 1e-3, 1e-3, [13, 11, 8, 11], [0.92790323, 0.92615001, 0.92478167, 0.92439791]),
]
CELLS = [
    pytest.param(phi, c1, c2, start, count, step, id=f"{table}-{start:g}")
    for table, phi, c1, c2, counts, steps in TABLES
    for start, count, step in zip((1e-3, 0.1, 10.0, 1000.0), counts, steps, strict=True)
]
over_cells = pytest.mark.parametrize(("phi", "c1", "c2", "start", "count", "step"), CELLS)


@over_cells
def test_published_counts(phi: Phi, c1: float, c2: float, start: float, count: int, step: float) -> None:
    result = strong_wolfe(phi, step=start, c1=c1, c2=c2, max_step=4 * max(1, start))
    assert result.success
    assert result.nfev == count
    assert result.step == pytest.approx(step, rel=1e-4)


@over_cells
def test_conditions(phi: Phi, c1: float, c2: float, start: float, count: int, step: float) -> None:
    """The result is what phi says there, and meets what the search promises."""
    value0, slope0 = phi(0.0)

    def sufficient(r: line_search.LineSearchResult) -> bool:
        return r.value <= value0 + c1 * r.step * slope0

    for name, search in SEARCHES.items():
        options = {
            "strong_wolfe": {"c1": c1, "c2": c2},
            "hager_zhang": {"c1": c1, "c2": c2},
            "armijo": {"c1": c1},
        }
        r = search(phi, step=start, **options.get(name, {}))
        assert r.success, name
        assert r.step > 0
        assert (r.value, r.slope) == phi(r.step)
        assert r.nfev <= (50 if name in ("golden", "four_point") else 20), name
        if name == "strong_wolfe":
            assert sufficient(r)
            assert abs(r.slope) <= c2 * -slope0
        elif name == "hager_zhang":
            approximate = r.value <= value0 + 1e-6 * abs(value0) and r.slope <= (2 * c1 - 1) * slope0
            assert r.slope >= c2 * slope0
            assert sufficient(r) or approximate
        elif name == "armijo":
            assert sufficient(r)
        else:
            assert phi(r.step * (1 - 1e-4))[0] >= r.value <= phi(r.step * (1 + 1e-4))[0]
            assert r.value < value0


def test_far_start_is_not_returned_without_decrease() -> None:
    """From 1000 a flat stretch passes for a minimum if sufficient decrease is forgotten on the way."""
    r = strong_wolfe(rational, step=1000.0, c1=1e-3, c2=0.1)
    assert r.step < 100
    assert r.value <= 1e-3 * r.step * -0.5


def test_evaluations_of_all_tables() -> None:
    def total(search: Callable[..., Any], *names: str) -> int:
        return sum(
            search(phi, step=start, **{k: v for k, v in (("c1", c1), ("c2", c2)) if k in names}).nfev
            for _, phi, c1, c2, *_ in TABLES
            for start in (1e-3, 0.1, 10.0, 1000.0)
        )

    assert total(strong_wolfe, "c1", "c2") == 179
    assert total(hager_zhang, "c1", "c2") <= 160
    assert total(armijo, "c1") <= 60


# Cases that other libraries got wrong.


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


# Values that are not finite.

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


# Rounding errors.


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


# Limits.


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


# Bracketing.


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


# Functions of arrays.


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_along(dtype: Any) -> None:
    given = []

    def fun(x: Any) -> tuple[Any, Any]:
        given.append(x)
        return ((x - 1) ** 2).sum(), 2 * (x - 1)

    x, d = np.zeros((2, 3), dtype), np.ones((2, 3), dtype)
    line = along(fun, x, d)
    assert line(0.5) == (1.5, -6.0)
    assert given[0].dtype == dtype
    for search in SEARCHES.values():
        r = search(line, step=3.0)
        assert r.success
        assert line.at(r.step) == pytest.approx(np.ones((2, 3)), rel=1e-3)
    assert not x.any(), "x is left alone"
    x += 1
    assert line(0.5) == (1.5, -6.0), "and copied"


def test_along_values_only() -> None:
    line = along(lambda x: x @ x, [2, 0], [-1, 0])
    assert bracketing(line).step == pytest.approx(2, rel=1e-4)
    assert armijo(line, start=(4.0, -4.0)).step == 1
    with raises(TypeError, "phi(0): expected a pair (value, slope), got"):
        strong_wolfe(line)


def test_line_refusals() -> None:
    with raises(TypeError, "fun: expected a function, got 3 (int)"):
        along(3, [1.0], [1.0])  # type: ignore[arg-type]
    with raises(TypeError, "x: expected real numbers, got complex128"):
        along(abs, [1j], [1.0])
    with raises(TypeError, "d: expected real numbers, got <U1"):
        along(abs, [1.0], ["a"])
    with raises(ValueError, "d: expected shape (1,) like x, got (2,)"):
        along(abs, [1.0], [1.0, 2.0])
    with raises(
        ValueError, "fun: expected a gradient of real numbers of shape (1,) like x, got float64 of shape ()"
    ):
        along(lambda x: (1.0, 2.0), [1.0], [1.0])(0.0)


# What is refused.


def parabola(a: float) -> tuple[float, float]:
    return (a - 1) ** 2, 2 * (a - 1)


@pytest.mark.parametrize(
    ("search", "phi", "options", "error", "message"),
    [
        (strong_wolfe, 3, {}, TypeError, "phi: expected a function of the step, got 3 (int)"),
        (
            strong_wolfe,
            lambda a: 1.0,
            {},
            TypeError,
            "phi(0): expected a pair (value, slope), got 1.0 (float)",
        ),
        (
            hager_zhang,
            lambda a: (1, 2, 3),
            {},
            TypeError,
            "phi(0): expected a pair (value, slope), got (1, 2, 3)",
        ),
        (
            armijo,
            lambda a: None,
            {},
            TypeError,
            "phi(0): expected a pair (value, slope), got None (NoneType)",
        ),
        (bracketing, lambda a: None, {}, TypeError, "phi(0): expected a number, got None (NoneType)"),
        (
            bracketing,
            lambda a: [1.0],
            {},
            TypeError,
            "phi(0): expected a pair (value, slope), got [1.0] (list)",
        ),
        (strong_wolfe, lambda a: (1.0, "x"), {}, TypeError, "phi(0)[1]: expected a number, got 'x' (str)"),
        (
            strong_wolfe,
            lambda a: (1.0, np.ones(2)),
            {},
            TypeError,
            "phi(0)[1]: expected a number, got an array of shape (2,) (ndarray)",
        ),
        (
            strong_wolfe,
            lambda a: parabola(a) if a == 0 else 5.0,
            {"step": 0.25},
            TypeError,
            "phi(0.25): expected a pair (value, slope), got 5.0",
        ),
        (armijo, lambda a: None, {"start": (1.0, -1.0)}, TypeError, "phi(1): expected a number, got None"),
        (
            strong_wolfe,
            lambda a: (a, 1.0),
            {},
            ValueError,
            "phi(0): expected a negative slope, a direction of descent, got 1",
        ),
        (armijo, parabola, {"start": (1.0, 0.0)}, ValueError, "start: expected a negative slope"),
        (
            hager_zhang,
            lambda a: (math.nan, -1),
            {},
            FloatingPointError,
            "phi(0): expected a finite value and slope",
        ),
        (
            armijo,
            parabola,
            {"start": (1.0, -math.inf)},
            FloatingPointError,
            "start: expected a finite value and slope",
        ),
        (bracketing, lambda a: math.inf, {}, FloatingPointError, "phi(0): expected a finite value, got inf"),
        (
            strong_wolfe,
            parabola,
            {"start": 1.0},
            TypeError,
            "start: expected a pair (value, slope), got 1.0 (float)",
        ),
        (
            strong_wolfe,
            parabola,
            {"start": (1.0, "a")},
            TypeError,
            "start[1]: expected a number, got 'a' (str)",
        ),
        (
            bracketing,
            parabola,
            {"start": (1.0, 2.0)},
            TypeError,
            "start: expected a number, got (1.0, 2.0) (tuple)",
        ),
        (
            strong_wolfe,
            parabola,
            {"c1": 0.5, "c2": 0.4},
            ValueError,
            "c1: expected a number in (0, c2] with c2=0.4",
        ),
        (strong_wolfe, parabola, {"c1": 0.0}, ValueError, "c1: expected a finite number > 0, got 0.0"),
        (strong_wolfe, parabola, {"c2": 1.0}, ValueError, "c2: expected a number in [0, 1), got 1.0"),
        (strong_wolfe, parabola, {"c2": math.nan}, ValueError, "c2: expected a number in [0, 1), got nan"),
        (strong_wolfe, parabola, {"xtol": -1.0}, ValueError, "xtol: expected a number in [0, 1), got -1.0"),
        (hager_zhang, parabola, {"c1": 0.5}, ValueError, "c1: expected a number in (0, 1/2), got 0.5"),
        (
            hager_zhang,
            parabola,
            {"c2": 0.05},
            ValueError,
            "c1: expected a number in (0, c2] with c2=0.05, got 0.1",
        ),
        (
            hager_zhang,
            parabola,
            {"epsilon": -1.0},
            ValueError,
            "epsilon: expected a finite number >= 0, got -1.0",
        ),
        (armijo, parabola, {"rounding": -1.0}, ValueError, "rounding: expected a number in [0, 1), got -1.0"),
        (armijo, parabola, {"c1": 1.0}, ValueError, "c1: expected a number in [0, 1), got 1.0"),
        (
            armijo,
            parabola,
            {"min_step": 2.0, "max_step": 1.0},
            ValueError,
            "min_step: expected at most max_step=1",
        ),
        (
            bracketing,
            parabola,
            {"scheme": "thirds"},
            ValueError,
            "scheme: expected one of 'golden', 'four_point'",
        ),
        *(
            (search, parabola, {option: bad}, error, f"{option}: expected")
            for search in SEARCHES.values()
            for option, bad, error in [
                ("step", 0.0, ValueError),
                ("step", -1.0, ValueError),
                ("step", math.inf, ValueError),
                ("step", "1", TypeError),
                ("max_step", 0.0, ValueError),
                ("max_evaluations", 0, ValueError),
                ("max_evaluations", 2.0, TypeError),
            ]
        ),
    ],
)
def test_refusals(search: Any, phi: Any, options: Any, error: type[Exception], message: str) -> None:
    with raises(error, message):
        search(phi, **options)


def test_errors_of_phi_come_through() -> None:
    with pytest.raises(ZeroDivisionError):
        strong_wolfe(lambda a: (1 / 0, 1.0))


# The machines of the core.

MACHINES: dict[str, Callable[[], Any]] = {
    "MoreThuente": lambda: _core.MoreThuente(*oscillating(0.0), 1000.0, {"c1": 0.1, "c2": 0.1}),
    "HagerZhang": lambda: _core.HagerZhang(*oscillating(0.0), 1000.0, {"c1": 0.1, "c2": 0.1}),
    "Armijo": lambda: _core.Armijo(*oscillating(0.0), 1000.0, {}),
    "Bracketing": lambda: _core.Bracketing(oscillating(0.0)[0], 1000.0, _core.Bracketing.four_point()),
}


def with_walls(a: float) -> tuple[float, float]:
    return oscillating(a) if a < 60 else (math.nan, 0.0)


@pytest.mark.parametrize("phi", [oscillating, with_walls])
@pytest.mark.parametrize("make", MACHINES.values(), ids=MACHINES)
def test_saved_between_any_two_evaluations(make: Callable[[], Any], phi: Phi) -> None:
    through, saved = make(), make()
    while through.status == "searching":
        assert saved.step == through.step
        saved = pickle.loads(pickle.dumps(saved))
        for search in (through, saved):
            search.tell(*phi(search.step))
        assert repr(saved.__getstate__()) == repr(through.__getstate__())
    assert through.evaluations > 3
    assert (saved.status, saved.best, saved.step) == (through.status, through.best, through.best[0])
    assert through.status == "found"


@pytest.mark.parametrize("make", MACHINES.values(), ids=MACHINES)
def test_the_end_is_the_end(make: Callable[[], Any]) -> None:
    search = make()
    while search.status == "searching":
        search.tell(*oscillating(search.step))
    state = repr(search.__getstate__())
    search.tell(-1e9, 0.0)
    assert repr(search.__getstate__()) == state
    assert repr(copy.copy(search).__getstate__()) == state


@pytest.mark.parametrize(
    ("value", "slope", "step"),
    [(1, 0, 1), (1, 1, 1), (math.nan, -1, 1), (1, -math.inf, 1), (1, -1, 0), (1, -1, math.inf)],
)
def test_uphill(value: float, slope: float, step: float) -> None:
    """A driver may start a search anywhere; it is told when there is nothing to search."""
    for machine in (_core.MoreThuente, _core.HagerZhang, _core.Armijo):
        search = machine(value, slope, step, {})
        assert search.status == "uphill"
        assert search.step == 0


@pytest.mark.parametrize(
    ("function", "machine"),
    [
        (strong_wolfe, _core.MoreThuente),
        (hager_zhang, _core.HagerZhang),
        (armijo, _core.Armijo),
        (bracketing, _core.Bracketing),
    ],
)
def test_defaults_are_those_of_the_core(function: Any, machine: Any) -> None:
    defaults = machine.defaults()
    for name, parameter in inspect.signature(function).parameters.items():
        if name not in ("phi", "step", "start", "scheme"):
            assert defaults[name] == parameter.default, name


def test_documented() -> None:
    assert fastopt.line_search is line_search
    for name in line_search.__all__:
        assert inspect.getdoc(getattr(line_search, name))
    for function in (strong_wolfe, hager_zhang, armijo, bracketing):
        text = inspect.getdoc(function) or ""
        for section in ("Parameters", "Returns", "Raises", "References", "Examples\n--------", ".. math::"):
            assert section in text, section
        for name in inspect.signature(function).parameters:
            assert re.search(rf"\b{name}\b.* : ", text), name


def test_armijo_ends_flat_after_two_equal_values() -> None:
    search = armijo(lambda a: (1.0, -1.0))
    assert search.status == "flat"
    assert search.nfev <= 3
