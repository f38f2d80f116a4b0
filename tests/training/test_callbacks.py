"""Callbacks: each of them, and what they refuse."""

import io
import math
import os
import re

import numpy as np
import pytest

import fastopt
from fastopt import SGD
from fastopt._common.files import save_npz, whole_file
from fastopt.callbacks import Callback, Checkpoint, EarlyStopping, Print, TimeBudget
from fastopt.training import train, train_in_turns
from fastopt.training.history import Record
from runs import Watch, make_run, same_params

X = np.zeros((4, 1))


def play(values, callbacks, *, name="val_loss", epochs=None, params=None, **options):
    """Train something whose metric takes the given values, one an epoch; the parameter counts steps."""
    w = np.zeros(1) if params is None else params
    coming = iter([0.0, *values])  # the first before the training
    return train(
        lambda w, x: (1.0, -np.ones(1)),
        w,
        X,
        SGD(w, lr=1.0),
        epochs=epochs or len(values),
        batch_size=None,
        validation=lambda w: {name: next(coming)},
        callbacks=callbacks,
        progress=False,
        **options,
    )


# -- early stopping -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("patience", "values", "epochs", "best"),
    [
        (1, [3, 2, 2.5, 0], 3, 2),
        (2, [3, 2, 2.5, 1, 1, 1, 0], 6, 4),
        (2, [3, 4, 5, 0], 3, 1),
        (2, [math.nan, 3, math.nan, math.nan, 0], None, None),
    ],
)
def test_early_stopping(patience, values, epochs, best):
    w = np.zeros(1)
    stop = EarlyStopping("val_loss", patience=patience)
    if epochs is None:
        history = play(values, [stop], params=w)
        assert history.status == "diverged"  # a loss that is NaN
        return
    history = play(values, [stop], params=w)
    assert history.status == "stopped"
    assert len(history) == epochs
    assert (stop.best, stop.best_epoch) == (values[best - 1], best)
    assert w[0] == best
    assert history.restored is history.records[best - 1]
    plural = "1 epoch" if patience == 1 else f"{patience} epochs"
    assert history.message == (
        f"no better val loss for {plural} (best {stop.best:g} after epoch {best}, "
        "whose parameters were put back)"
    )


def test_without_putting_back():
    w = np.zeros(1)
    history = play([3, 2, 2, 2], [EarlyStopping("val_loss", patience=2, restore_best=False)], params=w)
    assert w[0] == 4
    assert history.restored is None
    assert history.message == "no better val loss for 2 epochs (best 2 after epoch 2)"


def test_the_best_is_put_back_however_it_ends():
    w = np.zeros(1)
    history = play([3, 1, 2], [EarlyStopping("val_loss")], params=w)
    assert (history.status, w[0], history.restored.epoch) == ("finished", 2, 2)
    w[:] = 0
    history = play([3, 1, 2, 0], [EarlyStopping("val_loss"), Watch(3)], params=w)
    assert (history.status, w[0]) == ("interrupted", 2)
    w[:] = 0
    history = play([3, 1, 2, 0], [EarlyStopping("val_loss"), Watch(4)], params=w)  # the best is the last
    assert (history.status, w[0], history.restored.epoch) == ("interrupted", 4, 4)
    w[:] = 0
    history = play([3, 1, math.nan], [EarlyStopping("val_loss")], params=w)
    assert (history.status, w[0]) == ("diverged", 2)


def test_more_is_better_where_the_name_or_the_mode_says_so():
    values = [0.5, 0.75, 0.6, 0.7]
    for name, mode in (("accuracy", None), ("val_acc", None), ("gap", "max"), ("val_loss", "max")):
        w = np.zeros(1)
        play(values, [EarlyStopping(name, mode=mode, patience=2)], name=name, params=w)
        assert w[0] == 2


def test_min_delta():
    stop = EarlyStopping("val_loss", patience=2, min_delta=0.5)
    history = play([3, 2.75, 2.5, 2.25, 0], [stop])
    assert len(history) == 3
    assert stop.best_epoch == 1


def test_default_monitor():
    w = np.zeros(1)
    losses = iter([9.0, 3.0, 9.0, 1.0, 9.0, 2.0, 9.0, 0.5])  # of a step and of what it has led to, in turns

    def loss_and_grads(w, x):
        return next(losses), -np.ones(1)

    stop = EarlyStopping()
    train(loss_and_grads, w, X, SGD(w, lr=1.0), epochs=4, batch_size=None, callbacks=[stop], progress=False)
    assert (stop.best, stop.best_epoch) == (0.5, 4)

    losses = iter(
        [0.0, 3.0, 8.0, 1.0, 4.0]
    )  # before the first step, then of training and validation in turns
    options = {"epochs": 2, "batch_size": None, "progress": False}
    train(loss_and_grads, w, X, SGD(w), validation=(X,), callbacks=[stop], **options)
    assert (stop.best, stop.best_epoch) == (4, 2)


