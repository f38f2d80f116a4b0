"""The command line as a whole: help, version, the commands without a file of their own."""

import importlib
import io
import os
import re
import subprocess
import sys
import types

import numpy as np
import pytest

import fastopt
from fastopt import cli
from fastopt.rules.catalogue import GENERAL


def test_info(capsys):
    assert cli.main(["info"]) == 0
    rows = dict(re.split("  +", line) for line in capsys.readouterr().out.splitlines())
    info = fastopt.build_info()
    assert rows["version"] == info["version"]
    assert rows["isa"] == info["isa"]
    assert rows["numpy"] == np.__version__
    assert rows["threads"] == str(info["threads"])


def test_bench_is_handed_over(monkeypatch):
    bench = types.SimpleNamespace(
        add_arguments=lambda parser: parser.add_argument("--sizes", type=int),
        run=lambda args: args.sizes,
    )
    monkeypatch.setitem(sys.modules, "fastopt.cli.bench", bench)
    monkeypatch.setattr(cli, "bench", bench, raising=False)
    assert cli.main(["bench", "--sizes", "7"]) == 7


@pytest.mark.parametrize("argv", [["--help"], ["train", "--help"], ["info", "--help"]], ids=" ".join)
def test_help(capsys, monkeypatch, argv):
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as stop:
        cli.main(argv)
    assert stop.value.code == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 84
    if argv == ["--help"]:
        for name, (_, summary) in cli.COMMANDS.items():
            assert re.search(f"{name} +{summary}", out)
    if argv == ["train", "--help"]:
        for word in (*GENERAL, "examples:", "exit codes:", "(default: 128)", " only)"):
            assert word in out


def test_version_and_no_command(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"fastopt {fastopt.build_info()['version']}\n"
    assert cli.main([]) == 2
    assert "commands:" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("imports", "absent"),
    [
        (
            "fastopt.cli, fastopt.__main__, fastopt.cli.info",
            {"fastopt.training", "fastopt.data", "fastopt.bench"},
        ),
        ("fastopt.cli.train", {"fastopt.bench"}),
    ],
)
def test_importing_a_command_is_light(imports, absent):
    absent = {"sklearn", "matplotlib", "rich", "tqdm", "threadpoolctl", *absent}
    program = f"import sys, {imports}; print({absent!r} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout == "set()\n"


def test_a_command_is_a_pair_of_functions():
    for module, summary in cli.COMMANDS.values():
        command = importlib.import_module(module)
        assert callable(command.add_arguments)
        assert callable(command.run)
        assert summary


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ("train --lr -1e-3", "lr: expected a finite number >= 0, got -0.001"),
        ("train --lr -.5E1", "lr: expected a finite number >= 0, got -5.0"),
        ("train --weight-decay -inf", "weight_decay: expected a finite number >= 0, got -inf"),
        ("compare --l2 -1e-3", "--l2: expected a finite number >= 0, got -0.001"),
        ("landscape --lr -1e-3", "lr: expected a finite number >= 0, got -0.001"),
        ("bench --rounds -1e3", "argument --rounds: expected a positive integer, got '-1e3'"),
    ],
)
def test_negative_numbers_are_no_options(capsys, argv, message):
    try:
        code = cli.main(argv.split())
    except SystemExit as error:
        code = error.code
    assert code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_what_cannot_be_written_is_said_in_one_line(unbuffered):
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "fastopt", "info"]
        result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, env=environment)
    assert result.returncode == 1
    assert result.stderr == "fastopt info: error: No space left on device\n"


def test_a_reader_that_goes_away_is_no_mistake(capsys, monkeypatch):
    class Closed(io.StringIO):
        def write(self, text):
            raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr(sys, "stdout", Closed())
    assert cli.main(["info"]) == 1
    assert capsys.readouterr().err == ""


def test_without_standard_output_and_error(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    assert cli.main(["info"]) == 0
    assert cli.main(["landscape", "--out", "a.txt"]) == 2
    with pytest.raises(SystemExit):
        cli.main(["nonsense"])


def test_ctrl_c_while_a_command_is_imported(capsys, monkeypatch):
    def import_module(name):
        raise KeyboardInterrupt

    monkeypatch.setattr(importlib, "import_module", import_module)
    assert cli.main(["train"]) == 130
    assert capsys.readouterr().err == "fastopt: interrupted\n"
