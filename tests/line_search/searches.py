"""The searches, and functions to search along."""

import math
from collections.abc import Callable
from functools import partial

import pytest

from fastopt.line_search import armijo, bracketing, hager_zhang, strong_wolfe

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


def oscillating(a: float) -> tuple[float, float]:
    b, k = 0.01, 39 * math.pi / 2
    if a <= 1 - b:
        value, slope = 1 - a, -1.0
    elif a >= 1 + b:
        value, slope = a - 1, 1.0
    else:
        value, slope = (a - 1) ** 2 / (2 * b) + b / 2, (a - 1) / b
    return value + (1 - b) / k * math.sin(k * a), slope + (1 - b) * math.cos(k * a)


def parabola(a: float) -> tuple[float, float]:
    return (a - 1) ** 2, 2 * (a - 1)
