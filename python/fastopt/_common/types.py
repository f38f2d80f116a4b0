"""The types that data, models, losses and the training loop hand to each other."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Floats", "Integers", "Loss", "Params", "Seed"]

Floats = NDArray[np.floating[Any]]
Integers = NDArray[np.integer[Any]]

# Parameters, or gradients, by name.
Params = dict[str, Floats]

# loss(scores, labels) -> (mean over the batch, gradient with respect to the scores)
Loss = Callable[[Floats, Integers], tuple[float, Floats]]

# An integer gives the same numbers every time; a generator moves on.
Seed = int | np.random.Generator
