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

``*`` multiplies schedules, `join` puts one behind another, `warmup` goes before one and `swa` ends one. What
schedules of other libraries are called here, with `lr` for the learning rate of their optimizer:

==================================  =========================================================================
In torch                            Here
==================================  =========================================================================
``ChainedScheduler``                `product`, written ``a * b``
``ConstantLR``                      ``join([lr * factor, lr], [total_iters])``
``CosineAnnealingLR``               `cosine`, which stays at its end; the way back is ``cosine(end, T, lr)``
``CosineAnnealingWarmRestarts``     `cosine_restarts`
``CyclicLR``                        `cyclic`; for its momentum ``cyclic(max_momentum, base_momentum, ...)``
``ExponentialLR``                   `exponential`
``LambdaLR``                        any function of the step
``LinearLR``                        `linear`, or ``warmup(schedule, total_iters, start=lr * start_factor)``
``MultiplicativeLR``                `multiplicative`
``MultiStepLR``, ``StepLR``         `step_decay`, with `milestones` or with a `period`
``OneCycleLR``                      `one_cycle`; a second one for its momentum
``PolynomialLR``                    `polynomial`
``ReduceLROnPlateau``               `ReduceOnPlateau`
``SequentialLR``                    `join`
``SWALR``                           `swa`
==================================  =========================================================================

==================================  =========================================================================
In optax                            Here
==================================  =========================================================================
``constant_schedule``               `constant`, or the number itself
``cosine_decay_schedule``           `cosine`; with an ``exponent`` any function of the step
``cosine_onecycle_schedule``        `one_cycle`
``exponential_decay``               `exponential`; with ``staircase`` `step_decay`
``join_schedules``                  `join`
``linear_onecycle_schedule``        `one_cycle` with ``anneal_strategy="linear"``
``linear_schedule``                 `linear`
``piecewise_constant_schedule``     `step_decay`, or `join` of numbers
``piecewise_interpolate_schedule``  `join` of `linear` or `cosine`
``polynomial_schedule``             `polynomial`
``sgdr_schedule``                   `cosine_restarts`, or `join` of ``warmup(cosine(...))``
``warmup_constant_schedule``        ``warmup(lr, steps, start=init_value)``
``warmup_cosine_decay_schedule``    ``warmup(cosine(...), steps, start=init_value)``
``warmup_exponential_decay...``     ``warmup(exponential(...), steps, start=init_value)``
``contrib.reduce_on_plateau``       `ReduceOnPlateau`
==================================  =========================================================================

==================================  =========================================================================
In Keras                            Here
==================================  =========================================================================
``CosineDecay``                     `cosine`; with ``warmup_target`` ``warmup(cosine(...), steps, start=lr)``
``CosineDecayRestarts``             `cosine_restarts`, with `growth` ``t_mul`` and `factor` ``m_mul``
``ExponentialDecay``                `exponential`; with ``staircase`` `step_decay`
``InverseTimeDecay``                `inverse_time`
``PiecewiseConstantDecay``          `join` of numbers, each boundary one step later
``PolynomialDecay``                 `polynomial`
``ReduceLROnPlateau``               `ReduceOnPlateau`
==================================  =========================================================================

`ReduceOnPlateau` alone has a state: it is told a metric. The ``state_dict`` of an optimizer holds the states
of its schedules, also of those inside a `warmup` or `join`. A class of your own takes part if it has
``state_dict()``, which returns a dict, and ``load_state_dict(state)``; what a lambda hides cannot be found.
"""

from dataclasses import is_dataclass

from fastopt._common.listing import listing
from fastopt._common.signatures import leave_out_annotations

from .base import Schedule, product
from .composed import join, linear_scaling, swa, warmup
from .cycles import cosine_restarts, cyclic
from .decays import constant, exponential, inverse_sqrt, inverse_time, linear, polynomial, step_decay
from .fields import Check as Check  # what a schedule of one's own is made of
from .fields import Count as Count
from .fields import Fraction as Fraction
from .fields import NonNegative as NonNegative
from .fields import Positive as Positive
from .fields import Scheduled as Scheduled
from .fields import Whole as Whole
from .multiplicative import multiplicative
from .plateau import ReduceOnPlateau
from .waves import cosine, one_cycle

__all__ = [
    "ReduceOnPlateau",
    "Schedule",
    "constant",
    "cosine",
    "cosine_restarts",
    "cyclic",
    "exponential",
    "inverse_sqrt",
    "inverse_time",
    "join",
    "linear",
    "linear_scaling",
    "multiplicative",
    "one_cycle",
    "polynomial",
    "product",
    "step_decay",
    "swa",
    "warmup",
]
__dir__ = listing(__name__)

for _name in __all__:
    _public = globals()[_name]
    _public.__module__ = __name__  # where pickles are to find it, whatever the file
    if isinstance(_public, type) and is_dataclass(_public):
        leave_out_annotations(_public)
