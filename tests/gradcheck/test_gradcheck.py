"""gradcheck: no false alarm on correct gradients, every planted mistake found and named."""

import doctest
import importlib
import inspect
import math
import pickle
import pkgutil

import numpy as np
import pytest

from fastopt import gradcheck as package
from fastopt import problems
from fastopt.gradcheck import (
    GradientError,
    check_jacobian,
    grad_check_sparse,
    gradcheck,
    gradgradcheck,
    numeric_gradient,
)
from fastopt.gradcheck.differences import ladder, sweep
from fastopt.gradcheck.line import Line, Objective
from fastopt.gradcheck.noise import noise_level
from fastopt.gradcheck.search import random_direction, units_of
from fastopt.gradcheck.structure import Arguments, Move
from fastopt.losses import multiclass_hinge, softmax_cross_entropy
from fastopt.models import MLP

MODULES = ["", *(f".{m.name}" for m in pkgutil.iter_modules(package.__path__))]


def examined(func, inputs, **options):
    return gradcheck(func, inputs, raise_exception=False, **options)


# Random functions with exact gradients: maps and elementwise functions in turn, then a number.


def sigmoid(u):
    return 1 / (1 + np.exp(-np.clip(u, -500, 500)))


ELEMENTWISE = [
    (np.sin, np.cos),
    (np.tanh, lambda u: 1 - np.tanh(u) ** 2),
    (lambda u: u**2, lambda u: 2 * u),
    (lambda u: u**3, lambda u: 3 * u**2),
    (lambda u: np.sqrt(1 + u * u), lambda u: u / np.sqrt(1 + u * u)),
    (lambda u: np.log1p(u * u), lambda u: 2 * u / (1 + u * u)),
    (lambda u: np.logaddexp(0, u), sigmoid),
    (lambda u: u / (1 + u * u), lambda u: (1 - u * u) / (1 + u * u) ** 2),
    (lambda u: np.exp(-u * u), lambda u: -2 * u * np.exp(-u * u)),
]
REDUCTIONS = [
    (np.sum, np.ones_like),
    (np.mean, lambda u: np.ones_like(u) / u.size),
    (lambda u: u @ u / 2, lambda u: u),
    (lambda u: np.log(np.exp(u - u.max()).sum()) + u.max(), lambda u: np.exp(u - np.logaddexp.reduce(u))),
    (lambda u: np.sqrt(1 + u @ u), lambda u: u / np.sqrt(1 + u @ u)),
]
SHAPES = [(), (1,), (2,), (3, 4), (17,), (5, 5), (2, 3, 4), (100,), (40, 30), (3000,)]


def random_part(rng):
    """A function of one array, at a scale of its own in x and in its value, 1e-6 to 1e6."""
    shape = SHAPES[rng.integers(len(SHAPES))]
    unit, height = 10.0 ** rng.uniform(-6, 6, 2)
    x = unit * rng.normal(size=shape)
    layers = []
    for _ in range(rng.integers(1, 4)):
        if x.size <= 100 and rng.random() < 0.4:
            layers.append(rng.normal(size=(x.size, x.size)) / np.sqrt(x.size))
        layers.append(ELEMENTWISE[rng.integers(len(ELEMENTWISE))])
    reduce, slope = REDUCTIONS[rng.integers(len(REDUCTIONS))]
    offset = rng.choice([0.0, 0.0, 1.0, 100.0])

    def f(x):
        u, seen = np.reshape(x, -1) / unit, []
        for layer in layers:
            seen.append(u)
            u = layer @ u if isinstance(layer, np.ndarray) else layer[0](u)
        value, g = reduce(u) + offset, slope(u)
        for layer, below in zip(reversed(layers), reversed(seen), strict=True):
            g = layer.T @ g if isinstance(layer, np.ndarray) else g * layer[1](below)
        return height * float(value), (height / unit * g).reshape(shape)

    return f, x


def random_function(seed):
    """A sum of one to three such functions, of an argument each."""
    rng = np.random.default_rng(seed)
    parts = [random_part(rng) for _ in range(rng.choice([1, 1, 2, 3]))]

    def f(*xs):
        found = [part(x) for (part, _), x in zip(parts, xs, strict=True)]
        return sum(value for value, _ in found), tuple(grad for _, grad in found)

    return f, tuple(x for _, x in parts)


def uneven_function(seed, decades):
    """A random function of x with a factor to each element, so that its gradient spans so many decades."""
    f, xs = random_function(seed)
    rng = np.random.default_rng(seed)
    factors = [10.0 ** rng.uniform(-decades, 0, np.shape(x)) for x in xs]

    def g(*xs):
        value, grads = f(*(d * x for d, x in zip(factors, xs, strict=True)))
        return value, tuple(d * grad for d, grad in zip(factors, grads, strict=True))

    return g, xs