def test_the_default_with_a_function_for_validation():
    w = np.zeros(1)
    stop = EarlyStopping()
    history = play([3, 1, 2], [stop], params=w)
    assert (stop.best, history.restored.epoch, w[0]) == (1, 2, 2)
    with pytest.raises(ValueError, match="one of 'loss', 'gap', as there is no 'val_loss', got None"):
        play([1], [EarlyStopping()], name="gap")


def gaps(*values):
    coming = iter(values)
    return lambda params: {"gap": next(coming)}


def test_runs_in_turns_are_judged_each_by_itself():
    """Equal runs end at the same epoch with the same parameters, whoever has the turn."""
    for patience in (1, 2):
        runs = [make_run(name, metrics=gaps(3, 1, 2, 2, 0)) for name in "AB"]
        outcome = train_in_turns(
            runs, epochs=5, callbacks=[EarlyStopping("gap", mode="min", patience=patience)]
        )
        assert outcome.status == "stopped"
        assert [run.steps for run in runs] == [4 * (2 + patience)] * 2
        assert [run.final.epoch for run in runs] == [2, 2]
        assert same_params(*runs)


# -- checkpoint -----------------------------------------------------------------------------------


def test_checkpoint(tmp_path):
    path = tmp_path / "best.npz"
    saved = []
    check = Checkpoint(path, "val_loss")
    w = np.zeros(1)
    play(
        [3, 1, 2, 0.5, 4],
        [check, lambda run, record: saved.append(float(np.load(path)["params"][0]))],
        params=w,
    )
    assert saved == [1, 2, 2, 4, 4]
    assert (check.best, check.best_epoch) == (0.5, 4)
    assert w[0] == 5
    assert os.listdir(tmp_path) == ["best.npz"]


def test_checkpoint_of_several_runs_is_of_the_first(tmp_path):
    path = tmp_path / "best.npz"
    runs = [make_run("A"), make_run("B", lr=0.25)]
    check = Checkpoint(path)
    for _ in range(2):  # once more, with the same callback
        train_in_turns(runs, epochs=1, callbacks=[check])
    loaded = np.load(path)
    for name, param in runs[0].params.items():
        np.testing.assert_array_equal(loaded[name], param)


def test_checkpoint_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "best.npz"
    save_npz(path, {"w": np.ones(2)})

    def full(*args):
        raise OSError("the disk is full")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="disk is full"):
        play([1], [Checkpoint(path, "val_loss")])
    assert np.load(path)["w"].tolist() == [1, 1]
    assert os.listdir(tmp_path) == ["best.npz"]


def test_npz_with_any_name_and_order(tmp_path):
    arrays = {
        "file": np.arange(3.0),
        "a b": np.asfortranarray(np.ones((2, 3), np.float32)),
        "0": np.zeros(()),
    }
    save_npz(tmp_path / "x.npz", arrays)
    loaded = np.load(tmp_path / "x.npz")
    for name, array in arrays.items():
        np.testing.assert_array_equal(loaded[name], array)
        assert loaded[name].dtype == array.dtype


def test_a_file_is_whole_or_not_there(tmp_path):
    def fail():
        with whole_file(tmp_path / "a.txt") as unfinished:
            unfinished.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert os.listdir(tmp_path) == []


# -- the others -----------------------------------------------------------------------------------


def test_time_budget():
    budget = TimeBudget(0)
    for _ in range(2):
        history = play([1, 2, 3], [budget])
        assert (history.status, history.message, history.steps) == ("stopped", "the time of 0 s is up", [1])
    assert play([1, 2, 3], [TimeBudget(1000)]).status == "finished"


def test_print(capsys):
    play([1, 2, 3, 4], [Print(2)], name="gap")
    assert capsys.readouterr().out == "epoch 2   loss 1   gap 2   lr 1\nepoch 4   loss 1   gap 4   lr 1\n"
    play([1, 2, 3], [Print(2, unit="step", file=(file := io.StringIO()))])
    assert file.getvalue() == "step 2   loss 1   lr 1\n"


def test_a_learning_rate_that_is_not_known_is_not_shown(capsys):
    train_in_turns([make_run()], epochs=1, callbacks=[Print()])
    assert "lr" not in capsys.readouterr().out


def test_the_empty_callback():
    assert play([1], [Callback()]).status == "finished"


