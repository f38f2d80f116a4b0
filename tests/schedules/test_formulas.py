"""The formulas of the lectures, and where each begins, ends and turns."""

import math

import pytest

from fastopt.schedules import (
    Schedule,
    cosine,
    cosine_restarts,
    cyclic,
    inverse_sqrt,
    inverse_time,
    linear,
    linear_scaling,
    one_cycle,
    polynomial,
    step_decay,
    swa,
    warmup,
)
from schedules.made import values


@pytest.mark.parametrize("t", [0, 1, 17, 50, 99, 100])
def test_formulas_of_the_lectures(t: int) -> None:
    assert cosine(0.1, 100)(t) == pytest.approx(0.1 / 2 * (1 + math.cos(math.pi * t / 100)), abs=1e-17)
    assert linear(0.1, 100)(t) == pytest.approx(0.1 * (1 - t / 100), abs=1e-17)
    assert inverse_sqrt(0.1)(t) == pytest.approx(0.1 / math.sqrt(max(t, 1)), rel=1e-15)
    assert warmup(0.1, 100)(t) == pytest.approx(0.1 * t / 100, rel=1e-15)


def test_step_decay_of_the_lectures() -> None:
    lr = step_decay(0.1, milestones=(30, 60, 90), factor=0.1)
    assert [lr(t) for t in (29, 30, 59, 60, 89, 90, 10**9)] == pytest.approx(
        [0.1, 0.01, 0.01, 0.001, 0.001, 0.0001, 0.0001], rel=1e-14
    )
    every_30 = step_decay(0.1, period=30)
    assert values(every_30, 120) == values(lr, 120)


def test_linear_scaling_of_the_lectures() -> None:
    assert linear_scaling(0.1, batch_size=8192, base_batch_size=256) == pytest.approx(3.2, rel=1e-15)


@pytest.mark.parametrize("schedule", [linear(0.3, 7, 0.1), cosine(0.3, 7, 0.1), polynomial(0.3, 7, 3, 0.1)])
def test_ends_are_exact_and_stay(schedule: Schedule) -> None:
    assert schedule(0) == 0.3
    assert schedule(6) > 0.1
    assert [schedule(t) for t in (7, 8, 14, 21, 10**18)] == [0.1] * 5


def test_inverse_sqrt_after_warmup_is_that_of_the_transformer() -> None:
    d, w = 512, 40
    lr = warmup(inverse_sqrt(d**-0.5 * w**-0.5, hold=w), w, overlap=True)
    for t in range(1, 300):
        assert lr(t) == pytest.approx(d**-0.5 * min(t**-0.5, t * w**-1.5), rel=1e-14)


def test_warmup_in_its_four_ways() -> None:
    after = step_decay(1.0, milestones=[3], factor=0.5)
    assert values(warmup(after, 4), 9) == [0, 0.25, 0.5, 0.75, 1, 1, 1, 0.5, 0.5]
    assert values(warmup(after, 4, first="one_over_n"), 9) == [0.25, 0.5, 0.75, 1, 1, 1, 1, 0.5, 0.5]
    assert values(warmup(after, 4, overlap=True), 6) == [0, 0.25, 0.5, 0.375, 0.5, 0.5]
    assert values(warmup(after, 4, first="one_over_n", overlap=True), 5) == [0.25, 0.5, 0.75, 0.5, 0.5]
    assert values(warmup(after, 0), 5) == values(after, 5)


def test_warmup_from_a_value_above_zero() -> None:
    after = step_decay(1.0, milestones=[3], factor=0.5)
    assert values(warmup(after, 4, start=0.5), 9) == [0.5, 0.625, 0.75, 0.875, 1, 1, 1, 0.5, 0.5]
    assert values(warmup(after, 4, start=0.5, first="one_over_n"), 5) == [0.625, 0.75, 0.875, 1, 1]
    assert values(warmup(after, 4, start=0.5, overlap=True), 6) == [0.5, 0.625, 0.75, 0.5, 0.5, 0.5]
    assert values(warmup(0.5, 2, start=1.0), 4) == [1, 0.75, 0.5, 0.5], "or down from one"
    assert values(warmup(after, 0, start=0.5), 5) == values(after, 5)


def test_swa_goes_over_from_wherever_the_schedule_is() -> None:
    before = step_decay(1.0, milestones=[2], factor=0.5)
    assert values(swa(before, 3, 0.25, 4, anneal_strategy="linear"), 9) == [
        *(1, 1, 0.5, 0.5),
        *(0.4375, 0.375, 0.3125, 0.25, 0.25),
    ]
    assert values(swa(before, 3, 1.5, 2), 7) == pytest.approx([1, 1, 0.5, 0.5, 1, 1.5, 1.5], rel=1e-15)
    assert values(swa(before, 3, 0.25, 0), 5) == [1, 1, 0.5, 0.25, 0.25]
    assert values(swa(0.5, 0, 0.25, 1), 3) == [0.5, 0.25, 0.25]


def test_cycles_that_get_lower() -> None:
    assert values(cyclic(1, 3, 2, mode="triangular2"), 12) == [1, 2, 3, 2, 1, 1.5, 2, 1.5, 1, 1.25, 1.5, 1.25]
    assert values(cyclic(0, 1, 1, 3, mode="exp_range", gamma=0.5), 7) == pytest.approx(
        [0, 1 / 2, 2 / 3 / 4, 1 / 3 / 8, 0, 1 / 32, 2 / 3 / 64], rel=1e-15
    )
    lr = cosine_restarts(1.25, 2, growth=2, end=0.25, factor=0.5)  # 2, 4, 8 steps of amplitude 1, 1/2, 1/4
    assert [lr(t) for t in (0, 1, 2, 4, 6, 10, 14)] == [1.25, 0.75, 0.75, 0.5, 0.5, 0.375, 0.375]
    lr = cosine_restarts(1.0, 2, factor=0.5)
    assert values(lr, 6) == [1, 0.5, 0.5, 0.25, 0.25, 0.125]


def test_inverse_time() -> None:
    assert values(inverse_time(1.0, 0.5, period=2), 5) == [1, 1 / 1.25, 1 / 1.5, 1 / 1.75, 1 / 2]


def test_one_cycle_past_its_end_and_at_its_limits() -> None:
    lr = one_cycle(1.0, 10)
    assert lr(9) == lr(10) == lr(10**6) == pytest.approx(4e-6)
    assert one_cycle(1.0, 1)(0) == pytest.approx(4e-6)
    assert one_cycle(1.0, 10, pct_start=0.1)(0) == 1.0  # torch divides by zero: the rise has no width
    assert one_cycle(1.0, 5, pct_start=1.0)(4) == 1.0


@pytest.mark.parametrize("growth", [1, 2, 3])
def test_restarts_far_out(growth: int) -> None:
    """Each cycle starts and ends on the very step, however late; floating logarithms would miss it."""
    lr = cosine_restarts(1.0, 3, growth)
    begin, length = 0, 3
    while begin < 10**15:
        assert lr(begin) == 1.0
        assert lr(begin + length - 1) < lr(begin + length // 2) < 1.0
        begin, length = begin + length, length * growth
        if growth == 1:
            begin *= 7
    assert lr(begin) == 1.0