def with_one_wrong(f, argument, index, error):
    def wrong(*xs):
        value, grads = f(*xs)
        grads = [np.array(g) for g in grads]
        grads[argument].reshape(-1)[index] += error
        return value, tuple(grads)

    return wrong


@pytest.mark.parametrize("block", range(4))
def test_no_false_alarm(block):
    for seed in range(50 * block, 50 * block + 50):
        report = examined(*random_function(seed))
        assert report.ok, f"seed {seed}\n{report}"
        assert report.calls < 350


@pytest.mark.parametrize("decades", [4, 8, 12])
def test_no_false_alarm_on_uneven_gradients(decades):
    for seed in range(40):
        report = examined(*uneven_function(seed, decades))
        assert report.ok, f"seed {seed}\n{report}"


def test_one_wrong_element_of_random_functions():
    """Wherever the report claims to see an error of this size, it does, and names the element."""
    visible = 0
    for seed in range(40):
        f, xs = random_function(seed)
        rng = np.random.default_rng(seed)
        argument = rng.integers(len(xs))
        index = rng.integers(xs[argument].size)
        grad = f(*xs)[1][argument]
        error = max(0.1 * np.sqrt(np.mean(grad**2)), 0.01 * abs(grad.flat[index]))
        if error < 2 * examined(f, xs).arguments[argument].resolution:
            continue
        visible += 1
        report = examined(with_one_wrong(f, argument, index, error), xs)
        assert not report, f"seed {seed}\n{report}"
        assert report.worst[0].index == np.unravel_index(index, xs[argument].shape)
        assert report.worst[0].argument == report.arguments[argument].name
    assert visible > 35


@pytest.mark.parametrize("decades", [4, 8, 12])
def test_one_element_twice_too_large_however_small(decades):
    """Whatever differences of the element itself resolve is seen beside elements many times larger."""
    visible = small = 0
    for seed in range(40):
        f, xs = uneven_function(seed, decades)
        rng = np.random.default_rng(seed)
        argument = rng.integers(len(xs))
        index = rng.integers(xs[argument].size)
        grad, units = f(*xs)[1][argument].reshape(-1), units_of(xs[argument])
        objective = Objective(Arguments(f, xs), lambda *args, f=f: f(*args)[0])
        noise = noise_level(Line(objective, [Move(k, 0, units_of(x)) for k, x in enumerate(xs)]))
        along = Line(objective, [Move(argument, index, units[index : index + 1])])
        own = sweep(along, ladder(np.dtype(float)), noise, "", 0.0)
        if abs(own.numeric) < 100 * own.error:
            continue
        visible += 1
        small += abs(own.numeric) < 1e-5 * np.sqrt(np.mean((grad * units) ** 2))
        report = examined(with_one_wrong(f, argument, index, grad[index]), xs)
        assert not report, f"seed {seed}\n{report}"
        assert report.worst[0].index == np.unravel_index(index, xs[argument].shape)
        assert report.worst[0].argument == report.arguments[argument].name
    assert visible > 15
    assert small >= 3 or decades == 4


@pytest.mark.parametrize("size", [2, 200])
@pytest.mark.parametrize("factor", [2, -1, 0, 1.01])
def test_a_small_element_is_not_hidden_by_large_ones(size, factor):
    v = np.full(size, 1e-4)
    v[-1] = 1
    assert examined(lambda v: ((1 / v).sum(), -1 / v**2), v)
    wrong = np.append(np.ones(size - 1), factor)
    report = examined(lambda v: ((1 / v).sum(), -wrong / v**2), v)
    assert report.reason == f"v: 1 of {size} elements is wrong, all others agree"
    assert report.worst[0].index == (size - 1,)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_rounding_of_the_gradient_is_no_mistake(dtype):
    """An element that is zero but for what its terms leave."""
    x, target, w = DATA.copy(), TARGET, np.ones(5)
    w[4] = 0
    residual = x @ w - target
    x[:, 4] -= residual * (residual @ x[:, 4]) / (residual @ residual)

    def f(w):
        residual = x @ w - target
        return residual @ residual / 2, (x.T.astype(dtype) @ residual.astype(dtype)).astype(float)

    assert abs(f(w)[1][4]) < 1e-5
    assert examined(f, w)


def test_one_wrong_element_of_a_million():
    x = np.random.default_rng(0).normal(size=(1000, 1000))

    def f(x):
        grad = x.copy()
        grad[123, 456] += 0.01
        flat = x.reshape(-1)
        return flat @ flat / 2, grad

    report = examined(f, x)
    assert "x: 1 of 1000000 elements is wrong, all others agree" in report.reason
    assert [c.name for c in report.worst] == ["x[123, 456]"]
    assert report.max_abs_error == pytest.approx(0.01, rel=1e-3)
    assert report.calls < 250
    assert report.sweep.name == "x[123, 456]"


