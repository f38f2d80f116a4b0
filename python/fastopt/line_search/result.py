"""Where a line search ended."""

from __future__ import annotations

from dataclasses import dataclass

MESSAGES = {
    "found": "the conditions hold",
    "flat": "no step lowers the value by more than rounding errors",
    "at_bound": "the value still falls at the longest step allowed, or is still too high at the shortest",
    "narrow": "the interval shrank to a point where the conditions do not hold: a kink, or a wrong slope",
    "exhausted": "max_evaluations were used up",
}


@dataclass(frozen=True)
class LineSearchResult:
    """Where a line search ended.

    Parameters
    ----------
    step : float
        The step to take; 0 if none was found.
    value : float
        The value there.
    slope : float
        The slope there; NaN if it was never asked for.
    nfev : int
        Evaluations of the function, the one at 0 not counted.
    success : bool
        Whether the conditions of the search hold at the step.
    status : str
        ``"found"`` for success; ``"flat"``, no step lowers the value by more than rounding errors (the step
        may be above 0, to a point with a smaller slope); ``"at_bound"``, the value still falls at `max_step`
        or where it ceases to be finite, or is still too high at `min_step`; ``"narrow"``, the interval shrank
        to a point, a kink perhaps; ``"exhausted"``, all evaluations were used.
    """

    step: float
    value: float
    slope: float
    nfev: int
    success: bool
    status: str

    @property
    def message(self) -> str:
        """The status in words."""
        return MESSAGES[self.status]
