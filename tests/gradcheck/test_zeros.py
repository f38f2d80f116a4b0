"""gradcheck where values, gradients or points are exactly 0, which has no scale."""

import math

import numpy as np
import pytest

from fastopt.gradcheck import check_jacobian, grad_check_sparse, gradcheck, gradgradcheck, numeric_gradient

FLOATS = [np.float64, np.float32]
A = np.array([[1.0, 2.0, 3.0], [-4.0, 5.0, 6.0]])
H = np.array([[2.0, 1.0, 0.0], [1.0, 3.0, -1.0], [0.0, -1.0, 4.0]])
X = np.array([[1.0, -2.0, 0.5], [0.25, 1.5, -1.0]])
FORGOTTEN = "analytic is 0 everywhere, numeric is not: a gradient that was never filled in?"


def zeros(*shape):
    return np.zeros(shape)


# Functions that are 0 at the point, and change there.

CHANGING = {
    "a sum": (lambda x: x.sum(), zeros(3)),
    "a number": (lambda x: x, 0.0),
    "a difference": (lambda x: (x - 1).sum(), np.ones(3)),
    "tiny": (lambda x: 1e-9 * x.sum(), zeros(3)),
    "huge": (lambda x: 1e9 * x.sum(), zeros(3)),
    "curved": (lambda x: np.sin(x).sum() + (x**2).sum(), zeros(3)),
    "cancelling": (lambda x: x[0] - x[1], np.ones(2)),
    "long": (lambda x: x.sum(), zeros(500)),
    "a matrix": (lambda x: (x @ np.arange(1.0, 4.0)).sum(), zeros(2, 3)),
}


@pytest.mark.parametrize("name", CHANGING)
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("promote", [True, False])
def test_a_gradient_of_zeros(name, dtype, promote):
    value, x = CHANGING[name]
    report = gradcheck(
        lambda x: (value(x), 0 * x), np.asarray(x, dtype)[()], promote=promote, raise_exception=False
    )
    assert report.status == "failed"
    assert FORGOTTEN in report.reason


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("forgotten", [0, 1])
def test_one_array_of_zeros_of_two(dtype, forgotten):
    def f(a, b):
        grads = [np.ones_like(a), np.ones_like(b)]
        grads[forgotten][...] = 0
        return a.sum() + b.sum(), tuple(grads)

    report = gradcheck(f, (np.zeros(3, dtype), np.zeros(4, dtype)), promote=False, raise_exception=False)
    assert [a.status for a in report.arguments].index("wrong") == forgotten
    assert report.arguments[1 - forgotten].status == "ok"


@pytest.mark.parametrize("dtype", FLOATS)
def test_sparse_check_of_zeros(dtype):
    x = np.zeros(3, dtype)
    assert not grad_check_sparse(lambda x: x.sum(), x, 0 * x)
    assert grad_check_sparse(lambda x: x.sum(), x, 0 * x + 1)


@pytest.mark.parametrize(
    ("jac", "wrong"),
    [(A, 0), (0 * A, 6), (A * [[1], [0]], 3), (A * [[0], [1]], 3), (A * [0, 1, 1], 2)],
)
def test_jacobian_at_zero(jac, wrong):
    report = check_jacobian(lambda x: A @ x, zeros(3), jac=jac, raise_exception=False)
    assert report.ok == (wrong == 0)
    assert sum(c.status == "wrong" for c in report.worst) == min(wrong, 5)


@pytest.mark.parametrize("scale", [1e-6, 1e-3, 1e3, 1e6])
@pytest.mark.parametrize("offset", [0.0, 1.0])
def test_a_row_of_zeros_is_not_hidden_by_others(scale, offset):
    """Whatever the units of the value whose row was never filled in, and whatever the value."""
    units = np.array([[1.0], [scale]])

    def f(x):
        return units[:, 0] * (A @ x + offset)

    assert check_jacobian(f, zeros(3), jac=units * A)
    assert not check_jacobian(f, zeros(3), jac=units * A * [[1], [0]], raise_exception=False)


def test_a_row_of_zeros_beside_a_large_value():
    def f(x):
        return A @ x + [0, 1e6]

    assert check_jacobian(f, zeros(3), jac=A)
    assert not check_jacobian(f, zeros(3), jac=A * [[1], [0]], raise_exception=False)


@pytest.mark.parametrize("size", [1e-200, 1e-310])
def test_rows_whose_squares_are_no_numbers(size):
    """Neither infinity nor zero: the other row is checked as ever."""
    jac = A * [[1], [size]]
    assert check_jacobian(lambda x: jac @ x, zeros(3), jac=jac)
    report = check_jacobian(lambda x: jac @ x, zeros(3), jac=jac * [[2], [1]], raise_exception=False)
    assert report.status == "failed"


