"""Every rule beside every peer: the table of `fastopt bench`."""

from common import Bench, main, table
from fastopt.bench import SIZES, report
from fastopt.bench.measurement import measure
from fastopt.bench.workload import Workload, rules


def section(bench: Bench) -> str:
    with bench.torch() as worker:
        rows = [
            report.cells(measure(Workload(rule, size), worker=worker, rounds=bench.rounds, block=bench.block))
            for rule in rules()
            for size in SIZES
        ]
    headings = ["rule", "elements", "ns/element", "GB/s", *report.HEADINGS.values()]
    text = table([heading.replace("\n", " ") for heading in headings], rows)
    return f"### Every rule\n\n{text}\n\n{report.notes(markdown=True)}\n"


if __name__ == "__main__":
    main(__doc__, section)
