r"""Line searches: how far to go along a direction.

All look for a step :math:`\alpha > 0` at which :math:`\varphi(\alpha) = f(x + \alpha d)` is low enough, where
:math:`d` is a direction of descent: :math:`\varphi'(0) = \nabla f(x)^T d < 0`.

>>> phi = lambda alpha: ((alpha - 3.0) ** 2, 2 * (alpha - 3.0))
>>> strong_wolfe(phi, c2=0.1)
LineSearchResult(step=3.0, value=0.0, slope=0.0, nfev=2, success=True, status='found')

`along` makes such a function from a function of arrays:

>>> def bowl(x):
...     return x @ x, 2 * x
>>> x, gradient = np.array([2.0, -1.0]), np.array([4.0, -2.0])
>>> result = hager_zhang(along(bowl, x, -gradient))
>>> x - result.step * gradient
array([0., 0.])

A trial whose value or slope is not finite is never accepted: the search goes back towards the best step that
is finite, and does not go so far again. A search ends with success only at a step above 0 that meets its
conditions. Whatever the status, a step above 0 is worth taking, and a step of 0 says that none was found.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastopt import _core
from fastopt._common.bounds import Bounds, real, whole
from fastopt._common.listing import listing
from fastopt._common.trees import as_array, described
from fastopt._common.wording import shown

__all__ = ["Line", "LineSearchResult", "along", "armijo", "bracketing", "hager_zhang", "strong_wolfe"]
__dir__ = listing(__name__)

Phi = Callable[[float], Any]
"""Takes a step, returns the value there, or value and slope."""

MESSAGES = {
    "found": "the conditions hold",
    "flat": "no step lowers the value by more than rounding errors",
    "at_bound": "the value still falls at the longest step allowed, or is still too high at the shortest",
    "narrow": "the interval shrank to a point where the conditions do not hold: a kink, or a wrong slope",
    "exhausted": "max_evaluations were used up",
}
SCHEMES = ("golden", "four_point")
MOST_TRIALS = 2**31 - 1
"""The core counts trials of one search in 32 bits: more are no limit either."""

ROUNDING = 10 * float(np.finfo(np.float64).eps)


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


@dataclass(frozen=True, eq=False)
class Line:
    """A function of arrays along a line; see `along`."""

    fun: Callable[[NDArray[Any]], Any]
    x: NDArray[Any]
    d: NDArray[Any]

    def at(self, alpha: float) -> NDArray[Any]:
        """Return ``x + alpha d``, a new array."""
        return np.asarray(self.x + _number("alpha", alpha) * self.d)

    def __call__(self, alpha: float) -> Any:
        """Return value and slope at ``x + alpha d``, or the value alone if `fun` returns no more."""
        answer = self.fun(self.at(alpha))
        if not isinstance(answer, tuple | list) or len(answer) != 2:
            return answer
        value, gradient = answer
        g = as_array(gradient)
        if g.shape != self.x.shape or g.dtype.kind not in "biuf":
            got = described(gradient if g.dtype.kind == "O" else g)
            raise ValueError(
                f"fun: expected a gradient of real numbers of shape {self.x.shape} like x, got {got}"
            )
        slope = np.dot(np.ravel(g).astype(np.float64), np.ravel(self.d).astype(np.float64))
        return _number("fun(x)[0]", value), float(slope)


def along(fun: Callable[[NDArray[Any]], Any], x: ArrayLike, d: ArrayLike) -> Line:
    r"""Return a function of arrays along a line, for the searches of this module.

    .. math:: \varphi(\alpha) = f(x + \alpha d), \qquad \varphi'(\alpha) = \nabla f(x + \alpha d)^T d

    Parameters
    ----------
    fun : callable
        ``fun(x)`` returns the value and the gradient, an array of the shape of `x`; the value alone will do
        for `bracketing`, and for `armijo` with the slope in `start`.
    x : array of real numbers
        Where the line begins. It is copied; trials are new arrays of its dtype (float64 for integers).
    d : array of the shape of x
        Its direction.

    Returns
    -------
    Line
        ``line(alpha)`` returns value and slope, the slope summed in double precision; ``line.at(alpha)`` the
        point.

    Raises
    ------
    TypeError
        If `fun` is not a function, or `x` or `d` are not real numbers.
    ValueError
        If the shapes differ; when called, if that of the gradient does.

    Examples
    --------
    >>> line = along(lambda x: (x @ x, 2 * x), [2.0, 0.0], [-1.0, 0.0])
    >>> line(0.5)
    (2.25, -3.0)
    """
    if not callable(fun):
        raise TypeError(f"fun: expected a function, got {shown(fun)} ({type(fun).__name__})")
    point, direction = _real_array("x", x), _real_array("d", d)
    if direction.shape != point.shape:
        raise ValueError(f"d: expected shape {point.shape} like x, got {direction.shape}")
    return Line(fun, point, direction.astype(point.dtype))


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
    c1 = _positive("c1", c1)
    if c1 > c2:
        raise ValueError(f"c1: expected a number in (0, c2] with c2={c2:g}, got {c1:g}")
    options = {
        "c1": c1,
        "c2": c2,
        "xtol": Bounds(0, 1, below=True).check("xtol", xtol),
        **_limits(min_step, max_step),
        "max_evaluations": _trials(max_evaluations),
        "rounding": Bounds(0, 1, below=True).check("rounding", rounding),
    }
    step = _positive("step", step)
    return _run(_core.MoreThuente(*_descent(phi, start), step, options), phi, slopes=True)


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
    c1 = _positive("c1", c1)
    if c1 >= 0.5:
        raise ValueError(f"c1: expected a number in (0, 1/2), got {c1:g}")
    c2 = Bounds(0, 1, below=True).check("c2", c2)
    if c1 > c2:
        raise ValueError(f"c1: expected a number in (0, c2] with c2={c2:g}, got {c1:g}")
    options = {
        "c1": c1,
        "c2": c2,
        "epsilon": Bounds(0).check("epsilon", epsilon),
        "max_step": _positive("max_step", max_step),
        "max_evaluations": _trials(max_evaluations),
    }
    step = _positive("step", step)
    return _run(_core.HagerZhang(*_descent(phi, start), step, options), phi, slopes=True)


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
        "c1": _positive("c1", Bounds(0, 1, below=True).check("c1", c1)),
        **_limits(min_step, max_step),
        "max_evaluations": _trials(max_evaluations),
        "rounding": Bounds(0, 1, below=True).check("rounding", rounding),
    }
    step = _positive("step", step)
    return _run(_core.Armijo(*_descent(phi, start), step, options), phi, slopes=False)


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
        "max_step": _positive("max_step", max_step),
        "max_evaluations": _trials(max_evaluations),
        "rounding": Bounds(0, 1, below=True).check("rounding", rounding),
    }
    step = _positive("step", step)
    value = _evaluate(phi, 0.0, slopes=False)[0] if start is None else _number("start", start)
    if not math.isfinite(value):
        raise FloatingPointError(f"phi(0): expected a finite value, got {value}")
    return _run(_core.Bracketing(value, step, options), phi, slopes=False)


def _run(
    search: _core.MoreThuente | _core.HagerZhang | _core.Armijo | _core.Bracketing, phi: Phi, slopes: bool
) -> LineSearchResult:
    while search.status == "searching":
        value, slope = _evaluate(phi, search.step, slopes)
        search.tell(value, slope)  # type: ignore[arg-type]  # a slope is there where it is needed
    step, value, slope = search.best
    status = search.status
    return LineSearchResult(step, value, slope, search.evaluations, status == "found", status)


def _descent(phi: Phi, start: object) -> tuple[float, float]:
    """Return value and slope at 0, or say why there is nothing to search."""
    if start is None:
        value, slope = _evaluate(phi, 0.0, slopes=True)
        where = "phi(0)"
    elif isinstance(start, tuple | list) and len(start) == 2:
        value, slope = (_number(f"start[{k}]", x) for k, x in enumerate(start))
        where = "start"
    else:
        raise TypeError(f"start: expected a pair (value, slope), got {shown(start)} ({type(start).__name__})")
    assert slope is not None
    if not (math.isfinite(value) and math.isfinite(slope)):
        raise FloatingPointError(f"{where}: expected a finite value and slope, got {value} and {slope}")
    if slope >= 0:
        raise ValueError(f"{where}: expected a negative slope, a direction of descent, got {slope:g}")
    return value, slope


def _evaluate(phi: Phi, alpha: float, slopes: bool) -> tuple[float, float | None]:
    if not callable(phi):
        raise TypeError(f"phi: expected a function of the step, got {shown(phi)} ({type(phi).__name__})")
    answer = phi(alpha)
    if isinstance(answer, tuple | list) and len(answer) == 2:
        return _number(f"phi({alpha:g})[0]", answer[0]), _number(f"phi({alpha:g})[1]", answer[1])
    if slopes or isinstance(answer, tuple | list):
        raise TypeError(
            f"phi({alpha:g}): expected a pair (value, slope), got {shown(answer)} ({type(answer).__name__})"
        )
    return _number(f"phi({alpha:g})", answer), None


def _number(label: str, value: object) -> float:
    """Return a real number, NaN and infinity included, or say what it is instead."""
    number = real(value)
    if number is None:
        what = f"an array of shape {value.shape}" if isinstance(value, np.ndarray) else shown(value)
        raise TypeError(f"{label}: expected a number, got {what} ({type(value).__name__})")
    return number


def _positive(label: str, value: object) -> float:
    x = Bounds(0).check(label, value)
    if x == 0:
        raise ValueError(f"{label}: expected a finite number > 0, got {shown(value)}")
    return x


def _trials(max_evaluations: int) -> int:
    return min(whole(1, "max_evaluations", max_evaluations), MOST_TRIALS)


def _limits(min_step: float, max_step: float) -> dict[str, float]:
    shortest, longest = Bounds(0).check("min_step", min_step), _positive("max_step", max_step)
    if shortest > longest:
        raise ValueError(f"min_step: expected at most max_step={longest:g}, got {shortest:g}")
    return {"min_step": shortest, "max_step": longest}


def _real_array(label: str, values: ArrayLike) -> NDArray[Any]:
    array = as_array(values).copy()
    if array.dtype.kind not in "iuf":
        got = described(values) if array.dtype.kind == "O" else array.dtype
        raise TypeError(f"{label}: expected real numbers, got {got}")
    return array if array.dtype.kind == "f" else array.astype(np.float64)
