"""``fastopt landscape``: pictures of what optimizers do on a function of one or two parameters."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from fastopt import plots
from fastopt._common.files import expect_file, expect_suffix
from fastopt._common.wording import counted
from fastopt.cli.arguments import OK, optimizer_name, positive, users_mistakes
from fastopt.cli.files import PICTURES, write_whole
from fastopt.drawing.style import MOST
from fastopt.problems import PROBLEMS, Problem
from fastopt.problems.trajectories import Trajectory, default_lr, maker, trace
from fastopt.rules.catalogue import NAMES

__all__ = ["add_arguments", "run"]

ABOUT = """\
Draw a function of two parameters with the trajectories of optimizers on its
contours, or one of one parameter with the points that they visit, and beside it
their losses. Print where each has arrived.
"""

EXAMPLES = """\
examples:
  fastopt landscape --out gabor.png
  fastopt landscape --problem beale --optimizers sgd,adam --lr 0.02,adam:0.1
  fastopt landscape --problem parabola --optimizers sgd --lr 0.05,0.2,1.1
  fastopt landscape --problem himmelblau --start -1,2 --surface --animate h.gif
"""

MOST_STEPS = 1_000_000
"""In a trajectory: more would take minutes, then all memory, and be drawn on the same pixels."""

Rates = tuple[tuple[str | None, float], ...]
"""Learning rates, each for an optimizer or for all that have none of their own."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``fastopt landscape`` to a parser."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description, parser.epilog = ABOUT, EXAMPLES
    parser.add_argument(
        "--problem",
        type=str.lower,
        choices=tuple(PROBLEMS),
        default="gabor",
        metavar="NAME",
        help=f"{', '.join(PROBLEMS)} (default: %(default)s)",
    )
    parser.add_argument(
        "--optimizers",
        type=optimizers,
        default=("sgd", "momentum", "nesterov", "rmsprop", "adam"),
        metavar="NAME,...",
        help=f"{', '.join(NAMES)} (default: sgd,momentum,nesterov,rmsprop,adam)",
    )
    parser.add_argument(
        "--lr",
        type=rates,
        default=(),
        metavar="X,...",
        help="learning rates: of all optimizers, or of one as in adam:0.05; with several there is a "
        "trajectory for each (default: such that something is seen)",
    )
    parser.add_argument("--steps", type=step_count, metavar="N", help="(default: the problem's)")
    parser.add_argument("--start", type=point, metavar="X,Y", help="(default: the problem's)")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help=f"the picture, {', '.join(PICTURES)} (default: NAME.png, unless --animate is given)",
    )
    parser.add_argument(
        "--surface", action="store_true", help="draw the picture of two parameters in three dimensions"
    )
    parser.add_argument(
        "--animate", type=Path, metavar="FILE", help="write an animation as well, seen from above: .gif"
    )
    parser.add_argument("--list", action="store_true", help="print the problems and stop")


def step_count(text: str) -> int:
    """Read a number of steps, each a point that is kept and drawn.

    Examples
    --------
    >>> step_count("500")
    500
    """
    number = positive(text)
    if number > MOST_STEPS:
        raise argparse.ArgumentTypeError(f"expected at most {MOST_STEPS} steps in a picture, got {text}")
    return number


def optimizers(text: str) -> tuple[str, ...]:
    """Read names of optimizers separated by commas.

    Examples
    --------
    >>> optimizers("sgd,adam")
    ('sgd', 'adam')
    """
    names = tuple(map(optimizer_name, text.split(",")))
    for k, name in enumerate(names):
        if name in names[:k]:
            raise argparse.ArgumentTypeError(f"expected each once, got {name!r} again")
    return names


def rates(text: str) -> Rates:
    """Read learning rates separated by commas, each alone or after an optimizer's name.

    Examples
    --------
    >>> rates("0.1,adam:0.05")
    ((None, 0.1), ('adam', 0.05))
    """
    read = []
    for part in text.split(","):
        name, _, number = part.strip().rpartition(":")
        try:
            read.append((name.lower() or None, float(number)))
        except ValueError:
            raise argparse.ArgumentTypeError(
                f"expected numbers as in 0.1 or adam:0.05, separated by commas, got {text!r}"
            ) from None
    return tuple(read)


def point(text: str) -> tuple[float, ...]:
    """Read the coordinates of a point.

    Examples
    --------
    >>> point("-1.5,2")
    (-1.5, 2.0)
    """
    try:
        coordinates = tuple(map(float, text.split(",")))
    except ValueError:
        coordinates = (math.nan,)
    if not all(map(math.isfinite, coordinates)):
        raise argparse.ArgumentTypeError(f"expected numbers as in -1.5,2, got {text!r}")
    return coordinates


