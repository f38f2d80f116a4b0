"""What is shown of a training, on a terminal and elsewhere."""

import io
import os
import pty
import re
import subprocess
import sys
from functools import partial

from fastopt import SGD
from fastopt.training import train_in_turns
from fastopt.training.progress import Progress
from runs import make_run
from training.problem import A, B, StopAt, fit


def test_lines_where_there_is_no_terminal(capsys):
    fit(progress=True, validation=(A, B), epochs=50)
    out, err = capsys.readouterr()
    assert out == ""
    lines = err.splitlines()
    assert [int(line[6:8]) for line in lines] == [1, *range(3, 50, 3), 50]
    number = r"[0-9.e-]+"
    assert re.fullmatch(
        rf"epoch  1/50   loss {number}   val_loss {number}   lr 0.1   [0-9,]+ samples/s", lines[0]
    )


def test_the_end_is_shown_if_it_is_not_by_itself(capsys):
    fit(progress=True, optimizer=partial(SGD, lr=1e200))
    assert capsys.readouterr().err == "diverged: the loss is inf at step 2 of the training run (epoch 1)\n"
    fit(progress=True, callbacks=[StopAt("training", 1)])
    assert capsys.readouterr().err.splitlines()[1:] == ["stopped: enough"]


def test_silence(capsys):
    fit(progress=False, validation=(A, B))
    assert capsys.readouterr() == ("", "")


def test_without_standard_error(capsys, monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    assert fit(progress=True)[1].status == "finished"
    assert fit(progress=True, callbacks=StopAt("training", 1))[1].status == "stopped"
    assert capsys.readouterr().out == ""


def test_a_terminal_without_rich_gets_lines(capsys, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    monkeypatch.setitem(sys.modules, "rich.progress", None)
    fit(progress=True, epochs=1)
    assert terminal.getvalue().startswith("epoch 1/1   loss ")


def test_a_bar_on_a_terminal():
    program = (
        "import time, numpy as np; from functools import partial; from fastopt import SGD;"
        "from fastopt.training import train;"
        "f = lambda w, x: (time.sleep(0.02), (float(w @ w), 2 * w))[1];"
        "train(f, np.ones(2), np.ones((40, 2)), partial(SGD, lr=0.125), epochs=2, batch_size=2)"
    )
    main, worker = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100", "NO_COLOR": "1"}
    with subprocess.Popen([sys.executable, "-c", program], stderr=worker, env=environment) as process:
        os.close(worker)
        text = b""
        try:
            while chunk := os.read(main, 4096):
                text += chunk
        except OSError:  # the other end is closed
            pass
        finally:
            os.close(main)
        assert process.wait() == 0
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text.decode())
    assert re.search(r"loss [0-9.e-]+   lr 0.125   [0-9,]+ samples/s .*\d+ %", text)
    assert "epoch 1/2   loss " in text
    assert "epoch 2/2   loss " in text


def test_progress_of_several_runs_names_them(capsys):
    runs = [make_run("A"), make_run("Long")]
    with Progress(runs, 2) as progress:
        train_in_turns(runs, epochs=2, callbacks=[progress])
    lines = capsys.readouterr().err.splitlines()
    assert [line[:9] for line in lines] == ["epoch 1/2", "epoch 2/2"]  # of the first
