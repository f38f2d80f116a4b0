"""Random functions with exact gradients: no false alarm, and every wrong element is found."""

import numpy as np
import pytest

from fastopt import problems
from fastopt.gradcheck.differences import ladder, sweep
from fastopt.gradcheck.line import Line, Objective
from fastopt.gradcheck.noise import noise_level
from fastopt.gradcheck.search import units_of
from fastopt.gradcheck.structure import Arguments, Move
from gradcheck.functions import DATA, TARGET, examined


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


@pytest.mark.parametrize("problem", list(problems.PROBLEMS.values()), ids=lambda problem: problem.name)
def test_no_false_alarm_at_a_minimum(problem: problems.Problem) -> None:
    """There the gradient is zero, and all that differences see is the rounding of the point itself."""
    for point in problem.minimum.points:
        for seed in range(10):
            assert examined(problem.value_and_grad, np.array(point), seed=seed)
