"""Is the generated NumPy with out= as good as one written by hand? AdamW, results bit for bit the same."""

import math

import numpy as np

from common import Bench, main, spread, table
from fastopt.bench.generate import compiled, numpy_source
from fastopt.bench.timing import Side, compare
from fastopt.bench.workload import Numbers, Workload
from fastopt.rules.overheard import overhear

LR, BETA1, BETA2, EPS, DECAY = 1e-3, 0.9, 0.999, 1e-8, 1e-2


def by_hand(p: np.ndarray, g: np.ndarray, m: np.ndarray, v: np.ndarray, work: np.ndarray, t: int) -> None:
    """Take a step of AdamW as somebody would write it who knows NumPy well."""
    np.multiply(m, BETA1, out=m)
    np.multiply(g, 1 - BETA1, out=work)
    np.add(m, work, out=m)
    np.multiply(g, g, out=work)
    np.multiply(work, 1 - BETA2, out=work)
    np.multiply(v, BETA2, out=v)
    np.add(v, work, out=v)
    np.sqrt(v, out=work)
    np.multiply(work, 1 / math.sqrt(1 - BETA2**t), out=work)
    np.add(work, EPS, out=work)
    np.divide(m, work, out=work)
    np.multiply(work, LR / (1 - BETA1**t), out=work)
    np.multiply(p, 1 - LR * DECAY, out=p)
    np.subtract(p, work, out=p)


def section(bench: Bench) -> str:
    rows = [_row(bench, size) for size in (1_000, 100_000, 1_000_000)]
    headings = ["", "time by hand over time generated"]
    return f"### NumPy with out=, by hand and generated\n\n{table(headings, rows)}\n"


def _row(bench: Bench, size: int) -> list[str]:
    workload = Workload("adamw", size)
    numbers = Numbers(workload)
    formula = overhear("adamw", workload.slots, workload.hyper)
    generated, dtype = compiled(numpy_source(formula)[0]), np.dtype(workload.dtype)

    def arrays() -> list[np.ndarray]:
        (p,), ((m, v),) = numbers.params(), numbers.state()
        return [p, numbers.grads[0][0], m, v, np.empty_like(p)]

    ours, theirs = arrays(), arrays()
    for t in (1, 2, 3):
        generated([ours], t, dtype, **formula.hyper)
        by_hand(*theirs, t)
    assert all(map(np.array_equal, ours, theirs))

    # On the same memory: where arrays happen to lie makes more of a difference than who wrote the code.
    sides = [
        Side("generated", size, lambda a: generated([a], 4, dtype, **formula.hyper), [ours], list),
        Side("by hand", size, lambda a: by_hand(*a, 4), [ours], list),
    ]
    ratio = compare(*sides, rounds=bench.rounds, block=bench.block)
    return [f"adamw, {workload.label}", spread(ratio)]


if __name__ == "__main__":
    main(__doc__, section)
