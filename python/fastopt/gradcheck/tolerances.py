"""What a caller of the checks may choose."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastopt._common.bounds import whole

from .structure import real

MARGIN = 5.0
"""How many estimated errors a difference has to exceed to be believed."""


@dataclass(frozen=True)
class Options:
    """Tolerances and effort; see `gradcheck`.

    Parameters
    ----------
    step : float or None
        The first step, a power of two.
    atol : float or None
        The absolute tolerance of an element, or None for the rounding of the gradient.
    relative_atol : float
        Of a direction, relative to the typical gradient; and the most that rounding may be.
    rtol : float
        The tolerance relative to an element.
    directions, worst : int
        How many directions to try and elements to find.
    allow_kinks : bool
        Whether a kink passes.
    """

    step: float | None
    atol: float | None
    relative_atol: float
    rtol: float
    directions: int
    worst: int
    allow_kinks: bool

    @classmethod
    def checked(
        cls,
        dtype: np.dtype[Any],
        *,
        eps: float | None,
        atol: float | None,
        rtol: float | None,
        directions: int,
        worst: int,
        allow_kinks: bool,
    ) -> Options:
        """Return the options, with tolerances from the dtype where none are given.

        Raises
        ------
        TypeError, ValueError
            If one is not what it should be.
        """
        double = dtype.itemsize == 8
        return cls(
            step=None if eps is None else 2.0 ** math.floor(math.log2(positive("eps", eps))),
            atol=None if atol is None else not_negative("atol", atol),
            relative_atol=1e-5 if double else 1e-3,
            rtol=(1e-3 if double else 1e-2) if rtol is None else not_negative("rtol", rtol),
            directions=whole(1, "directions", directions),
            worst=whole(1, "worst", worst),
            allow_kinks=allow_kinks,
        )


def positive(name: str, value: object) -> float:
    """Return `value` as a float, or raise unless it is a finite number > 0."""
    number = real(name, value)
    if not (math.isfinite(number) and number > 0):
        raise ValueError(f"{name}: expected a finite number > 0, got {value!r}")
    return number


def not_negative(name: str, value: object) -> float:
    """Return `value` as a float, or raise unless it is a finite number >= 0."""
    number = real(name, value)
    if not (math.isfinite(number) and number >= 0):
        raise ValueError(f"{name}: expected a finite number >= 0, got {value!r}")
    return number
