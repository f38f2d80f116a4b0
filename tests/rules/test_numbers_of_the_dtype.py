"""Hyperparameters that float32 has no number for are refused by name, wherever they come from."""

import inspect
import re
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import fastopt
from fastopt import kernels, reference
from support import Array, state_for

WITH_EPS = [
    fastopt.SignSGD,
    fastopt.Adagrad,
    fastopt.RMSprop,
    fastopt.Adam,
    fastopt.AdamW,
    fastopt.Adamax,
]
ZERO = "expected 0 or a number that is not 0 in float32 (1.4e-45 on), got"
INFINITE = "expected a number in the range of float32 (up to 3.4e+38), got"


def raises(message: str) -> Any:
    return pytest.raises(ValueError, match="^" + re.escape(message))


def single(n: int = 3) -> Array:
    return np.ones(n, np.float32)


def untouched(opt: fastopt.Optimizer) -> bool:
    return bool((np.asarray(opt.params) == 1).all()) and opt.steps == 0


@pytest.mark.parametrize("cls", WITH_EPS)
def test_an_eps_that_would_be_zero(cls: Any) -> None:
    for eps in (1e-46, 2.0**-150, 5e-324):
        with raises(f"eps: {ZERO} {eps!r}"):
            cls(single(), eps=eps)
        with raises(f"eps: {ZERO} {eps!r}"):
            cls({"a": np.ones(3), "b": single()}, eps=eps)
        cls(np.ones(3), eps=eps).step(np.zeros(3))
        opt = cls(single())
        before = opt.eps
        with raises(f"eps: {ZERO} {eps!r}"):
            opt.eps = eps
        assert opt.eps == before
        opt.eps = lambda t, eps=eps: 1e-8 if t else eps
        with raises(f"eps at step 0: {ZERO} {eps!r}"):
            opt.step(single())
        assert untouched(opt)
    for eps in (0.0, np.nextafter(2.0**-150, 1), 1e-45, 1e-40, 1e-8):
        cls(single(), eps=eps).step(single())


@pytest.mark.parametrize("cls", WITH_EPS)
@pytest.mark.parametrize("eps", [Fraction(1, 10**400), Fraction(1, 2**1080)])
def test_an_eps_that_is_zero_even_in_double(cls: Any, eps: Any) -> None:
    for p in (np.ones(3), single()):
        with raises("eps: expected 0 or a number that is not 0 in float64 (4.9e-324 on), got "):
            cls(p, eps=eps)


@pytest.mark.parametrize("functions", [kernels, reference])
@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("lr", 10**400, ValueError),
        ("lr", np.inf, ValueError),
        ("eps", np.nan, ValueError),
        ("lr", 1j, TypeError),
        ("beta1", "0.9", TypeError),
        ("eps", None, TypeError),
        ("step", 0, ValueError),
        ("step", -1, ValueError),
        ("step", 10**400, ValueError),
        ("step", 1.5, TypeError),
        ("step", np.nan, TypeError),
    ],
)
def test_what_is_no_number_for_a_function(functions: Any, name: str, value: Any, error: type) -> None:
    p, m, v = np.ones(3), np.zeros(3), np.zeros(3)
    with pytest.raises(error, match=f"^{name}: expected "):
        functions.adam(p, np.ones(3), m, v, **{name: value})
    assert (p == 1).all()
    assert (m == 0).all()


@pytest.mark.parametrize("functions", [kernels, reference])
@pytest.mark.parametrize("rule", ["signsgd", "adagrad", "rmsprop", "adam", "adamw", "adamax"])
def test_an_eps_that_would_be_zero_in_a_function(rule: str, functions: Any) -> None:
    slots = {"signsgd": 0, "adagrad": 1, "rmsprop": 1}.get(rule, 2)
    for dtype, eps in ((np.float32, 1e-40), (np.float64, 1e-46), (np.float64, 5e-324)):
        p, state = np.ones(3, dtype), [np.zeros(3, dtype) for _ in range(slots)]
        getattr(functions, rule)(p, np.zeros(3, dtype), *state, eps=eps)
    p, state = single(), [np.zeros(3, np.float32) for _ in range(slots)]
    with raises(f"eps: {ZERO} 1e-46"):
        getattr(functions, rule)(p, single(), *state, eps=1e-46)
    with raises(f"eps: {ZERO} 1e-46"):
        getattr(functions, rule)(p, single(), *state, eps=np.float64(1e-46))
    with raises(f"lr: {INFINITE} 1e+39"):
        getattr(functions, rule)(p, single(), *state, lr=1e39)
    assert (p == 1).all()
    assert all((s == 0).all() for s in state)


def test_what_would_be_infinite() -> None:
    largest = 2.0**128 - 2.0**103
    for name in ("lr", "eps", "weight_decay"):
        with raises(f"{name}: {INFINITE} 1e+39"):
            fastopt.Adam(single(), **{name: 1e39})
        with raises(f"{name}: {INFINITE} {largest!r}"):
            fastopt.Adam(single(), **{name: largest})
        fastopt.Adam(single(), **{name: np.nextafter(largest, 0)})
        fastopt.Adam(np.ones(3), **{name: 1e39})
    opt = fastopt.SGD(single(), lr=lambda t: 1e39)
    with raises(f"lr at step 0: {INFINITE} 1e+39"):
        opt.step(single())
    assert untouched(opt)


def test_the_start_of_adagrad() -> None:
    with raises(f"initial_accumulator_value: {ZERO} 1e-46"):
        fastopt.Adagrad(single(), initial_accumulator_value=1e-46)
    with raises(f"initial_accumulator_value: {INFINITE} 1e+39"):
        fastopt.Adagrad(single(), initial_accumulator_value=1e39)
    assert fastopt.Adagrad(np.ones(3), initial_accumulator_value=1e-46).state["v"][0] == 1e-46


def test_a_learning_rate_may_fade_away() -> None:
    """It is no guard: 0 is what it comes to."""
    opt = fastopt.SGD(single(), lr=lambda t: 1e-50, momentum=0.5)
    opt.step(single())
    assert (opt.params == 1).all()


@pytest.mark.parametrize("functions", [reference, kernels])
@pytest.mark.parametrize("rule", reference.__all__)
@pytest.mark.parametrize(
    ("name", "value"), [("lr", 10**400), ("step", 10**400), ("step", 0), ("step", -1), ("step", 2**53 + 2)]
)
def test_numbers_beyond_all(name: str, value: int, rule: str, functions: Any) -> None:
    """Whoever computes, it is a ValueError that names the argument, before anything is written."""
    if name not in inspect.signature(getattr(reference, rule)).parameters:
        pytest.skip("the rule has none")
    state = state_for(rule, (2, 2), float).values()
    arrays = [np.ones((2, 2)), np.ones((2, 2)), *(a for a in state if a is not None)]
    with pytest.raises(ValueError, match=f"^{name}: expected "):
        getattr(functions, rule)(*arrays, **{name: value})
    assert all((a == 1).all() for a in arrays)
