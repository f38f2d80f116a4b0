"""Nothing sinks into denormal numbers: no operation of a rule underflows where little is fed to it.

NumPy reports underflow where it is asked to: that is what the reference is held against here, and the kernels
against its bits.
"""

import itertools
from typing import Any

import numpy as np
import pytest

import fastopt
from cases import CASES, Case
from fastopt import reference
from shapes import as_taken
from support import DTYPES, Array, assert_same, reference_step

over_cases = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
over_dtypes = pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.__name__)


def step_without_underflow(opt: fastopt.Optimizer, g: Array) -> None:
    """As `reference.step`, but an operation whose result is denormal, or rounds to zero, raises."""
    with np.errstate(under="raise"):
        reference._step(opt, g)


def normal(n: int, dtype: type, seed: int) -> Array:
    return np.random.default_rng(seed).standard_normal(n).astype(dtype)


@over_cases
@over_dtypes
def test_gradients_that_have_always_been_zero(case: Case, dtype: type) -> None:
    start = as_taken(case.optimizer, normal(18, dtype, 0))
    opt, kernel = (case.make(start.copy()) for _ in range(2))
    for k in range(30):
        g = np.zeros_like(start)
        g.flat[0] = normal(30, dtype, 1)[k]  # an element that lives, beside them
        step_without_underflow(opt, g)
        kernel.step(g)
    assert_same(kernel, opt)


@pytest.mark.parametrize("beta", [0.0, 1e-30, 0.01, 0.25, 0.5, 0.9, 0.999, 1 - 1e-7])
@over_dtypes
def test_any_decay_of_the_squares(beta: float, dtype: type) -> None:
    """From the first step on, and after a life."""
    makes: list[Any] = [
        lambda p: fastopt.RMSprop(p, alpha=beta, eps=0.0),
        lambda p: fastopt.Adam(p, betas=(0.0, beta), eps=0.0),
        lambda p: fastopt.AdamW(p, betas=(0.0, beta), amsgrad=True),
        lambda p: fastopt.Adamax(p, betas=(0.0, beta), eps=0.0),
    ]
    for make in makes:
        opt = make(normal(17, dtype, 0))
        for _ in range(5):
            step_without_underflow(opt, np.zeros(17, dtype))
            assert all((a == 0).all() for a in opt.state.values())
        opt.step(normal(17, dtype, 1))
        for _ in range(10):
            opt.step(np.zeros(17, dtype))
        assert np.isfinite(opt.params).all()


WITH_SQUARES = [case for case in CASES if case.optimizer not in (fastopt.SGD, fastopt.SignSGD)]


@pytest.mark.parametrize("case", WITH_SQUARES, ids=lambda case: case.name)
@over_dtypes
def test_small_gradients(case: Case, dtype: type) -> None:
    """Their squares would be denormal, or nothing at all; they are not themselves."""
    tiny = float(np.finfo(dtype).tiny)
    sizes = [tiny**power * spread for power in (0.47, 0.5, 0.55, 0.7, 0.8) for spread in (-1.0, 0.3, 2.0)]
    g = as_taken(case.optimizer, np.array(sizes, dtype))
    opt, kernel = (case.make(np.zeros_like(g)) for _ in range(2))
    decays = "weight_decay" in case.hyper and case.optimizer is not fastopt.AdamW
    for _ in range(3):
        (reference_step if decays else step_without_underflow)(opt, g)  # a term of L2 has a size of its own
        kernel.step(g)
    assert_same(kernel, opt)


@over_dtypes
@pytest.mark.parametrize(
    "make",
    [
        lambda p: fastopt.SGD(p, lr=0.5, weight_decay=0.5),
        lambda p: fastopt.SGD(p, lr=0.5, weight_decay=0.5, momentum=0.5),
        lambda p: fastopt.AdamW(p, lr=0.5, weight_decay=0.5),
        lambda p: fastopt.Adam(p, lr=1e-9, weight_decay=0.5),
    ],
)
def test_weights_that_decay_come_to_rest(make: Any, dtype: type) -> None:
    opt = make(normal(9, dtype, 0))
    g = np.zeros(9, dtype)
    for _ in range(600 if dtype is np.float32 else 4000):
        opt.step(g)
    size = np.abs(opt.params)
    assert ((size == 0) | (size >= np.finfo(dtype).tiny)).all()
    for _ in range(3):
        step_without_underflow(opt, g)


@over_dtypes
def test_weights_that_do_not_decay_are_left_alone(dtype: type) -> None:
    small = np.array([np.finfo(dtype).tiny, np.finfo(dtype).smallest_subnormal], dtype)
    opt = fastopt.AdamW(small.copy(), weight_decay=0.0)
    opt.step(np.zeros(2, dtype))
    assert np.array_equal(opt.params, small)


@over_dtypes
@pytest.mark.parametrize("beta", [0.9, 0.999])
def test_a_square_counts_from_the_first_normal_one(beta: float, dtype: type) -> None:
    """Above that, steps are those of exact arithmetic: the guards take nothing that is not denormal."""
    g = np.sqrt(np.float64(np.finfo(dtype).tiny) / (1 - beta)) * np.array([0.5, 1.1, 2.0, 100.0])
    p = np.zeros(4, dtype)
    opt = fastopt.RMSprop(p, lr=1.0, alpha=beta, eps=0.0)
    opt.step(g.astype(dtype))
    assert (opt.state["v"] > 0).tolist() == [False, True, True, True]
    assert np.allclose(p[1:], -1 / np.sqrt(1 - beta), rtol=1e-5)


@pytest.mark.parametrize("eps", [0.0, 1e-45, 1e-40, 1e-30, 1e-8])
@over_dtypes
def test_no_gradient_is_no_step_whatever_eps(eps: float, dtype: type) -> None:
    """Also where it comes and goes: 0 / 0 is nowhere."""
    classes = (fastopt.SignSGD, fastopt.Adagrad, fastopt.RMSprop, fastopt.Adam, fastopt.AdamW, fastopt.Adamax)
    flags = ("eps_inside", "eps_outside", "eps_hat", "centered", "amsgrad", "bias_correction", "maximize")
    for cls in classes:
        fields = [name for name in flags if name in cls.__dataclass_fields__]
        for values in itertools.product((False, True), repeat=len(fields)):
            hyper = dict(zip(fields, values, strict=True)) | {"eps": eps}
            if cls is fastopt.AdamW:
                hyper["weight_decay"] = 0.0
            p = normal(5, dtype, 0)
            start, opt, want = p.copy(), cls(p, **hyper), cls(p.copy(), **hyper)
            for _ in range(3):
                opt.step(np.zeros(5, dtype))
                reference_step(want, np.zeros(5, dtype))
            assert np.array_equal(p, start), hyper
            for k in range(4):
                g = np.zeros(5, dtype)
                g[k % 3] = 1
                opt.step(g)
                reference_step(want, g)
            assert_same(opt, want)
            assert np.isfinite(p).all(), (cls, hyper)
            assert np.array_equal(p[3:], start[3:]), (cls, hyper)
