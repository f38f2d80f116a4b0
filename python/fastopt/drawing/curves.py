"""Pictures of histories: of one training, and of several beside each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np

from fastopt.drawing.style import from_nought
from fastopt.plots import BLUE, GREEN, ORANGE, PALETTE, require_matplotlib
from fastopt.training.history import History
from fastopt.training.run import Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_comparison", "draw_history"]

POINTS = 1000
"""Points a curve over steps has at the most."""

# Each changes from one curve to the next, so that two that coincide are both seen.
DASHES = ("-", "--", "-.")
MARKERS = "os^Dv"


def draw_history(history: History, figure: Figure | None = None) -> Figure:
    """Draw loss, other metrics if there are any, and learning rate against the step.

    Parameters
    ----------
    history : History
        As `fastopt.train` returns it.
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
    losses = {name: values for name, values in history.metrics.items() if name.endswith("loss")}
    others = {name: values for name, values in history.metrics.items() if name not in losses}
    panels = 3 if others else 2
    if figure is None:
        import matplotlib.pyplot as plt

        figure = plt.figure(figsize=(4.5 * panels, 3.6), layout="constrained")
    axes = _side_by_side(figure, panels)
    loss, rate = axes[0], axes[-1]

    before = history.steps[-1] - len(history.step_losses) if history.steps else 0
    steps, means = _thinned(history.step_losses, before)
    loss.plot(steps, means, color=BLUE, alpha=0.35, linewidth=1, label="batches")
    marker = "o" if len(history) <= 40 else ""
    colours = cycle((ORANGE, GREEN, *PALETTE[3:]))
    label = "after the epoch" if history.records and history.records[-1].after else "mean of the epoch"
    loss.plot(history.steps, history.losses, color=BLUE, marker=marker, markersize=3, label=label)
    for (name, values), colour in zip(losses.items(), colours, strict=False):
        loss.plot(history.steps, values, color=colour, marker=marker, markersize=3, label=name)
    _scale(loss, [*history.losses, *means, *(v for values in losses.values() for v in values)])
    _finish(loss, "step", "loss")

    if others:
        for (name, values), colour in zip(others.items(), cycle((ORANGE, GREEN, *PALETTE[3:])), strict=False):
            axes[1].plot(history.steps, values, color=colour, marker=marker, markersize=3, label=name)
        label = next(iter(others)) if len(others) == 1 else "validation"
        _finish(axes[1], "step", label, legend=len(others) > 1)

    rates = np.asarray(history.step_learning_rates)
    shown = np.unique(np.linspace(0, max(len(rates) - 1, 0), min(len(rates), POINTS)).astype(np.int64))
    rate.plot(before + shown + 1, rates[shown], color=BLUE, drawstyle="steps-mid")
    _finish(rate, "step", "learning rate", legend=False)
    rate.set_ylim(bottom=0)

    if history.restored:
        for ax in axes:
            ax.axvline(history.restored.steps, color="0.5", linestyle=":", linewidth=1.5)
        loss.lines[-1].set_label(f"put back: epoch {history.restored.epoch:g}")
        loss.legend(frameon=False)
    return figure


def draw_comparison(runs: Sequence[Run], figure: Figure, panels: dict[str, str]) -> None:
    """Draw a curve for each run against the epoch, in a panel for each metric.

    Parameters
    ----------
    runs : sequence of Run
        With the same metrics; one without an epoch is left out.
    figure : matplotlib.figure.Figure
        An empty figure to draw in.
    panels : dict of str to str
        The label for each metric; "loss" is the training loss, and an ``..._accuracy`` is drawn in percent.
    """
    axes = _side_by_side(figure, len(panels))
    for run, colour, dash, marker in zip(runs, cycle(PALETTE), cycle(DASHES), cycle(MARKERS), strict=False):
        epochs = [record.epoch for record in run.history]
        for ax, metric in zip(axes, panels, strict=True):
            factor = 100 if metric.endswith("accuracy") else 1
            values = [factor * {"loss": r.loss, **r.metrics}[metric] for r in run.history]
            ax.plot(
                epochs,
                values,
                color=colour,
                linestyle=dash,
                marker=marker if len(epochs) <= 40 else "",
                markersize=4,
                linewidth=2.2 if dash == "-" else 1.5,
                zorder=2.0 if dash == "-" else 2.1,  # the gaps show what lies below
                label=run.name,
            )
    for ax, (metric, label) in zip(axes, panels.items(), strict=True):
        if metric.endswith("loss"):
            _scale(ax, [y for line in ax.lines for y in np.asarray(line.get_ydata(), float).tolist()])
        _finish(ax, "epoch", label, legend=False)
        from_nought(ax)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=min(len(labels), 6), frameon=False)


def _side_by_side(figure: Figure, panels: int) -> list[Axes]:
    figure.set_layout_engine("constrained", w_pad=0.12)
    return list(figure.subplots(1, panels, squeeze=False)[0])


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
    ax.grid(alpha=0.3)
    ax.spines[["top", "right"]].set_visible(False)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    if legend and ax.lines:
        ax.legend(frameon=False)
