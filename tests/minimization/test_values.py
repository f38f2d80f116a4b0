"""What functions may return as a value: numbers of any library."""

import math
import warnings
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import fastopt
from fastopt import LBFGS, line_search, minimize, minimize_batch
from fastopt._common.bounds import real
from fastopt._common.trees import described
from fastopt.gradcheck import gradcheck, gradgradcheck


class Scalar:
    """What JAX and torch return as a loss: no number of Python's, but it says which by `__float__`."""

    shape = ()

    def __init__(self, number):
        self.number = number

    def __float__(self):
        return float(self.number)


class Tensor(Scalar):
    """One of several elements, which is no number."""

    shape = (2,)

    def __float__(self):
        raise RuntimeError("a Tensor with 2 elements cannot be converted to Scalar")


class Sparse:
    """As SciPy's sparse matrices: NumPy makes one object of them."""

    shape = (500, 784)
    dtype = np.dtype(np.float64)

    def __len__(self):
        raise TypeError("sparse array length is ambiguous")


NUMBERS = [
    (2, 2.0),
    (2.5, 2.5),
    (np.float32(0.5), 0.5),
    (np.int8(-3), -3.0),
    (np.array(2.5), 2.5),
    (np.array([[2.5]], np.float16), 2.5),
    (np.array([[2.5]]).view(np.matrix), 2.5),
    (np.longdouble(2.5), 2.5),
    (Fraction(1, 4), 0.25),
    (Decimal("0.5"), 0.5),
    (Scalar(0.75), 0.75),
    (Scalar(np.float32(-0.75)), -0.75),
    (10**400, math.inf),
    (-(10**400), -math.inf),
    (Fraction(-(10**400), 3), -math.inf),
    (-math.inf, -math.inf),
]
NO_NUMBERS = [
    None,
    True,
    np.True_,
    np.array(True),
    "2.5",
    np.str_("2.5"),
    b"2.5",
    bytearray(b"2.5"),
    1j,
    np.complex64(1),
    np.array([1.0, 2.0]),
    np.array([]),
    np.array("2.5"),
    np.array(Fraction(1, 2), object),
    np.datetime64("2020-01-01"),
    np.timedelta64(3, "s"),
    [2.5],
    Tensor(1.0),
    Sparse(),
]


@pytest.mark.parametrize(("given", "number"), NUMBERS, ids=repr)
def test_numbers(given, number):
    assert real(given) == number
    assert type(real(given)) is float


@pytest.mark.parametrize("given", NO_NUMBERS, ids=repr)
def test_no_numbers(given):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert real(given) is None


def test_nan_is_a_number():
    assert math.isnan(real(Scalar(math.nan)))


class Array:
    """A gradient as JAX has it: NumPy takes it by `__array__`."""

    def __init__(self, numbers):
        self.numbers = numbers

    def __array__(self, dtype=None, copy=None):
        return np.array(self.numbers, dtype)


def bowl(x):
    return Scalar(((x - 3) ** 2).sum()), Array(2 * (x - 3))


@pytest.mark.parametrize("method", ["lbfgs", "bfgs", "gd", "newton", "random"])
def test_values_of_other_libraries_are_minimised(method):
    given = {"hess": lambda x: Array(2 * np.eye(2))} if method == "newton" else {}
    options = {"maxiter": 2000} if method == "random" else {}
    result = minimize(bowl, [1.0, 2.0], method=method, options=options, **given)
    assert result.x == pytest.approx(3, abs=0.3)
    assert type(result.fun) is float


def test_values_of_other_libraries_everywhere():
    assert minimize(lambda x: bowl(x)[0], [1.0, 2.0], jac=lambda x: bowl(x)[1]).x == pytest.approx(3)
    assert minimize(lambda x: bowl(x)[0], [1.0, 2.0], jac=None).x == pytest.approx(3)
    x = np.ones(2)
    assert LBFGS(x).step(lambda: bowl(x)) == 8.0
    solver = LBFGS([1.0, 2.0])
    solver.tell(*bowl(solver.ask()))
    assert solver.fun == 5.0

    def phi(a):
        return Scalar((a - 3) ** 2), Scalar(2 * (a - 3))

    for search in (line_search.strong_wolfe, line_search.hager_zhang, line_search.armijo):
        assert search(phi, start=(Scalar(9.0), np.array([-6.0]))).value < 9
    line = line_search.along(bowl, [1.0, 2.0], [1.0, 1.0])
    assert line(Scalar(1.0)) == (1.0, -2.0)
    assert line_search.bracketing(lambda a: Scalar(abs(a - 3)), start=Scalar(3.0)).step == pytest.approx(
        3, rel=1e-3
    )

    def values(X, rows):
        return Array(((X - 3) ** 2).sum(1)), Array(2 * (X - 3))

    assert minimize_batch(values, np.ones((2, 2))).x == pytest.approx(3)

    params = np.ones(2)
    history = fastopt.train(
        lambda p, x: (Scalar((p * p).sum()), 2 * p),
        params,
        np.ones((4, 1)),
        fastopt.SGD(params, lr=0.1),
        epochs=1,
        batch_size=4,
        validation=lambda p: {"size": Scalar(2.0)},
        progress=False,
    )
    assert (history.losses, history.metrics) == ([2.0], {"size": [2.0]})


def test_arrays_of_other_libraries_are_described():
    assert described(Sparse()) == "Sparse of shape (500, 784)"
    with pytest.raises(
        TypeError, match=r"x: expected an array of numbers .*, got Sparse of shape \(500, 784\)"
    ):
        next(fastopt.minibatches(Sparse(), np.zeros(500), 10, 0))
    for call in (
        lambda: minimize(lambda x: (1.0, Sparse()), [1.0]),
        lambda: minimize(bowl, [1.0], l1=Sparse()),
        lambda: minimize(bowl, [1.0], bounds=Sparse()),
        lambda: minimize(lambda x: (Sparse(), x), [1.0]),
        lambda: minimize(lambda x: (1.0, x), [1.0], method="newton", hess=lambda x: Sparse()),
        lambda: minimize_batch(bowl, Sparse()),
        lambda: line_search.along(abs, Sparse(), [1.0]),
        lambda: fastopt.regularizers.least_squares(Sparse(), np.zeros(500)),
        lambda: line_search.along(lambda x: (1.0, Sparse()), [1.0], [1.0])(0.0),
    ):
        with pytest.raises((TypeError, ValueError), match=r"got Sparse of shape \(500, 784\)"):
            call()


def test_gradcheck_takes_values_of_other_libraries():
    x = np.array([1.0, 2.0])
    assert gradcheck(lambda x: (Scalar(x @ x), 2 * x), x)
    assert gradgradcheck(lambda x: (Scalar(x @ x), 2 * x), x)
    with pytest.raises(TypeError, match="func: expected a real number, got Tensor"):
        gradcheck(lambda x: (Tensor(1.0), 2 * x), x)
