"""Narrowing a minimum in by values alone."""

from __future__ import annotations

import math

from fastopt import _core
from fastopt._common.bounds import Bounds
from fastopt._common.wording import shown
from fastopt.line_search.result import LineSearchResult
from fastopt.line_search.search import (
    ROUNDING,
    Phi,
    evaluated,
    judged_number,
    judged_positive,
    judged_trials,
    searched,
)

SCHEMES = ("golden", "four_point")


def bracketing(
    phi: Phi,
    *,
    step: float = 1.0,
    start: float | None = None,
    scheme: str = "golden",
    xtol: float = 1e-4,
    max_step: float = 1e20,
    max_evaluations: int = 100,
    rounding: float = ROUNDING,
) -> LineSearchResult:
    r"""Narrow a minimum in by comparing values; no slope is needed.

    First three points :math:`a < b < c` with :math:`\varphi(b)` below its neighbours are found: while the
    value falls the steps grow, and a first step that is too long is divided. Then, again and again, a fourth
    point is put into the wider gap, the values at the two inner ones are compared, and the outer point beside
    the higher one is dropped, until

    .. math:: \varphi(a) \ge \varphi(b) \le \varphi(c), \qquad c - a \le \mathrm{xtol} \cdot b

    Parameters
    ----------
    phi : callable
        ``phi(alpha)`` returns the value; a slope beside it is handed on.
    step : float
        The first trial.
    start : float, optional
        The value at 0 where it is known; else ``phi(0.0)`` is called.
    scheme : {"golden", "four_point"}
        Where the fourth point goes. ``"golden"``: the golden section, so that the interval shrinks by 0.618
        with each evaluation. ``"four_point"``: the middle of the gap, so that the first four points are
        thirds; two evaluations shrink the interval by 1/2 at least.
    xtol : float
        The length of the last interval, relative to the step. Values show a minimum to no more than the
        square root of their precision, so less than 1e-8 is of no use.
    max_step : float
        The longest step.
    max_evaluations : int
        Trials at the most.
    rounding : float
        The relative error that values are taken to have; about 1e-6 if they are computed in float32.

    Returns
    -------
    LineSearchResult
        The lowest trial; `slope` is NaN if `phi` returns values only.

    Raises
    ------
    TypeError
        If `phi` is not a function or does not return numbers, or an option has the wrong type.
    ValueError
        If an option is out of range.
    FloatingPointError
        If the value at 0 is not finite.

    Notes
    -----
    The minimum is the only one if the function falls and then rises; else it is one of them. A
    value that is not finite counts as higher than all others.

    References
    ----------
    J. Kiefer: Sequential minimax search for a maximum. Proceedings of the American
    Mathematical Society 4 (1953), 502-506.

    W.H. Press, S.A. Teukolsky, W.T. Vetterling, B.P. Flannery: Numerical Recipes, 3rd edition (2007),
    sections 10.1 and 10.2.

    Examples
    --------
    >>> result = bracketing(lambda a: abs(a - 3.0), xtol=1e-6)
    >>> round(result.step, 5), result.success
    (3.0, True)
    """
    if scheme not in SCHEMES:
        raise ValueError(f"scheme: expected one of {', '.join(map(repr, SCHEMES))}, got {shown(scheme)}")
    options = {
        **(_core.Bracketing.four_point() if scheme == "four_point" else {}),
        "xtol": Bounds(0, 1, below=True).check("xtol", xtol),
        "max_step": judged_positive("max_step", max_step),
        "max_evaluations": judged_trials(max_evaluations),
        "rounding": Bounds(0, 1, below=True).check("rounding", rounding),
    }
    step = judged_positive("step", step)
    value = evaluated(phi, 0.0, slopes=False)[0] if start is None else judged_number("start", start)
    if not math.isfinite(value):
        raise FloatingPointError(f"phi(0): expected a finite value, got {value}")
    return searched(_core.Bracketing(value, step, options), phi, slopes=False)
