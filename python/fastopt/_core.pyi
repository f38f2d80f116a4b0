"""The compiled core of fastopt. Private: the public doors are fastopt and its modules."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

_Rule = tuple[tuple[str, ...], tuple[str, ...], tuple[tuple[str, str | None], ...]]

rules: dict[str, _Rule]
probes: dict[str, _Rule]

def build_info() -> dict[str, Any]: ...
def select_isa(name: str) -> None: ...
def num_threads() -> int: ...
def set_num_threads(n: int) -> None: ...
def grain() -> int: ...
def set_grain(elements: int) -> None: ...
def apply(
    rule: str,
    variant: int,
    maximize: bool,
    arrays: tuple[Any, ...],
    step: int,
    hyper: tuple[float, ...],
) -> None: ...
def loss(
    name: str,
    scores: object,
    y: object,
    parameter: float,
    reduction: str,
    out: object,
) -> tuple[Any, Any]: ...
def judge(
    target: str, scores_name: str, target_name: str, scores: object, y: object, out: object
) -> tuple[NDArray[Any], NDArray[Any]]: ...
def elementary(name: str, x: NDArray[Any]) -> NDArray[Any]: ...

class Plan:
    def __init__(
        self,
        rule: str,
        variant: int,
        maximize: bool,
        params: Any,
        state: list[list[Any] | None],
        count: NDArray[np.int64],
    ) -> None: ...
    def step(self, grads: object, hyper: tuple[float, ...], check_finite: bool) -> None: ...
