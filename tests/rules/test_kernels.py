"""fastopt.kernels: the functions for those who own their loop."""

import functools
import inspect
import itertools
import warnings
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from cases import CASES, Case
from fastopt import _core, kernels, reference
from shapes import as_taken
from support import DTYPES, Array, assert_same, raises, reference_step, same, state_for

RULES = sorted(_core.rules)
VALUES = {
    "lr": 0.1,
    "momentum": 0.8,
    "dampening": 0.3,
    "alpha": 0.9,
    "beta1": 0.8,
    "beta2": 0.95,
    "beta3": 0.9,
    "shampoo_beta": 0.9,
    "eps1": 1e-3,
    "lr_decay": 0.1,
    "eps": 1e-6,
    "weight_decay": 0.01,
}


def calls(rule: str) -> list[tuple[set[str], dict[str, Any]]]:
    """Every set of optional slots with every setting of the flags."""
    parameters = inspect.signature(getattr(reference, rule)).parameters
    slots = [slot for slot, option in _core.rules[rule].slots if option is not None]
    flags = [n for n, p in parameters.items() if isinstance(p.default, bool)]
    hypers = {n: VALUES.get(n, parameters[n].default) for n in _core.rules[rule].hypers}
    rows = []
    for on in itertools.product((False, True), repeat=len(slots)):
        for settings in itertools.product((False, True), repeat=len(flags)):
            given = {slot for slot, yes in zip(slots, on, strict=True) if yes}
            without = {option for slot, option in _core.rules[rule].slots if option and slot not in given}
            hyper = hypers | dict.fromkeys(without & hypers.keys(), 0.0)
            rows.append((given, {**hyper, **dict(zip(flags, settings, strict=True))}))
    return rows


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.__name__)
@pytest.mark.parametrize("rule", RULES)
def test_same_bits_as_the_reference(rule: str, dtype: type) -> None:
    rng = np.random.default_rng(0)
    for given, keywords in calls(rule):
        arrays = {"p": rng.standard_normal((5, 7)).astype(dtype), **state_for(rule, (5, 7), dtype, given)}
        mine = {n: None if a is None else a.copy() for n, a in arrays.items()}
        for step in (1, 2, 3):
            g = rng.standard_normal((5, 7)).astype(dtype)
            getattr(reference, rule)(g=g, **arrays, step=step, **keywords)
            getattr(kernels, rule)(mine["p"], g, *list(mine.values())[1:], step=step, **keywords)
        for name, a in arrays.items():
            assert a is None or same(mine[name], a), (name, given, keywords)


def test_all_ways_to_pass_arrays() -> None:
    def fresh() -> tuple[Array, ...]:
        return np.ones(3), np.full(3, 2.0), np.zeros(3), np.zeros(3)

    results = []
    for k in range(4):
        p, g, m, v = fresh()
        if k == 0:
            kernels.adam(p, g, m, v)
        elif k == 1:
            kernels.adam(p, g, m, v, None, step=1)
        elif k == 2:
            kernels.adam(p, g, v=v, m=m)
        else:
            kernels.adam(v=v, m=m, g=g, p=p, lr=1e-3)
        results.append(p)
    assert all(np.array_equal(p, results[0]) for p in results)


def test_bad_calls_change_nothing() -> None:
    p, g, m, v = np.ones(3), np.ones(3), np.zeros(3), np.zeros(3)
    adam: Any = kernels.adam
    with raises(TypeError, "missing a required argument: 'v'"):
        adam(p, g, m)
    with raises(TypeError, "got an unexpected keyword argument 'beta3'"):
        adam(p, g, m, v, beta3=0.9)
    with raises(TypeError, "too many positional arguments"):
        adam(p, g, m, v, None, 1)
    with raises(ValueError, "step: expected the number of this step, from 1 to 2**53, got 0"):
        adam(p, g, m, v, step=0)
    with raises(TypeError, "step: expected a whole number, the number of this step, got 1.5"):
        adam(p, g, m, v, step=1.5)
    with raises(
        ValueError, "step: expected the number of this step, from 1 to 2**53, got 9223372036854775808"
    ):
        adam(p, g, m, v, step=2**63)
    with raises(TypeError, "maximize: expected True or False, got 'no'"):
        adam(p, g, m, v, maximize="no")
    with raises(ValueError, "lr: expected a finite number >= 0, got 1000"):
        adam(p, g, m, v, lr=10**400)
    with raises(ValueError, "beta1: expected a number in [0, 1), got 1.0"):
        adam(p, g, m, v, beta1=1.0)
    with raises(ValueError, "lr: expected a finite number >= 0, got nan"):
        adam(p, g, m, v, lr=float("nan"))
    with raises(TypeError, "m: expected a NumPy array, got list"):
        adam(p, g, [0.0, 0.0, 0.0], v)
    with raises(TypeError, "v: expected a NumPy array, got NoneType"):
        adam(p, g, m, None)
    with raises(ValueError, "m: expected float64 of shape (3,), got float64 of shape (4,)"):
        adam(p, g, np.zeros(4), v)
    with raises(TypeError, "g: expected float64 of shape (3,), got float32 of shape (3,)"):
        adam(p, g.astype(np.float32), m, v)
    with raises(ValueError, "p and g overlap in memory"):
        adam(p, p, m, v)
    with raises(ValueError, "m and v overlap in memory"):
        adam(p, g, m, m)
    with raises(ValueError, "g and m overlap in memory"):
        adam(p, g, g, v)
    with raises(ValueError, "b: expected an array, as momentum is 0.9, got None"):
        kernels.rmsprop(p, g, v, momentum=0.9)
    with raises(ValueError, "m: expected the memory order of p"):
        a = np.ones((2, 3))
        adam(a, a.copy(), np.zeros((3, 2)).T, np.zeros((2, 3)))
    with raises(ValueError, "p: expected a writeable array, got a read-only one"):
        adam(np.broadcast_to(np.ones(1), 3), g, m, v)
    assert (p == 1).all()
    assert not m.any()
    assert not v.any()


