r"""Functions to try optimizers on: those of lectures and textbooks, of one and of two parameters.

>>> value, gradient = rosenbrock.value_and_grad([-1.0, 1.0])
>>> float(value), gradient
(4.0, array([-4.,  0.]))
>>> rosenbrock.minimum
Minimum(value=0.0, points=((1.0, 1.0),))

A problem is a value: a function with its gradient, a start, its minimum, and bounds between which a picture
of it says something. `PROBLEMS` holds them all under their names; ``fastopt landscape --list`` prints them.

The sets that quasi-Newton and Newton methods are judged by, of 2 to 30000 parameters, are in
`fastopt.problems.standard`.
"""

import importlib
from typing import TYPE_CHECKING, Any

from fastopt._common.listing import listing

from .lectures import beale, bowl, himmelblau, make_bowl, parabola, rosenbrock, saddle, wave
from .models import gabor, linear_regression, make_gabor, make_linear_regression
from .problem import Minimum, Problem

if TYPE_CHECKING:
    from . import standard

__all__ = [
    "PROBLEMS",
    "Minimum",
    "Problem",
    "beale",
    "bowl",
    "gabor",
    "himmelblau",
    "linear_regression",
    "make_bowl",
    "make_gabor",
    "make_linear_regression",
    "parabola",
    "rosenbrock",
    "saddle",
    "standard",
    "wave",
]
__dir__ = listing(__name__)

PROBLEMS: dict[str, Problem] = {
    problem.name: problem
    for problem in (
        parabola,
        wave,
        saddle,
        bowl,
        linear_regression,
        gabor,
        rosenbrock,
        beale,
        himmelblau,
    )
}
"""The problems under their names."""


def __getattr__(name: str) -> Any:
    if name != "standard":  # imported when first asked for: who draws pictures needs none of it
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module(".standard", __name__)
