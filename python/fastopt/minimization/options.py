"""The options of the descents, judged before anything is evaluated."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np

from fastopt.bounds import Bounds

__all__ = ["Options"]

UNLIMITED = 2**62


@dataclass(frozen=True, kw_only=True)
class Options:
    """What all methods can be told.

    Parameters
    ----------
    memory : int
        Pairs that L-BFGS remembers.
    gtol : float
        Stop when ``max |g| <= gtol``.
    ftol : float, optional
        Stop when ``f - f+ <= ftol max(|f|, |f+|)``; 0 switches the test off. 64 units of rounding of the
        dtype unless given: 1.4e-14 in float64, 7.6e-6 in float32.
    xtol : float
        Stop when ``max |x+ - x| <= xtol max(1, max |x+|)``; 0 switches the test off.
    maxiter, maxfun : int, optional
        Iterations and evaluations at most; the current one is finished.
    maxtime : float, optional
        Seconds at most; the current evaluation is finished.
    maxls : int
        Evaluations of one line search at most.
    c1, c2 : float
        Of the strong Wolfe conditions: sufficient decrease and curvature, ``0 < c1 <= c2 < 1``.
    history_dtype : {"float32", "float64"}, optional
        How pairs are stored; as the points unless given. float32 halves the traffic of large problems.
    """

    memory: int = 10
    gtol: float = 1e-5
    ftol: float | None = None
    xtol: float = 0.0
    maxiter: int | None = 15000
    maxfun: int | None = 15000
    maxtime: float | None = None
    maxls: int = 30
    c1: float = 1e-4
    c2: float = 0.9
    history_dtype: Literal["float32", "float64"] | None = None

    def __post_init__(self) -> None:
        for name, low in (("memory", 1), ("maxiter", 0), ("maxfun", 1), ("maxls", 1)):
            value = getattr(self, name)
            if value is not None or name in ("memory", "maxls"):
                object.__setattr__(self, name, _count(name, value, low))
        for name in ("gtol", "ftol", "xtol", "maxtime"):
            value = getattr(self, name)
            if value is not None or name in ("gtol", "xtol"):
                object.__setattr__(self, name, Bounds(0).check(name, value))
        for name in ("c1", "c2"):
            object.__setattr__(self, name, Bounds(0, 1, open=True).check(name, getattr(self, name)))
        if not 0 < self.c1 <= self.c2:
            raise ValueError(f"c1, c2: expected 0 < c1 <= c2 < 1, got {self.c1}, {self.c2}")
        if self.history_dtype is not None:
            object.__setattr__(self, "history_dtype", _dtype_name(self.history_dtype))

    @classmethod
    def of(cls, options: Mapping[str, Any], tol: float | None = None) -> Options:
        """Return options from a mapping, or say which is unknown. `tol` stands for gtol and ftol."""
        if not isinstance(options, Mapping):
            raise TypeError(f"options: expected a dict, got {type(options).__name__}")
        known = [field.name for field in fields(cls)]
        unknown = [name for name in options if name not in known]
        if unknown:
            raise ValueError(
                f"options: expected some of {', '.join(known)}, got {', '.join(map(repr, unknown))}"
            )
        if tol is None:
            return cls(**options)
        tol = Bounds(0).check("tol", tol)
        return cls(**{"gtol": tol, "ftol": tol, **options})

    def core(self, dtype: np.dtype[Any]) -> dict[str, Any]:
        """Return them as the core takes them, for points of `dtype`."""
        eps = float(np.finfo(dtype).eps)
        ftol = 64 * eps if self.ftol is None else self.ftol
        history = self.history_dtype or dtype.name
        if dtype == np.float32 and history == "float64":
            raise ValueError("history_dtype: expected float32 for float32 points, got float64")
        return {
            "history_dtype": history,
            "memory": self.memory,
            "gtol": self.gtol,
            "ftol": ftol,
            "xtol": self.xtol,
            "iterations": UNLIMITED if self.maxiter is None else self.maxiter,
            "evaluations": UNLIMITED if self.maxfun is None else self.maxfun,
            "c1": self.c1,
            "c2": self.c2,
            "trials": self.maxls,
            "rounding": 10 * eps,
        }


def _count(name: str, value: object, low: int) -> int:
    if isinstance(value, float) and value.is_integer():  # 1e5, as one writes it
        value = int(value)
    try:
        n = None if isinstance(value, bool) else operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        n = None
    if n is None:
        wanted = math.isinf(value) if isinstance(value, float) else False
        hint = "; None means no limit" if wanted else ""
        raise TypeError(f"{name}: expected a whole number >= {low}, got {value!r}{hint}")
    if n < low:
        raise ValueError(f"{name}: expected a whole number >= {low}, got {n}")
    return min(n, UNLIMITED)


def _dtype_name(value: object) -> str:
    try:
        name = np.dtype(value).name  # type: ignore[call-overload]
    except TypeError:
        name = ""
    if name not in ("float32", "float64"):
        raise ValueError(f"history_dtype: expected 'float32' or 'float64', got {value!r}")
    return str(name)
