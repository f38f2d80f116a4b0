"""Callbacks for `fastopt.train`: the door to what watches a training, and may end it.

A callback is an object of a class derived from `Callback`, or for the simplest case a function
``f(run, record)`` that is called after each epoch. The `run` has ``params``, ``steps``, ``history``
(a record an epoch) and ``name``. `StopTraining`, raised by any of them, ends the training after all
callbacks have been told.
"""

from fastopt._common.listing import listing
from fastopt.training.callbacks import Callback, Print, StopTraining, TimeBudget
from fastopt.training.monitors import Checkpoint, EarlyStopping

__all__ = ["Callback", "Checkpoint", "EarlyStopping", "Print", "StopTraining", "TimeBudget"]
__dir__ = listing(__name__)
