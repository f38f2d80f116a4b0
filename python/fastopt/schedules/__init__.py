r"""Schedules: hyperparameters as pure functions of the step.

>>> import fastopt
>>> import numpy as np
>>> from fastopt.schedules import cosine, linear, warmup
>>> lr = warmup(cosine(1e-3, 900), 100)
>>> opt = fastopt.AdamW(np.zeros(3), lr=lr, weight_decay=linear(0.1, 1000))

A schedule is a small immutable value. ``schedule(step)`` computes from the step alone, so that a resumed
run needs to restore nothing but the count of the optimizer. Two schedules with the same fields are equal,
they pickle, and their text makes them again. Any hyperparameter of any optimizer takes one; it is asked
for ``schedule(optimizer.steps)`` at each step, 0 first. The unit is that step, one update of the parameters,
and not the epoch: with 500 updates an epoch, "after 30 epochs" is step 15000.

Past its last step a schedule stays where it has arrived. The classes have lower-case names because one uses
them like functions, as `functools.partial`.

`ReduceOnPlateau` alone has a state: it is told a metric. The ``state_dict`` of an optimizer holds the states
of its schedules, also of those inside a `warmup` or `join`. A class of your own takes part if it has
``state_dict()``, which returns a dict, and ``load_state_dict(state)``; what a lambda hides cannot be found.
"""

from dataclasses import is_dataclass

from fastopt._common.listing import listing
from fastopt._common.signatures import leave_out_annotations

from .base import Schedule
from .composed import join, linear_scaling, warmup
from .decays import constant, exponential, inverse_sqrt, linear, polynomial, step_decay
from .fields import Check as Check  # what a schedule of one's own is made of
from .fields import Count as Count
from .fields import Fraction as Fraction
from .fields import NonNegative as NonNegative
from .fields import Positive as Positive
from .fields import Scheduled as Scheduled
from .fields import Whole as Whole
from .plateau import ReduceOnPlateau
from .waves import cosine, cosine_restarts, one_cycle

__all__ = [
    "ReduceOnPlateau",
    "Schedule",
    "constant",
    "cosine",
    "cosine_restarts",
    "exponential",
    "inverse_sqrt",
    "join",
    "linear",
    "linear_scaling",
    "one_cycle",
    "polynomial",
    "step_decay",
    "warmup",
]
__dir__ = listing(__name__)

for _name in __all__:
    _public = globals()[_name]
    _public.__module__ = __name__  # where pickles are to find it, whatever the file
    if isinstance(_public, type) and is_dataclass(_public):
        leave_out_annotations(_public)
