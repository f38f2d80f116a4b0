"""Promise 1, the same bits: kernel against NumPy reference, without a tolerance."""

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import fastopt
from cases import CASES, Case
from fastopt import _core
from shapes import as_taken, shapes, whole
from support import DTYPES, ISAS, Array, assert_same, elements, reference_step, sums_over_all

STEPS = 4

over_cases = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
over_dtypes = pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.__name__)


def normal(shapes: Iterable[tuple[int, ...]], dtype: type, seed: int) -> list[Array]:
    rng = np.random.default_rng(seed)
    return [np.asarray(rng.standard_normal(shape)).astype(dtype) for shape in shapes]


def special(dtype: type) -> tuple[Array, list[Array]]:
    """Every special parameter against every special gradient; later steps pair them anew."""
    tiny, huge = np.finfo(dtype).tiny, np.finfo(dtype).max
    faint = tiny / np.finfo(dtype).eps
    magnitudes = [0, 1, 1e-3, np.sqrt(huge), huge, np.inf, np.nan]
    magnitudes += [
        tiny,
        tiny / 8,
        np.finfo(dtype).smallest_subnormal,
        np.sqrt(tiny),
        faint,
        faint * 10,
    ]
    values = np.array([sign * x for x in magnitudes for sign in (1, -1)], dtype)
    p, g = (a.ravel() for a in np.meshgrid(values, values))
    rng = np.random.default_rng(3)
    return p.copy(), [g.copy(), *(rng.permutation(g) for _ in range(STEPS - 1))]


def expected(case: Case, params: list[Array], gradients: list[list[Array]]) -> fastopt.Optimizer:
    opt = case.make([p.copy() for p in params])
    for grads in gradients:
        reference_step(opt, grads)
    return opt


@over_cases
@over_dtypes
def test_every_instruction_set_and_thread_count(case: Case, dtype: type, runtime: None) -> None:
    params = normal(shapes(case.optimizer), dtype, 0)
    gradients = [normal(shapes(case.optimizer), dtype, 1 + k) for k in range(STEPS)]
    want = expected(case, params, gradients)
    _core.set_grain(1)
    for isa in ISAS:
        _core.select_isa(isa)
        for threads in (1, 2, 5):
            fastopt.set_num_threads(threads)
            opt = case.make([p.copy() for p in params])
            for grads in gradients:
                opt.step(grads)
            assert_same(opt, want)


@over_cases
@over_dtypes
def test_long_array(case: Case, dtype: type, runtime: None) -> None:
    shape = (129, 131) if whole(case.optimizer) else (200_001,)
    (p,) = normal([shape], dtype, 0)
    gradients = [normal([shape], dtype, 1 + k) for k in range(2)]
    want = expected(case, [p], gradients)
    for isa in ISAS:
        _core.select_isa(isa)
        for threads in (1, 2, 5):
            fastopt.set_num_threads(threads)
            opt = case.make([p.copy()])
            for grads in gradients:
                opt.step(grads)
            assert_same(opt, want)


@over_cases
@over_dtypes
def test_nan_infinity_zeros_and_denormals(case: Case, dtype: type, runtime: None) -> None:
    p, gradients = special(dtype)
    p, *gradients = (as_taken(case.optimizer, a) for a in (p, *gradients))
    want = expected(case, [p], [[g] for g in gradients])
    for isa in ISAS:
        _core.select_isa(isa)
        opt = case.make([p.copy()])
        for g in gradients:
            opt.step([g])
        assert_same(opt, want)


@over_cases
def test_grouping_does_not_matter(case: Case, runtime: None) -> None:
    """All arrays in one call, of both dtypes, or each in its own, if they know nothing of each other."""
    of = shapes(case.optimizer)
    params = normal(of, np.float32, 0) + normal(of, np.float64, 1)
    gradients = [normal(of, np.float32, 2 + k) + normal(of, np.float64, 9 + k) for k in range(STEPS)]
    together = case.make([p.copy() for p in params])
    apart = [] if sums_over_all(together) else [case.make(p.copy()) for p in params]
    _core.set_grain(1)
    fastopt.set_num_threads(3)
    for grads in gradients:
        together.step(grads)
        for opt, g in zip(apart, grads, strict=False):
            opt.step(g)
    assert_same(together, expected(case, params, gradients))
    for k, opt in enumerate(apart):
        assert np.array_equal(together.params[k], opt.params)
        for slot, arrays_ in elements(opt).items():
            assert np.array_equal(together.state[slot][k], arrays_)


WITH_SUMS = [case for case in CASES if _core.rules[case.make(np.zeros((1, 1)))._rule].sums]


@pytest.mark.parametrize("case", WITH_SUMS, ids=lambda case: case.name)
@over_dtypes
def test_sums_go_by_indices_whatever_the_layout(case: Case, dtype: type, runtime: None) -> None:
    """Blocks of a sum begin and end anywhere in rows and planes."""
    p, *gradients = normal([(23, 29, 31)] * 4, dtype, 0)
    want = expected(case, [p], [[g] for g in gradients])
    _core.set_grain(1)
    fastopt.set_num_threads(3)
    for axes in ((0, 1, 2), (2, 1, 0), (1, 2, 0)):
        opt = case.make([p.transpose(axes).copy().transpose(np.argsort(axes))])
        for g in gradients:
            opt.step([g])
        assert_same(opt, want)


@over_cases
@over_dtypes
def test_dead_parameters_come_to_rest(case: Case, dtype: type) -> None:
    """No gradient for long: state ends at zero or a normal number, never between, as in the reference."""
    shape = (3, 4) if whole(case.optimizer) else (33,)
    (p,) = normal([shape], dtype, 0)
    opt, want = case.make(p.copy()), case.make(p.copy())
    (g,) = normal([shape], dtype, 1)
    for k in range(1200 if dtype is np.float32 or whole(case.optimizer) else 7500):
        opt.step(g)
        reference_step(want, g)
        if k == 2:
            g = np.zeros_like(g)
    assert_same(opt, want)
    for slot, a in opt.state.items():
        denormal = (a != 0) & (np.abs(a) < np.finfo(a.dtype).tiny)
        assert not denormal.any(), slot


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.__name__)
@settings(max_examples=150)
@given(data=st.data())
def test_any_values(dtype: type, data: st.DataObject) -> None:
    case = data.draw(st.sampled_from(CASES))
    n = data.draw(st.integers(0, 40))
    values = arrays(dtype, n, elements=st.floats(width=8 * np.dtype(dtype).itemsize))
    p = as_taken(case.optimizer, data.draw(values))
    opt, want = case.make(p.copy()), case.make(p.copy())
    for _ in range(data.draw(st.integers(1, 3))):
        g = as_taken(case.optimizer, data.draw(values))
        opt.step(g)
        reference_step(want, g)
    assert_same(opt, want)
