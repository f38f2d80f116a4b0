"""Each method is known, documented, and refuses what it does not take."""

import inspect
import math
from typing import Any

import numpy as np
import pytest

from fastopt import minimize
from fastopt.minimization.methods import METHODS
from minimization.functions import bowl_hess
from support import Array


def zero(x: Array) -> tuple[float, Array]:
    raise AssertionError("called")


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (
            {"method": "cg"},
            ValueError,
            "method: expected 'lbfgs', 'bfgs', 'newton', 'gd' or 'random', got 'cg'",
        ),
        ({"method": 3}, ValueError, "method: expected .* got 3"),
        ({"method": "newton"}, ValueError, "hess, hessp: expected one of them for method 'newton', got none"),
        (
            {"method": "newton", "hess": bowl_hess, "hessp": bowl_hess},
            ValueError,
            "hess, hessp: expected one of them for method 'newton', got both",
        ),
        ({"method": "newton", "hess": "2-point"}, TypeError, "hess: expected a function or None, got str"),
        (
            {"method": "bfgs", "hess": bowl_hess},
            ValueError,
            "hess: expected none for method 'bfgs', only for 'newton'",
        ),
        ({"hessp": bowl_hess}, ValueError, "hessp: expected none for method 'lbfgs', only for 'newton'"),
        (
            {"method": "bfgs", "bounds": (0, 1)},
            ValueError,
            "bounds: expected none .* only for 'lbfgs' or 'random'",
        ),
        (
            {"method": "gd", "l1": 0.1},
            ValueError,
            "l1: expected none for method 'gd', only for 'lbfgs', got 0.1",
        ),
        ({"method": "random", "l1": np.ones(2)}, ValueError, "l1: .* got float64 of shape"),
        (
            {"method": "bfgs", "options": {"memory": 3}},
            ValueError,
            "options: expected some of .*maxls.* for method 'bfgs', got 'memory', an option of 'lbfgs'",
        ),
        (
            {"options": {"lr": 3}},
            ValueError,
            "options: .* for method 'lbfgs', got 'lr', an option of 'gd'",
        ),
        (
            {"method": "random", "options": {"gtol": 3}},
            ValueError,
            "for method 'random', got 'gtol', an option of 'lbfgs', 'bfgs', 'newton' and 'gd'",
        ),
        ({"method": "gd", "options": {"speed": 3}}, ValueError, "options: expected some of .*, got 'speed'"),
        ({"method": "gd", "options": [1]}, TypeError, "options: expected a dict, got list"),
        ({"method": "random", "tol": 1e-3}, ValueError, "tol: expected None"),
        ({"method": "gd", "options": {"lr": 0}}, ValueError, "lr: expected a finite number > 0, got 0"),
        ({"method": "gd", "options": {"lr": -1}}, ValueError, "lr: expected a finite number >= 0, got -1"),
        ({"method": "gd", "options": {"c1": 1.0}}, ValueError, r"c1: expected a number in \[0, 1\)"),
        ({"method": "random", "options": {"seed": -1}}, ValueError, "seed: expected an integer >= 0"),
        ({"method": "random", "options": {"step": "1"}}, TypeError, "step: expected a finite number >= 0"),
        ({"method": "random", "options": {"maxiter": 0.5}}, TypeError, "maxiter: expected a whole number"),
        ({"method": "bfgs", "x0": []}, ValueError, "x0: expected at least one number, got none"),
        (
            {"method": "gd", "x0": [1.0, math.nan]},
            ValueError,
            r"x0: expected finite numbers, got nan for x0\[1\]",
        ),
    ],
)
def test_wrong_arguments(given: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        minimize(zero, **{"x0": np.ones(2), **given})


def test_each_method_is_documented() -> None:
    text = inspect.getdoc(minimize) or ""
    for method, kind in METHODS.items():
        assert f'``"{method}"``' in text
        for name in kind.options.names():
            assert f"`{name}`" in text, name
    for name in inspect.signature(minimize).parameters:
        assert f"\n{name} : " in text, name
