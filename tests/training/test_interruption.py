"""Runs that are interrupted, by a callback or by Ctrl-C."""

import itertools
import signal

import pytest

from fastopt.training import train_in_turns
from runs import MODEL, Watch, make_run, same_params
from training.problem import A, B, fit, least_squares


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


def test_other_errors_come_through_and_ctrl_c_is_itself_again():
    def loss_and_grads(params, x, y):
        raise ZeroDivisionError("mine")

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ZeroDivisionError, match="mine"):
        train_in_turns([make_run(loss_and_grads=loss_and_grads)], epochs=1)
    assert signal.getsignal(signal.SIGINT) is before


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
