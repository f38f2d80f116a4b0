"""What `train` refuses, before anything is computed."""

import math
import re
from fractions import Fraction
from functools import partial

import numpy as np
import pytest

from fastopt import LBFGS, SGD, regularizers
from fastopt.training import Callback
from runs import Watch
from training.problem import A, B, fit, start

W = np.zeros(3)
WATCH = Watch()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"loss_and_grads": 3}, TypeError, "loss_and_grads: expected a function, got int"),
        ({"epochs": 0}, ValueError, "epochs: expected a whole number >= 1, got 0"),
        ({"epochs": 1.5}, TypeError, "epochs: expected a whole number >= 1, got 1.5 (float)"),
        ({"epochs": True}, TypeError, "epochs: expected a whole number >= 1, got True"),
        ({"batch_size": 0}, ValueError, "batch_size: expected a whole number >= 1, got 0"),
        ({"batch_size": "8"}, TypeError, "batch_size: expected a whole number >= 1, got '8'"),
        ({"data": (A, B[1:])}, ValueError, "y: expected 40 labels, one a row of x, got 39"),
        ({"data": (A[:0], B[:0])}, ValueError, "x: expected at least one sample, got none"),
        ({"data": (A, B, B[:3])}, ValueError, "data[2]: expected 40 rows, one a row of data[0], got 3"),
        ({"data": ()}, ValueError, "data: expected an array, or a tuple of arrays, got none"),
        ({"data": [A, B]}, TypeError, "data: expected an array, or a tuple of arrays as in (x, y), got a li"),
        (
            {"data": (A, ["a"] * 40)},
            TypeError,
            "y: expected an array of numbers with one row a sample, got <U1",
        ),
        ({"data": None}, TypeError, "data[0]: expected an array of numbers with one row a sample"),
        ({"params": [1.0]}, TypeError, "params[0]: expected a NumPy array"),
        ({"params": {}}, ValueError, "params: expected at least one array"),
        ({"optimizer": "adam"}, TypeError, "optimizer: expected an optimizer of fastopt, or a class"),
        ({"optimizer": lambda params: None}, TypeError, "got None from <function"),
        ({"optimizer": LBFGS}, TypeError, "L-BFGS needs all samples at once: fastopt.minimize"),
        ({"optimizer": SGD(start())}, ValueError, "got one over another params['w'], and training would"),
        ({"optimizer": SGD(W)}, ValueError, "expected one over params, with [\"params['w']\""),
        ({"optimizer": partial(SGD, lr=-1)}, ValueError, "lr: expected a finite number >= 0, got -1"),
        ({"regularizer": 0.1}, TypeError, "regularizer: expected one of fastopt.regularizers, got 0.1"),
        ({"regularizer": [None]}, TypeError, "regularizer[0]: expected one of fastopt.regularizers"),
        ({"regularizer": regularizers.l2(1, only="v")}, ValueError, "only: expected keys of params"),
        ({"callbacks": [3]}, TypeError, "callbacks[0]: expected an object of a class derived from"),
        ({"callbacks": [Callback]}, TypeError, "callbacks[0]: expected an object of a class derived"),
        ({"callbacks": 3}, TypeError, "callbacks: expected an object of a class derived from"),
        ({"callbacks": [print, WATCH, WATCH]}, ValueError, "callbacks[2]: expected each object once, got <"),
        (
            {"seed": -1},
            ValueError,
            "seed: expected an integer >= 0, a numpy.random.Generator or None, got -1",
        ),
        (
            {"seed": "a"},
            TypeError,
            "seed: expected an integer >= 0, a numpy.random.Generator or None, got 'a'",
        ),
        (
            {"seed": 1.5},
            TypeError,
            "seed: expected an integer >= 0, a numpy.random.Generator or None, got 1.5",
        ),
        ({"validation": 3}, TypeError, "validation: expected a tuple of arrays as data, or a function"),
        ({"validation": (A,)}, ValueError, "validation: expected 2 arrays, as data, got 1"),
        ({"validation": (A, B[:3])}, ValueError, "validation: y: expected 40 labels, one a row of x, got 3"),
        ({"validation": (A[:0], B[:0])}, ValueError, "validation: x: expected at least one sample, got none"),
        ({"metrics": print}, ValueError, "metrics: expected validation data to compute them on"),
        ({"validation": (A, B), "metrics": {"loss": print}}, ValueError, "metrics: 'loss' is there"),
        ({"validation": (A, B), "metrics": {"a": 3}}, TypeError, "metrics: expected functions under"),
        ({"validation": (A, B), "metrics": 3}, TypeError, "metrics: expected functions under names"),
    ],
)
def test_refused_before_anything_is_computed(options, error, message):
    def never(*args):
        raise AssertionError("called")

    with pytest.raises(error, match=re.escape(message)):
        fit(**{"loss_and_grads": never} | options)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (
            {"loss_and_grads": lambda p, x, y: 0.5},
            TypeError,
            "loss_and_grads: expected to return (loss, grad",
        ),
        ({"loss_and_grads": lambda p, x, y: ([1, 2], p)}, TypeError, "expected one number as the loss"),
        ({"loss_and_grads": lambda p, x, y: ("1", p)}, TypeError, "expected one number as the loss, got '1'"),
        ({"loss_and_grads": lambda p, x, y: (1j, p)}, TypeError, "expected one number as the loss, got 1j"),
        ({"loss_and_grads": lambda p, x, y: (1.0, {"w": p["w"]})}, ValueError, "grads"),
    ],
)
def test_what_loss_and_grads_returns_is_judged(options, error, message):
    with pytest.raises(error, match=re.escape(message)):
        fit(**options)


@pytest.mark.parametrize(
    ("loss", "status", "seen"),
    [
        pytest.param(10**400, "diverged", math.inf, id="beyond every float"),
        pytest.param(np.array([[2.5]]), "finished", 2.5, id="an array of one"),
        pytest.param(Fraction(5, 2), "finished", 2.5, id="a fraction"),
        pytest.param(np.float16(2.5), "finished", 2.5, id="half precision"),
    ],
)
def test_a_loss_is_any_number(loss, status, seen):
    def loss_and_grads(p, x, y, everywhere):
        return loss if everywhere or len(x) == len(A) else 1.0, {k: np.zeros_like(a) for k, a in p.items()}

    assert fit(loss_and_grads=partial(loss_and_grads, everywhere=True))[1].status == status
    _, history = fit(loss_and_grads=partial(loss_and_grads, everywhere=False), validation=(A, B))
    assert set(history.metrics["val_loss"]) == {seen}
