"""What `import fastopt` costs beyond NumPy's own import, in fresh processes, and what it brings along."""

import json
import statistics
import subprocess
import sys

from common import Bench, main, table, verdict

HEAVY = ("sklearn", "matplotlib", "rich", "tqdm", "fastopt.bench")

PROGRAM = """
import json, sys, time
import numpy
start = time.perf_counter()
import fastopt
seconds = time.perf_counter() - start
print(json.dumps({"ms": 1e3 * seconds, "modules": list(sys.modules)}))
"""


def section(bench: Bench) -> str:
    runs = [json.loads(subprocess.check_output([sys.executable, "-c", PROGRAM])) for _ in range(15)]
    ms = statistics.median(run["ms"] for run in runs)
    brought = sorted(set(HEAVY) & set(runs[0]["modules"]))
    rows = [
        ["`import fastopt`, beyond `import numpy`", f"{ms:.1f} ms", verdict(ms, 150, " ms", most=True)],
        [
            f"of {', '.join(HEAVY)} it imports",
            ", ".join(brought) or "none",
            f"none: {'**no**' if brought else 'yes'}",
        ],
    ]
    return f"### Import\n\n{table(['', 'figure', 'target'], rows)}\n"


if __name__ == "__main__":
    main(__doc__, section)
