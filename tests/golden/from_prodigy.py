"""The package of the authors of Prodigy, over torch."""

from collections.abc import Iterable
from typing import Any

import prodigyopt
import torch

from cases import Case
from golden.problem import CONFIGURATIONS, Array, at, start

PACKAGES = ("prodigyopt", "torch")

STATE = {"m": "exp_avg", "v": "exp_avg_sq", "s": "s", "p0": "p0"}


def cases() -> Iterable[tuple[Case, str]]:
    for case in CONFIGURATIONS.values():
        if case.optimizer.__name__ == "Prodigy" and "maximize" not in case.hyper:
            yield case, "float64"


class Run:
    def __init__(self, case: Case, dtype: str) -> None:
        self.hyper = dict(case.hyper)
        decouple = self.hyper.pop("decoupled_weight_decay", True)
        self.tensors = [torch.tensor(p, requires_grad=True) for p in start(dtype, case).values()]
        self.optimizer = prodigyopt.Prodigy(self.tensors, **at(0, self.hyper), decouple=decouple)

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
            slot: [state[name].detach() for state in states]
            for slot, name in STATE.items()
            if name in states[0]  # without a mean of gradients it keeps none
        }
