"""Schedules against the schedulers of torch."""

import math
from typing import Any

import numpy as np
import pytest

from fastopt.schedules import (
    ReduceOnPlateau,
    Schedule,
    cosine,
    cosine_restarts,
    exponential,
    join,
    linear,
    one_cycle,
    polynomial,
    step_decay,
)
from schedules.made import values

# torch 2.13.0: the learning rate of each optimizer.step(), that of the optimizer being 0.5.
TORCH = [
    (
        "StepLR(step_size=3, gamma=0.1)",
        step_decay(0.5, period=3, factor=0.1),
        "0.5 0.5 0.5 0.05 0.05 0.05 0.005000000000000001 0.005000000000000001",
    ),
    (
        "MultiStepLR(milestones=[2, 5], gamma=0.3)",
        step_decay(0.5, milestones=[2, 5], factor=0.3),
        "0.5 0.5 0.15 0.15 0.15 0.045 0.045 0.045",
    ),
    (
        "ExponentialLR(gamma=0.9)",
        exponential(0.5, 0.9),
        "0.5 0.45 0.405 0.36450000000000005 0.32805000000000006 0.2952450000000001",
    ),
    (
        "LinearLR(start_factor=1.0, end_factor=0.1, total_iters=4)",
        linear(0.5, 4, 0.05),
        "0.5 0.3875 0.275 0.16250000000000003 0.049999999999999996 0.049999999999999996",
    ),
    (
        "LinearLR(start_factor=0.25, total_iters=3)",
        linear(0.125, 3, 0.5),
        "0.125 0.25 0.375 0.5 0.5 0.5",
    ),
    (
        "PolynomialLR(total_iters=5, power=2.0)",
        polynomial(0.5, 5, power=2),
        "0.5 0.32000000000000006 0.18 0.08000000000000002 0.019999999999999993 0.0 0.0 0.0",
    ),
    (
        "CosineAnnealingLR(T_max=6, eta_min=0.01)",
        cosine(0.5, 6, 0.01),
        "0.5 0.4671762239271875 0.3775 0.255 0.13250000000000006 0.04282377607281252 0.01",
    ),
    (
        "CosineAnnealingWarmRestarts(T_0=4, eta_min=0.01)",
        cosine_restarts(0.5, 4, end=0.01),
        "0.5 0.4282411613907041 0.255 0.08175883860929586 0.5 0.4282411613907041 0.255 "
        "0.08175883860929586 0.5 0.4282411613907041",
    ),
    (
        "CosineAnnealingWarmRestarts(T_0=2, T_mult=2)",
        cosine_restarts(0.5, 2, growth=2),
        "0.5 0.25 0.5 0.42677669529663687 0.25 0.07322330470336313 0.5 0.4809698831278217 "
        "0.42677669529663687 0.34567085809127246 0.25 0.15432914190872757 0.07322330470336313 "
        "0.019030116872178315 0.5",
    ),
    (
        "OneCycleLR(max_lr=0.5, total_steps=10)",
        one_cycle(0.5, 10),
        "0.020000000000000018 0.26 0.5 0.47524231600673683 0.40587282697488153 0.30563101096814466 "
        "0.19437098903185537 0.09412917302511849 0.024759683993263143 2e-06",
    ),
    (
        "the momentum of OneCycleLR(max_lr=0.5, total_steps=10)",
        one_cycle(0.85, 10, div_factor=0.85 / 0.95, final_div_factor=1),
        "0.95 0.8999999999999999 0.85 0.854951556604879 0.8688255099070633 0.8888739533021842 "
        "0.9111260466978157 0.9311744900929366 0.945048443395121 0.95",
    ),
    (
        "OneCycleLR(max_lr=0.5, total_steps=12, pct_start=0.4, anneal_strategy='linear', "
        "div_factor=10.0, final_div_factor=100.0, three_phase=True)",
        one_cycle(
            0.5,
            12,
            pct_start=0.4,
            anneal_strategy="linear",
            div_factor=10,
            final_div_factor=100,
            three_phase=True,
        ),
        "0.05 0.16842105263157892 0.28684210526315784 0.40526315789473677 0.4763157894736843 "
        "0.3578947368421054 0.23947368421052645 0.12105263157894752 0.04417647058823532 "
        "0.029617647058823544 0.015058823529411777 0.0005000000000000004",
    ),
    (
        "OneCycleLR(max_lr=0.5, total_steps=3, pct_start=0.1)",
        one_cycle(0.5, 3, pct_start=0.1),
        "0.42156072322554555 0.15098145456997694 2e-06",
    ),
    (
        "SequentialLR([LinearLR(0.25, total_iters=4), CosineAnnealingLR(5)], milestones=[4])",
        join([linear(0.125, 4, 0.5), cosine(0.5, 5)], [4]),
        "0.125 0.21875 0.3125 0.40625 0.5 0.45225424859373686 0.32725424859373686 0.17274575140626314 "
        "0.04774575140626316 0.0",
    ),
]


