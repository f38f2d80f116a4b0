"""Many small problems: `minimize_batch` against a loop over SciPy's L-BFGS-B, and over `minimize`.

Rosenbrock's function from random starts, with the same options for all. The loops get a part of the problems,
since their time for one does not depend on how many there are. One thread: a loop has no use for others.
"""

import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import fastopt
from common import Bench, main, spread, table, verdict
from fastopt import _core
from fastopt.bench.timing import Side, compare
from fastopt.minimization.options import LbfgsOptions

SHAPES = [(100, 10), (1000, 10), (10_000, 10), (100, 100)]
TARGET = 10  # times faster than SciPy


def rosenbrocks(X: Any, rows: Any) -> tuple[Any, Any]:
    """Of all rows: values and gradients."""
    head = X[:, :-1]
    b, u = X[:, 1:] - head * head, 1 - head
    gradients = np.zeros_like(X)
    gradients[:, :-1] = -400 * head * b - 2 * u
    gradients[:, 1:] += 200 * b
    return (100 * b * b + u * u).sum(axis=1), gradients


def rosenbrock(x: Any) -> tuple[Any, Any]:
    """Of one point, as one would write it."""
    head = x[:-1]
    b, u = x[1:] - head * head, 1 - head
    gradient = np.zeros_like(x)
    gradient[:-1] = -400 * head * b - 2 * u
    gradient[1:] += 200 * b
    return (100 * b * b + u * u).sum(), gradient


def scipy_solver() -> Callable[[Any], Any] | None:
    """Return SciPy's L-BFGS-B with our options; None without SciPy."""
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # its BLAS spins between the short vectors otherwise
    try:
        from scipy.optimize import minimize
    except ImportError:
        return None
    own = LbfgsOptions().core(np.dtype(np.float64))
    options = {"maxcor": own["memory"], "gtol": own["gtol"], "ftol": own["ftol"], "maxls": own["trials"]}
    return lambda x0: minimize(rosenbrock, x0, jac=True, method="L-BFGS-B", options=options)


def check(starts: Any, solve: Callable[[Any], Any]) -> None:
    """Compare results before they are timed: all end where the gradient is small."""
    assert np.abs(fastopt.minimize_batch(rosenbrocks, starts).jac).max() < 1e-4
    assert max(np.abs(solve(x0).jac).max() for x0 in starts) < 1e-4


def core_microseconds(starts: Any) -> float:
    """Return what a row costs in a round, without `fun`."""
    core = _core.Descents(starts, **LbfgsOptions().core(starts.dtype))
    seconds, rows = 0.0, 0
    while core.running:
        rows += core.running
        began = time.perf_counter()
        X = core.ask()
        seconds += time.perf_counter() - began
        returned = rosenbrocks(X, None)
        began = time.perf_counter()
        core.tell(*returned)
        seconds += time.perf_counter() - began
    return seconds / rows * 1e6


def section(bench: Bench) -> str:
    threads = fastopt.get_num_threads()
    fastopt.set_num_threads(1)
    try:
        rows = [_row(bench, *shape) for shape in SHAPES]
    finally:
        fastopt.set_num_threads(threads)
    head = ["problems", "a problem", "a row and round without `fun`"]
    peers = ["times faster than SciPy's L-BFGS-B in a loop", "times faster than `minimize` in a loop"]
    return f"### Many small problems\n\n{table([*head, *peers], rows)}\n"


def _row(bench: Bench, problems: int, n: int) -> list[str]:
    starts = np.random.default_rng(0).uniform(-2, 2, (problems, n))
    some = starts[: max(2, 200 // n)]
    ours = Side("batch", problems, lambda x: fastopt.minimize_batch(rosenbrocks, x), [starts], list)
    cells = []
    for solve in (scipy_solver(), lambda x0: fastopt.minimize(rosenbrock, x0)):
        if solve is None:
            cells.append("no SciPy")
            continue
        check(some, solve)
        loop = Side("loop", len(some), lambda x, solve=solve: [solve(x0) for x0 in x], [some], list)
        ratio = compare(ours, loop, rounds=bench.rounds, block=bench.block)
        text = verdict(ratio.median, TARGET, "x") if not cells and problems >= 1000 and n == 10 else ""
        cells.append("; ".join(filter(None, (spread(ratio), text))))
    return [f"{problems} x {n}", f"{ratio.ours / 1e3:.0f} us", f"{core_microseconds(starts):.2f} us", *cells]


if __name__ == "__main__":
    main(__doc__, section)
