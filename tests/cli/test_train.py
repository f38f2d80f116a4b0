"""``fastopt train``, through main([...]): runs on the digits, tables, files."""

import csv
import json
import math
import re

import numpy as np
import pytest

from cli.training_runs import SAME, SMALL, refuse
from fastopt import cli
from fastopt._common.fingerprint import fingerprint
from fastopt.cli.files import write_csv
from fastopt.cli.schedule import SCHEDULES, scheduled
from fastopt.rules.catalogue import GENERAL
from fastopt.training import train_in_turns
from runs import make_run


def test_default_run(capsys):
    assert cli.main(["train", "--epochs", "3"]) == 0
    out, err = capsys.readouterr()
    assert "digits: 1438 training and 359 held-out samples" in out
    assert "mlp 64-256-128-10: 50,826 parameters in float32, softmax loss" in out
    assert "AdamW(" in out
    for label in ("plain NumPy", "training loss", "held-out accuracy", "samples a second"):
        assert label in out
    assert "same weights, bit for bit, after each of 3 epochs" in out
    assert "in the optimizer, " in out
    assert [line[:9] for line in err.splitlines()] == ["epoch 1/3", "epoch 2/3", "epoch 3/3"]


def test_one_is_in_the_singular(capsys):
    assert cli.main([*SMALL, "--epochs", "1", "--compare", "none"]) == 0
    assert "1 epoch in batches of 128, seed 0" in capsys.readouterr().out
    assert cli.main([*SMALL, "--epochs", "1", "--optimizer", "lbfgs", "--compare", "none"]) == 0
    out = capsys.readouterr().out
    assert "at most 1 iteration over all samples" in out
    argv = [*SMALL, "--epochs", "1", "--early-stopping", "1"]
    assert "fewer than the 1 epoch, got 1" in refuse(capsys, argv)


@pytest.mark.parametrize("optimizer", GENERAL)
def test_every_optimizer_beside_numpy(capsys, optimizer):
    assert cli.main([*SMALL, "--optimizer", optimizer]) == 0
    assert SAME in capsys.readouterr().out


@pytest.mark.parametrize(
    "options",
    [
        ["--model", "linear", "--loss", "svm"],
        ["--dtype", "float64"],
        ["--optimizer", "sgd", "--lr", "0.1", "--momentum", "0.9", "--nesterov"],
        ["--optimizer", "rmsprop", "--momentum", "0.5", "--weight-decay", "1e-3"],
        ["--batch-size", "100000"],
        ["--threads", "2"],
    ],
    ids=" ".join,
)
def test_options(capsys, options):
    model = [] if "linear" in options else ["--hidden", "32,16"]
    assert cli.main(["train", "--epochs", "2", "--threads", "1", *model, *options]) == 0
    assert SAME in capsys.readouterr().out


def test_it_learns(tmp_path):
    argv = ["train", "--epochs", "8", "--threads", "1", "--compare", "none"]
    assert cli.main([*argv, "--out", str(tmp_path)]) == 0
    history = json.loads((tmp_path / "history.json").read_text())["runs"]["fastopt"]
    assert history[-1]["held_out_accuracy"] > 0.93
    assert history[-1]["loss"] < 0.3 < history[0]["loss"]


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_every_schedule_beside_numpy(capsys, schedule):
    warmup = 0 if schedule == "one_cycle" else 5
    options = ["--schedule", schedule, "--lr", "0.01", *(["--warmup", "5"] if warmup else [])]
    assert cli.main([*SMALL, *options]) == 0
    out = capsys.readouterr().out
    assert SAME in out
    assert f"lr={scheduled(schedule, warmup, 0.01, 24)!r}" in out


def test_the_learning_rate_is_recorded(tmp_path):
    options = ["--schedule", "cosine", "--warmup", "5", "--lr", "0.01", "--out", str(tmp_path)]
    assert cli.main([*SMALL, "--compare", "none", *options]) == 0
    rows = json.loads((tmp_path / "history.json").read_text())["runs"]["fastopt"]
    expected = scheduled("cosine", 5, 0.01, 24)
    assert [row["learning_rate"] for row in rows] == [expected(11), expected(23)]


def test_a_warmup_alone_and_the_default_rate(capsys):
    assert cli.main([*SMALL, "--warmup", "10"]) == 0
    out = capsys.readouterr().out
    assert "lr=warmup(schedule=constant(value=0.001), steps=10)" in out
    assert SAME in out


def test_penalties_beside_numpy(capsys, tmp_path):
    options = ["--l1", "1e-4", "--l2", "1e-3", "--weight-decay", "0.1", "--out", str(tmp_path)]
    assert cli.main([*SMALL, *options]) == 0
    out = capsys.readouterr().out
    assert SAME in out
    assert "+ l1(strength=0.0001, only=None, skip=None) + l2(strength=0.001, only=None, skip=None)" in out
    for label in ("weight_decay=0.1", "... of which penalty", "... regularizers"):
        assert label in out
    rows = json.loads((tmp_path / "history.json").read_text())["runs"]["fastopt"]
    assert all(0 < row["penalty"] < row["loss"] for row in rows)
    assert all(0 < row["regularizer_seconds"] < row["training_seconds"] for row in rows)


