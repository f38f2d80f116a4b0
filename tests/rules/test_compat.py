"""`compat`: whose defaults, what wins, what it leaves alone. Trajectories are in `test_golden.py`."""

import copy
import inspect
import pickle

import numpy as np
import pytest

import fastopt
from fastopt.optimizers import OPTIMIZERS
from fastopt.rules.compat import COMPAT
from support import assert_same, raises

CLASSES = {cls.__name__: cls for cls in OPTIMIZERS.values()}


@pytest.mark.parametrize("name", COMPAT)
def test_the_field_names_the_libraries_of_the_table(name: str) -> None:
    assert CLASSES[name]._choices["compat"] == tuple(COMPAT[name])
    assert inspect.signature(CLASSES[name]).parameters["compat"].default == "torch"
    for library, defaults in COMPAT[name].items():
        assert set(defaults) <= set(CLASSES[name].__dataclass_fields__), library


def test_only_what_is_in_the_table_has_the_field() -> None:
    assert {name for name, cls in CLASSES.items() if "compat" in cls.__dataclass_fields__} == set(COMPAT)


def test_defaults_are_the_librarys_and_what_is_given_wins() -> None:
    opt = fastopt.Adam(np.ones(2), compat="keras")
    assert (opt.lr, opt.eps, opt.eps_hat, opt.decoupled_weight_decay) == (1e-3, 1e-7, True, True)
    opt = fastopt.Adam(np.ones(2), 0.5, eps=1e-3, eps_hat=False, compat="keras")
    assert (opt.lr, opt.eps, opt.eps_hat, opt.decoupled_weight_decay) == (0.5, 1e-3, False, True)
    assert fastopt.Adam(np.ones(2), compat="paper").bias_correction
    assert not fastopt.Adam(np.ones(2), amsgrad=True, compat="paper").bias_correction
    assert fastopt.Adam(np.ones(2), bias_correction=True, amsgrad=True, compat="paper").bias_correction


def test_torch_is_the_default_and_goes_without_saying() -> None:
    assert repr(fastopt.SGD(np.ones(2), compat="torch")) == repr(fastopt.SGD(np.ones(2)))
    assert repr(fastopt.SGD(np.ones(2), compat="keras")).endswith(", compat='keras')")


def test_it_is_read_and_not_assigned() -> None:
    opt = fastopt.Adagrad(np.ones(2), compat="keras")
    assert opt.compat == "keras"
    with raises(AttributeError, "compat: is fixed when the optimizer is made; make a new one"):
        opt.compat = "torch"


def test_copies_keep_it() -> None:
    opt = fastopt.NAdam(np.ones(2), compat="keras")
    opt.step(np.ones(2))
    twins = copy.deepcopy(opt), pickle.loads(pickle.dumps(opt))
    opt.step(np.ones(2))
    for twin in twins:
        assert twin.compat == "keras"
        twin.step(np.ones(2))
        assert_same(twin, opt)
