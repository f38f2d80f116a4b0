"""FTRL of Keras, over JAX, in float64."""

import os
from collections.abc import Iterable
from typing import Any

import numpy as np

os.environ["KERAS_BACKEND"] = "jax"

import jax
import keras

from cases import Case
from golden.problem import CONFIGURATIONS, Array, at, start

jax.config.update("jax_enable_x64", True)
keras.config.set_floatx("float64")

PACKAGES = ("keras", "jax")

NAMES = {
    "lr": "learning_rate",
    "lr_power": "learning_rate_power",
    "l1": "l1_regularization_strength",
    "l2": "l2_regularization_strength",
}
"""What Keras calls the hyperparameters: those that it does not call as fastopt does."""


def cases() -> Iterable[tuple[Case, str]]:
    for case in CONFIGURATIONS.values():
        # Where all starts empty, Keras takes 0 / 0 for a parameter that has had no gradient.
        if case.optimizer.__name__ == "FTRL" and case.name != "FTRL-empty" and "maximize" not in case.hyper:
            yield case, "float64"


class Run:
    def __init__(self, case: Case, dtype: str) -> None:
        self.hyper = {NAMES.get(name, name): value for name, value in case.hyper.items()}
        self.variables = [keras.Variable(p) for p in start(dtype).values()]
        self.optimizer = keras.optimizers.Ftrl(**at(0, self.hyper))
        self.power = self.hyper.get("learning_rate_power", -0.5)

    def step(self, t: int, grads: list[Array]) -> None:
        for name, value in at(t - 1, self.hyper).items():
            setattr(self.optimizer, name, value)
        self.optimizer.apply(grads, self.variables)

    def params(self) -> Any:
        return [np.asarray(p) for p in self.variables]

    def state(self) -> dict[str, Any]:
        kept = {"z": self.optimizer._linears}
        if self.power != 0:  # without the power, fastopt has no use for the sum of squares
            kept["n"] = self.optimizer._accumulators
        return {slot: [np.asarray(x) for x in arrays] for slot, arrays in kept.items()}
