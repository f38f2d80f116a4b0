"""Optimizers of Keras, over JAX, in float64."""

import os
from collections.abc import Iterable
from typing import Any

import numpy as np

os.environ["KERAS_BACKEND"] = "jax"

import jax
import keras

from cases import Case
from golden.problem import CONFIGURATIONS, Array, at, defaults, start

jax.config.update("jax_enable_x64", True)
keras.config.set_floatx("float64")

PACKAGES = ("keras", "jax")

NAMES = {
    "lr": "learning_rate",
    "lr_power": "learning_rate_power",
    "l1": "l1_regularization_strength",
    "l2": "l2_regularization_strength",
    "eps": "epsilon",
    "alpha": "rho",
}
"""What Keras calls the hyperparameters: those that it does not call as fastopt does."""


CLASSES = {"FTRL": "Ftrl", "NAdam": "Nadam"}
"""What Keras calls the optimizers: those that it does not call as fastopt does."""

STATE = {
    "FTRL": {"n": "_accumulators", "z": "_linears"},
    "SGD": {"v": "momentums"},
    "Adagrad": {"v": "_accumulators"},
    "Adadelta": {"v": "_accumulated_grads", "u": "_accumulated_delta_vars"},
    "RMSprop": {"v": "_velocities", "m": "_average_gradients"},
    "Adam": {"m": "_momentums", "v": "_velocities", "vmax": "_velocity_hats"},
    "AdamW": {"m": "_momentums", "v": "_velocities", "vmax": "_velocity_hats"},
    "Adamax": {"m": "_m", "u": "_u"},
    "NAdam": {"m": "_momentums", "v": "_velocities"},
}
"""Of each optimizer the state: its names in fastopt, and in Keras."""


def facts() -> dict[str, Any]:
    same = ("momentum", "nesterov", "weight_decay", "amsgrad", "centered", "rho", "initial_accumulator_value")
    names = {name: name for name in same} | {"betas": ("beta_1", "beta_2")}
    names |= {ours: NAMES[ours] for ours in ("lr", "eps", "alpha")}
    made = {name: getattr(keras.optimizers, CLASSES.get(name, name)) for name in STATE if name != "FTRL"}
    return {"defaults": {name: defaults(cls, names) for name, cls in made.items()}}


def cases() -> Iterable[tuple[Case, str]]:
    for case in CONFIGURATIONS.values():
        # Where all starts empty, Keras takes 0 / 0 for a parameter that has had no gradient.
        ftrl = case.optimizer.__name__ == "FTRL" and case.name != "FTRL-empty"
        if (ftrl and "maximize" not in case.hyper) or case.hyper.get("compat") == "keras":
            yield case, "float64"


class Run:
    def __init__(self, case: Case, dtype: str) -> None:
        name = case.optimizer.__name__
        self.hyper = {NAMES.get(n, n): value for n, value in case.hyper.items() if n != "compat"}
        self.variables = [keras.Variable(p) for p in start(dtype, case).values()]
        self.optimizer = getattr(keras.optimizers, CLASSES.get(name, name))(**at(0, self.hyper))
        self.names = dict(STATE[name])
        if self.hyper.get("learning_rate_power") == 0:  # then fastopt has no use for the sum of squares
            del self.names["n"]

    def step(self, t: int, grads: list[Array]) -> None:
        for name, value in at(t - 1, self.hyper).items():
            setattr(self.optimizer, name, value)
        self.optimizer.apply(grads, self.variables)

    def params(self) -> Any:
        return [np.asarray(p) for p in self.variables]

    def state(self) -> dict[str, Any]:
        found = {slot: getattr(self.optimizer, name, None) for slot, name in self.names.items()}
        return {slot: [np.asarray(x) for x in arrays] for slot, arrays in found.items() if arrays}
