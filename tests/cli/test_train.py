"""``fastopt train``, through main([...]): runs on the digits, files, refusals, Ctrl-C."""

import csv
import json
import math
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import fastopt
from fastopt import cli, data, reference
from fastopt._common.fingerprint import fingerprint
from fastopt.cli.files import write_csv
from fastopt.cli.report import Progress
from fastopt.cli.schedule import SCHEDULES, scheduled
from fastopt.cli.threads import VARIABLES, WORTH, use_threads
from fastopt.optimizers import OPTIMIZERS
from fastopt.training import train_in_turns
from runs import make_run

# One thread: on a busy machine BLAS with several can take a hundred times longer.
SMALL = ["train", "--hidden", "16", "--epochs", "2", "--threads", "1"]
HUGE = str(10**400)
SAME = "same weights, bit for bit, after each of 2 epochs"


def refuse(capsys, argv):
    """Run a command that must be refused, and return its one line."""
    try:
        code = cli.main(argv)
    except SystemExit as error:
        code = error.code
    out, err = capsys.readouterr()
    assert code == 2
    assert out == ""
    assert err.count("\n") == 1
    assert re.match(r"fastopt( train)?: error: ", err)
    return err


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


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
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


def test_threads_are_set_and_given_back(monkeypatch):
    threadpoolctl = pytest.importorskip("threadpoolctl")
    before, seen = fastopt.get_num_threads(), []
    original = Progress.on_step

    def on_step(self, run, loss):
        seen.append(fastopt.get_num_threads())
        original(self, run, loss)

    monkeypatch.setattr(Progress, "on_step", on_step)
    assert cli.main([*SMALL, "--threads", "3"]) == 0
    assert set(seen) == {3}
    assert fastopt.get_num_threads() == before
    with threadpoolctl.threadpool_limits(1):  # the default, and not a number that once was it
        assert fastopt.get_num_threads() == 1


