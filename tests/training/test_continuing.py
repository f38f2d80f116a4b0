"""`train`, called again: the order of the samples, epochs and schedules go on where they were."""

import copy
import math
import os
import pickle
import signal
import subprocess
import sys
from functools import partial

import numpy as np
import pytest
from matplotlib.figure import Figure

from fastopt import SGD, AdamW, schedules
from fastopt._common.fingerprint import fingerprint
from fastopt.callbacks import StopTraining, TimeBudget
from fastopt.training import train, train_in_turns
from runs import BATCH, MODEL, Watch, X, Y, make_run, same_params

N = 20
A = np.random.default_rng(5).standard_normal((N, 3))
B = A @ np.array([1.0, -2.0, 0.5]) + 0.25
ROWS = np.arange(N)

MAKE = {
    "sgd": partial(SGD, lr=0.05, momentum=0.9),
    "adamw": partial(AdamW, lr=schedules.warmup(schedules.cosine(0.1, 30), 4)),
}


def start():
    return {"w": np.zeros(3), "b": np.zeros(1)}


class Trained:
    """What several calls of `train` over the same parameters came to."""

    def __init__(self, make, **options):
        self.params, self.make, self.options = start(), make, options
        self.optimizer = make(self.params)
        self.shown, self.losses, self.rates, self.histories = [], [], [], []

    def loss_and_grads(self, params, x, y, rows):
        self.shown.append(rows.tolist())
        error = x @ params["w"] + params["b"] - y
        return (error @ error) / len(y), {
            "w": 2 * x.T @ error / len(y),
            "b": np.array([2 * error.mean()]),
        }

    def train(self, epochs, data=(A, B, ROWS), loss_and_grads=None, **options):
        options = {"epochs": epochs, "batch_size": 6, "progress": False} | self.options | options
        history = train(loss_and_grads or self.loss_and_grads, self.params, data, self.optimizer, **options)
        self.losses += history.step_losses
        self.rates += history.step_learning_rates
        self.histories.append(history)
        return history

    @property
    def result(self):
        return fingerprint(self.params), self.losses, self.rates, self.shown, self.optimizer.steps


def same(trained, once):
    assert trained.result == once.result


def from_state(trained, state=None):
    optimizer = trained.make(trained.params)
    optimizer.load_state_dict(state or pickle.loads(pickle.dumps(trained.optimizer.state_dict())))
    return optimizer


def with_params(trained, optimizer):
    trained.params = optimizer.params
    return optimizer


