"""Fast optimizers for NumPy: every gradient-descent rule as a fused, in-place C++ kernel.

>>> import numpy as np, fastopt
>>> w = np.zeros(3, np.float32)
>>> opt = fastopt.AdamW(w, lr=0.5)
>>> for _ in range(2):
...     opt.step(w - np.float32(1.0))    # the gradient of 1/2 |w - 1|^2
>>> opt.steps, bool((w > 0.9).all())
(2, True)
"""

import importlib
from typing import TYPE_CHECKING, Any

from fastopt._core import build_info  # first: it refuses a sub-interpreter before NumPy is bound to it

# isort: split
from fastopt import kernels, optimizers, reference
from fastopt._common.threads import get_num_threads, set_num_threads
from fastopt.optimizers import *  # noqa: F403
from fastopt.rules.optimizer import Optimizer

if TYPE_CHECKING:  # the table below, for those who read and do not run
    from fastopt import callbacks as callbacks
    from fastopt import line_search as line_search
    from fastopt import losses as losses
    from fastopt import plots as plots
    from fastopt import problems as problems
    from fastopt import regularizers as regularizers
    from fastopt import schedules as schedules
    from fastopt import trajectories as trajectories
    from fastopt.gradcheck import check_jacobian as check_jacobian
    from fastopt.gradcheck import grad_check_sparse as grad_check_sparse
    from fastopt.gradcheck import gradgradcheck as gradgradcheck
    from fastopt.gradcheck import numeric_gradient as numeric_gradient
    from fastopt.gradcheck.door import Door
    from fastopt.minimization import LBFGS as LBFGS
    from fastopt.minimization import OptimizeResult as OptimizeResult
    from fastopt.minimization import Status as Status
    from fastopt.minimization import minimize as minimize
    from fastopt.minimization import minimize_batch as minimize_batch
    from fastopt.minimization import scipy_lbfgs as scipy_lbfgs
    from fastopt.training.batches import minibatches as minibatches
    from fastopt.training.history import History as History
    from fastopt.training.train import train as train

    gradcheck: Door

__version__: str = build_info()["version"]

# What is imported when first asked for, as an optimizer needs none of it: each name with its module.
_LAZY = {
    "LBFGS": "fastopt.minimization",
    "History": "fastopt.training.history",
    "OptimizeResult": "fastopt.minimization",
    "Status": "fastopt.minimization",
    "callbacks": "fastopt.callbacks",
    "check_jacobian": "fastopt.gradcheck",
    "grad_check_sparse": "fastopt.gradcheck",
    "gradcheck": "fastopt.gradcheck",
    "gradgradcheck": "fastopt.gradcheck",
    "line_search": "fastopt.line_search",
    "losses": "fastopt.losses",
    "minibatches": "fastopt.training.batches",
    "minimize": "fastopt.minimization",
    "minimize_batch": "fastopt.minimization",
    "numeric_gradient": "fastopt.gradcheck",
    "plots": "fastopt.plots",
    "problems": "fastopt.problems",
    "regularizers": "fastopt.regularizers",
    "schedules": "fastopt.schedules",
    "scipy_lbfgs": "fastopt.minimization",
    "train": "fastopt.training.train",
    "trajectories": "fastopt.trajectories",
}

__all__ = [
    "Optimizer",
    "build_info",
    "get_num_threads",
    "kernels",
    "reference",
    "set_num_threads",
    *optimizers.__all__,
    *_LAZY,
]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'fastopt' has no attribute {name!r}")
    module = importlib.import_module(_LAZY[name])
    return module if module.__name__ == f"fastopt.{name}" else getattr(module, name)


def __dir__() -> list[str]:
    return sorted(["__version__", *__all__])
