"""The report: what it says, draws and raises; and its documentation."""

import inspect
import pickle

import numpy as np
import pytest

from fastopt import gradcheck as package
from fastopt.gradcheck import GradientError, gradcheck
from gradcheck.functions import LONG, X, cubes, examined


def test_failure_raises_the_report():
    with pytest.raises(GradientError, match=r"x: analytic = -numeric everywhere") as caught:
        gradcheck(cubes, X, grad=lambda x: -3 * x**2)
    assert not caught.value.report
    copy = pickle.loads(pickle.dumps(caught.value))
    assert f"{copy}" == f"{caught.value}"


def test_report_reads_well():
    report = examined(cubes, LONG, grad=lambda x: 6 * x**2)
    text = f"{report}"
    first, _, header, row, _, columns, worst, *_ = text.splitlines()
    assert first == "gradcheck: FAILED: x: analytic = 2 x numeric everywhere"
    assert header.split() == [
        "argument",
        "elements",
        "numeric",
        "analytic",
        "rel.",
        "error",
        "visible",
        "from",
    ]
    assert row.split()[:2] == ["x", "2000"]
    assert columns.split()[:3] == ["element", "numeric", "analytic"]
    assert worst.startswith(report.worst[0].name)
    assert worst.endswith("WRONG")
    assert max(map(len, text.splitlines()[1:])) <= 110
    assert "truncation and rounding balance at h = " in text
    assert repr(report) == "<gradcheck: x: analytic = 2 x numeric everywhere>"
    assert f"{examined(cubes, LONG, grad=lambda x: 3 * x**2)}".startswith("gradcheck: ok\n")


def test_errors_of_a_report():
    report = examined(cubes, X, grad=lambda x: 3 * x**2 + 0.5)
    assert report.max_abs_error == pytest.approx(0.5, rel=1e-6)
    assert report.worst[0].abs_error == pytest.approx(0.5, rel=1e-6)
    assert examined(cubes, X, grad=lambda x: 3 * x**2).max_rel_error < 1e-5


def test_the_same_seed_gives_the_same_report():
    assert f"{examined(cubes, X, grad=np.exp)}" == f"{examined(cubes, X, grad=np.exp)}"


@pytest.mark.parametrize(
    ("func", "grad"),
    [(cubes, lambda x: 3 * x**2), (cubes, np.exp), (np.sum, np.ones_like), (lambda x: 0.0, np.zeros_like)],
)
def test_plot(func, grad, tmp_path):
    pytest.importorskip("matplotlib")
    report = examined(func, X, grad=grad)
    figure = report.plot()
    axes = figure.axes[0]
    assert axes.get_xlabel() == "step h"
    assert len(axes.lines) == 4
    figure.savefig(tmp_path / "error.png")


def test_plot_without_a_sweep():
    pytest.importorskip("matplotlib")
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="plot: there was no sweep; func is not deterministic"):
        examined(lambda x: (rng.random(), x), X).plot()


@pytest.mark.parametrize("name", package.__all__)
def test_public_objects_are_documented(name):
    value = getattr(package, name)
    text = inspect.getdoc(value)
    if inspect.isfunction(value):
        sections = ("Parameters", "Returns", "Raises", "Examples")
        assert all(f"\n{section}\n{'-' * len(section)}\n" in text for section in sections)
        assert ".. math::" in text
        for parameter in inspect.signature(value).parameters:
            assert parameter in text


def test_a_minimum_is_told() -> None:
    report = gradcheck(
        lambda x: (((x - 0.1) ** 2).sum() + 1, 2 * (x - 0.1)), np.full(3, np.nextafter(0.1, 1))
    )
    assert report.remarks == ["x: the slope is 0 as far as can be seen; check at another point, too"]
