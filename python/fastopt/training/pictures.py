"""Pictures of runs: what of their histories is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate, cycle
from pathlib import Path
from typing import TYPE_CHECKING

from fastopt.drawing.curves import BLUE, GREEN, ORANGE, Curve, Mark, draw_epochs, draw_side_by_side
from fastopt.drawing.style import PALETTE
from fastopt.training.history import Record
from fastopt.training.run import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw_comparison", "save_training_curves", "training_curves"]

PARTS = {"train": ("training", BLUE), "held_out": ("held-out", ORANGE)}
"""How the parts of the data that a metric is named after are called and drawn."""


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
    history, restored = runs[0].history, runs[0].restored
    label = "training + penalty" if any(record.penalty for record in history) else "training"
    if unit == "epoch" and not (history and history[-1].after):
        label += "\n(mean over the epoch)"
    loss, accuracy = [_curve(label, BLUE, history, [record.loss for record in history])], []
    for name in history[0].metrics if history else ():
        part, _, kind = name.rpartition("_")
        curve = _curve(*PARTS.get(part, (part, GREEN)), history, [record.metrics[name] for record in history])
        if kind == "accuracy":
            accuracy.append(curve)
        elif kind == "loss":
            loss.append(curve)
    seconds = [
        _curve(run.name, colour, run.history, list(accumulate(r.optimizer_seconds for r in run.history)))
        for run, colour in zip(runs, cycle(PALETTE), strict=False)
    ]
    mark = None
    if restored and restored is not history[-1]:
        mark = Mark(restored.epoch, f"put back: {unit} {restored.epoch:g}")
    return draw_epochs(loss, accuracy, seconds, title=title, unit=unit, mark=mark)


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


def draw_comparison(runs: Sequence[Run], figure: Figure, panels: Mapping[str, str]) -> None:
    """Draw a curve for each run against the epoch, in a panel for each metric.

    Parameters
    ----------
    runs : sequence of Run
        With the same metrics; one without an epoch is left out.
    figure : matplotlib.figure.Figure
        An empty figure to draw in.
    panels : mapping of str to str
        The label for each metric; "loss" is the training loss. One that ends in "%" shows a share in percent.
    """
    curves = {
        label: [_curve(run.name, BLUE, run.history, [_value(r, metric) for r in run.history]) for run in runs]
        for metric, label in panels.items()
    }
    draw_side_by_side(curves, figure)


def _curve(label: str, colour: str, history: Sequence[Record], values: Sequence[float]) -> Curve:
    return Curve(label, [record.epoch for record in history], values, colour)


def _value(record: Record, metric: str) -> float:
    return record.loss if metric == "loss" else record.metrics[metric]
