"""Penalties: gradient added and value taken, against NumPy as one would write it.

NumPy works on one thread, and sums squares of float32 in float32. fastopt sums in double.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from common import Bench, main, spread, table, verdict
from fastopt.bench.timing import Side, compare
from fastopt.regularizers import Regularizer, elastic_net, l1, l2

LAM = 0.01
SIZES = [1000, 100_000, 10_000_000]


def numpy_l2(p: Any, g: Any) -> float:
    g += 2 * LAM * p
    return LAM * float((p * p).sum())


def numpy_l1(p: Any, g: Any) -> float:
    g += LAM * np.sign(p)
    return LAM * float(np.abs(p).sum())


def numpy_elastic_net(p: Any, g: Any) -> float:
    g += LAM * (2 * p + np.sign(p))
    return LAM * float((p * p + np.abs(p)).sum())


PEERS: list[tuple[Regularizer, Callable[[Any, Any], float]]] = [
    (l2(LAM), numpy_l2),
    (l1(LAM), numpy_l1),
    (elastic_net(LAM), numpy_elastic_net),
]


def check(penalty: Regularizer, numpy: Callable[[Any, Any], float], p: Any) -> None:
    """Compare results before they are timed: gradients to the bit."""
    ours, theirs = np.ones_like(p), np.ones_like(p)
    np.testing.assert_allclose(penalty.add_to(p, ours), numpy(p, theirs), rtol=1e-5)
    np.testing.assert_array_equal(ours, theirs)


def section(bench: Bench) -> str:
    rows = []
    for size in SIZES:
        for dtype in (np.float32, np.float64):
            p = np.random.default_rng(0).standard_normal(size).astype(dtype)
            for penalty, numpy in PEERS:
                check(penalty, numpy, p)
                ours, peer = (
                    Side(label, size, lambda g, p=p, add=add: add(p, g), [np.zeros_like(p)], lambda: [])
                    for label, add in (("fastopt", penalty.add_to), ("NumPy", numpy))
                )
                ratio = compare(ours, peer, rounds=bench.rounds, block=bench.block)
                rows.append(
                    [
                        f"{type(penalty).__name__}, {size} {p.dtype}",
                        f"{ratio.ours * size / 1e3:.1f}",
                        spread(ratio),
                        verdict(ratio.median, 1, "x") if size >= 100_000 else "",
                    ]
                )
    headings = ["add_to", "us", "times faster than NumPy", "target"]
    return f"### Penalties\n\n{table(headings, rows)}\n"


if __name__ == "__main__":
    main(__doc__, section)
