"""Run all benchmarks and put their tables into README.md beside this file. Takes some twenty minutes."""

import datetime
import sys
from pathlib import Path

import batch
import by_hand
import cached
import dead
import imports
import large
import penalties
import quasi_newton
import small

import losses
import rules
from common import Bench, parsed
from fastopt.bench import report

README = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- figures: begin (python benchmarks/figures.py writes them) -->", "<!-- figures: end -->"


def section(bench: Bench) -> str:
    with bench.torch() as worker:
        facts = report.machine(worker.version if worker else None)
    today = datetime.datetime.now(datetime.UTC).date()
    lines = [f"Taken on {today}.", *report.header(facts).splitlines(), report.warning(facts) or ""]
    parts = ["\n".join(f"- {line}" for line in lines if line) + "\n"]
    modules = large, cached, small, batch, losses, penalties, quasi_newton, dead, imports, by_hand, rules
    for module in modules:
        print(f"{module.__name__} ...", file=sys.stderr, flush=True)
        parts.append(module.section(bench))
    return "\n".join(parts)


if __name__ == "__main__":
    text = section(parsed(__doc__))
    before, _, rest = README.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}")
