"""What is settled at import: the instruction set, the interpreter, and how little is imported."""

import re
import sys

import pytest

import fastopt
from core.processes import python
from fastopt import _core


@pytest.mark.parametrize("isa", fastopt.build_info()["isa_supported"])
def test_instruction_set_by_environment(isa: str) -> None:
    done = python("import fastopt; print(fastopt.build_info()['isa'])", FASTOPT_ISA=isa)
    assert done.stdout == f"{isa}\n", done.stderr


def test_unknown_instruction_set() -> None:
    done = python("import fastopt", FASTOPT_ISA="mmx")
    assert done.returncode != 0
    assert re.search(r"ImportError: FASTOPT_ISA: expected one of baseline.*got 'mmx'", done.stderr)
    with pytest.raises(ValueError, match=r"expected one of baseline.*got 'mmx'"):
        _core.select_isa("mmx")


@pytest.mark.parametrize("before", ["", "import fastopt"])
def test_a_sub_interpreter_is_refused(before: str) -> None:
    """It would wait for ever; and the main one can import fastopt afterwards."""
    interpreters = "_interpreters" if sys.version_info >= (3, 13) else "_xxsubinterpreters"
    pytest.importorskip(interpreters)
    within = f"""
import sys, warnings
warnings.simplefilter("ignore")
sys.path[:] = {sys.path!r}
try:
    import fastopt
except ImportError as error:
    print("refused:", error, flush=True)
"""
    within_one = f"{before}\nimport {interpreters} as i; i.run_string(i.create(), {within!r})"
    done = python(f"{within_one}\nimport fastopt; print(fastopt.SGD.__name__)")
    assert done.stdout.startswith("refused: "), done.stderr
    assert done.stdout.endswith("\nSGD\n"), done.stderr
    if not before and sys.version_info < (3, 12):  # else Python may refuse the extension itself
        assert "fastopt: expected the main interpreter, got a sub-interpreter" in done.stdout


def test_import_is_light() -> None:
    heavy = (
        "sklearn",
        "scipy",
        "matplotlib",
        "rich",
        "tqdm",
        "argparse",
        "fastopt.cli",
        "fastopt.bench",
    )
    done = python(f"import sys, fastopt; print([m for m in {heavy!r} if m in sys.modules])")
    assert done.stdout == "[]\n", done.stderr
