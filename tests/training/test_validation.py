"""Validation, by data or by a function."""

import math
import re

import numpy as np
import pytest

from fastopt import SGD
from fastopt._common.fingerprint import fingerprint
from fastopt.training import evaluation
from training.problem import A, B, fit, start


def test_validation_data_and_metrics():
    def largest(params, x, y):
        assert len(y) == 40
        return np.abs(x @ params["w"] + params["b"] - y).max()

    params, one = fit(validation=(A, B), metrics=largest)
    _, two = fit(validation=(A, B), metrics={"largest": largest, "norm": lambda p, x, y: p["b"][0]})
    assert list(one.metrics) == ["val_loss", "val_largest"]
    assert one.metrics["val_largest"][-1] == largest(params, A, B)
    assert two.metrics["val_largest"] == one.metrics["val_largest"]
    assert two.metrics["val_norm"][-1] == params["b"][0]


def test_validation_data_are_taken_in_pieces(monkeypatch):
    _, whole = fit(validation=(A, B))
    monkeypatch.setattr(evaluation, "ROWS", 7)
    _, pieces = fit(validation=(A, B))
    assert pieces.metrics["val_loss"] == pytest.approx(whole.metrics["val_loss"])


def test_validation_by_a_function():
    _, history = fit(validation=lambda params: {"gap": np.float32(0.5), "bad": math.nan}, epochs=2)
    assert str(history.metrics) == "{'gap': [0.5, 0.5], 'bad': [nan, nan]}"
    assert history.to_dict()["metrics"]["bad"] == [None, None]


@pytest.mark.parametrize("later", [{"a": 1.0}, {"a": 1.0, "c": 2.0}, {"a": 1.0, "b": 2.0, "c": 3.0}, {}])
def test_validation_gives_the_same_names_each_time(later):
    calls = []

    def validation(params):
        calls.append(1)
        return {"b": 2.0, "a": 1.0} if len(calls) < 3 else later

    message = f"validation: expected the names ['b', 'a'], as at first, got {list(later)}"
    with pytest.raises(ValueError, match=re.escape(message)):
        fit(validation=validation)
    assert len(calls) == 3
    calls[:], later = [], {"a": 1.0, "b": 2.0}
    assert list(fit(validation=validation)[1].metrics) == ["b", "a"]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"validation": lambda p: 0.5}, TypeError, "validation: expected a dict of numbers by name, got"),
        ({"validation": lambda p: {"a": "b"}}, TypeError, "validation: a: expected a number, got 'b'"),
        (
            {"validation": lambda p: {"loss": 1}},
            ValueError,
            "validation: expected names that are not in use, got ['loss']",
        ),
        ({"validation": lambda: {}}, TypeError, "validation: <lambda>() takes 0 positional"),
        ({"validation": lambda p: p["v"]}, KeyError, "v"),
        ({"validation": (A[:, 1:], B)}, ValueError, "validation: matmul: "),
        (
            {"validation": (A, B), "metrics": lambda *a: None},
            TypeError,
            "metrics: val_<lambda>: expected a n",
        ),
        ({"validation": (A, B), "metrics": {"r": lambda p, x: 1}}, TypeError, "metrics: "),
        ({"validation": (A, B), "metrics": {"r": lambda p, x, y: x @ y}}, ValueError, "metrics: matmul: "),
    ],
)
def test_validation_is_tried_before_the_first_step(options, error, message):
    params = start()
    with pytest.raises(error, match=re.escape(message)) as raised:
        fit(params, optimizer=SGD(params, lr=0.1), **options)
    if error is KeyError:
        assert raised.value.__notes__ == ["raised by validation of fastopt.train"]
    assert fingerprint(params) == fingerprint(start())
