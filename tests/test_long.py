"""Thorough and slow: `pytest -m long`. CI runs it."""

import threading

import numpy as np
import pytest

import fastopt
from cases import CASES, Case
from fastopt import _core
from shapes import as_taken, whole
from support import DTYPES, ISAS, Array, assert_same, reference_step

pytestmark = pytest.mark.long


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.__name__)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_tail_at_every_alignment(case: Case, dtype: type, runtime: None) -> None:
    """All lengths to 70, starting at every element of a cache line, on every instruction set.

    Of rules that decompose matrices every seventh length: their reference is slow.
    """
    rng = np.random.default_rng(0)
    line = 64 // np.dtype(dtype).itemsize
    every = range(0, 71, 7 if whole(case.optimizer) else 1)
    lengths = [n for n in every for _ in range(line)]
    offsets = [k for _ in every for k in range(line)]

    def placed(n: int, offset: int) -> Array:
        return as_taken(case.optimizer, rng.standard_normal(n + offset).astype(dtype)[offset:])

    params = [placed(n, k) for n, k in zip(lengths, offsets, strict=True)]
    gradients = [[placed(n, -k % line) for n, k in zip(lengths, offsets, strict=True)] for _ in range(2)]
    want = case.make([p.copy() for p in params])
    for grads in gradients:
        reference_step(want, grads)
    _core.set_grain(1)
    for isa in ISAS:
        _core.select_isa(isa)
        for threads in (1, 3):
            fastopt.set_num_threads(threads)
            opt = case.make([p.copy() for p in params])
            for grads in gradients:
                opt.step(grads)
            assert_same(opt, want)


@pytest.mark.parametrize("rule", sorted(rule for rule, row in _core.rules.items() if not row.whole))
def test_every_float32(rule: str) -> None:
    """A step from every 1021st float32 there is, as gradient and as parameter."""
    cases = [case for case in CASES if case.make(np.zeros((1, 1)))._rule == rule]
    patterns = np.arange(0, 2**32, 1021, dtype=np.uint64).astype(np.uint32).view(np.float32)
    g = np.roll(patterns, patterns.size // 3)
    for case in cases:
        opt, want = case.make(patterns.copy()), case.make(patterns.copy())
        for _ in range(2):
            opt.step(g)
            reference_step(want, g)
        assert_same(opt, want)


def test_helpers_under_pressure(runtime: None) -> None:
    """Python threads, changing thread counts and sizes: every step is whole."""
    _core.set_grain(1)
    failures: list[str] = []

    def run(seed: int) -> None:
        rng = np.random.default_rng(seed)
        for _ in range(300):
            fastopt.set_num_threads(int(rng.integers(1, 9)))
            sizes = rng.integers(0, 60_000, rng.integers(1, 6))
            params = [np.zeros(n, np.float32) for n in sizes]
            opt = fastopt.SGD(params, lr=1.0)
            for _ in range(3):
                opt.step([np.ones(n, np.float32) for n in sizes])
            if not all((p == -3).all() for p in params):
                failures.append(f"seed {seed}, sizes {sizes}")

    threads = [threading.Thread(target=run, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
