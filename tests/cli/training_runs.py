"""Short runs of ``fastopt train``."""

import re

from fastopt import cli

# One thread: on a busy machine BLAS with several can take a hundred times longer.
SMALL = ["train", "--hidden", "16", "--epochs", "2", "--threads", "1"]
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
