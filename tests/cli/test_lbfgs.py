"""``--optimizer lbfgs`` of ``fastopt train`` and ``compare``: runs on the digits, refusals, Ctrl-C."""

import csv
import json
import re
import signal
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fastopt
from fastopt import cli, data
from fastopt._common.fingerprint import fingerprint
from fastopt.cli.descent import IterationProgress, ScipyRun
from fastopt.cli.threads import use_threads
from fastopt.models import MLP, Linear

LBFGS = ["train", "--optimizer", "lbfgs", "--threads", "1"]
SMALL = [*LBFGS, "--model", "linear", "--epochs", "6", "--dtype", "float64"]

Capture = pytest.CaptureFixture[str]


def rows(out: str) -> dict[str, list[str]]:
    """The cells of the table, by label."""
    lines = (re.split(r"  +", line.strip()) for line in out.splitlines())
    return {line[0]: line[1:] for line in lines if len(line) > 1}


def summary(directory: Path) -> Any:
    return json.loads((directory / "history.json").read_text())


def test_beside_scipy(capsys: Capture, tmp_path: Path) -> None:
    assert cli.main([*SMALL, "--l2", "1e-3", "--out", str(tmp_path)]) == 0
    out, err = capsys.readouterr()
    assert "LBFGS(memory=10, gtol=1e-05, ftol=1.42e-14) + l2(strength=0.001" in out
    assert "at most 6 iterations over all samples, seed 0; threads: 1 for fastopt" in out
    assert [line[:13] for line in err.splitlines()] == [f"iteration {k}/6" for k in range(1, 7)]
    table = rows(out)
    assert table["iterations"] == ["6", "6"]
    assert table["training loss"][0][:5] == table["training loss"][1][:5]
    assert table["evaluations of the function"][0] == table["evaluations of the function"][1]
    for label in ("... of which penalty", "held-out accuracy", "... in the function", "... outside"):
        assert len(table[label]) == 2
    found = summary(tmp_path)
    assert found["status"] == "finished"
    ours, scipys = found["runs"]["fastopt"], found["runs"]["SciPy"]
    assert [row["epoch"] for row in ours] == [row["epoch"] for row in scipys] == list(range(1, 7))
    assert ours[-1]["loss"] == pytest.approx(scipys[-1]["loss"], rel=1e-6)
    assert ours[0]["held_out_accuracy"] == pytest.approx(scipys[0]["held_out_accuracy"])
    assert all(a["loss"] > b["loss"] > b["penalty"] > 0 for a, b in pairwise(ours))
    assert all(row["samples"] % 1438 == 0 for row in ours)
    assert fingerprint(np.load(tmp_path / "weights.npz")) == ours[-1]["weights"]
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    with (tmp_path / "history.csv").open(newline="") as file:
        assert [row["run"] for row in csv.DictReader(file)] == ["fastopt"] * 6 + ["SciPy"] * 6


def test_the_loss_is_that_of_the_weights(tmp_path: Path) -> None:
    options = ["--l1", "1e-3", "--l2", "1e-3", "--out", str(tmp_path)]
    assert cli.main([*SMALL, *options]) == 0
    digits = data.digits(dtype="float64")
    params = dict(np.load(tmp_path / "weights.npz"))
    loss, _ = Linear(64, 10).loss_and_grads(params, digits.x_train, digits.y_train)
    penalty = 1e-3 * float(np.abs(params["W"]).sum() + (params["W"] ** 2).sum())
    last = summary(tmp_path)["runs"]["fastopt"][-1]
    assert last["penalty"] == pytest.approx(penalty)
    assert last["loss"] == pytest.approx(loss + penalty)
    assert summary(tmp_path)["arguments"]["compare"] == "none"  # SciPy's knows no l1
    assert (params["W"] == 0).mean() > 0.05


def test_as_a_loop_of_ones_own(tmp_path: Path) -> None:
    argv = [*LBFGS, "--hidden", "12", "--epochs", "5", "--seed", "3", "--compare", "none"]
    assert cli.main([*argv, "--out", str(tmp_path)]) == 0
    digits, model = data.digits(seed=3), MLP(64, (12,), 10)
    params = model.init(3)
    with use_threads(1):
        result = fastopt.minimize(
            lambda params: model.loss_and_grads(params, digits.x_train, digits.y_train),
            params,
            options={"maxiter": 5},
        )
    assert fingerprint(np.load(tmp_path / "weights.npz")) == fingerprint(result.x)
    assert summary(tmp_path)["runs"]["fastopt"][-1]["loss"] == result.fun


def test_the_end_at_a_minimum(capsys: Capture, tmp_path: Path) -> None:
    argv = [*SMALL, "--l2", "0.1", "--epochs", "500", "--out", str(tmp_path)]
    assert cli.main(argv) == 0
    out = capsys.readouterr().out
    assert "fastopt: The gradient is small: max |g| = " in out
    assert "SciPy: CONVERGENCE: " in out
    assert "stopped early" not in out
    assert summary(tmp_path)["status"] == "stopped"
    assert 5 < len(summary(tmp_path)["runs"]["fastopt"]) < 100


