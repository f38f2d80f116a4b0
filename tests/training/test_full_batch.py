"""Training on all samples at once: L-BFGS as a run."""

import numpy as np
import pytest

from fastopt import minimize, regularizers
from fastopt._common.fingerprint import fingerprint
from fastopt._common.trees import named
from fastopt.training import Run, train_in_turns
from fastopt.training.full_batch import LbfgsRun

X = np.random.default_rng(0).normal(size=(40, 6))
Y = X @ np.array([[3.0], [0.0], [0.0], [-2.0], [0.0], [0.0]]) + 1.0


def loss_and_grads(params, x, y):
    weights, bias = params.values() if isinstance(params, dict) else params
    error = x @ weights + bias - y
    return float((error**2).mean()), like(params, 2 * (x.T @ error) / len(x), 2 * error.mean(axis=0))


def like(params, *entries):
    return dict(zip(params, entries, strict=True)) if isinstance(params, dict) else list(entries)


@pytest.mark.parametrize("like_this", [[0, 0], {"w": 0, "b": 0}], ids=["list", "dict"])
@pytest.mark.parametrize("strengths", [(), (0.5,), (0.2, 0.3)], ids=str)
def test_it_goes_where_minimize_goes(like_this, strengths):
    params, start = (like(like_this, np.zeros((6, 1)), np.zeros(1)) for _ in range(2))
    penalties = [regularizers.l1(strength) for strength in strengths]
    run = LbfgsRun("L-BFGS", loss_and_grads, params, (X, Y), regularizers=penalties)
    assert train_in_turns([run], epochs=200).status == "stopped"

    l1 = like(like_this, sum(strengths), 0.0)  # not on the bias
    result = minimize(
        lambda p: loss_and_grads(p, X, Y), start, l1=l1 if strengths else 0.0, options={"gtol": 1e-5}
    )
    assert fingerprint(named(params)) == fingerprint(named(result.x))
    assert (run.steps, run.evaluations, run.said) == (result.nit, result.nfev, result.message)
    assert run.history[-1].loss == pytest.approx(result.fun, rel=1e-15)  # which sums l1 in another order
    weights = params["w"] if isinstance(params, dict) else params[0]
    assert np.count_nonzero(weights) == (2 if strengths else 6)


def test_a_run_without_a_way_to_move_is_refused():
    run = Run("still", loss_and_grads, [np.zeros((6, 1)), np.zeros(1)], (X, Y), None, batch_size=4, seed=0)
    with pytest.raises(TypeError, match="update: expected a function of the gradients for the still run"):
        train_in_turns([run], epochs=1)