@pytest.mark.parametrize(("torch", "schedule", "expected"), TORCH, ids=[name for name, _, _ in TORCH])
def test_torch(torch: str, schedule: Schedule, expected: str) -> None:
    numbers = [float(word) for word in expected.split()]
    np.testing.assert_allclose(values(schedule, len(numbers)), numbers, rtol=1e-12, atol=1e-16)


# torch 2.13.0: the learning rate after each ReduceLROnPlateau.step(metric), that at first being 1.
NAN, INF = math.nan, math.inf
PLATEAUS = [
    (
        {"factor": 0.5, "patience": 1},
        [1.0, 0.9, 0.9, 0.9, 0.9, 0.85, 0.85, 0.9, 0.9, 0.9, 0.9],
        [1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125],
    ),
    (
        {"factor": 0.5, "patience": 0, "threshold": 0.1},
        [1.0, 0.95, 0.92, 0.91, 0.905, 0.5, 0.46, 0.45, 0.44],
        [1.0, 0.5, 0.25, 0.125, 0.0625, 0.0625, 0.03125, 0.015625, 0.015625],
    ),
    (
        {"factor": 0.5, "patience": 0, "threshold": 0.1, "threshold_mode": "abs"},
        [1.0, 0.95, 0.92, 0.85, 0.84, 0.5, 0.46, 0.39, 0.38],
        [1.0, 0.5, 0.25, 0.25, 0.125, 0.125, 0.0625, 0.0625, 0.03125],
    ),
    (
        {"factor": 0.5, "patience": 1, "mode": "max", "threshold": 0.05},
        [0.1, 0.2, 0.2, 0.2, 0.205, 0.2, 0.3, 0.3, 0.3, 0.3],
        [1.0, 1.0, 1.0, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125, 0.125],
    ),
    (
        {"factor": 0.5, "patience": 1, "mode": "max", "threshold": 0.05, "threshold_mode": "abs"},
        [0.1, 0.2, 0.2, 0.2, 0.26, 0.2, 0.3, 0.3, 0.3, 0.3],
        [1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125],
    ),
    (
        {"factor": 0.1, "patience": 1, "cooldown": 2, "min_lr": 0.005},
        [1.0] * 12,
        [1.0] * 2 + [0.1] * 4 + [0.010000000000000002] * 4 + [0.005] * 2,
    ),
    (
        {"factor": 0.1, "patience": 0, "eps": 1e-3},
        [1.0] * 6,
        [1.0, 0.1, 0.010000000000000002] + [0.0010000000000000002] * 3,
    ),
    (
        {"factor": 0.1, "patience": 1},
        [1.0, NAN, NAN, 0.5, INF, INF],
        [1.0, 1.0, 0.1, 0.1, 0.1, 0.010000000000000002],
    ),
]


@pytest.mark.parametrize(("hyper", "metrics", "expected"), PLATEAUS, ids=lambda x: str(x)[:60])
def test_torch_plateau(hyper: dict[str, Any], metrics: list[float], expected: list[float]) -> None:
    plateau = ReduceOnPlateau(1.0, **hyper)
    got = []
    for metric in metrics:
        assert plateau.update(metric) == plateau(123) == plateau.value
        got.append(plateau.value)
    np.testing.assert_allclose(got, expected, rtol=1e-12)