def test_several_wrong_elements_are_all_found():
    x = np.random.default_rng(1).normal(size=5000)
    places = [3, 4, 2500, 4999]

    def f(x):
        grad = np.cos(x)
        grad[places] *= [2, -1, 0, 5]
        return np.sin(x).sum(), grad

    report = examined(f, x)
    assert report.reason == "x: 4 of 5000 elements are wrong, all others agree"
    assert sorted(c.index[0] for c in report.worst) == places


# Planted mistakes.

RNG = np.random.default_rng(2)
X = RNG.normal(size=(6, 6))
LONG = RNG.normal(size=(40, 50))
DATA, TARGET = RNG.normal(size=(32, 5)), RNG.normal(size=32)
C = RNG.normal(size=(6, 6))


def cubes(x):
    return (x**3).sum()


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


def squares(w, X):
    return ((X @ w - TARGET) ** 2).mean()


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


# Points without a derivative.


def relu(x):
    return np.maximum(x, 0).sum(), (x > 0).astype(float)


@pytest.mark.parametrize("size", [4, 1000])
def test_kink_is_not_a_wrong_gradient(size):
    x = np.random.default_rng(3).normal(size=size)
    x[2] = 0
    report = examined(relu, x)
    assert report.reason.startswith("a kink, not a wrong gradient, at x[2] = 0: slope 0 to the left, 1 to")
    assert [c.status for c in report.worst] == ["kink"]
    np.testing.assert_allclose(report.worst[0].slopes, (0, 1), atol=1e-9)
    accepted = examined(relu, x, allow_kinks=True)
    assert accepted
    assert any("kink" in remark for remark in accepted.remarks)


@pytest.mark.parametrize("size", [4, 1000])
def test_kink_where_central_differences_agree(size):
    x = np.random.default_rng(3).normal(size=size)
    x[1] = 0
    report = examined(lambda x: (np.abs(x).sum(), np.sign(x)), x)
    assert "kink, not a wrong gradient, at x[1] = 0: slope -1 to the left, 1 to the right" in report.reason


def test_wrong_gradient_at_a_kink():
    report = examined(lambda x: (relu(x)[0], 3.0 * (x >= 0)), np.array([-1.0, 0.0]), allow_kinks=True)
    assert "x[1] is a kink, and analytic 3 is not between its slopes" in report.diagnoses


@pytest.mark.parametrize("distance", [1e-3, 1e-5, 1e-7])
def test_beside_a_kink_the_gradient_is_right(distance):
    x = np.array([1.0, distance, -distance, -2.0])
    assert examined(relu, x)
    assert not examined(lambda x: (relu(x)[0], (x > -1e-2) * 1.0), x)


def test_jump():
    report = examined(lambda x: (float((x > 0.5).sum()), np.zeros_like(x)), np.array([0.1, 0.5, 0.9]))
    assert report.reason == "func jumps at x[1] = 0.5; move the point"


@pytest.mark.parametrize("size", [3, 300])
def test_edge_of_the_domain(size):
    x = np.linspace(1, 2, size)
    x[1] = 0
    report = examined(lambda x: (np.sqrt(x).sum(), np.ones_like(x)), x, rtol=10)
    assert "func is not finite on both sides of x[1] = 0: the edge of its domain" in f"{report}"
    assert not report


@pytest.mark.parametrize("small", [1e-4, 1e-9, 1e-15])
def test_near_the_edge_of_the_domain(small):
    x = np.array([0.5, small, 0.3])
    assert examined(lambda x: (-(x * np.log(x)).sum(), -np.log(x) - 1), x)
    assert not examined(lambda x: (-(x * np.log(x)).sum(), -np.log(x)), x)
    assert examined(lambda x: (sum(map(math.log, x)), 1 / x), x)


@pytest.mark.parametrize("factor", [1, 2, 0])
def test_near_the_edge_of_the_domain_no_direction_shows_the_largest_slope(factor):
    """Steps relative to 1e-12 change the root by 1e-6, beside 1 of the other element."""
    x = np.array([1e-12, 1.0])
    report = examined(lambda x: (np.sqrt(x).sum(), np.array([factor, 1]) / (2 * np.sqrt(x))), x)
    assert bool(report) == (factor == 1)
    if factor != 1:
        assert report.reason == "x: 1 of 2 elements is wrong, all others agree"


@pytest.mark.parametrize("check", [gradcheck, gradgradcheck, check_jacobian])
def test_a_bad_seed_is_named(check):
    with pytest.raises(TypeError, match="seed: expected an integer >= 0, a numpy"):
        check(
            lambda x: (np.square(x), np.diag(2 * x)) if check is check_jacobian else (x @ x, 2 * x),
            X[0],
            seed="a",
        )


@pytest.mark.parametrize("x", [1e-320, 1e-200, 1e-20, 1e20, 1e150])
def test_extremes(x):
    point = np.array([x, -2 * x])
    assert examined(lambda x: (x.sum(), np.ones_like(x)), point)
    assert examined(lambda x: ((x**2).sum(), 2 * x), point)
    assert not examined(lambda x: (x.sum(), -np.ones_like(x)), point)


