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
KERNELS = ROOT / "cpp/kernels"
ARITHMETIC = re.compile(r"\tv?(?:add|sub|mul|div|sqrt)([ps])[sd]\s")
# Rules; losses over rows (of either shape, and what judges their targets); losses of one score; functions;
# penalties; what rules of whole arrays share out.
LOOPS = re.compile(
    r"::block\(|::sweep<|RowLoss<.*::(gradient|wrong)<|PointwiseLoss<.*::(run|run_with|judge)[<(]|::map<"
    r"|::update_multiply|PenaltyDriver<.*::run<|::share<"
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


def sources() -> list[str]:
    """Write the parts of an instruction set as one includes them: its own files, and each family of rules."""
    families = re.findall(r" family\((\w+)\)", (KERNELS / "rules.hpp").read_text())
    parts = [f'#include "{path.name}"\n' for path in sorted(KERNELS.glob("*.cpp"))]
    return parts + [
        f'#define FASTOPT_FAMILY {family}\n#include "rules/{family}.hpp"\n#include "family.hpp"\n'
        for family in families
    ]


def main() -> int:
    failed = False
    for isa, flags in instruction_sets().items():
        count, scalar, weak = 0, list[str](), list[str]()
        for text in sources():
            with tempfile.TemporaryDirectory() as folder:
                source, obj = pathlib.Path(folder, "part.cpp"), str(pathlib.Path(folder, "part.o"))
                source.write_text(text)
                run("g++", *flags, f"-I{KERNELS}", f"-DFASTOPT_ISA={isa}", "-c", str(source), "-o", obj)
                symbols = run("nm", "-C", obj).splitlines()
                weak += [line for line in symbols if re.match(r"[0-9a-f ]+ [WVu] ", line)]
                loops, still_scalar = scalar_loops(obj)
            count += loops
            scalar += still_scalar
        print(f"{isa}: {count} loops, {len(scalar)} scalar, {len(weak)} weak symbols")
        for line in (*weak, *scalar):
            print("   ", line)
        failed = failed or bool(weak or scalar) or count < 100
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
