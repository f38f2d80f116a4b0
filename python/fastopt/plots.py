"""Pictures, with matplotlib and without a display: curves of a training, landscapes with optimizers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fastopt._common.listing import listing
from fastopt.drawing.animation import save_landscape_animation
from fastopt.drawing.landscape import landscape, save_landscape
from fastopt.drawing.style import PALETTE, from_nought, require_matplotlib, tidy
from fastopt.training import Record, Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "PALETTE",
    "landscape",
    "require_matplotlib",
    "save_landscape",
    "save_landscape_animation",
    "save_training_curves",
    "training_curves",
]
__dir__ = listing(__name__)

BLUE, ORANGE, GREEN = PALETTE[:3]

# How the parts of the data that a metric is named after are drawn and called.
PARTS = {"train": (BLUE, "training"), "held_out": (ORANGE, "held-out")}


def training_curves(runs: Sequence[Run], title: str = "", unit: str = "epoch") -> Figure:
    """Draw loss, accuracy and time in the optimizer against epochs.

    Loss and accuracy are those of the first run, with a mark at the epoch whose parameters were put back, if
    they were; the time is drawn for each run. An accuracy is any metric whose name ends in ``accuracy``, a
    further loss one that ends in ``loss``.

    Parameters
    ----------
    runs : sequence of Run
        The first is the one in question, others are drawn to compare with.
    title : str, optional
        Above all three.
    unit : {"epoch", "iteration"}
        What an epoch is called: an iteration has its loss at its end, and not as a mean.

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
    loss, accuracy, seconds = figure.subplots(1, 3)
    history = runs[0].history
    label = "training + penalty" if any(record.penalty for record in history) else "training"
    if unit == "epoch" and not (history and history[-1].after):
        label += "\n(mean over the epoch)"
    _line(loss, history, [r.loss for r in history], BLUE, label)
    for name in history[0].metrics if history else ():
        values = [record.metrics[name] for record in history]
        part, _, kind = name.rpartition("_")
        colour, label = PARTS.get(part, (GREEN, part))
        if kind == "accuracy":
            _line(accuracy, history, [100 * v for v in values], colour, label)
        elif kind == "loss":
            _line(loss, history, values, colour, label)
    restored = runs[0].restored
    if restored and restored is not history[-1]:
        for axes in (loss, accuracy):
            label = f"put back: {unit} {restored.epoch:g}"
            axes.axvline(restored.epoch, color="0.5", linestyle=":", linewidth=1.5, label=label)
    for run, colour in zip(runs, cycle(PALETTE), strict=False):
        total = np.cumsum([record.optimizer_seconds for record in run.history])
        _line(seconds, run.history, list(total), colour, run.name)

    _finish(loss, "loss", unit)
    _finish(accuracy, "accuracy, %", unit)
    _finish(seconds, "seconds in the optimizer", unit)
    seconds.set_ylim(bottom=0)
    return figure


def save_training_curves(path: str | Path, runs: Sequence[Run], title: str = "", unit: str = "epoch") -> None:
    """Draw `training_curves` into a file, PNG or whatever the suffix says.

    Parameters
    ----------
    path : str or path
        The file; overwritten.
    runs : sequence of Run
        As for `training_curves`.
    title, unit : str, optional
        As for `training_curves`.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    OSError
        If the file cannot be written.
    """
    training_curves(runs, title, unit).savefig(path, dpi=120)


def _line(axes: Axes, history: Sequence[Record], values: Sequence[float], colour: str, label: str) -> None:
    # A marker at each epoch, so that a single one can be seen.
    marker = "o" if len(history) <= 40 else ""
    epochs = [record.epoch for record in history]
    axes.plot(epochs, values, color=colour, marker=marker, markersize=3, label=label)


def _finish(axes: Axes, ylabel: str, unit: str) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_xlabel(unit)
    axes.set_ylabel(ylabel)
    tidy(axes)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    from_nought(axes)
    if axes.lines:
        axes.legend(frameon=False)
