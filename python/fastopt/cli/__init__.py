"""The command line: ``fastopt train``, ``compare``, ``bench``, ``landscape``, ``info``.

A command is a module with ``add_arguments(parser)`` and ``run(args) -> exit code``, and a line in
`COMMANDS`. The modules of this package:

- `arguments`: what commands share: the parser, types of arguments, exit codes, the user's mistakes
- `train`: ``fastopt train``, its options and what it does in which order
- `job`: data, model and optimizer as the options say, made into runs to be trained
- `descent`: the same for L-BFGS, which takes all samples at once
- `threads`: the option ``--threads``, and how many threads BLAS gets without it
- `report`: what is printed: progress, the table, the verdict in words
- `files`: what is written: weights, history, curves
- `options`, `schedule`: options that commands share; learning rates as functions of the step
- `compare`: ``fastopt compare``
- `landscape`: ``fastopt landscape``
- `info`: ``fastopt info``
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import fastopt
from fastopt.cli.arguments import (
    FAILED,
    INTERRUPTED,
    WRONG_INPUT,
    CommandParser,
    Parser,
    WrongInput,
    complain,
)

__all__ = ["COMMANDS", "build_parser", "main"]

# The module of each command, imported when its turn has come, and what it does in a few words.
COMMANDS = {
    "train": ("fastopt.cli.train", "train a classifier on real data, beside plain NumPy"),
    "compare": ("fastopt.cli.compare", "train one model with several optimizers, side by side"),
    "bench": ("fastopt.cli.bench", "measure every rule against NumPy, plain Python and torch"),
    "landscape": ("fastopt.cli.landscape", "draw what optimizers do on well-known functions"),
    "info": ("fastopt.cli.info", "show version, build, instruction sets and threads"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments; by default those of the process.

    Returns
    -------
    int
        The exit code: 0 done, 1 failed, 2 wrong arguments or input, 130 interrupted.
    """
    argv = sys.argv[1:] if argv is None else argv
    try:
        return _run(argv)
    except KeyboardInterrupt:  # outside the training loop, which ends by itself; while something is imported
        complain("fastopt: interrupted")
        return INTERRUPTED


def _run(argv: Sequence[str]) -> int:
    name = "fastopt"
    try:
        with _flushed():
            parser = build_parser(argv)
            args = parser.parse_args(argv)
            if args.command is None:
                parser.print_help()
                return WRONG_INPUT
            name = f"fastopt {args.command}"
            code: int = args.run(args)
            return code
    except WrongInput as error:
        complain(f"{name}: error: {error}")
        return WRONG_INPUT
    except BrokenPipeError:  # whoever read the output, as `head`, has read enough
        return FAILED
    except OSError as error:
        complain(f"{name}: error: {error.strerror or error}")
        return FAILED


@contextmanager
def _flushed() -> Iterator[None]:
    """Write all output before the end of a `with` block: at the exit of the interpreter it is too late."""
    try:
        try:
            yield
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except OSError:
        with suppress(AttributeError, OSError, ValueError):  # what is left in it goes nowhere
            output = sys.stdout.fileno()
            os.dup2(os.open(os.devnull, os.O_WRONLY), output)
        raise


def build_parser(argv: Sequence[str] = ()) -> Parser:
    """Return the parser of the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments to come: only the command that they name is imported and declares its own.

    Returns
    -------
    Parser
        Its namespace holds the name of the command as ``command`` and its function as ``run``.
    """
    parser = Parser(
        prog="fastopt",
        description="Fused in-place optimizers for NumPy: train with them, measure them.",
        epilog="fastopt COMMAND --help says more about a command.",
    )
    parser.add_argument(
        "-V", "--version", action="version", version=f"fastopt {fastopt.build_info()['version']}"
    )
    commands = parser.add_subparsers(
        title="commands", metavar="COMMAND", dest="command", parser_class=CommandParser
    )
    chosen = next((word for word in argv if not word.startswith("-")), None)
    for name, (module, summary) in COMMANDS.items():
        description = f"{summary[0].upper()}{summary[1:]}."
        command = commands.add_parser(name, help=summary, description=description)
        if name == chosen:
            implementation = importlib.import_module(module)
            implementation.add_arguments(command)
            command.set_defaults(run=implementation.run)
    return parser
