"""Functions of arrays along a line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastopt._common.trees import as_array, described
from fastopt._common.wording import shown
from fastopt.line_search.search import judged_number


@dataclass(frozen=True, eq=False)
class Line:
    """A function of arrays along a line; see `along`."""

    fun: Callable[[NDArray[Any]], Any]
    x: NDArray[Any]
    d: NDArray[Any]

    def at(self, alpha: float) -> NDArray[Any]:
        """Return ``x + alpha d``, a new array."""
        return np.asarray(self.x + judged_number("alpha", alpha) * self.d)

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
        return judged_number("fun(x)[0]", value), float(slope)


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


def _real_array(label: str, values: ArrayLike) -> NDArray[Any]:
    array = as_array(values).copy()
    if array.dtype.kind not in "iuf":
        got = described(values) if array.dtype.kind == "O" else array.dtype
        raise TypeError(f"{label}: expected real numbers, got {got}")
    return array if array.dtype.kind == "f" else array.astype(np.float64)
