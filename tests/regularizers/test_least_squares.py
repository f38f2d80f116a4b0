"""Exact least squares, with and without a ridge."""

import inspect
import re
from typing import Any

import numpy as np
import pytest

import fastopt
from fastopt.regularizers import elastic_net, l1, l2, least_squares
from regularizers.penalties import draw, over_dtypes
from support import raises, same


@pytest.mark.parametrize("targets", [(), (3,)])
@pytest.mark.parametrize("shape", [(20, 4), (4, 4), (3, 7), (1, 1)])
def test_against_lstsq(shape: tuple[int, int], targets: tuple[int, ...]) -> None:
    X, y = draw(*shape), draw(shape[0], *targets, seed=1)
    got = least_squares(X, y)
    assert got.shape == (shape[1], *targets)
    np.testing.assert_allclose(got, np.linalg.lstsq(X, y)[0], atol=1e-12)


@pytest.mark.parametrize("strength", [1e-6, 0.1, 30.0])
@pytest.mark.parametrize("shape", [(20, 4), (3, 7)])
def test_against_ridge(shape: tuple[int, int], strength: float) -> None:
    Ridge = pytest.importorskip("sklearn.linear_model").Ridge
    X, y = draw(*shape), draw(shape[0], 2, seed=1)
    expected = Ridge(alpha=strength, fit_intercept=False, solver="svd").fit(X, y).coef_.T
    np.testing.assert_allclose(least_squares(X, y, l2=strength), expected, rtol=1e-9, atol=1e-12)
    gram = X.T @ X + strength * np.eye(shape[1])
    if strength == 0.1:
        np.testing.assert_allclose(least_squares(X, y, 0.1), np.linalg.solve(gram, X.T @ y), atol=1e-10)


def test_ridge_without_its_bias() -> None:
    Ridge = pytest.importorskip("sklearn.linear_model").Ridge
    X, y = draw(20, 3), draw(20, seed=1) + 5
    peer = Ridge(alpha=2.0, fit_intercept=True, solver="svd").fit(X, y)
    w = least_squares(np.column_stack([X, np.ones(20)]), y, l2=[2.0, 2.0, 2.0, 0.0])
    np.testing.assert_allclose(w, [*peer.coef_, peer.intercept_], rtol=1e-10)


@over_dtypes
def test_rank_deficient_is_of_least_norm(dtype: Any) -> None:
    """Twice the same column and a sum of two: of all solutions the shortest, in float32 too."""
    X = draw(30, 3, dtype=dtype)
    X = np.column_stack([X, X[:, 0], X[:, 1] + X[:, 2]])
    y = (X @ draw(5, dtype=dtype, seed=1)).astype(dtype)
    w = least_squares(X, y)
    assert w.dtype == dtype
    tolerance = 100 * float(np.finfo(dtype).eps)
    np.testing.assert_allclose(X @ w, y, atol=10 * tolerance)
    assert w[0] == pytest.approx(w[3], rel=tolerance)
    assert w[4] == pytest.approx(w[1] + w[2], rel=tolerance, abs=tolerance)  # orthogonal to (0, 1, 1, 0, -1)
    np.testing.assert_allclose(least_squares(X, y, l2=1e-8), w, atol=1e-6)
    assert not least_squares(np.zeros((3, 2)), np.ones(3)).any()


def test_ill_conditioned_beats_the_normal_equations() -> None:
    """Condition 1e7: from the singular values half the digits are left, from X^T X hardly one."""
    rng = np.random.default_rng(0)
    left, _ = np.linalg.qr(rng.standard_normal((50, 6)))
    right, _ = np.linalg.qr(rng.standard_normal((6, 6)))
    X = left * np.logspace(0, -7, 6) @ right
    w = np.arange(1.0, 7.0)
    exact = np.abs(least_squares(X, X @ w) - w).max()
    normal = np.abs(np.linalg.solve(X.T @ X, X.T @ (X @ w)) - w).max()
    assert exact < 1e-7 < 1e-4 < normal


@pytest.mark.parametrize("strength", [0.0, 0.05])
def test_the_limit_of_gradient_descent(strength: float) -> None:
    X, y = draw(40, 5), draw(40, seed=1)
    w = np.zeros(5)
    opt, penalty = fastopt.SGD(w, lr=0.5, momentum=0.3), l2(strength)
    for _ in range(400):
        grad = X.T @ (X @ w - y) / 40  # of the half mean square
        penalty.add_to(w, grad)
        opt.step(grad)
    np.testing.assert_allclose(w, least_squares(X, y, l2=2 * 40 * strength), rtol=1e-12)


