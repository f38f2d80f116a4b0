"""Functions to minimise, and how `minimize` is told of each method."""

from collections.abc import Callable
from typing import Any

import numpy as np

from fastopt.problems.standard import StandardProblem
from support import Array

Evaluation = tuple[Any, Any]

TO_THE_END = {"gtol": 0, "ftol": 0}
ROSENBROCK = np.array([-1.2, 1.0])

DESCENTS = ("lbfgs", "bfgs", "newton", "newton-cg", "gd")
"""The methods with tests for a minimum, Newton's both with Hessians and with products."""

ALL = (*DESCENTS, "random")


def arguments(method: str, hess: Callable[[Any], Array] | None) -> dict[str, Any]:
    """How `minimize` is told of a method, and of the Hessian where the method wants it."""
    if method == "newton":
        return {"method": "newton", "hess": hess}
    if method == "newton-cg":
        assert hess is not None
        return {"method": "newton", "hessp": lambda x, v: hess(x) @ v}
    return {"method": method}


def never(*args: Any) -> Any:
    raise AssertionError("this should not have been called")


def rosenbrock(x: Array) -> Evaluation:
    """The extended one of `standard`, in the dtype of x."""
    a, b = x[::2], x[1::2]
    gradient = np.empty_like(x)
    gradient[::2] = -400 * a * (b - a * a) - 2 * (1 - a)
    gradient[1::2] = 200 * (b - a * a)
    return (100 * (b - a * a) ** 2 + (1 - a) ** 2).sum(), gradient


def rosenbrock_hess(x: Array) -> Array:
    a, b = x
    return np.array([[1200 * a * a - 400 * b + 2, -400 * a], [-400 * a, 200]])


def rosenbrock_in_double(x: Array) -> Evaluation:
    """The same for two variables, rounded to the dtype of x at the end."""
    value, gradient = rosenbrock(x.astype(np.float64))
    return value, gradient.astype(x.dtype)


def bowl(x: Array) -> Evaluation:
    return float(((x - 3) ** 2).sum()), 2 * (x - 3)


def raised_bowl(x: Array) -> Evaluation:
    """A quadratic with the minimum 1 at (3, ..., 3)."""
    return 1 + float(((x - 3) ** 2).sum()), 2 * (x - 3)


def bowl_hess(x: Array) -> Array:
    return 2 * np.eye(x.size)


class Recorder:
    """A problem, and value and max |g| of each evaluation."""

    def __init__(self, problem: StandardProblem) -> None:
        self.problem = problem
        self.values: list[float] = []
        self.steepness: list[float] = []

    def __call__(self, x: Array) -> Evaluation:
        value, gradient = self.problem.fun(x)
        self.values.append(value)
        self.steepness.append(float(np.abs(gradient).max()))
        return value, gradient

    def reached(self) -> int:
        """The evaluations until the gradient is 1e-6, relative to the lowest value where that is above 1."""
        small = np.array(self.steepness) <= 1e-6 * max(1, abs(min(self.values)))
        assert small.any()
        return int(np.argmax(small)) + 1


def mapped(function: Callable[[Any], Any], structure: Any) -> Any:
    """A structure of what a function makes of each array."""
    if isinstance(structure, dict):
        return {key: function(entry) for key, entry in structure.items()}
    if isinstance(structure, list | tuple):
        return type(structure)(map(function, structure))
    return function(structure)


def leaves(structure: Any) -> list[Array]:
    """The arrays of a structure."""
    found: list[Array] = []
    mapped(found.append, structure)
    return found
