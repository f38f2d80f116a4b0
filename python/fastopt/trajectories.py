"""What an optimizer does on a problem. This is the door to `fastopt.problems.trajectories`."""

from fastopt._common.listing import listing
from fastopt.problems.trajectories import *  # noqa: F403
from fastopt.problems.trajectories import __all__ as __all__

__dir__ = listing(__name__)
