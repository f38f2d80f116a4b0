"""A rule that fastopt does not have, brought in from outside: nothing but the four places knows the list.

It is built into a copy of the repository, without optimization but for the kernels.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent / "new_rule"
LINES = 80


def code(path: Path) -> list[str]:
    return [line for line in path.read_text().splitlines() if line.strip()]


def test_a_rule_is_about_eighty_lines() -> None:
    """Those of struct, function, class and cases: not what every file begins and ends with."""
    struct = re.search(r"\n/// .*?\n};\n", (HERE / "signum.hpp").read_text(), re.DOTALL)
    python = re.search(r"\n@rule.*", (HERE / "signum.py").read_text(), re.DOTALL)
    assert struct is not None
    assert python is not None
    lines = [line for text in (struct[0], python[0]) for line in text.splitlines() if line.strip()]
    assert len(lines) + len(code(HERE / "cases.txt")) <= LINES


@pytest.mark.long
def test_a_rule_from_outside_works_everywhere(tmp_path: Path) -> None:
    if not (ROOT / "CMakeLists.txt").exists():
        pytest.skip("the sources are not there")
    copy = tmp_path / "fastopt"
    ignored = shutil.ignore_patterns("build", ".*", "*.so", "__pycache__", "runs")
    shutil.copytree(ROOT, copy, ignore=ignored)
    shutil.copy(HERE / "signum.hpp", copy / "cpp/kernels/rules")
    shutil.copy(HERE / "signum.py", copy / "python/fastopt/rules")
    edit(copy / "cpp/kernels/rules.hpp", " family(sgd)", " family(sgd) family(signum)")
    line = "from fastopt.rules.sgd import *  # noqa: F403\n"
    edit(copy / "python/fastopt/rules/families.py", line, line + line.replace("sgd", "signum"))
    begin = "CASES: list[Case] = [\n"
    edit(copy / "tests/cases.py", begin, begin + (HERE / "cases.txt").read_text())

    installed = tmp_path / "installed"
    build = ["-q", "--no-deps", "--target", str(installed), "-Ccmake.build-type=Debug", str(copy)]
    run(sys.executable, "-m", "pip", "install", *build)
    tests = [f"rules/test_{what}.py" for what in ("exact", "contract", "kernels", "no_denormals")]
    tests += ["bench/test_bench.py", "problems/test_problems.py", "cli/test_compare.py", "test_docs.py"]
    selected = ["-q", "-p", "no:cacheprovider", "-k", "signum or Signum or every"]
    paths = [str(copy / "tests" / test) for test in tests]
    run(sys.executable, "-m", "pytest", *selected, *paths, path=installed)
    out = run(sys.executable, "-m", "fastopt", "bench", "--show", "signum", path=installed)
    assert "np.sign(" in out


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1, path
    path.write_text(text.replace(old, new))


def run(*command: str, path: Path | None = None) -> str:
    environment = None if path is None else {"PYTHONPATH": str(path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd="/")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
