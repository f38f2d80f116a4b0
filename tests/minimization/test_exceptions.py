"""Exceptions come through, and carry the result so far."""

import math

import numpy as np
import pytest

from fastopt import Status, minimize
from minimization.functions import ALL, ROSENBROCK, Evaluation, arguments, rosenbrock, rosenbrock_hess
from support import Array, same


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError, StopIteration])
@pytest.mark.parametrize("calls", [1, 2, 17])
def test_exceptions_carry_the_result(error: type[BaseException], calls: int) -> None:
    values = []

    def fun(x: Array) -> Evaluation:
        if len(values) == calls - 1:
            raise error
        value, gradient = rosenbrock(x)
        values.append(value)
        return value, gradient

    with pytest.raises(error) as caught:
        minimize(fun, ROSENBROCK)
    result = caught.value.result  # type: ignore[attr-defined]
    assert (result.status, result.success, result.nfev) == (Status.INTERRUPTED, False, calls)
    if values:
        assert result.fun == min(values) == rosenbrock(result.x)[0]
    else:
        assert same(result.x, ROSENBROCK)
        assert math.isnan(result.fun)
        assert np.isnan(result.jac).all()


def test_an_exception_in_the_callback_carries_the_result() -> None:
    def callback(x: Array) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        minimize(rosenbrock, ROSENBROCK, callback=callback)
    assert caught.value.result.nit == 1  # type: ignore[attr-defined]


def test_an_exception_that_takes_no_attributes_comes_through():
    class Frozen(Exception):
        def __setattr__(self, name, value):
            raise AttributeError(name)

    def fun(x):
        raise Frozen

    with pytest.raises(Frozen):
        minimize(fun, [1.0])


@pytest.mark.parametrize("method", ALL)
@pytest.mark.parametrize("after", [0, 4])
def test_exceptions_carry_the_result_of_every_method(method: str, after: int) -> None:
    calls = 0

    def fun(x: Array) -> tuple[float, Array]:
        nonlocal calls
        calls += 1
        if calls > after:
            raise KeyboardInterrupt
        return rosenbrock(x)

    with pytest.raises(KeyboardInterrupt) as caught:
        minimize(fun, [-1.2, 1.0], **arguments(method, rosenbrock_hess))
    result = caught.value.result  # type: ignore[attr-defined]
    assert result.status == Status.INTERRUPTED
    if after:
        assert result.fun == rosenbrock(result.x)[0]
    else:
        assert math.isnan(result.fun)


def test_an_exception_of_the_hessian() -> None:
    def hess(x: Array) -> Array:
        raise ZeroDivisionError("of hess")

    with pytest.raises(ZeroDivisionError, match="of hess") as caught:
        minimize(rosenbrock, [-1.2, 1.0], method="newton", hess=hess)
    assert caught.value.result.nhev == 1  # type: ignore[attr-defined]
