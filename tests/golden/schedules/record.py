"""Record the schedulers of torch, for `schedules/test_golden.py` to hold fastopt against.

    python tests/golden/schedules/record.py

writes `torch.json`. It needs fastopt and torch (`pip install . torch`); the test needs no torch. What is
recorded stands in `cases.py`.
"""

import inspect
import json
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from torch.optim import lr_scheduler, swa_utils

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from golden.schedules.cases import LEARNING_RATES, LR, MOMENTA, MOMENTUM, PLATEAUS, STEPS

HERE = Path(__file__).parent


def schedulers() -> list[str]:
    """Return the names of all schedulers that torch has."""
    found = {
        name
        for module in (lr_scheduler, swa_utils)
        for name, value in vars(module).items()
        if inspect.isclass(value) and issubclass(value, lr_scheduler.LRScheduler) and name[0] != "_"
    }
    return sorted(found - {"LRScheduler"})


class Then:
    """The loop of torch's manual: one scheduler for so many steps, then another."""

    def __init__(self, steps: int, *two: Any) -> None:
        self.left, self.two = steps, two

    def step(self) -> None:
        self.two[self.left <= 0].step()
        self.left -= 1


NAMES = {name: getattr(lr_scheduler, name, None) or getattr(swa_utils, name) for name in schedulers()}


def made(expression: str) -> tuple[Any, torch.optim.Optimizer]:
    """Return a scheduler and its optimizer."""
    opt = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=LR, momentum=MOMENTUM)
    return eval(expression, {**NAMES, "Then": Then, "opt": opt}), opt


def run(expression: str, key: str) -> list[float]:
    """Return a hyperparameter as each `optimizer.step()` would find it."""
    scheduler, opt = made(expression)
    values = [opt.param_groups[0][key]]
    for _ in range(min(STEPS, getattr(scheduler, "total_steps", STEPS)) - 1):
        opt.step()
        scheduler.step()
        values.append(opt.param_groups[0][key])
    return values


def closed_form(expression: str) -> list[float] | None:
    """Return the learning rates that torch computes from the step alone, where it can."""
    scheduler, _ = made(expression)
    form: Callable[[], list[float]] | None = getattr(scheduler, "_get_closed_form_lr", None)
    if form is None:
        return None
    values = []
    for scheduler.last_epoch in range(STEPS):
        values += form()
    return values


def plateau(arguments: str, metrics: str) -> list[float]:
    """Return the learning rate after each metric, 1 at first."""
    scheduler, opt = made(f"ReduceLROnPlateau(opt, {arguments})")
    group = opt.param_groups[0]
    group["lr"] = 1.0
    values = []
    for metric in metrics.split():
        scheduler.step(float(metric))
        values.append(group["lr"])
    return values


def main() -> None:
    closed = {name: closed_form(name) for name in LEARNING_RATES}
    parts = {
        "versions": {"torch": version("torch")},
        "schedulers": {name: list(inspect.signature(cls).parameters) for name, cls in NAMES.items()},
        "learning_rates": {name: run(name, "lr") for name in LEARNING_RATES},
        "closed_forms": {name: values for name, values in closed.items() if values},
        "momenta": {name: run(name, "momentum") for name in MOMENTA},
        "plateaus": {name: plateau(name, metrics) for name, metrics in PLATEAUS.items()},
    }
    text = ",\n".join(
        f"{json.dumps(part)}: {{\n"
        + ",\n".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in rows.items())
        + "\n}"
        for part, rows in parts.items()
    )
    (HERE / "torch.json").write_text(f"{{\n{text}\n}}\n")
    print(f"torch.json: {sum(map(len, parts.values())) - 1} rows, {parts['versions']}")


if __name__ == "__main__":
    main()
