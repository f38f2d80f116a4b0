"""`fastopt.gradcheck` is a function, as in torch, and the module with its names."""

import copy
import functools
import importlib
import inspect
import pickle
from typing import Any

import numpy as np
import pytest

import fastopt
import fastopt.gradcheck as module
from fastopt import gradcheck as top
from fastopt.gradcheck import gradcheck as function

X = np.array([1.0, -2.0, 3.0])


def right(w: Any) -> tuple[float, Any]:
    return float(w @ w), 2 * w


def wrong(w: Any) -> tuple[float, Any]:
    return float(w @ w), w


@pytest.mark.parametrize(
    "check",
    [fastopt.gradcheck, top, module, function, module.gradcheck, functools.partial(fastopt.gradcheck)],
    ids=["attribute", "from the top", "module", "from the module", "of the module", "partial"],
)
def test_every_spelling_checks(check: Any) -> None:
    assert check(right, X)
    with pytest.raises(module.GradientError, match="1/2 x numeric everywhere"):
        check(wrong, X)
    assert check(wrong, inputs=X, raise_exception=False).status == "failed"


def test_it_is_one_object_however_often_imported() -> None:
    assert fastopt.gradcheck is top is module is importlib.import_module("fastopt.gradcheck")
    assert fastopt.gradcheck.gradcheck is function


@pytest.mark.parametrize("name", ["check_jacobian", "grad_check_sparse", "gradgradcheck", "numeric_gradient"])
def test_its_companions_are_beside_it(name: str) -> None:
    assert getattr(fastopt, name) is getattr(module, name)
    assert name in fastopt.__all__


@pytest.mark.parametrize(
    "again",
    [copy.copy, copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))],
    ids=["copy", "deepcopy", "pickle"],
)
def test_copies_are_itself(again: Any) -> None:
    """As of any function: a worker of another process gets the same."""
    assert again(fastopt.gradcheck) is fastopt.gradcheck
    assert again({"check": function})["check"] is function


def test_signature_and_help_are_of_the_function(capsys: pytest.CaptureFixture[str]) -> None:
    assert inspect.signature(fastopt.gradcheck) == inspect.signature(function)
    help(fastopt.gradcheck)
    shown = capsys.readouterr().out
    assert "fastopt.gradcheck(f, inputs)" in shown
    assert "Check a gradient against differences of its function" in shown
