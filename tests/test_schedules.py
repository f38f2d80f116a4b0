"""Schedules: the lectures' formulas, torch's numbers, what holds for all, refusals, optimizers on them."""

import inspect
import math
import pickle
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fastopt
from fastopt import schedules
from fastopt.schedules import (
    ReduceOnPlateau,
    Schedule,
    constant,
    cosine,
    cosine_restarts,
    exponential,
    inverse_sqrt,
    join,
    linear,
    linear_scaling,
    one_cycle,
    polynomial,
    step_decay,
    warmup,
)
from support import assert_same


def values(schedule: Callable[[int], float], steps: int) -> list[float]:
    return [schedule(t) for t in range(steps)]


# The lectures, with a0 = 0.1 and T = 100.


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


@pytest.mark.parametrize("mode", ["min", "max"])
def test_plateau_below_zero(mode: str) -> None:
    """A slightly worse log-likelihood is no improvement; torch takes it for one."""
    plateau = ReduceOnPlateau(1.0, mode=mode, factor=0.5, patience=1, threshold=0.1)
    worse = [-10.0, -9.5, -9.2] if mode == "min" else [-10.0, -10.5, -10.9]
    assert [plateau.update(m) for m in worse] == [1.0, 1.0, 0.5]
    assert plateau.best == -10.0


def test_plateau_resumes_from_its_pickle() -> None:
    metrics = [3.0, 2.0, 2.1, 2.0, 2.2, 1.9, 1.9, 1.9, 1.9, 1.9]
    through = ReduceOnPlateau(1.0, factor=0.5, patience=1, cooldown=1)
    expected = [through.update(m) for m in metrics]
    for cut in range(len(metrics)):
        first = ReduceOnPlateau(1.0, factor=0.5, patience=1, cooldown=1)
        got = [first.update(m) for m in metrics[:cut]]
        second = pickle.loads(pickle.dumps(first))
        assert second == first
        assert got + [second.update(m) for m in metrics[cut:]] == expected
        assert second == through


def test_a_refused_metric_changes_nothing() -> None:
    plateau = ReduceOnPlateau(1.0)
    plateau.update(2.0)
    before = pickle.dumps(plateau)
    for metric in ("2.0", None, True, 1j):
        with pytest.raises(TypeError, match="metric: expected a number, got"):
            plateau.update(metric)  # type: ignore[arg-type]
    assert pickle.dumps(plateau) == before


# What holds for all.

amounts = st.just(0.0) | st.floats(1e-6, 10)
counts = st.integers(1, 300)
rises = st.sets(counts, max_size=4).map(sorted)
steps = st.integers(0, 2000)

falling = st.one_of(
    st.builds(step_decay, amounts, period=counts, factor=st.floats(0, 1)),
    st.builds(step_decay, amounts, milestones=rises, factor=st.floats(0, 1)),
    st.builds(exponential, amounts, st.floats(0, 1), counts),
    st.builds(linear, amounts, counts),
    st.builds(cosine, amounts, counts),
    st.builds(polynomial, amounts, counts, st.floats(0.1, 5)),
    st.builds(inverse_sqrt, amounts, counts),
)
simple = st.one_of(
    falling,
    st.builds(constant, amounts),
    st.builds(linear, amounts, counts, amounts),
    st.builds(cosine, amounts, counts, amounts),
    st.builds(polynomial, amounts, counts, st.floats(0.1, 5), amounts),
    st.builds(cosine_restarts, amounts, counts, st.integers(1, 3), amounts),
    st.builds(
        one_cycle,
        amounts,
        counts,
        pct_start=st.floats(0, 0.5),
        anneal_strategy=st.sampled_from(["cos", "linear"]),
        three_phase=st.booleans(),
    ),
)
composed = st.recursive(
    simple,
    lambda inner: st.one_of(
        st.builds(
            warmup,
            inner | amounts,
            st.integers(0, 300),
            first=st.sampled_from(["zero", "one_over_n"]),
            overlap=st.booleans(),
        ),
        rises.flatmap(
            lambda b: st.builds(
                join, st.lists(inner | amounts, min_size=len(b) + 1, max_size=len(b) + 1), st.just(b)
            )
        ),
    ),
    max_leaves=4,
)
some = settings(max_examples=40)


@some
@given(composed, steps)
def test_values_are_finite_and_not_negative(schedule: Schedule, t: int) -> None:
    value = schedule(t)
    assert type(value) is float
    assert 0 <= value < 100
    assert value == schedule(t), "a pure function of the step"
    assert value == schedule(np.int64(t)) == schedule(np.uint16(t))


@some
@given(composed)
def test_text_and_pickle_make_it_again(schedule: Schedule) -> None:
    for again in (eval(repr(schedule), vars(schedules)), pickle.loads(pickle.dumps(schedule))):
        assert again == schedule
        assert hash(again) == hash(schedule)
        assert values(again, 20) == values(schedule, 20)