def test_a_gradient_in_another_order_is_read_correctly() -> None:
    rng = np.random.default_rng(1)
    p = rng.standard_normal((4, 5))
    g = rng.standard_normal((5, 4)).T
    want = p - 0.1 * g
    kernels.sgd(p, g, lr=0.1)
    assert np.array_equal(p, want)
    kernels.sgd(p, rng.standard_normal((8, 10))[::2, ::-2] * 0, lr=0.1)
    assert np.array_equal(p, want)


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.__name__)
@pytest.mark.parametrize(
    "number", [np.float32, np.float64, np.longdouble, np.int8, np.int64, np.uint64, int, Fraction]
)
@pytest.mark.parametrize("rule", RULES)
def test_numbers_of_any_kind_are_python_floats(rule: str, number: Any, dtype: type) -> None:
    """The type of a hyperparameter does not promote the arrays, in kernel and reference alike."""
    rng = np.random.default_rng(2)
    values, flags = {}, {}
    for name, parameter in inspect.signature(getattr(reference, rule)).parameters.items():
        if isinstance(parameter.default, bool):
            flags[name] = np.bool_(True)
        elif name in _core.rules[rule].hypers:
            bounds = kernels._bounds_of(rule)[name]
            floating = VALUES.get(name, parameter.default)
            whole = next((number(n) for n in (1, 0) if bounds.holds(n)), floating)
            values[name] = number(floating) if issubclass(number, np.floating) else whole
    options = [slot for slot, _ in _core.rules[rule].slots]
    start = rng.standard_normal((3, 3)).astype(dtype) ** 2
    mine, theirs = ([start.copy(), *state_for(rule, (3, 3), dtype, options).values()] for _ in range(2))
    for step in (1, 2):
        g = rng.standard_normal((3, 3)).astype(dtype)
        for functions, arrays in ((kernels, mine), (reference, theirs)):
            p, *state = arrays
            getattr(functions, rule)(p, g, *state, step=np.int64(step), **values, **flags)
        assert all(same(a, b) for a, b in zip(mine, theirs, strict=True))


SUBCLASSES: list[Any] = [
    lambda a: np.ma.array(a, mask=a > 0),
    lambda a: np.ma.array(a, mask=a < 0, hard_mask=True),
    np.matrix,
    lambda a: a.view(np.recarray),
]