def test_values_near_overflow():
    assert examined(lambda x: (np.exp(700 * x).sum(), 700 * np.exp(700 * x)), np.array([1.0, 0.5]))
    assert examined(lambda x: (1e300 * (x**2).sum(), 2e300 * x), X)
    assert not examined(lambda x: (1e300 * (x**2).sum(), -2e300 * x), X)


def test_flat_from_far_away():
    """Steps of the size of x see a slope of 0 everywhere."""
    x = 1e-6 * np.array([0.3, -0.7, 1.2])
    assert examined(lambda x: (np.tanh(1e6 * x).sum(), 1e6 / np.cosh(1e6 * x) ** 2), x)
    assert not examined(lambda x: (np.tanh(1e6 * x).sum(), np.zeros(3)), x)
    x[:] = 1.0
    assert examined(lambda x: (np.sin(1e5 * x).sum(), 1e5 * np.cos(1e5 * x)), x)


def test_relu_network_of_the_library():
    rng = np.random.default_rng(4)
    model = MLP(n_features=20, hidden=(30, 10), n_classes=4)
    x, labels = rng.normal(size=(50, 20)), rng.integers(4, size=50)
    params = model.init(0, np.float64)
    assert gradcheck(lambda params: model.loss_and_grads(params, x, labels), params)

    def forgetful(params):
        loss, grads = model.loss_and_grads(params, x, labels)
        grads["W2"] = grads["W2"] * 50
        grads["W3"][7, 3] = 0
        return loss, grads

    report = examined(forgetful, params)
    assert report.reason == "params['W2']: analytic = 50 x numeric everywhere"
    assert "params['W3']: analytic is 0 there" in report.diagnoses
    assert any(c.name == "params['W3'][7, 3]" for c in report.worst)


@pytest.mark.parametrize("loss", [softmax_cross_entropy, multiclass_hinge])
def test_losses_of_the_library(loss):
    rng = np.random.default_rng(5)
    assert gradcheck(loss, (3 * rng.normal(size=(20, 7)), rng.integers(7, size=20)))


# Precision.


def test_float32_inputs_are_checked_in_float64():
    report = examined(lambda x: (cubes(x), 3 * x**2), X.astype(np.float32))
    assert report
    assert report.remarks == ["x: float32, checked in float64 copies"]
    assert report.arguments[0].rel_error < 1e-4


@pytest.mark.parametrize("promote", [True, False])
def test_function_that_takes_float32_alone(promote):
    def f(x):
        if x.dtype != np.float32:
            raise TypeError("float32 only")
        return (x**3).sum(), 3 * x**2

    x = X.astype(np.float32)
    report = examined(f, x, promote=promote)
    assert report
    assert report.rtol == 1e-2
    assert "x: float32" in report.remarks[0]
    assert ("which func does not take as float64" in report.remarks[0]) == promote
    report = examined(lambda x: (f(x)[0], -f(x)[1]), x)
    assert report.reason == "x: analytic = -numeric everywhere: wrong sign"


def test_float32_function_is_told():
    def f(x):
        x = x.astype(np.float32)
        return (x**3).sum(), 3 * x**2

    report = examined(f, X)
    assert report
    assert "the gradient by x is float32, its argument float64" in report.remarks
    assert any("func computes in float32" in remark for remark in report.remarks)
    assert report.noise > 1e-8
    wrong = examined(lambda x: (f(x)[0], 2 * f(x)[1]), X)
    assert wrong.reason == "x: analytic = 2 x numeric everywhere"


def test_float32_inside_the_function_is_told():
    def f(x):
        y = x.astype(np.float32).astype(np.float64)
        return cubes(y), 3 * x**2

    report = examined(f, X)
    assert report
    assert any("of its value: float32 inside it" in remark for remark in report.remarks)


@pytest.mark.parametrize("factor", [2.0, -2.0, 3.0])
@pytest.mark.parametrize("offset", [1e16, -1e15, 1e20])
def test_what_noise_hides_is_not_called_checked(factor, offset):
    def f(x):
        return offset + (x**2).sum(), factor * x

    with pytest.raises(GradientError, match=r"^gradcheck: UNCHECKED: nothing was checked by x: the slope is"):
        gradcheck(f, X)
    report = examined(f, X)
    assert (report.status, bool(report)) == ("unchecked", False)
    assert [a.status for a in report.arguments] == ["unchecked"]
    assert any("lost in the noise" in remark for remark in report.remarks)


def test_what_noise_hides_of_one_argument_is_a_warning():
    def f(a, b):
        return 1e10 * (a**2).sum() + 1e-6 * b.sum(), (2e10 * a, 1e-6 * np.ones_like(b))

    with pytest.warns(
        UserWarning, match=r"^gradcheck: nothing was checked by b: the slope is lost in the noise"
    ):
        report = gradcheck(f, (X, C))
    assert report.status == "ok"
    assert [a.status for a in report.arguments] == ["ok", "unchecked"]
    assert examined(f, (X, C)).remarks == report.remarks


