"""Schedulers of torch, as one writes them there, and the schedules that are the same here.

The learning rate of the optimizer, `lr`, is 0.5, and its momentum 0.9.
"""

from collections.abc import Callable

from fastopt.schedules import (
    cosine,
    cosine_restarts,
    cyclic,
    exponential,
    join,
    linear,
    multiplicative,
    one_cycle,
    polynomial,
    step_decay,
    swa,
    warmup,
)

LR = 0.5
MOMENTUM = 0.9
STEPS = 40
"""The steps that are recorded, unless the scheduler ends before."""

Function = Callable[[int], float]

LEARNING_RATES: dict[str, Function] = {
    "LambdaLR(opt, lambda t: 0.95**t)": lambda t: LR * 0.95**t,
    "MultiplicativeLR(opt, lambda t: 0.95)": multiplicative(LR, 0.95),
    "MultiplicativeLR(opt, lambda t: 1 - 1 / (t + 1) ** 2)": multiplicative(
        LR, lambda t: 1 - 1 / (t + 1) ** 2
    ),
    "StepLR(opt, step_size=3, gamma=0.1)": step_decay(LR, period=3, factor=0.1),
    "MultiStepLR(opt, milestones=[2, 5, 31], gamma=0.3)": step_decay(LR, milestones=[2, 5, 31], factor=0.3),
    "ConstantLR(opt)": join([LR / 3, LR], [5]),
    "ConstantLR(opt, factor=0.25, total_iters=7)": join([0.25 * LR, LR], [7]),
    "ExponentialLR(opt, gamma=0.9)": exponential(LR, 0.9),
    "LinearLR(opt)": warmup(LR, 5, start=LR / 3),
    "LinearLR(opt, start_factor=1.0, end_factor=0.1, total_iters=4)": linear(LR, 4, 0.1 * LR),
    "LinearLR(opt, start_factor=0.25, total_iters=30)": linear(0.25 * LR, 30, LR),
    "PolynomialLR(opt)": polynomial(LR, 5),
    "PolynomialLR(opt, total_iters=30, power=2.0)": polynomial(LR, 30, power=2),
    "CosineAnnealingLR(opt, T_max=39)": cosine(LR, 39),
    "CosineAnnealingLR(opt, T_max=20, eta_min=0.01)": join(
        [cosine(LR, 20, 0.01), cosine(0.01, 20, LR)], [20]
    ),
    "CosineAnnealingWarmRestarts(opt, T_0=4, eta_min=0.01)": cosine_restarts(LR, 4, end=0.01),
    "CosineAnnealingWarmRestarts(opt, T_0=2, T_mult=2)": cosine_restarts(LR, 2, growth=2),
    "CosineAnnealingWarmRestarts(opt, T_0=3, T_mult=3, eta_min=0.1)": cosine_restarts(LR, 3, 3, 0.1),
    "CyclicLR(opt, 0.1, 0.5, step_size_up=4)": cyclic(0.1, 0.5, 4),
    "CyclicLR(opt, 0.1, 0.5, step_size_up=3, step_size_down=8)": cyclic(0.1, 0.5, 3, 8),
    "CyclicLR(opt, 0.1, 0.5, 3, 4, mode='triangular2')": cyclic(0.1, 0.5, 3, 4, mode="triangular2"),
    "CyclicLR(opt, 0.1, 0.5, 5, mode='exp_range', gamma=0.9)": cyclic(
        0.1, 0.5, 5, mode="exp_range", gamma=0.9
    ),
    "CyclicLR(opt, 0.1, 0.5, 5, 2, scale_fn=lambda c: 1 / c)": cyclic(
        0.1, 0.5, 5, 2, scale_fn=lambda c: 1 / c
    ),
    "CyclicLR(opt, 0.1, 0.5, 5, 2, scale_fn=lambda t: 1 / (1 + t), scale_mode='iterations')": cyclic(
        0.1, 0.5, 5, 2, scale_fn=lambda t: 1 / (1 + t), scale_mode="iterations"
    ),
    "OneCycleLR(opt, max_lr=0.5, total_steps=10)": one_cycle(0.5, 10),
    "OneCycleLR(opt, max_lr=0.5, total_steps=3, pct_start=0.1)": one_cycle(0.5, 3, pct_start=0.1),
    "OneCycleLR(opt, max_lr=0.5, total_steps=12, anneal_strategy='linear')": one_cycle(
        0.5, 12, anneal_strategy="linear"
    ),
    "OneCycleLR(opt, max_lr=0.5, total_steps=30, pct_start=0.4, three_phase=True)": one_cycle(
        0.5, 30, pct_start=0.4, three_phase=True
    ),
    "OneCycleLR(opt, max_lr=0.5, total_steps=12, pct_start=0.4, anneal_strategy='linear', "
    "div_factor=10.0, final_div_factor=100.0, three_phase=True)": one_cycle(
        0.5,
        12,
        pct_start=0.4,
        anneal_strategy="linear",
        div_factor=10,
        final_div_factor=100,
        three_phase=True,
    ),
    "ChainedScheduler([ConstantLR(opt, factor=0.1, total_iters=20), ExponentialLR(opt, gamma=0.9)])": (
        join([0.1, 1.0], [20]) * exponential(LR, 0.9)
    ),
    "ChainedScheduler([LinearLR(opt), CosineAnnealingLR(opt, 39), MultiplicativeLR(opt, lambda t: 0.99)])": (
        warmup(1.0, 5, start=1 / 3) * cosine(LR, 39) * exponential(1.0, 0.99)
    ),
    "SequentialLR(opt, [LinearLR(opt, 0.25, total_iters=4), CosineAnnealingLR(opt, 35)], milestones=[4])": (
        warmup(cosine(LR, 35), 4, start=0.25 * LR)
    ),
    "SequentialLR(opt, [ConstantLR(opt, 0.1, 20), ExponentialLR(opt, 0.9)], milestones=[20])": join(
        [0.1 * LR, exponential(LR, 0.9)], [20]
    ),
    "SWALR(opt, swa_lr=0.05)": swa(LR, 0, 0.05, 10),
    "SWALR(opt, swa_lr=0.05, anneal_epochs=0)": swa(LR, 0, 0.05, 0),
    "SWALR(opt, swa_lr=0.8, anneal_epochs=20, anneal_strategy='linear')": swa(
        LR, 0, 0.8, 20, anneal_strategy="linear"
    ),
    "Then(15, CosineAnnealingLR(opt, 60), SWALR(opt, swa_lr=0.05))": swa(cosine(LR, 60), 15, 0.05, 10),
    "Then(15, ExponentialLR(opt, 0.9), SWALR(opt, 0.3, 20, 'linear'))": swa(
        exponential(LR, 0.9), 15, 0.3, 20, anneal_strategy="linear"
    ),
}
"""`Then` stands for the loop of torch's manual: the first scheduler for so many steps, then the second."""

