"""Callbacks for `fastopt.train`. This is the door to `fastopt.training.callbacks`."""

from fastopt._common.listing import listing
from fastopt.training.callbacks import *  # noqa: F403
from fastopt.training.callbacks import __all__ as __all__

__dir__ = listing(__name__)
