"""The best weights are those with the best loss: what is kept, and what is said of it, are of one moment."""

import math
import re
from functools import partial

import numpy as np
import pytest
from matplotlib.figure import Figure

from fastopt import SGD, AdamW, regularizers
from fastopt.callbacks import Callback, Checkpoint, EarlyStopping, StopTraining, TimeBudget
from fastopt.models import Linear
from fastopt.plots import training_curves
from fastopt.training import train, train_in_turns
from runs import Watch, X, Y, make_run

MODEL = Linear(4, 3)


def parabola(w, x):
    return float(((w - x) ** 2).mean()), 2 * (w - x.mean(axis=0))


def loaded(path):
    with np.load(path) as file:
        return dict(file)


class Seen(Callback):
    """The parameters after each epoch."""

    def __init__(self):
        self.params = []

    def on_epoch(self, run, record):
        arrays = run.params.values() if isinstance(run.params, dict) else [run.params]
        self.params.append([array.copy() for array in arrays])


def problem(name, dtype=np.float64):
    """Return loss and gradients, parameters and data."""
    if name == "parabola":
        return parabola, np.array([-10.0], dtype), np.array([[1.0], [3.0]], dtype)
    return MODEL.loss_and_grads, MODEL.init(3, dtype), (X.astype(dtype), Y)


OVERSHOOTING = {
    "full batch": ("parabola", partial(SGD, lr=0.1, momentum=0.9), None, ()),
    "minibatches": ("parabola", partial(SGD, lr=0.1, momentum=0.9), 1, ()),
    "linear": ("linear", partial(SGD, lr=25.0, momentum=0.9), 7, ()),
    "linear, full batch": ("linear", partial(SGD, lr=1.0, momentum=0.9), None, ()),
    "penalty": ("linear", partial(AdamW, lr=3.0), 7, (regularizers.l2(0.5), regularizers.l1(0.125))),
}


@pytest.mark.parametrize("name", OVERSHOOTING)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_kept_has_the_best_loss(name, dtype, tmp_path):
    kind, optimizer, batch_size, penalties = OVERSHOOTING[name]
    loss_and_grads, params, data = problem(kind, dtype)

    def loss_of(arrays):
        mine = arrays[0] if kind == "parabola" else dict(zip("Wb", arrays, strict=True))
        whole = data if isinstance(data, tuple) else (data,)
        return float(loss_and_grads(mine, *whole)[0]) + sum(p(mine)[0] for p in penalties)

    stop, check, seen = EarlyStopping("loss", patience=4), Checkpoint(tmp_path / "best.npz", "loss"), Seen()
    history = train(
        loss_and_grads, params, data, optimizer, epochs=20, batch_size=batch_size,
        regularizer=penalties, callbacks=[check, stop, seen], progress=False,
    )  # fmt: skip
    losses = [loss_of(arrays) for arrays in seen.params]
    best = int(np.argmin(losses))
    assert history.losses == losses
    assert all(record.after for record in history.records)
    assert stop.best == check.best == losses[best] == history.restored.loss
    assert stop.best_epoch == check.best_epoch == best + 1 == history.restored.epoch
    assert history.status == "stopped"
    assert f"(best {losses[best]:.6g} after epoch {best + 1}, whose parameters were put" in history.message
    mine = [params] if kind == "parabola" else params.values()
    for now, kept, saved in zip(mine, seen.params[best], loaded(check.path).values(), strict=True):
        assert now.tobytes() == kept.tobytes() == saved.tobytes()
    # The mean over the steps, which is of no weights, would have chosen others.
    means = np.array_split(history.step_losses, len(history))
    assert int(np.argmin([part.mean() for part in means])) != best


def test_the_reported_case():
    w = np.array([-10.0])
    history = train(
        parabola, w, np.array([[1.0], [3.0]]), partial(SGD, lr=0.1, momentum=0.9), epochs=4,
        batch_size=None, callbacks=EarlyStopping("loss"), progress=False,
    )  # fmt: skip
    assert history.losses == pytest.approx([93.16, 31.4704, 1.553536, 14.71369024])
    assert history.restored.epoch == 3
    assert parabola(w, np.array([[1.0], [3.0]]))[0] == history.restored.loss


