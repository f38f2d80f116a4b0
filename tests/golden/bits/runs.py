"""A broad set of short runs whose results are the same bits on every machine.

What is computed beside fastopt is sums of exact terms, sums by ``math.fsum``, and single IEEE operations, so
that no BLAS and no NumPy kernel has a say. (Rules and schedules take powers in double: those of glibc.)
"""

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

import fastopt
from cases import CASES, Case
from fastopt._common.fingerprint import fingerprint
from fastopt.regularizers import elastic_net, l1, l2
from golden.problem import STEPS, gradients, start
from losses_table import COMPILED, LossCase
from support import Array, arrays_of

DTYPES = ("float32", "float64")
SHAPES = ((1, 1), (37, 3), (5, 40), (3, 1300))

Made = Callable[[], dict[str, Any]]


def runs() -> Iterator[tuple[str, Made]]:
    """Yield all runs under their names: functions that return arrays."""
    for dtype in DTYPES:
        for case in CASES:
            yield f"rule {case.name} {dtype}", partial(steps, case, dtype)
        for loss in COMPILED:
            yield f"loss {loss} {dtype}", partial(values, loss, dtype)
        for name, penalty in {"l1": l1(0.1), "l2": l2(0.1), "elastic_net": elastic_net(0.1, 0.3)}.items():
            yield f"penalty {name} {dtype}", partial(penalised, penalty, dtype)
        for name, options in MINIMA.items():
            yield f"minimum {name} {dtype}", partial(minimum, options, dtype)
    yield "training", trained


def digest(made: Made) -> str:
    """Return the fingerprint of what a run returns, in short."""
    return fingerprint({name: np.asarray(array) for name, array in made().items()})[:16]


def steps(case: Case, dtype: str) -> dict[str, Any]:
    opt = case.make(start(dtype, case))
    for t in range(1, STEPS + 1):
        opt.step(gradients(t, dtype, case))
    return dict(arrays_of(opt))


def numbers(shape: tuple[int, ...], dtype: str, stride: int = 7) -> Array:
    """Return multiples of 1/32 in [-8, 8], in no order."""
    k = np.arange(math.prod(shape))
    return ((stride * k * k + 5 * k) % 513 / 32 - 8).reshape(shape).astype(dtype)


def values(case: LossCase, dtype: str) -> dict[str, Any]:
    found = {}
    for shape in SHAPES:
        scores, k = numbers(shape, dtype), np.arange(math.prod(shape)).reshape(shape)
        targets = {
            "labels": np.arange(shape[0]) * 3 % shape[1],
            "probabilities": (k % shape[1] == k // shape[1] % shape[1]).astype(dtype),
            "yes": (k % 5 / 4).astype(dtype),
            "signs": (k % 2 * 2 - 1).astype(dtype),
            "reals": numbers(shape, dtype, stride=11),
        }[case.kind]
        for reduction in ("mean", "sum"):
            value, gradient = case(scores, targets, reduction=reduction)
            found[f"{shape} {reduction} value"], found[f"{shape} {reduction}"] = value, gradient
    return found


def penalised(penalty: Any, dtype: str) -> dict[str, Any]:
    params = {"W": numbers((40, 50), dtype), "b": numbers((9,), dtype)}
    value, grads = penalty(params)
    nearer = penalty.prox(params, 0.5)
    return {"value": value, **grads, **{f"prox {name}": p for name, p in nearer.items()}}


BOX = {"bounds": (-0.5, 0.75)}
MINIMA: dict[str, dict[str, Any]] = {
    "lbfgs": {},
    "lbfgs in a box": BOX,
    "lbfgs with l1": {"l1": 0.25},
    "bfgs": {"method": "bfgs"},
}


def minimum(options: dict[str, Any], dtype: str) -> dict[str, Any]:
    """Descend on Rosenbrock's function of 30 variables in a chain."""

    def rosenbrock(x: Array) -> tuple[float, Array]:
        a, b = x[:-1], x[1:]
        rise, rest = b - a * a, 1 - a
        gradient = np.zeros_like(x)
        gradient[:-1] = -400 * a * rise - 2 * rest
        gradient[1:] += 200 * rise
        return math.fsum(100 * rise * rise + rest * rest), gradient

    result = fastopt.minimize(rosenbrock, numbers((30,), dtype) / 16, options={"maxiter": 40}, **options)
    return {
        "x": result.x,
        "fun": result.fun,
        "counts": np.array([result.nit, result.nfev, result.status], float),
    }


def trained() -> dict[str, Any]:
    """Train a line, in an order that is dealt, twice and with all that goes with it."""
    x, y = numbers((37,), "float64"), numbers((37,), "float64", stride=11)
    params = {"slope": np.zeros(1), "offset": np.zeros(1)}

    def loss_and_grads(params: dict[str, Array], x: Array, y: Array) -> tuple[float, dict[str, Array]]:
        error = params["slope"] * x + params["offset"] - y
        mean = 1 / len(y)
        return mean * math.fsum(error * error), {
            "slope": np.array([2 * mean * math.fsum(error * x)]),
            "offset": np.array([2 * mean * math.fsum(error)]),
        }

    opt = fastopt.Adam(params, lr=lambda t: 0.1 / (1 + t), weight_decay=1e-3)
    found: dict[str, Any] = {}
    for epochs in (2, 3):
        history = fastopt.train(
            loss_and_grads,
            params,
            (x, y),
            opt,
            epochs=epochs,
            batch_size=8,
            regularizer=l2(0.01, only="slope"),
            progress=False,
        )
        found[f"losses of {epochs}"] = np.array(history.losses)
    return {**found, **arrays_of(opt)}
