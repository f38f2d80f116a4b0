"""The ground that trajectories are drawn on: contours, a surface, or a curve."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from fastopt._common.types import Floats
from fastopt.drawing.style import tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

    from fastopt.problems import Problem

__all__ = ["Ground", "Scale", "draw_contours", "draw_curve", "draw_surface", "height_on_surface"]

STEEP = 10
"""If the highest hundredth of the ground lies so many times as high as its lowest tenth, heights are drawn on
a logarithmic scale."""

LEAST = 1e-12
"""In units of the loss at the start: what is closer to the minimum is drawn as if it were so far."""


COARSER, SMOOTHED = 2, 6
"""In intervals of the grid: one of the surface that is drawn, and how far around it heights are averaged."""


@dataclass(frozen=True)
class Scale:
    """How losses are shown: as they are, or what they exceed the minimum by.

    Parameters
    ----------
    log : bool
        Whether the excess is shown, on a logarithmic axis.
    offset : float
        The minimum if it is, else 0.
    """

    log: bool
    offset: float = 0.0

    def __call__(self, losses: Floats) -> Floats:
        """Return what is shown of losses."""
        return losses - self.offset

    @property
    def label(self) -> str:
        """What it is called."""
        if not self.log:
            return "loss"
        return "loss above the minimum" if self.offset else "loss"


@dataclass(frozen=True, eq=False)
class Ground:
    """A problem within the limits of a picture.

    Parameters
    ----------
    problem : Problem
        Of one or two parameters.
    limits : list of pairs of float
        An interval for each parameter.
    grid : tuple of arrays
        Coordinates and values, as `Problem.grid` returns them.
    scale : Scale
        Of its heights.
    """

    problem: Problem
    limits: list[tuple[float, float]]
    grid: tuple[Floats, ...]
    scale: Scale

    @classmethod
    def of(cls, problem: Problem, starts: Sequence[Floats]) -> Ground:
        """Choose limits that show the bounds of the problem and the starts."""
        limits = []
        for k, (low, high) in enumerate(problem.bounds):
            here = [float(start[k]) for start in starts]
            margin = 0.05 * (max(high, *here) - min(low, *here)) if here else 0.0
            limits.append((min([low, *(x - margin for x in here)]), max([high, *(x + margin for x in here)])))
        grid = problem.grid(601 if problem.dimension == 1 else 241, limits)
        least = problem.minimum.value
        few, many = np.percentile(grid[-1] - least, [10, 99]) if math.isfinite(least) else (1.0, 1.0)
        steep = problem.dimension == 2 and 0 < STEEP * few <= many
        return cls(problem, limits, grid, Scale(True, least) if steep else Scale(False))

    @property
    def heights(self) -> Floats:
        """What is shown of the values on the grid."""
        return self.scale(self.grid[-1])

    @property
    def span(self) -> tuple[float, float]:
        """The lowest and the highest height that is told apart."""
        heights = self.heights
        low = np.percentile(heights, 0.2) if self.scale.log else heights.min()
        return float(low), float(heights.max())

    @cached_property
    def surface(self) -> tuple[Floats, Floats, Floats]:
        """Coordinates and heights of the surface that is drawn, coarser and smoother than the grid.

        A height is a mean over its neighbourhood, with weights that fall linearly. Taken at single points,
        the floor of a narrow valley that runs across the grid would look like a saw.
        """
        x, y, values = self.grid
        heights = elevation(self, values)
        reach = SMOOTHED - 1
        weights = SMOOTHED - np.abs(np.arange(-reach, reach + 1.0))
        weights /= weights.sum()
        for axis in (0, 1):
            margins = [(reach, reach) if k == axis else (0, 0) for k in (0, 1)]
            padded = np.pad(heights, margins, "reflect", reflect_type="odd")
            heights = np.lib.stride_tricks.sliding_window_view(padded, len(weights), axis) @ weights
        return x[::COARSER], y[::COARSER], heights[::COARSER, ::COARSER]

    def inside(self, points: Floats) -> Any:
        """Tell which points lie within the limits."""
        low, high = np.transpose(self.limits)
        return ((low <= points) & (points <= high)).all(axis=-1)

    def loss_axis(self, losses: Sequence[Floats]) -> tuple[Scale, float, float]:
        """Return the scale of the losses of trajectories and the ends of its axis.

        It is logarithmic if the minimum is known and not undercut. The ends leave out what lies far above all
        that is seen of the ground.
        """
        least = self.problem.minimum.value
        everything = np.concatenate(losses)
        start = max(float(values[0]) for values in losses)
        ceiling = max(start, float(self.grid[-1].max()))
        rounding = 1e-9 * max(abs(start), abs(ceiling))
        if math.isfinite(least) and everything.min() >= least - rounding and start > least:
            floor = LEAST * (start - least)
            lowest = max(float(everything.min()) - least, floor)
            highest = min(float(everything.max()), ceiling) - least
            return Scale(True, least), lowest / 2, highest * 2
        floor = float(self.grid[-1].min())
        lowest, highest = max(float(everything.min()), floor), min(float(everything.max()), ceiling)
        margin = 0.05 * (highest - lowest) or 1.0
        return Scale(False), lowest - margin, highest + margin


def _greys() -> Colormap:
    """Return white for valleys, and a grey for heights that leaves lines legible."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("ground", ["#ffffff", "#dfe4ea", "#a6b1be"])


