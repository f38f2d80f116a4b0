"""The loop: batches, history, clock, turns, and the three ways to end."""

import itertools
import math
import signal

import numpy as np
import pytest

from fastopt import training
from fastopt.comparison import compare
from fastopt.fingerprint import fingerprint
from fastopt.losses import softmax_cross_entropy
from fastopt.training import Callback, Run, evaluate, minibatches, train_in_turns
from runs import BATCH, MODEL, N, Watch, X, Y, make_run, same_params

# -- pieces ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch_size", [1, 8, 24, 25, 100])
def test_minibatches_show_every_sample_once(batch_size):
    batches = list(minibatches(X, Y, batch_size, seed=0))
    sizes = [len(y) for _, y in batches]
    assert sizes[:-1] == [batch_size] * (len(sizes) - 1)
    assert sum(sizes) == N
    x, y = (np.concatenate(parts) for parts in zip(*batches, strict=True))
    order = np.lexsort(x.T)
    expected = np.lexsort(X.T)
    np.testing.assert_array_equal(x[order], X[expected])
    np.testing.assert_array_equal(y[order], Y[expected])


def test_minibatches_are_seeded():
    def order(seed):
        return np.concatenate([y for _, y in minibatches(X, np.arange(N), 8, seed)]).tolist()

    assert order(1) == order(1) != order(2)
    generator = np.random.default_rng(1)
    first, second = order(generator), order(generator)
    assert first == order(1) != second


@pytest.mark.parametrize(
    ("x", "y", "batch_size", "message"),
    [
        (X, Y[1:], 8, "y: expected 25 labels, one a row of x, got 24"),
        (X[:0], Y[:0], 8, "x: expected at least one sample, got none"),
        (X, Y, 0, "batch_size: expected a positive integer, got 0"),
    ],
)
def test_bad_batches(x, y, batch_size, message):
    with pytest.raises(ValueError, match=message):
        minibatches(x, y, batch_size, 0)
    with pytest.raises(ValueError, match=message):
        Run("run", MODEL.loss_and_grads, {}, (x, y), print, batch_size=batch_size, seed=0)


@pytest.mark.parametrize("batch_size", [1, 7, 25, 4096])
def test_evaluate(batch_size):
    scores = np.array([[2.0, 1.0, 0.0]] * N)
    loss, accuracy = evaluate(lambda x: scores[: len(x)], softmax_cross_entropy, X, Y, batch_size)
    assert accuracy == np.mean(Y == 0)
    assert loss == pytest.approx(softmax_cross_entropy(scores, Y)[0])


# -- a run ----------------------------------------------------------------------------------------


def test_history():
    run = make_run(metrics=lambda params: {"norm": float(np.abs(params["W"]).sum())})
    watch = Watch()
    assert train_in_turns([run], epochs=3, callbacks=[watch]).status == "finished"
    assert [record.epoch for record in run.history] == [1, 2, 3]
    assert [record.steps for record in run.history] == [4, 8, 12]
    assert watch.epochs == [("run", 1), ("run", 2), ("run", 3)]
    assert [steps for _, steps, _ in watch.steps] == list(range(1, 13))
    assert (run.steps, run.samples) == (12, 75)
    losses = [loss for *_, loss in watch.steps]
    weighted = (8 * sum(losses[8:11]) + losses[11]) / N  # the last batch has one sample
    assert run.history[2].loss == pytest.approx(weighted)
    assert run.history[2].loss < run.history[0].loss
    assert run.history[2].metrics == {"norm": float(np.abs(run.params["W"]).sum())}
    assert run.history[2].weights == fingerprint(run.params)


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

    monkeypatch.setattr(training.time, "perf_counter", lambda: now)

    def loss_and_grads(params, x, y):
        passes(1)
        return 0.5, {}

    class Slow(Callback):
        def on_step(self, run, loss):
            passes(10_000)

        def on_epoch(self, run, record):
            passes(100_000)

    run = Run(
        "run",
        loss_and_grads,
        {},
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


# -- turns ------------------------------------------------------------------------------------


def test_runs_take_turns():
    watch = Watch()
    a, b = make_run("A"), make_run("B")
    train_in_turns([a, b], epochs=4, callbacks=[watch])
    assert [name for name, _ in watch.epochs] == list("ABBAABBA")
    assert same_params(a, b)


# -- interruption ---------------------------------------------------------------------------------


@pytest.mark.parametrize("k", [1, 3, 4, 5, 9])
def test_interrupted_by_a_callback(k):
    run = make_run(metrics=lambda params: {"bias": float(params["b"][0])})
    assert train_in_turns([run], epochs=3, callbacks=[Watch(k)]).status == "interrupted"
    assert run.steps == k
    assert run.history[-1].epoch == k / 4
    assert run.history[-1].steps == k
    assert sum(record.samples for record in run.history) == run.samples
    assert run.history[-1].metrics == {"bias": float(run.params["b"][0])}

    steady = make_run()
    for _ in itertools.islice(itertools.chain(*(steady.epoch() for _ in range(3))), k):
        pass
    assert same_params(run, steady)


def test_ctrl_c_waits_for_the_end_of_the_step():
    calls = 0

    def loss_and_grads(params, x, y):
        nonlocal calls
        calls += 1
        if calls == 6:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)  # an impatient finger
        return MODEL.loss_and_grads(params, x, y)

    before = signal.getsignal(signal.SIGINT)
    run = make_run(loss_and_grads=loss_and_grads)
    assert train_in_turns([run], epochs=3).status == "interrupted"
    assert signal.getsignal(signal.SIGINT) is before
    assert run.steps == 6
    steady = make_run()
    for _ in itertools.islice(itertools.chain(steady.epoch(), steady.epoch()), 6):
        pass
    assert same_params(run, steady)


def test_ctrl_c_during_evaluation():
    run = make_run(metrics=lambda params: signal.raise_signal(signal.SIGINT) or {})
    assert train_in_turns([run], epochs=3).status == "interrupted"
    assert [record.epoch for record in run.history] == [1]


# -- divergence -----------------------------------------------------------------------------------


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


def test_other_errors_come_through_and_ctrl_c_is_itself_again():
    def loss_and_grads(params, x, y):
        raise ZeroDivisionError("mine")

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ZeroDivisionError, match="mine"):
        train_in_turns([make_run(loss_and_grads=loss_and_grads)], epochs=1)
    assert signal.getsignal(signal.SIGINT) is before
