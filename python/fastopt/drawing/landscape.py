"""A function of one or two parameters, and what optimizers do on it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fastopt.drawing.ground import Ground, draw_contours, draw_curve, draw_surface
from fastopt.drawing.style import MOST, looks, require_matplotlib, tidy
from fastopt.drawing.tracks import MINIMUM, START, Track, fate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from fastopt.problems import Problem
    from fastopt.problems.trajectories import Trajectory

__all__ = ["compose", "landscape", "save_landscape"]

FLAT, SURFACE = (11.5, 5.2), (12.5, 6.0)
"""Sizes in inches of a picture of two parameters."""


def landscape(problem: Problem, runs: Mapping[str, Trajectory], *, surface: bool = False) -> Figure:
    """Draw a problem with the trajectories of optimizers on it, and beside it their losses.

    Two parameters: contours, of the excess over the minimum in logarithmic spacing where it spans decades, or
    a surface. One parameter: the function, once for each trajectory. What leaves the axes is cut off there
    and said to do so in the legend.

    Parameters
    ----------
    problem : Problem
        Of one or two parameters.
    runs : mapping of str to Trajectory
        What to draw, under the labels of the legend; at most 14.
    surface : bool
        Draw two parameters in three dimensions.

    Returns
    -------
    matplotlib.figure.Figure
        Independent of pyplot and its backends.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    ValueError
        If the problem has another number of parameters, `surface` is asked of one parameter, or there are
        too many trajectories, or none.

    Examples
    --------
    >>> import fastopt
    >>> from fastopt.problems import bowl
    >>> from fastopt.trajectories import trace
    >>> runs = {f"lr {lr}": trace(bowl, lambda x: fastopt.SGD(x, lr=lr), 20) for lr in (0.1, 0.4)}
    >>> figure = landscape(bowl, runs)          # figure.savefig("bowl.png")
    """
    return compose(problem, runs, surface=surface)[0]


def save_landscape(
    path: str | Path, problem: Problem, runs: Mapping[str, Trajectory], *, surface: bool = False
) -> None:
    """Draw a `landscape` into a file, PNG or whatever the suffix says.

    Parameters
    ----------
    path : str or path
        The file; overwritten.
    problem, runs, surface
        As for `landscape`.

    Raises
    ------
    ImportError, ValueError
        As `landscape`.
    OSError
        If the file cannot be written.
    """
    figure = landscape(problem, runs, surface=surface)
    if Path(path).suffix.lower() != ".png":
        figure.savefig(path)
        return
    from PIL import Image

    picture = BytesIO()
    figure.savefig(picture, dpi=110)
    # 256 colours are enough for flat greys and a few lines, and a third of the bytes.
    Image.open(picture).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)


def compose(
    problem: Problem, runs: Mapping[str, Trajectory], *, surface: bool = False
) -> tuple[Figure, list[Track]]:
    """Draw a `landscape`, and return with the figure what moves in it.

    Parameters
    ----------
    problem, runs, surface
        As for `landscape`.
    """
    if problem.dimension not in (1, 2):
        raise ValueError(f"{problem.name}: expected 1 or 2 parameters, got {problem.dimension}")
    if surface and problem.dimension == 1:
        raise ValueError(f"{problem.name}: a surface needs two parameters, it has one")
    if not 1 <= len(runs) <= MOST:
        raise ValueError(f"runs: expected 1 to {MOST} in one picture, got {len(runs)}")
    require_matplotlib()
    from matplotlib.figure import Figure

    ground = Ground.of(problem, [run.points[0] for run in runs.values()])
    figure = Figure(layout="constrained")
    figure.suptitle(f"{problem.title}:  {problem.formula}", fontsize=12)
    if problem.dimension == 1:
        tracks = _one_parameter(figure, ground, runs)
    elif surface:
        figure.set_size_inches(*SURFACE)
        tracks = _two_parameters(figure, ground, runs, surface=True)
    else:
        figure.set_size_inches(*FLAT)
        tracks = _two_parameters(figure, ground, runs, surface=False)
    _legend(figure, ground, runs)
    return figure, tracks


def _two_parameters(
    figure: Figure, ground: Ground, runs: Mapping[str, Trajectory], *, surface: bool
) -> list[Track]:
    grid = figure.add_gridspec(1, 2, width_ratios=[1.5 if surface else 1.35, 1])
    if surface:
        where = figure.add_subplot(grid[0], projection="3d")
        draw_surface(where, ground)
    else:
        where = figure.add_subplot(grid[0])
        draw_contours(where, ground)
    tracks = [
        Track.on_ground(where, ground, run, look, surface=surface)
        for run, look in zip(runs.values(), looks(len(runs)), strict=True)
    ]
    return tracks + _losses(figure.add_subplot(grid[1]), ground, runs)


def _one_parameter(figure: Figure, ground: Ground, runs: Mapping[str, Trajectory]) -> list[Track]:
    """Draw the function once for each trajectory, as they would hide each other, then the losses."""
    cells = len(runs) + 1
    rows = math.ceil(cells / 4)
    columns = math.ceil(cells / rows)
    figure.set_size_inches(3.1 * columns + 0.6, 3.2 * rows + 0.9)
    grid = figure.add_gridspec(rows, columns)
    tracks = []
    for k, ((label, run), look) in enumerate(zip(runs.items(), looks(len(runs)), strict=True)):
        axes = figure.add_subplot(grid[k // columns, k % columns])
        axes.set_title(label, fontsize=10)
        draw_curve(axes, ground)
        if k % columns:
            axes.set_ylabel("")
        tracks.append(Track.on_ground(axes, ground, run, look))
    last = figure.add_subplot(grid[(cells - 1) // columns, (cells - 1) % columns])
    return tracks + _losses(last, ground, runs)


def _losses(axes: Axes, ground: Ground, runs: Mapping[str, Trajectory]) -> list[Track]:
    """Draw losses against steps, on a logarithmic axis what they exceed the minimum by, if it is known."""
    from matplotlib.ticker import MaxNLocator

    show, low, high = ground.loss_axis([run.losses for run in runs.values()])
    axes.set_xlabel("step")
    shown = [show(run.losses) for run in runs.values()]
    lower = show.log and any((values < low).any() for values in shown)
    axes.set_title("loss at each step" + (f", drawn down to {low:.0e}" if lower else ""), fontsize=10)
    axes.set_ylabel(show.label)
    axes.set_yscale("log" if show.log else "linear")
    axes.set_ylim(low, high)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    tidy(axes)
    return [
        Track.of_losses(axes, np.maximum(values, low if show.log else -math.inf), look)
        for values, look in zip(shown, looks(len(runs)), strict=True)
    ]


def _legend(figure: Figure, ground: Ground, runs: Mapping[str, Trajectory]) -> None:
    """Say below both parts which line is which, and what became of it."""
    from matplotlib.lines import Line2D

    entries = [Line2D([], [], linestyle="", label="start", **START)]
    if ground.problem.minimum.points:
        entries.append(Line2D([], [], linestyle="", label="minimum", **MINIMUM))
    for (label, run), look in zip(runs.items(), looks(len(runs)), strict=True):
        entries.append(
            Line2D(
                [],
                [],
                color=look.colour,
                linestyle=look.linestyle,
                marker=look.marker,
                markeredgecolor="white",
                markeredgewidth=0.5,
                markersize=7,
                label=label + fate(ground, run),
            )
        )
    # A row if there is room for one, else columns as wide as the longest entry; widths are in letters.
    room = int(figure.get_figwidth() * 13.5)
    widths = [len(str(entry.get_label())) + 8 for entry in entries]
    columns = len(entries) if sum(widths) <= room else max(1, min(len(entries) - 1, room // max(widths)))
    figure.legend(
        handles=entries, loc="outside lower center", ncols=columns, frameon=False, fontsize=9, handlelength=3
    )
