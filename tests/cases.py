"""THE table: for every optimizer its good configurations, and its illegal ones with what they must say.

Generic tests run over these rows. A new optimizer adds its rows here, and no test of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import fastopt


def falling(t: int) -> float:
    """A schedule: 0.1, 0.05, 0.033..."""
    return 0.1 / (1 + t)


def settling(t: int) -> float:
    """A schedule: 0.8, 0.85, 0.867..., towards 0.9."""
    return 0.9 - 0.1 / (1 + t)


@dataclass(frozen=True)
class Case:
    """An optimizer with hyperparameters; `name` identifies it in tests and golden files."""

    name: str
    optimizer: Callable[..., fastopt.Optimizer]
    hyper: dict[str, Any] = field(default_factory=dict)

    def make(self, params: Any) -> fastopt.Optimizer:
        return self.optimizer(params, **self.hyper)


def _cases(optimizer: type[fastopt.Optimizer], **rows: dict[str, Any]) -> list[Case]:
    return [Case(f"{optimizer.__name__}-{name}", optimizer, hyper) for name, hyper in rows.items()]


CASES: list[Case] = [
    *_cases(
        fastopt.SGD,
        default={},
        decay={"lr": 0.1, "weight_decay": 0.01},
        maximize={"lr": 0.1, "maximize": True, "weight_decay": 0.01},
        scheduled={"lr": falling},
        decoupled={"lr": falling, "weight_decay": 0.1, "decoupled_weight_decay": True},
        momentum_decoupled={"lr": 0.1, "momentum": 0.9, "weight_decay": 0.1, "decoupled_weight_decay": True},
        momentum={"lr": 0.1, "momentum": 0.9},
        nesterov={"lr": 0.1, "momentum": 0.9, "nesterov": True},
        nesterov_of_nothing={"lr": 0.1, "nesterov": True},
        dampening={"lr": 0.1, "momentum": 0.9, "dampening": 0.4, "weight_decay": 0.02},
        momentum_maximize={"lr": 0.1, "momentum": 0.5, "nesterov": True, "maximize": True},
        velocity_decoupled={
            "lr": falling,
            "momentum": 0.9,
            "momentum_form": "velocity",
            "weight_decay": 0.1,
            "decoupled_weight_decay": True,
        },
        average_decoupled={
            "lr": falling,
            "momentum": 0.9,
            "momentum_form": "average",
            "weight_decay": 0.1,
            "decoupled_weight_decay": True,
        },
        velocity={"lr": falling, "momentum": 0.9, "momentum_form": "velocity"},
        velocity_nesterov={
            "lr": 0.1,
            "momentum": 0.9,
            "nesterov": True,
            "momentum_form": "velocity",
            "weight_decay": 0.01,
        },
        average={"lr": 0.1, "momentum": 0.9, "momentum_form": "average"},
        average_nesterov={
            "lr": 0.1,
            "momentum": 0.9,
            "nesterov": True,
            "momentum_form": "average",
            "weight_decay": 0.01,
        },
        keras={"compat": "keras", "lr": falling, "momentum": 0.9, "weight_decay": 0.1},
        sklearn={"compat": "sklearn"},
        optax={"compat": "optax", "lr": 0.1, "momentum": 0.9},
    ),
    *_cases(
        fastopt.SignSGD,
        default={},
        decoupled={"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True},
        exact={"lr": 0.1, "eps": 0.0},
        decay={"lr": 0.1, "weight_decay": 0.1, "maximize": True},
    ),
    *_cases(
        fastopt.Adagrad,
        default={},
        decoupled={"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True},
        decays={"lr": 0.1, "lr_decay": 0.05, "weight_decay": 0.01},
        start={"lr": 0.1, "initial_accumulator_value": 0.1, "eps": 1e-7, "eps_inside": True},
        maximize={"lr": 0.1, "maximize": True},
        keras={"compat": "keras", "weight_decay": 0.1},
        optax={"compat": "optax", "lr": 0.1},
    ),
    *_cases(
        fastopt.RMSprop,
        default={},
        decoupled={"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True},
        decay={"lr": 0.02, "alpha": 0.9, "weight_decay": 0.01},
        inside={"lr": 0.02, "eps_inside": True},
        centered={"lr": 0.02, "centered": True},
        centered_inside={"lr": 0.02, "centered": True, "eps_inside": True},
        momentum={"lr": 0.02, "momentum": 0.9},
        momentum_inside={"lr": 0.02, "momentum": 0.9, "eps_inside": True, "maximize": True},
        all={"lr": 0.02, "momentum": 0.9, "centered": True, "weight_decay": 0.01},
        all_inside={"lr": 0.02, "momentum": 0.9, "centered": True, "eps_inside": True},
        keras={"compat": "keras", "lr": falling, "momentum": 0.9, "weight_decay": 0.1},
        keras_centered={"compat": "keras", "centered": True},
        optax={"compat": "optax", "lr": falling, "momentum": 0.9},
    ),
    *_cases(
        fastopt.Adam,
        default={},
        decoupled={"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True},
        l2={"lr": 0.1, "weight_decay": 0.1},
        amsgrad={"lr": 0.1, "betas": (0.8, 0.9), "amsgrad": True},
        almost={"lr": 0.1, "bias_correction": False},
        almost_amsgrad={"lr": 0.1, "bias_correction": False, "amsgrad": True, "weight_decay": 0.01},
        memoryless={"lr": 0.1, "betas": (0.0, 0.0)},
        scheduled={"lr": falling, "betas": (settling, 0.999), "eps": 1e-3},
        maximize={"lr": 0.1, "maximize": True},
        keras={"compat": "keras", "lr": 0.1, "weight_decay": 0.1},
        keras_amsgrad={"compat": "keras", "amsgrad": True},
        sklearn={"compat": "sklearn"},
        optax={"compat": "optax", "lr": 0.1},
        optax_amsgrad={"compat": "optax", "lr": 0.1, "amsgrad": True, "betas": (0.8, 0.9)},
        paper_amsgrad={"compat": "paper", "lr": 0.1, "amsgrad": True},
    ),
    *_cases(
        fastopt.AdamW,
        default={},
        strong={"lr": 0.1, "weight_decay": 0.5},
        amsgrad={"lr": 0.1, "amsgrad": True},
        almost={"lr": 0.1, "bias_correction": False},
        almost_amsgrad={"lr": 0.1, "bias_correction": False, "amsgrad": True},
        scheduled={"lr": falling, "weight_decay": falling},
        maximize={"lr": 0.1, "maximize": True},
        keras={"compat": "keras"},
        keras_amsgrad={"compat": "keras", "lr": 0.1, "amsgrad": True},
        optax={"compat": "optax", "lr": 0.1},
        optax_amsgrad={"compat": "optax", "lr": 0.1, "amsgrad": True},
    ),
    *_cases(
        fastopt.Adamax,
        default={},
        decoupled={"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True},
        decay={"lr": 0.1, "betas": (0.8, 0.9), "weight_decay": 0.01},
        maximize={"lr": 0.1, "maximize": True},
        keras={"compat": "keras", "lr": 0.1, "weight_decay": 0.1},
        optax={"compat": "optax", "lr": 0.1},
        paper={"compat": "paper"},
    ),
    *_cases(
        fastopt.NAdam,
        default={},
        l2={"lr": 0.1, "weight_decay": 0.1, "momentum_decay": 0.5},
        decoupled={"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True},
        scheduled={"lr": falling, "betas": (settling, 0.99), "eps": 1e-3},
        memoryless={"lr": 0.1, "betas": (0.0, 0.0)},
        maximize={"lr": 0.1, "maximize": True},
        keras={"compat": "keras", "weight_decay": 0.1},
        optax={"compat": "optax", "lr": 0.1},
    ),
    *_cases(
        fastopt.RAdam,
        default={},
        l2={"lr": 0.1, "betas": (0.8, 0.9), "weight_decay": 0.1},
        decoupled={"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True},
        scheduled={"lr": falling, "betas": (settling, 0.9)},
        never={"lr": 0.1, "betas": (0.9, 0.5)},
        maximize={"lr": 0.1, "maximize": True},
        optax={"compat": "optax", "lr": 0.1, "betas": (0.9, 0.95)},
    ),
    *_cases(
        fastopt.Adadelta,
        default={},
        decay={"lr": 0.5, "rho": 0.8, "weight_decay": 0.1},
        decoupled={"lr": falling, "weight_decay": 0.1, "decoupled_weight_decay": True},
        maximize={"eps": 1e-3, "maximize": True},
        keras={"compat": "keras", "lr": 0.5, "weight_decay": 0.1},
        optax={"compat": "optax", "lr": 1.0},
        paper={"compat": "paper"},
    ),
    *_cases(
        fastopt.ASGD,
        default={},
        averaging={"lr": 0.1, "t0": 1, "lambd": 0.01},
        decay={"lr": 0.1, "alpha": 0.5, "t0": 0, "lambd": 0.0, "weight_decay": 0.1},
        decoupled={"lr": falling, "t0": 2, "weight_decay": 0.1, "decoupled_weight_decay": True},
        maximize={"lr": 0.1, "maximize": True},
    ),
    *_cases(
        fastopt.Rprop,
        default={},
        eager={"lr": 0.5, "etas": (0.3, 3.0), "step_sizes": (0.1, 2.0)},
        maximize={"maximize": True},
    ),
    *_cases(
        fastopt.Lion,
        default={},
        strong={"lr": falling, "betas": (0.8, 0.95), "weight_decay": 0.5},
        maximize={"lr": 0.1, "weight_decay": 0.0, "maximize": True},
    ),
    *_cases(
        fastopt.AdaBelief,
        default={},
        eager={"lr": 0.1, "betas": (0.8, 0.95), "eps": 1e-8, "eps_root": 0.0},
        l2={"lr": falling, "weight_decay": 0.1},
        decoupled={"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True},
        maximize={"lr": 0.1, "maximize": True},
    ),
    *_cases(
        fastopt.Yogi,
        default={},
        zero={"lr": 0.1, "betas": (0.8, 0.9), "initial_accumulator_value": 0.0},
        l2={"lr": falling, "weight_decay": 0.1},
        decoupled={"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True},
        maximize={"lr": 0.1, "maximize": True},
    ),
    *_cases(
        fastopt.Adan,
        default={},
        decay={"lr": 0.1, "betas": (0.9, 0.8, 0.95), "eps_root": 0.0, "weight_decay": 0.1},
        scheduled={"lr": falling, "betas": (0.9, settling, 0.99)},
        maximize={"lr": 0.1, "maximize": True},
    ),
    *_cases(
        fastopt.AdEMAMix,
        default={},
        decay={"lr": 0.1, "betas": (0.8, 0.9, 0.95), "eps_root": 1e-8, "weight_decay": 0.1},
        scheduled={"lr": falling, "betas": (0.9, 0.999, settling), "alpha": falling},
        maximize={"lr": 0.1, "maximize": True},
    ),
    *_cases(
        fastopt.ADOPT,
        default={},
        eager={"lr": 0.1, "betas": (0.8, 0.99), "use_clipping": False},
        nesterov={"lr": 0.1, "nesterov": True},
        l2={"lr": falling, "weight_decay": 0.1},
        decoupled={"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True},
        maximize={"lr": 0.1, "maximize": True},
    ),
    *_cases(
        fastopt.LAMB,
        default={},
        decay={"lr": 0.1, "betas": (0.8, 0.9), "eps_root": 1e-8, "weight_decay": 0.1},
        scheduled={"lr": falling, "weight_decay": falling},
        maximize={"lr": 0.1, "maximize": True},
    ),
    *_cases(
        fastopt.LARS,
        default={},
        l2={"lr": 10.0, "momentum": 0.5, "weight_decay": 0.1, "eps": 1e-3},
        nesterov={"lr": falling, "trust_coefficient": 0.1, "nesterov": True},
        decoupled={"weight_decay": 0.1, "decoupled_weight_decay": True},
        maximize={"nesterov": True, "maximize": True},
    ),
    *_cases(
        fastopt.NovoGrad,
        default={},
        decay={"lr": 0.1, "betas": (0.8, 0.9), "eps_root": 1e-8, "weight_decay": 0.1},
        scheduled={"lr": falling, "eps": 0.0},
        maximize={"lr": 0.1, "maximize": True},
    ),
    *_cases(
        fastopt.ScheduleFreeSGD,
        default={},
        decay={"lr": 0.5, "momentum": 0.8, "weight_decay": 0.1},
        warmup={"lr": 0.5, "warmup_steps": 5, "r": 1.5, "weight_lr_power": 1.0, "weight_decay": 0.01},
        scheduled={"lr": falling, "weight_decay": falling},
        maximize={"lr": 0.1, "maximize": True},
    ),
    *_cases(
        fastopt.ScheduleFreeAdamW,
        default={},
        decay={"lr": 0.1, "betas": (0.8, 0.9), "weight_decay": 0.1},
        warmup={"lr": 0.1, "warmup_steps": 5, "r": 0.5, "weight_lr_power": 0.0, "eps": 1e-3},
        scheduled={"lr": falling, "betas": (0.9, 0.0), "weight_decay": falling},
        maximize={"lr": 0.1, "maximize": True},
    ),
    *_cases(
        fastopt.Prodigy,
        default={},
        decay={"lr": 0.5, "betas": (0.8, 0.9), "d0": 0.1, "d_coef": 10.0, "weight_decay": 0.1},
        l2={"d0": 1e-3, "beta3": 0.9, "weight_decay": 0.1, "decoupled_weight_decay": False},
        corrected={"use_bias_correction": True, "d0": 1e-3, "d_coef": 3.0, "growth_rate": 1.5},
        safeguard={
            "lr": falling,
            "safeguard_warmup": True,
            "d0": 0.1,
            "d_coef": 1e3,
            "weight_decay": falling,
        },
        memoryless={"betas": (0.0, 0.9), "d0": 1e-3},
        maximize={"d0": 0.1, "maximize": True},
    ),
    *_cases(
        fastopt.FTRL,
        default={},
        sparse={"lr": 0.1, "l1": 0.5, "l2": 0.01, "beta": 1.0},
        empty={"lr": 0.1, "initial_accumulator_value": 0.0},
        scheduled={"lr": 0.1, "l1": falling, "beta": 1.0, "initial_accumulator_value": 0.0},
        maximize={"lr": 0.1, "initial_accumulator_value": 0.0, "maximize": True},
        fixed={"lr": 0.1, "lr_power": 0.0},
        fixed_sparse={"lr": 0.2, "lr_power": 0.0, "l1": 0.5, "l2": 0.1, "beta": 0.1},
    ),
    *_cases(
        fastopt.Muon,
        default={},
        heavy={"lr": 0.1, "momentum": 0.5, "nesterov": False, "weight_decay": 0.5},
        as_adamw={"lr": falling, "adjust_lr_fn": "match_rms_adamw", "weight_decay": 0.0},
        cubic={"lr": 0.1, "ns_coefficients": (1.5, -0.5, 0.0), "ns_steps": 12, "eps": 0.0},
        untouched={"lr": 0.1, "ns_steps": 0, "adjust_lr_fn": "original", "momentum": settling},
        maximize={"lr": 0.1, "maximize": True},
    ),
    *_cases(
        fastopt.Shampoo,
        default={},
        momentum={"lr": 0.1, "momentum": 0.5, "matrix_eps": 0.1},
        now_and_then={"lr": falling, "preconditioning_compute_steps": 2, "matrix_eps": 0.01},
        l2={"lr": 0.1, "weight_decay": 0.1},
        decoupled={
            "lr": 0.1,
            "momentum": 0.9,
            "matrix_eps": 0.01,
            "weight_decay": 0.1,
            "decoupled_weight_decay": True,
        },
        from_zero={"lr": 0.1, "matrix_eps": 0.0},
        maximize={"lr": 0.1, "maximize": True},
    ),
    *_cases(
        fastopt.SOAP,
        default={},
        agile={"lr": 0.1, "betas": (0.5, 0.5), "precondition_frequency": 1},
        vectors={"lr": falling, "precondition_1d": True, "precondition_frequency": 2, "weight_decay": 0.0},
        one_sided={"lr": 0.1, "max_precondition_dim": 3, "shampoo_beta": 0.8, "precondition_frequency": 3},
        normalized={"lr": 0.1, "normalize_gradient": True, "correct_bias": False, "weight_decay": falling},
        scheduled={"lr": falling, "betas": (settling, 0.9), "shampoo_beta": settling, "eps": 0.0},
        maximize={"lr": 0.1, "maximize": True},
    ),
    *_cases(
        fastopt.Adafactor,
        default={},
        decay={"lr": 0.1, "weight_decay": 0.5, "beta2_decay": -0.5},
        unclipped={"lr": falling, "eps": (1e-3, 0.0), "d": 100.0},
        exact={"lr": 0.1, "eps": (0.0, 1.0), "beta2_decay": 0.0},
        maximize={"lr": 0.1, "maximize": True},
    ),
]

BY_NAME = {case.name: case for case in CASES}


@dataclass(frozen=True)
class Illegal:
    """A configuration that must be refused when the optimizer is made, with an error that says why."""

    optimizer: Callable[..., fastopt.Optimizer]
    hyper: dict[str, Any]
    error: type[Exception]
    message: str


_NAN = float("nan")

_OF_FIELDS = {
    "lr": (
        (-1.0, ValueError, "lr: expected {bounds}, got -1.0"),
        (_NAN, ValueError, "lr: expected {bounds}, got nan"),
        (float("inf"), ValueError, "lr: expected {bounds}, got inf"),
        ("fast", TypeError, "lr: expected {bounds}, got 'fast' (str)"),
        (True, TypeError, "lr: expected {bounds}, got True (bool)"),
        (None, TypeError, "lr: expected {bounds}, got None (NoneType)"),
        (10**400, ValueError, "lr: expected {bounds}, got 1000"),
    ),
    "betas": (
        ((1.0, 0.9), ValueError, "betas[0]: expected a number in [0, 1), got 1.0"),
        ((0.9, -0.1), ValueError, "betas[1]: expected a number in [0, 1), got -0.1"),
        ((0.9, _NAN), ValueError, "betas[1]: expected a number in [0, 1), got nan"),
        (0.9, TypeError, "betas: expected 2 numbers, got 0.9"),
        ((0.9, 0.99, 0.999), TypeError, "betas: expected 2 numbers, got (0.9, 0.99, 0.999)"),
    ),
    "eps": ((-1e-8, ValueError, "eps: expected a finite number >= 0, got -1e-08"),),
    "weight_decay": ((-0.1, ValueError, "weight_decay: expected a finite number >= 0, got -0.1"),),
    "maximize": ((1, TypeError, "maximize: expected True or False, got 1"),),
    "momentun": ((0.9, TypeError, "unexpected keyword argument 'momentun'"),),
}
"""What fields that many optimizers have must refuse, and one that none has."""


def _has(optimizer: type[fastopt.Optimizer], field: str) -> bool:
    bounds = optimizer._bounds.get(field)
    return field == "momentun" or (
        field in optimizer.__dataclass_fields__
        and (bounds is None or bounds.count == {"betas": 2}.get(field, 1))
    )


ILLEGAL: list[Illegal] = [
    *(
        Illegal(optimizer, {field: value}, error, message.format(bounds=optimizer._bounds.get(field)))
        for optimizer in fastopt.optimizers.OPTIMIZERS.values()
        for field, rows in _OF_FIELDS.items()
        if _has(optimizer, field)
        for value, error, message in rows
    ),
    Illegal(fastopt.SGD, {"momentum": 1.5}, ValueError, "momentum: expected a number in [0, 1], got 1.5"),
    Illegal(
        fastopt.SGD,
        {"momentum": 0.9, "dampening": 2},
        ValueError,
        "dampening: expected a number in [0, 1], got 2",
    ),
    Illegal(
        fastopt.SGD,
        {"nesterov": True, "momentum": 0.9, "dampening": 0.1},
        ValueError,
        "dampening: expected 0 with nesterov=True, got 0.1",
    ),
    Illegal(
        fastopt.SGD,
        {"momentum": 0.9, "dampening": 0.1, "momentum_form": "velocity"},
        ValueError,
        "dampening: expected 0 with momentum_form='velocity', got 0.1",
    ),
    Illegal(
        fastopt.SGD,
        {"momentum_form": "ema"},
        ValueError,
        "momentum_form: expected 'heavy_ball' or 'velocity' or 'average', got 'ema'",
    ),
    Illegal(
        fastopt.Adagrad,
        {"lr_decay": -1},
        ValueError,
        "lr_decay: expected a finite number >= 0, got -1",
    ),
    Illegal(
        fastopt.Adagrad,
        {"initial_accumulator_value": -1},
        ValueError,
        "initial_accumulator_value: expected a finite number >= 0, got -1",
    ),
    Illegal(
        fastopt.Adagrad,
        {"initial_accumulator_value": falling},
        TypeError,
        "initial_accumulator_value: expected a finite number >= 0, got <function",
    ),
    Illegal(fastopt.RMSprop, {"alpha": 1.0}, ValueError, "alpha: expected a number in [0, 1), got 1.0"),
    Illegal(
        fastopt.RMSprop,
        {"momentum": -0.1},
        ValueError,
        "momentum: expected a number in [0, 1], got -0.1",
    ),
    Illegal(
        fastopt.RMSprop,
        {"centered": "yes"},
        TypeError,
        "centered: expected True or False, got 'yes'",
    ),
    Illegal(
        fastopt.NAdam,
        {"momentum_decay": -1},
        ValueError,
        "momentum_decay: expected a finite number >= 0, got -1",
    ),
    Illegal(fastopt.Adadelta, {"rho": 1.0}, ValueError, "rho: expected a number in [0, 1), got 1.0"),
    Illegal(fastopt.ASGD, {"lambd": -1}, ValueError, "lambd: expected a finite number >= 0, got -1"),
    Illegal(fastopt.ASGD, {"alpha": -1}, ValueError, "alpha: expected a finite number >= 0, got -1"),
    Illegal(fastopt.ASGD, {"t0": "late"}, TypeError, "t0: expected a finite number >= 0, got 'late' (str)"),
    Illegal(
        fastopt.Rprop,
        {"etas": (0.5, 0.9)},
        ValueError,
        "etas: expected two numbers with 1 between them, got (0.5, 0.9)",
    ),
    Illegal(fastopt.Rprop, {"etas": (0, 2)}, ValueError, "etas[0]: expected a finite number > 0, got 0"),
    Illegal(fastopt.Rprop, {"etas": 2}, TypeError, "etas: expected 2 numbers, got 2"),
    Illegal(
        fastopt.Rprop,
        {"step_sizes": (1.0, 0.5)},
        ValueError,
        "step_sizes: expected the least and the largest one, got (1.0, 0.5)",
    ),
    Illegal(
        fastopt.Rprop,
        {"step_sizes": (0.1, falling)},
        TypeError,
        "step_sizes[1]: expected a finite number >= 0, got <function",
    ),
    *(
        Illegal(optimizer, {"betas": betas}, error, message)
        for optimizer in (fastopt.Adan, fastopt.AdEMAMix)
        for betas, error, message in (
            ((0.9, 0.9), TypeError, "betas: expected 3 numbers, got (0.9, 0.9)"),
            ((0.9, 0.9, 1.0), ValueError, "betas[2]: expected a number in [0, 1), got 1.0"),
        )
    ),
    *(
        Illegal(optimizer, {"eps_root": -1}, ValueError, "eps_root: expected a finite number >= 0, got -1")
        for optimizer in (fastopt.AdaBelief, fastopt.Adan, fastopt.AdEMAMix)
    ),
    Illegal(fastopt.AdEMAMix, {"alpha": -1}, ValueError, "alpha: expected a finite number >= 0, got -1"),
    Illegal(
        fastopt.Yogi,
        {"initial_accumulator_value": falling},
        TypeError,
        "initial_accumulator_value: expected a finite number >= 0, got <function",
    ),
    Illegal(fastopt.ADOPT, {"use_clipping": 1}, TypeError, "use_clipping: expected True or False, got 1"),
    Illegal(fastopt.ADOPT, {"nesterov": None}, TypeError, "nesterov: expected True or False, got None"),
    Illegal(
        fastopt.LARS,
        {"trust_coefficient": -1},
        ValueError,
        "trust_coefficient: expected a finite number >= 0, got -1",
    ),
    Illegal(fastopt.LARS, {"momentum": 1.1}, ValueError, "momentum: expected a number in [0, 1], got 1.1"),
    *(
        Illegal(optimizer, {"eps_root": -1}, ValueError, "eps_root: expected a finite number >= 0, got -1")
        for optimizer in (fastopt.LAMB, fastopt.NovoGrad)
    ),
    Illegal(
        fastopt.ScheduleFreeSGD,
        {"momentum": 0},
        ValueError,
        "momentum: expected a number in (0, 1), got 0",
    ),
    Illegal(
        fastopt.ScheduleFreeSGD,
        {"momentum": settling},
        TypeError,
        "momentum: expected a number in (0, 1), got <function",
    ),
    Illegal(
        fastopt.ScheduleFreeSGD,
        {"warmup_steps": -1},
        ValueError,
        "warmup_steps: expected a finite number >= 0, got -1",
    ),
    Illegal(
        fastopt.ScheduleFreeAdamW,
        {"betas": (0, 0.9)},
        ValueError,
        "betas[0]: expected a number in (0, 1), got 0.0",
    ),
    Illegal(fastopt.ScheduleFreeAdamW, {"r": -1}, ValueError, "r: expected a finite number >= 0, got -1"),
    Illegal(fastopt.Prodigy, {"d0": 0}, ValueError, "d0: expected a finite number > 0, got 0"),
    Illegal(fastopt.Prodigy, {"beta3": 1}, ValueError, "beta3: expected a number in [0, 1) or None, got 1"),
    Illegal(
        fastopt.Prodigy, {"growth_rate": 0.5}, ValueError, "growth_rate: expected a number >= 1, got 0.5"
    ),
    Illegal(
        fastopt.Prodigy, {"growth_rate": _NAN}, ValueError, "growth_rate: expected a number >= 1, got nan"
    ),
    Illegal(fastopt.FTRL, {"lr": falling}, TypeError, "lr: expected a finite number > 0, got <function"),
    Illegal(fastopt.FTRL, {"lr": 0}, ValueError, "lr: expected a finite number > 0, got 0"),
    Illegal(fastopt.FTRL, {"lr_power": -0.3}, ValueError, "lr_power: expected -0.5 or 0, got -0.3"),
    Illegal(fastopt.FTRL, {"lr_power": 1}, ValueError, "lr_power: expected a number in [-0.5, 0], got 1"),
    Illegal(fastopt.FTRL, {"l1": -1}, ValueError, "l1: expected a finite number >= 0, got -1"),
    Illegal(
        fastopt.Adamax,
        {"compat": "sklearn"},
        ValueError,
        "compat: expected one of 'torch', 'keras', 'optax', 'paper' for Adamax, got 'sklearn'",
    ),
    Illegal(
        fastopt.Adam,
        {"compat": "keras", "amsgrad": True, "corrected_maximum": True},
        ValueError,
        "eps_hat: expected False with corrected_maximum=True, got True",
    ),
    Illegal(
        fastopt.AdamW,
        {"amsgrad": True, "eps_hat": True, "corrected_maximum": True},
        ValueError,
        "eps_hat: expected False with corrected_maximum=True, got True",
    ),
    Illegal(
        fastopt.Adam, {"compat": 1}, TypeError, "compat: expected one of 'torch', 'keras', 'optax', 'sklearn'"
    ),
    Illegal(
        fastopt.AdamW,
        {"compat": "optax", "weight_decay": 0.1},
        TypeError,
        "lr: expected a value, as optax has no default, got none",
    ),
    Illegal(fastopt.Lion, {"compat": "optax"}, TypeError, "unexpected keyword argument 'compat'"),
    Illegal(
        fastopt.Muon,
        {"ns_coefficients": (1, 2)},
        TypeError,
        "ns_coefficients: expected 3 numbers, got (1, 2)",
    ),
    Illegal(
        fastopt.Muon,
        {"ns_coefficients": (1, _NAN, 2)},
        ValueError,
        "ns_coefficients[1]: expected a finite number, got nan",
    ),
    Illegal(
        fastopt.Muon,
        {"ns_steps": 2.5},
        ValueError,
        "ns_steps: expected a whole number from 0 to 99, got 2.5",
    ),
    Illegal(
        fastopt.Muon,
        {"ns_steps": 100},
        ValueError,
        "ns_steps: expected a whole number from 0 to 99, got 100",
    ),
    Illegal(
        fastopt.Muon,
        {"adjust_lr_fn": "mine"},
        ValueError,
        "adjust_lr_fn: expected 'original' or 'match_rms_adamw' or None, got 'mine'",
    ),
    Illegal(fastopt.Muon, {"momentum": 1.0}, ValueError, "momentum: expected a number in [0, 1), got 1.0"),
    Illegal(
        fastopt.Shampoo,
        {"preconditioning_compute_steps": 0},
        ValueError,
        "preconditioning_compute_steps: expected a whole number >= 1, got 0",
    ),
    Illegal(
        fastopt.Shampoo, {"matrix_eps": -1}, ValueError, "matrix_eps: expected a finite number >= 0, got -1"
    ),
    Illegal(
        fastopt.SOAP,
        {"shampoo_beta": 1},
        ValueError,
        "shampoo_beta: expected a number in [0, 1) or None, got 1",
    ),
    Illegal(
        fastopt.SOAP,
        {"precondition_frequency": falling},
        TypeError,
        "precondition_frequency: expected a whole number >= 1, got <function",
    ),
    Illegal(
        fastopt.SOAP,
        {"max_precondition_dim": 0.5},
        ValueError,
        "max_precondition_dim: expected a whole number >= 1, got 0.5",
    ),
    Illegal(
        fastopt.SOAP, {"precondition_1d": 1}, TypeError, "precondition_1d: expected True or False, got 1"
    ),
    Illegal(fastopt.Adafactor, {"eps": 1e-8}, TypeError, "eps: expected 2 numbers, got 1e-08"),
    Illegal(
        fastopt.Adafactor,
        {"eps": (-1, 1e-3)},
        ValueError,
        "eps[0]: expected a finite number >= 0 or None, got -1",
    ),
    Illegal(
        fastopt.Adafactor,
        {"eps": (None, None)},
        TypeError,
        "eps[1]: expected a finite number >= 0, got None (NoneType)",
    ),
    Illegal(
        fastopt.Adafactor,
        {"beta2_decay": 0.8},
        ValueError,
        "beta2_decay: expected a finite number <= 0, got 0.8",
    ),
    Illegal(fastopt.Adafactor, {"d": 0.5}, ValueError, "d: expected a finite number >= 1, got 0.5"),
]