@some
@given(falling, st.integers(0, 700))
def test_decays_fall(schedule: Schedule, t: int) -> None:
    assert schedule(t + 1) <= schedule(t) * (1 + 1e-15) + 1e-300 <= schedule(0) * (1 + 1e-14) + 1e-299


@some
@given(amounts, amounts, counts, steps)
def test_values_stay_between_the_ends(start: float, end: float, length: int, t: int) -> None:
    low, high = sorted((start, end))
    for schedule in (
        linear(start, length, end),
        cosine(start, length, end),
        polynomial(start, length, 2, end),
    ):
        assert low * (1 - 1e-15) <= schedule(t) <= high * (1 + 1e-15)
        if t >= length:
            assert schedule(t) == end


@some
@given(composed, st.integers(1, 300), st.sampled_from(["zero", "one_over_n"]))
def test_warmup_rises_evenly_and_meets_its_schedule(inner: Schedule, length: int, first: Any) -> None:
    lr = warmup(inner, length, first=first)
    peak = inner(0)
    rise = values(lr, length + 1)
    assert rise[0] == (0 if first == "zero" else pytest.approx(peak / length))
    assert rise[length] == peak
    assert max(abs(b - a) for a, b in pairwise(rise)) <= peak / length * (1 + 1e-12) + 1e-12
    assert [lr(length + t) for t in range(20)] == values(inner, 20)


@some
@given(simple, simple, simple, st.sets(counts, min_size=2, max_size=2).map(sorted), steps)
def test_join_is_each_in_its_turn(a: Schedule, b: Schedule, c: Schedule, at: list[int], t: int) -> None:
    lr = join([a, b, c], at)
    if t < at[0]:
        assert lr(t) == a(t)
    elif t < at[1]:
        assert lr(t) == b(t - at[0])
    else:
        assert lr(t) == c(t - at[1])


@some
@given(amounts, counts, counts, amounts)
def test_a_join_of_what_meets_is_continuous(start: float, one: int, two: int, end: float) -> None:
    lr = join([linear(start, one, 0.5), cosine(0.5, two, end)], [one])
    assert lr(one) == 0.5
    largest = max(abs(start - 0.5) / one, abs(end - 0.5) * math.pi / 2 / two)
    jumps = [abs(b - a) for a, b in pairwise(values(lr, one + two + 2))]
    assert max(jumps) <= largest * (1 + 1e-9) + 1e-15


def test_schedules_are_values() -> None:
    assert linear(1, 10) == linear(1.0, np.int64(10), end=0) != linear(1.0, 11)
    assert cosine(0.1, 10) != linear(0.1, 10)
    assert step_decay(0.1, milestones=[3, 5]) == step_decay(0.1, milestones=np.array([3, 5]))
    assert len({cosine(0.1, 10), cosine(0.1, 10), cosine(0.1, 11)}) == 2
    with pytest.raises(AttributeError):
        cosine(0.1, 10).start = 0.2  # type: ignore[misc]


def test_text() -> None:
    assert repr(cosine(1e-3, 1000)) == "cosine(start=0.001, steps=1000)"
    assert repr(warmup(cosine(1e-3, 900), 100)) == (
        "warmup(schedule=cosine(start=0.001, steps=900), steps=100)"
    )
    assert repr(step_decay(0.1, milestones=[30, 60])) == "step_decay(start=0.1, milestones=(30, 60))"
    assert repr(join([0.1, linear(0.1, 5)], [3])) == (
        "join(schedules=(0.1, linear(start=0.1, steps=5)), boundaries=(3,))"
    )
    plateau = ReduceOnPlateau(0.1, patience=3)
    assert eval(repr(plateau), vars(schedules)) == plateau


def test_growth_ends_in_infinity_and_not_in_an_overflow() -> None:
    lr = exponential(0.1, 2.0)
    assert lr(10) == pytest.approx(102.4)
    assert lr(10_000) == step_decay(1.0, period=1, factor=2.0)(10_000) == math.inf
    p = np.ones(1)
    opt = fastopt.SGD(p, lr=lambda t: lr(10_000))
    with pytest.raises(ValueError, match=r"lr at step 0: expected a finite number >= 0, got inf"):
        opt.step(np.ones(1))


def test_a_schedule_of_ones_own() -> None:
    from dataclasses import dataclass

    @dataclass(frozen=True, repr=False)
    class triangle(Schedule):
        height: schedules.NonNegative
        width: schedules.Count
        note: str = ""

        def _at(self, t: int) -> float:
            return self.height * max(0, 1 - abs(t - self.width) / self.width)

    assert values(triangle(1, 2), 6) == [0, 0.5, 1, 0.5, 0, 0]
    assert repr(warmup(triangle(1, 2), 2)) == "warmup(schedule=triangle(height=1.0, width=2), steps=2)"
    with pytest.raises(ValueError, match="width: expected a whole number >= 1, got 0"):
        triangle(1, 0)
    with pytest.raises(TypeError, match="abstract"):
        Schedule()  # type: ignore[abstract]