# Saturated functions: what does not change, and a gradient that says so.


def one_score_above(distance, dtype=float):
    scores = np.zeros((3, 5), dtype)
    scores[:, 1] = distance
    return scores


def expected_place(scores):
    """The mean place under a softmax."""
    p = np.exp(scores - scores.max(axis=-1, keepdims=True))
    p /= p.sum(axis=-1, keepdims=True)
    place = np.arange(scores.shape[-1]) + 1.0
    mean = p @ place
    return float(np.sum(mean)), p * (place - mean[..., np.newaxis])


def cross_entropy(scores):
    top = scores.max(axis=-1, keepdims=True)
    log_sum = top + np.log(np.exp(scores - top).sum(axis=-1, keepdims=True))
    grad = np.exp(scores - log_sum)
    grad[:, 1] -= 1
    return float((log_sum[:, 0] - scores[:, 1]).sum()), grad


def library_cross_entropy(scores):
    return softmax_cross_entropy(scores, np.ones(len(scores), int))


def in_float32(scores):
    return library_cross_entropy(scores.astype(np.float32))


def tanhs(x):
    return np.tanh(x).sum(), 1 / np.cosh(x) ** 2


SOFTMAX = [expected_place, cross_entropy, library_cross_entropy, in_float32]


@pytest.mark.parametrize("f", SOFTMAX)
@pytest.mark.parametrize("distance", [40, 45, 60, 80])
def test_saturated_softmax(f, distance):
    report = gradcheck(f, one_score_above(distance))
    assert any("flat here but for its last bits" in remark for remark in report.remarks), f"{report}"


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("offset", [0.0, 0.5])
def test_saturated_tanh(scale, offset):
    def f(x):
        value, grad = tanhs(x)
        return offset + scale * value, scale * grad

    for x in (25.0, -25.0, np.full(4, 25.0), np.linspace(20, 30, 50)):
        report = gradcheck(f, x)
        assert any("flat here but for its last bits" in remark for remark in report.remarks), f"{report}"


@pytest.mark.parametrize("seed", range(5))
def test_no_false_alarm_on_the_way_to_saturation(seed):
    rng = np.random.default_rng(seed)
    for distance in np.arange(10.0, 50.0, 2.0):
        scores = one_score_above(distance) + rng.choice([0, 0.1, 1.0]) * rng.normal(size=(3, 5))
        for f, x in [(f, scores) for f in SOFTMAX[:3]] + [(tanhs, distance / 2 + rng.normal(size=7))]:
            report = examined(f, x, seed=seed)
            assert report.status != "failed", f"{distance}\n{report}"


@pytest.mark.parametrize("error", [1e-12, 1e-8, 1e-3, 1.0])
@pytest.mark.parametrize(
    ("f", "x"), [(tanhs, np.full(4, 25.0)), *[(f, one_score_above(40)) for f in SOFTMAX]]
)
def test_wrong_gradient_where_nothing_changes(f, x, error):
    def one_wrong(x):
        value, grad = f(x)
        grad.flat[2] += error
        return value, grad

    if f is in_float32:
        error = max(1e-3, error)
    assert examined(lambda x: (f(x)[0], f(x)[1] + error), x).status == "failed"
    assert examined(one_wrong, x).status == "failed"


def test_jacobian_of_a_saturated_layer():
    assert check_jacobian(np.tanh, np.full(4, 25.0), jac=lambda x: np.diag(1 / np.cosh(x) ** 2))
    p = np.exp([0, 40.0, 1.0])
    p /= p.sum()
    softmax_jacobian = np.diag(p) - np.outer(p, p)
    x = np.array([0, 40.0, 1.0])

    def softmax(x):
        e = np.exp(x - x.max())
        return e / e.sum()

    assert check_jacobian(softmax, x, jac=softmax_jacobian)
    assert not check_jacobian(softmax, x, jac=softmax_jacobian * [[2.0], [1.0], [1.0]], raise_exception=False)


# Functions that misbehave.


def test_not_deterministic():
    rng = np.random.default_rng(6)
    report = examined(lambda x: ((x * (rng.random(x.shape) > 0.5)).sum(), np.ones_like(x)), X)
    assert report.reason.startswith("func is not deterministic: two calls at the same point gave")
    assert report.calls == 2


def test_gradient_not_deterministic():
    rng = np.random.default_rng(6)
    report = examined(lambda x: (x.sum(), rng.random(x.shape)), X)
    assert report.reason == "the gradient is not deterministic: two calls at the same point differ"


def test_drift():
    count = [0]

    def f(x):
        count[0] += 1
        return cubes(x) + (count[0] > 20), 3 * x**2

    assert any("not deterministic: its value was" in text for text in examined(f, X).diagnoses)


