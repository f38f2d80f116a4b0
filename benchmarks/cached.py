"""One million elements, which fit in a large cache: AdamW beside NumPy with out=, and the other peers."""

from common import Bench, label, main, spread, table, verdict
from fastopt.bench.measurement import measure
from fastopt.bench.workload import Workload


def section(bench: Bench) -> str:
    with bench.torch() as worker:
        row = measure(Workload("adamw", 1_000_000), worker=worker, rounds=bench.rounds, block=bench.block)
    names = {
        "numpy_out": "NumPy with out=",
        "numpy": "NumPy as one would write it",
        "python": "plain Python",
        "torch": "torch fused",
        "probe": "probe (share of its bandwidth)",
    }
    rows = [
        [
            f"{label(row)}: {names[peer]}",
            spread(row.ratios[peer]),
            verdict(row.ratios[peer].median, 4, "x") if peer == "numpy_out" else "",
        ]
        for peer in names
        if peer in row.ratios
    ]
    return f"### In the cache\n\n{table(['', 'times faster', 'target'], rows)}\n"


if __name__ == "__main__":
    main(__doc__, section)
