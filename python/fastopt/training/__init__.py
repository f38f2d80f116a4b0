"""Training with one call, `train`, and what it is made of: runs, their history, callbacks."""

from fastopt._common.listing import listing

from .batches import minibatches
from .callbacks import Callback
from .evaluation import evaluate
from .history import History, Outcome, Record
from .run import Run
from .train import learning_rate_of, train
from .turns import train_in_turns

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
