"""The direction of L-BFGS against its NumPy reference, bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import fastopt
from fastopt import _core, minimize
from fastopt.minimization.reference import Pair, direction, total
from minimization.functions import Evaluation
from support import ISAS, Array, same

SIZES = (1, 2, 15, 16, 17, 33, 1000, 16384, 16385, 33000)


def quadratic(x: Any) -> tuple[float, Any]:
    scales = np.geomspace(1, 100, x.size, dtype=x.dtype)
    g = scales * (x - 1)
    return float(g @ (x - 1)) / 2 + float(np.cos(x[0])), g - np.where(np.arange(x.size) == 0, np.sin(x[0]), 0)


def learnt(state: dict[str, Any]) -> list[Pair]:
    return [
        Pair(*(state[f"pair {k} {part}"] for part in ("d", "y", "step", "dy", "yy")))
        for k in range(state["size"])
    ]


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize(("dtype", "history"), [("f8", "f8"), ("f8", "f4"), ("f4", "f4")])
def test_directions(isa: str, threads: int, n: int, dtype: str, history: str, runtime: None) -> None:
    _core.select_isa(isa)
    _core.set_num_threads(threads)
    _core.set_grain(1)
    start = np.random.default_rng(n).standard_normal(n).astype(dtype)
    solver = fastopt.LBFGS(start, memory=6, gtol=0, ftol=0, maxiter=10, history_dtype=history)
    seen = 0
    while not solver.done:
        x = solver.ask()
        value, g = quadratic(x)
        solver.tell(value, g.astype(dtype))
        state = solver._core.state()
        if not solver.done and solver.stepped and state["size"] > 0:
            pairs = learnt(state)
            expected = direction(pairs, state["gradient"])
            assert expected.dtype == history
            assert np.array_equal(expected, state["pair -1 d"])
            assert pairs[0].dy == total(pairs[0].d.astype("f8") * pairs[0].y.astype("f8"))
            assert pairs[0].yy == total(pairs[0].y.astype("f8") ** 2)
            seen += 1
    assert seen >= (8 if n > 2 and dtype == "f8" else 1)


@pytest.mark.parametrize("dtypes", [("float64", None), ("float64", "float32"), ("float32", None)])
def test_same_bits_on_all_threads_and_instruction_sets(dtypes: tuple[str, Any], runtime: None) -> None:
    n = 50_000
    dtype, history = dtypes
    c = np.geomspace(0.1, 10, n).astype(dtype)
    x0 = np.random.default_rng(0).standard_normal(n).astype(dtype)

    def fun(x: Array) -> Evaluation:
        z = c * x
        root = np.sqrt(1 + z * z)
        return float(root.sum(dtype=np.float64)), c * z / root

    _core.set_grain(1000)
    results = []
    for isa in ISAS:
        _core.select_isa(isa)
        for threads in (1, 2, 5):
            fastopt.set_num_threads(threads)
            results.append(minimize(fun, x0, options={"maxiter": 6, "memory": 3, "history_dtype": history}))
    assert results[0].nit == 6
    for result in results[1:]:
        assert same(result.x, results[0].x)
        assert same(result.jac, results[0].jac)
        assert result.fun == results[0].fun
