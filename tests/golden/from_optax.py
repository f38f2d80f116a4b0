"""Transformations of optax, for the options that torch does not have."""

from collections.abc import Iterable
from typing import Any

import jax
import optax
import optax.contrib
from optax import add_decayed_weights, chain, scale, trace
from optax import scale_by_learning_rate as rate

from cases import Case, falling, settling
from golden.problem import CONFIGURATIONS, Array, defaults, start

jax.config.update("jax_enable_x64", True)

PACKAGES = ("optax", "jax", "jaxlib")

# Both corrections off, this is the AMSGrad of its paper, and of torch but for the corrections. (With them
# on, optax takes the maximum of corrected moments, torch and fastopt that of uncorrected ones.)
almost_amsgrad = optax.scale_by_amsgrad(bias_correction_mu=False, bias_correction_nu=False)

# |g| is the root of a mean of squares that remembers nothing.
normalised = optax.scale_by_rms(decay=0.0, eps=1e-8, eps_in_sqrt=False)

# beta m + (1 - beta) g is a trace of gradients scaled by 1 - beta.
average_nesterov = chain(scale(1 - 0.9), trace(0.9, nesterov=True))

TRANSFORMS = {
    # The learning rate inside the velocity, and falling.
    "SGD-velocity": chain(rate(falling), trace(0.9)),
    "SGD-average": chain(optax.ema(0.9, debias=False), rate(0.1)),
    "SGD-average_nesterov": chain(add_decayed_weights(0.01), average_nesterov, rate(0.1)),
    "SignSGD-default": chain(normalised, rate(1e-3)),
    "SignSGD-exact": optax.sign_sgd(0.1),
    "SignSGD-decay": chain(scale(-1.0), add_decayed_weights(0.1), normalised, rate(0.1)),
    "Adagrad-start": optax.adagrad(0.1, initial_accumulator_value=0.1, eps=1e-7),
    # optax's default is eps in the root; its decay of 0.9 is not fastopt's of 0.99.
    "RMSprop-inside": optax.rmsprop(0.02, 0.99),
    "RMSprop-centered": optax.rmsprop(0.02, 0.99, centered=True, eps_in_sqrt=False),
    "RMSprop-centered_inside": optax.rmsprop(0.02, 0.99, centered=True),
    # optax has the learning rate inside the momentum of RMSprop, fastopt and torch outside. While it is
    # constant the parameters are the same, but optax's trace is -lr times fastopt's b: not recorded.
    "RMSprop-momentum_inside": chain(scale(-1.0), optax.rmsprop(0.02, 0.99, momentum=0.9)),
    "RMSprop-all_inside": optax.rmsprop(0.02, 0.99, centered=True, momentum=0.9),
    "Adam-almost_amsgrad": chain(add_decayed_weights(0.01), almost_amsgrad, rate(0.1)),
    "AdamW-almost_amsgrad": chain(almost_amsgrad, add_decayed_weights(0.01), rate(0.1)),
    "Lion-default": optax.lion(1e-4),
    "Lion-strong": optax.lion(falling, 0.8, 0.95, weight_decay=0.5),
    "Lion-maximize": chain(scale(-1.0), optax.lion(0.1, weight_decay=0.0)),
    "AdaBelief-default": optax.adabelief(1e-3),
    "AdaBelief-eager": optax.adabelief(0.1, 0.8, 0.95, eps=1e-8, eps_root=0.0),
    "AdaBelief-l2": chain(add_decayed_weights(0.1), optax.adabelief(falling)),
    "AdaBelief-decoupled": chain(optax.scale_by_belief(), add_decayed_weights(0.1), rate(0.1)),
    "AdaBelief-maximize": chain(scale(-1.0), optax.adabelief(0.1)),
    "Yogi-default": optax.yogi(1e-2),
    "Yogi-zero": chain(optax.scale_by_yogi(0.8, 0.9, initial_accumulator_value=0.0), rate(0.1)),
    "Yogi-l2": chain(add_decayed_weights(0.1), optax.yogi(falling)),
    "Yogi-decoupled": chain(optax.scale_by_yogi(), add_decayed_weights(0.1), rate(0.1)),
    "Yogi-maximize": chain(scale(-1.0), optax.yogi(0.1)),
    "Adan-default": optax.adan(1e-3),
    "Adan-decay": optax.adan(0.1, 0.9, 0.8, 0.95, eps_root=0.0, weight_decay=0.1),
    "Adan-maximize": chain(scale(-1.0), optax.adan(0.1)),
    "AdEMAMix-default": optax.contrib.ademamix(1e-3),
    "AdEMAMix-decay": optax.contrib.ademamix(0.1, 0.8, 0.9, 0.95, eps_root=1e-8, weight_decay=0.1),
    "AdEMAMix-scheduled": optax.contrib.ademamix(falling, b3=settling, alpha=falling),
    "AdEMAMix-maximize": chain(scale(-1.0), optax.contrib.ademamix(0.1)),
    "ADOPT-default": optax.contrib.adopt(1e-3),
    "ADOPT-eager": optax.contrib.adopt(0.1, 0.8, 0.99, use_clipping=False),
    "ADOPT-nesterov": optax.contrib.adopt(0.1, nesterov=True),
    "ADOPT-l2": chain(add_decayed_weights(0.1), optax.contrib.adopt(falling)),
    "ADOPT-decoupled": chain(optax.contrib.scale_by_adopt(), add_decayed_weights(0.1), rate(0.1)),
    "ADOPT-maximize": chain(scale(-1.0), optax.contrib.adopt(0.1)),
    "LAMB-default": optax.lamb(1e-3),
    "LAMB-decay": optax.lamb(0.1, 0.8, 0.9, eps_root=1e-8, weight_decay=0.1),
    "LAMB-scheduled": optax.lamb(falling, weight_decay=falling),
    "LAMB-maximize": chain(scale(-1.0), optax.lamb(0.1)),
    "LARS-default": optax.lars(1.0),
    "LARS-l2": optax.lars(10.0, momentum=0.5, weight_decay=0.1, eps=1e-3),
    "LARS-nesterov": optax.lars(falling, trust_coefficient=0.1, nesterov=True),
    "LARS-maximize": chain(scale(-1.0), optax.lars(1.0, nesterov=True)),
    "NovoGrad-default": optax.novograd(1e-3),
    "NovoGrad-decay": optax.novograd(0.1, 0.8, 0.9, eps_root=1e-8, weight_decay=0.1),
    "NovoGrad-scheduled": optax.novograd(falling, eps=0.0),
    "NovoGrad-maximize": chain(scale(-1.0), optax.novograd(0.1)),
    "SGD-optax": optax.sgd(0.1, momentum=0.9),
    "Adagrad-optax": optax.adagrad(0.1),
    "Adadelta-optax": optax.adadelta(1.0),
    "RMSprop-optax": optax.rmsprop(falling, momentum=0.9),
    "Adam-optax": optax.adam(0.1),
    "Adam-optax_amsgrad": optax.amsgrad(0.1, 0.8, 0.9),
    "AdamW-optax": optax.adamw(0.1),
    "Adamax-optax": optax.adamax(0.1),
    "NAdam-optax": optax.nadam(0.1),
    "RAdam-optax": optax.radam(0.1, 0.9, 0.95),
    "SGD-optax_all": chain(add_decayed_weights(0.1), optax.sgd(falling, 0.9, nesterov=True)),
    "Adagrad-optax_all": chain(add_decayed_weights(0.1), optax.adagrad(falling, 0.5)),
    "RMSprop-optax_all": chain(add_decayed_weights(0.1), optax.rmsprop(falling, centered=True, momentum=0.9)),
    "Adam-optax_all": chain(add_decayed_weights(0.1), optax.amsgrad(falling)),
    "AdamW-optax_all": chain(optax.scale_by_amsgrad(), add_decayed_weights(0.1), rate(falling)),
    "Adamax-optax_all": chain(add_decayed_weights(0.1), optax.adamax(falling)),
    "NAdam-optax_all": chain(add_decayed_weights(0.1), optax.nadam(falling)),
}

