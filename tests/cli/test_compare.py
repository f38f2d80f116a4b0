"""``fastopt compare``: runs on the digits, the table, the picture, refusals, Ctrl-C."""

import re

import numpy as np
import pytest
from matplotlib.figure import Figure

from fastopt import cli, data
from fastopt.cli.compare import Progress, entries
from fastopt.rules.catalogue import GENERAL, NAMES
from fastopt.training import train_in_turns
from fastopt.training.pictures import draw_comparison
from runs import make_run

SMALL = ["compare", "--model", "linear", "--epochs", "2", "--threads", "1"]


def compare(tmp_path, *options):
    return cli.main([*SMALL, "--out", str(tmp_path / "picture.png"), *options])


def rows(out):
    """The cells of the table, by optimizer."""
    lines = re.split("─ *\n", out)[-1].splitlines()
    cells = (re.findall(r"\S+(?: (?:%|us|ms|s)\*?)?", line) for line in lines)
    return {cell[0]: cell[1:] for cell in cells if len(cell) == 8 and not cell[-1].isalpha()}


def test_default(tmp_path, capsys):
    assert compare(tmp_path) == 0
    out, err = capsys.readouterr()
    assert "digits: 1438 training and 359 held-out samples" in out
    assert list(rows(out)) == ["sgd:0.1", "momentum:0.1", "rmsprop", "adam", "adamw"]
    assert re.search(r"best held-out accuracy: \d\d.\d\d %, \S+ after epoch [12]\n", out)
    assert f"wrote {tmp_path / 'picture.png'}" in out.replace("\n", " ")
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")
    assert [file.name for file in tmp_path.iterdir()] == ["picture.png"]
    assert re.match(r"epoch 1/2   loss   sgd:0.1 \d\.\d{4}   momentum:0.1 \d\.\d{4}   rmsprop ", err)
    assert err.count("\n") == 2


def test_the_best_of_a_column_has_a_star(tmp_path, capsys):
    assert compare(tmp_path, "--optimizers", "sgd:1e-6,adam:0.01") == 0
    table = rows(capsys.readouterr().out)
    assert not any("*" in cell for cell in table["sgd:1e-6"])
    assert sum("*" in cell for cell in table["adam:0.01"]) == 5
    assert compare(tmp_path, "--optimizers", "adam") == 0
    assert "*" not in capsys.readouterr().out


def test_every_optimizer_and_all_options(tmp_path, capsys):
    names = [*GENERAL, "momentum", "nesterov"]
    options = ["--schedule", "cosine", "--warmup", "3", "--l2", "1e-4", "--dtype", "float64", "--seed", "3"]
    assert compare(tmp_path, "--optimizers", ",".join(names), *options) == 0
    out = capsys.readouterr().out
    assert list(rows(out)) == names
    assert out.count("lr=warmup(schedule=cosine(") == len(names) - out.count("no learning rate to change")
    assert re.search(r"nesterov +SGD\(lr=.*, momentum=0.9, nesterov=True\)", out)
    assert "+ l2(strength=0.0001" in out


def test_schedule_is_for_those_with_a_learning_rate(tmp_path, capsys):
    options = ["--schedule", "cosine", "--warmup", "3"]
    assert compare(tmp_path, "--optimizers", "adam,lbfgs", *options) == 0
    out = capsys.readouterr().out
    assert re.search(r"\n  adam   Adam\(lr=warmup\(schedule=cosine\(.*\n  lbfgs  .*\n", out)
    assert re.search(r"\n  lbfgs  .*; no learning rate to change: without --schedule and --warmup\n", out)
    assert compare(tmp_path, "--optimizers", "adam,lbfgs") == 0
    assert "without" not in capsys.readouterr().out


def test_equal_optimizers_do_equally(tmp_path, capsys):
    assert compare(tmp_path, "--optimizers", "sgd:0.1,sgd:1e-1") == 0
    table = rows(capsys.readouterr().out)
    assert table["sgd:0.1"][:6] == table["sgd:1e-1"][:6]


def test_one_that_diverges_does_not_end_the_others(tmp_path, capsys):
    assert compare(tmp_path, "--optimizers", "sgd:1e38,adam,sgd:0.1", "--l2", "1") == 0
    out, err = capsys.readouterr()
    assert re.search(r"sgd:1e38: diverged: the loss is (nan|inf) at step \d+ of the sgd:1e38 run", out)
    assert "-" in rows(out)["sgd:1e38"]
    assert "epoch 2/2   loss   sgd:1e38 -   adam " in err
    assert compare(tmp_path, "--optimizers", "sgd:1e38", "--l2", "1") == 1


