"""THE table of the losses: each with its configurations and legal random input."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fastopt import losses
from support import Array


@dataclass(frozen=True)
class LossCase:
    """A loss in one configuration.

    `kind` says what its targets are: labels, probabilities, yes (in [0, 1]), signs, reals, counts.
    """

    function: Callable[..., Any]
    kind: str
    options: dict[str, Any] = field(default_factory=dict)
    compiled: bool = True

    @property
    def name(self) -> str:
        return self.function.__name__

    @property
    def by_rows(self) -> bool:
        return self.kind in ("labels", "probabilities")

    def __str__(self) -> str:
        return "-".join([self.name, self.kind, *(f"{k}_{v}" for k, v in self.options.items())])

    def __call__(self, scores: Array, targets: Array, **keywords: Any) -> Any:
        return self.function(scores, targets, **self.options, **keywords)

    def scores(self, rng: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> Array:
        return (rng.standard_normal(shape) * 3).astype(dtype)

    def targets(self, rng: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> Array:
        if self.kind == "labels":
            return rng.integers(shape[1], size=shape[0])
        if self.kind == "probabilities":
            p = rng.random(shape) ** 4
            p[rng.random(shape) < 0.3] = 0  # exact zeros; a row of nothing else becomes certain of one class
            p[p.sum(axis=1) == 0, 0] = 1
            return (p / p.sum(axis=1, keepdims=True)).astype(dtype)
        if self.kind == "yes":
            return np.clip(rng.random(shape) * 2 - 0.5, 0, 1).astype(dtype)  # many exactly 0 and 1
        if self.kind == "signs":
            return rng.choice([-1.0, 1.0], shape).astype(dtype)
        if self.kind == "counts":
            return rng.poisson(2, shape).astype(dtype)
        return self.scores(rng, shape, dtype)


CASES = [
    LossCase(losses.softmax_cross_entropy, "labels"),
    LossCase(losses.softmax_cross_entropy, "labels", {"label_smoothing": 0.1}),
    LossCase(losses.softmax_cross_entropy, "probabilities"),
    LossCase(losses.softmax_cross_entropy, "probabilities", {"label_smoothing": 0.25}),
    LossCase(losses.kl_divergence, "probabilities"),
    LossCase(losses.multiclass_hinge, "labels"),
    LossCase(losses.multiclass_hinge, "labels", {"margin": 0.5}),
    LossCase(losses.binary_cross_entropy, "yes"),
    LossCase(losses.logistic, "signs"),
    LossCase(losses.hinge, "signs"),
    LossCase(losses.hinge, "signs", {"margin": 2.5}),
    LossCase(losses.squared_error, "reals"),
    LossCase(losses.huber, "reals"),
    LossCase(losses.huber, "reals", {"delta": 2.5}),
    LossCase(losses.nll, "labels", compiled=False),
    LossCase(losses.poisson_nll, "counts", compiled=False),
]
COMPILED = [case for case in CASES if case.compiled]
