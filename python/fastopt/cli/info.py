"""``fastopt info``: what was built and what was chosen."""

from __future__ import annotations

import argparse
import platform

import numpy as np

import fastopt
from fastopt.cli.arguments import OK

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``fastopt info`` to a parser: there are none."""


def run(args: argparse.Namespace) -> int:
    """Print a line for each fact.

    Parameters
    ----------
    args : argparse.Namespace
        Nothing is read from it.

    Returns
    -------
    int
        0, always.
    """
    rows = dict(fastopt.build_info())
    rows |= {"numpy": np.__version__, "python": platform.python_version()}
    width = max(map(len, rows))
    for name, value in rows.items():
        text = ", ".join(value) if isinstance(value, tuple) else value
        print(f"{name.replace('_', ' '):{width}}  {text}")
    return OK
