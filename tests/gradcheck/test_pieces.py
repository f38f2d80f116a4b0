"""The pieces: slopes, noise, directions."""

import math

import numpy as np
import pytest

from fastopt.gradcheck.differences import ladder, sweep
from fastopt.gradcheck.line import Line, Objective
from fastopt.gradcheck.noise import noise_level
from fastopt.gradcheck.search import random_direction
from fastopt.gradcheck.structure import Arguments, Move


@pytest.mark.parametrize(
    ("f", "slope"),
    [
        (math.exp, math.e),
        (lambda t: math.sin(1000 * t), 1000 * math.cos(1000)),
        (lambda t: t**7, 7.0),
        (lambda t: 1e8 + t**3, 3.0),
        (lambda t: math.sqrt(t - 0.9999), 50.0),
        (lambda t: math.tanh(1e5 * (t - 1)), 1e5),
        (lambda t: abs(t - 1 - 1e-6), -1.0),
    ],
)
def test_the_error_of_a_slope_is_estimated(f, slope):
    objective = Objective(Arguments(f, 1.0), f)
    line = Line(objective, [Move(0, 0, np.ones(1))])
    found = sweep(line, ladder(np.dtype(float)), noise_level(line), "t", slope)
    assert abs(found.numeric - slope) <= 5 * found.error
    assert found.error < 1e-5 * abs(slope)
    assert found.corner is None


@pytest.mark.parametrize("noise", [0.0, 1e-12, 1e-7, 1e-3])
def test_the_noise_of_a_function_is_measured(noise):
    rng = np.random.default_rng(0)
    levels = []
    for _ in range(20):
        objective = Objective(Arguments(math.exp, 1.0), lambda t: math.exp(t) + noise * rng.normal())
        levels.append(noise_level(Line(objective, [Move(0, 0, np.ones(1))])))
    expected = max(noise, 2.0**-53 * math.e)
    assert expected / 3 < np.median(levels) < 3 * expected


def test_random_directions():
    v = random_direction(np.random.default_rng(0), 100_000)
    assert np.abs(v).min() >= 0.5
    assert np.abs(v).max() <= 1.0
    assert abs(np.mean(v)) < 0.01
    assert np.mean(v**2) == pytest.approx(7 / 12, rel=0.01)
    np.testing.assert_array_equal(v, v.astype(np.float32))
