"""Logistic regression by `fastopt.minimize`: scikit-learn's optimum (tests/golden/logistic/record.py)."""

import json
from typing import Any

import numpy as np
import pytest

import fastopt
from fastopt import data
from fastopt.models import Linear
from fastopt.nn import models
from fastopt.regularizers import l2
from support import GOLDEN, Array

pytest.importorskip("sklearn.datasets", reason="the digits come with scikit-learn")

OPTIMA = json.loads((GOLDEN / "logistic/recorded.json").read_text())["optima"]


def softmax(scores: Array) -> Array:
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    probabilities: Array = e / e.sum(axis=1, keepdims=True)
    return probabilities


def fit(dtype: str, C: float, gtol: float) -> tuple[Any, Linear, data.Dataset]:
    digits = data.digits(dtype=dtype)
    model = Linear(digits.n_features, 10)
    penalty = l2(1 / (2 * C * len(digits.x_train)))

    def objective(params: Any) -> tuple[float, Any]:
        loss, grads = model.loss_and_grads(params, digits.x_train, digits.y_train)
        return loss + penalty.add_to(params, grads), grads

    start = {"W": np.zeros((digits.n_features, 10), dtype), "b": np.zeros(10, dtype)}
    return fastopt.minimize(objective, start, options={"gtol": gtol, "ftol": 0}), model, digits


@pytest.mark.parametrize("want", OPTIMA, ids=lambda want: f"C={want['C']:g}")
def test_the_optimum_of_sklearn(want: dict[str, Any]) -> None:
    result, model, digits = fit("float64", want["C"], 1e-10)
    assert result.success
    assert result.fun == pytest.approx(want["objective"], rel=1e-12)
    assert np.linalg.norm(result.x["W"]) == pytest.approx(want["norm"], rel=1e-6)
    np.testing.assert_allclose(result.x["b"], want["intercept"], atol=1e-6)
    found = softmax(model.scores(result.x, digits.x_test))
    few = np.array(want["probabilities"])
    np.testing.assert_allclose(found[: len(few)], few, atol=1e-6)
    assert (found.argmax(axis=1) == digits.y_test).mean() == pytest.approx(want["accuracy"])


def test_in_single_precision() -> None:
    want = OPTIMA[-1]
    result, model, digits = fit("float32", want["C"], 1e-5)
    assert result.x["W"].dtype == np.float32
    assert result.fun == pytest.approx(want["objective"], rel=1e-5)
    found = softmax(model.scores(result.x, digits.x_test))
    few = np.array(want["probabilities"])
    np.testing.assert_allclose(found[: len(few)], few, atol=2e-3)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_blocks_of_rows_change_rounding_only(
    monkeypatch: pytest.MonkeyPatch, dtype: str, runtime: None
) -> None:
    rng = np.random.default_rng(0)
    x, labels = rng.standard_normal((1003, 7)).astype(dtype), rng.integers(3, size=1003)
    model = Linear(7, 3)
    params = {
        name: a + rng.standard_normal(a.shape).astype(dtype) for name, a in model.init(0, dtype).items()
    }
    whole = model.loss_and_grads(params, x, labels)
    seen: list[int] = []
    inner = model.scores
    monkeypatch.setattr(models, "SINGLE", 7 * 3 * 100 + 1)
    monkeypatch.setattr(Linear, "scores", lambda self, params, x: (seen.append(len(x)), inner(params, x))[1])
    fastopt.set_num_threads(2)
    value, grads = model.loss_and_grads(params, x, labels)
    assert seen == [100] * 10 + [3]
    eps = float(np.finfo(dtype).eps)
    assert value == pytest.approx(whole[0], rel=10 * eps)
    for name, grad in grads.items():
        assert grad.dtype == dtype
        np.testing.assert_allclose(grad, whole[1][name], atol=10 * eps)
    fastopt.set_num_threads(5)
    assert model.loss_and_grads(params, x, labels)[0] == whole[0]
    assert seen[-1] == 1003


def test_a_wrong_label_is_named_by_its_row(monkeypatch: pytest.MonkeyPatch, runtime: None) -> None:
    monkeypatch.setattr(models, "SINGLE", 7 * 3 * 20 + 1)
    fastopt.set_num_threads(1)
    labels = np.zeros(1000, int)
    labels[777] = 3
    with pytest.raises(ValueError, match=r"labels\[777\]"):
        Linear(7, 3).loss_and_grads(Linear(7, 3).init(0), np.zeros((1000, 7), np.float32), labels)