# -- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: EarlyStopping(patience=0), ValueError, "patience: expected a whole number >= 1, got 0"),
        (lambda: EarlyStopping(patience=1.5), TypeError, "patience: expected a whole number >= 1, got 1.5"),
        (lambda: EarlyStopping(min_delta=-1), ValueError, "min_delta: expected a finite number >= 0, got -1"),
        (lambda: EarlyStopping(mode="up"), ValueError, "mode: expected 'min' or 'max', got 'up'"),
        (lambda: EarlyStopping("gap"), ValueError, "mode: expected 'min' or 'max' to go with monitor='gap'"),
        (lambda: EarlyStopping(3), TypeError, "monitor: expected the name of a metric, got 3"),
        (lambda: Checkpoint("best"), ValueError, "path: expected a file name ending in .npz, got 'best'"),
        (lambda: TimeBudget(-1), ValueError, "seconds: expected a finite number >= 0, got -1"),
        (lambda: TimeBudget("1"), TypeError, "seconds: expected a finite number >= 0, got '1'"),
        (lambda: Print(0), ValueError, "every: expected a whole number >= 1, got 0"),
        (lambda: Print(unit="batch"), ValueError, "unit: expected 'epoch' or 'step', got 'batch'"),
    ],
)
def test_refused(make, error, message):
    with pytest.raises(error, match=re.escape(message)):
        make()


def never(w, x):
    raise AssertionError("a step")


def gap(w):
    return {"gap": 1.0}


@pytest.mark.parametrize(
    ("callback", "validation", "error", "message"),
    [
        (EarlyStopping("acc"), None, ValueError, "monitor: expected one of 'loss', got 'acc'"),
        (EarlyStopping("acc"), gap, ValueError, "monitor: expected one of 'loss', 'gap', got 'acc'"),
        (EarlyStopping(), gap, ValueError, "monitor: expected one of 'loss', 'gap', as there is no 'val_l"),
        (
            Checkpoint("no/such/dir/w.npz"),
            None,
            OSError,
            f"path: cannot write to no{os.sep}such{os.sep}dir: ",
        ),
    ],
)
def test_refused_before_the_first_step(callback, validation, error, message):
    w = np.zeros(1)
    with pytest.raises(error, match=re.escape(message)):
        train(never, w, X, SGD(w), epochs=1, validation=validation, callbacks=[callback], progress=False)


def test_a_directory_is_no_checkpoint(tmp_path):
    (tmp_path / "w.npz").mkdir()
    with pytest.raises(OSError, match="path: expected a file, got the directory"):
        play([1], [Checkpoint(tmp_path / "w.npz", "loss")])


def test_a_metric_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="monitor: expected one of 'loss', 'val_loss', got 'acc'"):
        train(lambda w, x: (1.0, w), w := np.zeros(1), X, SGD(w), epochs=1, validation=(X,), progress=False,
              callbacks=EarlyStopping("acc"))  # fmt: skip
    run = make_run(metrics=gaps(1, 2))  # whose names are not known beforehand
    with pytest.raises(ValueError, match="monitor: expected one of 'loss', 'gap', got 'val_loss'"):
        train_in_turns([run], epochs=1, callbacks=[EarlyStopping("val_loss")])
    with pytest.raises(ValueError, match="monitor: expected one of 'loss', as there is no 'val_loss'"):
        train_in_turns([run], epochs=1, callbacks=[EarlyStopping()])


def test_keys_that_are_the_same_text_cannot_be_saved(tmp_path):
    params = {1: np.zeros(1), "1": np.zeros(1)}
    with pytest.raises(ValueError, match="params: expected keys that differ as text"):
        train(
            lambda p, x: (1.0, p), params, X, SGD(params), epochs=1, progress=False,
            callbacks=[Checkpoint(tmp_path / "w.npz")],
        )  # fmt: skip


def test_a_record_is_a_row():
    row = Record(1, 2, 3, 0.5, {"gap": math.inf}, 0.1, 0.2, "abc").row()
    assert list(row) == [
        "epoch", "steps", "samples", "loss", "penalty", "gap", "learning_rate", "gradient_seconds",
        "regularizer_seconds", "optimizer_seconds", "training_seconds", "weights",
    ]  # fmt: skip
    assert row["gap"] is None
    assert row["learning_rate"] is None


def test_an_error_of_a_callback_is_nobody_elses() -> None:
    """A FloatingPointError that a callback raises is its own, not a loss that is not finite."""

    def spoil(run: object, record: object) -> None:
        raise FloatingPointError("my own")

    w = np.zeros(1)
    with pytest.raises(FloatingPointError, match="my own"):
        train(
            lambda w, x: (1.0, np.ones(1)),
            w,
            np.ones((3, 1)),
            fastopt.SGD,
            epochs=2,
            callbacks=[spoil],
            progress=False,
        )


def test_parameters_that_are_not_finite_are_not_called_finished() -> None:
    w = np.zeros(1)
    history = train(
        lambda w, x: (1.0, np.full(1, np.nan)), w, np.ones((3, 1)), fastopt.SGD, epochs=1, progress=False
    )
    assert history.status == "diverged"
    assert "a parameter is not finite after epoch 1" in history.message
