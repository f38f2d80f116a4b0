"""The plain loop of `torch.optim`: contiguous arrays, neither its fused nor its `foreach` kernels.

fastopt takes names, arguments, defaults and meaning from torch.optim, so a configuration is handed to torch
as it stands. Those with an argument that torch does not know are left out, except `bias_correction`.
"""

import inspect
from collections.abc import Iterable
from typing import Any

import torch

from cases import Case
from golden.problem import (
    CONFIGURATIONS,
    CONSTANT,
    CONSTANT_ALPHA,
    MUON_IN_BFLOAT16,
    STEPS,
    Array,
    at,
    flat,
    gradients,
    start,
)

# Products of Muon in the dtype of the parameter, in place of bfloat16: see `facts` for the difference.
bfloat16 = torch.Tensor.bfloat16
torch.Tensor.bfloat16 = torch.Tensor.clone

# torch keeps some numbers (ASGD's rate, NAdam's product of momenta) in the default dtype, whatever that of
# the parameters is.
torch.set_default_dtype(torch.float64)

PACKAGES = ("torch",)

STATE = {
    "SGD": {"v": "momentum_buffer"},
    "Adagrad": {"v": "sum"},
    "RMSprop": {"v": "square_avg", "m": "grad_avg", "b": "momentum_buffer"},
    "Adam": {"m": "exp_avg", "v": "exp_avg_sq", "vmax": "max_exp_avg_sq"},
    "AdamW": {"m": "exp_avg", "v": "exp_avg_sq", "vmax": "max_exp_avg_sq"},
    "Adamax": {"m": "exp_avg", "u": "exp_inf"},
    "NAdam": {"m": "exp_avg", "v": "exp_avg_sq"},
    "RAdam": {"m": "exp_avg", "v": "exp_avg_sq"},
    "Adadelta": {"v": "square_avg", "u": "acc_delta"},
    "ASGD": {"ax": "ax"},
    "Rprop": {"prev": "prev", "step_size": "step_size"},
    "Muon": {"m": "momentum_buffer"},
    "Adafactor": {"row": "row_var", "column": "col_var", "v": "variance"},
}
"""Of each optimizer the state: its names in fastopt, and in torch."""

FLOAT32 = {
    "SGD-dampening",
    "SGD-momentum_maximize",
    "Adagrad-decays",
    "RMSprop-all",
    "Adam-l2",
    "Adam-amsgrad",
    "AdamW-strong",
    "Adamax-decay",
}
"""What is recorded in float32 as well: something eventful of each optimizer."""


def cases() -> Iterable[tuple[Case, str]]:
    for case in CONFIGURATIONS.values():
        cls = getattr(torch.optim, name_of(case), None)
        if case.hyper.get("nesterov") and not case.hyper.get("momentum"):
            continue  # torch refuses it
        if case.name == "Adafactor-exact":
            continue  # torch makes NaN of an element that has had no gradient
        if cls and torch_hyper(case).keys() <= inspect.signature(cls).parameters.keys():
            yield case, "float64"
            if case.name in FLOAT32:
                yield case, "float32"


def name_of(case: Case) -> str:
    return case.optimizer.__name__


def torch_hyper(case: Case) -> dict[str, Any]:
    return {name: value for name, value in case.hyper.items() if name != "bias_correction"}


class Run:
    def __init__(self, case: Case, dtype: str) -> None:
        self.hyper = torch_hyper(case)
        self.tensors = [torch.tensor(p, requires_grad=True) for p in start(dtype, case).values()]
        cls = getattr(torch.optim, name_of(case))
        fast = {"foreach", "fused"} & inspect.signature(cls).parameters.keys()
        self.optimizer = cls(self.tensors, **at(0, self.hyper), **dict.fromkeys(fast, False))
        self.names = STATE[name_of(case)]
        if not case.hyper.get("bias_correction", True):
            self.grow_old()

    def grow_old(self) -> None:
        """Count a million steps before the first: beta**t is 0 in double then, and nothing is corrected."""
        moments = [name for slot, name in self.names.items() if slot != "vmax" or self.hyper.get("amsgrad")]
        for p in self.tensors:
            zeros = {name: torch.zeros_like(p) for name in moments}
            self.optimizer.state[p] = {"step": torch.tensor(1e6), **zeros}

    def step(self, t: int, grads: list[Array]) -> None:
        for p, g in zip(self.tensors, grads, strict=True):
            p.grad = torch.tensor(g)
        self.optimizer.param_groups[0].update(at(t - 1, self.hyper))
        self.optimizer.step()

    def params(self) -> Any:
        return [p.detach() for p in self.tensors]

    def state(self) -> dict[str, Any]:
        states = [self.optimizer.state[p] for p in self.tensors]
        return {
            slot: [state.get(name, torch.zeros(0)).detach() for state in states]
            for slot, name in self.names.items()
            if any(state.get(name) is not None for state in states)
        }


def facts() -> dict[str, Any]:
    """Return what torch does that is not in a trajectory."""
    return {"centered_rmsprop_nan_at_step": centered_rmsprop(), "muon_in_bfloat16": muon_in_bfloat16()}


def centered_rmsprop() -> int:
    """Find out when centered RMSprop, which does not clamp its variance, has NaN on constant gradients."""
    constant = torch.tensor(CONSTANT)
    p = torch.zeros_like(constant, requires_grad=True)
    optimizer = torch.optim.RMSprop([p], alpha=CONSTANT_ALPHA, centered=True, foreach=False)
    p.grad = constant
    steps = 0
    while not p.isnan().any():
        optimizer.step()
        steps += 1
    return steps


def muon_in_bfloat16() -> list[float]:
    """Return where a run of Muon comes to whose products are those of torch."""
    case = CONFIGURATIONS[MUON_IN_BFLOAT16]
    torch.Tensor.bfloat16 = bfloat16
    run = Run(case, "float64")
    for t in range(1, STEPS + 1):
        run.step(t, list(gradients(t, "float64", case).values()))
    torch.Tensor.bfloat16 = torch.Tensor.clone
    return flat(run.params()).tolist()
