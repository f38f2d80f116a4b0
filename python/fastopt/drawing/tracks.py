"""Trajectories as lines on the ground and as curves of the loss."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from fastopt._common.types import Floats
from fastopt.drawing.ground import Ground, height_on_surface
from fastopt.drawing.style import Look

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from fastopt.problems.trajectories import Trajectory

__all__ = ["MINIMUM", "START", "Track", "fate"]

START: dict[str, Any] = {
    "marker": "o",
    "markersize": 11,
    "markerfacecolor": "none",
    "markeredgecolor": "black",
    "markeredgewidth": 1.6,
}
MINIMUM: dict[str, Any] = {
    "marker": "*",
    "markersize": 14,
    "markerfacecolor": "black",
    "markeredgecolor": "white",
    "markeredgewidth": 0.8,
}

MARKED = 10
"""About so many points of a line have a marker; all, up to 40, of one that has axes of its own."""

FAR = 10
"""In units of the picture: no line is followed further out."""


def fate(ground: Ground, run: Trajectory) -> str:
    """Say in the legend what the picture does not show of a trajectory.

    Parameters
    ----------
    ground : Ground
        With the limits of the picture.
    run : Trajectory
        What is drawn.

    Returns
    -------
    str
        Empty if the picture shows it all.
    """
    outside = np.flatnonzero(~ground.inside(run.points))
    if not outside.size:
        return f", not finite after step {run.steps}" if run.diverged else ""
    if outside[-1] != run.steps:
        return ", partly outside the axes"
    higher = run.diverged or run.losses[-1] > run.losses[0]
    return f", {'diverges: ' if higher else ''}leaves the axes at step {outside[0]}"


@dataclass(frozen=True, eq=False)
class Track:
    """A line and the marker at its end, which can be drawn up to any step.

    Parameters
    ----------
    line, head : Line2D or Line3D
        What is drawn.
    path : array of shape (n, 2) or (n, 3)
        The line whole.
    """

    line: Any
    head: Any
    path: Floats

    @classmethod
    def on_ground(
        cls, axes: Any, ground: Ground, run: Trajectory, look: Look, *, surface: bool = False
    ) -> Track:
        """Draw a trajectory, its start and the minimum."""
        problem = ground.problem
        points = within_reach(ground, run.points)
        if problem.dimension == 2 and not surface:
            path, minima = points, np.array(problem.minimum.points)
        else:
            # Not the losses of the trajectory, as the last point may have been moved.
            path = _lifted(ground, points, surface)
            minima = _lifted(ground, np.array(problem.minimum.points), surface)
        if surface:  # has no frame that cuts lines off
            path = np.where(ground.inside(points)[:, None], path, np.nan)
        if minima.size:
            axes.plot(*minima.T, linestyle="", zorder=9, **MINIMUM)
        axes.plot(*path[:1].T, linestyle="", zorder=10, **START)
        if problem.dimension == 1:
            look = replace(look, linewidth=1.6)
            if len(path) <= 40:
                return cls._drawn(axes, path, look, every=1)
        return cls._drawn(axes, path, look)

    @classmethod
    def of_losses(cls, axes: Axes, losses: Floats, look: Look) -> Track:
        """Draw what `losses` are at each step."""
        return cls._drawn(axes, np.stack([np.arange(len(losses)), losses], axis=-1), look)

    @classmethod
    def _drawn(cls, axes: Any, path: Floats, look: Look, every: int | None = None) -> Track:
        every = every or max(1, round((len(path) - 1) / MARKED))
        (line,) = axes.plot(
            *path.T,
            color=look.colour,
            linestyle=look.linestyle,
            linewidth=look.linewidth,
            marker=look.marker,
            markersize=5.5,
            markeredgecolor="white",
            markeredgewidth=0.5,
            markevery=(int(look.offset * every), every),
            zorder=5,
        )
        (head,) = axes.plot(
            *path[-1:].T,
            linestyle="",
            color=look.colour,
            marker=look.marker,
            markersize=8,
            markeredgecolor="white",
            markeredgewidth=0.8,
            zorder=8,
        )
        return cls(line, head, path)

    def show(self, steps: int) -> None:
        """Draw the first `steps` steps."""
        shown = self.path[: steps + 1]
        for artist, part in ((self.line, shown), (self.head, shown[-1:])):
            if part.shape[-1] == 3:
                artist.set_data_3d(*part.T)
            else:
                artist.set_data(*part.T)


def _lifted(ground: Ground, points: Floats, surface: bool) -> Floats:
    """Add to points how high they lie."""
    if not points.size:
        return points
    heights = height_on_surface(ground, points) if surface else ground.problem(points)
    return np.concatenate([points, heights[:, None]], axis=-1)


def within_reach(ground: Ground, points: Floats) -> Floats:
    """Cut a line where it is far out for the first time: no drawing goes to 1e300.

    Parameters
    ----------
    ground : Ground
        With the limits of the picture.
    points : array of shape (n, dimension)
        The corners of the line, the first one within the limits.

    Returns
    -------
    array
        The corners before, and one on the way to the one that is far out.
    """
    low, high = np.transpose(ground.limits)
    centre, half = (low + high) / 2, (high - low) / 2
    with np.errstate(over="ignore"):
        distance = np.abs((points - centre) / half).max(axis=-1)
    far = np.flatnonzero(distance > FAR)
    if not far.size:
        return points
    k = int(far[0])
    before = points[k - 1]
    share = (FAR - distance[k - 1]) / (distance[k] - distance[k - 1])
    return np.concatenate([points[:k], before[None] * (1 - share) + points[k][None] * share])
