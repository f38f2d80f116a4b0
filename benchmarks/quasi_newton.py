"""L-BFGS, BFGS and Newton's method: evaluations, and the time of an iteration beside the function.

Every solver descends in a process of its own, with a memory of ten pairs and its tests for the end switched
off. torch is torch.optim.LBFGS with line_search_fn="strong_wolfe". LBFGSpp needs g++, its headers and Eigen's
(Debian's liblbfgspp-dev), and is left out where they are missing.
"""

import json
import math
import os
import pickle
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import quasi_newton_peers
from quasi_newton_peers import Enough, compiled_lbfgspp

import fastopt
from common import Bench, main, spread, table, verdict
from fastopt.bench.timing import Ratio
from fastopt.drawing.style import PALETTE, require_matplotlib, tidy
from fastopt.problems.standard import MORE_GARBOW_HILLSTROM, PROBLEMS, StandardProblem

PICTURE = Path(__file__).parents[1] / "docs" / "images" / "quasi_newton_profile.png"

EVALUATIONS, SECONDS = 10_000, 8.0
TOLERANCE = 1e-6


@dataclass(frozen=True)
class Solver:
    """One library, one configuration."""

    label: str
    package: str
    python: str = sys.executable
    options: Mapping[str, Any] = field(default_factory=dict)
    blas: int = 1

    def command(self, *task: str) -> list[str]:
        """Return what runs it."""
        return [self.python, quasi_newton_peers.__file__, self.package, *task]

    def environment(self, threads: int) -> dict[str, str]:
        """Return the variables that it runs with."""
        return {
            **os.environ,
            "PYTHONSAFEPATH": "1",
            "OMP_NUM_THREADS": str(threads),
            "OPENBLAS_NUM_THREADS": str(self.blas),
        }


def solvers(bench: Bench) -> list[Solver]:
    found = [Solver("fastopt", "fastopt"), Solver("SciPy L-BFGS-B", "scipy")]
    if bench.python is not None:
        found.append(Solver("torch LBFGS", "torch", bench.python))
    compiled = compiled_lbfgspp()
    if compiled is None:
        print("LBFGSpp is left out: it needs g++ and the headers of LBFGSpp and Eigen", file=sys.stderr)
    else:
        found.append(Solver("LBFGSpp", "lbfgspp", options={"library": compiled}))
    return found


def section(bench: Bench) -> str:
    found = solvers(bench)
    parts = ["### Quasi-Newton methods\n"]
    if bench.quick:
        parts.append("Evaluations, and 10M variables, are left out (--quick).\n")
    else:
        parts.append(evaluations(found))
    parts += [beside_the_function(bench, found), dense(), newton()]
    return "\n".join(parts)


# Evaluations.

Trace = Any
"""Rows of value and max |g|, one an evaluation."""


class Traced:
    """A problem, and what was seen of it; no more once the budget is used up."""

    def __init__(self, problem: StandardProblem) -> None:
        self.problem = problem
        self._rows: list[tuple[float, float]] = []
        self._began = time.monotonic()

    def __call__(self, x: Any) -> tuple[float, Any] | None:
        if len(self._rows) >= EVALUATIONS or time.monotonic() > self._began + SECONDS:
            return None
        value, gradient = self.problem.fun(x)
        self._rows.append((value, float(np.abs(gradient).max())))
        return value, gradient

    def trace(self) -> Trace:
        return np.array(self._rows)


