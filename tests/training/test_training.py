"""The loop: batches, history, clock, turns, the ways to end; and `train`, the loop in one call."""

import io
import itertools
import json
import math
import os
import pty
import re
import signal
import subprocess
import sys
import time
from fractions import Fraction
from functools import partial

import numpy as np
import pytest
from matplotlib.figure import Figure

from fastopt import LBFGS, SGD, AdamW, regularizers, schedules
from fastopt._common.fingerprint import fingerprint
from fastopt.callbacks import StopTraining
from fastopt.losses import softmax_cross_entropy
from fastopt.training import Callback, Run, evaluate, evaluation, train, train_in_turns
from fastopt.training.comparison import compare
from fastopt.training.history import History
from fastopt.training.progress import Progress
from runs import BATCH, MODEL, N, Watch, X, Y, make_run, same_params

# -- pieces ---------------------------------------------------------------------------------------


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


# -- turns ------------------------------------------------------------------------------------


def test_runs_take_turns():
    watch = Watch()
    a, b = make_run("A"), make_run("B")
    train_in_turns([a, b], epochs=4, callbacks=[watch])
    assert [name for name, _ in watch.epochs] == list("ABBAABBA")
    assert same_params(a, b)


class StopAt(Callback):
    """End the run of some name after some epoch."""

    def __init__(self, name, epoch):
        self.name, self.epoch = name, epoch

    def on_epoch(self, run, record):
        if run.name == self.name and record.epoch == self.epoch:
            raise StopTraining("enough")


@pytest.mark.parametrize("name", "AB")
@pytest.mark.parametrize("epoch", [1, 2])
def test_a_stopped_run_lets_the_others_finish_their_turn(name, epoch):
    a, b = make_run("A"), make_run("B")
    watch = Watch()
    outcome = train_in_turns([a, b], epochs=4, callbacks=[StopAt(name, epoch), watch])
    assert (outcome.status, outcome.message) == ("stopped", "enough")
    assert a.outcome == b.outcome == outcome
    assert [name for name, _ in watch.epochs] == list("ABBA"[: 2 * epoch])  # also told of the last
    assert same_params(a, b)


def test_independent_runs_end_for_themselves():
    a, b, c = make_run("A"), make_run("B", metrics=lambda params: {"loss": math.nan}), make_run("C")
    outcome = train_in_turns([a, b, c], epochs=4, callbacks=[StopAt("C", 3)], independent=True)
    assert [run.outcome.status for run in (a, b, c)] == ["finished", "diverged", "stopped"]
    assert outcome is b.outcome
    assert [run.history[-1].epoch for run in (a, b, c)] == [4, 1, 3]


def test_the_end_is_told_and_the_message_of_an_error_kept():
    ends = []

    class End(Callback):
        def on_end(self, run, outcome):
            ends.append((run.name, outcome.status))

    runs = [make_run("A"), make_run("B")]
    train_in_turns(runs, epochs=2, callbacks=[End(), Watch(5)])
    assert ends == [("A", "interrupted"), ("B", "interrupted")]
    with pytest.raises(ZeroDivisionError):
        train_in_turns(runs, epochs=1, callbacks=[Boom()])
    assert runs[0].outcome.status == "failed"


class Boom(Callback):
    def on_step(self, run, loss):
        raise ZeroDivisionError("mine")


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


# -- train ----------------------------------------------------------------------------------------

RNG = np.random.default_rng(5)
A = RNG.standard_normal((40, 3))
B = A @ np.array([1.0, -2.0, 0.5]) + 0.25


def least_squares(params, x, y):
    error = x @ params["w"] + params["b"] - y
    return (error @ error) / len(y), {
        "w": 2 * x.T @ error / len(y),
        "b": np.array([2 * error.mean()]),
    }


def start(dtype=np.float64):
    return {"w": np.zeros(3, dtype), "b": np.zeros(1, dtype)}


DESCENT = partial(SGD, lr=0.1)


def fit(params=None, data=(A, B), optimizer=DESCENT, **options):
    params = start() if params is None else params
    options = {"epochs": 5, "batch_size": 8, "progress": False} | options
    return params, train(options.pop("loss_and_grads", least_squares), params, data, optimizer, **options)


def test_a_batch_size_beyond_every_float_takes_all():
    _, history = fit(batch_size=10**400)
    assert history.epochs == [1, 2, 3, 4, 5]


