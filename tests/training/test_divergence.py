"""Losses and metrics that are not finite."""

import math
from functools import partial

import numpy as np
import pytest

from fastopt import SGD
from fastopt.training import train_in_turns
from fastopt.training.comparison import compare
from runs import MODEL, make_run
from training.problem import fit


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_is_not_stepped_on(bad):
    calls = 0

    def loss_and_grads(params, x, y):
        nonlocal calls
        calls += 1
        loss, grads = MODEL.loss_and_grads(params, x, y)
        return (bad if calls == 7 else loss), grads

    run, other = make_run("A", loss_and_grads=loss_and_grads), make_run("B")
    outcome = train_in_turns([run, other], epochs=5)
    assert outcome.status == "diverged"
    assert outcome.message == f"the loss is {bad} at step 7 of the A run (epoch 2)"
    assert (run.steps, other.steps) == (6, 8)
    assert run.history[-1].epoch == 1.5
    assert np.isfinite(run.params["W"]).all()
    assert compare(run, other).same is True  # after epoch 1


def test_an_absurd_learning_rate_ends_without_a_warning():
    run = make_run(lr=1e308)
    outcome = train_in_turns([run], epochs=50)
    assert outcome.status == "diverged"
    assert "the loss is nan" in outcome.message


def test_a_metric_that_is_not_finite_ends_the_training():
    run = make_run(metrics=lambda params: {"held_out_loss": math.nan})
    outcome = train_in_turns([run], epochs=5)
    assert outcome.status == "diverged"
    assert outcome.message == "the held out loss is nan after epoch 1 of the run run"
    assert len(run.history) == 1


def test_a_loss_that_is_not_finite_ends_it():
    params, history = fit(optimizer=partial(SGD, lr=1e200))
    assert history.status == "diverged"
    assert history.message == "the loss is inf at step 2 of the training run (epoch 1)"
    assert all(np.isfinite(p).all() for p in params.values())