@pytest.mark.parametrize("forgotten", ["W", "b"])
def test_affine_layer_of_zeros(forgotten):
    def backward(p, u):
        return {name: 0 * g if name == forgotten else g for name, g in (("W", X.T @ u), ("b", u.sum(axis=0)))}

    point = {"W": zeros(3, 2), "b": zeros(2)}
    report = check_jacobian(lambda p: X @ p["W"] + p["b"], point, vjp=backward, raise_exception=False)
    assert {a.name: a.status for a in report.arguments}[f"p['{forgotten}']"] == "wrong"
    assert FORGOTTEN in report.reason


@pytest.mark.parametrize(
    ("options", "good"),
    [
        ({"hessian": H}, True),
        ({"hvp": lambda x, v: H @ v}, True),
        ({"hessian": 0 * H}, False),
        ({"hvp": lambda x, v: 0 * v}, False),
        ({"hessian": H * [[1], [1], [0]]}, False),
    ],
)
def test_second_derivatives_at_zero(options, good):
    assert bool(gradgradcheck(lambda x: H @ x, zeros(3), raise_exception=False, **options)) == good


# Kinks where the value is 0: the gradient 0 is between the slopes.

KINKED = {
    "relu": (lambda x: np.maximum(x, 0).sum(), zeros(3), 0.0, 1.0),
    "relu of a number": (lambda x: max(x, 0.0), 0.0, 0.0, 1.0),
    "norm": (lambda x: np.linalg.norm(x), zeros(3), -1.0, 1.0),
    "distance": (lambda x: np.abs(x - 1).sum(), np.ones(3), -1.0, 1.0),
    "hinge": (lambda x: np.maximum(0, 1 - x).sum(), np.ones(3), -1.0, 0.0),
    "huge": (lambda x: 1e9 * np.abs(x).sum(), zeros(3), -1e9, 1e9),
}


@pytest.mark.parametrize("name", KINKED)
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("where", [-0.5, 0.0, 0.5, 1.0, 1.5])
def test_kink_at_zero(name, dtype, where):
    """Right are all gradients between the two slopes, and no others."""
    value, x, low, high = KINKED[name]
    claimed = low + where * (high - low)

    def f(x):
        return value(x), 0 * x + np.asarray(claimed, dtype)[()]

    report = gradcheck(f, np.asarray(x, dtype)[()], allow_kinks=True, raise_exception=False)
    assert report.ok == (0 <= where <= 1), f"{report}"
    assert report.worst[0].slopes == pytest.approx((low, high), abs=1e-6 * max(high, -low))
    assert not gradcheck(f, np.asarray(x, dtype)[()], raise_exception=False)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: ((x**2).sum(), 2 * x),
        lambda x: ((x**2 + x**3).sum(), 2 * x + 3 * x**2),
        lambda x: (0.0, 0 * x),
        lambda x: (np.sin(x).sum(), np.cos(x)),
        lambda x: (1e-30 * x.sum(), 1e-30 + 0 * x),
        lambda x: ((x**3).sum() - x.sum(), 3 * x**2 - 1),
    ],
)
@pytest.mark.parametrize("dtype", FLOATS)
def test_right_gradients_at_zero(f, dtype):
    x = np.zeros(3, dtype)
    assert gradcheck(f, x)
    assert grad_check_sparse(lambda x: f(x)[0], x, f(x)[1])


# Comparisons that a NaN could end.


def test_a_hessian_product_that_is_not_a_number():
    """It is finite for the first combinations, and NaN for those that symmetry is tried with."""
    calls = [0]

    def hvp(x, v):
        calls[0] += 1
        return H @ v * (math.nan if calls[0] > 2 else 1.0)

    report = gradgradcheck(lambda x: H @ x, np.ones(3), hvp=hvp, raise_exception=False)
    assert report.status == "failed"
    assert "the Hessian is not symmetric" in report.reason


@pytest.mark.parametrize("edge", [[], [0]])
def test_symmetry_at_the_edge_of_the_domain(edge):
    """Directions that leave the domain say nothing, and must not be taken for agreement."""
    x = np.ones(3)
    x[edge] = 0

    def rotated(x):
        return np.roll(x, 1) + 0 * np.sqrt(x)

    assert gradgradcheck(rotated, x, raise_exception=False).status == "failed"


def test_complex_step_refuses_a_slope_that_is_not_a_number():
    def f(x):
        return (x**2).sum() + (math.nan * 1j if np.iscomplexobj(x) else 0.0)

    with pytest.raises(FloatingPointError, match="f: expected a finite value at x"):
        numeric_gradient(f, np.ones(3), method="complex")