def test_interrupted(tmp_path, capsys, monkeypatch):
    steps = 0

    def on_step(self, run, loss):
        nonlocal steps
        steps += 1
        if steps == 30:
            raise KeyboardInterrupt

    monkeypatch.setattr(Progress, "on_step", on_step)
    assert compare(tmp_path, "--optimizers", "sgd,adam,rmsprop,adamw") == 130
    out = capsys.readouterr().out
    assert "sgd: interrupted\n" in out
    assert rows(out)["adamw"][0] == "-"
    assert (tmp_path / "picture.png").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--optimizers", "adamx"],
            f"{NAMES[-1]}, lbfgs, got 'adamx'",
        ),
        (["--optimizers", "sgd,,adam"], "got ''"),
        (["--optimizers", "sgd:fast"], "expected a number as the learning rate, got 'sgd:fast'"),
        (["--optimizers", "sgd:"], "expected a number as the learning rate, got 'sgd:'"),
        (["--optimizers", "sgd,adam,SGD"], "expected each once, got 'sgd' again"),
        (["--optimizers", "sgd:-1"], "--optimizers: sgd:-1: lr: expected a finite number >= 0, got -1"),
        (["--optimizers", "adam:nan"], "--optimizers: adam:nan: lr: expected a finite number >= 0, got nan"),
        (["--hidden", "3"], "--hidden: a linear classifier has no hidden"),
        (["--l1", "-1"], "--l1: expected a finite number >= 0"),
        (["--warmup", "24"], "--warmup: expected fewer than the 24 steps of the run, got 24"),
        (
            ["--optimizers", "lbfgs", "--schedule", "cosine"],
            "--schedule: expected an optimizer with a learning rate, got lbfgs",
        ),
        (
            ["--optimizers", "lbfgs", "--warmup", "2"],
            "--warmup: expected an optimizer with a learning rate, got lbfgs",
        ),
        (["--optimizers", "lbfgs:1"], "lbfgs:1: lbfgs has no learning rate"),
        (["--data", "mnist"], "data: expected digits, fashion-mnist:DIR or cifar10:DIR"),
        (["--out", "a.jpg"], "--out: expected a file name ending in .png, .svg or .pdf, got 'a.jpg'"),
        (["--out", "no/such/a.png"], "--out: cannot write to no"),
        (["--momentum", "0.9"], "unrecognized arguments: --momentum 0.9 (see fastopt compare --help)"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_refused_in_one_line(capsys, monkeypatch, tmp_path, options, message):
    monkeypatch.chdir(tmp_path)
    try:
        code = cli.main([*SMALL, *options])
    except SystemExit as error:
        code = error.code
    out, err = capsys.readouterr()
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert message in err
    assert not list(tmp_path.iterdir())


def test_names_and_suffixes_in_letters_of_any_case(tmp_path, capsys):
    argv = [*SMALL, "--epochs", "1", "--optimizers", "SGD:0.1,AdamW", "--out", str(tmp_path / "A.PNG")]
    assert cli.main(argv) == 0
    assert list(rows(capsys.readouterr().out)) == ["sgd:0.1", "adamw"]
    assert (tmp_path / "A.PNG").read_bytes().startswith(b"\x89PNG")


def test_a_picture_that_cannot_be_written_costs_no_table(tmp_path, capsys, monkeypatch):
    def full(runs, figure, panels):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("fastopt.cli.compare.draw_comparison", full)
    assert compare(tmp_path, "--optimizers", "sgd,adam") == 1
    out, err = capsys.readouterr()
    assert list(rows(out)) == ["sgd", "adam"]
    assert err.endswith(f"error: cannot write {tmp_path / 'picture.png'}: No space left on device\n")
    assert not list(tmp_path.iterdir())


def test_help(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as stop:
        cli.main(["compare", "--help"])
    assert stop.value.code == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 84
    for word in (*GENERAL, "nesterov", "--schedule", "examples:", "exit codes:"):
        assert word in out


def test_ctrl_c_before_training(capsys, monkeypatch):
    def load(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(data, "load", load)
    assert cli.main(SMALL) == 130
    assert capsys.readouterr().err == "fastopt: interrupted\n"


def test_entries():
    assert [entry.label for entry in entries(" sgd:0.1 , adamw")] == ["sgd:0.1", "adamw"]
    opt = entries("nesterov:0.5")[0].make(np.zeros(1))
    assert (opt.lr, opt.momentum, opt.nesterov) == (0.5, 0.9, True)


def test_picture():
    runs = [
        make_run(f"run {k}", lr=0.1 + k, metrics=lambda params: {"val_accuracy": 0.5, "val_loss": 0.0})
        for k in range(9)
    ]
    train_in_turns(runs[:8], epochs=2)
    figure = Figure()
    draw_comparison(runs, figure, {"loss": "loss", "val_accuracy": "accuracy, %", "val_loss": "held-out"})
    loss, accuracy, held_out = figure.axes
    assert [line.get_label() for line in loss.lines] == [run.name for run in runs]
    assert list(accuracy.lines[0].get_ydata()) == [50, 50]
    assert held_out.get_yscale() == "linear"
    styles = {(line.get_color(), line.get_linestyle(), line.get_marker()) for line in loss.lines}
    assert len(styles) == 9
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [run.name for run in runs]
