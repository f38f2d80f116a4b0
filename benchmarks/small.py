"""Where the fixed cost of a step counts: many small arrays, and a single tiny one."""

from common import Bench, label, main, spread, table, verdict
from fastopt.bench.measurement import measure
from fastopt.bench.workload import Workload


def section(bench: Bench) -> str:
    many, tiny = Workload("adamw", 1_000, count=100), Workload("adamw", 16)
    targets = {(many, "torch"): 10, (many, "numpy_out"): 8, (tiny, "torch"): 15}
    names = {"torch": "torch fused", "numpy_out": "NumPy with out=", "numpy": "NumPy as one would write it"}
    rows = []
    for workload in (many, tiny):
        with bench.torch() as worker:
            row = measure(workload, peers=tuple(names), worker=worker, rounds=bench.rounds, block=bench.block)
        bound = verdict(row.microseconds, 2, " us", most=True) if workload is tiny else ""
        rows.append([f"{label(row)}: a step", f"{row.microseconds:.2f} us", bound])
        for peer, name in names.items():
            if peer in row.ratios:
                target, ratio = targets.get((workload, peer)), row.ratios[peer]
                text = verdict(ratio.median, target, "x") if target else ""
                rows.append([f"times faster than {name}", spread(ratio), text])
    return f"### Small arrays\n\n{table(['', 'figure', 'target'], rows)}\n"


if __name__ == "__main__":
    main(__doc__, section)
