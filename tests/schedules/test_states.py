"""States of schedules: saved with the optimizer, loaded all or none."""

import copy
import dataclasses
import math
import pickle
import re
from typing import Any

import numpy as np
import pytest

import fastopt
from fastopt.schedules import ReduceOnPlateau, Schedule, cosine, join, swa, warmup
from support import assert_same


class Patience:
    """A schedule of one's own: halved each time it is asked to."""

    def __init__(self, value: float) -> None:
        self.memory = {"value": value}

    def __call__(self, step: int) -> float:
        return self.memory["value"]

    def update(self, metric: float) -> float:
        self.memory["value"] /= 2
        return self.memory["value"]

    def state_dict(self) -> dict[str, float]:
        return self.memory

    def load_state_dict(self, state: dict[str, float]) -> None:
        self.memory = state


@dataclasses.dataclass(repr=False)
class Halving(Schedule):
    """Another one, with a field for its state."""

    start: float
    times: int = dataclasses.field(init=False, default=0)

    def _at(self, t: int) -> float:
        return self.start / 2**self.times

    def update(self, metric: float) -> float:
        self.times += 1
        return self(0)


# What is updated, and the hyperparameters that are made of it.
TOLD: dict[str, tuple[Any, Any]] = {
    "plateau": (lambda: [ReduceOnPlateau(0.5, factor=0.5, patience=0)], lambda a: {"lr": a}),
    "warmup": (
        lambda: [ReduceOnPlateau(0.5, factor=0.5, patience=0)],
        lambda a: {"lr": warmup(a, 5, overlap=True)},
    ),
    "join": (
        lambda: [ReduceOnPlateau(0.5, factor=0.5, patience=0, cooldown=2), Patience(0.5)],
        lambda a, b: {"lr": join([warmup(b, 2), 0.25, a], [2, 4])},
    ),
    "product": (
        lambda: [ReduceOnPlateau(0.5, factor=0.5, patience=0), Patience(0.5)],
        lambda a, b: {"lr": swa(0.5 * a, 5, 0.25, 8) * b},
    ),
    "momentum": (lambda: [ReduceOnPlateau(0.5, factor=0.5, patience=0)], lambda a: {"betas": (a, 0.75)}),
    "several": (
        lambda: [Halving(0.5), Patience(0.25), ReduceOnPlateau(0.5, factor=0.5, patience=1)],
        lambda a, b, c: {"lr": a, "betas": (b, warmup(c, 3, first="one_over_n")), "weight_decay": b},
    ),
}


@pytest.mark.parametrize("name", TOLD)
@pytest.mark.parametrize("how", ["state_dict", "pickle", "deepcopy"])
def test_states_of_schedules_are_of_the_run(name: str, how: str) -> None:
    make, hyper = TOLD[name]
    grads = np.random.default_rng(3).standard_normal((9, 4))

    def steps(opt: fastopt.Optimizer, told: list[Any], part: slice) -> None:
        for g in grads[part]:
            opt.step(g)
            for schedule in told:
                schedule.update(1.0)

    through = fastopt.AdamW(np.ones(4), **hyper(*(told := make())))
    steps(through, told, slice(None))
    half = fastopt.AdamW(np.ones(4), **hyper(*(told := make())))
    steps(half, told, slice(5))
    values = [schedule(100) for schedule in told]
    if how == "state_dict":
        saved = half.state_dict()
        steps(half, told, slice(5))  # which the saved ones know nothing of
        again = make()
        resumed = fastopt.AdamW(through.params.copy(), **hyper(*again))
        resumed.load_state_dict(saved)
        resumed.load_state_dict(pickle.loads(pickle.dumps(saved)))
        assert [schedule(100) for schedule in again] == values
    else:
        copied = pickle.loads(pickle.dumps((half, told))) if how == "pickle" else copy.deepcopy((half, told))
        resumed, again = copied
    first = fastopt.AdamW(np.ones(4), **hyper(*(told := make())))
    steps(first, told, slice(5))
    resumed.params[...] = first.params
    steps(resumed, again, slice(5, None))
    assert_same(resumed, through)
    if how == "state_dict":  # and nothing of it is shared with the dict
        third = make()
        fastopt.AdamW(np.ones(4), **hyper(*third)).load_state_dict(saved)
        assert [schedule(100) for schedule in third] == values


