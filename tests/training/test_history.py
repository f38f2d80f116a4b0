"""The history of a training: as JSON, and drawn."""

import json

import numpy as np
import pytest
from matplotlib.figure import Figure

from fastopt._common.fingerprint import fingerprint
from fastopt.training import train_in_turns
from fastopt.training.history import History
from runs import N, Watch, make_run
from training.problem import A, B, fit


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