def test_inputs_changed():
    def f(x, labels):
        x -= x.max()
        labels[0] = 7
        return np.exp(x).sum(), np.exp(x)

    x, labels = X.copy(), np.arange(3)
    report = examined(f, (x, labels), grad=None)
    assert report.reason == "func changes its arguments: x, labels"
    np.testing.assert_array_equal(x, X)
    np.testing.assert_array_equal(labels, np.arange(3))


def test_changed_inputs_do_not_spoil_the_rest():
    def f(a, b):
        value, grads = (a**3 * b).sum(), (3 * a**2 * b, a**3)
        a += 1
        b *= 0
        return value, grads

    report = examined(f, (X, C))
    assert report.diagnoses == ["func changes its arguments: a, b"]
    assert [a.status for a in report.arguments] == ["ok", "ok"]

    def value_alone(p):
        value = (p["a"] ** 3 * p["b"]).sum()
        p["b"] *= 0
        return value

    found = numeric_gradient(value_alone, {"a": X, "b": C})
    np.testing.assert_allclose(found["a"], 3 * X**2 * C, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt, RuntimeError])
def test_arrays_are_left_alone_when_func_raises(error):
    x, calls = X.copy(), [0]

    def f(x):
        calls[0] += 1
        if calls[0] > 30 and error is not ZeroDivisionError:
            raise error
        x += 1
        if calls[0] == 1 and error is ZeroDivisionError:
            raise error
        return x.sum(), np.ones_like(x)

    with pytest.raises(error):
        gradcheck(f, x)
    np.testing.assert_array_equal(x, X)


def test_gradient_may_be_the_argument_itself():
    assert gradcheck(lambda x: (x @ x / 2, x), LONG[0])


# Inputs and structures.


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
        (lambda x, y: (x * y, x), (1.5, 2.0), {"wrt": [1]}),
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


# The other checks.


@pytest.mark.parametrize(("method", "error"), [("central", 1e-9), ("forward", 1e-6), ("complex", 1e-14)])
@pytest.mark.parametrize("scale", [1.0, 1e6])
def test_numeric_gradient(method, error, scale):
    x = scale * X
    found = numeric_gradient(lambda x: np.exp(x / scale).sum(), x, method=method)
    np.testing.assert_allclose(found, np.exp(X) / scale, rtol=0, atol=error * 20 / scale)
    assert found.dtype == np.float64


def test_step_is_taken_as_given():
    """Of a cubic at 1, the central difference is off by the square of the step."""
    h = 3e-3
    assert numeric_gradient(lambda x: x**3, 1.0, h=h) == pytest.approx(3 + h**2, abs=1e-11)
    assert numeric_gradient(lambda x: x**3, 1.0, h=h, method="forward") == pytest.approx(
        3 + 3 * h + h**2, abs=1e-11
    )


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (lambda x: np.abs(x).sum(), "needs a complex value, got float64"),
        (lambda x: float(x.sum()), "needs a function of complex numbers, got ComplexWarning"),
        (lambda x: math.exp(x[0, 0]), "needs a function of complex numbers, got (ComplexW|TypeE)"),
        (lambda x: x.sum().real, "needs a complex value, got float64"),
    ],
)
def test_complex_step_needs_a_complex_function(f, message):
    with pytest.raises(TypeError, match=message):
        numeric_gradient(f, X, method="complex")


def test_complex_step_needs_an_analytic_function():
    with pytest.raises(ValueError, match="needs an analytic function; by x"):
        numeric_gradient(lambda x: np.vdot(x, x), X, method="complex")


def test_sparse_check():
    report = grad_check_sparse(cubes, X, 3 * X**2, num_checks=7, seed=0)
    assert report
    assert len({c.index for c in report.worst}) == 7
    assert report.max_rel_error < 1e-5
    again = grad_check_sparse(cubes, X, 3 * X**2, num_checks=7, seed=0)
    assert report.worst == again.worst
    assert len(grad_check_sparse(cubes, X, 3 * X**2, num_checks=1000).worst) == 36
    wrong = grad_check_sparse(cubes, X, 3 * X**2 + 0.1, num_checks=5, seed=0)
    assert wrong.reason.startswith("5 of 5 elements are wrong, x[")


def layer(x):
    return np.tanh(C @ x)


def layer_jacobian(x):
    return (1 - layer(x) ** 2)[:, None] * C


def one_entry_wrong(x):
    jac = layer_jacobian(x)
    jac[2, 3] *= -1
    return jac


def tiny_row_wrong(x):
    jac = np.diag([1e6, 1e-6, 1.0])
    jac[1, 1] *= 2
    return jac


