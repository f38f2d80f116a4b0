"""What line searches refuse; and what is documented."""

import inspect
import math
import re
from typing import Any

import numpy as np
import pytest

import fastopt
from fastopt import _core, line_search
from fastopt.line_search import armijo, bracketing, hager_zhang, strong_wolfe
from line_search.searches import SEARCHES, parabola
from support import raises


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
