"""What holds for all schedules, whatever their fields."""

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastopt.schedules import (
    Schedule,
    cosine,
    join,
    linear,
    polynomial,
    warmup,
)
from schedules.made import amounts, composed, counts, falling, simple, some, steps, values


@some
@given(composed, steps)
def test_values_are_finite_and_not_negative(schedule: Schedule, t: int) -> None:
    value = schedule(t)
    assert type(value) is float
    assert 0 <= value < math.inf
    assert value == schedule(t), "a pure function of the step"
    assert value == schedule(np.int64(t)) == schedule(np.uint16(t))


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


@some
@given(composed)
def test_every_schedule_knows_what_to_show(schedule: Schedule) -> None:
    assert schedule._span >= 1
    schedule(schedule._span - 1)
