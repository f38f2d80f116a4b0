"""Minimisation: `minimize`, `minimize_batch`, and solvers for a loop of one's own."""

from fastopt._common.listing import listing

from .batch import minimize_batch
from .descents import LBFGS
from .loop import minimize
from .result import OptimizeResult, Status
from .scipy_method import scipy_lbfgs

__all__ = ["LBFGS", "OptimizeResult", "Status", "minimize", "minimize_batch", "scipy_lbfgs"]
__dir__ = listing(__name__)
