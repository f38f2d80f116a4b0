"""What all pictures have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from fastopt._common.extras import require

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["MARKERS", "MOST", "PALETTE", "Look", "from_nought", "looks", "require_matplotlib", "tidy"]

# Okabe and Ito's palette: told apart with any kind of colour vision.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")


MARKERS = "osD^vP<Xp>hd8H"

MOST = len(MARKERS)
"""So many lines can be told apart in one picture."""


@dataclass(frozen=True)
class Look:
    """How one of several lines is drawn: told apart without its colour as well.

    Parameters
    ----------
    colour, marker, linestyle : str
        As matplotlib calls them.
    linewidth : float
        The later a line is drawn, the thinner it is, so that lines in the same place are all seen.
    offset : float
        Where its markers begin, as a part of their distance: no two lines have them in one place.
    """

    colour: str
    marker: str
    linestyle: Literal["-", "--"]
    linewidth: float
    offset: float


def looks(number: int) -> list[Look]:
    """Return the looks of several lines.

    Parameters
    ----------
    number : int
        At most `MOST`.

    Examples
    --------
    >>> [look.linewidth for look in looks(3)]
    [3.0, 2.2, 1.4]
    """
    widest = 1.4 + 0.8 * min(number - 1, 2)
    return [
        Look(
            colour=PALETTE[k % len(PALETTE)],
            marker=MARKERS[k],
            linestyle="-" if k < len(PALETTE) else "--",
            linewidth=widest + (1.4 - widest) * k / max(number - 1, 1),
            offset=k / number,
        )
        for k in range(number)
    ]


def require_matplotlib() -> None:
    """Import matplotlib, or say which extra brings it.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    require("matplotlib.figure", "pictures need matplotlib")


def tidy(axes: Axes) -> None:
    """Draw a faint grid, and no frame above and on the right."""
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)


def from_nought(axes: Axes) -> None:
    """Let epochs run from 0 to 1 where no line has a point at 1 or later.

    Around a single point, as of a training that diverged in its first epoch, matplotlib would set ticks at
    0.082, 0.083 and so on, on top of each other.
    """
    lines = [np.asarray(line.get_xydata(), float) for line in axes.lines]
    shown = [x for points in lines for x, y in points if np.isfinite(y)]
    if max(shown, default=0) < 1:
        axes.set_xlim(0, 1.05)
