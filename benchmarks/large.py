"""Arrays far beyond the cache: the share of the bandwidth, and torch's fused step.

AdamW and SGD with momentum on 10 and 64 million elements, beside a probe with the same streams. 64 million
elements of AdamW are 1 GiB of parameter, gradient and state.
"""

from common import Bench, label, main, spread, table, verdict
from fastopt.bench.measurement import measure
from fastopt.bench.workload import Workload


def section(bench: Bench) -> str:
    rows = []
    for rule in ("adamw", "sgd_momentum"):
        for size in (10_000_000, 64_000_000):
            with bench.torch() as worker:
                row = measure(
                    Workload(rule, size),
                    peers=("probe", "torch"),
                    worker=worker,
                    rounds=bench.rounds,
                    block=bench.block,
                )
            probe, torch = row.ratios["probe"], row.ratios.get("torch")
            rows.append(
                [
                    label(row),
                    f"{row.ns:.3f}",
                    f"{row.gigabytes:.1f}",
                    spread(probe),
                    verdict(probe.median, 0.90),
                    spread(torch) if torch else "-",
                    verdict(torch.median, 1.0, "x") if torch else "-",
                ]
            )
    headings = ["", "ns/element", "GB/s", "of probe", "target", "times faster than torch fused", "target"]
    return f"### Far beyond the cache\n\n{table(headings, rows)}\n"


if __name__ == "__main__":
    main(__doc__, section)
