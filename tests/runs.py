"""A small run of plain gradient descent, for tests of the loop and of what judges runs."""

import math

import numpy as np

from fastopt._common.fingerprint import fingerprint
from fastopt.models import Linear
from fastopt.training import Callback, Run

N, FEATURES, CLASSES, BATCH = 25, 4, 3, 8  # four steps an epoch, the last with one sample
X = np.random.default_rng(0).random((N, FEATURES))
Y = (X @ np.random.default_rng(1).normal(size=(FEATURES, CLASSES))).argmax(axis=1)
MODEL = Linear(FEATURES, CLASSES)


def make_run(name="run", *, lr=0.5, loss_and_grads=MODEL.loss_and_grads, metrics=None, seed=4):
    """Return a run of plain gradient descent: the loop does not care whose step it is."""
    params = MODEL.init(0, np.float64)

    def update(grads):
        for key, param in params.items():
            param -= lr * grads[key]

    return Run(name, loss_and_grads, params, (X, Y), update, batch_size=BATCH, seed=seed, evaluate=metrics)


class Watch(Callback):
    """Write down what happens; optionally press Ctrl-C after some step."""

    def __init__(self, interrupt_at=math.inf):
        self.steps, self.epochs, self.interrupt_at = [], [], interrupt_at

    def on_step(self, run, loss):
        self.steps.append((run.name, run.steps, loss))
        if len(self.steps) == self.interrupt_at:
            raise KeyboardInterrupt

    def on_epoch(self, run, record):
        assert run.history[-1] is record
        self.epochs.append((run.name, record.epoch))


def same_params(a, b):
    return fingerprint(a.params) == fingerprint(b.params)
