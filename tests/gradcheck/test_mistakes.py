"""Planted mistakes are found and named, whatever the units."""

import numpy as np
import pytest

from gradcheck.functions import DATA, LONG, TARGET, C, X, cubes, examined, squares


def ridge(w):
    return np.sin(w).sum() + 0.05 * (w**2).sum()


def lasso(w):
    return np.sin(w).sum() + 0.3 * np.abs(w).sum()


def chain(x):
    return (x[1:] * x[:-1] ** 2).sum()


def chain_grad(x):
    grad = np.zeros_like(x)
    grad[1:] += x[:-1] ** 2
    grad[:-1] += 2 * x[1:] * x[:-1]
    return grad


def without_last(x):
    grad = 3 * x**2
    grad[-1] = 0
    return grad


def one_row_doubled(x):
    grad = 3 * x**2
    grad[3] *= 2
    return grad


def moved(grad):
    out = np.zeros_like(grad)
    out[1:] = grad[:-1]
    return out


def bilinear(x):
    return np.trace(C @ x @ C @ x)


def bilinear_grad(x):
    return 2 * (C @ x @ C).T


def squares_grad(w, X):
    return 2 * X.T @ (X @ w - TARGET)


MISTAKES = {
    "sign": (cubes, lambda x: -3 * x**2, X, "x: analytic = -numeric everywhere: wrong sign"),
    "sign, long": (cubes, lambda x: -3 * x**2, LONG, "x: analytic = -numeric everywhere: wrong sign"),
    "twice": (cubes, lambda x: 6 * x**2, LONG, "x: analytic = 2 x numeric everywhere"),
    "half": (cubes, lambda x: 1.5 * x**2, X, "x: analytic = 1/2 x numeric everywhere"),
    "any factor": (cubes, lambda x: 2.1 * x**2, X, "x: analytic = 0.7 x numeric everywhere"),
    "a number": (lambda x: x**3, lambda x: 6 * x**2, 1.5, "x: analytic = 2 x numeric"),
    "sum for mean": (
        lambda w: squares(w, DATA),
        lambda w: squares_grad(w, DATA),
        np.ones(5),
        "w: analytic = 32 x numeric everywhere",
    ),
    "zero": (cubes, np.zeros_like, X, "x: analytic is 0 everywhere, numeric is not"),
    "missing L2": (ridge, np.cos, X, "w: a term is missing: numeric - analytic = 1/10 x w"),
    "missing L2, long": (ridge, np.cos, LONG, "w: a term is missing: numeric - analytic = 1/10 x w"),
    "missing L1": (lasso, np.cos, LONG, "a term is missing: numeric - analytic = 0.3 x sign(w)"),
    "missing constant": (
        lambda x: (x**3 + 2 * x).sum(),
        lambda x: 3 * x**2,
        LONG,
        "x: a term is missing: numeric - analytic = 2 at every element",
    ),
    "off by one": (
        chain,
        lambda x: moved(chain_grad(x)),
        LONG[0],
        "off by one along axis 0: analytic[i + 1] = numeric[i]",
    ),
    "off by one, long": (
        lambda x: cubes(x),
        lambda x: np.roll(3 * x**2, -1, axis=1),
        LONG,
        "off by one along axis 1: analytic[:, i - 1] = numeric[:, i]",
    ),
    "transposed": (bilinear, lambda x: bilinear_grad(x).T, X, "x: analytic is numeric transposed"),
    "transposed, long": (
        lambda x: (x**3 * np.arange(900.0).reshape(30, 30)).sum(),
        lambda x: (3 * x**2 * np.arange(900.0).reshape(30, 30)).T,
        LONG[:30, :30],
        "x: analytic is numeric transposed",
    ),
    "transposed, twice": (
        bilinear,
        lambda x: 2 * bilinear_grad(x).T,
        X,
        "x: analytic is 2 x numeric transposed",
    ),
    "axes exchanged": (
        cubes,
        lambda x: 3 * x.swapaxes(1, 2) ** 2,
        LONG[0, :48].reshape(3, 4, 4),
        "x: analytic is numeric transposed, axes 1 and 2",
    ),
    "flipped kernel": (
        cubes,
        lambda x: 3 * x[::-1, ::-1] ** 2,
        LONG[:3, :3],
        "x: analytic is numeric reversed along all axes",
    ),
    "reversed": (cubes, lambda x: 3 * x[::-1] ** 2, LONG[0, :2], "reversed along axis 0"),
    "last left out": (cubes, without_last, LONG[0], "x: 1 of 50 elements is wrong, all others agree"),
    "nan": (cubes, lambda x: np.where(x > 1, np.nan, 3 * x**2), LONG, "x: analytic is not finite at"),
    "not read": (lambda x: 1.0 + cubes(X), lambda x: 3 * x**2, X, "func does not depend on what it is"),
    "unlike anything": (cubes, np.exp, LONG, "elements visited are wrong, of 2000"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_planted_mistake(name):
    func, grad, x, reason = MISTAKES[name]
    report = examined(func, x, grad=grad)
    assert not report
    assert reason in report.reason, f"{report}"
    assert report.worst
    assert report.max_rel_error > 1e-3
    assert report.sweep is not None


def test_what_the_wrong_elements_have_in_common():
    report = examined(cubes, LONG[0], grad=without_last)
    assert "x: analytic is 0 there" in report.diagnoses
    assert "x: only the last index of axis 0: a range that is one off?" in report.diagnoses
    report = examined(cubes, X, grad=one_row_doubled)
    assert "x: there analytic = 2 x numeric" in report.diagnoses
    assert "x: only index 3 of axis 0" in report.diagnoses


def test_a_factor_that_is_a_length_is_recognised():
    report = examined(squares, (np.ones(5), DATA), wrt=0, grad=squares_grad)
    assert report.reason.endswith("(32 is the length of axis 0 of X: a sum for a mean?)")


def test_missing_term_of_another_argument():
    def f(x, z):
        return (x**3 + x * z).sum(), (3 * x**2, x)

    report = examined(f, (X, C))
    assert report.reason == "x: a term is missing: numeric - analytic = z"
    assert [a.status for a in report.arguments] == ["wrong", "ok"]


def test_gradients_in_the_wrong_order():
    report = examined(lambda a, b: ((a * b**2).sum(), (2 * a * b, b**2)), (X, C))
    assert report.reason == "a: analytic is the gradient by b: gradients in the wrong order?"


def test_one_argument_of_two_is_not_used():
    report = examined(lambda a, b: ((a**2).sum(), (2 * a, b)), (X, C))
    assert report.reason == "b: numeric is 0 in all directions: func does not depend on it"


def test_tiny_gradients_are_not_hidden_by_huge_ones():
    def f(a, b):
        return 1e6 * (a**2).sum() + 1e-5 * (b**2).sum(), (2e6 * a, -2e-5 * b)

    report = examined(f, (X, C))
    assert [a.status for a in report.arguments] == ["ok", "wrong"]
    assert report.reason == "b: analytic = -numeric wherever it was measured: wrong sign"


@pytest.mark.parametrize("scale", [1e-6, 1e-3, 1.0, 1e3, 1e6])
def test_tolerances_do_not_depend_on_units(scale):
    assert examined(lambda x: (scale * cubes(x), scale * 3 * x**2), X)
    assert not examined(lambda x: (scale * cubes(x), -scale * 3 * x**2), X)
    assert examined(lambda x: (cubes(x), 3 * x**2), scale * X)
    assert not examined(lambda x: (cubes(x), -3 * x**2), scale * X)


def test_tolerances_decide():
    def nearly(x):
        return cubes(x), 3 * x**2 * (1 + 1e-4)

    report = examined(nearly, X)
    assert report
    assert "x: differs by more than noise, but within tolerance" in report.remarks
    assert not examined(nearly, X, rtol=1e-5)
    assert examined(nearly, X, rtol=1e-5, atol=0.1)
    assert not examined(lambda x: (cubes(x), 3 * x**2 + 1e-4), X)
    assert examined(lambda x: (cubes(x), 3 * x**2 + 1e-4), X, atol=1e-3)
