"""Compile the kernels of each instruction set and look into the objects.

1. No weak symbols: the linker may keep any one of several weak definitions, so one compiled for AVX could end
   up in the baseline path and die on an older machine.
2. Every kernel's loop is vectorised: a silent fall to scalar code is a bug that no test of results notices.
3. No warnings.

The flags are read from CMakeLists.txt, so that what is checked is what is built.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
ARITHMETIC = re.compile(r"\tv?(?:add|sub|mul|div|sqrt)([ps])[sd]\s")
# Rules; losses over rows (of either shape, and what judges their targets); losses of one score; functions;
# penalties.
LOOPS = re.compile(
    r"::block\(|::sweep<|RowLoss<.*::(gradient|wrong)<|PointwiseLoss<.*::(run|run_with|judge)[<(]|::map<"
    r"|::update_multiply|PenaltyDriver<.*::run<"
)


def instruction_sets() -> dict[str, list[str]]:
    """Map instruction set to flags."""
    text = (ROOT / "CMakeLists.txt").read_text()
    common = re.search(r"\n    (-O3 .*) \$\{ARGN\}\)", text)
    warnings = re.search(r"set\(FASTOPT_WARNINGS (.*) \$<", text)
    sets = re.findall(r"^ *fastopt_isa\((\w+)(.*)\)$", text, re.MULTILINE)
    if common is None or warnings is None or len(sets) != 3:
        raise SystemExit("CMakeLists.txt is not as this check reads it")
    base = ["-std=c++17", "-fPIC", *common[1].split(), *warnings[1].split(), "-Werror"]
    return {name: [*base, *flags.split()] for name, flags in sets}


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def scalar_loops(obj: str) -> tuple[int, list[str]]:
    """Count the compiled loops of an object, and name those whose arithmetic is never packed."""
    name, kinds = "", dict[str, set[str]]()
    for line in run("objdump", "-d", "--no-show-raw-insn", "-C", obj).splitlines():
        if found := re.match(r"[0-9a-f]+ <(.*)>:$", line):
            name = found[1]
        elif LOOPS.search(name) and (found := ARITHMETIC.search(line)):
            kinds.setdefault(name, set()).add(found[1])
    return len(kinds), [name for name, kind in kinds.items() if "p" not in kind]


def main() -> int:
    failed = False
    for isa, flags in instruction_sets().items():
        with tempfile.NamedTemporaryFile(suffix=".o") as obj:
            source = str(ROOT / "cpp/kernels/kernels.cpp")
            run("g++", *flags, f"-DFASTOPT_ISA={isa}", "-c", source, "-o", obj.name)
            symbols = run("nm", "-C", obj.name).splitlines()
            weak = [line for line in symbols if re.match(r"[0-9a-f ]+ [WVu] ", line)]
            count, scalar = scalar_loops(obj.name)
        print(f"{isa}: {count} loops, {len(scalar)} scalar, {len(weak)} weak symbols")
        for line in (*weak, *scalar):
            print("   ", line)
        failed = failed or bool(weak or scalar) or count < 100
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
