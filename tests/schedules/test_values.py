"""Schedules are values: equal, hashed, pickled, written as text, and made by users."""

import copy
import math
import pickle
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given

from fastopt import schedules
from fastopt.schedules import (
    ReduceOnPlateau,
    Schedule,
    cosine,
    exponential,
    join,
    linear,
    multiplicative,
    one_cycle,
    product,
    step_decay,
    warmup,
)
from schedules.made import composed, some, values


@some
@given(composed)
def test_text_and_pickle_make_it_again(schedule: Schedule) -> None:
    for again in (eval(repr(schedule), vars(schedules)), pickle.loads(pickle.dumps(schedule))):
        assert again == schedule
        assert hash(again) == hash(schedule)
        assert values(again, 20) == values(schedule, 20)


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
    assert repr(2 * linear(0.1, 5)) == "product(schedules=(2.0, linear(start=0.1, steps=5)))"
    assert repr(step_decay(0.1, milestones=[30, 60])) == "step_decay(start=0.1, milestones=(30, 60))"
    assert repr(join([0.1, linear(0.1, 5)], [3])) == (
        "join(schedules=(0.1, linear(start=0.1, steps=5)), boundaries=(3,))"
    )
    plateau = ReduceOnPlateau(0.1, patience=3)
    assert eval(repr(plateau), vars(schedules)) == plateau


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


def test_flags_of_numpy() -> None:
    assert one_cycle(1, 9, three_phase=np.True_) == one_cycle(1, 9, three_phase=True)  # type: ignore[arg-type]
    assert repr(warmup(0.5, 2, overlap=np.True_)).endswith("overlap=True)")  # type: ignore[arg-type]


def test_times_is_the_product() -> None:
    """Of schedules, functions and numbers of any type, on either side."""
    a, b = linear(1.0, 4), step_decay(0.5, period=2, factor=0.5)
    assert values(a * b, 5) == [0.5, 0.375, 0.125, 0.0625, 0]
    assert a * b == product((a, b)) != b * a
    assert values(a * b * 2, 5) == values(a * (b * 2), 5) == [1, 0.75, 0.25, 0.125, 0]
    assert values(a * float, 5) == values(float * a, 5) == [0, 0.75, 1, 0.75, 0]  # type: ignore[operator]
    for two in (2, 2.0, np.float64(2), np.float32(2), np.int8(2), Fraction(2)):
        assert two * a == product((2, a))
        assert a * two == product((a, 2))


def test_multiplied_steps_are_the_same_in_any_order() -> None:
    asked: list[int] = []

    def factor(step: int) -> float:
        asked.append(step)
        return 1 - 1 / (step + 3)

    lr = multiplicative(0.3, factor)
    expected = [0.3]
    for t in range(1, 30):
        expected.append(expected[-1] * (1 - 1 / (t + 3)))
    assert values(lr, 30) == expected
    assert asked == list(range(1, 30)), "each step once"
    for t in (29, 3, 3, 0, 17, 28):
        assert lr(t) == expected[t]
    assert lr == multiplicative(0.3, factor)
    assert copy.deepcopy(lr)(20) == expected[20]
    assert multiplicative(0.0, lambda t: math.inf)(10**300) == 0
    assert values(multiplicative(0.3, 0.9), 9) == values(exponential(0.3, 0.9), 9)


def test_pickles_name_the_public_place() -> None:
    """So they outlive a move from one file to another."""
    for name in schedules.__all__:
        assert getattr(schedules, name).__module__ == "fastopt.schedules"
    assert b"fastopt.schedules\n" in pickle.dumps(cosine(0.1, 10), 0)
