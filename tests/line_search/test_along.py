"""Searches along a direction, of functions of arrays."""

from typing import Any

import numpy as np
import pytest

from fastopt.line_search import along, armijo, bracketing, strong_wolfe
from line_search.searches import SEARCHES
from support import raises


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
