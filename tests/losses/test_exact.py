"""The compiled losses: as the reference has them, and the same bits whatever runs them and beside what."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fastopt
from fastopt import _core, losses, losses_reference
from losses_table import COMPILED, LossCase
from support import DTYPES, ISAS, Array, same

each_case = pytest.mark.parametrize("case", COMPILED, ids=str)
each_dtype = pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.__name__)


def exactly(case: LossCase, s: Array, y: Array) -> tuple[Array, Array]:
    """Values and slopes by the reference in long double."""
    y = y if case.kind == "labels" else y.astype(np.longdouble)
    return getattr(losses_reference, case.name)(s.astype(np.longdouble), y, **case.options)


# Rows and columns around the sizes at which the kernels change their way: 16 rows side by side, of 128
# columns at the most; 32 lanes; 1024 columns that are added up before they go into double; blocks of 16384
# elements.
SHAPES = [
    *((n, c) for n in (1, 15, 16, 17, 33) for c in (1, 2, 3, 4, 5, 10, 127, 128, 129)),
    *((3, c) for c in (160, 161, 1023, 1024, 1025, 3000)),
    (1, 20_000),
    (1700, 10),
]


def made(case: LossCase, shape: tuple[int, ...], dtype: Any, seed: int = 0) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    return case.scores(rng, shape, dtype), case.targets(rng, shape, dtype)


@each_dtype
@each_case
def test_as_the_reference(case: LossCase, dtype: Any) -> None:
    eps = float(np.finfo(dtype).eps)
    for shape in SHAPES:
        s, y = made(case, shape, dtype)
        exact, slope = exactly(case, s, y)
        values, grad = case(s, y, reduction="none")
        assert values.dtype == grad.dtype == dtype
        assert (np.abs(values - exact) <= 5 * eps * (1 + exact)).all(), shape
        assert (np.abs(grad - slope) <= 3 * eps * (1 + np.abs(slope))).all(), shape
        for reduction, over in (("mean", shape[0]), ("sum", 1)):
            value, grad = case(s, y, reduction=reduction)
            assert type(value) is float
            assert abs(value - float(exact.sum()) / over) <= 10 * eps * (1 + exact.sum() / over), shape
            assert (np.abs(grad * over - slope) <= 5 * eps * (1 + np.abs(slope))).all(), shape


@each_dtype
@each_case
def test_the_same_bits_for_every_instruction_set_and_number_of_threads(
    case: LossCase, dtype: Any, runtime: None
) -> None:
    for shape in SHAPES:
        s, y = made(case, shape, dtype)
        runs = []
        for isa in ISAS:
            _core.select_isa(isa)
            for threads, grain in ((1, 1 << 20), (1, 0), (2, 0), (5, 0)):
                fastopt.set_num_threads(threads)
                _core.set_grain(grain)
                runs.append((*case(s, y), case(s, y, reduction="none")[0], (isa, threads)))
        for value, grad, values, where in runs:
            assert value == runs[0][0], (shape, where)
            assert same(grad, runs[0][1]), (shape, where)
            assert same(values, runs[0][2]), (shape, where)


@each_dtype
@each_case
def test_a_row_does_not_depend_on_the_others(case: LossCase, dtype: Any) -> None:
    for shape in ((37, 10), (5, 200), (3, 1500)):
        s, y = made(case, shape, dtype)
        values, grad = case(s, y, reduction="none")
        for first, last in ((0, 1), (1, 3), (2, shape[0])):
            part, part_grad = case(s[first:last], y[first:last], reduction="none")
            assert same(part, values[first:last])
            assert same(part_grad, grad[first:last])


@each_dtype
@each_case
def test_in_place_is_the_same(case: LossCase, dtype: Any) -> None:
    for shape in SHAPES:
        for reduction in ("mean", "none"):
            s, y = made(case, shape, dtype)
            value, grad = case(s, y, reduction=reduction)
            other = np.full(shape, np.nan, dtype)
            assert case(s, y, reduction=reduction, out=other)[1] is other
            assert same(other, grad)
            again, mine = case(s, y, reduction=reduction, out=s)
            assert mine is s
            assert same(s, grad), shape
            assert np.array_equal(again, value)


@each_case
def test_values_that_are_not_finite_are_the_same_bits_too(case: LossCase, runtime: None) -> None:
    rng = np.random.default_rng(3)
    for shape in ((40, 10), (6, 300)):
        s, y = made(case, shape, np.float32)
        wild = rng.random(shape) < 0.02
        s[wild] = rng.choice([np.nan, np.inf, -np.inf, 3e38, -3e38, 1e-45, -0.0], wild.sum())
        runs = []
        for isa in ISAS:
            _core.select_isa(isa)
            runs.append(case(s, y, reduction="none"))
        for values, grad in runs:
            assert same(values, runs[0][0])
            assert same(grad, runs[0][1])
        nan = np.isnan(s)
        assert np.isnan(runs[0][0][nan.any(axis=1) if case.by_rows else nan]).all()


@given(
    st.sampled_from(COMPILED),
    st.sampled_from(DTYPES),
    st.integers(1, 70),
    st.integers(1, 300),
    st.sampled_from([1e-3, 1.0, 100.0, 1e4]),
    st.integers(0, 1000),
)
@settings(max_examples=150)
def test_any_shape_and_scale(case: LossCase, dtype: Any, n: int, c: int, scale: float, seed: int) -> None:
    s, y = made(case, (n, c), dtype, seed)
    s *= dtype(scale)
    exact, slope = exactly(case, s, y)
    values, grad = case(s, y, reduction="none")
    assert np.isfinite(values).all()
    # The difference of two scores far apart is rounded before anything else happens to it.
    unit = float(np.finfo(dtype).eps) * (1 + float(np.abs(s).max()))
    # The value of a divergence is what is left of sums as large as the entropy.
    assert (np.abs(values - exact) <= 8 * unit * (1 + exact + math.log(c))).all()
    if "hinge" not in case.name:  # a score at the kink may fall on either side
        assert (np.abs(grad - slope) <= 5 * unit * (1 + np.abs(slope))).all()


@each_dtype
@each_case
def test_a_sum_does_not_overflow_where_the_values_do_not(case: LossCase, dtype: Any, runtime: None) -> None:
    """Neither one in double of values in float32, nor the terms of a mean."""
    large = float(np.sqrt(np.finfo(np.float32).max)) / 4 if case.name == "squared_error" else 1e38
    for shape in ((1, 2000), (300, 10), (2, 300)):
        s, y = made(case, shape, dtype)
        if case.by_rows:
            s[:, 0], s[:, 1:] = large, 0
        else:
            s = np.where(y > 0, -large, large).astype(dtype)
        values, _ = case(s, y, reduction="none")
        assert np.isfinite(values).all()
        for isa in ISAS:
            _core.select_isa(isa)
            assert case(s, y, reduction="sum")[0] == pytest.approx(values.sum(dtype=float), rel=1e-5)


def normal_or_zero(grad: Array) -> Any:
    return ((grad == 0) | (np.abs(grad) >= np.finfo(grad.dtype).tiny)).all()


@each_dtype
@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_tiny_targets_leave_no_denormal_gradient(dtype: Any, reduction: str) -> None:
    tiny = float(np.finfo(dtype).tiny)
    sizes = tiny * 2.0 ** np.arange(-23, 60).repeat(3)
    for shape in ((3, len(sizes)), (40, 20)):
        p = np.resize(sizes, shape).astype(dtype)
        p[:, 0] = 1
        lowest = math.log(tiny)
        s = np.linspace(0, lowest, shape[1]).astype(dtype)[np.newaxis].repeat(shape[0], axis=0)
        for loss in (losses.softmax_cross_entropy, losses.kl_divergence):
            assert normal_or_zero(loss(s, p, reduction=reduction)[1])
            assert normal_or_zero(loss(np.log(p), p, reduction=reduction)[1])
        for size in sizes[(sizes >= tiny) | (dtype == np.float64)][::7]:
            smoothed = {"label_smoothing": float(size * shape[1]), "reduction": reduction}
            assert normal_or_zero(losses.softmax_cross_entropy(s, np.zeros(shape[0], int), **smoothed)[1])
            assert normal_or_zero(losses.softmax_cross_entropy(s, p, **smoothed)[1])
        assert normal_or_zero(losses.binary_cross_entropy(s, p, reduction=reduction)[1])
        assert normal_or_zero(losses.poisson_nll(s * 1.1, np.zeros_like(s), reduction=reduction)[1])
        for grad in losses.gaussian_nll(p, np.zeros_like(p), np.ones_like(p), reduction=reduction)[1]:
            assert normal_or_zero(grad)
        for function in (losses.squared_error, losses.huber):
            assert normal_or_zero(function(p, np.zeros_like(p), reduction=reduction)[1])


def test_gradients_that_would_be_denormal_are_zero() -> None:
    s = np.linspace(0, -110, 1000, dtype=np.float32)[np.newaxis].repeat(3, axis=0)
    for shape in ((3, 1000), (30, 100)):
        for name in ("softmax_cross_entropy", "kl_divergence"):
            p = np.eye(shape[1], dtype=np.float32)[np.zeros(shape[0], int)]
            _, grad = getattr(fastopt.losses, name)(s.reshape(shape), p)
            assert normal_or_zero(grad)
            assert (grad[:, 1:] > 0).sum() > 20
    _, grad = fastopt.losses.binary_cross_entropy(s, np.zeros_like(s))
    assert normal_or_zero(grad)
