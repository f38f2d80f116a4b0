"""What other libraries mean by the names of optimizers: their formulas and their defaults.

``fastopt.Adam(params, compat="keras")`` is Keras's Adam: what is not given has the value below, and what is
given wins. Where a library has no default, as optax for learning rates, the argument has to be given.
"""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from fastopt._common.wording import shown

__all__ = ["COMPAT", "differences", "with_defaults_of"]

GIVEN = object()
"""In place of a default: there is none, the argument has to be given."""

_KERAS = {"decoupled_weight_decay": True}


class Unless:
    """A default that is True unless another argument is."""

    def __init__(self, other: str) -> None:
        self.other = other

    def __call__(self, given: Mapping[str, Any]) -> bool:
        return not given.get(self.other, False)

    def __repr__(self) -> str:
        return f"not {self.other}"


COMPAT: dict[str, dict[str, dict[str, Any]]] = {
    "SGD": {
        "torch": {},
        "keras": {"lr": 0.01, "momentum_form": "velocity", **_KERAS},
        "optax": {"lr": GIVEN},
        "sklearn": {"momentum": 0.9, "nesterov": True, "momentum_form": "velocity"},
        "paper": {"momentum_form": "velocity"},
    },
    "Adagrad": {
        "torch": {},
        "keras": {"lr": 1e-3, "initial_accumulator_value": 0.1, "eps": 1e-7, "eps_inside": True, **_KERAS},
        "optax": {"lr": GIVEN, "initial_accumulator_value": 0.1, "eps": 1e-7, "eps_inside": True},
        "paper": {},
    },
    "Adadelta": {
        "torch": {},
        "keras": {"lr": 1e-3, "rho": 0.95, "eps": 1e-7, **_KERAS},
        "optax": {"lr": GIVEN},
        "paper": {"rho": 0.95},
    },
    "RMSprop": {
        "torch": {},
        "keras": {"lr": 1e-3, "alpha": 0.9, "eps": 1e-7, "eps_inside": True, "lr_inside": True, **_KERAS},
        "optax": {"lr": GIVEN, "alpha": 0.9, "eps_inside": True, "lr_inside": True},
        "paper": {"alpha": 0.9, "eps": 0.0, "lr_inside": True},
    },
    "Adam": {
        "torch": {},
        "keras": {"eps": 1e-7, "eps_hat": True, **_KERAS},
        "optax": {"lr": GIVEN, "corrected_maximum": True},
        "sklearn": {"eps_hat": True},
        "paper": {"bias_correction": Unless("amsgrad")},
    },
    "AdamW": {
        "torch": {},
        "keras": {"weight_decay": 4e-3, "eps": 1e-7, "eps_hat": True},
        "optax": {"lr": GIVEN, "weight_decay": 1e-4, "corrected_maximum": True},
        "paper": {"bias_correction": Unless("amsgrad")},
    },
    "Adamax": {
        "torch": {},
        "keras": {"lr": 1e-3, "eps": 1e-7, "eps_outside": True, **_KERAS},
        "optax": {"lr": GIVEN},
        "paper": {"eps": 0.0},
    },
    "NAdam": {
        "torch": {},
        "keras": {"lr": 1e-3, "eps": 1e-7, "momentum_decay": 1.0, **_KERAS},
        "optax": {"lr": GIVEN, "momentum_decay": 1e6},
    },
    "RAdam": {
        "torch": {},
        "optax": {"lr": GIVEN, "eps_hat": False},
    },
}
"""For each optimizer and library the defaults that are not those of the signature, which are torch's."""


def differences(optimizer: str, library: str) -> str:
    """Return in words what a library has other than torch.

    Examples
    --------
    >>> differences("Adam", "optax"), differences("Adagrad", "paper")
    ('lr is to be given, corrected_maximum=True', 'as torch')
    """
    row = COMPAT[optimizer][library].items()
    words = (f"{name} is to be given" if value is GIVEN else f"{name}={value!r}" for name, value in row)
    return ", ".join(words) or "as torch"


def with_defaults_of(
    init: Callable[..., None], table: Mapping[str, Mapping[str, Any]]
) -> Callable[..., None]:
    """Return a constructor that fills in the defaults of the library called `compat`."""
    signature = inspect.signature(init)

    @functools.wraps(init)
    def initialise(self: Any, *args: Any, **keywords: Any) -> None:
        library = keywords.get("compat", "torch")
        if library == "torch":  # those of the signature
            init(self, *args, **keywords)
            return
        if not isinstance(library, str) or library not in table:
            known = ", ".join(map(repr, table))
            error = ValueError if isinstance(library, str) else TypeError
            raise error(f"compat: expected one of {known} for {type(self).__name__}, got {shown(library)}")
        given = signature.bind(self, *args, **keywords).arguments
        for name, default in table[library].items():
            if name in given:
                continue
            if default is GIVEN:
                raise TypeError(f"{name}: expected a value, as {library} has no default, got none")
            keywords[name] = default(given) if callable(default) else default
        init(self, *args, **keywords)

    return initialise
