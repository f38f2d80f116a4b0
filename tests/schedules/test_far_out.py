"""Far out: zero stays zero, and whole numbers know no limit."""

import math

import numpy as np
import pytest

import fastopt
from fastopt.schedules import (
    ReduceOnPlateau,
    Schedule,
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

INF = math.inf


def test_growth_ends_in_infinity_and_not_in_an_overflow() -> None:
    lr = exponential(0.1, 2.0)
    assert lr(10) == pytest.approx(102.4)
    assert lr(10_000) == step_decay(1.0, period=1, factor=2.0)(10_000) == math.inf
    p = np.ones(1)
    opt = fastopt.SGD(p, lr=lambda t: lr(10_000))
    with pytest.raises(ValueError, match=r"lr at step 0: expected a finite number >= 0, got inf"):
        opt.step(np.ones(1))


HUGE = 10**400  # beyond the largest float


@pytest.mark.parametrize("t", [10_000, HUGE])
def test_zero_does_not_grow(t: int) -> None:
    assert step_decay(0.0, period=1, factor=10)(t) == 0
    assert exponential(0.0, 2.0)(t) == 0


@pytest.mark.parametrize(
    ("schedule", "value"),
    [
        (constant(0.5), 0.5),
        (step_decay(0.5, period=3), 0),
        (step_decay(0.5, period=HUGE, factor=0.5), 0.25),
        (step_decay(0.5, period=3, factor=1), 0.5),
        (step_decay(0.5, period=3, factor=2), INF),
        (step_decay(0.5, milestones=[3, HUGE], factor=0.5), 0.125),
        (exponential(0.5, 0.9), 0),
        (exponential(0.5, 1), 0.5),
        (exponential(0.5, 0), 0),
        (exponential(0.5, 2), INF),
        (exponential(0.5, 0.5, period=HUGE), 0.25),
        (linear(0.5, 10, 0.25), 0.25),
        (linear(0.5, 2 * HUGE), 0.25),
        (cosine(0.5, 10, 0.25), 0.25),
        (cosine(0.5, 2 * HUGE), 0.25),
        (polynomial(0.5, 2 * HUGE, 2), 0.125),
        (inverse_sqrt(0.5), 0),
        (inverse_sqrt(0.5, hold=HUGE), 0.5),
        (one_cycle(0.5, 10, div_factor=1, final_div_factor=1), 0.5),
        (cosine_restarts(0.5, 2 * HUGE), 0.25),
        (cosine_restarts(0.5, HUGE, 2), 0.5),
        (cosine_restarts(0.5, 10, factor=0.5), 0),
        (cosine_restarts(0.5, 10, 2, end=0.25, factor=0.5), 0.25),
        (cyclic(0.25, 0.5, 5), 0.25),
        (cyclic(0.25, 0.5, 2 * HUGE), 0.375),
        (cyclic(0.25, 0.5, HUGE // 5, mode="triangular2"), 0.25 + 0.25 / 4),
        (cyclic(0.25, 0.5, 3, mode="exp_range", gamma=0.5), 0.25),
        (inverse_time(0.5, 1.0), 0),
        (inverse_time(0.5, 1.0, HUGE), 0.25),
        (inverse_time(0.5, 0.0), 0.5),
        (multiplicative(0.5, 0.5), 0),
        (multiplicative(0.5, lambda t: 0.0), 0),
        (exponential(0.5, 2) * 0, 0),
        (exponential(0.5, 2) * linear(0.5, 10), 0),
        (exponential(0.5, 2) * 0.5, INF),
        (swa(0.5, 10, 0.25, 10), 0.25),
        (swa(0.5, HUGE // 2, 0.25, HUGE, anneal_strategy="linear"), 0.375),
        (warmup(0.5, 2 * HUGE), 0.25),
        (warmup(0.5, 2 * HUGE, start=0.25), 0.375),
        (warmup(linear(0.5, HUGE), HUGE), 0.5),
        (join([0.25, linear(0.5, 10)], [HUGE]), 0.5),
        (ReduceOnPlateau(0.5), 0.5),
    ],
    ids=lambda x: repr(x).replace("0" * 400, "HUGE"),
)
def test_steps_beyond_the_largest_float(schedule: Schedule, value: float) -> None:
    assert schedule(HUGE) == pytest.approx(value, rel=1e-15)
    assert 0 <= schedule(0) <= schedule._span
