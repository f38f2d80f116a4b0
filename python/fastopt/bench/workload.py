"""What is measured: a rule over some arrays, and the numbers in them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from fastopt import _core
from fastopt._common.trees import Array
from fastopt.optimizers import OPTIMIZERS
from fastopt.rules.optimizer import Optimizer

CHOSEN: dict[str, dict[str, Any]] = {
    "sgd_momentum": {"momentum": 0.9},
    "sgd_velocity": {"momentum": 0.9, "momentum_form": "velocity"},
    "sgd_average": {"momentum": 0.9, "momentum_form": "average"},
    "ftrl_fixed": {"lr_power": 0.0},
}
"""What makes an optimizer choose the rule, where its defaults do not."""


@dataclass(frozen=True)
class Workload:
    """A rule over `count` arrays of `size` elements each.

    Parameters
    ----------
    rule : str
        Its name in `fastopt.kernels`.
    size, count : int
        Elements of an array, and how many arrays.
    dtype : str
        float32 or float64.
    options : mapping, optional
        Fields of the optimizer other than its defaults; what makes it choose the rule is known.

    Examples
    --------
    >>> Workload("adamw", 1000).bytes_per_element
    28
    >>> Workload("adam", 1000, dtype="float64", options={"amsgrad": True}).bytes_per_element
    72
    """

    rule: str
    size: int
    count: int = 1
    dtype: str = "float32"
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def elements(self) -> int:
        """Elements of all arrays."""
        return self.size * self.count

    @property
    def label(self) -> str:
        """Its size in words: 1000, 100k, 64M, 100 x 1000."""
        size = str(self.size)
        for sign, unit in ("M", 1_000_000), ("k", 1_000):
            if self.size >= 10_000 and self.size % unit == 0:
                size = f"{self.size // unit}{sign}"
                break
        return size if self.count == 1 else f"{self.count} x {size}"

    def optimizer(self, params: Any) -> Optimizer:
        """Make the optimizer of fastopt that has this rule."""
        (cls,) = (cls for cls in OPTIMIZERS.values() if self.rule in cls.rules)
        made = cls(params, **{**CHOSEN.get(self.rule, {}), **self.options})
        if made._rule != self.rule:
            raise ValueError(f"{self.rule}: {made!r} has chosen {made._rule}; name its options in CHOSEN")
        return made

    @cached_property
    def model(self) -> Optimizer:
        """The optimizer, of no elements."""
        return self.optimizer(np.zeros(0, self.dtype))

    @property
    def slots(self) -> list[str]:
        """The state arrays that the rule has with these options."""
        return list(self.model._slots)

    @property
    def elementwise(self) -> bool:
        """Whether elements know nothing of each other: neither sums nor numbers kept beside the arrays."""
        rule = _core.rules[self.rule]
        return not rule.sums and not rule.scalars and not rule.whole

    @property
    def hyper(self) -> dict[str, Any]:
        """What the rule's reference is told beside arrays and step."""
        keywords = self.model._keywords()
        del keywords["step"]
        return keywords

    @property
    def bytes_per_element(self) -> int:
        """The traffic nobody can do without: p, g and state are read once, p and state written once."""
        return (3 + 2 * len(self.slots)) * np.dtype(self.dtype).itemsize


class Numbers:
    """The arrays of a workload: parameters to start from, and sets of gradients to step along in turn."""

    def __init__(self, workload: Workload, seed: int = 0) -> None:
        self.workload = workload
        rng = np.random.default_rng(seed)
        sets = 2 if workload.elements > 16_000_000 else 4

        def arrays() -> list[Array]:
            draw: Any = rng.standard_normal  # NumPy's annotations know dtypes by name only as literals
            return [draw(workload.size, workload.dtype) for _ in range(workload.count)]

        self._start = arrays()
        self.grads = [arrays() for _ in range(sets)]

    def params(self) -> list[Array]:
        """Return fresh parameters: the same numbers each time."""
        return [p.copy() for p in self._start]

    def state(self) -> list[list[Array]]:
        """Return fresh state, as it begins: for each parameter an array a slot.

        Filled, as fastopt's is: pages of zeros that the system hands out one by one are not as fast.
        """
        model = self.workload.model
        starts = [None if slot in model._start_at_p else model._start(slot) for slot in self.workload.slots]
        return [[np.full_like(p, p if start is None else start) for start in starts] for p in self._start]


def rules() -> list[str]:
    """Return the names of the rules that are measured: those whose steps are passes over elements."""
    return [name for name, rule in _core.rules.items() if not rule.whole]