MOMENTA: dict[str, Function] = {
    "CyclicLR(opt, 0.1, 0.5, step_size_up=4)": cyclic(0.9, 0.8, 4),
    "CyclicLR(opt, 0.1, 0.5, 3, 4, mode='triangular2', base_momentum=0.7, max_momentum=0.95)": cyclic(
        0.95, 0.7, 3, 4, mode="triangular2"
    ),
    "CyclicLR(opt, 0.1, 0.5, 5, mode='exp_range', gamma=0.9)": cyclic(
        0.9, 0.8, 5, mode="exp_range", gamma=0.9
    ),
    "OneCycleLR(opt, max_lr=0.5, total_steps=10)": one_cycle(
        0.85, 10, div_factor=0.85 / 0.95, final_div_factor=1
    ),
    "OneCycleLR(opt, max_lr=0.5, total_steps=10, anneal_strategy='linear')": one_cycle(
        0.85, 10, anneal_strategy="linear", div_factor=0.85 / 0.95, final_div_factor=1
    ),
    "OneCycleLR(opt, max_lr=0.5, total_steps=20, pct_start=0.4, three_phase=True)": one_cycle(
        0.85, 20, pct_start=0.4, div_factor=0.85 / 0.95, final_div_factor=1, three_phase=True
    ),
}

PLATEAUS: dict[str, str] = {
    "factor=0.5, patience=1": "1.0 0.9 0.9 0.9 0.9 0.85 0.85 0.9 0.9 0.9 0.9",
    "factor=0.5, patience=0, threshold=0.1": "1.0 0.95 0.92 0.91 0.905 0.5 0.46 0.45 0.44",
    "factor=0.5, patience=0, threshold=0.1, threshold_mode='abs'": "1 0.95 0.92 0.85 0.84 0.5 0.46 0.39 0.38",
    "factor=0.5, patience=1, mode='max', threshold=0.05": "0.1 0.2 0.2 0.2 0.205 0.2 0.3 0.3 0.3 0.3",
    "factor=0.5, patience=1, mode='max', threshold=0.05, threshold_mode='abs'": (
        "0.1 0.2 0.2 0.2 0.26 0.2 0.3 0.3 0.3 0.3"
    ),
    "factor=0.1, patience=1, cooldown=2, min_lr=0.005": "1 1 1 1 1 1 1 1 1 1 1 1",
    "factor=0.1, patience=0, eps=1e-3": "1 1 1 1 1 1",
    "factor=0.1, patience=1": "1.0 nan nan 0.5 inf inf",
}
"""Arguments of `ReduceLROnPlateau`, which are those of `ReduceOnPlateau`, and the metrics that it is told."""