def draw_contours(axes: Axes, ground: Ground) -> None:
    """Draw two parameters from above.

    Parameters
    ----------
    axes : Axes
        Where to; gets a bar that says how high the greys are.
    ground : Ground
        What.
    """
    from matplotlib.colors import LogNorm, Normalize
    from matplotlib.ticker import LogLocator, MaxNLocator

    x, y, _ = ground.grid
    low, high = ground.span
    if ground.scale.log:
        thirds = np.arange(math.floor(3 * math.log10(low)), math.ceil(3 * math.log10(high)) + 1)
        levels = 10 ** (thirds / 3)
        norm: Normalize = LogNorm(levels[0], levels[-1])
    else:
        levels = np.asarray(MaxNLocator(16).tick_values(low, high))
        norm = Normalize(levels[0], levels[-1])
    heights = ground.heights.clip(levels[0], None)
    filled = axes.contourf(x, y, heights, levels, norm=norm, cmap=_greys())
    axes.contour(x, y, heights, levels, colors="#7d8896", linewidths=0.5)
    ticks = LogLocator() if ground.scale.log else MaxNLocator(6)
    assert axes.figure is not None
    bar = axes.figure.colorbar(filled, ax=axes, ticks=ticks, pad=0.02, aspect=40)
    bar.ax.minorticks_off()
    axes.set_title(f"contours of the {ground.scale.label}", fontsize=10)
    axes.set_xlim(*ground.limits[0])
    axes.set_ylim(*ground.limits[1])
    axes.set_xlabel(ground.problem.labels[0])
    axes.set_ylabel(ground.problem.labels[1], rotation=0, labelpad=10)


def elevation(ground: Ground, losses: Floats) -> Floats:
    """Return how high losses are drawn on a surface, whose axes know no logarithmic scale."""
    if not ground.scale.log:
        return losses
    low, _ = ground.span
    heights: Floats = np.log10(ground.scale(losses).clip(low, None))
    return heights


def height_on_surface(ground: Ground, points: Floats) -> Floats:
    """Return how high points lie on the surface that is drawn, linear in each coordinate in between."""
    x, y, heights = ground.surface
    (i, s), (j, t) = (_cell(axis, coordinates) for axis, coordinates in zip((x, y), points.T, strict=True))
    near = heights[j, i] * (1 - s) + heights[j, i + 1] * s
    far = heights[j + 1, i] * (1 - s) + heights[j + 1, i + 1] * s
    lifted: Floats = near * (1 - t) + far * t
    return lifted


def _cell(axis: Floats, values: Floats) -> tuple[Any, Floats]:
    """Return in which interval of an even grid values lie, and how far into it."""
    place = ((values - axis[0]) / (axis[1] - axis[0])).clip(0, len(axis) - 1)
    cell = place.astype(np.intp).clip(max=len(axis) - 2)
    return cell, place - cell


def draw_surface(axes: Any, ground: Ground) -> None:
    """Draw two parameters from aside.

    Parameters
    ----------
    axes : Axes3D
        Where to.
    ground : Ground
        What.
    """
    from matplotlib.ticker import MaxNLocator

    x, y, heights = ground.surface
    axes.plot_surface(
        *np.meshgrid(x, y),
        heights,
        cmap=_greys(),
        rstride=1,
        cstride=1,
        edgecolor="#7d8896",
        linewidth=0.12,
        alpha=0.9,
        zorder=1,
    )
    axes.computed_zorder = False  # lines above the surface, wherever they are
    axes.set_xlim(*ground.limits[0])
    axes.set_ylim(*ground.limits[1])
    axes.set_xlabel(ground.problem.labels[0])
    axes.set_ylabel(ground.problem.labels[1])
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.set_major_locator(MaxNLocator(5, prune="both"))
    power = r"$\log_{10}$ of the " if ground.scale.log else ""
    axes.set_title(f"height: {power}{ground.scale.label}", fontsize=10)
    axes.view_init(elev=42, azim=-60)


def draw_curve(axes: Axes, ground: Ground) -> None:
    """Draw a function of one parameter.

    Parameters
    ----------
    axes : Axes
        Where to.
    ground : Ground
        What.
    """
    x, values = ground.grid
    axes.plot(x, values, color="#8c96a3", linewidth=2, zorder=1)
    axes.set_xlim(*ground.limits[0])
    margin = 0.06 * float(np.ptp(values))
    axes.set_ylim(float(values.min()) - margin, float(values.max()) + margin)
    axes.set_xlabel(ground.problem.labels[0])
    axes.set_ylabel(ground.problem.formula)
    tidy(axes)
