"""A parameter whose gradient has become zero, beside a live one, for 2000 steps.

Its momentum decays. Where nothing ends the decay it sinks into denormal numbers and stays there. How slow
those are depends on the processor: some fifty times on many of Intel's, hardly at all on AMD's Zen 4.
One thread each, so that nothing else is in the figures.
"""

import contextlib
import statistics
from collections.abc import Callable, Iterator

from common import Bench, main, table, verdict

import fastopt
from fastopt.bench.sides import fastopt_side, numpy_side
from fastopt.bench.timing import Side, Timed
from fastopt.bench.torch_peer import TorchSide
from fastopt.bench.workload import Numbers, Workload

STEPS, BLOCK, END, REPEATS = 2000, 50, 500, 3
ELEMENTS = 100_000

Pair = tuple[Timed, Timed]


def section(bench: Bench) -> str:
    threads = fastopt.get_num_threads()
    fastopt.set_num_threads(1)
    try:
        rows = [row for rule in ("adamw", "sgd_momentum") for row in _rows(bench, Workload(rule, ELEMENTS))]
    finally:
        fastopt.set_num_threads(threads)
    headings = ["step with zero gradients over step with live ones", f"last {END}", f"all {STEPS}", "target"]
    return f"### A dead parameter\n\n{table(headings, rows)}\n"


def _rows(bench: Bench, workload: Workload) -> Iterator[list[str]]:
    def row(name: str, make: Callable[[], Pair]) -> list[str]:
        runs = [_ratios(*make()) for _ in range(REPEATS)]
        end, whole = map(statistics.median, zip(*runs, strict=True))
        bound = verdict(max(end, whole), 1.2, "x", most=True) if name == "fastopt" else ""
        return [f"{workload.rule}, {workload.label}: {name}", f"{end:.2f}", f"{whole:.2f}", bound]

    yield row("fastopt", lambda: _pair(workload, fastopt_side))
    yield row("NumPy as one would write it", lambda: _pair(workload, numpy_side))
    if bench.python is not None:
        with contextlib.ExitStack() as stack:
            live, dead = (stack.enter_context(bench.torch(1)) for _ in range(2))
            yield row(
                "torch fused", lambda: (TorchSide(live, workload), TorchSide(dead, workload, zeros=True))
            )


def _pair(workload: Workload, make: Callable[[Numbers], Side]) -> Pair:
    """Return a live parameter, and one that has lived: its gradients are zero from now on."""
    numbers = Numbers(workload)
    live, dead = make(Numbers(workload)), make(numbers)
    for grads in dead.grads:
        dead.step(grads)
    for row in numbers.grads:
        for g in row:
            g[...] = 0
    return live, dead


def _ratios(live: Timed, dead: Timed) -> tuple[float, float]:
    """Time both in turns until the dead one has taken its steps; return what the last and all took longer."""
    alive, gone = [], []
    for k in range(STEPS // BLOCK):
        for side, times in ((live, alive), (dead, gone))[:: -1 if k % 2 else 1]:
            times.append(side.time(BLOCK))
    end = END // BLOCK
    last = statistics.median(b / a for a, b in zip(alive[-end:], gone[-end:], strict=True))
    return last, sum(gone) / sum(alive)


if __name__ == "__main__":
    main(__doc__, section)
