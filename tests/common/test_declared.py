"""A mistyped attribute is refused, where it would be taken and do nothing."""

import copy
import pickle
import re
from typing import Any

import numpy as np
import pytest

import fastopt
from cases import CASES, Case
from fastopt.callbacks import Checkpoint, EarlyStopping, Print, TimeBudget
from fastopt.schedules import ReduceOnPlateau
from shapes import as_taken

OBJECTS = [
    lambda: fastopt.AdamW(np.zeros(2)),
    lambda: fastopt.LBFGS(np.zeros(2)),
    lambda: EarlyStopping("loss"),
    lambda: Checkpoint("weights.npz", "loss"),
    lambda: TimeBudget(1.0),
    Print,
    lambda: ReduceOnPlateau(0.1),
]
WRONG = [
    (0, "learning_rate", "learning_rate: AdamW has no such attribute; did you mean lr?"),
    (0, "weight_decai", "weight_decai: AdamW has no such attribute; did you mean weight_decay?"),
    (0, "momentum", "momentum: AdamW has no such attribute; did you mean betas?"),
    (
        0,
        "zzz",
        "zzz: AdamW has no such attribute; there are amsgrad, betas, bias_correction, compat, "
        "corrected_maximum, eps, eps_hat, lr, maximize, "
        "params, rules, state, steps, weight_decay (a subclass declares its own in its body)",
    ),
    (1, "memory", "memory: LBFGS has no such attribute; there are "),
    (1, "stat_dict", "stat_dict: LBFGS has no such attribute; did you mean state_dict?"),
    (2, "patience", "patience: EarlyStopping has no such attribute; there are "),
    (3, "paht", "paht: Checkpoint has no such attribute; did you mean path?"),
    (4, "second", "second: TimeBudget has no such attribute; did you mean seconds?"),
    (5, "every", "every: Print has no such attribute; there are none (a subclass declares "),
    (6, "patiense", "patiense: ReduceOnPlateau has no such attribute; did you mean patience?"),
]


def raises(message: str) -> Any:
    return pytest.raises(AttributeError, match="^" + re.escape(message))


@pytest.mark.parametrize(("k", "name", "message"), WRONG)
def test_unknown_names_are_refused(k: int, name: str, message: str) -> None:
    thing: Any = OBJECTS[k]()
    with raises(message):
        setattr(thing, name, 1)
    assert name not in vars(thing)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_optimizer_takes_one(case: Case) -> None:
    opt: Any = case.make(as_taken(case.optimizer, np.zeros(2)))
    for twin in (opt, copy.copy(opt), copy.deepcopy(opt)):
        with raises(f"learning_rate: {type(opt).__name__} has no such attribute; did you mean lr?"):
            twin.learning_rate = 0.5


def test_what_is_known_is_taken() -> None:
    opt = fastopt.SGD(np.zeros(2), momentum=0.9)
    opt.lr, opt.momentum, opt.weight_decay = 0.5, 0.8, 0.1
    plateau = ReduceOnPlateau(0.1)
    plateau.value = 0.05
    assert (opt.lr, opt.momentum, plateau(0)) == (0.5, 0.8, 0.05)


class Tagged(fastopt.SGD):
    """One that declares its own in every way there is."""

    annotated: str
    valued = 1
    __slots__ = ("slot",)

    def __init__(self, params: Any, tag: str) -> None:
        super().__init__(params)
        self.annotated = tag
        self._private = tag

    @property
    def half(self) -> float:
        assert isinstance(self.lr, float)
        return self.lr / 2

    @half.setter
    def half(self, value: float) -> None:
        self.lr = 2 * value


class Below(Tagged):
    """And one below it."""

    own: int


def test_a_subclass_declares_its_own() -> None:
    for cls in (Tagged, Below):
        opt: Any = cls(np.zeros(2), "mine")
        opt.valued, opt.slot, opt.half = 2, 3, 0.25
        assert (opt.annotated, opt._private, opt.valued, opt.slot, opt.lr) == ("mine", "mine", 2, 3, 0.5)
        with raises(f"anotated: {cls.__name__} has no such attribute; did you mean annotated?"):
            opt.anotated = "yours"
        assert pickle.loads(pickle.dumps(opt)).annotated == "mine"
    opt.own = 1
    with raises("oun: Below has no such attribute; did you mean own?"):
        opt.oun = 1


def test_a_result_suggests_what_was_meant() -> None:
    result = fastopt.minimize(lambda x: (float(x @ x), 2 * x), np.ones(2))
    result.note = "a dict with attributes, as SciPy's"
    assert result["note"] == result.note
    for name, message in (
        ("fnu", "fnu: the result has no such entry; did you mean fun?"),
        ("zzzz", "zzzz: the result has no such entry; there are x, fun, jac"),
    ):
        with raises(message):
            getattr(result, name)
    assert not hasattr(pickle.loads(pickle.dumps(result)), "fnu")