# Far out: zero stays zero, and whole numbers know no limit.

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
        (warmup(0.5, 2 * HUGE), 0.25),
        (warmup(linear(0.5, HUGE), HUGE), 0.5),
        (join([0.25, linear(0.5, 10)], [HUGE]), 0.5),
        (ReduceOnPlateau(0.5), 0.5),
    ],
    ids=lambda x: repr(x).replace("0" * 400, "HUGE"),
)
def test_steps_beyond_the_largest_float(schedule: Schedule, value: float) -> None:
    assert schedule(HUGE) == pytest.approx(value, rel=1e-15)
    assert 0 <= schedule(0) <= schedule._span


def test_a_metric_beyond_the_largest_float_is_infinite() -> None:
    plateau = ReduceOnPlateau(0.5, factor=0.5, patience=0)
    assert plateau.update(HUGE) == 0.25, "no improvement on infinity"
    assert plateau.update(-HUGE) == 0.25
    assert plateau.best == -INF
    assert linear_scaling(0.1, HUGE, HUGE) == 0.1


def test_flags_of_numpy() -> None:
    assert one_cycle(1, 9, three_phase=np.True_) == one_cycle(1, 9, three_phase=True)  # type: ignore[arg-type]
    assert repr(warmup(0.5, 2, overlap=np.True_)).endswith("overlap=True)")  # type: ignore[arg-type]


def test_where_a_plateau_has_come_to() -> None:
    plateau = ReduceOnPlateau(0.5, factor=0.5, patience=0, cooldown=3)
    made = "ReduceOnPlateau(start=0.5, factor=0.5, patience=0, cooldown=3)"
    assert repr(plateau) == made
    plateau.update(2.0)
    plateau.update(3.0)
    assert repr(plateau) == f"<{made} at value=0.25, best=2.0, bad_updates=0, cooling=3>"
    assert repr(pickle.loads(pickle.dumps(plateau))) == repr(plateau)


def test_pickles_name_the_public_place() -> None:
    """So they outlive a move from one file to another."""
    for name in schedules.__all__:
        assert getattr(schedules, name).__module__ == "fastopt.schedules"
    assert b"fastopt.schedules\n" in pickle.dumps(cosine(0.1, 10), 0)


# Refusals.


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


# Optimizers on schedules.

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


def test_a_plateau_resumes_with_its_optimizer() -> None:
    opt = fastopt.SGD(np.ones(3), lr=ReduceOnPlateau(0.5, factor=0.5, patience=0))
    assert isinstance(opt.lr, ReduceOnPlateau)
    for metric in (1.0, 1.0, 1.0):
        opt.lr.update(metric)
    again = pickle.loads(pickle.dumps(opt))
    assert again.lr == opt.lr
    again.lr.update(1.0)
    again.step(np.ones(3))
    assert np.array_equal(again.params, np.full(3, 1 - 0.0625))
    assert opt.lr.value == 0.125


# Pictures and pages.


@pytest.fixture
def plt() -> Any:
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    yield plt
    plt.close("all")


def test_plot(plt: Any) -> None:
    ax = cosine(0.1, 50).plot()
    line = ax.lines[0]
    assert line.get_xdata().tolist() == list(range(51))
    assert line.get_ydata().tolist() == values(cosine(0.1, 50), 51)
    assert ax.get_xlabel() == "step"
    assert linear(0.1, 10).plot(steps=30, ax=ax) is ax
    assert len(ax.lines) == 2
    assert ax.lines[1].get_xdata().tolist() == list(range(30))
    assert ax.lines[1].get_label() == "linear(start=0.1, steps=10)"
    long = cosine(0.1, 10**6).plot().lines[0].get_xdata()
    assert len(long) == 2000
    assert (long[0], long[-1]) == (0, 10**6)
    with pytest.raises(ValueError, match="steps: expected a whole number >= 1, got 0"):
        linear(0.1, 10).plot(steps=0)


@some
@given(composed)
def test_every_schedule_knows_what_to_show(schedule: Schedule) -> None:
    assert schedule._span >= 1
    schedule(schedule._span - 1)


def test_plot_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match="matplotlib"):
        cosine(0.1, 50).plot()


@pytest.mark.parametrize("name", [name for name in schedules.__all__ if name != "Schedule"])
def test_pages(name: str) -> None:
    thing = getattr(schedules, name)
    text = inspect.getdoc(thing) or ""
    for section in ("Parameters", "Raises", "References", "Examples"):
        assert f"{section}\n{'-' * len(section)}\n" in text, section
    assert ":math:" in text or ".. math::" in text
    for argument in inspect.signature(thing).parameters:
        assert re.search(rf"^(\w+, )*{argument}(, \w+)* : ", text, re.MULTILINE), argument
