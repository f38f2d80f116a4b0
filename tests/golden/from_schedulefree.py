"""The package of the authors of schedule-free learning, over torch; its plain loop."""

from collections.abc import Iterable
from typing import Any

import schedulefree
import torch

from cases import Case
from golden.problem import CONFIGURATIONS, Array, at, start

PACKAGES = ("schedulefree", "torch")

CLASSES = {
    "ScheduleFreeSGD": schedulefree.SGDScheduleFree,
    "ScheduleFreeAdamW": schedulefree.AdamWScheduleFree,
}


def cases() -> Iterable[tuple[Case, str]]:
    for case in CONFIGURATIONS.values():
        if case.optimizer.__name__ in CLASSES and "maximize" not in case.hyper:
            yield case, "float64"


class Run:
    def __init__(self, case: Case, dtype: str) -> None:
        self.hyper = case.hyper
        self.tensors = [torch.tensor(p, requires_grad=True) for p in start(dtype, case).values()]
        cls = CLASSES[case.optimizer.__name__]
        self.optimizer = cls(self.tensors, **at(0, self.hyper), foreach=False)
        self.optimizer.train()

    def step(self, t: int, grads: list[Array]) -> None:
        for p, g in zip(self.tensors, grads, strict=True):
            p.grad = torch.tensor(g)
        self.optimizer.param_groups[0].update(at(t - 1, self.hyper))
        self.optimizer.step()

    def params(self) -> Any:
        return [p.detach() for p in self.tensors]

    def state(self) -> dict[str, Any]:
        states = [self.optimizer.state[p] for p in self.tensors]
        names = {"z": "z", "v": "exp_avg_sq"}
        kept = {
            slot: [state[name].detach() for state in states]
            for slot, name in names.items()
            if name in states[0]
        }
        self.optimizer.eval()
        return kept | {"averaged": [p.detach() for p in self.tensors]}