def test_what_least_squares_takes() -> None:
    assert least_squares([[1, 0], [0, 2]], [3, 4]).tolist() == pytest.approx([3, 2])
    marks = np.array([[True, False], [True, True], [False, True]])
    assert same(least_squares(marks, marks[:, 0]), least_squares(marks.astype(int), marks[:, 0].astype(int)))
    X, y = draw(9, 2, dtype=np.float32), draw(9, dtype=np.float32)
    assert least_squares(X, y).dtype == np.float32
    assert least_squares(X, y.astype(np.float64)).dtype == np.float64
    assert least_squares(X, y, l2=np.ones(2)).dtype == np.float32
    before = X.copy(), y.copy()
    least_squares(X, y, l2=1)
    assert same(X, before[0])
    assert same(y, before[1])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((np.ones(3), np.ones(3)), ValueError, "X: expected shape (samples, features), got (3,)"),
        ((np.ones((0, 3)), np.ones(0)), ValueError, "X: expected shape (samples, features), got (0, 3)"),
        ((np.ones((3, 2)), np.ones(2)), ValueError, "y: expected shape (3,) or (3, targets), got (2,)"),
        ((np.ones((3, 2)), np.float64(1)), ValueError, "y: expected shape (3,) or (3, targets), got ()"),
        (
            (np.ones((3, 2)), np.ones(3), np.ones(3)),
            ValueError,
            "l2: expected a number or shape (2,), got (3,)",
        ),
        ((np.ones((3, 2)), np.ones(3), [1, -2]), ValueError, "l2: expected numbers >= 0, got -2"),
        ((np.ones((3, 2)), np.ones(3), np.nan), FloatingPointError, "l2: expected finite values"),
        (
            (np.full((3, 2), np.inf), np.ones(3)),
            FloatingPointError,
            "X: expected finite values, got NaN or infinity",
        ),
        ((np.ones((3, 2)), np.array([1, 2, np.nan])), FloatingPointError, "y: expected finite values"),
        ((np.ones((3, 2), complex), np.ones(3)), TypeError, "X: expected real numbers, got complex128"),
        ((np.ones((3, 2)), ["a", "b", "c"]), TypeError, "y: expected real numbers, got <U1"),
        ((np.ones((3, 2)), np.ones(3), True), TypeError, "l2: expected real numbers, got bool"),
    ],
)
def test_what_least_squares_refuses(arguments: Any, error: type[Exception], message: str) -> None:
    with raises(error, message):
        least_squares(*arguments)


@pytest.mark.parametrize("thing", [l1, l2, elastic_net, least_squares], ids=lambda x: x.__name__)
def test_pages(thing: Any) -> None:
    text = inspect.getdoc(thing) or ""
    for section in ("Parameters", "Raises", "Notes", "References", "Examples"):
        assert f"{section}\n{'-' * len(section)}\n" in text, section
    assert ".. math::" in text
    for argument in inspect.signature(thing).parameters:
        assert re.search(rf"^(\w+, )*{argument}(, \w+)* : ", text, re.MULTILINE), argument


@pytest.mark.parametrize("samples", [50, 1000, 20_000])
def test_least_squares_in_float32_keeps_a_bias_beside_large_numbers(samples: int) -> None:
    """The cut-off does not grow with the number of samples: a column of ones is no rounding of the other."""
    area = np.random.default_rng(0).normal(2000, 500, samples)
    X = np.stack([area, np.ones(samples)], 1).astype(np.float32)
    y = (X @ np.array([3.0, 50.0])).astype(np.float32)
    np.testing.assert_allclose(least_squares(X, y), [3, 50], rtol=1e-3)


def test_a_ridge_on_every_weight_leaves_nothing_to_cut_off() -> None:
    rng = np.random.default_rng(1)
    X = (rng.standard_normal((1000, 2)) * [1, 1e-4]).astype(np.float32)
    y = (X @ np.array([1.0, 9000.0])).astype(np.float32)
    exact = np.linalg.solve(X.T.astype(float) @ X + 1e-6 * np.eye(2), X.T.astype(float) @ y)
    np.testing.assert_allclose(least_squares(X, y, l2=1e-6), exact, rtol=1e-4)
