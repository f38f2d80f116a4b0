"""Two runs judged: the same bits, since when not, and how many times faster."""

import dataclasses
import math

import numpy as np
import pytest

from fastopt.comparison import Comparison, compare
from fastopt.fingerprint import fingerprint
from fastopt.training import Record, train_in_turns
from runs import N, Watch, make_run


def test_compare_equal_runs():
    a, b = make_run(), make_run()
    train_in_turns([a, b], epochs=3)
    # Seconds of each epoch; the second of `b` was hit by something.
    for run, optimizer, whole in ((a, (2, 2, 4), (10, 10, 20)), (b, (8, 999, 8), (15, 9999, 20))):
        run.history[:] = [
            dataclasses.replace(record, optimizer_seconds=o, training_seconds=t)
            for record, o, t in zip(run.history, optimizer, whole, strict=True)
        ]
    assert compare(a, b) == Comparison(True, 3, 4.0, 1.5)


def test_compare_names_what_differs_and_since_when():
    a, b = make_run("A"), make_run("B")
    a.params["b"][1] = 0.0
    train_in_turns([a, b], epochs=1)
    b.params["b"][1] += 1e-3
    train_in_turns([a, b], epochs=2)
    verdict = compare(a, b)
    assert verdict.same is False
    assert verdict.epoch == 2
    at_b = [line for line in verdict.differences if line.startswith("b: ")]
    assert len(at_b) == 1
    assert "(A) against" in at_b[0]
    assert "(B)" in at_b[0]


def test_compare_tells_zeros_apart_but_not_nans():
    a, b = make_run("A"), make_run("B")
    train_in_turns([a, b], epochs=1)
    for run, zero in ((a, 0.0), (b, -0.0)):
        run.params["b"][:] = np.nan, zero, 1.0
        run.history[0] = Record(1, 4, N, 1.0, {}, 1, 1, fingerprint(run.params))
    assert compare(a, b).differences == ("b: 1 of 3 elements, first b[1]: 0.0 (A) against -0.0 (B)",)


def test_compare_without_a_step():
    verdict = compare(make_run(), make_run())
    assert verdict.same is None
    assert math.isnan(verdict.optimizer_speedup)


@pytest.mark.parametrize("k", range(1, 25, 2))
def test_interrupted_runs_are_compared_where_both_have_been(k):
    a, b = make_run("A"), make_run("B")
    assert train_in_turns([a, b], epochs=3, callbacks=[Watch(k)]).status == "interrupted"
    verdict = compare(a, b)
    whole = min(a.steps, b.steps) // 4
    assert (verdict.same, verdict.epoch) == (True if whole else None, whole)
    assert verdict.differences == ()
