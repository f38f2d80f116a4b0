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
from fastopt.optimizer import Optimizer
from fastopt.optimizers import *  # noqa: F403

if TYPE_CHECKING:
    from fastopt import (
        callbacks,
        line_search,
        losses,
        plots,
        problems,
        regularizers,
        schedules,
        trajectories,
    )
    from fastopt.gradcheck import check_jacobian, grad_check_sparse, gradgradcheck, numeric_gradient
    from fastopt.gradcheck.door import Door
    from fastopt.minimization import LBFGS, OptimizeResult, Status, minimize, minimize_batch, scipy_lbfgs
    from fastopt.training.batches import minibatches
    from fastopt.training.history import History
    from fastopt.training.train import train

    gradcheck: Door

__version__: str = build_info()["version"]

# Imported when first asked for: an optimizer needs none of them. Modules, and names with their modules.
_LAZY = {
    **dict.fromkeys(
        (
            "callbacks",
            "gradcheck",
            "line_search",
            "losses",
            "plots",
            "problems",
            "regularizers",
            "schedules",
            "trajectories",
        )
    ),
    **dict.fromkeys(
        ("check_jacobian", "grad_check_sparse", "gradgradcheck", "numeric_gradient"), "fastopt.gradcheck"
    ),
    "History": "fastopt.training.history",
    **dict.fromkeys(
        ("LBFGS", "OptimizeResult", "Status", "minimize", "minimize_batch", "scipy_lbfgs"),
        "fastopt.minimization",
    ),
    "minibatches": "fastopt.training",
    "train": "fastopt.training",
}

__all__ = [
    "LBFGS",
    "History",
    "OptimizeResult",
    "Optimizer",
    "Status",
    "build_info",
    "callbacks",
    "check_jacobian",
    "get_num_threads",
    "grad_check_sparse",
    "gradcheck",
    "gradgradcheck",
    "kernels",
    "line_search",
    "losses",
    "minibatches",
    "minimize",
    "minimize_batch",
    "numeric_gradient",
    "plots",
    "problems",
    "reference",
    "regularizers",
    "schedules",
    "scipy_lbfgs",
    "set_num_threads",
    "train",
    "trajectories",
    *optimizers.__all__,
]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'fastopt' has no attribute {name!r}")
    module = _LAZY[name]
    return (
        importlib.import_module(f"fastopt.{name}")
        if module is None
        else getattr(importlib.import_module(module), name)
    )


def __dir__() -> list[str]:
    return sorted(["__version__", *__all__])
