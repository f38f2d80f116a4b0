"""Arguments that are refused before the first call."""

import math
from typing import Any

import numpy as np
import pytest

from fastopt import minimize
from minimization.functions import bowl, never


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"fun": 3}, TypeError, "fun: expected a function, got int"),
        ({"jac": 3}, TypeError, "jac: expected True, a function or None, got int"),
        ({"method": "nelder-mead"}, ValueError, "method: expected"),
        ({"tol": -1.0}, ValueError, "tol: expected"),
        ({"options": 3}, TypeError, "options: expected a dict, got int"),
        ({"options": {"maxcor": 3}}, ValueError, "options: expected some of .*, memory, .*, got 'maxcor'"),
        ({"options": {"memory": 0}}, ValueError, "memory: expected a whole number >= 1, got 0"),
        ({"options": {"memory": 2.5}}, TypeError, "memory: expected a whole number >= 1, got 2.5"),
        ({"options": {"maxfun": math.inf}}, TypeError, "maxfun: .* None means no limit"),
        ({"options": {"gtol": math.nan}}, ValueError, "gtol: expected"),
        ({"options": {"gtol": "a"}}, TypeError, "gtol: expected"),
        ({"options": {"c1": 0.0}}, ValueError, "c1"),
        ({"options": {"c1": 0.5, "c2": 0.1}}, ValueError, "c1, c2: expected 0 < c1 <= c2 < 1, got 0.5, 0.1"),
        (
            {"options": {"history_dtype": "float16"}},
            ValueError,
            "history_dtype: expected 'float32' or 'float64'",
        ),
        (
            {"bounds": 3},
            TypeError,
            r"bounds: expected pairs \(low, high\), or an object with lb and ub, got int",
        ),
        ({"bounds": [(0, 1)] * 3}, ValueError, r"bounds: expected 2 pairs \(low, high\).*, got 3"),
        ({"bounds": [(0, 1), 3]}, TypeError, r"bounds\[1\]: expected a pair \(low, high\)"),
        ({"bounds": (2, 1)}, ValueError, r"bounds: expected lower <= upper, got 2.0 and 1.0 for x0\[0\]"),
        ({"bounds": [(0, 1), (0, math.nan)]}, ValueError, r"bounds: expected lower <= upper, .* for x0\[1\]"),
        ({"l1": -1.0}, ValueError, "l1: expected a finite number >= 0 in float64, got -1.0"),
        ({"l1": math.inf}, ValueError, "l1: expected a finite number >= 0 in float64, got inf"),
        ({"x0": np.zeros(2, np.float32), "l1": 1e39}, ValueError, "l1: expected .* in float32, got 1e[+]39"),
        ({"l1": 10**400}, ValueError, "l1: expected a finite number >= 0 in float64, got 1000"),
        ({"l1": [1.0, -1.0]}, ValueError, r"l1: expected finite numbers >= 0, got -1.0 for x0\[1\]"),
        ({"l1": [1.0, 1.0, 1.0]}, ValueError, r"l1: expected shape \(2,\), as x0, got shape \(3,\)"),
        ({"l1": "a"}, TypeError, "l1: expected"),
        ({"l1": 1.0, "bounds": (0, 1)}, ValueError, "bounds, l1: expected one of them, got both"),
    ],
)
def test_refused_before_the_first_call(
    arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        minimize(**{"fun": never, "x0": [0.5, 0.5], **arguments})


def test_zeros_are_still_judged():
    with pytest.raises(ValueError, match=r"l1: expected shape \(2,\), as x0, got shape \(3,\)"):
        minimize(bowl, [0.5, 0.5], l1=np.zeros(3))
    with pytest.raises(ValueError, match="bounds: expected none for method 'bfgs', only for"):
        minimize(bowl, [0.5, 0.5], method="bfgs", bounds=np.zeros((2, 2)))
    with pytest.raises(ValueError, match="l1: expected none for method 'bfgs', only for 'lbfgs'"):
        minimize(bowl, [0.5, 0.5], method="bfgs", l1=np.array([0.0, 0.1]))