def test_early_stopping_and_a_checkpoint(capsys: Capture, tmp_path: Path) -> None:
    file = tmp_path / "best.npz"
    argv = [*SMALL, "--epochs", "300", "--early-stopping", "3", "--checkpoint", str(file)]
    assert cli.main([*argv, "--out", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    history = summary(tmp_path)["runs"]["fastopt"]
    best = min(history, key=lambda row: row["held_out_loss"])
    assert len(history) == best["epoch"] + 3 < 300
    assert (
        f"after epoch {best['epoch']}, whose parameters were put back) (at iteration {len(history)})" in out
    )
    assert summary(tmp_path)["restored_epoch"] == best["epoch"]
    for saved in (file, tmp_path / "weights.npz"):
        assert fingerprint(np.load(saved)) == best["weights"]


def test_without_scipy(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    assert cli.main(SMALL) == 0
    assert "SciPy" not in capsys.readouterr().out
    assert cli.main([*SMALL, "--compare", "scipy"]) == 2
    assert '--compare scipy needs SciPy: pip install "fastopt[train]"' in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--lr", "0.1"], "--lr: not with lbfgs: a line search finds its steps"),
        (["--batch-size", "32"], "--batch-size: not with lbfgs: it takes all samples at once"),
        (["--schedule", "cosine"], "--schedule: not with lbfgs: it has no learning rate"),
        (["--warmup", "0"], "--warmup: not with lbfgs: it has no learning rate"),
        (["--momentum", "0.9"], "--momentum: not with lbfgs: it has none"),
        (["--nesterov"], "--nesterov: not with lbfgs: it has no momentum"),
        (["--weight-decay", "0"], "--weight-decay: not with lbfgs: it has none (--l2 adds a penalty"),
        (["--compare", "numpy"], "--compare: lbfgs has no twin in plain NumPy, expected scipy or none"),
        (["--compare", "scipy", "--l1", "1"], "--compare: SciPy's L-BFGS-B knows no --l1, expected none"),
        (["--optimizer", "adam", "--compare", "scipy"], "--compare: only lbfgs has a twin in SciPy"),
        (["--l2", "-1"], "--l2: expected a finite number >= 0, got -1"),
        (["--early-stopping", "6"], "--early-stopping: expected a patience of fewer than the 6 epochs"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_refused_in_one_line(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch, options: list[str], message: str
) -> None:
    def load(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("too late")

    monkeypatch.setattr(data, "load", load)
    assert cli.main([*SMALL, *options]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"fastopt train: error: {message}")


def test_interrupted(capsys: Capture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    original = IterationProgress.on_step

    def on_step(self: IterationProgress, run: Any, loss: float) -> None:
        original(self, run, loss)
        if run.steps == 3:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(IterationProgress, "on_step", on_step)
    assert cli.main([*SMALL, "--out", str(tmp_path)]) == 130
    out = capsys.readouterr().out
    assert "stopped early: interrupted (at iteration 3)" in out
    assert "SciPy" not in out
    found = summary(tmp_path)
    assert found["status"] == "interrupted"
    assert len(found["runs"]["fastopt"]) == 3
    assert fingerprint(np.load(tmp_path / "weights.npz")) == found["runs"]["fastopt"][-1]["weights"]


@pytest.mark.parametrize("presses", [1, 3])
def test_interrupted_while_scipy_is_at_work(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, presses: int
) -> None:
    original = ScipyRun.iterated

    def iterated(self: ScipyRun, loss: float, elapsed: float) -> None:
        original(self, loss, elapsed)
        if self.steps == 2:
            for _ in range(presses):
                signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(ScipyRun, "iterated", iterated)
    assert cli.main([*SMALL, "--out", str(tmp_path)]) == 130
    out = capsys.readouterr().out
    assert "SciPy: interrupted" in out
    found = summary(tmp_path)
    assert len(found["runs"]["fastopt"]) == 6
    assert len(found["runs"]["SciPy"]) <= 2


def test_compare(capsys: Capture, tmp_path: Path) -> None:
    argv = [
        "compare",
        "--model",
        "linear",
        "--epochs",
        "4",
        "--threads",
        "1",
        "--optimizers",
        "sgd:0.1,LBFGS",
    ]
    assert cli.main([*argv, "--out", str(tmp_path / "picture.png")]) == 0
    out, err = capsys.readouterr()
    assert re.search(r"  lbfgs    LBFGS\(memory=10, gtol=1e-05, ftol=7.63e-06\)\n", out)
    assert re.search(r"\n lbfgs +0\.\d{4}\* ", out)
    assert re.match(r"epoch 1/4   loss   sgd:0.1 \d\.\d{4}   lbfgs \d\.\d{4}\n", err)
    assert (tmp_path / "picture.png").exists()
    with pytest.raises(SystemExit):
        cli.main(["compare", "--optimizers", "lbfgs:0.1"])
    assert "lbfgs:0.1: lbfgs has no learning rate" in capsys.readouterr().err