# How the optimizer comes to the next call.
WAYS = {
    "the same": lambda trained: trained.optimizer,
    "its state": from_state,
    "a pickle": lambda trained: with_params(trained, pickle.loads(pickle.dumps(trained.optimizer))),
    "a deep copy": lambda trained: with_params(trained, copy.deepcopy(trained.optimizer)),
    "a copy": lambda trained: copy.copy(trained.optimizer),
    "the history": lambda trained: trained.histories[-1].optimizer,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("batch_size", [1, 6, 50, None])
def test_parts_are_the_whole(batch_size, way):
    name = "sgd" if batch_size == 1 else "adamw"
    once = Trained(MAKE[name], batch_size=batch_size)
    once.train(6)
    for parts in ((3, 3), (1, 4, 1)):
        several = Trained(MAKE[name], batch_size=batch_size)
        for epochs in parts:
            several.train(epochs)
            several.optimizer = WAYS[way](several)
        same(several, once)
        assert [epoch for h in several.histories for epoch in h.epochs] == [1, 2, 3, 4, 5, 6]
        assert [steps for h in several.histories for steps in h.steps] == once.histories[0].steps


def pressing_ctrl_c(step, loss_and_grads):
    """Return the function, which presses Ctrl-C in a step."""
    calls = 0

    def pressed(*args):
        nonlocal calls
        calls += 1
        if calls == step:
            signal.raise_signal(signal.SIGINT)
        return loss_and_grads(*args)

    return pressed


@pytest.mark.parametrize("way", ["the same", "its state"])
@pytest.mark.parametrize("step", [1, 3, 4, 7])  # of four an epoch
@pytest.mark.parametrize("how", ["Ctrl-C", "a callback", "the time"])
def test_it_goes_on_inside_an_epoch(how, step, way):
    once, several, left = Trained(MAKE["adamw"]), Trained(MAKE["adamw"]), 6
    once.train(left)
    while left:
        options = {
            "Ctrl-C": {"loss_and_grads": pressing_ctrl_c(step, several.loss_and_grads)},
            "a callback": {"callbacks": Watch(step)},
            "the time": {"callbacks": TimeBudget(0)},  # after each step
        }[how]
        left = 6 - int(several.train(left, **options).epochs[-1])
        several.optimizer = WAYS[way](several)
    same(several, once)
    assert len(several.histories) > 2
    assert [h.steps[-1] for h in several.histories] == [round(4 * h.epochs[-1]) for h in several.histories]


@pytest.mark.parametrize("batch_size", [BATCH, None])
def test_a_metric_is_told_once_an_epoch_wherever_it_ends(batch_size):
    def trained(*interrupts):
        params, lr = (
            MODEL.init(0, np.float64),
            schedules.ReduceOnPlateau(0.5, factor=0.5, patience=0, threshold=0.25),
        )
        opt, left = SGD(params, lr=lr), 6
        for interrupt in (*interrupts, math.inf):
            history = train(
                MODEL.loss_and_grads, params, (X, Y), opt, epochs=left, batch_size=batch_size,
                callbacks=[Watch(interrupt), lambda run, record: lr.update(record.loss)], progress=False,
            )  # fmt: skip
            left = 6 - int(history.epochs[-1])
        return params, lr

    (once, lr), (several, again) = trained(), trained(4)  # after a whole epoch, or four
    assert lr.value < 0.5
    assert again == lr
    assert all(once[key].tobytes() == several[key].tobytes() for key in once)


@pytest.mark.parametrize("make", [np.random.default_rng, np.random.MT19937, np.random.RandomState])
def test_a_generator_goes_on_by_itself(make):
    once = Trained(MAKE["sgd"], seed=make(7))
    once.train(4)
    several = Trained(MAKE["sgd"], seed=make(7))
    for step in (6, 1, 3, 100):
        several.train(4 - several.optimizer.steps // 4, callbacks=Watch(step))
    same(several, once)


def test_a_generator_that_others_draw_from_is_left_alone():
    rng = np.random.default_rng(7)

    def loss_and_grads(params, x, y, rows):
        rng.random()  # a dropout, say
        return several.loss_and_grads(params, x, y, rows)

    several = Trained(MAKE["sgd"], seed=rng)
    several.train(2, loss_and_grads=loss_and_grads, callbacks=Watch(2))
    expected = np.random.default_rng(7)
    expected.permutation(N)
    expected.random(2)
    assert rng.random() == expected.random()


def test_without_a_seed_only_the_count_goes_on():
    several = Trained(MAKE["sgd"], seed=None)
    several.train(2, callbacks=Watch(6))
    assert several.train(2).epochs == [2, 3]
    assert [len(rows) for rows in several.shown] == [6, 6, 6, 2] * 3


def test_another_process_goes_on(tmp_path):
    once, several = Trained(MAKE["adamw"]), Trained(MAKE["adamw"])
    once.train(4)
    several.train(4, callbacks=Watch(6))
    saved = {"params": several.params, "state": several.optimizer.state_dict(), "data": (A, B)}
    (tmp_path / "run").write_bytes(pickle.dumps(saved))
    program = """
import pickle
import numpy as np
from fastopt import AdamW, schedules, train

with open("run", "rb") as file:
    run = pickle.load(file)

def loss_and_grads(params, x, y):
    error = x @ params["w"] + params["b"] - y
    return (error @ error) / len(y), {"w": 2 * x.T @ error / len(y), "b": np.array([2 * error.mean()])}

opt = AdamW(run["params"], lr=schedules.warmup(schedules.cosine(0.1, 30), 4))
opt.load_state_dict(run["state"])
train(loss_and_grads, opt.params, run["data"], opt, epochs=3, batch_size=6, progress=False)
with open("run", "wb") as file:
    pickle.dump(opt.params, file)
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=environment, check=True)
    assert fingerprint(pickle.loads((tmp_path / "run").read_bytes())) == fingerprint(once.params)


# -- where what came before was something else ----------------------------------------------------


def samples(shown):
    """Return the samples in their order, whatever the batches."""
    return [sample for batch in shown for sample in batch]


@pytest.mark.parametrize(("first", "then"), [(6, 4), (4, 6), (6, 50), (1, 7)])
@pytest.mark.parametrize("steps", [100, 3])
def test_another_batch_size_is_the_same_order(first, then, steps):
    once, several = Trained(MAKE["sgd"]), Trained(MAKE["sgd"])
    once.train(4)
    several.train(2, batch_size=first, callbacks=Watch(steps))
    left = 4 - several.optimizer.steps // -(-N // first)
    assert several.train(left, batch_size=then).epochs == list(range(5 - left, 5))
    assert samples(several.shown) == samples(once.shown)


@pytest.mark.parametrize("batch_size", [6, None])
def test_the_rest_of_an_epoch_of_other_data_is_not_trained(batch_size):
    several = Trained(MAKE["sgd"])
    several.train(2, callbacks=Watch(6))
    data = (A, B, ROWS) if batch_size is None else (A[:9], B[:9], ROWS[:9])
    several.shown.clear()
    assert several.train(1, data, batch_size=batch_size).epochs == [3]
    assert sorted(samples(several.shown)) == list(range(len(data[0])))


@pytest.mark.parametrize("steps", [1, 4, 6])
def test_steps_by_hand_show_no_samples(steps):
    several = Trained(MAKE["sgd"])
    for _ in range(steps):
        several.optimizer.step(start())
    history = several.train(2)
    assert history.epochs == [steps // 4 + 1, steps // 4 + 2]
    assert history.steps == [steps + 4, steps + 8]
    assert [len(rows) for rows in several.shown] == [6, 6, 6, 2] * 2
    several.optimizer.step(start())  # in between, too
    assert several.train(1).epochs == [steps // 4 + 3]
    once = Trained(MAKE["sgd"])
    once.train(steps // 4 + 3)
    assert several.shown == once.shown[-12:]


def test_what_makes_an_optimizer_begins_anew():
    params, shown = start(), []
    several = Trained(MAKE["sgd"])

    def loss_and_grads(params, x, y, rows):
        shown.append(rows.tolist())
        return several.loss_and_grads(params, x, y, rows)

    for _ in range(2):
        history = train(loss_and_grads, params, (A, B, ROWS), MAKE["sgd"], epochs=2, progress=False)
        assert history.epochs == [1, 2]
    assert shown[:2] == shown[2:]
    assert pickle.loads(pickle.dumps(history)).optimizer is None
    assert pickle.loads(pickle.dumps(history)) == history


def test_a_state_dict_without_a_place_counts_by_steps():
    once, several = Trained(MAKE["adamw"]), Trained(MAKE["adamw"])
    once.train(6)
    several.train(3)
    state = several.optimizer.state_dict()
    assert state.pop("place") == {"epochs": 3, "samples": 0, "of": N}
    several.optimizer = from_state(several, state)
    several.train(3)
    same(several, once)


@pytest.mark.parametrize(
    ("place", "error", "message"),
    [
        (3, TypeError, r"state_dict\['place'\]: expected a dict with 'epochs', 'samples' and 'of', got 3"),
        ({"epochs": 1}, TypeError, r"state_dict\['place'\]: expected a dict with 'epochs', 'samples'"),
        (
            {"epochs": -1, "samples": 0, "of": 5},
            ValueError,
            r"\['epochs'\]: expected a whole number >= 0, got -1",
        ),
        ({"epochs": 1, "samples": 1.5, "of": 5}, TypeError, r"\['samples'\]: expected a whole number >= 0"),
        ({"epochs": 1, "samples": 6, "of": 5}, ValueError, r"\['samples'\]: expected fewer than the 5 of an"),
        ({"epochs": 1, "samples": 5, "of": 5}, ValueError, r"\['samples'\]: expected fewer than the 5 of an"),
        ({"epochs": 1, "samples": 0, "of": 0}, ValueError, r"\['samples'\]: expected fewer than the 0 of an"),
        (
            {"epochs": 10**400, "samples": 0, "of": 5},
            ValueError,
            r"\['epochs'\]: expected a whole number from 0",
        ),
    ],
)
def test_bad_places_change_nothing(place, error, message):
    several = Trained(MAKE["sgd"])
    several.train(1)
    before = repr(state := several.optimizer.state_dict())
    with pytest.raises(error, match=message):
        several.optimizer.load_state_dict(state | {"steps": 2, "place": place})
    assert repr(several.optimizer.state_dict()) == before


# -- runs, and what is shown ----------------------------------------------------------------------


@pytest.mark.parametrize("step", [1, 4, 6])
def test_a_run_goes_on_inside_an_epoch(step):
    once, several = make_run(), make_run()
    train_in_turns([once], epochs=4)
    train_in_turns([several], epochs=4, callbacks=[Watch(step)])
    train_in_turns([several], epochs=4 - step // 4)
    assert several.step_losses == once.step_losses
    assert same_params(several, once)
    assert (several.history[-1].epoch, several.history[-1].steps) == (4, 16)


def test_lines_count_from_the_beginning(capsys):
    several = Trained(MAKE["sgd"], progress=True)
    several.train(2)
    several.train(12, callbacks=stop_after(11))
    lines = capsys.readouterr().err.splitlines()
    numbers = [line.split("   ")[0] for line in lines]
    assert numbers == [
        "epoch 1/2", "epoch 2/2", *(f"epoch {k:2}/14" for k in range(3, 12)), "stopped: enough",
    ]  # fmt: skip


def stop_after(epoch):
    def stop(run, record):
        if record.epoch == epoch:
            raise StopTraining("enough")

    return stop


def test_curves_begin_where_the_steps_do():
    several = Trained(MAKE["sgd"])
    several.train(2)
    axes = several.train(2).plot(Figure()).axes
    batches, means = axes[0].lines[:2]
    assert batches.get_xdata()[[0, -1]].tolist() == axes[1].lines[0].get_xdata()[[0, -1]].tolist() == [9, 16]
    assert means.get_xdata().tolist() == [12, 16]