def test_the_loss_is_computed_only_where_it_is_asked_for():
    calls = []

    def counted(w, x):
        calls.append(len(x))
        return parabola(w, x)

    data = np.zeros((5000, 1))
    options = {"epochs": 1, "batch_size": 2500, "progress": False}
    for callback, expected in (
        (Callback(), [2500, 2500]),
        (EarlyStopping("val_loss"), [5, 2500, 2500, 5]),
        (EarlyStopping("loss"), [2500, 2500, 4096, 904]),
        ([EarlyStopping("loss"), Callback()], [2500, 2500, 4096, 904]),
    ):
        calls.clear()
        validation = (data[:5],) if len(expected) == 4 and expected[0] == 5 else None
        history = train(counted, np.ones(1), data, SGD, callbacks=callback, validation=validation, **options)
        assert calls == expected
        assert history.records[0].after == (len(calls) > 2 and validation is None)


def test_a_run_that_is_trained_once_more_computes_it_no_longer():
    run = make_run()
    train_in_turns([run], epochs=1, callbacks=[EarlyStopping("loss")])
    train_in_turns([run], epochs=1)
    assert [record.after for record in run.history] == [True, False]


def test_runs_in_turns_have_each_their_own():
    runs = [make_run("A", lr=0.5), make_run("B", lr=40.0)]
    train_in_turns(runs, epochs=6, callbacks=[EarlyStopping("loss")])
    for run in runs:
        assert run.final.loss == min(record.loss for record in run.history)
        assert MODEL.loss_and_grads(run.params, X, Y)[0] == pytest.approx(run.final.loss, rel=1e-12)


@pytest.mark.parametrize("batch_size", [1, None])
@pytest.mark.parametrize("ends", [(2, True), (3, False), (4, True), (5, False)])
@pytest.mark.parametrize("error", [StopTraining, KeyboardInterrupt])
def test_an_epoch_that_is_whole_counts_however_it_ends(batch_size, ends, error, tmp_path):
    last, whole = ends
    epochs = last if batch_size is None else last // 2

    class Stop(Callback):
        def on_step(self, run, loss):
            if run.steps == last:
                raise error("enough")

    w, told = np.array([-10.0]), []
    history = train(
        parabola, w, np.array([[1.0], [3.0]]), partial(SGD, lr=0.01), epochs=9, batch_size=batch_size,
        callbacks=[
            Stop(), EarlyStopping("loss"), check := Checkpoint(tmp_path / "best.npz", "loss"),
            lambda run, record: told.append(record.epoch),
        ],
        progress=False,
    )  # fmt: skip
    assert history.status == ("stopped" if error is StopTraining else "interrupted")
    assert len(history) == epochs + (batch_size is not None and not whole)
    assert told == [1.0 + k for k in range(epochs)]
    assert history.restored.epoch == check.best_epoch == epochs  # it is better each time
    assert loaded(check.path)["params"] == w
    assert parabola(w, np.array([[1.0], [3.0]]))[0] == history.restored.loss


@pytest.mark.parametrize("callback", [Watch(5), TimeBudget(0)])
def test_however_it_ends_the_history_is_of_one_kind(callback):
    run = make_run()
    train_in_turns([run], epochs=3, callbacks=[EarlyStopping("loss", restore_best=False), callback])
    assert run.history[-1].epoch % 1 == 0.25
    assert run.history[-1].after
    assert run.history[-1].loss == MODEL.loss_and_grads(run.params, X, Y)[0]


def test_a_loss_after_an_epoch_that_is_not_finite_ends_the_training():
    losses = iter([1.0, 1.0, 0.5, math.inf])
    history = train(
        lambda w, x: (next(losses), np.ones(1)), np.zeros(1), np.zeros((3, 1)), SGD, epochs=5,
        batch_size=None, callbacks=EarlyStopping("loss"), progress=False,
    )  # fmt: skip
    assert (history.status, history.message) == (
        "diverged",
        "the loss is inf after epoch 2 of the training run",
    )
    assert history.restored.epoch == 1


