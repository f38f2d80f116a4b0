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
    parameters: tuple[float, ...],
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

class Descent:
    def __init__(
        self,
        start: NDArray[Any],
        history_dtype: str,
        memory: int,
        gtol: float,
        ftol: float,
        xtol: float,
        iterations: int,
        evaluations: int,
        c1: float,
        c2: float,
        trials: int,
        rounding: float,
        *,
        l1: object = ...,
        lower: NDArray[Any] | None = ...,
        upper: NDArray[Any] | None = ...,
    ) -> None: ...
    def ask(self) -> NDArray[Any]: ...
    def tell(self, value: float, gradient: NDArray[Any]) -> None: ...
    def stop(self, reason: int) -> None: ...
    def state(self) -> dict[str, Any]: ...
    def load(self, state: dict[str, Any]) -> None: ...
    @property
    def x(self) -> NDArray[Any]: ...
    @property
    def gradient(self) -> NDArray[Any]: ...
    @property
    def value(self) -> float: ...
    @property
    def steepness(self) -> float: ...
    @property
    def status(self) -> int: ...
    @property
    def stepped(self) -> bool: ...
    @property
    def iterations(self) -> int: ...
    @property
    def evaluations(self) -> int: ...

class Descents:
    def __init__(
        self,
        starts: NDArray[Any],
        history_dtype: str,
        memory: int,
        gtol: float,
        ftol: float,
        xtol: float,
        iterations: int,
        evaluations: int,
        c1: float,
        c2: float,
        trials: int,
        rounding: float,
    ) -> None: ...
    def ask(self) -> NDArray[Any]: ...
    def tell(self, values: NDArray[np.float64], gradients: NDArray[Any]) -> None: ...
    def stop(self, reason: int) -> None: ...
    @property
    def running(self) -> int: ...
    @property
    def rows(self) -> NDArray[np.intp]: ...
    @property
    def x(self) -> NDArray[Any]: ...
    @property
    def gradient(self) -> NDArray[Any]: ...
    @property
    def value(self) -> NDArray[np.float64]: ...
    @property
    def status(self) -> NDArray[np.int64]: ...
    @property
    def iterations(self) -> NDArray[np.int64]: ...
    @property
    def evaluations(self) -> NDArray[np.int64]: ...
