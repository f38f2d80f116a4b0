"""A run: its epochs, its history, its clock."""

import time

import numpy as np
import pytest

from fastopt.losses import softmax_cross_entropy
from fastopt.training import Callback, Run, evaluate, train_in_turns
from runs import BATCH, MODEL, N, X, Y, make_run, same_params


@pytest.mark.parametrize("batch_size", [1, 7, 25, 4096])
def test_evaluate(batch_size):
    scores = np.array([[2.0, 1.0, 0.0]] * N)
    loss, accuracy = evaluate(lambda x: scores[: len(x)], softmax_cross_entropy, X, Y, batch_size)
    assert accuracy == np.mean(Y == 0)
    assert loss == pytest.approx(softmax_cross_entropy(scores, Y)[0])


def test_the_epochs_of_a_run_are_shuffled_anew():
    seen = []

    def loss_and_grads(params, x, y):
        seen.append(x[0].tolist())
        return MODEL.loss_and_grads(params, x, y)

    train_in_turns([make_run(loss_and_grads=loss_and_grads)], epochs=2)
    assert seen[:4] != seen[4:]


def test_only_training_is_on_the_clock(monkeypatch):
    """A clock that each piece moves on by its own amount."""
    now = 0.0

    def passes(seconds):
        nonlocal now
        now += seconds

    monkeypatch.setattr(time, "perf_counter", lambda: now)

    def loss_and_grads(params, x, y):
        passes(1)
        return 0.5, params

    class Slow(Callback):
        def on_step(self, run, loss):
            passes(10_000)

        def on_epoch(self, run, record):
            passes(100_000)

    run = Run(
        "run",
        loss_and_grads,
        {"w": np.zeros(1)},
        (X, Y),
        lambda grads: passes(100),
        batch_size=BATCH,
        seed=0,
        evaluate=lambda params: passes(1_000_000) or {},
    )
    train_in_turns([run], epochs=2, callbacks=[Slow()])
    assert (run.optimizer_seconds, run.training_seconds) == (800, 808)
    assert [r.training_seconds for r in run.history] == [404, 404]
    assert [r.optimizer_seconds for r in run.history] == [400, 400]


def test_warm_up_changes_nothing():
    warmed, cold = make_run(), make_run()
    warmed.warm_up()
    assert (warmed.steps, warmed.samples, warmed.training_seconds) == (0, 0, 0)
    train_in_turns([warmed], epochs=2)
    train_in_turns([cold], epochs=2)
    assert same_params(warmed, cold)
