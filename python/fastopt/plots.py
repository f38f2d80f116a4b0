"""Pictures, with matplotlib and without a display: the door to curves of a training and to landscapes."""

from fastopt._common.listing import listing
from fastopt.drawing.animation import save_landscape_animation
from fastopt.drawing.landscape import landscape, save_landscape
from fastopt.drawing.style import PALETTE, require_matplotlib
from fastopt.training.pictures import save_training_curves, training_curves

__all__ = [
    "PALETTE",
    "landscape",
    "require_matplotlib",
    "save_landscape",
    "save_landscape_animation",
    "save_training_curves",
    "training_curves",
]
__dir__ = listing(__name__)
