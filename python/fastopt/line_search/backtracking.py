"""Shortening a step until the value falls enough."""

from __future__ import annotations

from fastopt import _core
from fastopt._common.bounds import Bounds
from fastopt.line_search.result import LineSearchResult
from fastopt.line_search.search import (
    ROUNDING,
    Phi,
    judged_positive,
    judged_start,
    judged_trials,
    searched,
    step_limits,
)


def armijo(
    phi: Phi,
    *,
    step: float = 1.0,
    start: tuple[float, float] | None = None,
    c1: float = 1e-4,
    min_step: float = 0.0,
    max_step: float = 1e20,
    max_evaluations: int = 30,
    rounding: float = ROUNDING,
) -> LineSearchResult:
    r"""Shorten a step until the value falls enough: backtracking with interpolation.

    .. math:: \varphi(\alpha) \le \varphi(0) + c_1 \alpha \varphi'(0)

    Parameters
    ----------
    phi : callable
        ``phi(alpha)`` returns value and slope; the value alone will do if `start` is given.
    step : float
        The first trial. It is never lengthened.
    start : (float, float), optional
        Value and slope at 0 where they are known; else ``phi(0.0)`` is called.
    c1 : float
        Of the condition, ``0 < c1 < 1``.
    min_step, max_step : float
        Limits of the step; the first trial is moved between them.
    max_evaluations : int
        Trials at the most.
    rounding : float
        The relative error that values are taken to have; about 1e-6 if they are computed in float32.

    Returns
    -------
    LineSearchResult
        With step 0 unless ``"found"``.

    Raises
    ------
    TypeError
        If `phi` is not a function or does not return numbers, or an option has the wrong type.
    ValueError
        If the slope at 0 is not negative, or an option is out of range.
    FloatingPointError
        If value or slope at 0 are not finite.

    Notes
    -----
    The next trial is the minimiser of the parabola through :math:`\varphi(0)`,
    :math:`\varphi'(0)` and the value that was too high, from the second time on of the cubic through the last
    two values, and between 1/10 and 1/2 of the last.

    References
    ----------
    J. Nocedal, S.J. Wright: Numerical Optimization, 2nd edition (2006), section 3.5.

    Examples
    --------
    Values alone:

    >>> armijo(lambda a: (a - 1) ** 2, step=10.0, start=(1.0, -2.0))
    LineSearchResult(step=1.0, value=0.0, slope=nan, nfev=2, success=True, status='found')
    """
    options = {
        "c1": judged_positive("c1", Bounds(0, 1, below=True).check("c1", c1)),
        **step_limits(min_step, max_step),
        "max_evaluations": judged_trials(max_evaluations),
        "rounding": Bounds(0, 1, below=True).check("rounding", rounding),
    }
    step = judged_positive("step", step)
    return searched(_core.Armijo(*judged_start(phi, start), step, options), phi, slopes=False)