STATE = {
    "SGD-velocity": {"v": "trace"},
    "SGD-optax": {"v": "trace"},
    "SGD-optax_all": {"v": "trace"},
    "RMSprop-optax": {"v": "nu"},
    "Adadelta": {"v": "e_g", "u": "e_x"},
    "Adamax": {"m": "mu", "u": "nu"},
    "NAdam": {"m": "mu", "v": "nu"},
    "RAdam": {"m": "mu", "v": "nu"},
    "SGD-average": {"m": "ema"},
    "SGD-average_nesterov": {"m": "trace"},
    "Adagrad": {"v": "sum_of_squares"},
    "RMSprop": {"v": "nu", "m": "mu"},
    "Adam": {"m": "mu", "v": "nu", "vmax": "nu_max"},
    "AdamW": {"m": "mu", "v": "nu", "vmax": "nu_max"},
    "Lion": {"m": "mu"},
    "AdaBelief": {"m": "mu", "s": "nu"},
    "Yogi": {"m": "mu", "v": "nu"},
    "Adan": {"m": "m", "v": "v", "n": "n", "prev": "g"},
    "AdEMAMix": {"m": "m1", "slow": "m2", "v": "nu"},
    "ADOPT": {"m": "mu", "v": "nu"},
    "LAMB": {"m": "mu", "v": "nu"},
    "LARS": {"v": "trace"},
    "NovoGrad": {"m": "mu"},
}
"""The state: its names in fastopt, and in optax. By case, or for all cases of an optimizer."""


def facts() -> dict[str, Any]:
    same = ("momentum", "nesterov", "eps", "weight_decay", "centered", "rho", "initial_accumulator_value")
    names = {name: name for name in same} | {
        "betas": ("b1", "b2"),
        "alpha": "decay",
        "eps_inside": "eps_in_sqrt",
    }
    ours = ("SGD", "Adagrad", "Adadelta", "RMSprop", "Adam", "AdamW", "Adamax", "NAdam", "RAdam")
    return {"defaults": {name: defaults(getattr(optax, name.lower()), names) for name in ours}}


def cases() -> Iterable[tuple[Case, str]]:
    return ((CONFIGURATIONS[name], "float64") for name in TRANSFORMS)


class Run:
    def __init__(self, case: Case, dtype: str) -> None:
        self.transform = TRANSFORMS[case.name]
        self.names = STATE.get(case.name) or STATE.get(case.optimizer.__name__, {})
        self.tree = [jax.numpy.asarray(p) for p in start(dtype, case).values()]
        self.tree_state = self.transform.init(self.tree)

    def step(self, t: int, grads: list[Array]) -> None:
        updates, self.tree_state = self.transform.update(grads, self.tree_state, self.tree)
        self.tree = optax.apply_updates(self.tree, updates)

    def params(self) -> Any:
        return self.tree

    def state(self) -> dict[str, Any]:
        found = {slot: optax.tree.get(self.tree_state, name) for slot, name in self.names.items()}
        return {slot: arrays for slot, arrays in found.items() if arrays is not None}
