"""What a check found, readable on a terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from fastopt._common.wording import counted

from .differences import Sweep
from .tolerances import MARGIN

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class GradientError(AssertionError):
    """A gradient failed its check; `report` says why."""

    def __init__(self, report: Report) -> None:
        super().__init__(f"{report}")
        self.report = report

    def __reduce__(self) -> tuple[type[GradientError], tuple[Report]]:
        return GradientError, (self.report,)


@dataclass(frozen=True)
class Coordinate:
    """One element of a gradient, measured and claimed.

    Parameters
    ----------
    name : str
        As in ``params['W'][3, 4]``.
    argument : str
        The array it belongs to.
    index : tuple of int
        Where in the array.
    numeric, analytic : float
        The derivative by differences, and by the gradient under test.
    error : float
        An estimate of the error of `numeric`.
    tolerance : float
        How far `analytic` may be off, beside five times that error.
    status : {"ok", "wrong", "kink", "jump", "undefined", "unsettled"}
        The verdict; "unsettled" if kinks lie closer than any usable step, so that it could not be checked.
    slopes : tuple of float, optional
        To the left and to the right, where they differ.
    """

    name: str
    argument: str
    index: tuple[int, ...]
    numeric: float
    analytic: float
    error: float
    tolerance: float
    status: str
    slopes: tuple[float, float] | None = None

    @property
    def abs_error(self) -> float:
        """``|analytic - numeric|``."""
        return abs(self.analytic - self.numeric)

    @property
    def rel_error(self) -> float:
        """``|analytic - numeric| / max(|analytic|, |numeric|)``."""
        return relative(self.analytic, self.numeric)

    @property
    def seen(self) -> bool:
        """Whether a derivative was seen that an analytic one of 0 would not agree with."""
        doubt = self.tolerance + MARGIN * self.error
        return self.status != "unsettled" and bool(self.slopes or abs(self.numeric) > doubt)


@dataclass(frozen=True)
class Argument:
    """One array of the arguments, tested along random directions.

    Parameters
    ----------
    name : str
        As in ``params['W']``.
    size : int
        Its number of elements.
    numeric, analytic : float
        The slope along the direction in which they differ most.
    error : float
        An estimate of the error of `numeric`.
    resolution : float
        A single wrong element would have been seen from this error on.
    typical : float
        The root mean square of its gradient, estimated.
    status : {"ok", "wrong", "kink", "jump", "undefined", "unchecked", "empty"}
        The verdict; "unchecked" if nothing could be seen of its slope.
    hidden_by : {"", "noise", "kinks"}
        What its slope is lost in if it is unchecked: the noise of the function, or kinks closer than any
        usable step.
    """

    name: str
    size: int
    numeric: float
    analytic: float
    error: float
    resolution: float
    typical: float
    status: str
    hidden_by: str = ""

    @property
    def rel_error(self) -> float:
        """``|analytic - numeric| / max(|analytic|, |numeric|)``."""
        return relative(self.analytic, self.numeric)


@dataclass(eq=False)
class Report:
    """The result of a check: true if the gradient passed, a diagnosis if printed.

    Parameters
    ----------
    check : str
        Which check it was.
    status : {"ok", "failed", "unchecked"}
        The verdict; "unchecked" if noise or kinks hide the slopes by all arrays, so that any small gradient
        would pass.
    reason : str
        Why not "ok", in a line.
    diagnoses : list of str
        All that was recognised about the failure, the first in `reason`.
    remarks : list of str
        What else was noticed: float32, noise, what could not be seen.
    arguments : list of Argument
        The arrays, each along its worst direction.
    worst : list of Coordinate
        The elements that were visited, worst first.
    sweep : Sweep or None
        Error against step: along the worst element, or a random direction if all is well.
    noise : float
        The standard deviation of rounding errors in the values of the function.
    rtol, atol : float
        The tolerances; `atol` None if it is the rounding of the gradient.
    calls : int
        How often the function was called.
    """

    check: str
    status: str = "ok"
    reason: str = ""
    diagnoses: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    arguments: list[Argument] = field(default_factory=list)
    worst: list[Coordinate] = field(default_factory=list)
    sweep: Sweep | None = None
    noise: float = math.nan
    rtol: float = math.nan
    atol: float | None = None
    calls: int = 0

    @property
    def ok(self) -> bool:
        """Whether the gradient passed."""
        return self.status == "ok"

    def __bool__(self) -> bool:
        return self.ok

    def fail(self, diagnosis: str) -> None:
        """Add a diagnosis; the first is the reason."""
        self.status = "failed"
        self.reason = self.reason or diagnosis
        self.diagnoses.append(diagnosis)

    @property
    def max_abs_error(self) -> float:
        """The largest absolute error among the elements visited, else among the directions."""
        seen: Sequence[Coordinate | Argument] = self.worst or self.arguments
        return _largest([abs(item.analytic - item.numeric) for item in seen])

    @property
    def max_rel_error(self) -> float:
        """The largest relative error among the elements visited, else among the directions."""
        seen: Sequence[Coordinate | Argument] = self.worst or self.arguments
        return _largest([item.rel_error for item in seen])

    @property
    def step(self) -> float:
        """The step at which truncation and rounding of central differences balance, as far as it was seen."""
        return self.sweep.step if self.sweep and self.sweep.defined else math.nan

    def __str__(self) -> str:
        lines = [f"{self.check}: {'ok' if self.ok else f'{self.status.upper()}: {self.reason}'}"]
        lines += [f"  also: {text}" for text in self.diagnoses if text not in self.reason]
        lines += [f"  note: {text}" for text in self.remarks]
        if self.arguments:
            lines += ["", *_table(ARGUMENT_HEADER, [_argument_row(a) for a in self.arguments])]
        if self.worst:
            lines += ["", *_table(COORDINATE_HEADER, [_coordinate_row(c) for c in self.worst])]
        return "\n".join([*lines, "", self._footer()])

    def __repr__(self) -> str:
        return f"<{self.check}: {'ok' if self.ok else self.reason}>"

    def _footer(self) -> str:
        parts = []
        if self.sweep and self.sweep.defined:
            parts.append(f"truncation and rounding balance at h = {self.step:.1e}")
        if math.isfinite(self.noise):
            parts.append(f"noise in func {self.noise:.1e}")
        if math.isfinite(self.rtol):
            atol = "" if self.atol is None else f", atol {self.atol:g}"
            parts.append(f"rtol {self.rtol:g}{atol}")
        return "; ".join([*parts, counted(self.calls, "call")])

    def plot(self) -> Figure:
        """Draw the error of central differences against their step, on logarithmic axes.

        The V of truncation and rounding should reach down to the gradient under test: where the curve against
        it levels off is how much it is wrong.

        Returns
        -------
        matplotlib.figure.Figure
            Independent of pyplot and its backends.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If there was no sweep, because the check ended before it.
        """
        try:
            from matplotlib.figure import Figure
        except ImportError as error:
            raise ImportError('plot needs matplotlib: pip install "fastopt[train]"') from error
        if self.sweep is None:
            raise ValueError(f"plot: there was no sweep; {self.reason}")
        s = self.sweep
        figure = Figure(figsize=(6.4, 4.2), layout="constrained")
        axes = figure.subplots()
        exact = 1e-16 * max(1e-100, abs(s.numeric)) if s.defined else 1e-16  # where an error of 0 is drawn
        with np.errstate(invalid="ignore"):
            analytic = np.maximum(np.abs(s.central - s.analytic), exact)
            extrapolated = np.maximum(np.abs(s.central - s.numeric), exact)
            rounding = np.maximum(s.rounding, exact)
        # Okabe and Ito's palette, and marks that differ as well.
        axes.loglog(s.steps, analytic, "o-", color="#D55E00", label="against analytic")
        axes.loglog(s.steps, extrapolated, "s--", color="#0072B2", label="against extrapolated")
        axes.loglog(s.steps, rounding, ":", color="#555555", label="rounding, estimated")
        axes.axvline(s.step, color="#009E73", linewidth=1, label=f"balance, h = {s.step:.1e}")
        axes.set_xlabel("step h")
        axes.set_ylabel("error of the central difference")
        axes.set_title(f"{s.name}: numeric {s.numeric:.6g}, analytic {s.analytic:.6g}", fontsize=10)
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
        return figure


ARGUMENT_HEADER = ("argument", "elements", "numeric", "analytic", "rel. error", "visible from", "")
COORDINATE_HEADER = ("element", "numeric", "analytic", "abs. error", "rel. error", "+/-", "")


def relative(a: float, b: float) -> float:
    """Return ``|a - b| / max(|a|, |b|)``, 0 for two zeros and infinity if one is not finite."""
    if not (math.isfinite(a) and math.isfinite(b)):
        return math.inf
    return abs(a - b) / max(abs(a), abs(b)) if a != b else 0.0


def _argument_row(a: Argument) -> tuple[str, ...]:
    if a.status == "empty":
        return a.name, "0", "", "", "", "", "empty"
    numbers = f"{a.numeric:.6e}", f"{a.analytic:.6e}", f"{a.rel_error:.1e}", f"{a.resolution:.1e}"
    return a.name, str(a.size), *numbers, _shown(a.status)


def _coordinate_row(c: Coordinate) -> tuple[str, ...]:
    numbers = f"{c.numeric:.6e}", f"{c.analytic:.6e}", f"{c.abs_error:.1e}", f"{c.rel_error:.1e}"
    slopes = f": slopes {c.slopes[0]:.4g}, {c.slopes[1]:.4g}" if c.slopes and c.status != "jump" else ""
    return c.name, *numbers, f"{c.error:.0e}", _shown(c.status) + slopes


def _shown(status: str) -> str:
    return status.upper() if status == "wrong" else status


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lay out columns: the first and the last to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    last = len(widths) - 1
    return [
        "  ".join(
            cell.ljust(width) if k in (0, last) else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (header, *rows)
    ]


def _largest(errors: Sequence[float]) -> float:
    """Return the largest, taking NaN for infinity; 0 of none."""
    return max((math.inf if math.isnan(e) else e for e in errors), default=0.0)