def test_pictures_say_which_loss_it_is():
    for callbacks, label in (([], "mean of the epoch"), ([EarlyStopping("loss")], "after the epoch")):
        run = make_run()
        train_in_turns([run], epochs=2, callbacks=callbacks)
        line = training_curves([run]).axes[0].lines[0]
        assert ("mean" in line.get_label()) == (not callbacks)
        assert line.get_ydata().tolist() == [record.loss for record in run.history]
        history = train(
            parabola, np.ones(1), np.zeros((2, 1)), SGD, epochs=2, callbacks=callbacks, progress=False
        )
        assert label in [line.get_label() for line in history.plot(Figure()).axes[0].lines]


# -- buffers --------------------------------------------------------------------------------------


def normalised(buffers):
    """Return a loss that keeps running statistics, as batch normalisation does."""

    def loss_and_grads(w, x):
        mean = buffers["mean"] if isinstance(buffers, dict) else buffers[0]
        mean *= 0.5
        mean += 0.5 * x.mean()
        return parabola(w, x)

    return loss_and_grads


@pytest.mark.parametrize("make", [lambda a: {"mean": a}, lambda a: [a], lambda a: (a,)])
def test_buffers_are_kept_with_the_parameters(make, tmp_path):
    data = np.array([[1.0], [3.0], [7.0]])
    mean, seen = np.zeros(1, np.float32), []
    buffers = make(mean)
    stop = EarlyStopping("loss", patience=3)
    history = train(
        normalised(buffers), np.array([-10.0]), data, partial(SGD, lr=0.1, momentum=0.9), epochs=30,
        batch_size=2, buffers=buffers, validation=(data[:1],), progress=False,
        callbacks=[Checkpoint(tmp_path / "w.npz", "loss"), stop, lambda *_: seen.append(mean.copy())],
    )  # fmt: skip
    assert history.status == "stopped"
    best = seen[int(stop.best_epoch) - 1]
    assert mean == best != seen[-1]
    saved = loaded(tmp_path / "w.npz")
    name = "mean" if isinstance(buffers, dict) else "buffers[0]"
    assert saved[name] == best
    assert set(saved) == {"params", name}

    # Nothing but steps changes them: not the evaluation, which calls the same function.
    alone, plain = np.zeros(1, np.float32), []
    train(
        normalised([alone]), np.array([-10.0]), data, partial(SGD, lr=0.1, momentum=0.9),
        epochs=len(history), batch_size=2, progress=False, callbacks=lambda *_: plain.append(alone.copy()),
    )  # fmt: skip
    assert plain == seen


@pytest.mark.parametrize(
    ("buffers", "error", "message"),
    [
        (3, TypeError, "buffers: expected a NumPy array, a list or a dict of arrays, got int"),
        ({"n": 0}, TypeError, "buffers['n']: expected a NumPy array, got int"),
        (
            [np.broadcast_to(0.0, 3)],
            ValueError,
            "buffers[0]: expected a writeable array, got a read-only one",
        ),
        (
            {1: np.zeros(1), "1": np.zeros(1)},
            ValueError,
            "buffers: expected keys that differ as text, got [1, '1",
        ),
        ({"params": np.zeros(1)}, ValueError, "buffers: expected keys that params do not have, as text, got"),
    ],
)
def test_buffers_that_are_none_are_refused(buffers, error, message, tmp_path):
    with pytest.raises(error, match=re.escape(message)):
        train(
            parabola, np.zeros(1), np.zeros((3, 1)), SGD, epochs=1, buffers=buffers, progress=False,
            callbacks=Checkpoint(tmp_path / "w.npz"),
        )  # fmt: skip
    for none in (None, {}, []):
        train(parabola, np.zeros(1), np.zeros((3, 1)), SGD, epochs=1, buffers=none, progress=False)


def counting(buffers, change):
    """Return a loss that counts its calls in buffers."""

    def loss_and_grads(w, x):
        change(buffers)
        return parabola(w, x)

    return loss_and_grads


def as_lists(buffers):
    items = buffers.items() if isinstance(buffers, dict) else enumerate(buffers)
    return {key: np.asarray(array).tolist() for key, array in items}


def _add(buffers):
    buffers[0] = buffers[0] + 1


def _append(buffers):
    buffers.append(np.zeros(1))


def _fill(buffers):
    buffers["n"] = buffers.get("n", np.zeros(1)) + 1


def _grow(buffers):
    buffers["n"] = np.zeros(len(buffers["n"]) + 1)