def test_train_is_the_loop_that_everybody_writes():
    params, history = fit(seed=3)
    mine = start()
    rng = np.random.default_rng(3)
    losses = []
    for _ in range(5):
        order = rng.permutation(40)
        for i in range(0, 40, 8):
            loss, grads = least_squares(mine, A[order[i : i + 8]], B[order[i : i + 8]])
            losses.append(loss)
            for key, p in mine.items():
                p -= 0.1 * grads[key]
    assert fingerprint(params) == fingerprint(mine)
    assert history.step_losses == losses
    assert history.epochs == [1, 2, 3, 4, 5]
    assert history.steps == [5, 10, 15, 20, 25]
    assert history.losses == pytest.approx(np.reshape(losses, (5, 5)).mean(axis=1))
    assert history.learning_rates == [0.1] * 5
    assert history.step_learning_rates == [0.1] * 25
    assert (history.status, history.message, history.metrics, len(history)) == ("finished", "", {}, 5)
    assert min(history.seconds) > 0
    assert all(o < s for o, s in zip(history.optimizer_seconds, history.seconds, strict=True))


def test_full_batch_is_not_copied():
    seen = []

    def loss_and_grads(params, x, y):
        seen.append((x is A, y is B))
        return least_squares(params, x, y)

    _, history = fit(loss_and_grads=loss_and_grads, batch_size=None, epochs=3)
    assert seen == [(True, True)] * 3
    assert history.steps == [1, 2, 3]


def test_seeds():
    def weights(seed):
        return fingerprint(fit(seed=seed, epochs=1)[0])

    assert weights(0) == weights(0) == weights(np.random.default_rng(0)) != weights(1)
    assert weights(None) != weights(None)


@pytest.mark.parametrize("structure", ["array", "list", "tuple"])
def test_params_of_any_structure(structure):
    w = np.zeros(3)
    params = {"array": w, "list": [w], "tuple": (w,)}[structure]

    def loss_and_grads(p, x):
        error = (w if structure == "array" else p[0]) - x.mean(axis=0)
        return error @ error, 2 * error if structure == "array" else [2 * error]

    _, history = fit(params, A, loss_and_grads=loss_and_grads, epochs=40, batch_size=None)
    assert history.status == "finished"
    np.testing.assert_allclose(w, A.mean(axis=0), atol=1e-3)


def test_an_optimizer_goes_on_where_it_was():
    whole, at_once = fit(optimizer=partial(AdamW, lr=schedules.cosine(0.1, 25)), epochs=5)
    params = start()
    opt = AdamW(params, lr=schedules.cosine(0.1, 25))
    rng = np.random.default_rng(0)
    two, three = (fit(params, optimizer=opt, epochs=n, seed=rng)[1].step_learning_rates for n in (2, 3))
    assert fingerprint(params) == fingerprint(whole)
    assert two + three == at_once.step_learning_rates == [schedules.cosine(0.1, 25)(t) for t in range(25)]


def test_a_regularizer_is_added_to_loss_and_gradients():
    penalty = regularizers.l2(0.01, only="w")

    def regularized(params, x, y):
        loss, grads = least_squares(params, x, y)
        return loss + penalty.add_to(params, grads), grads

    by_hand, expected = fit(loss_and_grads=regularized)
    params, history = fit(regularizer=penalty, validation=(A, B))
    assert fingerprint(params) == fingerprint(by_hand)
    assert history.step_losses == expected.step_losses
    assert history.records[-1].penalty > 0
    assert history.records[-1].regularizer_seconds > 0
    assert history.metrics["val_loss"][-1] == pytest.approx(least_squares(params, A, B)[0])  # without it
    both, _ = fit(regularizer=[penalty, regularizers.l1(0.0, only="w")])
    assert fingerprint(both) == fingerprint(params)


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


def test_history_as_json():
    _, history = fit(validation=(A, B))
    read = json.loads(json.dumps(history.to_dict(), allow_nan=False))
    assert read["losses"] == history.losses
    assert read["metrics"] == history.metrics
    assert read["restored_epoch"] is None
    assert repr(history).startswith("History(finished, epochs=5, steps=25, loss=0.")
    assert repr(History(status="interrupted")) == "History(interrupted, epochs=0)"


def test_history_plot():
    import matplotlib.pyplot as plt

    _, history = fit(validation=(A, B), metrics={"gap": lambda p, x, y: 1.0}, epochs=400)
    figure = history.plot(Figure())
    loss, gap, rate = figure.axes
    assert [line.get_label() for line in loss.lines] == ["batches", "mean of the epoch", "val_loss"]
    assert [line.get_label() for line in gap.lines] == ["val_gap"]
    assert len(loss.lines[0].get_xdata()) == 1000
    assert np.mean(loss.lines[0].get_ydata()) == pytest.approx(np.mean(history.step_losses))
    assert [ax.get_ylabel() for ax in figure.axes] == ["loss", "val_gap", "learning rate"]
    assert loss.get_yscale() == "log"
    assert rate.lines[0].get_xdata()[-1] == 2000
    own = fit()[1].plot()
    assert len(own.axes) == 2
    plt.close(own)
    assert History().plot(Figure()).axes  # nothing to draw is not a mistake


