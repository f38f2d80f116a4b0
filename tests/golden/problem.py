"""What every library is given: configurations, starting point, gradients. Needs fastopt alone."""

import inspect
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

import fastopt
from cases import CASES, Case, falling
from shapes import as_taken, taken

Array = NDArray[Any]

STEPS = 30
RECORDED = (1, 2, 3, 10, 30)
"""The steps after which the parameters are written down."""

SIZE = 17
"""Elements in all: `W` is 3 by 4, `b` has 5."""
DEAD = 4
"""The element that never has a gradient."""
SILENT = range(15, 19)
"""The steps at which none has one."""

CONSTANT = np.arange(1, 65, dtype=np.float32) / 8
CONSTANT_ALPHA = 0.9
"""Gradients that stay what they are, on which the variance of centered RMSprop rounds below zero."""


MUON_IN_BFLOAT16 = "Muon-heavy"
"""The run of Muon that torch makes in its own precision, too."""


def folded_eps(t: int) -> float:
    """The eps of Adam's Algorithm 1 that equals an "epsilon hat" of 1e-8 (Kingma and Ba, end of section 2).

    scikit-learn, Keras and ensmallen fold the corrections into the learning rate, so their eps is added to
    the root of the uncorrected second moment, and counts for more in the first steps.
    """
    return 1e-8 / (1 - 0.999 ** (t + 1)) ** 0.5


MORE = [
    Case("Adagrad-accumulated", fastopt.Adagrad, {"lr": 0.1, "initial_accumulator_value": 0.5}),
    Case("Adam-folded_eps", fastopt.Adam, {"lr": 0.1, "eps": folded_eps}),
    # Where libraries differ, in one: a rate that falls, a momentum, a decay.
    *(
        Case(f"{name}-{library}_all", getattr(fastopt, name), {"compat": library, **hyper})
        for name, hyper in {
            "SGD": {"lr": falling, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1},
            "Adagrad": {"lr": falling, "initial_accumulator_value": 0.5, "weight_decay": 0.1},
            "RMSprop": {"lr": falling, "momentum": 0.9, "centered": True, "weight_decay": 0.1},
            "Adam": {"lr": falling, "amsgrad": True, "weight_decay": 0.1},
            "AdamW": {"lr": falling, "amsgrad": True, "weight_decay": 0.1},
            "Adamax": {"lr": falling, "weight_decay": 0.1},
            "NAdam": {"lr": falling, "weight_decay": 0.1},
        }.items()
        for library in ("keras", "optax")
    ),
    Case("SGD-sklearn_all", fastopt.SGD, {"compat": "sklearn", "lr": falling, "weight_decay": 0.1}),
]
"""Configurations that only the comparison with a library asks for."""

CONFIGURATIONS = {case.name: case for case in [*CASES, *MORE]}


def start(dtype: Any, case: Case) -> dict[str, Array]:
    """Return the parameters: ``(5 k mod 17 - 8) / 4 + 1 / 8`` for element k, in [-2, 2] and never zero."""
    k = np.arange(SIZE)
    return shaped((5 * k % 17 - 8) / 4 + 1 / 8, dtype, case)


def gradients(t: int, dtype: Any, case: Case) -> dict[str, Array]:
    """Return the gradients of step `t`, 1 first: multiples of 1/8 in [-1, 1] times a power of two.

    They are exact in float32. The powers go from 2**-24 to 2**12, neighbours differ by 2**6, and every seven
    steps each element takes over the scale of its neighbour, so that second moments meet bursts and lulls.
    For rules of matrices the power is 1: what is small would be lost in the squares of what is large.
    """
    k = np.arange(SIZE)
    eighths = (5 * k + 3 * t + k * t) % 17 - 8
    exponents = 6 * ((k + t // 7) % 7) - 24
    if taken(case.optimizer) != "arrays":
        exponents = 0 * exponents
    alive = (k != DEAD) & (t not in SILENT)
    return shaped(np.where(alive, np.ldexp(eighths / 8, exponents), 0), dtype, case)


def shaped(numbers: Array, dtype: Any, case: Case) -> dict[str, Array]:
    """Return 17 numbers as `W` and `b`, which is a row for rules of matrices alone."""
    numbers = numbers.astype(dtype)
    return {"W": numbers[:12].reshape(3, 4), "b": as_taken(case.optimizer, numbers[12:])}


def flat(arrays: Iterable[Any]) -> Array:
    """Return `W` and `b`, arrays of any library, as 17 numbers, which are exact in double."""
    return np.concatenate([np.ravel(np.asarray(a, np.float64)) for a in arrays])


def defaults(make: Any, names: dict[str, Any]) -> dict[str, Any]:
    """Return the defaults of a function of another library under the names of fastopt.

    `names` has theirs for ours: one, or several for a tuple. None turns off what 0 turns off in fastopt.
    """
    parameters = inspect.signature(make).parameters.items()
    known = {name: p.default or 0 for name, p in parameters if p.default is not p.empty}
    found: dict[str, Any] = {}
    for ours, theirs in names.items():
        if isinstance(theirs, tuple):
            found |= {ours: [known[name] for name in theirs]} if theirs[0] in known else {}
        elif theirs in known:
            found[ours] = known[theirs]
    return found


def at(t: int, hyper: Any) -> Any:
    """Evaluate the schedules among hyperparameters at `t` completed steps."""
    if isinstance(hyper, dict):
        return {name: at(t, value) for name, value in hyper.items()}
    if isinstance(hyper, tuple):
        return tuple(at(t, value) for value in hyper)
    return hyper(t) if callable(hyper) else hyper


def described(hyper: Any) -> Any:
    """Return hyperparameters as JSON has them, a schedule by its name."""
    if isinstance(hyper, dict):
        return {name: described(value) for name, value in hyper.items()}
    if isinstance(hyper, tuple):
        return [described(value) for value in hyper]
    return hyper.__name__ if callable(hyper) else hyper
