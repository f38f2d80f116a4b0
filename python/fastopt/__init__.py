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
from types import ModuleType
from typing import TYPE_CHECKING

from fastopt import kernels, optimizers, reference
from fastopt._core import build_info
from fastopt.optimizer import Optimizer
from fastopt.optimizers import *  # noqa: F403
from fastopt.threads import get_num_threads, set_num_threads

if TYPE_CHECKING:
    from fastopt import losses, regularizers, schedules

__version__: str = build_info()["version"]

# Imported when first asked for: an optimizer needs none of them.
_LAZY = ("losses", "regularizers", "schedules")

__all__ = [
    "Optimizer",
    "build_info",
    "get_num_threads",
    "kernels",
    "losses",
    "reference",
    "regularizers",
    "schedules",
    "set_num_threads",
    *optimizers.__all__,
]


def __getattr__(name: str) -> ModuleType:
    if name in _LAZY:
        return importlib.import_module(f"fastopt.{name}")
    raise AttributeError(f"module 'fastopt' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
