"""Parameters with no gradient, or next to none, beside live ones, for 2000 steps: every rule.

Pixels that are always 0, dead units and the rows of an embedding that nobody asks for have a gradient of zero
from the first step on, others come to it; in a saturated network gradients are so small that their squares
underflow. Where nothing is done about it, such state lies among denormal numbers. How slow those are depends
on the processor and on the operation: not at all, or some fifty times. One thread each, so that nothing else
is in the figures.

Then what it is about: the optimizer of `fastopt train` on the digits, some of whose pixels are always 0,
beside the same optimizer on random gradients.
"""

import contextlib
import statistics
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

import fastopt
from common import Bench, main, table, verdict
from fastopt.bench.sides import fastopt_side, numpy_side
from fastopt.bench.timing import Side, Timed
from fastopt.bench.torch_peer import TorchSide
from fastopt.bench.workload import CHOSEN, Numbers, Workload, rules
from fastopt.data import digits
from fastopt.models import MLP

STEPS, BLOCK, END, REPEATS = 2000, 50, 500, 3
ELEMENTS = 100_000
BATCH = 128

Pair = tuple[Timed, Timed]
Make = Callable[[Numbers], Side]


def section(bench: Bench) -> str:
    threads = fastopt.get_num_threads()
    fastopt.set_num_threads(1)
    try:
        workloads = [
            Workload(rule, ELEMENTS, dtype=dtype) for dtype in ("float32", "float64") for rule in rules()
        ]
        ours = [_row(workload) for workload in workloads]
        peers = [row for rule in ("adamw", "sgd_momentum") for row in _peers(bench, Workload(rule, ELEMENTS))]
        data = [_digits_row(rule) for rule in rules()]
    finally:
        fastopt.set_num_threads(threads)
    histories = ["zero from the first step", "zero after a life", "small"]
    return "\n".join(
        [
            "### Gradients of zero",
            "",
            f"The time of {STEPS} steps with such gradients over that with live ones, {ELEMENTS} elements.",
            "",
            table(["rule", *histories, "target"], ours),
            "",
            table(
                [f"zero after a life, over live ones, {ELEMENTS} elements", f"last {END}", f"all {STEPS}"],
                peers,
            ),
            "",
            table(["`fastopt train` on digits", "its gradients", "random ones", "ratio", "target"], data),
            "",
        ]
    )


def _row(workload: Workload) -> list[str]:
    histories = (_always_zero, _zero_after_a_life, _small)
    ratios = [_median(partial(history, workload, fastopt_side))[1] for history in histories]
    figures = [f"{ratio:.2f}" for ratio in ratios]
    return [f"{workload.rule}, {workload.dtype}", *figures, verdict(max(ratios), 1.2, "x", most=True)]


def _peers(bench: Bench, workload: Workload) -> Iterator[list[str]]:
    def row(name: str, pair: Callable[[], Pair]) -> list[str]:
        end, whole = _median(pair)
        return [f"{workload.rule}: {name}", f"{end:.2f}", f"{whole:.2f}"]

    yield row("fastopt", partial(_zero_after_a_life, workload, fastopt_side))
    yield row("NumPy as one would write it", partial(_zero_after_a_life, workload, numpy_side))
    if bench.python is not None:
        with contextlib.ExitStack() as stack:
            live, dead = (stack.enter_context(bench.torch(1)) for _ in range(2))
            yield row(
                "torch fused", lambda: (TorchSide(live, workload), TorchSide(dead, workload, zeros=True))
            )


def _always_zero(workload: Workload, make: Make) -> Pair:
    return make(Numbers(workload)), make(_scaled(Numbers(workload), 0))


def _zero_after_a_life(workload: Workload, make: Make) -> Pair:
    numbers = Numbers(workload)
    dead = make(numbers)
    for grads in dead.grads:
        dead.step(grads)
    _scaled(numbers, 0)
    return make(Numbers(workload)), dead


def _small(workload: Workload, make: Make) -> Pair:
    """Gradients whose squares would be denormal, or nothing."""
    root = float(np.finfo(workload.dtype).tiny) ** 0.5
    return make(Numbers(workload)), make(_scaled(Numbers(workload), root / 100))


def _scaled(numbers: Numbers, factor: float) -> Numbers:
    for row in numbers.grads:
        for g in row:
            g *= g.dtype.type(factor)
    return numbers


def _median(pair: Callable[[], Pair]) -> tuple[float, float]:
    end, whole = zip(*(_ratios(*pair()) for _ in range(REPEATS)), strict=True)
    return statistics.median(end), statistics.median(whole)


def _ratios(live: Timed, dead: Timed) -> tuple[float, float]:
    """Time both in turns until the dead one has taken its steps; return what the last and all took longer."""
    alive, gone = [], []
    for k in range(STEPS // BLOCK):
        for side, times in ((live, alive), (dead, gone))[:: -1 if k % 2 else 1]:
            times.append(side.time(BLOCK))
    end = END // BLOCK
    last = statistics.median(b / a for a, b in zip(alive[-end:], gone[-end:], strict=True))
    return last, sum(gone) / sum(alive)


def _digits_row(rule: str) -> list[str]:
    """Time an optimizer on the gradients of the digits, batch after batch from the first step on."""
    data, model = digits(), MLP(64, (256, 128), 10)
    random = np.random.default_rng(0)
    params, twins = model.init(0), model.init(0)
    opt, twin = (Workload(rule, 1, options=CHOSEN.get(rule, {})).optimizer(p) for p in (params, twins))
    real, noise = [], []
    for k in range(STEPS // BLOCK):
        rows = random.permutation(len(data.x_train))[:BATCH]
        _, grads = model.loss_and_grads(params, data.x_train[rows], data.y_train[rows])
        other = {name: random.standard_normal(g.shape, g.dtype) for name, g in grads.items()}
        sides = (_timed(opt.step, grads), real), (_timed(twin.step, other), noise)
        for side, times in sides[:: -1 if k % 2 else 1]:
            times.append(side.time(BLOCK) / BLOCK * 1e6)
    ratio = statistics.median(b / a for a, b in zip(noise, real, strict=True))
    middle = (f"{statistics.median(times):.1f} us" for times in (real, noise))
    return [rule, *middle, f"{ratio:.2f}", verdict(ratio, 1.2, "x", most=True)]


def _timed(step: Callable[[Any], object], grads: Any) -> Side:
    return Side("digits", sum(g.size for g in grads.values()), step, [grads], lambda: [])


if __name__ == "__main__":
    main(__doc__, section)
