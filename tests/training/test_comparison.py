"""Two runs judged: the same bits, since when not, and how many times faster."""

import dataclasses
import math

import numpy as np
import pytest

from fastopt._common.fingerprint import fingerprint
from fastopt.training import Record, train_in_turns
from fastopt.training.comparison import Comparison, compare
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


def timed(*seconds, **options):
    """Return a run whose epochs took so long: in the optimizer, and in the rest of it."""
    run = make_run(**options)
    train_in_turns([run], epochs=len(seconds))
    run.history[:] = [
        dataclasses.replace(record, optimizer_seconds=optimizer, training_seconds=optimizer + rest)
        for record, (optimizer, rest) in zip(run.history, seconds, strict=True)
    ]
    return run


@pytest.mark.parametrize(
    ("ours", "theirs", "doubts"),
    [
        ([(1, 9)] * 4, [(5, 9)] * 4, (False, False, False)),
        (
            [(1, 9), (1, 9.3), (1, 9.1), (1, 8.8)],
            [(5, 9), (5.2, 8.9), (4.9, 9), (5, 9.2)],
            (False, False, False),
        ),
        # The optimizer is 1 % of a step, and the rest was hit for the one or the other.
        ([(1, 99)] * 4, [(9, 1600), (9, 1500), (9, 1550), (9, 1580)], (False, False, True)),
        ([(1, 99)] * 4, [(2, 103)] * 4, (False, False, True)),
        ([(1, 99), (1, 900), (1, 99), (1, 800)], [(9, 900), (9, 99), (9, 700), (9, 99)], (False, True, True)),
        # Only the optimizer was hit; a single epoch says nothing.
        ([(1, 9), (5, 9), (1, 9), (4, 9)], [(5, 9)] * 4, (True, False, False)),
        ([(1, 9)], [(5, 9)], (True, True, False)),
        # A clock too coarse for it.
        ([(0, 9)] * 3, [(5, 9)] * 3, (True, False, False)),
        ([(0, 0)] * 3, [(0, 0)] * 3, (True, True, True)),
    ],
)
def test_doubtful_speed(ours, theirs, doubts):
    verdict = compare(timed(*ours), timed(*theirs))
    assert (verdict.optimizer_unsteady, verdict.training_unsteady, verdict.lost_in_noise) == doubts
