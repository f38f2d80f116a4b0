"""``fastopt bench``: every rule beside its probe, plain Python, NumPy and torch.

Every figure is a ratio of two sides timed in turns, in the order A B B A, within one run; a table shows the
median of such pairs. Results are compared before they are timed.
"""

import argparse
import inspect
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import fastopt
from fastopt import reference
from fastopt._common.extras import require
from fastopt._common.files import expect_file
from fastopt.bench import report
from fastopt.bench.generate import numpy_source, python_source
from fastopt.bench.measurement import Disagreement, Row, measure
from fastopt.bench.sides import FIRST
from fastopt.bench.torch_peer import TorchError, TorchWorker, find_torch
from fastopt.bench.workload import Workload, rules
from fastopt.cli.arguments import FAILED, OK, WrongInput, positive, users_mistakes
from fastopt.cli.files import write_whole
from fastopt.cli.threads import use_threads
from fastopt.rules.overheard import overhear

__all__ = ["add_arguments", "run"]

SIZES = (1_000, 100_000, 1_000_000)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``fastopt bench`` to a parser."""
    parser.description = (
        "Measure every rule: time an element, share of the bandwidth, and times faster than plain Python, "
        "NumPy and torch. Takes a minute or two on an idle machine; on a busy one the figures are poor."
    )
    parser.add_argument(
        "--rules",
        type=_rules,
        default=rules(),
        metavar="R,R,...",
        help=f"{', '.join(rules())} (default: all)",
    )
    parser.add_argument(
        "--sizes",
        type=_sizes,
        default=SIZES,
        metavar="N,N,...",
        help=f"elements of the parameter (default: {','.join(map(str, SIZES))})",
    )
    parser.add_argument(
        "--dtype",
        choices=("float32", "float64"),
        default="float32",
        help="of all arrays (default: %(default)s)",
    )
    parser.add_argument(
        "--threads",
        type=positive,
        metavar="N",
        help="of fastopt and torch (default: what the environment says)",
    )
    parser.add_argument(
        "--torch",
        default="auto",
        metavar="auto|none|PYTHON",
        help="an interpreter that has torch; auto is this one, if it has (default: %(default)s)",
    )
    parser.add_argument(
        "--rounds",
        type=positive,
        default=5,
        metavar="N",
        help="pairs a figure is the median of (default: %(default)s)",
    )
    parser.add_argument(
        "--block",
        type=positive,
        default=30,
        metavar="MS",
        help="milliseconds of a block (default: %(default)s)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there, with quartiles")
    parser.add_argument(
        "--show",
        type=_rule,
        metavar="RULE",
        help="print the plain Python and NumPy that a rule is compared with",
    )


def run(args: argparse.Namespace) -> int:
    """Do what the arguments say.

    Parameters
    ----------
    args : argparse.Namespace
        What a parser with `add_arguments` has read.

    Returns
    -------
    int
        The exit code: 0 done, 1 results that differ or a file that cannot be written.

    Raises
    ------
    WrongInput
        If an argument turns out to be wrong.
    """
    if args.show:
        print(peers_source(args.show))
        return OK
    with users_mistakes():
        require("rich", "fastopt bench needs rich")
        if args.json is not None:
            expect_file("--json", args.json)
    python = find_torch(args.torch)
    try:
        with (
            use_threads(args.threads),
            TorchWorker(python, fastopt.get_num_threads()) if python else nullcontext() as worker,
        ):
            return _measure_all(args, worker)
    except TorchError as error:
        raise WrongInput(f"--torch: {error}") from error
    except MemoryError as error:
        raise WrongInput(f"--sizes: {error}") from error
    except Disagreement as error:
        return _failed(str(error))


def peers_source(rule: str) -> str:
    """Return the code that a rule with its default options is compared with.

    Examples
    --------
    >>> print(peers_source("sgd"))
    # plain Python
    def sgd(arrays, step, *, lr):
        for p, g in arrays:
            for i, (p_i, g_i) in enumerate(zip(p, g)):
                p[i] = p_i - lr * g_i
    <BLANKLINE>
    # NumPy with out=
    def sgd(arrays, step, dtype, *, lr):
        c1 = np.array(lr, dtype)
        for p, g, work1 in arrays:
            np.multiply(c1, g, out=work1)
            np.subtract(p, work1, out=p)
    """
    workload = Workload(rule, 1)
    if not workload.elementwise:
        return f"# plain NumPy\n{inspect.getsource(inspect.unwrap(getattr(reference, rule)))}"
    formula = overhear(rule, workload.slots, workload.hyper, FIRST)
    return f"# plain Python\n{python_source(formula)}\n\n# NumPy with out=\n{numpy_source(formula)[0]}"


def _measure_all(args: argparse.Namespace, worker: TorchWorker | None) -> int:
    """Measure row by row; whatever ends it, publish what there is."""
    facts = report.machine(worker.version if worker else None)
    print(*filter(None, (report.header(facts), report.warning(facts))), sep="\n", flush=True)
    workloads = [Workload(rule, size, dtype=args.dtype) for rule in args.rules for size in args.sizes]
    rows: list[Row] = []
    try:
        with _progress(len(workloads)) as tell:
            for workload in workloads:
                told = partial(tell, len(rows), f"{workload.rule}, {workload.label} elements")
                block = args.block / 1e3
                rows.append(measure(workload, worker=worker, rounds=args.rounds, block=block, tell=told))
    finally:
        code = _publish(args, facts, rows)
    return code


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int, str, str], None]]:
    """Show a bar on a terminal, drawn between the blocks: a thread of its own would take their time."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(
        console=console, auto_refresh=False, transient=True, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task("", total=total)

        def tell(done: int, workload: str, peer: str) -> None:
            progress.update(task, description=f"{workload}: {peer}", completed=done, refresh=True)

        yield tell


def _publish(args: argparse.Namespace, facts: dict[str, Any], rows: list[Row]) -> int:
    """Print the table and write the file."""
    from rich.console import Console

    if not rows:
        return FAILED
    Console(highlight=False).print(report.table(rows))
    print(report.notes())
    if args.json is None:
        return OK
    method = {"rounds": args.rounds, "block_ms": args.block}
    figures = {"machine": facts, "method": method, "rows": [row.as_dict() for row in rows]}
    try:
        write_whole(args.json, lambda path: path.write_text(json.dumps(figures, indent=1) + "\n"))
    except OSError as error:
        return _failed(f"--json: {error}")
    return OK


def _failed(message: str) -> int:
    print(f"fastopt bench: error: {message}", file=sys.stderr)
    return FAILED


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(positive(part.strip()) for part in text.split(","))


def _rule(text: str) -> str:
    rule = text.strip().lower()
    if rule not in rules():
        raise argparse.ArgumentTypeError(f"expected one of {', '.join(rules())}, got {text.strip()!r}")
    return rule


def _rules(text: str) -> list[str]:
    return list(map(_rule, text.split(",")))
