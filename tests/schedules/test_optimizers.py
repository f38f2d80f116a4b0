"""Optimizers on schedules."""

import pickle
from typing import Any

import numpy as np
import pytest

import fastopt
from fastopt.schedules import (
    ReduceOnPlateau,
    constant,
    cosine,
    cosine_restarts,
    cyclic,
    exponential,
    inverse_sqrt,
    inverse_time,
    join,
    linear,
    multiplicative,
    one_cycle,
    polynomial,
    step_decay,
    swa,
    warmup,
)
from support import assert_same

SCHEDULED: list[tuple[type[fastopt.Optimizer], dict[str, Any]]] = [
    (fastopt.SGD, {"lr": cosine(0.5, 8, 0.1), "momentum": one_cycle(0.85, 8, div_factor=0.9)}),
    (
        fastopt.SGD,
        {"lr": 0.1, "momentum": 0.5, "dampening": linear(0.5, 6), "weight_decay": linear(0, 6, 0.1)},
    ),
    (fastopt.AdamW, {"lr": warmup(cosine(0.1, 5), 3), "weight_decay": step_decay(0.5, period=4)}),
    (fastopt.Adam, {"betas": (linear(0.8, 5, 0.9), constant(0.99)), "eps": exponential(1e-2, 0.5)}),
    (fastopt.Adagrad, {"lr": inverse_sqrt(0.5), "lr_decay": join([0.0, 0.1], [4])}),
    (fastopt.RMSprop, {"lr": cosine_restarts(0.1, 3, 2), "alpha": polynomial(0.9, 9, 2, 0.5)}),
    (fastopt.Adamax, {"lr": ReduceOnPlateau(0.1)}),
    (fastopt.SGD, {"lr": cyclic(0.1, 0.5, 2), "momentum": cyclic(0.9, 0.8, 2, mode="triangular2")}),
    (fastopt.Adam, {"lr": swa(0.5 * cosine(0.2, 9), 4, 0.05, 3), "weight_decay": inverse_time(0.1, 1)}),
    (fastopt.SGD, {"lr": multiplicative(0.1, cosine(1.0, 20))}),
    (fastopt.SignSGD, {"lr": warmup(0.1, 4, first="one_over_n")}),
]
over_scheduled = pytest.mark.parametrize(
    ("cls", "hyper"), SCHEDULED, ids=lambda x: getattr(x, "__name__", "")
)


def at(hyper: Any, t: int) -> Any:
    if isinstance(hyper, tuple):
        return tuple(at(h, t) for h in hyper)
    return hyper(t) if callable(hyper) else hyper


@over_scheduled
def test_they_drive_any_hyperparameter(cls: type[fastopt.Optimizer], hyper: dict[str, Any]) -> None:
    """As numbers set by hand before each step: the same bits."""
    rng = np.random.default_rng(0)
    start, grads = rng.standard_normal(7), rng.standard_normal((10, 7))
    scheduled = cls(start.copy(), **hyper)
    by_hand = cls(start.copy(), **{name: at(h, 1) for name, h in hyper.items()})
    for t, g in enumerate(grads):
        for name, h in hyper.items():
            setattr(by_hand, name, at(h, t))
        scheduled.step(g)
        by_hand.step(g)
        assert_same(scheduled, by_hand)


@over_scheduled
def test_a_pickled_optimizer_resumes(cls: type[fastopt.Optimizer], hyper: dict[str, Any]) -> None:
    rng = np.random.default_rng(0)
    start, grads = rng.standard_normal(7), rng.standard_normal((10, 7))
    through = cls(start.copy(), **hyper)
    for g in grads:
        through.step(g)
    halted = cls(start.copy(), **hyper)
    for g in grads[:5]:
        halted.step(g)
    resumed = pickle.loads(pickle.dumps(halted))
    for g in grads[5:]:
        resumed.step(g)
    assert_same(resumed, through)
    assert repr(resumed) == repr(through)
