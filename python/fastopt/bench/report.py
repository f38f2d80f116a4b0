"""What is said about the figures: the machine, the table, the notes, the file."""

import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import fastopt
from fastopt._common.ratios import STEADY
from fastopt._common.wording import counted
from fastopt.bench.measurement import PYTHON_ELEMENTS, Row
from fastopt.bench.torch_peer import counterpart
from fastopt.rules.overheard import GUARDS

if TYPE_CHECKING:
    from rich.table import Table

HEADINGS = {
    "probe": "of\nprobe",
    "python": "plain\nPython",
    "numpy": "NumPy",
    "numpy_out": "NumPy\nout=",
    "torch": "torch",
}

NOTES = {
    "of probe": "share of the bandwidth of a probe with the same streams and next to no arithmetic",
    "plain Python": f"a loop over lists, in double precision, timed on at most {PYTHON_ELEMENTS:,} elements",
    "NumPy": f"the rule as fastopt.reference has it, but without {' and '.join(GUARDS)}: as one writes it",
    "NumPy out=": "the same operations, each into memory at hand (fastopt bench --show RULE prints them)",
    "torch": "torch.optim in a process of its own, fused=True; * where torch has no fused step",
}
"""What the columns mean."""


def machine(torch: str | None) -> dict[str, Any]:
    """Return what figures depend on: processor, threads, versions, and how busy the machine is."""
    info = fastopt.build_info()
    return {
        "cpu": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "isa": info["isa"],
        "threads": fastopt.get_num_threads(),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "torch": torch,
        "fastopt": info["version"],
        "compiler": info["compiler"],
    }


def header(facts: dict[str, Any]) -> str:
    """Return the machine in two lines."""
    torch = f"torch {facts['torch']}" if facts["torch"] else "no torch"
    busy = "" if facts["load"] is None else f" (load {facts['load']:g})"
    cores, threads = counted(facts["cores"], "core"), counted(facts["threads"], "thread")
    return (
        f"{facts['cpu']}, {cores}{busy}; {facts['isa']}, {threads}\n"
        f"fastopt {facts['fastopt']} ({facts['compiler']}), NumPy {facts['numpy']}, {torch}, "
        f"Python {facts['python']}, {facts['system']}"
    )


def warning(facts: dict[str, Any]) -> str | None:
    """Return what is to be said if others use the processors as well."""
    if facts["load"] is None or facts["load"] < 0.5:
        return None
    return (
        f"The machine is busy (load {facts['load']:g} on {facts['cores']} cores). Whoever waits for threads, "
        "torch above all, looks worse here than on an idle one."
    )


def notes(markdown: bool = False) -> str:
    """Return what the columns mean."""
    first = (
        "Times faster than each peer: medians of pairs timed in turns, their results compared before;\n"
        f"? where the quartiles of the pairs are more than {STEADY:g} times apart, or there is but one pair."
    )
    if markdown:
        return "\n".join([first, "", *(f"- {column}: {text}" for column, text in NOTES.items())])
    return "\n".join([first, *(f"{column:12}  {text}" for column, text in NOTES.items())])


def cells(row: Row) -> list[str]:
    """Return a row of the table as texts."""
    texts = [row.workload.rule, row.workload.label, f"{row.ns:.3g}", f"{row.gigabytes:.1f}"]
    for peer in HEADINGS:
        ratio = row.ratios.get(peer)
        if ratio is None:
            texts.append("-")
            continue
        text = f"{ratio.median:.2f}" if peer == "probe" else times(ratio.median)
        marks = ("*" if peer == "torch" and not _fused(row) else "") + ratio.mark
        texts.append(text + marks)
    return texts


def times(ratio: float) -> str:
    """Return a ratio with some three digits: 1.04x, 12.3x, 251x."""
    digits = 2 if ratio < 9.995 else 1 if ratio < 99.95 else 0
    return f"{ratio:,.{digits}f}x"


def table(rows: list[Row]) -> "Table":
    """Return the table, a section for each rule."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    grid = Table(box=SIMPLE_HEAD, collapse_padding=True, pad_edge=False)
    for heading in ("rule", "elements", "ns/el", "GB/s", *HEADINGS.values()):
        grid.add_column(heading, justify="left" if heading == "rule" else "right", no_wrap=True)
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        last = following is None or following.workload.rule != row.workload.rule
        grid.add_row(*cells(row), end_section=last)
    return grid


def _fused(row: Row) -> bool:
    found = counterpart(row.workload)
    return found is not None and found[1].get("fused", False)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
