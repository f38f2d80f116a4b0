"""What functions are given, and what they may return."""

from typing import Any

import numpy as np
import pytest

from fastopt import Status, minimize
from minimization.functions import bowl, raised_bowl
from support import Array, same


def test_args_and_jac() -> None:
    def value(x: Array, a: float, b: float) -> float:
        return a * (x - b) @ (x - b)

    def gradient(x: Array, a: float, b: float) -> Array:
        return 2 * a * (x - b)

    both = minimize(lambda x, a, b: (value(x, a, b), gradient(x, a, b)), [1.0, 7.0], (2.0, 3.0))
    apart = minimize(value, [1.0, 7.0], (2.0, 3.0), jac=gradient)
    assert same(both.x, apart.x)
    assert (apart.nfev, apart.njev) == (both.nfev, both.njev)
    for jac in (None, False):
        numeric = minimize(value, [1.0, 7.0], (2.0, 3.0), jac=jac)
        assert numeric.x == pytest.approx(3, abs=1e-6)
        assert "central differences" in numeric.message
        assert numeric.nfev <= 6 * numeric.njev


@pytest.mark.parametrize(
    ("returned", "jac", "error", "message"),
    [
        (1.0, True, TypeError, r"fun: expected \(value, gradient\), got float; pass jac=gradient if"),
        (None, True, TypeError, r"fun: expected \(value, gradient\), got NoneType"),
        ((1.0,), True, TypeError, r"fun: expected \(value, gradient\), got tuple of 1"),
        ((1.0, np.ones(2), 3), True, TypeError, "of 3"),
        (("a", np.ones(2)), True, TypeError, "fun: expected one real number as its value, got str"),
        ((None, np.ones(2)), True, TypeError, "fun: expected one real number as its value, got NoneType"),
        ((1j, np.ones(2)), True, TypeError, "fun: expected one real number as its value, got complex"),
        ((True, np.ones(2)), True, TypeError, "fun: expected one real number as its value, got bool"),
        ((np.ones(2), np.ones(2)), True, TypeError, "fun: expected one real number as its value, got"),
        (
            (1.0, np.ones(3)),
            True,
            ValueError,
            r"the gradient from fun: expected shape \(2,\), as x0, got shape \(3,\)",
        ),
        ((1.0, np.ones((2, 1))), True, ValueError, r"got shape \(2, 1\)"),
        ((1.0, 3.0), True, ValueError, r"expected shape \(2,\), as x0, got shape \(\)"),
        ((1.0, None), True, TypeError, "the gradient from fun: expected an array of real numbers"),
        ((1.0, np.ones(2, complex)), True, TypeError, "the gradient from fun: .* got complex128"),
        ((1.0, ["a", "b"]), True, TypeError, "the gradient from fun: expected an array of real numbers"),
        ((1.0, np.ones(2)), None, TypeError, "fun: expected a number, got a tuple of 2; pass jac=True if"),
        ("a", None, TypeError, "fun: expected one real number as its value, got str"),
        (1.0, lambda x: np.ones(3), ValueError, r"the gradient from jac: expected shape \(2,\), as x0"),
        (1.0, lambda x: None, TypeError, "the gradient from jac: expected an array of real numbers"),
    ],
)
def test_what_functions_return(returned: Any, jac: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        minimize(lambda x: returned, [1.0, 2.0], jac=jac)


@pytest.mark.parametrize(
    "returned",
    [
        (np.float32(1), np.zeros(2)),
        (np.array([[1.0]]), [0, 0]),
        (1, np.zeros(2, int)),
        [np.int64(1), (0.0, 0.0)],
        (1.0, np.zeros(4)[::2]),
        (1.0, np.zeros(2, ">f8")),
        (1.0, np.zeros(2, np.float16)),
    ],
)
def test_what_functions_may_return(returned: Any) -> None:
    result = minimize(lambda x: returned, [1.0, 2.0])
    assert (result.status, result.fun) == (Status.GRADIENT, 1.0)


@pytest.mark.parametrize(
    ("hess", "error", "message"),
    [
        (
            lambda x: np.ones(2),
            ValueError,
            r"the Hessian from hess: expected shape \(2, 2\) .* got shape \(2,\)",
        ),
        (
            lambda x: np.ones((3, 3)),
            ValueError,
            r"expected shape \(2, 2\) for 2 variables, got shape \(3, 3\)",
        ),
        (lambda x: None, TypeError, "the Hessian from hess: expected an array of real numbers"),
        (lambda x: np.eye(2) * 1j, TypeError, "the Hessian from hess: .* got complex128"),
    ],
)
def test_wrong_hessians(hess: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        minimize(raised_bowl, np.zeros(2), method="newton", hess=hess)
    assert caught.value.result.fun == 19  # type: ignore[attr-defined]


def test_wrong_products() -> None:
    with pytest.raises(ValueError, match=r"the product from hessp: expected shape \(2,\)"):
        minimize(raised_bowl, np.zeros(2), method="newton", hessp=lambda x, v: np.ones(3))


def test_whole_numbers_and_lists_are_hessians_too() -> None:
    assert minimize(bowl, np.zeros(2), method="newton", hess=lambda x: [[2, 0], [0, 2]]).nit == 1
    assert minimize(bowl, np.zeros(2), method="newton", hess=lambda x: np.eye(2, dtype=np.float32)).success
