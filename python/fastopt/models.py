"""Classifiers in plain NumPy, with gradients written by hand. This is the door to `fastopt.nn.models`."""

from fastopt._common.listing import listing
from fastopt.nn.models import *  # noqa: F403
from fastopt.nn.models import __all__ as __all__

__dir__ = listing(__name__)
