"""The optimizers of scikit-learn's multilayer perceptrons, which have the learning rate inside."""

from collections.abc import Iterable
from typing import Any

from sklearn.neural_network import MLPClassifier
from sklearn.neural_network._stochastic_optimizers import AdamOptimizer, SGDOptimizer

from cases import Case
from golden.problem import CONFIGURATIONS, Array, defaults, start

PACKAGES = ("scikit-learn",)

OPTIMIZERS = {
    # `falling` is scikit-learn's "invscaling" in the power 1: learning_rate_init / (time_step + 1).
    "SGD-velocity": (
        SGDOptimizer,
        {"learning_rate_init": 0.1, "nesterov": False, "lr_schedule": "invscaling", "power_t": 1.0},
    ),
    "SGD-velocity_nesterov": (SGDOptimizer, {"learning_rate_init": 0.1, "nesterov": True}),
    # scikit-learn folds the corrections into the learning rate: fastopt follows it with a schedule of eps.
    "Adam-folded_eps": (AdamOptimizer, {"learning_rate_init": 0.1}),
    # The defaults of MLPClassifier, which are not always those of the classes.
    "SGD-sklearn": (SGDOptimizer, {"learning_rate_init": 0.001}),
    "SGD-sklearn_all": (
        SGDOptimizer,
        {"learning_rate_init": 0.1, "lr_schedule": "invscaling", "power_t": 1.0},
    ),
    "Adam-sklearn": (AdamOptimizer, {"learning_rate_init": 0.001}),
}

STATE = {"SGD": {"v": "velocities"}, "Adam": {"m": "ms", "v": "vs"}}
"""Of each optimizer the state: its names in fastopt, and in scikit-learn."""


def facts() -> dict[str, Any]:
    names = {"lr": "learning_rate_init", "momentum": "momentum", "nesterov": "nesterovs_momentum"}
    of_adam = {"lr": "learning_rate_init", "betas": ("beta_1", "beta_2"), "eps": "epsilon"}
    return {"defaults": {"SGD": defaults(MLPClassifier, names), "Adam": defaults(MLPClassifier, of_adam)}}


def cases() -> Iterable[tuple[Case, str]]:
    return ((CONFIGURATIONS[name], "float64") for name in OPTIMIZERS)


class Run:
    def __init__(self, case: Case, dtype: str) -> None:
        self.arrays = list(start(dtype, case).values())
        cls, hyper = OPTIMIZERS[case.name]
        self.optimizer = cls(self.arrays, **hyper)
        self.names = STATE[case.optimizer.__name__]
        self.weight_decay = case.hyper.get("weight_decay", 0.0)

    def step(self, t: int, grads: list[Array]) -> None:
        # The penalty is the perceptron's, which adds it to the gradients before the optimizer sees them.
        grads = [g + self.weight_decay * p for p, g in zip(self.arrays, grads, strict=True)]
        self.optimizer.update_params(self.arrays, grads)
        self.optimizer.iteration_ends(t)

    def params(self) -> Any:
        return self.arrays

    def state(self) -> dict[str, Any]:
        return {slot: getattr(self.optimizer, name) for slot, name in self.names.items()}
