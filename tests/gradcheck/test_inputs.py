"""Inputs of every kind, and those that are refused."""

import inspect
import math

import numpy as np
import pytest

from fastopt.gradcheck import check_jacobian, grad_check_sparse, gradcheck, gradgradcheck, numeric_gradient
from gradcheck.functions import DATA, LONG, X, cubes, squares


def test_structures():
    params = {"W": X, "b": [np.ones(3), np.float64(2.0)], "c": 0.5}

    def f(p):
        value = (p["W"] ** 2).sum() * p["c"] + p["b"][0].sum() * p["b"][1]
        assert isinstance(p["c"], float)
        grads = {
            "c": (p["W"] ** 2).sum(),
            "b": [np.full(3, p["b"][1]), p["b"][0].sum()],
            "W": 2 * p["W"] * p["c"],
        }
        return value, grads

    report = gradcheck(f, params)
    assert [a.name for a in report.arguments] == ["p['W']", "p['b'][0]", "p['b'][1]", "p['c']"]
    numeric = numeric_gradient(lambda p: f(p)[0], params)
    np.testing.assert_allclose(numeric["W"], X, rtol=1e-8, atol=1e-9)
    assert type(numeric["c"]) is float
    assert numeric["b"][1] == pytest.approx(3)


@pytest.mark.parametrize(
    ("func", "inputs", "options"),
    [
        (lambda x: (x**3, 3 * x**2), 1.5, {}),
        (lambda x: (x**3, 3 * x**2), np.float32(1.5), {}),
        (lambda x: (x**3, 3 * x**2), np.array(1.5), {}),
        (lambda x, n: (x**n, n * x ** (n - 1)), (1.5, 3), {}),
        (lambda x, n: (x**n, (n * x ** (n - 1), None)), (1.5, 3), {}),
        (lambda x, y: (x * y, (y, None)), (1.5, 2.0), {"wrt": 0}),
        (lambda x, y: (x * y, x), (1.5, 2.0), {"wrt": [np.int8(1)]}),
        (lambda x: (x.sum(), (np.ones_like(x),)), (X,), {}),
        (lambda v: (v[0] * v[1], np.array([v[1], v[0]])), [1.5, 2.0], {}),
        (lambda x: (x.sum(), np.ones(x.shape)), np.zeros((0, 3)), {}),
        (lambda x: ((x**2).sum(), 2 * x), X[:, ::-1].T, {}),
        (lambda x: ((x**2).sum(), 2 * x), X.astype(">f8"), {}),
        (lambda x: ((x**2).sum(), 2 * x), np.zeros(4), {}),
        (np.linalg.norm, X, {"grad": lambda x: x / np.linalg.norm(x)}),
        (cubes, X, {"grad": 3 * X**2}),
        (cubes, X, {"eps": 1e-3}),
        (cubes, X, {"eps": 1e-9, "grad": 3 * X**2}),
        (cubes, X, {"seed": np.random.default_rng(0), "directions": 5}),
    ],
)
def test_kinds_of_inputs(func, inputs, options):
    if func is cubes:
        options = {"grad": lambda x: 3 * x**2} | options
    assert gradcheck(func, inputs, **options)


def fine(x):
    return (x**2).sum(), 2 * x


