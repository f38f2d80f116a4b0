"""Pictures of series: curves over the steps or the epochs of a training, and of several beside each other."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, cycle
from typing import TYPE_CHECKING

import numpy as np

from fastopt.drawing.style import PALETTE, from_nought, require_matplotlib, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["BLUE", "GREEN", "ORANGE", "Curve", "Mark", "draw_epochs", "draw_side_by_side", "draw_steps"]

BLUE, ORANGE, GREEN = PALETTE[:3]
OTHERS = PALETTE[1:]

POINTS = 1000
"""Points a curve over steps has at the most."""

# Each changes from one curve to the next, so that two that coincide are both seen.
DASHES = ("-", "--", "-.")
MARKERS = "os^Dv"


@dataclass(frozen=True)
class Curve:
    """A curve of a picture.

    Parameters
    ----------
    label : str
        What the legend calls it.
    x, y : sequence of float
        Its points.
    colour : str
        As matplotlib calls it.
    """

    label: str
    x: Sequence[float]
    y: Sequence[float]
    colour: str = BLUE


@dataclass(frozen=True)
class Mark:
    """A vertical line: where it stands, and what the legend calls it."""

    x: float
    label: str


def draw_epochs(
    loss: Sequence[Curve],
    accuracy: Sequence[Curve],
    seconds: Sequence[Curve],
    *,
    title: str = "",
    unit: str = "epoch",
    mark: Mark | None = None,
) -> Figure:
    """Draw losses, accuracies and times against epochs, in three panels.

    Parameters
    ----------
    loss, accuracy, seconds : sequence of Curve
        What each panel shows; accuracies are shares of 1, drawn in percent.
    title : str, optional
        Above all three.
    unit : str, optional
        What an epoch is called.
    mark : Mark, optional
        In the panels of losses and accuracies.

    Returns
    -------
    matplotlib.figure.Figure
        Independent of pyplot and its backends.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    require_matplotlib()
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 4), layout="constrained")
    figure.suptitle(title, fontsize=10)
    panels = {"loss": loss, "accuracy, %": accuracy, "seconds in the optimizer": seconds}
    for ax, (ylabel, curves) in zip(figure.subplots(1, 3), panels.items(), strict=True):
        for curve in curves:
            _line(ax, curve, [100 * v for v in curve.y] if curves is accuracy else curve.y, curve.colour)
        if mark and curves is not seconds:
            ax.axvline(mark.x, color="0.5", linestyle=":", linewidth=1.5, label=mark.label)
        _finish(ax, unit, ylabel)
        from_nought(ax)
    ax.set_ylim(bottom=0)
    return figure


