"""``fastopt train``, interrupted: Ctrl-C at any moment, and output that cannot be printed."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cli.training_runs import SAME, SMALL
from fastopt import cli, data, reference
from fastopt._common.fingerprint import fingerprint
from fastopt.cli.files import write_csv
from fastopt.cli.report import Progress


@pytest.mark.parametrize("k", [1, 12, 13, 30])
def test_interrupted(capsys, monkeypatch, tmp_path, k):
    steps = 0
    original = Progress.on_step

    def on_step(self, run, loss):
        nonlocal steps
        steps += 1
        original(self, run, loss)
        if steps == k:
            raise KeyboardInterrupt

    monkeypatch.setattr(Progress, "on_step", on_step)
    assert cli.main([*SMALL, "--epochs", "9", "--out", str(tmp_path)]) == 130
    out = capsys.readouterr().out
    assert "stopped early: interrupted (fastopt at step" in out
    assert "DIFFER" not in out
    verdict = "bit for bit, after 1 epoch\n" if k >= 24 else "weights not compared"
    assert verdict in out
    summary = json.loads((tmp_path / "history.json").read_text())
    assert summary["status"] == "interrupted"
    rows = summary["runs"]["fastopt"]
    assert fingerprint(np.load(tmp_path / "weights.npz")) == rows[-1]["weights"]


def test_a_real_ctrl_c(tmp_path):
    argv = [*SMALL, "--epochs", "1000000", "--out", str(tmp_path)]
    # Started in the background of a shell, a process ignores Ctrl-C: make sure this one does not.
    program = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
        f"from fastopt.cli import main; sys.exit(main({argv!r}))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            line = process.stderr.readline()
            process.send_signal(signal.SIGINT)
            out, err = process.communicate()
        finally:
            process.kill()
    assert line.startswith("epoch ")
    assert err == "interrupted: stopping after this step (Ctrl-C twice more: at once)\n"
    assert process.returncode == 130
    assert "stopped early: interrupted" in out
    assert "wrote weights.npz, " in out
    assert "DIFFER" not in out
    rows = json.loads((tmp_path / "history.json").read_text())["runs"]["fastopt"]
    assert fingerprint(np.load(tmp_path / "weights.npz")) == rows[-1]["weights"]


def test_ctrl_c_before_training(capsys, monkeypatch):
    def load(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(data, "load", load)
    assert cli.main(["train"]) == 130
    assert capsys.readouterr().err == "fastopt: interrupted\n"


def test_a_step_that_hangs_can_be_interrupted(tmp_path, capsys, monkeypatch):
    def hang(opt, grads):
        for _ in range(100):
            signal.raise_signal(signal.SIGINT)
        raise AssertionError("still here")

    monkeypatch.setattr(reference, "step", hang)
    assert cli.main([*SMALL, "--checkpoint", str(tmp_path / "best.npz")]) == 130
    assert capsys.readouterr().err.endswith("fastopt: interrupted\n")
    assert [file.name for file in tmp_path.iterdir()] == ["best.npz"]  # of the turn before


def test_ctrl_c_while_files_are_written(tmp_path, capsys, monkeypatch):
    def impatient(path, runs):
        for _ in range(5):
            signal.raise_signal(signal.SIGINT)
        write_csv(path, runs)

    monkeypatch.setattr("fastopt.cli.files.write_csv", impatient)
    assert cli.main([*SMALL, "--out", str(tmp_path)]) == 130
    out, err = capsys.readouterr()
    assert SAME in out
    assert err.endswith("fastopt: interrupted\n")
    assert {file.name for file in tmp_path.iterdir()} == {
        "weights.npz", "history.json", "history.csv", "curves.png",
    }  # fmt: skip


def test_what_cannot_be_printed_is_saved(tmp_path: Path) -> None:
    """A reader that goes away, as `| head -1` does, costs the table and not the training."""
    options = ["--epochs", "2", "--threads", "1", "--out", str(tmp_path / "o")]
    command = [sys.executable, "-m", "fastopt", "train", *options]
    environment = {**os.environ, "PYTHONUNBUFFERED": ""}  # the first lines are written at once
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        process.wait()
    assert {path.name for path in (tmp_path / "o").iterdir()} == {
        "weights.npz",
        "history.json",
        "history.csv",
        "curves.png",
    }
