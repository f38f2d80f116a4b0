"""`ReduceOnPlateau`, the one schedule that is told something."""

import math
import pickle

import numpy as np
import pytest

import fastopt
from fastopt.schedules import (
    ReduceOnPlateau,
    linear_scaling,
)

INF = math.inf
HUGE = 10**400  # beyond the largest float


@pytest.mark.parametrize("mode", ["min", "max"])
def test_plateau_below_zero(mode: str) -> None:
    """A slightly worse log-likelihood is no improvement; torch takes it for one."""
    plateau = ReduceOnPlateau(1.0, mode=mode, factor=0.5, patience=1, threshold=0.1)
    worse = [-10.0, -9.5, -9.2] if mode == "min" else [-10.0, -10.5, -10.9]
    assert [plateau.update(m) for m in worse] == [1.0, 1.0, 0.5]
    assert plateau.best == -10.0


def test_plateau_resumes_from_its_pickle() -> None:
    metrics = [3.0, 2.0, 2.1, 2.0, 2.2, 1.9, 1.9, 1.9, 1.9, 1.9]
    through = ReduceOnPlateau(1.0, factor=0.5, patience=1, cooldown=1)
    expected = [through.update(m) for m in metrics]
    for cut in range(len(metrics)):
        first = ReduceOnPlateau(1.0, factor=0.5, patience=1, cooldown=1)
        got = [first.update(m) for m in metrics[:cut]]
        second = pickle.loads(pickle.dumps(first))
        assert second == first
        assert got + [second.update(m) for m in metrics[cut:]] == expected
        assert second == through


def test_a_refused_metric_changes_nothing() -> None:
    plateau = ReduceOnPlateau(1.0)
    plateau.update(2.0)
    before = pickle.dumps(plateau)
    for metric in ("2.0", None, True, 1j):
        with pytest.raises(TypeError, match="metric: expected a number, got"):
            plateau.update(metric)  # type: ignore[arg-type]
    assert pickle.dumps(plateau) == before


def test_a_metric_beyond_the_largest_float_is_infinite() -> None:
    plateau = ReduceOnPlateau(0.5, factor=0.5, patience=0)
    assert plateau.update(HUGE) == 0.25, "no improvement on infinity"
    assert plateau.update(-HUGE) == 0.25
    assert plateau.best == -INF
    assert linear_scaling(0.1, HUGE, HUGE) == 0.1


def test_where_a_plateau_has_come_to() -> None:
    plateau = ReduceOnPlateau(0.5, factor=0.5, patience=0, cooldown=3)
    made = "ReduceOnPlateau(start=0.5, factor=0.5, patience=0, cooldown=3)"
    assert repr(plateau) == made
    plateau.update(2.0)
    plateau.update(3.0)
    assert repr(plateau) == f"<{made} at value=0.25, best=2.0, bad_updates=0, cooling=3>"
    assert repr(pickle.loads(pickle.dumps(plateau))) == repr(plateau)


def test_a_plateau_resumes_with_its_optimizer() -> None:
    opt = fastopt.SGD(np.ones(3), lr=ReduceOnPlateau(0.5, factor=0.5, patience=0))
    assert isinstance(opt.lr, ReduceOnPlateau)
    for metric in (1.0, 1.0, 1.0):
        opt.lr.update(metric)
    again = pickle.loads(pickle.dumps(opt))
    assert again.lr == opt.lr
    again.lr.update(1.0)
    again.step(np.ones(3))
    assert np.array_equal(again.params, np.full(3, 1 - 0.0625))
    assert opt.lr.value == 0.125
