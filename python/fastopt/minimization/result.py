"""How a minimisation ended: statuses, their sentences, and the result."""

from __future__ import annotations

import difflib
import enum
from typing import TYPE_CHECKING, Any

__all__ = ["OptimizeResult", "Status"]


NUMERIC = tuple("bcdeEfFgGnoxX%")
"""The last letters of formats that are of numbers."""


class Status(enum.IntEnum):
    """Why a minimisation ended; the first three are successes.

    A status is written as its name, and is the number in all else.

    >>> print(Status.DECREASE, f"{Status.DECREASE:d}", int(Status.DECREASE), Status.DECREASE == 1)
    DECREASE 1 1 True

    ``f`` and ``x`` are value and point before the last step, ``f+`` and ``x+`` after it, ``g`` the gradient
    at the result. With bounds, a component that leads out of a bound counts as 0 if ``x`` is at that bound,
    or so near that the value falls by no more than rounding errors on the way there; with `l1` it is the
    subgradient of least norm.

    A point is *settled* if ``max |x g| <= 1e-3 |f|``: then, to first order, f hardly changes when a variable
    changes by its own size. That does not depend on the units of variables and value. At the start, where a
    variable may be 0 or close to it, it counts as 1e7 at least.
    """

    GRADIENT = 0
    """``max |g| <= gtol``. Unless `gtol` is given the point has to be settled as well, or, where f goes to 0,
    ``max |x g|`` to be at most 1e-10 (in float32 1.2e-6) of all that f has fallen; or no lower point is
    found from it."""
    DECREASE = 1
    """``f - f+ <= ftol max(|f|, |f+|)``, by a step that was not cut short: to less than a thousandth of the
    first one tried, as at a kink, or by `maxls`; and not to an equal value where the slope promised a lower
    one.

    The point has to be settled (``100 sqrt(ftol)`` for 1e-3 if that is more), and the gradient to shrink, as
    it does with the value of a smooth function but not at a kink: ``max |g+| < max |g|`` and
    ``max |g+| <= G min(1/10, cbrt((f - f+) / (F - f+)))``. F is the value at the start, or before it last
    fell to less than a tenth, and G the greatest ``max |g|`` from there on; ``f - f+`` counts as a rounding
    error at least. A gradient goes like the square root of what is left to fall; the cube root bears bad
    conditioning."""
    STEP = 2
    """``max |x+ - x| <= xtol max(1, max |x+|)``, by such a step to such a gradient, at a point that is
    settled as for `DECREASE`, or as for `GRADIENT` where f goes to 0."""
    ROUNDING = 3
    """Values along the last line, or at the end of the last step, differ by their rounding errors only."""
    NO_PROGRESS = 4
    """No lower point was found, not even along steepest descent: a kink, or a gradient that is wrong."""
    ITERATIONS = 5
    """`maxiter` iterations."""
    EVALUATIONS = 6
    """`maxfun` evaluations."""
    TIME = 7
    """`maxtime` seconds."""
    CALLBACK = 8
    """The callback raised ``StopIteration``."""
    NOT_FINITE = 9
    """The value, the gradient or the Hessian at the start is not finite; or a fixed `lr` diverged."""
    INTERRUPTED = 10
    """`fun` or the callback raised an exception; the result is an attribute of it."""
    UNBOUNDED = 11
    """The value falls without end: below ``-1e30 max(1, |f|)``, with f that at the start; or along a line
    all the way to a step 1e10 times the first one tried, by which it should have fallen by ``1e10 |f|`` if it
    had kept its slope; or along a line to ``-inf``, with a slope that grows by 1e6 at least; or a fixed `lr`
    leads to ``-inf``. A value of ``-inf`` alone is a point outside of where the function is defined. The
    result is the lowest finite value."""

    def __str__(self) -> str:
        return self.name

    def __format__(self, spec: str) -> str:
        """Return the name, or the number where the format is one of numbers, as ``f"{status:d}"``."""
        return format(self.value if spec[-1:] in NUMERIC else self.name, spec)

    @property
    def success(self) -> bool:
        """Whether it is one of the tests for a minimum."""
        return self <= Status.STEP


class OptimizeResult(dict[str, Any]):
    """The outcome of a minimisation: a dict whose entries are attributes, as SciPy's.

    Its arrays are the caller's own, and may be written to.

    Attributes
    ----------
    x : array, list or dict of arrays
        The best point seen, in the structure of the start: the lowest, up to rounding errors; the last one
        if a test for a minimum holds.
    fun : float
        The value there.
    jac : array, list or dict of arrays
        The gradient there; None where none was computed.
    nit, nfev, njev : int
        Iterations, evaluations of the function, of the gradient.
    nhev : int
        Of the Hessian, or of products with it, where there is one.
    hess_inv : array, shape (n, n)
        From BFGS, at the end: the approximate inverse Hessian over the variables flattened.
    success : bool
        Whether a test for a minimum holds.
    status : Status
        Why it ended.
    message : str
        The same in a sentence.
    """

    x: Any
    fun: Any  # of `minimize_batch` these are arrays, one entry a problem
    jac: Any
    nit: Any
    nfev: Any
    njev: Any
    nhev: Any
    success: Any
    status: Any
    message: str

    if not TYPE_CHECKING:  # to a type checker a __getattr__ is leave to ask for anything

        def __getattr__(self, name: str) -> Any:
            try:
                return self[name]
            except KeyError:
                near = difflib.get_close_matches(name, map(str, self), 1)
                meant = f"did you mean {near[0]}?" if near else f"there are {', '.join(map(str, self))}"
                raise AttributeError(f"{name}: the result has no such entry; {meant}") from None

        def __setattr__(self, name: str, value: Any) -> None:
            self[name] = value

    def __repr__(self) -> str:
        if not self:
            return f"{type(self).__name__}()"
        width = max(map(len, self))
        lines = (f"{name.rjust(width)}: {_indented(repr(value), width + 2)}" for name, value in self.items())
        return "\n".join(lines)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self]


def _indented(text: str, by: int) -> str:
    return text.replace("\n", "\n" + " " * by)