@pytest.mark.parametrize("wrap", SUBCLASSES)
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_subclasses_are_taken_as_they_lie_in_memory(rule: str, wrap: Any) -> None:
    rng = np.random.default_rng(3)
    row = _core.rules[rule]
    shapes = {slot: (3, 3) for slot, _ in row.slots} | _core.state_shapes(rule, (3, 3))
    plain = [rng.standard_normal(shape) ** 2 for shape in ((3, 3), (3, 3), *shapes.values())]
    plain += [np.ones(1) for _ in row.scalars]
    mine, theirs = ([wrap(a.copy()) if a.ndim == 2 else a.copy() for a in plain] for _ in range(2))
    hyper = {"lr": 0.5, "weight_decay": 0.1} if row.decay != "own" else {}
    getattr(kernels, rule)(*mine, **hyper)
    getattr(reference, rule)(*theirs, **hyper)
    p, g, *state = plain
    getattr(kernels, rule)(p, g, *state, **hyper)
    for want, a, b in zip(plain, mine, theirs, strict=True):
        assert same(np.asarray(a), want)
        assert same(np.asarray(b), want)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_reference_steps_over_subclasses(case: Case) -> None:
    rng = np.random.default_rng(3)
    start = rng.standard_normal((2, 3, 3))
    want = case.make([p.copy() for p in start])
    opt = case.make([np.matrix(start[0]), np.ma.array(start[1].copy(), mask=True)])
    for _ in range(2):
        g, h = rng.standard_normal((2, 3, 3))
        want.step([g, h])
        reference.step(opt, [np.ma.array(g, mask=g > 0), np.matrix(h)])
    for a, b in zip(opt.params, want.params, strict=True):
        assert same(np.asarray(a), b)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_error_state_stops_a_step_halfway(case: Case) -> None:
    rng = np.random.default_rng(4)
    values = np.array([0, 1, 1e-20, 1e-40, 1e20, 3e38, np.inf, np.nan], np.float32)
    p = as_taken(case.optimizer, rng.choice(values, 50))
    opts = [case.make(p.copy()) for _ in range(3)]
    for _ in range(3):
        g = as_taken(case.optimizer, rng.choice(values, 50))
        reference_step(opts[0], g)
        with np.errstate(all="raise"), warnings.catch_warnings(action="error"):
            reference.step(opts[1], g)
            opts[2].step(g)
    assert_same(opts[1], opts[0])
    assert_same(opts[2], opts[0])


def test_a_copy_whose_update_nobody_would_see_is_refused() -> None:
    P, g, rows = np.ones((5, 3)), np.full((2, 3), 2.0), [0, 1]
    mask = np.arange(5) < 2
    lost: list[Any] = [
        lambda: kernels.sgd(P[rows], g),
        lambda: kernels.sgd(P[mask], g, lr=0.5),
        lambda: kernels.sgd(p=P[rows], g=g),
        lambda: kernels.sgd(g=g, p=P[rows]),
        lambda: kernels.sgd(P[rows].T, g.T),
        lambda: kernels.sgd(P[rows].reshape(-1), g.reshape(-1)),
        lambda: kernels.sgd(P[:2].copy(), g),
        lambda: kernels.sgd(P[:2] + 0, g),
        lambda: kernels.adam(P[rows], g, np.zeros_like(g), np.zeros_like(g), step=3),
    ]
    for call in lost:
        with raises(
            ValueError, "p: expected an array that is kept, got a copy made for this call, as P[rows]"
        ):
            call()
    assert (P == 1).all()


def test_arrays_that_somebody_keeps_are_not_refused() -> None:
    class Layer:
        W = np.ones((2, 3))

    P, g = np.ones((5, 3)), np.full((2, 3), 2.0)
    q = P[[0, 1]]
    named, listed, layer = {"W": P[[0, 1]]}, [P[[0, 1]]], Layer()

    def update(p: Array) -> None:
        kernels.sgd(p, g, lr=1.0)

    for p in (q, q.T.T, P[:2], named["W"], listed[0], layer.W):
        before = p.copy()
        kernels.sgd(p, g, lr=0.25)
        kernels.sgd(p=p, g=g, lr=0.25)
        kernels.sgd(*[p, g], lr=0.25)
        functools.partial(kernels.sgd, p)(g, lr=0.25)
        assert np.array_equal(p, before - 2)
    kernels.sgd(P[2:4], g)
    kernels.sgd(named["W"], g)
    kernels.sgd(listed[0].reshape(-1), g.reshape(-1))
    kernels.sgd(layer.W.T, g.T)
    update(q)
    list(map(update, listed))


@pytest.mark.parametrize("eps", [1e-30, 0.0])
def test_tiny_gradients_do_not_throw_parameters_off(eps: float) -> None:
    """A mean of squares that underflows is no licence to divide by nothing."""
    p = np.ones(5, np.float32)
    g = np.array([1e-18, -1e-20, 1e-30, 1e-42, 0.0], np.float32)
    kernels.adam(p, g, np.zeros_like(p), np.zeros_like(p), lr=1e-3, eps=eps)
    assert (np.abs(p - 1) <= 1.01e-3).all()
    kernels.rmsprop(p, g, np.zeros_like(p), lr=1e-3, eps=eps)
    assert np.isfinite(p).all()
    assert (np.abs(p - 1) <= 0.02).all()


def test_large_arrays_let_other_threads_run() -> None:
    p, g = np.ones(200_001), np.ones(200_001)
    kernels.sgd(p, g, lr=0.5)
    assert (p == 0.5).all()
