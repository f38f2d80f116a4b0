"""The options of the methods, judged before anything is evaluated."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, Self, TypedDict

import numpy as np
from numpy.typing import DTypeLike

from fastopt._common.bounds import Bounds, whole
from fastopt._common.seeds import judged_rng
from fastopt._common.wording import shown
from fastopt.line_search.search import MOST_TRIALS

__all__ = [
    "Budget",
    "GradientDescentOptions",
    "LbfgsKeywords",
    "LbfgsOptions",
    "Options",
    "RandomSearchOptions",
    "SearchOptions",
    "rounding_of_values",
    "whole_number",
]

UNLIMITED = 2**62
MOST_PAIRS = 100_000
"""There is a place for each from the beginning on."""


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What all methods can be told: how much they may spend.

    Parameters
    ----------
    maxiter, maxfun : int, optional
        Iterations and evaluations at most; the current one is finished.
    maxtime : float, optional
        Seconds at most; the current evaluation is finished.
    """

    maxiter: int | None = 15000
    maxfun: int | None = 15000
    maxtime: float | None = None

    def __post_init__(self) -> None:
        self._judge_counts(maxiter=0, maxfun=1)
        self._judge_numbers(maxtime=True)

    def _judge_counts(self, **least: int) -> None:
        """Judge whole numbers, None for no limit."""
        for name, low in least.items():
            if getattr(self, name) is not None:
                self._set(name, whole_number(name, getattr(self, name), low))

    def _judge_numbers(self, **optional: bool) -> None:
        """Judge numbers >= 0, and whether None is one of them."""
        for name, can_be_none in optional.items():
            if not (can_be_none and getattr(self, name) is None):
                self._set(name, Bounds(0).check(name, getattr(self, name)))

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    @classmethod
    def names(cls) -> list[str]:
        """Return what there is."""
        return [field.name for field in fields(cls)]

    @classmethod
    def of(cls, options: Mapping[str, Any], tol: float | None = None) -> Self:
        """Return options from a mapping, or say which is unknown. `tol` stands for gtol and ftol."""
        if not isinstance(options, Mapping):
            raise TypeError(f"options: expected a dict, got {type(options).__name__}")
        unknown = [name for name in options if name not in cls.names()]
        if unknown:
            raise ValueError(
                f"options: expected some of {', '.join(cls.names())}, got {', '.join(map(shown, unknown))}"
            )
        if tol is None:
            return cls(**options)
        tol = Bounds(0).check("tol", tol)
        if "gtol" not in cls.names():
            raise ValueError(f"tol: expected None for a method without tests for a minimum, got {tol!r}")
        return cls(**{"gtol": tol, "ftol": tol, **options})


@dataclass(frozen=True, kw_only=True)
class Options(Budget):
    """What all methods that descend can be told.

    Parameters
    ----------
    gtol : float, optional
        Stop when ``max |g| <= gtol``. Unless given it is 1e-5, and the point has to be level as well, which
        does not depend on the units of the variables and of the value; see `Status.GRADIENT`.
    ftol : float, optional
        Stop when ``f - f+ <= ftol max(|f|, |f+|)``; 0 switches the test off. 64 units of rounding of the
        dtype unless given: 1.4e-14 in float64, 7.6e-6 in float32.
    xtol : float
        Stop when ``max |x+ - x| <= xtol max(1, max |x+|)``; 0 switches the test off.
    """

    gtol: float | None = None
    ftol: float | None = None
    xtol: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._judge_numbers(gtol=True, ftol=True, xtol=False)

    @property
    def steepness(self) -> float:
        """`gtol`, given or not."""
        return 1e-5 if self.gtol is None else self.gtol

    def decrease(self, dtype: np.dtype[Any]) -> float:
        """Return `ftol` for points of `dtype`."""
        return 64 * float(np.finfo(dtype).eps) if self.ftol is None else self.ftol


@dataclass(frozen=True, kw_only=True)
class SearchOptions(Options):
    """Those of a method that searches along lines for the strong Wolfe conditions.

    Parameters
    ----------
    maxls : int
        Evaluations of one line search at most.
    c1, c2 : float
        Of the strong Wolfe conditions: sufficient decrease and curvature, ``0 < c1 <= c2 < 1``.
    """

    maxls: int = 30
    c1: float = 1e-4
    c2: float = 0.9

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set("maxls", min(whole_number("maxls", self.maxls, 1), MOST_TRIALS))
        for name in ("c1", "c2"):
            self._set(name, Bounds(0, 1, below=True).check(name, getattr(self, name)))
        if not 0 < self.c1 <= self.c2:
            raise ValueError(f"c1, c2: expected 0 < c1 <= c2 < 1, got {self.c1}, {self.c2}")

    def core(self, dtype: np.dtype[Any]) -> dict[str, Any]:
        """Return them as the core takes them, for points of `dtype`."""
        return {
            "history_dtype": dtype.name,
            "curvature": "matrix",
            "memory": 0,
            "gtol": self.steepness,
            "relative": self.gtol is None,
            "ftol": self.decrease(dtype),
            "xtol": self.xtol,
            "iterations": UNLIMITED if self.maxiter is None else self.maxiter,
            "evaluations": UNLIMITED if self.maxfun is None else self.maxfun,
            "c1": self.c1,
            "c2": self.c2,
            "trials": self.maxls,
            "rounding": rounding_of_values(dtype),
        }