def test_a_state_dict_without_schedules_leaves_them() -> None:
    assert list(fastopt.SGD(np.ones(3), lr=cosine(0.1, 5)).state_dict()) == ["rule", "steps", "state"]
    old = fastopt.SGD(np.ones(3)).state_dict()
    lr = ReduceOnPlateau(0.5, factor=0.5, patience=0)
    assert [lr.update(metric) for metric in (1.0, 1.0)] == [0.5, 0.25]
    fastopt.SGD(np.ones(3), lr=lr).load_state_dict(old)
    assert lr.value == 0.25


GOOD = {"value": 0.25, "best": 1.0, "bad_updates": 0, "cooling": 0}


@pytest.mark.parametrize(
    ("states", "error", "message"),
    [
        (3, TypeError, "state_dict['schedules']: expected a dict of the states of schedules, got int"),
        (
            {},
            ValueError,
            "state_dict['schedules']: expected the states of ['lr', 'momentum'], got those of []",
        ),
        ({"lr": GOOD}, ValueError, "expected the states of ['lr', 'momentum'], got those of ['lr']"),
        ({"lr": GOOD, "weight_decay": GOOD}, ValueError, "got those of ['lr', 'weight_decay']"),
        (
            {"lr": GOOD, "momentum": {"schedule": GOOD | {"value": -1}}},
            ValueError,
            "state_dict['schedules']['momentum']: state['schedule']: value: expected a finite number >= 0",
        ),
        ({"lr": GOOD, "momentum": GOOD}, ValueError, "state: expected the states of ['schedule'], got those"),
        ({"lr": GOOD, "momentum": 3}, TypeError, "['momentum']: state: expected a dict, got int"),
        (
            {"momentum": {"schedule": GOOD}, "lr": GOOD | {"best": math.nan}},
            ValueError,
            "state_dict['schedules']['lr']: best: expected a number, got nan",
        ),
        (
            {"momentum": {"schedule": GOOD}, "lr": GOOD | {"cooling": 0.5}},
            TypeError,
            "state_dict['schedules']['lr']: cooling: expected a whole number >= 0, got 0.5 (float)",
        ),
    ],
)
def test_bad_states_change_nothing(states: Any, error: type[Exception], message: str) -> None:
    lr, inner = (ReduceOnPlateau(0.5, factor=0.5, patience=0) for _ in range(2))
    opt = fastopt.SGD(np.ones(3), lr=lr, momentum=warmup(inner, 1))
    opt.step(np.ones(3))
    for schedule in (lr, inner):
        schedule.update(1.0)
    good, before = opt.state_dict(), repr(opt.state_dict())
    with pytest.raises(error, match=re.escape(message)):
        opt.load_state_dict(good | {"steps": 7, "schedules": states})
    assert repr(opt.state_dict()) == before


def test_a_schedule_that_fails_halfway_is_put_back() -> None:
    class Torn(Patience):
        def load_state_dict(self, state: dict[str, float]) -> None:
            self.memory["value"] = 0.0
            if state["value"] == 0.125:
                raise KeyError("mine")
            self.memory = state

    lr, decay = ReduceOnPlateau(0.5, factor=0.5, patience=0), Torn(0.5)
    opt = fastopt.SGD(np.ones(3), lr=lr, weight_decay=decay)
    saved = opt.state_dict()
    saved["schedules"]["lr"]["value"], saved["schedules"]["weight_decay"]["value"] = 0.25, 0.125
    with pytest.raises(KeyError, match="mine"):
        opt.load_state_dict(saved)
    assert (lr.value, decay.memory) == (0.5, {"value": 0.5})
