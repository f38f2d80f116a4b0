"""``fastopt train``: what goes wrong is said in a line, and nothing is lost."""

import json
import os
import sys

import numpy as np
import pytest

from cli.training_runs import SAME, SMALL, refuse
from fastopt import cli, reference
from fastopt._common.fingerprint import fingerprint

HUGE = str(10**400)


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