@dataclass(frozen=True, kw_only=True)
class LbfgsOptions(SearchOptions):
    """Those of L-BFGS.

    Parameters
    ----------
    memory : int
        Pairs that L-BFGS remembers.
    history_dtype : {"float32", "float64"}, optional
        How pairs are stored; as the points unless given. float32 halves the traffic of large problems.
    """

    memory: int = 10
    history_dtype: Literal["float32", "float64"] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set("memory", whole_number("memory", self.memory, 1))
        if self.memory > MOST_PAIRS:
            raise ValueError(
                f"memory: expected a whole number from 1 to {MOST_PAIRS}, got {shown(self.memory)}"
            )
        if self.history_dtype is not None:
            self._set("history_dtype", _dtype_name(self.history_dtype))

    def core(self, dtype: np.dtype[Any]) -> dict[str, Any]:
        """Return them as the core takes them, for points of `dtype`."""
        history = self.history_dtype or dtype.name
        if dtype == np.float32 and history == "float64":
            raise ValueError("history_dtype: expected float32 for float32 points, got float64")
        pairs = {"history_dtype": history, "curvature": "pairs", "memory": self.memory}
        return super().core(dtype) | pairs


class LbfgsKeywords(TypedDict, total=False):
    """What `LBFGS` takes of them, for type checkers: all but `maxtime`, as the loop is the caller's."""

    maxiter: int | None
    maxfun: int | None
    gtol: float
    ftol: float | None
    xtol: float
    maxls: int
    c1: float
    c2: float
    memory: int
    history_dtype: DTypeLike | None


@dataclass(frozen=True, kw_only=True)
class GradientDescentOptions(Options):
    """Those of gradient descent.

    Parameters
    ----------
    lr : float, optional
        The fixed step. With it `ftol` is 0 unless given: a short step says nothing about the minimum.
    maxls : int
        Evaluations of one line search at most.
    c1 : float
        Of Armijo's condition of sufficient decrease.
    """

    lr: float | None = None
    maxls: int = 30
    c1: float = 1e-4

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set("maxls", min(whole_number("maxls", self.maxls, 1), MOST_TRIALS))
        self._set("c1", Bounds(0, 1, below=True).check("c1", self.c1))
        self._judge_numbers(lr=True)
        if self.lr == 0:
            raise ValueError("lr: expected a finite number > 0, got 0")
        if self.c1 == 0:
            raise ValueError("c1: expected 0 < c1 < 1, got 0")

    def decrease(self, dtype: np.dtype[Any]) -> float:
        """Return `ftol` for points of `dtype`."""
        return 0.0 if self.lr is not None and self.ftol is None else super().decrease(dtype)


@dataclass(frozen=True, kw_only=True)
class RandomSearchOptions(Budget):
    """Those of random search, which has no tests for a minimum.

    Parameters
    ----------
    seed : int, numpy.random.Generator or None
        Of the steps.
    step : float, optional
        The standard deviation of a step, 1 unless given; with bounds points are uniform unless it is given.
    """

    maxiter: int | None = 10000
    maxfun: int | None = None
    seed: Any = 0
    step: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._judge_numbers(step=True)
        self._set("seed", judged_rng(self.seed))


def rounding_of_values(dtype: np.dtype[Any]) -> float:
    """Return the relative error that values are taken to have where points are of `dtype`."""
    return 10 * float(np.finfo(dtype).eps)


def whole_number(name: str, value: object, low: int) -> int:
    """Return a whole number of at least `low`, or say what is none."""
    if isinstance(value, float):
        if math.isinf(value):
            raise TypeError(f"{name}: expected a whole number >= {low}, got {value!r}; None means no limit")
        if value.is_integer():  # 1e5, as one writes it
            value = int(value)
    return min(whole(low, name, value), UNLIMITED)


def _dtype_name(value: object) -> str:
    try:
        name = np.dtype(value).name  # type: ignore[call-overload]
    except Exception:  # NumPy has several kinds for what is no dtype
        name = ""
    if name not in ("float32", "float64"):
        raise ValueError(f"history_dtype: expected 'float32' or 'float64', got {shown(value)}")
    return str(name)
