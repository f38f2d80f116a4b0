"""A least squares problem to train on."""

from functools import partial

import numpy as np

from fastopt import SGD
from fastopt.callbacks import StopTraining
from fastopt.training import Callback, train


class StopAt(Callback):
    """End the run of some name after some epoch."""

    def __init__(self, name, epoch):
        self.name, self.epoch = name, epoch

    def on_epoch(self, run, record):
        if run.name == self.name and record.epoch == self.epoch:
            raise StopTraining("enough")


RNG = np.random.default_rng(5)
A = RNG.standard_normal((40, 3))
B = A @ np.array([1.0, -2.0, 0.5]) + 0.25
DESCENT = partial(SGD, lr=0.1)


def least_squares(params, x, y):
    error = x @ params["w"] + params["b"] - y
    return (error @ error) / len(y), {
        "w": 2 * x.T @ error / len(y),
        "b": np.array([2 * error.mean()]),
    }


def start(dtype=np.float64):
    return {"w": np.zeros(3, dtype), "b": np.zeros(1, dtype)}


def fit(params=None, data=(A, B), optimizer=DESCENT, **options):
    params = start() if params is None else params
    options = {"epochs": 5, "batch_size": 8, "progress": False} | options
    return params, train(options.pop("loss_and_grads", least_squares), params, data, optimizer, **options)
