"""Pictures of schedules, and their pages."""

import inspect
import re
from typing import Any

import pytest

from fastopt import schedules
from fastopt.schedules import (
    ReduceOnPlateau,
    Schedule,
    constant,
    cosine,
    cosine_restarts,
    cyclic,
    exponential,
    inverse_sqrt,
    inverse_time,
    join,
    linear,
    multiplicative,
    one_cycle,
    polynomial,
    step_decay,
    swa,
    warmup,
)
from schedules.made import values


@pytest.fixture
def plt() -> Any:
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    yield plt
    plt.close("all")


def test_plot(plt: Any) -> None:
    ax = cosine(0.1, 50).plot()
    line = ax.lines[0]
    assert line.get_xdata().tolist() == list(range(51))
    assert line.get_ydata().tolist() == values(cosine(0.1, 50), 51)
    assert ax.get_xlabel() == "step"
    assert linear(0.1, 10).plot(steps=30, ax=ax) is ax
    assert len(ax.lines) == 2
    assert ax.lines[1].get_xdata().tolist() == list(range(30))
    assert ax.lines[1].get_label() == "linear(start=0.1, steps=10)"
    long = cosine(0.1, 10**6).plot().lines[0].get_xdata()
    assert len(long) == 2000
    assert (long[0], long[-1]) == (0, 10**6)
    with pytest.raises(ValueError, match="steps: expected a whole number >= 1, got 0"):
        linear(0.1, 10).plot(steps=0)


# One of each, and how many steps its picture has by itself.
WHOLE: list[tuple[Schedule, int]] = [
    (ReduceOnPlateau(0.5), 100),
    (constant(0.5), 100),
    (cosine(0.5, 30), 31),
    (cosine_restarts(0.5, 10, 2), 70),
    (cyclic(0.1, 0.5, 3, 7), 31),
    (exponential(0.5, 0.5), 8),
    (inverse_sqrt(0.5, 30), 300),
    (inverse_time(0.5, 1, 10), 91),
    (inverse_time(0.5, 0), 100),
    (join([0.5, linear(0.5, 30)], [20]), 51),
    (linear(0.5, 30), 31),
    (multiplicative(0.5, lambda t: 0.9), 100),
    (one_cycle(0.5, 30), 30),
    (polynomial(0.5, 30, 2), 31),
    (cosine(1.0, 30) * step_decay(0.5, period=20), 80),
    (step_decay(0.5, period=20), 80),
    (swa(0.5, 20, 0.1, 10), 41),
    (warmup(cosine(0.5, 30), 10), 41),
]


def test_the_picture_of_each(plt: Any) -> None:
    assert {type(schedule) for schedule, _ in WHOLE} == {
        thing for thing in map(vars(schedules).get, schedules.__all__) if inspect.isclass(thing)
    } - {Schedule}
    _, ax = plt.subplots()
    for schedule, steps in WHOLE:
        line = schedule.plot(ax=ax).lines[-1]
        assert line.get_xdata().tolist() == list(range(steps)), schedule
        assert line.get_ydata().tolist() == values(schedule, steps)


def test_plot_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match="matplotlib"):
        cosine(0.1, 50).plot()


@pytest.mark.parametrize("name", [name for name in schedules.__all__ if name != "Schedule"])
def test_pages(name: str) -> None:
    thing = getattr(schedules, name)
    text = inspect.getdoc(thing) or ""
    for section in ("Parameters", "Raises", "References", "Examples"):
        assert f"{section}\n{'-' * len(section)}\n" in text, section
    assert ":math:" in text or ".. math::" in text
    for argument in inspect.signature(thing).parameters:
        assert re.search(rf"^(\w+, )*{argument}(, \w+)* : ", text, re.MULTILINE), argument
