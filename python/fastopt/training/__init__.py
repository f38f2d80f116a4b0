"""Training with one call, `train`, and what it is made of: runs, their history, callbacks."""

from fastopt._common.listing import listing

from .batches import minibatches
from .callbacks import Callback
from .history import History, Record
from .run import Outcome, Run, train_in_turns
from .train import evaluate, learning_rate_of, train

__all__ = [
    "Callback",
    "History",
    "Outcome",
    "Record",
    "Run",
    "evaluate",
    "learning_rate_of",
    "minibatches",
    "train",
    "train_in_turns",
]
__dir__ = listing(__name__)
