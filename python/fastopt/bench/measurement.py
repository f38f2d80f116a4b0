"""One row of the table: a workload against its peers, results compared before they are timed."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from fastopt._common.trees import Array
from fastopt.bench.sides import (
    fastopt_side,
    numpy_out_side,
    numpy_side,
    probe_side,
    python_side,
    small,
)
from fastopt.bench.timing import Ratio, Side, Timed, compare
from fastopt.bench.torch_peer import TorchSide, TorchWorker, counterpart
from fastopt.bench.workload import Numbers, Workload

PYTHON_ELEMENTS = 10_000
"""Plain Python is timed on so many elements at most: its time an element is the same for more of them."""

CHECKED_ELEMENTS = 100_003
"""Results are compared on so many elements at most; that is more than one thread's share."""

STEPS = 3
"""Steps after which results are compared."""

PEERS = ("probe", "python", "numpy", "numpy_out", "torch")


class Disagreement(Exception):
    """Two sides that were to compute the same have not."""


@dataclass(frozen=True)
class Row:
    """What was measured of a workload.

    Parameters
    ----------
    workload : Workload
        What.
    ns : float
        Median time of an element in nanoseconds.
    ratios : dict
        For each peer how much longer it takes. For "probe" that is our share of its bandwidth.
    """

    workload: Workload
    ns: float
    ratios: dict[str, Ratio]

    @property
    def gigabytes(self) -> float:
        """Gigabytes a second, counting what nobody can do without."""
        return self.workload.bytes_per_element / self.ns

    @property
    def microseconds(self) -> float:
        """Time of a step."""
        return self.ns * self.workload.elements / 1e3

    def as_dict(self) -> dict[str, Any]:
        """Return all there is to know, for JSON."""
        facts = asdict(self.workload) | {
            "bytes_per_element": self.workload.bytes_per_element,
            "ns_per_element": self.ns,
            "us_per_step": self.microseconds,
            "gb_per_s": self.gigabytes,
        }
        return facts | {"ratios": {label: asdict(ratio) for label, ratio in self.ratios.items()}}


def measure(
    workload: Workload,
    *,
    peers: tuple[str, ...] = PEERS,
    worker: TorchWorker | None = None,
    rounds: int = 5,
    block: float = 0.03,
    tell: Callable[[str], object] = lambda peer: None,
) -> Row:
    """Compare the results of a workload, then time it against each peer.

    Parameters
    ----------
    workload : Workload
        What to measure.
    peers : tuple of str
        Some of `PEERS`.
    worker : TorchWorker, optional
        Needed for "torch"; that is left out without it, and where torch has no such optimizer.
    rounds : int
        Rounds of A B B A a peer; half of them where a block of the peer is one step of over 0.2 seconds.
    block : float
        Seconds that a block should last.
    tell : callable
        Called with each peer when its turn comes.

    Raises
    ------
    Disagreement
        If a peer computes something else.
    """
    check(small(workload, CHECKED_ELEMENTS), peers, worker)
    numbers = Numbers(workload)
    if workload.elements <= 1000:
        block = min(block, 0.005)
    ratios = {}
    for peer, make in _makers(numbers, peers, worker):
        tell(peer)
        # Ours is made anew for each: where arrays happen to lie matters, and is not to be in all figures.
        ratios[peer] = compare(fastopt_side(numbers), make(), rounds=rounds, block=block)
    times = [ratio.ours for ratio in ratios.values()]
    return Row(workload, float(np.median(times)), ratios)


def check(workload: Workload, peers: tuple[str, ...] = PEERS, worker: TorchWorker | None = None) -> None:
    """Take some steps with each peer and compare: bit for bit, only torch within rounding.

    Raises
    ------
    Disagreement
        If a peer computes something else.
    """
    peers = _peers_of(workload, peers)
    numbers = Numbers(workload)
    ours = _outcome(fastopt_side(numbers))
    for label, side in ("numpy", numpy_side), ("numpy_out", numpy_out_side):
        if label in peers:
            _expect_equal(workload, label, ours, _outcome(side(numbers)))
    if "python" in peers:
        double = Numbers(replace(small(workload, PYTHON_ELEMENTS), dtype="float64"))
        _expect_equal(workload, "python", _outcome(fastopt_side(double)), _outcome(python_side(double)))
    if "torch" in peers and worker is not None and counterpart(workload):
        # Of another association of the same formula: some roundings, on numbers of about 1.
        tolerance = 64 * float(np.finfo(workload.dtype).eps)
        from_the_start = _outcome(fastopt_side(numbers, first=1))
        pairs = zip(from_the_start, worker.stepped(numbers, STEPS), strict=True)
        if not all(np.allclose(arrays[0], p, rtol=tolerance, atol=tolerance) for arrays, p in pairs):
            raise Disagreement(f"{workload.rule}: the parameters of torch differ after {STEPS} steps")


def _makers(
    numbers: Numbers, peers: tuple[str, ...], worker: TorchWorker | None
) -> Iterator[tuple[str, Callable[[], Timed]]]:
    """Pair the peers with what makes their sides, one alive at a time: the arrays may be large."""
    peers = _peers_of(numbers.workload, peers)
    if "probe" in peers:
        yield "probe", lambda: probe_side(numbers)
    if "python" in peers:
        yield "python", lambda: python_side(Numbers(small(numbers.workload, PYTHON_ELEMENTS)))
    if "numpy" in peers:
        yield "numpy", lambda: numpy_side(numbers)
    if "numpy_out" in peers:
        yield "numpy_out", lambda: numpy_out_side(numbers)
    if "torch" in peers and worker is not None and counterpart(numbers.workload):
        yield "torch", lambda: TorchSide(worker, numbers.workload)


def _peers_of(workload: Workload, peers: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out the peers that are generated, where elements know of each other."""
    generated = () if workload.elementwise else ("python", "numpy_out")
    return tuple(peer for peer in peers if peer not in generated)


def _outcome(side: Side) -> list[list[Array]]:
    """Return parameters and state after some steps along different gradients."""
    for k in range(STEPS):
        side.step(side.grads[k % len(side.grads)])
    return [[np.asarray(array) for array in row] for row in side.arrays()]


def _expect_equal(workload: Workload, label: str, ours: list[list[Array]], peers: list[list[Array]]) -> None:
    for k, (mine, other) in enumerate(zip(ours, peers, strict=True)):
        for name, a, b in zip(("p", *workload.slots), mine, other, strict=True):
            if a.dtype == b.dtype and np.array_equal(a, b):
                continue
            raise Disagreement(
                f"{workload.rule}: {name} of array {k} differs between fastopt and {label} "
                f"after {STEPS} steps"
            )