def test_ctrl_c_returns_what_there_is():
    calls = 0

    def loss_and_grads(params, x, y):
        nonlocal calls
        calls += 1
        if calls == 8:
            signal.raise_signal(signal.SIGINT)
        return least_squares(params, x, y)

    params, history = fit(loss_and_grads=loss_and_grads, validation=(A, B))
    assert history.status == history.message == "interrupted"
    assert (history.epochs, history.steps) == ([1, 1.2], [5, 6])  # the calls 1 and 7 are of the validation
    assert history.metrics["val_loss"][-1] == least_squares(params, A, B)[0]


def test_a_loss_that_is_not_finite_ends_it():
    params, history = fit(optimizer=partial(SGD, lr=1e200))
    assert history.status == "diverged"
    assert history.message == "the loss is inf at step 2 of the training run (epoch 1)"
    assert all(np.isfinite(p).all() for p in params.values())


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


def test_none_and_one_instead_of_several():
    watch = Watch()
    one = fit(callbacks=watch)[0]
    assert len(watch.epochs) == 5
    assert fingerprint(one) == fingerprint(fit(callbacks=None, regularizer=None)[0])


def test_a_function_as_callback():
    seen = []
    fit(callbacks=[lambda run, record: seen.append((record.epoch, run.steps))], epochs=2)
    assert seen == [(1, 5), (2, 10)]


def test_a_plateau_is_told_by_a_callback():
    lr = schedules.ReduceOnPlateau(0.5, factor=0.5, patience=0)
    losses = iter([3.0, 2.0, 2.0, 2.0])
    _, history = fit(
        loss_and_grads=lambda params, x, y: (next(losses), start()),
        optimizer=partial(SGD, lr=lr),
        callbacks=[lambda run, record: lr.update(record.loss)],
        batch_size=None,
        epochs=4,
    )
    assert history.learning_rates == [0.5, 0.5, 0.5, 0.25]


# -- what is shown --------------------------------------------------------------------------------


def test_lines_where_there_is_no_terminal(capsys):
    fit(progress=True, validation=(A, B), epochs=50)
    out, err = capsys.readouterr()
    assert out == ""
    lines = err.splitlines()
    assert [int(line[6:8]) for line in lines] == [1, *range(3, 50, 3), 50]
    number = r"[0-9.e-]+"
    assert re.fullmatch(
        rf"epoch  1/50   loss {number}   val_loss {number}   lr 0.1   [0-9,]+ samples/s", lines[0]
    )


def test_the_end_is_shown_if_it_is_not_by_itself(capsys):
    fit(progress=True, optimizer=partial(SGD, lr=1e200))
    assert capsys.readouterr().err == "diverged: the loss is inf at step 2 of the training run (epoch 1)\n"
    fit(progress=True, callbacks=[StopAt("training", 1)])
    assert capsys.readouterr().err.splitlines()[1:] == ["stopped: enough"]


def test_silence(capsys):
    fit(progress=False, validation=(A, B))
    assert capsys.readouterr() == ("", "")


def test_without_standard_error(capsys, monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    assert fit(progress=True)[1].status == "finished"
    assert fit(progress=True, callbacks=StopAt("training", 1))[1].status == "stopped"
    assert capsys.readouterr().out == ""


def test_a_terminal_without_rich_gets_lines(capsys, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    monkeypatch.setitem(sys.modules, "rich.progress", None)
    fit(progress=True, epochs=1)
    assert terminal.getvalue().startswith("epoch 1/1   loss ")


def test_a_bar_on_a_terminal():
    program = (
        "import time, numpy as np; from functools import partial; from fastopt import SGD;"
        "from fastopt.training import train;"
        "f = lambda w, x: (time.sleep(0.02), (float(w @ w), 2 * w))[1];"
        "train(f, np.ones(2), np.ones((40, 2)), partial(SGD, lr=0.125), epochs=2, batch_size=2)"
    )
    main, worker = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100", "NO_COLOR": "1"}
    with subprocess.Popen([sys.executable, "-c", program], stderr=worker, env=environment) as process:
        os.close(worker)
        text = b""
        try:
            while chunk := os.read(main, 4096):
                text += chunk
        except OSError:  # the other end is closed
            pass
        finally:
            os.close(main)
        assert process.wait() == 0
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text.decode())
    assert re.search(r"loss [0-9.e-]+   lr 0.125   [0-9,]+ samples/s .*\d+ %", text)
    assert "epoch 1/2   loss " in text
    assert "epoch 2/2   loss " in text


def test_progress_of_several_runs_names_them(capsys):
    runs = [make_run("A"), make_run("Long")]
    with Progress(runs, 2) as progress:
        train_in_turns(runs, epochs=2, callbacks=[progress])
    lines = capsys.readouterr().err.splitlines()
    assert [line[:9] for line in lines] == ["epoch 1/2", "epoch 2/2"]  # of the first