@contextmanager
def descending(solver: Solver) -> Iterator[Callable[[Traced], Trace]]:
    """Run a solver in a process; yield what has it descend."""
    command = solver.command("descents", json.dumps(solver.options))
    with subprocess.Popen(
        command, env=solver.environment(1), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        sink, source = process.stdin, process.stdout

        def say(what: object) -> None:
            pickle.dump(what, sink)
            sink.flush()

        def descent(function: Traced) -> Trace:
            say(function.problem.start.tobytes())
            while (point := pickle.load(source)) is not None:
                answer = function(np.frombuffer(point))
                say(None if answer is None else (answer[0], answer[1].tobytes()))
            return function.trace()

        pickle.load(source)  # ready
        yield descent
        say(None)


def reached(trace: Trace, best: float) -> float:
    """Return the evaluations until the gradient is small, infinity if it never is."""
    value, steepness = trace.T
    first = value[0]
    small = (steepness <= TOLERANCE * max(1, abs(best))) & (value <= first + abs(first))
    return float(np.argmax(small)) + 1 if small.any() else math.inf


def lowest(traces: Iterable[Trace]) -> float:
    return min(
        float(np.min(trace[:, 0], where=np.isfinite(trace[:, 0]), initial=math.inf)) for trace in traces
    )


def counted(solvers: list[Solver]) -> dict[str, Any]:
    """Return the evaluations of each solver, problem by problem, of those that somebody solves."""
    traces: list[list[Trace]] = []
    for solver in solvers:
        print(f"  {solver.label} ...", file=sys.stderr, flush=True)
        with descending(solver) as descent:
            traces.append([descent(Traced(problem)) for problem in PROBLEMS.values()])
    rows = []
    for each in zip(*traces, strict=True):
        best = lowest(each)
        rows.append([reached(trace, best) for trace in each])
    counts = np.array(rows)
    solved = np.isfinite(counts).any(axis=1)
    names = [name for name, some in zip(PROBLEMS, solved, strict=True) if some]
    return {"problems": names, **dict(zip([s.label for s in solvers], counts[solved].T, strict=True))}


def evaluations(solvers: list[Solver]) -> str:
    counts = counted(solvers)
    problems = counts.pop("problems")
    profile(counts)
    best = np.min(list(counts.values()), axis=0)
    scipy = counts["SciPy L-BFGS-B"]
    rows = []
    for label, ours in counts.items():
        both = np.isfinite(ours) & np.isfinite(scipy)
        mean = math.exp(np.log(ours[both] / scipy[both]).mean())
        rows.append(
            [
                label,
                str(np.count_nonzero(~np.isfinite(ours))),
                f"{mean:.3f}",
                f"{np.mean(ours == best):.0%}",
                f"{np.mean(ours <= 1.5 * best):.0%}",
                f"{np.mean(ours <= 2 * best):.0%}",
            ]
        )
    failed = [name for name, count in zip(problems, counts["fastopt"], strict=True) if not np.isfinite(count)]
    head = [
        "L-BFGS",
        "failures",
        "evaluations over SciPy's",
        "best",
        "within 1.5x of best",
        "within 2x of best",
    ]
    return (
        f"Evaluations until max |g| <= {TOLERANCE:g} max(1, |f*|), f* the lowest value seen, on those "
        f"{len(problems)} of {len(PROBLEMS)} problems that somebody solves with {EVALUATIONS} evaluations in "
        f"{SECONDS:g} s; the ratio is a geometric mean over problems that both solve.\n\n"
        f"{table(head, rows)}\n\n"
        f"fastopt fails on: {', '.join(failed) or 'none'}.\n\n"
        "![Share of problems solved within a factor of the fewest evaluations]"
        f"(../docs/images/{PICTURE.name})\n"
    )


def profile(counts: dict[str, Any]) -> None:
    """Draw the performance profile of Dolan and More."""
    require_matplotlib()
    from matplotlib.figure import Figure

    most = 16.0
    best = np.min(list(counts.values()), axis=0)
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.add_subplot()
    for k, (label, count) in enumerate(counts.items()):
        ratios = np.sort(count / best)
        ratios = np.append(ratios[ratios <= most], most)
        shares = np.append(np.arange(1, len(ratios)), len(ratios) - 1) / len(best)
        axes.step(
            ratios,
            shares,
            where="post",
            label=label,
            color=PALETTE[k],
            linestyle=("-", "--", "-.", ":")[k],
            linewidth=2.6 - 0.2 * k,
        )
    axes.set_xscale("log", base=2)
    axes.set_xticks([1, 2, 4, 8, 16], ["1", "2", "4", "8", "16"])
    axes.set_xlim(1, most)
    axes.set_ylim(0, 1)
    axes.yaxis.set_major_formatter(lambda y, _: f"{y:.0%}")
    axes.set_xlabel("evaluations, as a multiple of the fewest")
    axes.set_ylabel("problems solved")
    axes.set_title(f"L-BFGS with 10 pairs on {len(best)} standard problems", loc="left", fontsize="medium")
    axes.legend(loc="lower right", frameon=False)
    tidy(axes)
    figure.savefig(PICTURE, dpi=150)


# Time of an iteration beside the function.


def gap(solver: Solver, n: int, evaluations: int) -> float:
    """Return the median of seconds between the function's return and its next call."""
    task = json.dumps({"n": n, "evaluations": evaluations, **solver.options})
    environment = solver.environment(fastopt.get_num_threads())
    run = subprocess.run(solver.command("gaps", task), env=environment, check=True, stdout=subprocess.PIPE)
    return float(run.stdout)


def in_turns(solvers: list[Solver], n: int, evaluations: int, rounds: int) -> list[list[float]]:
    """Return the gaps of each solver: in each round all of them run forwards, then backwards."""
    print(f"  {n} variables ...", file=sys.stderr, flush=True)
    found = []
    for _ in range(rounds):
        there = [gap(solver, n, evaluations) for solver in solvers]
        back = [gap(solver, n, evaluations) for solver in reversed(solvers)]
        found.append([(a + b) / 2 for a, b in zip(there, reversed(back), strict=True)])
    return [list(gaps) for gaps in zip(*found, strict=True)]


def ratio(ours: list[float], peers: list[float]) -> Ratio:
    ratios = [b / a for a, b in zip(ours, peers, strict=True)]
    return Ratio.of(ratios, ours=statistics.median(ours), peers=statistics.median(peers))


@dataclass(frozen=True)
class Size:
    """How to measure with `n` variables, how much faster than others to be, and how fast."""

    n: int
    evaluations: int
    rounds: int
    goals: Mapping[str, float]
    microseconds: float | None = None


SIZES = [
    Size(1000, 600, 5, {"SciPy L-BFGS-B": 4}, microseconds=15),
    Size(100_000, 100, 5, {"SciPy L-BFGS-B": 8, "torch LBFGS": 2}),
    Size(1_000_000, 40, 3, {"SciPy L-BFGS-B": 8, "torch LBFGS": 2.5}),
    Size(10_000_000, 26, 1, {"SciPy L-BFGS-B": 8, "torch LBFGS": 3}),
]


def duration(seconds: float) -> str:
    return f"{seconds * 1e6:.1f} us" if seconds < 1e-3 else f"{seconds * 1e3:.2f} ms"


def beside_the_function(bench: Bench, solvers: list[Solver]) -> str:
    ours, scipy, *others = solvers
    single = Solver("float32 pairs", "fastopt", options={"history_dtype": "float32"})
    rows = []
    for size in SIZES[:-1] if bench.quick else SIZES:
        threads = [replace(scipy, blas=blas) for blas in (1, 2)]
        scipy = min(threads, key=lambda solver: gap(solver, size.n, size.evaluations))
        chosen = [ours, single, scipy, *others]
        first, *rest = in_turns(chosen, size.n, size.evaluations, size.rounds)
        seconds = statistics.median(first)
        row = [f"{size.n}", duration(seconds)]
        if size.microseconds is not None:
            row[1] += "; " + verdict(seconds * 1e6, size.microseconds, " us", most=True)
        row.append(duration(statistics.median(rest[0])))
        for solver, gaps in zip(chosen[2:], rest[1:], strict=True):
            found = ratio(first, gaps)
            cell = spread(found)
            if solver.label in size.goals:
                cell += "; " + verdict(found.median, size.goals[solver.label], "x")
            row.append(cell)
        rows.append([*row, str(scipy.blas)])
    head = [
        "L-BFGS, variables",
        "an iteration",
        "with float32 pairs",
        *(f"times faster than {solver.label}" for solver in (scipy, *others)),
        "BLAS threads of SciPy",
    ]
    return (
        "An iteration beside the function: the time from its return to its next call with full memory, "
        f"float64, {fastopt.get_num_threads()} threads; SciPy with as many BLAS threads, 1 or 2, as suit it "
        "better. LBFGSpp has one thread.\n\n"
        f"{table(head, rows)}\n"
    )


def dense() -> str:
    pair = [
        Solver("fastopt BFGS", "fastopt", options={"method": "bfgs"}),
        Solver("SciPy BFGS", "scipy", options={"method": "BFGS"}),
    ]
    rows = []
    for n in (100, 300, 1000):
        chosen = min(
            ([pair[0], replace(pair[1], blas=blas)] for blas in (1, 2)), key=lambda p: gap(p[1], n, 60)
        )
        ours, theirs = in_turns(chosen, n, 60, 3)
        found = ratio(ours, theirs)
        rows.append([f"{n}", duration(found.ours), spread(found), str(chosen[1].blas)])
    head = ["BFGS, variables", "an iteration", "times faster than SciPy", "BLAS threads of SciPy"]
    return f"{table(head, rows)}\n"


# Newton's method.


def newton() -> str:
    from scipy.optimize import minimize

    def ours(fun: Any, problem: StandardProblem) -> None:
        options = {"gtol": 0.0, "ftol": 0.0}
        fastopt.minimize(fun, problem.start, method="newton", hess=problem.hess, options=options)

    def theirs(fun: Any, problem: StandardProblem) -> None:
        options = {"gtol": 0, "maxiter": EVALUATIONS}
        minimize(fun, problem.start, jac=True, hess=problem.hess, method="trust-exact", options=options)

    def trace(descend: Callable[[Any, StandardProblem], None], problem: StandardProblem) -> Trace:
        function = Traced(problem)

        def fun(x: Any) -> tuple[float, Any]:
            answer = function(x)
            if answer is None:
                raise Enough
            return answer

        with suppress(Enough), warnings.catch_warnings(action="ignore"):
            descend(fun, problem)
        return function.trace()

    counts = []
    for problem in MORE_GARBOW_HILLSTROM:
        traces = [trace(descend, problem) for descend in (ours, theirs)]
        best = lowest(traces)
        counts.append([reached(each, best) for each in traces])
    rows = []
    for label, each in zip(("fastopt newton", "SciPy trust-exact"), np.array(counts).T, strict=True):
        solved = each[np.isfinite(each)]
        hardest = MORE_GARBOW_HILLSTROM[int(np.argmax(np.where(np.isfinite(each), each, 0)))].name
        rows.append(
            [
                label,
                f"{len(solved)} of {len(each)}",
                f"{solved.sum():.0f}",
                f"{solved.max():.0f} ({hardest})",
            ]
        )
    head = [
        "Newton's method, problems of Moré, Garbow and Hillstrom",
        "solved",
        "evaluations in sum",
        "most of them",
    ]
    return f"{table(head, rows)}\n"


if __name__ == "__main__":
    main(__doc__, section)
