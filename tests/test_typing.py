"""What a type checker says: the examples of the documentation pass, mistyped names do not."""

import doctest
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import fastopt
from fastopt.minimization.options import LbfgsKeywords, LbfgsOptions
from fastopt.minimization.result import OptimizeResult

# Each line of the second kind is an error of this kind.
GOOD = """
from typing import Any

import numpy as np
import fastopt
import fastopt.gradcheck as checks
from fastopt import gradcheck, numeric_gradient
from fastopt.gradcheck import Report
from fastopt.gradcheck import gradcheck as check

params = {"W": np.ones((2, 2), np.float32)}
opt = fastopt.AdamW(params, lr=lambda t: 0.1 / (1 + t))
opt.lr = 0.5
opt.betas = (0.8, 0.9)
opt.state["m"]["W"][...] = 0
fastopt.SGD(np.ones(2), 0.1, 0.9).state["v"].sum()
solver = fastopt.LBFGS(params, memory=3, gtol=1e-6, maxiter=None, history_dtype=np.float32)
result = fastopt.minimize(lambda x: (float(x @ x), 2 * x), np.ones(2))
print(result.fun, result.x, result.nit, result.status.name, result.success, result.message, result.jac)


def square(w: Any) -> tuple[float, Any]:
    return float(w @ w), 2 * w


report: Report = fastopt.gradcheck(square, np.ones(2))
report = gradcheck(square, inputs=np.ones(2), seed=1)
report = check(square, np.ones(2))
report = checks.gradcheck(square, np.ones(2))
report = fastopt.gradcheck.gradcheck(square, np.ones(2))
report = fastopt.gradgradcheck(square, np.ones(2))
print(numeric_gradient(lambda w: float(w @ w), np.ones(2)))


class Mine(fastopt.SGD):
    tag: str


Mine(params).tag = "mine"
"""
BAD = {
    "opt.learning_rate = 0.5": "attr-defined",
    "opt.lr = 'fast'": "assignment",
    "fastopt.AdamW(params, learning_rate=0.5)": "call-arg",
    "fastopt.LBFGS(params, memroy=3)": "call-arg",
    "fastopt.LBFGS(params, memory='all')": "arg-type",
    "result.fnu": "attr-defined",
    "fastopt.gradcheck(square, np.ones(2), epz=1e-6)": "call-arg",
    "solver.memory = 3": "attr-defined",
    "fastopt.callbacks.EarlyStopping('loss').patience = 3": "attr-defined",
    "fastopt.schedules.ReduceOnPlateau(0.1).patiense = 3": "attr-defined",
}


def examples(module: Any) -> str:
    """Return the examples of a module as a program, each docstring a function."""
    lines = ["import numpy as np", f"from {module.__name__} import *"]
    for k, test in enumerate(doctest.DocTestFinder(exclude_empty=True).find(module)):
        if test.examples:
            lines.append(f"def example_{k}() -> None:")
            lines += [f"    {line}" for e in test.examples for line in e.source.splitlines()]
    return "\n".join([*lines, ""])


def errors(program: str, path: Path) -> list[tuple[str, str]]:
    """Return what mypy finds: the line, and the code of the error."""
    path.write_text(program)
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--no-error-summary",
        "--hide-error-context",
        str(path),
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=Path(fastopt.__file__).parents[1], check=False
    )
    assert not done.stderr, done.stderr
    source = program.splitlines()
    found = re.findall(r":(\d+): error: .*\[([a-z-]+)\]$", done.stdout, re.MULTILINE)
    return [(source[int(line) - 1].strip(), code) for line, code in found]


def test_the_keywords_of_the_solver_are_its_options() -> None:
    assert {*LbfgsKeywords.__annotations__, "maxtime"} == set(LbfgsOptions.names())
    result = fastopt.minimize(lambda x: (float(x @ x), 2 * x), [1.0])
    assert set(result) <= set(OptimizeResult.__annotations__)


@pytest.mark.long
def test_mistyped_names_do_not_pass(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    program = "\n".join([GOOD, *BAD, ""])
    assert errors(program, tmp_path / "program.py") == list(BAD.items())


@pytest.mark.long
def test_examples_of_the_documentation_pass(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    assert errors(examples(fastopt.optimizers), tmp_path / "program.py") == []