def run(args: argparse.Namespace) -> int:
    """Check, compute, print, draw.

    Parameters
    ----------
    args : argparse.Namespace
        What a parser with `add_arguments` has read.

    Returns
    -------
    int
        The exit code.

    Raises
    ------
    WrongInput
        If the options do not go together or a file cannot be written; nothing has been written then.
    """
    if args.list:
        print(_listing())
        return OK
    problem = PROBLEMS[args.problem]
    steps = args.steps or problem.steps
    with users_mistakes():
        plots.require_matplotlib()
        entries = _entries(args, problem)
        files = _files(args, problem)
        runs = {
            entry.label: trace(problem, maker(entry.name, entry.lr), steps, args.start) for entry in entries
        }
    print(_table(problem, steps, entries, runs), flush=True)
    for path, write in files.items():
        write_whole(path, partial(write, problem=problem, runs=runs))
        print(f"wrote {path}", flush=True)
    return OK


@dataclass(frozen=True)
class Entry:
    """An optimizer with a learning rate."""

    name: str
    lr: float

    @property
    def label(self) -> str:
        """What it is called in the picture."""
        return f"{self.name}, lr {self.lr:g}"


def _entries(args: argparse.Namespace, problem: Problem) -> list[Entry]:
    """Give each optimizer its learning rates, and check that it takes them."""
    for name, _ in args.lr:
        if name is not None and name not in args.optimizers:
            raise ValueError(f"--lr: {name!r} is not among the optimizers {', '.join(args.optimizers)}")
    entries: dict[str, Entry] = {}
    for name in args.optimizers:
        own = [lr for owner, lr in args.lr if owner == name]
        common = [lr for owner, lr in args.lr if owner is None]
        for lr in own or common or [default_lr(name, problem)]:
            entry = Entry(name, lr)
            if entry.label in entries:
                raise ValueError(f"--lr: expected different learning rates, got {entry.label} twice")
            maker(name, lr)(np.array(problem.start))
            entries[entry.label] = entry
    if len(entries) > MOST:
        raise ValueError(
            f"--optimizers: expected at most {MOST} trajectories in a picture, got {len(entries)}"
        )
    return list(entries.values())


def _files(args: argparse.Namespace, problem: Problem) -> dict[Path, Callable[..., None]]:
    """Return which files to write, by which function, after proving that they can be written."""
    if args.surface and problem.dimension == 1:
        raise ValueError(f"--surface: {problem.name} has one parameter, a surface needs two")
    files: dict[Path, Callable[..., None]] = {}
    out = args.out
    if out is None and (args.animate is None or args.surface):
        out = Path(f"{problem.name}.png")
    if out is not None:
        expect_suffix("--out", out, *PICTURES)
        expect_file("--out", out)
        files[out] = partial(plots.save_landscape, surface=args.surface)
    if args.animate is not None:
        expect_suffix("--animate", args.animate, ".gif")
        expect_file("--animate", args.animate)
        files[args.animate] = plots.save_landscape_animation
    return files


def _listing() -> str:
    """Return a line for each problem."""
    rows = [
        (name, str(problem.dimension), ",".join(f"{x:g}" for x in problem.start), problem.title)
        for name, problem in PROBLEMS.items()
    ]
    return _aligned([("problem", "parameters", "start", ""), *rows])


def _table(problem: Problem, steps: int, entries: list[Entry], runs: dict[str, Trajectory]) -> str:
    """Return a line for each trajectory, in the order they were asked for."""
    least = problem.minimum.value
    rows = [("optimizer", "lr", "loss", "gradient", "at", "")]
    for entry in entries:
        path = runs[entry.label]
        rows.append(
            (
                entry.name,
                f"{entry.lr:g}",
                f"{path.losses[-1]:.4g}",
                f"{path.grad_norms[-1]:.2g}",
                ", ".join(f"{x:.4g}" for x in path.points[-1]),
                f"not finite after step {path.steps}" if path.diverged else "",
            )
        )
    known = f", minimum {least:.4g}" if math.isfinite(least) else ""
    start = ", ".join(f"{x:g}" for x in runs[entries[0].label].points[0])
    loss = runs[entries[0].label].losses[0]
    return f"{problem.title}: {counted(steps, 'step')} from {start}, loss {loss:.4g}{known}\n{_aligned(rows)}"


def _aligned(rows: Sequence[tuple[str, ...]]) -> str:
    """Return rows of text in columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
