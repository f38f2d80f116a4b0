"""Pictures of schedules, and their pages."""

import inspect
import re
from typing import Any

import pytest

from fastopt import schedules
from fastopt.schedules import (
    cosine,
    linear,
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