CHANGES = {  # buffers, how a call of the loss changes them, what they are after four calls
    "others in their place": ([np.zeros(1)], _add, {0: [4.0]}),
    "numbers in their place": ([np.zeros(())], _add, {0: 4.0}),
    "more of them": ([], _append, {key: [0.0] for key in range(4)}),
    "filled by the loss": ({}, _fill, {"n": [4.0]}),
    "of another shape": ({"n": np.zeros(1)}, _grow, {"n": [0.0] * 5}),
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("evaluation", ["data", "metrics", "function", "loss"])
def test_only_steps_change_buffers(name, evaluation):
    start, change, expected = CHANGES[name]
    buffers, data = start.copy(), np.array([[1.0], [3.0]])
    loss_and_grads = counting(buffers, change)
    options = {
        "data": {"validation": (data,)},
        "metrics": {"validation": (data,), "metrics": lambda w, x: loss_and_grads(w, x)[0]},
        "function": {"validation": lambda w: {"val": loss_and_grads(w, data)[0]}},
        "loss": {"callbacks": EarlyStopping("loss")},
    }[evaluation]
    train(
        loss_and_grads, np.zeros(1), data, partial(SGD, lr=0.25), epochs=4, batch_size=None,
        buffers=buffers, progress=False, **options,
    )  # fmt: skip
    assert as_lists(buffers) == expected


@pytest.mark.parametrize("name", CHANGES)
def test_the_best_buffers_are_put_back_whatever_the_loss_did(name):
    start, change, _ = CHANGES[name]
    buffers, once = start.copy(), start.copy()
    change(once)
    train(
        counting(buffers, change), np.zeros(1), np.array([[1.0], [3.0]]), partial(SGD, lr=1.5), epochs=3,
        batch_size=None, buffers=buffers, callbacks=EarlyStopping("loss"), progress=False,
    )  # fmt: skip
    assert as_lists(buffers) == as_lists(once)


# -- a checkpoint of a run that goes on -----------------------------------------------------------


def play(w, values, check, optimizer=None, name="val_loss"):
    """Train something whose metric takes the given values; return its optimizer and what is in the file."""
    coming = iter([0.0, *values])
    history = train(
        lambda w, x: (1.0, -np.ones(1)), w, np.zeros((4, 1)), optimizer or SGD(w, lr=1.0),
        epochs=len(values), batch_size=None, validation=lambda w: {name: next(coming)},
        callbacks=check, progress=False,
    )  # fmt: skip
    return history.optimizer, float(loaded(check.path)["params"][0])


def test_a_better_checkpoint_survives_a_run_that_goes_on(tmp_path):
    path = tmp_path / "best.npz"
    w = np.zeros(1)
    opt, kept = play(w, [3, 1, 2], Checkpoint(path))
    assert kept == 2
    for opt_again in (opt, None):  # the same optimizer, or its state in another one
        if opt_again is None:
            opt_again = SGD(w, lr=1.0)
            opt_again.load_state_dict(opt.state_dict())
        check = Checkpoint(path)
        assert play(w, [5, 1.5], check, opt_again)[1] == 2
        assert (check.best, check.best_epoch) == (1, 2)
    assert play(w, [5, 0.5, 4], check := Checkpoint(path), opt_again)[1] == 9
    assert (check.best, check.best_epoch) == (0.5, 9)
    assert play(w, [7], check)[1] == 9  # the same object, whatever the optimizer
    w[:] = loaded(path)["params"]
    assert play(w, [7], Checkpoint(path))[1] == 9  # from the weights in the file


@pytest.mark.parametrize("what", ["anew", "another metric", "another mode", "another file", "no file"])
def test_a_checkpoint_that_cannot_be_compared_with_is_replaced(tmp_path, what):
    path, w = tmp_path / "best.npz", np.zeros(1)
    opt, _ = play(w, [3, 1, 2], Checkpoint(path))
    check, name = Checkpoint(path), "val_loss"
    if what == "anew":
        opt, w[:] = SGD(w, lr=1.0), 50
    elif what == "another metric":
        check, name = Checkpoint(path, "val_error"), "val_error"
    elif what == "another mode":
        check = Checkpoint(path, mode="max")
    elif what == "another file":
        np.savez(path, params=w)
    else:
        path.unlink()
    assert play(w, [7, 8], check, opt, name)[1] == w[0] - (what != "another mode")
