"""What schedules refuse, and what they say."""

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

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
    linear_scaling,
    multiplicative,
    one_cycle,
    polynomial,
    product,
    step_decay,
    swa,
    warmup,
)

NAN, INF = math.nan, math.inf
HUGE = 10**400  # beyond the largest float


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: constant(-1), ValueError, "value: expected a finite number >= 0, got -1"),
        (lambda: constant(NAN), ValueError, "value: expected a finite number >= 0, got nan"),
        (lambda: linear("1", 10), TypeError, "start: expected a finite number >= 0, got '1' (str)"),
        (lambda: linear(1, 0), ValueError, "steps: expected a whole number >= 1, got 0"),
        (lambda: linear(1, 1e3), TypeError, "steps: expected a whole number >= 1, got 1000.0 (float)"),
        (lambda: linear(1, True), TypeError, "steps: expected a whole number >= 1, got True (bool)"),
        (lambda: cosine(1, 10, -1), ValueError, "end: expected a finite number >= 0, got -1"),
        (lambda: cosine(1, None), TypeError, "steps: expected a whole number >= 1, got None (NoneType)"),
        (lambda: polynomial(1, 9, 0), ValueError, "power: expected a finite number > 0, got 0"),
        (lambda: polynomial(1, 9, INF), ValueError, "power: expected a finite number > 0, got inf"),
        (lambda: polynomial(1, 9, "2"), TypeError, "power: expected a finite number > 0, got '2' (str)"),
        (lambda: exponential(1, -0.5), ValueError, "factor: expected a finite number >= 0, got -0.5"),
        (lambda: exponential(1, 0.5, 0), ValueError, "period: expected a whole number >= 1, got 0"),
        (lambda: inverse_sqrt(1, 0), ValueError, "hold: expected a whole number >= 1, got 0"),
        (lambda: step_decay(1), ValueError, "step_decay: expected either period or milestones"),
        (lambda: step_decay(1, 3, (4,)), ValueError, "got period=3, milestones=(4,)"),
        (lambda: step_decay(1, 0), ValueError, "period: expected a whole number >= 1, got 0"),
        (lambda: step_decay(1, milestones=5), TypeError, "milestones: expected a sequence, got 5 (int)"),
        (
            lambda: step_decay(1, milestones=[5, 5]),
            ValueError,
            "milestones[1]: expected a whole number > 5, got 5",
        ),
        (
            lambda: step_decay(1, milestones=[0, 5]),
            ValueError,
            "milestones[0]: expected a whole number >= 1, got 0",
        ),
        (
            lambda: step_decay(1, milestones=[2.5]),
            TypeError,
            "milestones[0]: expected a whole number >= 1, got 2.5 (float)",
        ),
        (
            lambda: one_cycle(1, 9, pct_start=1.5),
            ValueError,
            "pct_start: expected a number in [0, 1], got 1.5",
        ),
        (
            lambda: one_cycle(1, 9, pct_start=0.6, three_phase=True),
            ValueError,
            "pct_start: expected a number in [0, 0.5] with three_phase, got 0.6",
        ),
        (
            lambda: one_cycle(1, 9, anneal_strategy="sin"),
            ValueError,
            "anneal_strategy: expected one of 'cos', 'linear', got 'sin'",
        ),
        (
            lambda: one_cycle(1, 9, three_phase=1),
            TypeError,
            "three_phase: expected True or False, got 1 (int)",
        ),
        (
            lambda: warmup(1, 9, overlap="no"),
            TypeError,
            "overlap: expected True or False, got 'no' (str)",
        ),
        (
            lambda: one_cycle(1, 9, anneal_strategy=np.array(["cos", "linear"])),
            TypeError,
            "anneal_strategy: expected one of 'cos', 'linear', got array(['cos', 'linear']",
        ),
        (lambda: one_cycle(1, HUGE), ValueError, "steps: expected a whole number <= 2**53, got one of 1329"),
        (lambda: polynomial(1, 9, HUGE), ValueError, "power: expected a finite number > 0, got 1000"),
        (
            lambda: one_cycle(1, 9, div_factor=0),
            ValueError,
            "div_factor: expected a finite number > 0, got 0",
        ),
        (lambda: cosine_restarts(1, 5, 0), ValueError, "growth: expected a whole number >= 1, got 0"),
        (lambda: cosine_restarts(1, 5, 1.5), TypeError, "growth: expected a whole number >= 1, got 1.5"),
        (lambda: cosine_restarts(1, 5, factor=2), ValueError, "factor: expected a number in [0, 1], got 2"),
        (lambda: cyclic(-1, 1, 5), ValueError, "start: expected a finite number >= 0, got -1"),
        (lambda: cyclic(0, INF, 5), ValueError, "peak: expected a finite number >= 0, got inf"),
        (lambda: cyclic(0, 1, 0), ValueError, "steps_up: expected a whole number >= 1, got 0"),
        (lambda: cyclic(0, 1, 5, 2.0), TypeError, "steps_down: expected a whole number >= 1, got 2.0"),
        (
            lambda: cyclic(0, 1, 5, mode="sine"),
            ValueError,
            "mode: expected one of 'triangular', 'triangular2', 'exp_range', got 'sine'",
        ),
        (lambda: cyclic(0, 1, 5, gamma=1.1), ValueError, "gamma: expected a number in [0, 1], got 1.1"),
        (lambda: cyclic(0, 1, 5, scale_fn=0.5), TypeError, "scale_fn: expected a function, got 0.5 (float)"),
        (
            lambda: cyclic(0, 1, 5, scale_mode="step"),
            ValueError,
            "scale_mode: expected one of 'cycle', 'iterations', got 'step'",
        ),
        (lambda: inverse_time(1, -1), ValueError, "rate: expected a finite number >= 0, got -1"),
        (lambda: inverse_time(1, 1, 0), ValueError, "period: expected a whole number >= 1, got 0"),
        (lambda: multiplicative(1, -1), ValueError, "factor: expected a finite number >= 0, got -1"),
        (lambda: multiplicative(1, None), TypeError, "factor: expected a function of the step or a number"),
        (
            lambda: multiplicative(1, warmup(ReduceOnPlateau(0.5), 3)),
            ValueError,
            "factor: expected a pure function of the step, got one with a state, "
            "warmup(schedule=ReduceOnPlateau(start=0.5), steps=3)",
        ),
        (lambda: product([]), ValueError, "schedules: expected at least one, got none"),
        (lambda: product(0.5), TypeError, "schedules: expected a sequence, got 0.5 (float)"),
        (lambda: constant(1) * -1, ValueError, "schedules[1]: expected a finite number >= 0, got -1"),
        (lambda: math.nan * constant(1), ValueError, "schedules[0]: expected a finite number >= 0, got nan"),
        (
            lambda: constant(1) * None,
            TypeError,
            "for *: 'constant' and 'NoneType'",
        ),
        (lambda: np.ones(2) * constant(1), TypeError, "'constant'"),
        (lambda: constant(1) * np.ones(2), TypeError, "'constant'"),
        (lambda: swa(0.1, -1, 0.1, 5), ValueError, "begin: expected a whole number >= 0, got -1"),
        (lambda: swa(0.1, 1, -0.1, 5), ValueError, "end: expected a finite number >= 0, got -0.1"),
        (lambda: swa(0.1, 1, 0.1, 0.5), TypeError, "steps: expected a whole number >= 0, got 0.5 (float)"),
        (lambda: swa("a", 1, 0.1, 5), TypeError, "schedule: expected a function of the step or a number"),
        (
            lambda: swa(0.1, 1, 0.1, 5, anneal_strategy="step"),
            ValueError,
            "anneal_strategy: expected one of 'cos', 'linear', got 'step'",
        ),
        (lambda: warmup(0.1, 1, start=-1), ValueError, "start: expected a finite number >= 0, got -1"),
        (lambda: warmup(0.1, -1), ValueError, "steps: expected a whole number >= 0, got -1"),
        (lambda: warmup(-0.1, 1), ValueError, "schedule: expected a finite number >= 0, got -0.1"),
        (
            lambda: warmup("cosine", 1),
            TypeError,
            "schedule: expected a function of the step or a number, got 'cosine' (str)",
        ),
        (
            lambda: warmup(0.1, 1, first="one"),
            ValueError,
            "first: expected one of 'zero', 'one_over_n', got 'one'",
        ),
        (
            lambda: join([0.1, 0.2], []),
            ValueError,
            "boundaries: expected one fewer than the 2 schedules, got 0",
        ),
        (lambda: join([], []), ValueError, "boundaries: expected one fewer than the 0 schedules, got 0"),
        (
            lambda: join([0.1, None], [1]),
            TypeError,
            "schedules[1]: expected a function of the step or a number",
        ),
        (lambda: join(0.1, [1]), TypeError, "schedules: expected a sequence, got 0.1 (float)"),
        (
            lambda: join([1, 2, 3], [5, 4]),
            ValueError,
            "boundaries[1]: expected a whole number > 5, got 4",
        ),
        (lambda: ReduceOnPlateau(1, factor=1.0), ValueError, "factor: expected a number in [0, 1), got 1.0"),
        (
            lambda: ReduceOnPlateau(1, patience=-1),
            ValueError,
            "patience: expected a whole number >= 0, got -1",
        ),
        (lambda: ReduceOnPlateau(1, mode="low"), ValueError, "mode: expected one of 'min', 'max', got 'low'"),
        (lambda: linear_scaling(-1, 1, 1), ValueError, "lr: expected a finite number >= 0, got -1"),
        (lambda: linear_scaling(1, 0, 1), ValueError, "batch_size: expected a whole number >= 1, got 0"),
        (
            lambda: linear_scaling(1, 1, 2.0),
            TypeError,
            "base_batch_size: expected a whole number >= 1, got 2.0",
        ),
    ],
)
def test_refusals(make: Callable[[], object], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        make()


@pytest.mark.parametrize("schedule", [constant(1), cosine(1, 5), warmup(1, 5), ReduceOnPlateau(1)])
@pytest.mark.parametrize(
    ("step", "error", "message"),
    [
        (-1, ValueError, "step: expected a whole number >= 0, got -1"),
        (np.int64(-1), ValueError, "step: expected a whole number >= 0"),
        (1.0, TypeError, "step: expected a whole number >= 0, got 1.0 (float)"),
        (True, TypeError, "step: expected a whole number >= 0, got True (bool)"),
        (None, TypeError, "step: expected a whole number >= 0, got None (NoneType)"),
        (np.arange(3), TypeError, "step: expected a whole number >= 0"),
    ],
)
def test_refused_steps(schedule: Schedule, step: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        schedule(step)