@pytest.mark.parametrize(
    ("func", "jac", "x", "reason"),
    [
        (layer, layer_jacobian, X[0], ""),
        (layer, lambda x: layer_jacobian(x).T, X[0], "x: analytic is numeric transposed"),
        (layer, lambda x: -layer_jacobian(x), X[0], "x: analytic = -numeric everywhere: wrong sign"),
        (layer, one_entry_wrong, X[0], "x: 1 of 36 elements is wrong, all others agree"),
        (layer, lambda x: 0 * layer_jacobian(x), X[0], "x: analytic is 0 everywhere"),
        (lambda x: np.array([1e6, 1e-6, 1]) * x, tiny_row_wrong, np.ones(3), "x: 1 of 9 elements is wrong"),
        (lambda x: np.maximum(x, 0), lambda x: np.diag(x > 0) * 1.0, np.arange(3.0), "a kink, not a wrong"),
        (lambda x: x**2, lambda x: 2 * x, 1.5, ""),
        (lambda x: x.sum(axis=0), lambda x: np.tile(np.eye(6)[:, None, :], (1, 6, 1)), X, ""),
    ],
)
def test_jacobian(func, jac, x, reason):
    for report in (
        check_jacobian(func, x, jac=jac, raise_exception=False),
        check_jacobian(lambda x: (func(x), jac(x)), x, raise_exception=False),
    ):
        assert report.ok == (not reason)
        assert report.reason.startswith(reason), f"{report}"


def test_jacobian_names_the_entry():
    report = check_jacobian(layer, X[0], jac=one_entry_wrong, raise_exception=False)
    assert [(c.name, c.index) for c in report.worst] == [("d func[2] / d x[3]", (2, 3))]
    assert report.worst[0].analytic == pytest.approx(-report.worst[0].numeric)


def test_jacobian_products():
    def forward(x, w):
        return np.maximum(x @ w, 0)

    def backward(x, w, u):
        u = u * (x @ w > 0)
        return u @ w.T, x.T @ u

    assert check_jacobian(forward, (DATA, LONG[:5, :7]), vjp=backward)
    report = check_jacobian(
        forward,
        (DATA, LONG[:5, :7]),
        vjp=lambda x, w, u: (backward(x, w, u)[0], x.T @ u),
        raise_exception=False,
    )
    assert [a.status for a in report.arguments] == ["ok", "wrong"]


def test_second_derivatives():
    H = C.T @ C
    x = X[0]
    assert gradgradcheck(lambda x: H @ x, x, hessian=H)
    assert gradgradcheck(lambda x: (x @ H @ x / 2, H @ x), x, hvp=lambda x, v: H @ v)
    assert gradgradcheck(lambda x: H @ x, x)
    report = gradgradcheck(lambda x: H @ x, x, hvp=lambda x, v: 2 * H @ v, raise_exception=False)
    assert report.reason == "x: analytic = 2 x numeric everywhere"
    report = gradgradcheck(lambda x: H @ x, x, hessian=C, raise_exception=False)
    assert any("the Hessian is not symmetric" in text for text in report.diagnoses)
    report = gradgradcheck(lambda x: C @ x, x, raise_exception=False)
    assert report.reason == "not the gradient of any function: its Jacobian is not symmetric"
    assert "wrong" in {pair.status for pair in report.arguments}


def test_second_derivatives_of_a_structure():
    def grad(p):
        return {"a": np.cos(p["a"]) * p["b"], "b": np.sin(p["a"]).sum()}

    def hvp(p, v):
        cross = np.cos(p["a"])
        return {
            "a": -np.sin(p["a"]) * p["b"] * v["a"] + cross * v["b"],
            "b": (cross * v["a"]).sum(),
        }

    point = {"a": X, "b": 2.0}
    assert gradgradcheck(grad, point, hvp=hvp)
    assert gradgradcheck(grad, point)
    report = gradgradcheck(
        grad, point, hvp=lambda p, v: hvp(p, {"a": v["a"], "b": 0.0}), raise_exception=False
    )
    assert "p['a']" in report.reason


# The report.


def test_failure_raises_the_report():
    with pytest.raises(GradientError, match=r"x: analytic = -numeric everywhere") as caught:
        gradcheck(cubes, X, grad=lambda x: -3 * x**2)
    assert not caught.value.report
    copy = pickle.loads(pickle.dumps(caught.value))
    assert f"{copy}" == f"{caught.value}"


def test_report_reads_well():
    report = examined(cubes, LONG, grad=lambda x: 6 * x**2)
    text = f"{report}"
    first, _, header, row, _, columns, worst, *_ = text.splitlines()
    assert first == "gradcheck: FAILED: x: analytic = 2 x numeric everywhere"
    assert header.split() == [
        "argument",
        "elements",
        "numeric",
        "analytic",
        "rel.",
        "error",
        "visible",
        "from",
    ]
    assert row.split()[:2] == ["x", "2000"]
    assert columns.split()[:3] == ["element", "numeric", "analytic"]
    assert worst.startswith(report.worst[0].name)
    assert worst.endswith("WRONG")
    assert max(map(len, text.splitlines()[1:])) <= 110
    assert "truncation and rounding balance at h = " in text
    assert repr(report) == "<gradcheck: x: analytic = 2 x numeric everywhere>"
    assert f"{examined(cubes, LONG, grad=lambda x: 3 * x**2)}".startswith("gradcheck: ok\n")


