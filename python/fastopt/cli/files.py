"""What is written: weights, history, curves."""

from __future__ import annotations

import argparse
import csv
import dataclasses
import json
import math
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fastopt
from fastopt import plots
from fastopt._common.files import expect_file, expect_writeable, save_npz, whole_file

if TYPE_CHECKING:
    from fastopt.cli.job import Job
    from fastopt.training import Outcome, Run
    from fastopt.training.comparison import Comparison

__all__ = ["FILES", "PICTURES", "claim", "save", "write_csv", "write_whole"]

PICTURES = (".png", ".svg", ".pdf")
"""Suffixes of files that pictures are drawn into."""


FILES = ("weights.npz", "history.json", "history.csv", "curves.png")
"""What a training leaves in its directory."""


def claim(directory: Path) -> None:
    """Make the directory and prove that `FILES` can be written there, before hours of training.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    OSError
        If the directory cannot be made or written to, or one of the files cannot be replaced.
    """
    plots.require_matplotlib()
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(f"--out: cannot write to {directory}: {error.strerror}") from error
    expect_writeable("--out", directory)
    for name in FILES:
        expect_file("--out", directory / name)


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file by a function; it appears whole or not at all.

    Parameters
    ----------
    path : path
        The file; overwritten.
    write : callable
        Writes what it is to hold into the file that it is given.

    Raises
    ------
    OSError
        If it cannot be written; the message names it.
    """
    try:
        with whole_file(path) as unfinished:
            write(unfinished)
    except OSError as error:
        raise OSError(f"cannot write {path}: {error.strerror or error}") from error


def save(
    args: argparse.Namespace, job: Job, outcome: Outcome, verdict: Comparison | None, unit: str = "epoch"
) -> None:
    """Write weights, history and curves; each file appears whole or not at all.

    Parameters
    ----------
    args : argparse.Namespace
        The options; ``out`` is the directory, the others are written into the history.
    job : Job
        What was trained.
    outcome : Outcome
        How the training ended.
    verdict : Comparison or None
        Of the runs, if there are two.
    unit : {"epoch", "iteration"}
        What an epoch is called in the picture.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    title = f"{job.dataset.name}, {job.model}\n{textwrap.fill(job.optimizer, 130)}"
    writers: tuple[Callable[[Path], object], ...] = (
        lambda path: save_npz(path, job.runs[0].params),
        lambda path: path.write_text(
            json.dumps(_summary(args, job, outcome, verdict), indent=1, allow_nan=False) + "\n"
        ),
        lambda path: write_csv(path, job.runs),
        lambda path: plots.save_training_curves(path, job.runs, title, unit),
    )
    for name, write in zip(FILES, writers, strict=True):
        write_whole(args.out / name, write)
    print(f"wrote {', '.join(FILES)} to {args.out}")


def _summary(
    args: argparse.Namespace, job: Job, outcome: Outcome, verdict: Comparison | None
) -> dict[str, Any]:
    """Return what history.json says."""
    arguments = {
        k: str(v) if isinstance(v, Path) else v
        for k, v in vars(args).items()
        if k not in ("run", "command", "out")
    }
    restored = job.runs[0].restored
    return {
        "version": fastopt.build_info()["version"],
        "arguments": arguments,
        "data": str(job.dataset),
        "model": str(job.model),
        "optimizer": job.optimizer,
        "status": outcome.status,
        "message": outcome.message,
        "restored_epoch": restored.epoch if restored else None,
        "comparison": _without_nan(dataclasses.asdict(verdict)) if verdict else None,
        "runs": {run.name: [record.row() for record in run.history] for run in job.runs},
    }


def _without_nan(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row that JSON can say."""
    return {k: None if isinstance(v, float) and math.isnan(v) else v for k, v in row.items()}


def write_csv(path: Path, runs: Sequence[Run]) -> None:
    """Write the histories of runs as one table, the name of the run in the first column.

    Parameters
    ----------
    path : path
        The file; overwritten.
    runs : sequence of Run
        Their records have the same columns.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    rows = [{"run": run.name, **record.row()} for run in runs for record in run.history]
    with path.open("w", newline="", encoding="utf-8") as file:
        if rows:
            writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
