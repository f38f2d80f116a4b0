"""Runs that take turns, and how each ends."""

import math

import pytest

from fastopt.training import Callback, train_in_turns
from runs import Watch, make_run, same_params
from training.problem import StopAt


def test_runs_take_turns():
    watch = Watch()
    a, b = make_run("A"), make_run("B")
    train_in_turns([a, b], epochs=4, callbacks=[watch])
    assert [name for name, _ in watch.epochs] == list("ABBAABBA")
    assert same_params(a, b)


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
