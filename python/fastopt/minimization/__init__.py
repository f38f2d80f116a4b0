"""Minimisation of functions of many variables: `minimize`, and its solvers for a loop of one's own."""

from .loop import minimize, scipy_lbfgs
from .result import OptimizeResult, Status
from .solver import LBFGS

__all__ = ["LBFGS", "OptimizeResult", "Status", "minimize", "scipy_lbfgs"]
