"""Gradients may lie in memory as they like: the bits are those of the same numbers in the usual order."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fastopt
from cases import CASES, Case
from fastopt import _core, kernels
from shapes import whole
from support import DTYPES, Array, arrays_of, assert_same, raises


def spread(a: Array, axis: int = -1, step: int = 2) -> Array:
    """The same numbers with gaps between them, or the other way round in memory."""
    shape = list(a.shape)
    shape[axis] *= abs(step)
    wide = np.zeros(shape, a.dtype)
    index = [slice(None)] * a.ndim
    index[axis] = slice(None, None, step)
    wide[tuple(index)] = a
    return wide[tuple(index)]


LAYOUTS: dict[str, Callable[[Array], Array]] = {
    "C": np.ascontiguousarray,
    "Fortran": np.asfortranarray,
    "permuted": lambda a: np.moveaxis(np.moveaxis(a, 0, -1).copy(), -1, 0),
    "gaps": spread,
    "gaps between rows": lambda a: spread(a, 0, 3),
    "backwards": lambda a: spread(a, -1, -1),
    "rows backwards": lambda a: spread(a, 0, -1),
    "Fortran with gaps": lambda a: spread(a.T, -1, 2).T,
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_gradient_in_any_layout(case: Case, runtime: None) -> None:
    """Shares and blocks begin and end anywhere in rows and planes."""
    _core.set_grain(1)
    fastopt.set_num_threads(3)
    rng = np.random.default_rng(0)
    shape = (37, 41) if whole(case.optimizer) else (23, 31, 29)
    for dtype, order in zip(DTYPES, "CF", strict=True):
        p = np.array(rng.standard_normal(shape), dtype, order=order)
        gradients = [np.array(rng.standard_normal(shape), dtype, order=order) for _ in range(2)]
        want = case.make([p.copy(order), p.copy(order)])
        for g in gradients:
            want.step([g, g])
        for name, layout in LAYOUTS.items():
            opt = case.make([p.copy(order), p.copy(order)])
            for g in gradients:
                assert np.array_equal(layout(g), g), name
                opt.step([layout(g), g])  # one in its own layout beside it
            assert_same(opt, want)


@settings(max_examples=100)
@given(data=st.data())
def test_any_views(data: st.DataObject) -> None:
    """Axes of any number in any order, backwards, with gaps, of one element, of none, or repeated."""
    lengths = data.draw(st.lists(st.integers(0, 9), max_size=6))
    steps = [data.draw(st.sampled_from([1, 1, 2, -1, -3])) for _ in lengths]
    wide = np.arange(np.prod([n * abs(s) for n, s in zip(lengths, steps, strict=True)]), dtype=np.float64)
    view = wide.reshape([n * abs(s) for n, s in zip(lengths, steps, strict=True)])
    view = view[(..., *(slice(None, None, s) for s in steps))]
    view = view.transpose(data.draw(st.permutations(range(view.ndim))))
    if view.ndim and len(view) and data.draw(st.booleans()):
        view = np.broadcast_to(view[:1], (3, *view.shape[1:]))
    axes = data.draw(st.permutations(range(view.ndim)))
    p = np.zeros([view.shape[k] for k in axes]).transpose(np.argsort(axes))
    kernels.sgd(p, view, lr=1.0)
    assert np.array_equal(p, 0 - view)


def test_as_many_axes_as_numpy_has() -> None:
    shape = (1,) * 20 + (2, 1, 3) * 4
    g = np.arange(6.0**4).reshape(shape)
    for layout in LAYOUTS.values():
        p = np.zeros(shape)
        kernels.sgd(p, layout(g), lr=1.0)
        assert np.array_equal(p, 0 - g)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("layout", ["C", "Fortran", "gaps"])
def test_the_first_gradient_that_is_not_finite_is_named(case: Case, layout: str, runtime: None) -> None:
    """Wherever in the array it is, whoever looks; nothing has changed then."""
    _core.set_grain(1)
    fastopt.set_num_threads(3)
    shape = (113, 127)
    params = [np.ones(shape, np.float32), np.ones((2, 2)), np.ones(shape)]
    opt, want = (case.make([p.copy() for p in params]) for _ in range(2))
    for at in ((0, 0), (60, 60), (112, 126)):
        grads = [np.ones_like(p) for p in params]
        for k in (1, 2):
            grads[k][tuple(np.minimum(at, np.subtract(grads[k].shape, 1)))] = np.nan
            grads[0][at] = np.inf if k == 1 else 1
            with raises(FloatingPointError, f"grads[{0 if k == 1 else 1}]: expected finite values"):
                opt.step([LAYOUTS[layout](g) for g in grads], check_finite=True)
    grads = [np.ones_like(p) for p in params]
    grads[2][-1, -1] = -np.inf
    with raises(FloatingPointError, "grads[2]: expected finite values, got NaN or infinity"):
        opt.step([LAYOUTS[layout](g) for g in grads], check_finite=True)
    for name, array in arrays_of(want).items():
        assert np.array_equal(arrays_of(opt)[name], array), name
    assert opt.steps == 0
