"""A landscape in which the optimizers move."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fastopt.drawing.landscape import compose

if TYPE_CHECKING:
    from fastopt.problems import Problem
    from fastopt.problems.trajectories import Trajectory

__all__ = ["save_landscape_animation"]

FRAMES = 60
"""At most so many."""

PACE, REST = 100, 2500
"""Milliseconds that a frame is shown, and the last one."""


def save_landscape_animation(path: str | Path, problem: Problem, runs: Mapping[str, Trajectory]) -> None:
    """Draw a `landscape` that grows step by step into an animated GIF.

    Parameters
    ----------
    path : str or path
        The file; overwritten.
    problem, runs
        As for `landscape`.

    Raises
    ------
    ImportError, ValueError
        As `landscape`.
    OSError
        If the file cannot be written.
    """
    figure, tracks = compose(problem, runs)
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    steps = max(run.steps for run in runs.values())
    shown = np.unique(np.linspace(0, steps, FRAMES).round().astype(int)).tolist()
    figure.set_dpi(75)
    canvas: Any = FigureCanvasAgg(figure)
    title = figure.axes[-1].title
    moving = [title, *(line for axes in figure.axes for line in axes.lines if line.get_zorder() >= 5)]
    moving.sort(key=lambda artist: artist.get_zorder())
    for artist in moving:
        artist.set_animated(True)
    canvas.draw()
    still = canvas.copy_from_bbox(figure.bbox)

    def frame(step: int) -> Image.Image:
        canvas.restore_region(still)
        title.set_text(f"loss, step {step} of {steps}")
        for track in tracks:
            track.show(step)
        for artist in moving:
            artist.draw(canvas.get_renderer())
        return Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")

    # One palette without dithering: from frame to frame nothing changes but what moves, and a GIF stores
    # no more than that.
    palette = frame(steps).quantize(128)
    frames = [frame(step).quantize(palette=palette, dither=Image.Dither.NONE) for step in shown]
    frames[0].save(
        path,
        format="GIF",
        save_all=True,
        append_images=frames[1:],
        duration=[PACE] * (len(frames) - 1) + [REST],
        loop=0,
    )
