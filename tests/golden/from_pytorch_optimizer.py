"""The package pytorch-optimizer, for Shampoo and SOAP: the plain loop over torch."""

from collections.abc import Iterable
from typing import Any

import pytorch_optimizer
import torch

from cases import Case
from golden.problem import CONFIGURATIONS, Array, at, start

torch.set_default_dtype(torch.float64)

PACKAGES = ("pytorch_optimizer", "torch")

NAMES = {"decoupled_weight_decay": "weight_decouple"}
"""What it calls the hyperparameters: those that it does not call as fastopt does."""

STATE = {
    "Shampoo": {
        "left": "pre_cond_0",
        "right": "pre_cond_1",
        "left_root": "inv_pre_cond_0",
        "right_root": "inv_pre_cond_1",
        "m": "momentum_buffer",
    },
    "SOAP": {"m": "exp_avg", "v": "exp_avg_sq"},
}

NOT_COMPARED = {
    "Shampoo-from_zero",  # roots of eigenvalues that are zero but for rounding
    "SOAP-vectors",  # the first eigenvector of a column is all that is known of its basis
    "SOAP-scheduled",  # its shampoo_beta is the first one for ever
}


def cases() -> Iterable[tuple[Case, str]]:
    for case in CONFIGURATIONS.values():
        if case.optimizer.__name__ in STATE and case.name not in NOT_COMPARED:
            yield case, "float64"


class Run:
    def __init__(self, case: Case, dtype: str) -> None:
        self.hyper = {NAMES.get(name, name): value for name, value in case.hyper.items()}
        self.tensors = [torch.tensor(p, requires_grad=True) for p in start(dtype, case).values()]
        self.optimizer = getattr(pytorch_optimizer, case.optimizer.__name__)(
            self.tensors, **at(0, self.hyper)
        )
        self.names = dict(STATE[case.optimizer.__name__])
        if "momentum_buffer" in self.names.values() and not self.hyper.get("momentum"):
            del self.names["m"]  # which the library keeps, and fastopt does not

    def step(self, t: int, grads: list[Array]) -> None:
        for p, g in zip(self.tensors, grads, strict=True):
            p.grad = torch.tensor(g)
        self.optimizer.param_groups[0].update(at(t - 1, self.hyper))
        self.optimizer.step()

    def params(self) -> Any:
        return [p.detach() for p in self.tensors]

    def state(self) -> dict[str, Any]:
        states = [self.optimizer.state[p] for p in self.tensors]
        kept = {slot: name for slot, name in self.names.items() if name in states[0]}
        return {slot: [state.get(name, torch.zeros(0)) for state in states] for slot, name in kept.items()}