TWO = {"W": np.ones((2, 3)), "b": np.ones(3)}


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: gradcheck(3, X), TypeError, "func: expected a function, got int"),
        (lambda: gradcheck(fine, 3), TypeError, "inputs: expected float32 or float64 to .*, got int"),
        (lambda: gradcheck(fine, ()), TypeError, "inputs: expected .*, got nothing"),
        (lambda: gradcheck(fine, X.astype("f2")), TypeError, "inputs: expected .*, got float16"),
        (lambda: gradcheck(fine, X + 1j), TypeError, "inputs: expected .*, got complex128 of shape"),
        (
            lambda: gradcheck(fine, {"W": X, "b": np.arange(3)}),
            TypeError,
            r"inputs\['b'\]: expected float32 or float64, got int64 of shape \(3,\)",
        ),
        (
            lambda: gradcheck(fine, np.array([[1, np.nan]])),
            FloatingPointError,
            r"inputs\[0, 1\]: expected a finite number, got nan",
        ),
        (
            lambda: gradcheck(lambda x: (np.log(x).sum(), 1 / x), np.array([1.0, 0.0])),
            FloatingPointError,
            "func: expected finite values at inputs, got -inf",
        ),
        (
            lambda: gradcheck(cubes, X),
            TypeError,
            r"func: expected \(value, gradient\), got float64 of shape \(\); pass the gradient as grad=",
        ),
        (
            lambda: gradcheck(lambda x: (x**2, 2 * x), X),
            ValueError,
            r"func: expected one number, got float64 of shape \(6, 6\)",
        ),
        (lambda: gradcheck(lambda x: ("a", x), X), TypeError, "func: expected a real number, got str"),
        (lambda: gradcheck(lambda x: (1j, x), X), TypeError, "func: expected a real number, got complex"),
        (
            lambda: gradcheck(lambda x: (x.sum(), None), X),
            TypeError,
            r"grads: expected real numbers of shape \(6, 6\), got None",
        ),
        (
            lambda: gradcheck(lambda x: (x.sum(), np.ones((50, 40))), LONG),
            ValueError,
            r"grads: expected shape \(40, 50\), got \(50, 40\) \(transposed\?\)",
        ),
        (
            lambda: gradcheck(lambda p: (p["b"].sum(), {"W": p["W"]}), TWO),
            ValueError,
            r"grads: expected the keys \['W', 'b'\], got \['W'\]",
        ),
        (
            lambda: gradcheck(lambda p: (p["b"].sum(), {"W": p["W"], "b": 1j * p["b"]}), TWO),
            TypeError,
            r"grads\['b'\]: expected real numbers of shape \(3,\), got complex128",
        ),
        (
            lambda: gradcheck(lambda p: (p["b"].sum(), p["W"]), TWO),
            TypeError,
            r"grads: expected a dict, as its argument is, got float64",
        ),
        (
            lambda: gradcheck(lambda a, b: (a.sum(), a), (X, X)),
            ValueError,
            r"grads: expected 2 gradients, by a, b, got float64 of shape \(6, 6\); wrt= says",
        ),
        (
            lambda: gradcheck(lambda v: (v[0].sum(), v[:1]), [X, X]),
            ValueError,
            "grads: expected 2 gradients, got 1",
        ),
        (
            lambda: gradcheck(lambda v: (v[0].sum(), 1.0), [X, X]),
            TypeError,
            "grads: expected a list, as its argument is, got float",
        ),
        (lambda: gradcheck(fine, X, eps=0), ValueError, "eps: expected a finite number > 0, got 0"),
        (lambda: gradcheck(fine, X, eps="a"), TypeError, "eps: expected a real number, got str"),
        (lambda: gradcheck(fine, X, atol=-1), ValueError, "atol: expected a finite number >= 0, got -1"),
        (lambda: gradcheck(fine, X, rtol=math.nan), ValueError, "rtol: expected a finite number >= 0"),
        (lambda: gradcheck(fine, X, directions=0), ValueError, "directions: expected a whole number >= 1"),
        (lambda: gradcheck(fine, X, worst=1.5), TypeError, "worst: expected a whole number >= 1, got 1.5"),
        (
            lambda: gradcheck(squares, [np.ones(5), DATA]),
            TypeError,
            r"inputs: expected a tuple of the arguments \(w, X\), got a list of 2",
        ),
        (
            lambda: check_jacobian(squares, DATA, jac=DATA),
            TypeError,
            r"inputs: expected a tuple of the arguments \(w, X\), got float64 of shape",
        ),
        (
            lambda: gradgradcheck(lambda a: a, (X, X)),
            TypeError,
            r"inputs: expected the arguments \(a\), got a tuple of 2",
        ),
        (
            lambda: numeric_gradient(squares, [np.ones(5), DATA]),
            TypeError,
            r"f: expected a function of x alone, got one of \(w, X\)",
        ),
        (lambda: gradcheck(fine, X, wrt=1), ValueError, "wrt: expected numbers of arguments, 0 to 0, got 1"),
        (
            lambda: gradcheck(fine, (X, X), wrt=True),
            ValueError,
            "wrt: expected numbers of arguments, .* True",
        ),
        (lambda: gradcheck(fine, X, wrt=[]), ValueError, r"wrt: expected one or more arguments, .* \[\]"),
        (lambda: gradcheck(fine, (X, 3), wrt=1), TypeError, r"inputs\[1\]: expected float32 .* got int"),
        (lambda: numeric_gradient(3, X), TypeError, "f: expected a function, got int"),
        (lambda: numeric_gradient(cubes, [1, 2]), TypeError, "x: expected float32 or float64 .* a list of 2"),
        (lambda: numeric_gradient(cubes, X, h=0), ValueError, "h: expected a finite number > 0, got 0"),
        (lambda: numeric_gradient(cubes, X, h=-1e-5), ValueError, "h: expected a finite number > 0, got -1e"),
        (lambda: numeric_gradient(cubes, X, h=1e-20), ValueError, r"h: too small, x\[0, 0\] = .* is itself"),
        (
            lambda: numeric_gradient(cubes, X, method="both"),
            ValueError,
            "method: expected one of 'central', 'forward', 'complex', got 'both'",
        ),
        (lambda: numeric_gradient(np.sin, X), ValueError, r"f: expected one number, got float64 of shape"),
        (
            lambda: numeric_gradient(lambda x: np.log(x).sum(), np.array([1, 1e-9])),
            FloatingPointError,
            r"f: expected a finite value at x\[1\] = -.*, got nan",
        ),
        (
            lambda: numeric_gradient(lambda x: np.log(x).sum(), np.array([1, 0.0])),
            FloatingPointError,
            "f: expected a finite value at x, got -inf",
        ),
        (lambda: grad_check_sparse(cubes, X, X[0]), ValueError, r"analytic_grad: expected shape \(6, 6\)"),
        (lambda: grad_check_sparse(cubes, X, X, h=0), ValueError, "h: expected a finite number > 0, got 0"),
        (lambda: grad_check_sparse(cubes, X, X, 0), ValueError, "num_checks: expected a whole number >= 1"),
        (lambda: grad_check_sparse(fine, X, X), TypeError, "f: expected a real number, got a tuple of 2"),
        (lambda: check_jacobian(np.sin, X), TypeError, r"func: expected \(values, jacobian\), got float64"),
        (
            lambda: check_jacobian(np.sin, X, jac=np.eye(36)),
            ValueError,
            r"jac: expected shape \(6, 6, 6, 6\), got \(36, 36\)",
        ),
        (lambda: check_jacobian(np.sin, X, jac=X, vjp=fine), ValueError, "jac, vjp: expected one of them"),
        (
            lambda: check_jacobian(str, X, jac=X),
            TypeError,
            "func: expected an array of real numbers, got str",
        ),
        (
            lambda: check_jacobian(np.sin, X, vjp=lambda x, u: u[0]),
            ValueError,
            r"vjp: expected shape \(6, 6\), got \(6,\)",
        ),
        (
            lambda: gradgradcheck(np.sin, X, hessian=np.eye(36)),
            ValueError,
            r"hessian: expected shape \(6, 6, 6, 6\), got \(36, 36\)",
        ),
        (
            lambda: gradgradcheck(lambda p: p, TWO, hessian=X),
            ValueError,
            "hessian: expected one array as input, got 2; use hvp",
        ),
        (
            lambda: gradgradcheck(np.sin, X, hvp=lambda x, v: v[0]),
            ValueError,
            r"hvp: expected shape \(6, 6\), got \(6,\)",
        ),
        (lambda: gradgradcheck(np.sin, X, hvp=fine, hessian=X), ValueError, "hvp, hessian: expected one of"),
        (lambda: gradgradcheck(np.sum, X), TypeError, r"grad: expected real numbers|grad: expected shape"),
    ],
)
def test_bad_input(call, error, message):
    if "gradgradcheck(np.sum" in inspect.getsource(call):
        error = (TypeError, ValueError)
    with pytest.raises(error, match=message):
        call()
