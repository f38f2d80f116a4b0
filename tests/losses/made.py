"""Losses made to be called."""

import re
from typing import Any

import numpy as np
import pytest

from fastopt.losses import multiclass_hinge, nll, softmax_cross_entropy
from losses_table import CASES, LossCase
from support import Array

each_case = pytest.mark.parametrize("case", CASES, ids=str)
by_label = pytest.mark.parametrize("loss", [softmax_cross_entropy, multiclass_hinge, nll])

# Scores of the classes cat, car and frog for a picture of each: the lectures' example.
SCORES = np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])
LABELS = np.array([0, 1, 2])


def made(case: LossCase, shape: tuple[int, ...] = (6, 4), dtype: Any = np.float64) -> tuple[Array, Array]:
    rng = np.random.default_rng(7)
    return case.scores(rng, shape, dtype), case.targets(rng, shape, dtype)


def raises(error: type[Exception], message: str) -> Any:
    """Expect an error whose message begins like this."""
    return pytest.raises(error, match="^" + re.escape(message))
