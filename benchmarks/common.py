"""What the scripts share: options, workers, tables in Markdown."""

import argparse
import contextlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import fastopt
from fastopt.bench import report
from fastopt.bench.measurement import Row
from fastopt.bench.timing import Ratio
from fastopt.bench.torch_peer import TorchError, TorchWorker, find_torch


@dataclass
class Bench:
    """How to measure."""

    python: str | None
    rounds: int
    block: float
    quick: bool = False

    @contextlib.contextmanager
    def torch(self, threads: int | None = None) -> Iterator[TorchWorker | None]:
        """Run a worker with torch; without torch there is None."""
        if self.python is None:
            yield None
            return
        with TorchWorker(self.python, threads or fastopt.get_num_threads()) as worker:
            yield worker


def main(text: str, section: Callable[[Bench], str]) -> None:
    """Run a script: print its section."""
    bench = parsed(text)
    print(section(bench))


def parsed(text: str) -> Bench:
    """Read the options that every script has."""
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--torch", default="auto", metavar="auto|none|PYTHON", help="an interpreter that has torch"
    )
    parser.add_argument("--threads", type=int, metavar="N", help="of fastopt and torch")
    parser.add_argument("--rounds", type=int, default=9, metavar="N", help="pairs a figure is the median of")
    parser.add_argument("--block", type=float, default=40, metavar="MS", help="milliseconds of a block")
    parser.add_argument("--quick", action="store_true", help="leave out what takes minutes of quasi_newton")
    args = parser.parse_args()
    if args.threads is not None:
        fastopt.set_num_threads(args.threads)
    bench = Bench(find_torch(args.torch), args.rounds, args.block / 1e3, args.quick)
    try:
        with bench.torch() as worker:
            facts = report.machine(worker.version if worker else None)
    except TorchError as error:
        parser.error(f"--torch: {error}")
    print(report.header(facts), report.warning(facts) or "", sep="\n", file=sys.stderr)
    return bench


def table(headings: list[str], rows: list[list[str]]) -> str:
    """Return a table in Markdown, numbers to the right."""
    rule = ["---" if k == 0 else "---:" for k in range(len(headings))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (headings, rule, *rows))


def label(row: Row) -> str:
    return f"{row.workload.rule}, {row.workload.label} {row.workload.dtype}"


def verdict(figure: float, target: float, unit: str = "", *, most: bool = False) -> str:
    """Say what was to be reached and whether it was."""
    holds = figure <= target if most else figure >= target
    return f"{'at most' if most else 'at least'} {target:g}{unit}: {'yes' if holds else '**no**'}"


def spread(ratio: Ratio) -> str:
    """Return a median with its quartiles."""
    return f"{ratio.median:.2f} ({ratio.low:.2f} to {ratio.high:.2f})"