def test_errors_of_a_report():
    report = examined(cubes, X, grad=lambda x: 3 * x**2 + 0.5)
    assert report.max_abs_error == pytest.approx(0.5, rel=1e-6)
    assert report.worst[0].abs_error == pytest.approx(0.5, rel=1e-6)
    assert examined(cubes, X, grad=lambda x: 3 * x**2).max_rel_error < 1e-5


def test_the_same_seed_gives_the_same_report():
    assert f"{examined(cubes, X, grad=np.exp)}" == f"{examined(cubes, X, grad=np.exp)}"


@pytest.mark.parametrize(
    ("func", "grad"),
    [(cubes, lambda x: 3 * x**2), (cubes, np.exp), (np.sum, np.ones_like), (lambda x: 0.0, np.zeros_like)],
)
def test_plot(func, grad, tmp_path):
    pytest.importorskip("matplotlib")
    report = examined(func, X, grad=grad)
    figure = report.plot()
    axes = figure.axes[0]
    assert axes.get_xlabel() == "step h"
    assert len(axes.lines) == 4
    figure.savefig(tmp_path / "error.png")


def test_plot_without_a_sweep():
    pytest.importorskip("matplotlib")
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="plot: there was no sweep; func is not deterministic"):
        examined(lambda x: (rng.random(), x), X).plot()


# The pieces.


@pytest.mark.parametrize(
    ("f", "slope"),
    [
        (math.exp, math.e),
        (lambda t: math.sin(1000 * t), 1000 * math.cos(1000)),
        (lambda t: t**7, 7.0),
        (lambda t: 1e8 + t**3, 3.0),
        (lambda t: math.sqrt(t - 0.9999), 50.0),
        (lambda t: math.tanh(1e5 * (t - 1)), 1e5),
        (lambda t: abs(t - 1 - 1e-6), -1.0),
    ],
)
def test_the_error_of_a_slope_is_estimated(f, slope):
    objective = Objective(Arguments(f, 1.0), f)
    line = Line(objective, [Move(0, 0, np.ones(1))])
    found = sweep(line, ladder(np.dtype(float)), noise_level(line), "t", slope)
    assert abs(found.numeric - slope) <= 5 * found.error
    assert found.error < 1e-5 * abs(slope)
    assert found.corner is None


@pytest.mark.parametrize("noise", [0.0, 1e-12, 1e-7, 1e-3])
def test_the_noise_of_a_function_is_measured(noise):
    rng = np.random.default_rng(0)
    levels = []
    for _ in range(20):
        objective = Objective(Arguments(math.exp, 1.0), lambda t: math.exp(t) + noise * rng.normal())
        levels.append(noise_level(Line(objective, [Move(0, 0, np.ones(1))])))
    expected = max(noise, 2.0**-53 * math.e)
    assert expected / 3 < np.median(levels) < 3 * expected


def test_random_directions():
    v = random_direction(np.random.default_rng(0), 100_000)
    assert np.abs(v).min() >= 0.5
    assert np.abs(v).max() <= 1.0
    assert abs(np.mean(v)) < 0.01
    assert np.mean(v**2) == pytest.approx(7 / 12, rel=0.01)
    np.testing.assert_array_equal(v, v.astype(np.float32))


# Documentation.


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name):
    module = importlib.import_module(f"fastopt.gradcheck{name}")
    with np.printoptions(legacy=False):
        failed, _ = doctest.testmod(module, extraglobs={"np": np}, optionflags=doctest.ELLIPSIS)
    assert failed == 0


@pytest.mark.parametrize("name", package.__all__)
def test_public_objects_are_documented(name):
    value = getattr(package, name)
    text = inspect.getdoc(value)
    if inspect.isfunction(value):
        sections = ("Parameters", "Returns", "Raises", "Examples")
        assert all(f"\n{section}\n{'-' * len(section)}\n" in text for section in sections)
        assert ".. math::" in text
        for parameter in inspect.signature(value).parameters:
            assert parameter in text


@pytest.mark.parametrize("problem", list(problems.PROBLEMS.values()), ids=lambda problem: problem.name)
def test_no_false_alarm_at_a_minimum(problem: problems.Problem) -> None:
    """There the gradient is zero, and all that differences see is the rounding of the point itself."""
    for point in problem.minimum.points:
        for seed in range(10):
            assert examined(problem.value_and_grad, np.array(point), seed=seed)


def test_a_minimum_is_told() -> None:
    report = gradcheck(
        lambda x: (((x - 0.1) ** 2).sum() + 1, 2 * (x - 0.1)), np.full(3, np.nextafter(0.1, 1))
    )
    assert report.remarks == ["x: the slope is 0 as far as can be seen; check at another point, too"]
