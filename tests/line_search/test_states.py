"""The searches as machines of the core: saved between any two evaluations."""

import copy
import math
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from fastopt import _core
from line_search.searches import Phi, oscillating

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