@pytest.fixture
def four_threads_of_blas(monkeypatch):
    """Have four, and nothing in the environment about them."""
    threadpoolctl = pytest.importorskip("threadpoolctl")
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)

    def blas():
        return {pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"}

    with threadpoolctl.threadpool_limits(4, user_api="blas"):
        yield blas
        assert blas() == {4}


def test_threads_of_blas_have_enough_to_do(four_threads_of_blas):
    before = fastopt.get_num_threads()
    for product, expected in (
        (0, 1),
        (WORTH, 1),
        (2 * WORTH - 1, 1),
        (2 * WORTH, 2),
        (3 * WORTH, 3),
        (9 * WORTH, 4),
    ):
        with use_threads(None) as threads:
            assert four_threads_of_blas() == {4}
            threads.suit(product)
            assert four_threads_of_blas() == {expected}
            assert str(threads) == f"threads: {before} for fastopt, {expected} for BLAS"
        assert four_threads_of_blas() == {4}
    assert fastopt.get_num_threads() == before


@pytest.mark.parametrize("variable", VARIABLES)
def test_threads_that_somebody_chose_are_left_alone(four_threads_of_blas, monkeypatch, variable):
    with use_threads(3) as threads:
        threads.suit(0)
        assert str(threads) == "threads: 3 for fastopt, 3 for BLAS"
    monkeypatch.setenv(variable, "4")
    with use_threads(None) as threads:
        threads.suit(0)
        assert four_threads_of_blas() == {4}


@pytest.mark.parametrize(
    ("command", "product"),
    [
        (["train", *SMALL[1:3]], 128 * 64 * 16),
        (["train", "--model", "linear", "--batch-size", "1000000"], 1438 * 64 * 10),
        (["train", "--optimizer", "lbfgs", *SMALL[1:3], "--compare", "none"], 1438 * 64 * 16),
        (["compare", "--optimizers", "sgd:0.1,lbfgs", *SMALL[1:3]], 128 * 64 * 16),
        (["compare", "--optimizers", "lbfgs", *SMALL[1:3]], 1438 * 64 * 16),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_commands_know_their_products(four_threads_of_blas, monkeypatch, tmp_path, capsys, command, product):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("fastopt.cli.threads.WORTH", product // 3)
    assert cli.main([*command, "--epochs", "1"]) == 0
    assert "for fastopt, 3 for BLAS" in capsys.readouterr().out


# -- what goes wrong ------------------------------------------------------------------------------


def test_weights_that_differ_are_a_failure(monkeypatch, capsys):
    step = reference.step

    def one_bit_off(opt, grads):
        step(opt, grads)
        if opt.steps == 15:
            opt.params["W1"][3, 4] = np.nextafter(opt.params["W1"][3, 4], np.float32(9))

    monkeypatch.setattr(reference, "step", one_bit_off)
    assert cli.main(SMALL) == 1
    out = capsys.readouterr().out
    assert "THE WEIGHTS DIFFER after epoch 2" in out
    assert "W1: " in out
    assert "bit for bit" not in out


def test_divergence_stops_and_saves(tmp_path, capsys):
    argv = [*SMALL, "--epochs", "50", "--optimizer", "sgd", "--lr", "1e30", "--out", str(tmp_path)]
    assert cli.main(argv) == 1
    captured = capsys.readouterr()
    assert "stopped early: the loss is nan at step 2 of the fastopt run (epoch 1)\n" in captured.out
    assert "smaller learning rate" in captured.out
    assert "same weights, bit for bit, inside epoch 1\n" in captured.out
    assert "Warning" not in captured.err
    summary = json.loads((tmp_path / "history.json").read_text())
    assert summary["status"] == "diverged"
    rows = summary["runs"]["fastopt"]
    assert fingerprint(np.load(tmp_path / "weights.npz")) == rows[-1]["weights"]
    assert (tmp_path / "curves.png").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--lr", "-1"], "lr"),
        (["--lr", "nan"], "lr"),
        (["--lr", "fast"], "--lr: invalid float value: 'fast'"),
        (["--weight-decay", "-0.1"], "weight_decay"),
        (["--momentum", "0.9"], "--momentum: adamw has none, only sgd and rmsprop"),
        (["--optimizer", "rmsprop", "--nesterov"], "--nesterov: rmsprop has none, only sgd"),
        (["--optimizer", "sgd", "--nesterov"], "momentum"),
        (["--optimizer", "adamx"], "invalid choice: 'adamx'"),
        (["--model", "linear", "--hidden", "10"], "--hidden: a linear classifier has no hidden"),
        (["--hidden", "10,,5"], "expected positive integers as in 256,128, got '10,,5'"),
        (["--hidden", "0"], "expected positive integers as in 256,128, got '0'"),
        (["--epochs", "0"], "--epochs: expected a positive integer, got '0'"),
        (["--batch-size", "1.5"], "--batch-size: expected a positive integer, got '1.5'"),
        (["--epochs", HUGE], "--epochs: expected a positive integer up to "),
        (["--batch-size", HUGE], "--batch-size: expected a positive integer up to "),
        (["--hidden", f"4,{HUGE}"], "--hidden: expected positive integers as in 256,128, got '4,1000"),
        (["--seed", "9" * 5000], "--seed: expected an integer >= 0, got '9999"),
        (["--threads", HUGE], "--threads: expected a positive integer up to "),
        (["--threads", "-2"], "--threads: expected a positive integer, got '-2'"),
        (["--seed", "-1"], "--seed: expected an integer >= 0, got '-1'"),
        (["--data", "mnist"], "data: expected digits, fashion-mnist:DIR or cifar10:DIR, got"),
        (["--data", "cifar10:/no/such"], "/no/such: expected a directory, got nothing of that"),
        (["--dtype", "float16"], "invalid choice: 'float16'"),
        (["here"], "unrecognized arguments: here (see fastopt train --help)"),
        (["--schedule", "sine"], "argument --schedule: invalid choice: 'sine'"),
        (["--warmup", "-1"], "--warmup: expected an integer >= 0, got '-1'"),
        (["--warmup", "240"], "--warmup: expected fewer than the 240 steps of the run, got 240"),
        (["--schedule", "one_cycle", "--warmup", "5"], "--warmup: one_cycle has a rise of its own"),
        (["--l2", "-1"], "--l2: expected a finite number >= 0, got -1"),
        (["--l1", "inf"], "--l1: expected a finite number >= 0, got inf"),
        (["--early-stopping", "0"], "--early-stopping: expected a positive integer, got '0'"),
        (["--early-stopping", "20"], "--early-stopping: expected a patience of fewer than the 20 epochs"),
        (["--checkpoint", "w.txt"], "--checkpoint: expected a file name ending in .npz, got 'w.txt'"),
        (["--checkpoint", "no/such/w.npz"], "--checkpoint: cannot write to no"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_refused_in_one_line(capsys, options, message):
    assert message in refuse(capsys, ["train", *options])


def test_a_wrong_file_is_named(capsys, tmp_path):
    (tmp_path / "data_batch_1.bin").write_bytes(bytes(3074))
    for name in [*(f"data_batch_{i}.bin" for i in range(2, 6)), "test_batch.bin"]:
        (tmp_path / name).write_bytes(bytes(3073))
    message = refuse(capsys, ["train", "--data", f"cifar10:{tmp_path}"])
    assert f"{tmp_path / 'data_batch_1.bin'}: expected a multiple of 3073 bytes" in message


def test_out_that_cannot_be_written_is_refused_before_training(capsys, tmp_path):
    file = tmp_path / "file"
    file.touch()
    for out in (file, file / "below"):
        message = refuse(capsys, ["train", "--out", str(out)])
        assert f"--out: cannot write to {out}: " in message


def test_an_empty_name_is_not_this_directory(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        cli.main([*SMALL, "--out", ""])
    assert "--out: expected a directory, got ''" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_checkpoint_where_the_last_weights_go_is_refused(capsys, tmp_path):
    out = tmp_path / "run"
    message = refuse(capsys, ["train", "--out", str(out), "--checkpoint", str(out / "weights.npz")])
    assert "--checkpoint: --out writes the last weights into this file" in message
    assert not out.exists()
    (tmp_path / "w.npz").mkdir()
    message = refuse(capsys, ["train", "--checkpoint", str(tmp_path / "w.npz")])
    assert f"--checkpoint: expected a file, got the directory {tmp_path / 'w.npz'}" in message


def test_a_file_that_cannot_be_replaced_is_reported(capsys, monkeypatch, tmp_path):
    replace = os.replace

    def full(old, new):
        if new.name == "history.json":
            raise OSError(28, "No space left on device")
        replace(old, new)

    monkeypatch.setattr(os, "replace", full)
    assert cli.main([*SMALL, "--out", str(tmp_path)]) == 1
    out, err = capsys.readouterr()
    assert SAME in out
    assert f"fastopt train: error: cannot write {tmp_path / 'history.json'}: No space left" in err
    assert (tmp_path / "weights.npz").exists()


@pytest.mark.parametrize(
    ("module", "options"),
    [("rich", []), ("sklearn.datasets", []), ("matplotlib.figure", ["--out", "unused"])],
)
def test_missing_extras_are_named(capsys, monkeypatch, tmp_path, module, options):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, module, None)
    assert 'pip install "fastopt[train]"' in refuse(capsys, ["train", *options])
    assert not list(tmp_path.iterdir())


# -- Ctrl-C ---------------------------------------------------------------------------------------


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