def test_the_table_shows_where_the_time_goes(capsys):
    assert cli.main(SMALL) == 0
    out = capsys.readouterr().out
    shares = {}
    for label in ("time of a step", "... taking the batch", "... forward, loss, backward", "... optimizer"):
        line = next(line for line in out.splitlines() if line.strip().startswith(label))
        shares[label] = [int(share) for share in re.findall(r"(\d+) %", line)]
    whole, *parts = zip(*shares.values(), strict=True)
    assert set(shares["time of a step"]) == {100}
    for column in (whole, *parts):
        assert abs(sum(column[1:]) - 100) <= 2
    assert "regularizers" not in out
    assert re.search(r"    of which loss +(?!0\.0 us)[\d.]+ [mu]?s +\d+ %", out)


def test_early_stopping(capsys, tmp_path):
    argv = ["train", "--hidden", "16", "--threads", "1", "--epochs", "30", "--lr", "0.1", "--seed", "1"]
    checkpoint = tmp_path / "run" / "best.npz"
    argv += ["--early-stopping", "2", "--checkpoint", str(checkpoint), "--out", str(tmp_path / "run")]
    assert cli.main(argv) == 0
    out = capsys.readouterr().out
    summary = json.loads((tmp_path / "run" / "history.json").read_text())
    rows, others = summary["runs"]["fastopt"], summary["runs"]["plain NumPy"]
    assert len(rows) == len(others) < 30
    losses = [row["held_out_loss"] for row in rows]
    best = int(np.argmin(losses))
    assert best == len(rows) - 3
    assert summary["status"] == "stopped"
    assert summary["restored_epoch"] == best + 1
    assert f"stopped early: no better held out loss for 2 epochs (best {losses[best]:.6g}" in out
    assert f"same weights, bit for bit, after each of {len(rows)} epochs" in out
    assert f"{losses[best]:.4f}" in out
    for file in (checkpoint, tmp_path / "run" / "weights.npz"):
        assert fingerprint(np.load(file)) == rows[best]["weights"]


def test_the_best_weights_are_put_back_after_the_last_epoch_too(capsys, tmp_path):
    argv = ["train", "--hidden", "16", "--threads", "1", "--epochs", "8", "--lr", "0.3", "--compare", "none"]
    assert cli.main([*argv, "--early-stopping", "7", "--out", str(tmp_path)]) == 0
    summary = json.loads((tmp_path / "history.json").read_text())
    best = min(summary["runs"]["fastopt"], key=lambda row: row["held_out_loss"])
    assert summary["restored_epoch"] == best["epoch"]
    assert fingerprint(np.load(tmp_path / "weights.npz")) == best["weights"]
    said = f"the weights are those with the lowest held-out loss, of epoch {best['epoch']}"
    assert (said in capsys.readouterr().out) == (best["epoch"] < 8 and summary["status"] == "finished")


def test_alone(capsys):
    assert cli.main([*SMALL, "--compare", "none"]) == 0
    out = capsys.readouterr().out
    assert "time in the optimizer" in out
    assert "NumPy" not in out
    assert "times" not in out


def test_files(tmp_path, capsys):
    out = tmp_path / "new" / "run"
    assert cli.main([*SMALL, "--dtype", "float64", "--lr", "0.01", "--out", str(out)]) == 0
    assert f"wrote weights.npz, history.json, history.csv, curves.png to {out}" in (
        capsys.readouterr().out.replace("\n", " ")
    )
    assert {file.name for file in out.iterdir()} == {
        "weights.npz", "history.json", "history.csv", "curves.png",
    }  # fmt: skip

    summary = json.loads((out / "history.json").read_text())
    assert summary["arguments"]["lr"] == 0.01
    assert summary["status"] == "finished"
    assert summary["comparison"]["same"] is True
    rows = summary["runs"]["fastopt"]
    assert [row["epoch"] for row in rows] == [1, 2]
    assert rows[-1]["weights"] == summary["runs"]["plain NumPy"][-1]["weights"]

    weights = dict(np.load(out / "weights.npz"))
    assert {name: w.shape for name, w in weights.items()} == {
        "W1": (64, 16), "b1": (16,), "W2": (16, 10), "b2": (10,),
    }  # fmt: skip
    assert fingerprint(weights) == rows[-1]["weights"]

    with (out / "history.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    assert [(row["run"], row["epoch"]) for row in table] == [
        ("fastopt", "1"), ("fastopt", "2"), ("plain NumPy", "1"), ("plain NumPy", "2"),
    ]  # fmt: skip
    assert float(table[1]["loss"]) == rows[1]["loss"]

    assert (out / "curves.png").read_bytes().startswith(b"\x89PNG\r\n")


def test_csv_of_runs_of_different_length(tmp_path):
    a = make_run("A", metrics=lambda params: {"gap": math.nan})
    b = make_run("B", metrics=lambda params: {"gap": 0.25})
    train_in_turns([b], epochs=2)
    train_in_turns([a], epochs=1)
    path = tmp_path / "history.csv"
    write_csv(path, [a, b])
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["run"], row["epoch"], row["gap"]) for row in rows] == [
        ("A", "1", ""),
        ("B", "1", "0.25"),
        ("B", "2", "0.25"),
    ]
    assert float(rows[2]["loss"]) == b.history[1].loss
    assert rows[2]["weights"] == fingerprint(b.params)


def test_the_seed_decides(tmp_path):
    def weights(seed):
        out = tmp_path / str(seed)
        assert cli.main([*SMALL, "--compare", "none", "--seed", seed, "--out", str(out)]) == 0
        return fingerprint(np.load(out / "weights.npz"))

    assert weights("1") == weights("1") != weights("2")
