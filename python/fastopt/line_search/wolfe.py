"""Searches for a step with Wolfe's conditions: by value and slope."""

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


def strong_wolfe(
    phi: Phi,
    *,
    step: float = 1.0,
    start: tuple[float, float] | None = None,
    c1: float = 1e-4,
    c2: float = 0.9,
    xtol: float = 1e-15,
    min_step: float = 0.0,
    max_step: float = 1e20,
    max_evaluations: int = 30,
    rounding: float = ROUNDING,
) -> LineSearchResult:
    r"""Find a step with the strong Wolfe conditions (Moré and Thuente).

    .. math::

        \varphi(\alpha) &\le \varphi(0) + c_1 \alpha \varphi'(0) \\
        |\varphi'(\alpha)| &\le c_2 |\varphi'(0)|

    Parameters
    ----------
    phi : callable
        ``phi(alpha)`` returns value and slope.
    step : float
        The first trial: 1 for Newton's and quasi-Newton directions.
    start : (float, float), optional
        Value and slope at 0 where they are known; else ``phi(0.0)`` is called.
    c1, c2 : float
        Of the conditions, ``0 < c1 <= c2 < 1``. A small `c2`, 0.1 say, asks for nearly a minimum.
    xtol : float
        An interval shorter than this times its upper end counts as a point.
    min_step, max_step : float
        Limits of the step; the first trial is moved between them.
    max_evaluations : int
        Trials at the most.
    rounding : float
        The relative error that values are taken to have; about 1e-6 if they are computed in float32.

    Returns
    -------
    LineSearchResult
        Unless ``"found"``, the lowest trial that met the first condition. If rounding errors of the values
        hide the decrease, a step with a smaller slope, :math:`|\varphi'| \le \min(c_2, 1 - 2 c_1)
        |\varphi'(0)|`, is returned as ``"flat"``; its value may be above the first by such an error.

    Raises
    ------
    TypeError
        If `phi` is not a function or does not return a pair of numbers, or an option has the wrong type.
    ValueError
        If the slope at 0 is not negative, or an option is out of range.
    FloatingPointError
        If value or slope at 0 are not finite.

    Notes
    -----
    The algorithm is MINPACK-2's ``dcsrch`` with ``dcstep``, to the count of evaluations of its
    authors' tables. Equal `c1` and `c2` are accepted.

    References
    ----------
    J.J. Moré, D.J. Thuente: Line search algorithms with guaranteed sufficient decrease. ACM Transactions on
    Mathematical Software 20 (1994), 286-307.

    Examples
    --------
    >>> result = strong_wolfe(lambda a: (-a / (a * a + 2), (a * a - 2) / (a * a + 2) ** 2), c1=1e-3, c2=0.1)
    >>> round(result.step, 3), result.nfev, result.message
    (1.286, 2, 'the conditions hold')
    """
    c2 = Bounds(0, 1, below=True).check("c2", c2)
    c1 = judged_positive("c1", c1)
    if c1 > c2:
        raise ValueError(f"c1: expected a number in (0, c2] with c2={c2:g}, got {c1:g}")
    options = {
        "c1": c1,
        "c2": c2,
        "xtol": Bounds(0, 1, below=True).check("xtol", xtol),
        **step_limits(min_step, max_step),
        "max_evaluations": judged_trials(max_evaluations),
        "rounding": Bounds(0, 1, below=True).check("rounding", rounding),
    }
    step = judged_positive("step", step)
    return searched(_core.MoreThuente(*judged_start(phi, start), step, options), phi, slopes=True)


def hager_zhang(
    phi: Phi,
    *,
    step: float = 1.0,
    start: tuple[float, float] | None = None,
    c1: float = 0.1,
    c2: float = 0.9,
    epsilon: float = 1e-6,
    max_step: float = 1e20,
    max_evaluations: int = 50,
) -> LineSearchResult:
    r"""Find a step with the Wolfe or the approximate Wolfe conditions (Hager and Zhang, CG_DESCENT).

    .. math::

        \varphi(\alpha) \le \varphi(0) + c_1 \alpha \varphi'(0)
        \quad &\text{and} \quad \varphi'(\alpha) \ge c_2 \varphi'(0), \quad \text{or} \\
        \varphi(\alpha) \le \varphi(0) + \varepsilon |\varphi(0)|
        \quad &\text{and} \quad (2 c_1 - 1) \varphi'(0) \ge \varphi'(\alpha) \ge c_2 \varphi'(0)

    The second pair looks at slopes where rounding errors hide the decrease of the value, so that minima are
    found to full precision, not to its square root. It lets the value rise by :math:`\varepsilon
    |\varphi(0)|`.

    Parameters
    ----------
    phi : callable
        ``phi(alpha)`` returns value and slope.
    step : float
        The first trial.
    start : (float, float), optional
        Value and slope at 0 where they are known; else ``phi(0.0)`` is called.
    c1, c2 : float
        Of the conditions, ``0 < c1 < 1/2``, ``c1 <= c2 < 1``; delta and sigma in the paper.
    epsilon : float
        The relative error that values are taken to have.
    max_step : float
        The longest step.
    max_evaluations : int
        Trials at the most.

    Returns
    -------
    LineSearchResult
        Unless ``"found"``, the lowest trial with sufficient decrease.

    Raises
    ------
    TypeError
        If `phi` is not a function or does not return a pair of numbers, or an option has the wrong type.
    ValueError
        If the slope at 0 is not negative, or an option is out of range.
    FloatingPointError
        If value or slope at 0 are not finite.

    References
    ----------
    W.W. Hager, H. Zhang: A new conjugate gradient method with guaranteed descent and an
    efficient line search. SIAM Journal on Optimization 16 (2005), 170-192, section 4.

    Examples
    --------
    Values near 1e10 are rounded to 2e-6 and so show this minimum to 1e-3 at best; slopes show it exactly.

    >>> phi = lambda a: (1e10 + (a - 2.0) ** 2, 2 * (a - 2.0))
    >>> hager_zhang(phi, step=5.0, c2=0.2).step, round(bracketing(phi, step=5.0).step, 1)
    (2.0, 2.0)
    """
    c1 = judged_positive("c1", c1)
    if c1 >= 0.5:
        raise ValueError(f"c1: expected a number in (0, 1/2), got {c1:g}")
    c2 = Bounds(0, 1, below=True).check("c2", c2)
    if c1 > c2:
        raise ValueError(f"c1: expected a number in (0, c2] with c2={c2:g}, got {c1:g}")
    options = {
        "c1": c1,
        "c2": c2,
        "epsilon": Bounds(0).check("epsilon", epsilon),
        "max_step": judged_positive("max_step", max_step),
        "max_evaluations": judged_trials(max_evaluations),
    }
    step = judged_positive("step", step)
    return searched(_core.HagerZhang(*judged_start(phi, start), step, options), phi, slopes=True)