def draw_steps(
    losses: Sequence[Curve],
    metrics: Sequence[Curve],
    batches: Sequence[float],
    rates: Sequence[float],
    *,
    before: int = 0,
    mark: Mark | None = None,
    figure: Figure | None = None,
) -> Figure:
    """Draw losses, other metrics if there are any, and learning rate against the step.

    Parameters
    ----------
    losses : sequence of Curve
        One a kind, a point an epoch: that of the training first, then others. Colours are chosen here.
    metrics : sequence of Curve
        What else there is.
    batches, rates : sequence of float
        The loss of each batch, and the rate of its step.
    before : int
        Steps that were made before the first of these.
    mark : Mark, optional
        In all panels; the legend of the losses names it.
    figure : matplotlib.figure.Figure, optional
        An empty figure to draw in; by default a new one of ``matplotlib.pyplot``.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, its axes in this order.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    require_matplotlib()
    panels = 3 if metrics else 2
    if figure is None:
        import matplotlib.pyplot as plt

        figure = plt.figure(figsize=(4.5 * panels, 3.6), layout="constrained")
    axes = _side_by_side(figure, panels)
    loss, rate = axes[0], axes[-1]

    steps, means = _thinned(batches, before)
    loss.plot(steps, means, color=BLUE, alpha=0.35, linewidth=1, label="batches")
    for curve, colour in zip(losses, chain((BLUE,), cycle(OTHERS)), strict=False):
        _line(loss, curve, curve.y, colour)
    _scale(loss, [*means, *(v for curve in losses for v in curve.y)])
    _finish(loss, "step", "loss")

    for curve, colour in zip(metrics, cycle(OTHERS), strict=False):
        _line(axes[1], curve, curve.y, colour)
    if metrics:
        label = metrics[0].label if len(metrics) == 1 else "validation"
        _finish(axes[1], "step", label, legend=len(metrics) > 1)

    shown = np.unique(np.linspace(0, max(len(rates) - 1, 0), min(len(rates), POINTS)).astype(np.int64))
    rate.plot(before + shown + 1, np.asarray(rates)[shown], color=BLUE, drawstyle="steps-mid")
    _finish(rate, "step", "learning rate", legend=False)
    rate.set_ylim(bottom=0)

    if mark:
        for ax in axes:
            ax.axvline(mark.x, color="0.5", linestyle=":", linewidth=1.5)
        loss.lines[-1].set_label(mark.label)
        loss.legend(frameon=False)
    return figure


def draw_side_by_side(panels: Mapping[str, Sequence[Curve]], figure: Figure) -> None:
    """Draw the same curves of several trainings against the epoch, in a panel for each kind.

    Parameters
    ----------
    panels : mapping of str to sequence of Curve
        What each panel is called, and its curves, in each panel those of the same trainings. A panel whose
        label ends in "loss" has a logarithmic axis where that shows more, one whose label ends in "%" shows
        shares of 1 in percent. Colours are chosen here.
    figure : matplotlib.figure.Figure
        An empty figure to draw in.
    """
    axes = _side_by_side(figure, len(panels))
    for ax, (ylabel, curves) in zip(axes, panels.items(), strict=True):
        looks = zip(cycle(PALETTE), cycle(DASHES), cycle(MARKERS), strict=False)
        for curve, (colour, dash, marker) in zip(curves, looks, strict=False):
            ax.plot(
                curve.x,
                [100 * v for v in curve.y] if ylabel.endswith("%") else curve.y,
                color=colour,
                linestyle=dash,
                marker=marker if len(curve.x) <= 40 else "",
                markersize=4,
                linewidth=2.2 if dash == "-" else 1.5,
                zorder=2.0 if dash == "-" else 2.1,  # the gaps show what lies below
                label=curve.label,
            )
        if ylabel.endswith("loss"):
            _scale(ax, [v for curve in curves for v in curve.y])
        _finish(ax, "epoch", ylabel, legend=False)
        from_nought(ax)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=min(len(labels), 6), frameon=False)


def _side_by_side(figure: Figure, panels: int) -> list[Axes]:
    figure.set_layout_engine("constrained", w_pad=0.12)
    return list(figure.subplots(1, panels, squeeze=False)[0])


def _line(ax: Axes, curve: Curve, y: Sequence[float], colour: str) -> None:
    # A marker at each epoch, so that a single one can be seen.
    marker = "o" if len(curve.x) <= 40 else ""
    ax.plot(curve.x, y, color=colour, marker=marker, markersize=3, label=curve.label)


def _thinned(values: Sequence[float], before: int) -> tuple[list[float], list[float]]:
    """Return steps, counted from `before`, and values: means over blocks where there are too many."""
    width = max(1, math.ceil(len(values) / POINTS))
    blocks = [values[i : i + width] for i in range(0, len(values), width)]
    steps = [before + i * width + (len(block) + 1) / 2 for i, block in enumerate(blocks)]
    return steps, [sum(block) / len(block) for block in blocks]


def _scale(ax: Axes, values: Sequence[float]) -> None:
    """Make the axis logarithmic where the values span more than a factor of ten, and none is negative."""
    finite = [value for value in values if math.isfinite(value)]
    positive = [value for value in finite if value > 0]
    if positive and min(finite) >= 0 and max(positive) > 10 * min(positive):
        from matplotlib.ticker import LogLocator, NullFormatter

        few = max(positive) < 1e3 * min(positive)  # decades
        ax.set_yscale("log")
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if few else (1,)))
        ax.yaxis.set_major_formatter("{x:g}")
        ax.yaxis.set_minor_formatter(NullFormatter())


def _finish(ax: Axes, xlabel: str, ylabel: str, *, legend: bool = True) -> None:
    from matplotlib.ticker import MaxNLocator

    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    tidy(ax)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    if legend and ax.lines:
        ax.legend(frameon=False)
