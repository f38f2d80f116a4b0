"""gradcheck beside kinks: a right gradient is never wrong, a wrong one is found, what is hidden is named."""

import math
from itertools import pairwise

import numpy as np
import pytest

from fastopt.gradcheck import GradientError, check_jacobian, gradcheck
from fastopt.gradcheck.differences import ladder, sweep
from fastopt.gradcheck.line import Line, Objective
from fastopt.gradcheck.noise import noise_level
from fastopt.gradcheck.structure import Arguments, Move

# Sums of pieces whose slopes to both sides are known: of each piece for positive and for negative arguments.

PIECES = {"relu": (1.0, 0.0), "leaky": (1.0, 0.01), "abs": (1.0, -1.0), "hinge": (0.0, -1.0)}
OFFSETS = [0.0, 0.0, 1e-3, 2.3, -100.0]


def piecewise(seed):
    """Return a sum of up to 30 pieces, a point with some at their kink, the slopes to the left and right."""
    rng = np.random.default_rng(seed)
    up, down = PIECES[list(PIECES)[seed % 4]]
    size, count = rng.integers(1, 8), rng.integers(1, 30)
    a, w = rng.normal(size=(count, size)), rng.normal(size=count)
    x = rng.choice([0, 1, 1, 1e-3, 100]) * rng.normal(size=size)
    offset, scale = rng.choice(OFFSETS), rng.choice([1, 1, 1e-6, 1e6])
    largest = max(1e-3, np.abs(x).max(), abs(offset))
    distance = largest * 10 ** rng.uniform(-11, 0, count if rng.random() < 0.5 else 1)
    z = distance * rng.choice([-1, 1], count) * (rng.random(count) < rng.choice([0.7, 1.0]))
    b = z - a @ x
    z = a @ x + b
    tied = np.abs(z) <= 4e-16 * (np.abs(a) @ np.abs(x) + np.abs(b))

    def f(x):
        z = a @ x + b
        return float(scale * (w @ np.where(z > 0, up * z, down * z) + offset))

    def slope(sign):
        """To one side, of every element: which piece a tied one is on depends on the direction."""
        there = np.where(tied[:, np.newaxis], sign * a > 0, z[:, np.newaxis] > 0)
        return scale * (w @ (np.where(there, up, down) * a))

    return f, x, slope(-1), slope(1), rng


@pytest.mark.parametrize("block", range(4))
def test_right_slopes_of_piecewise_linear_functions(block):
    for seed in range(20 * block, 20 * block + 20):
        f, x, left, right, rng = piecewise(seed)
        claimed = left + rng.choice([0, 0.5, 1], x.size) * (right - left)
        report = gradcheck(f, x, grad=claimed, allow_kinks=True, raise_exception=False)
        assert report.ok, f"seed {seed}\n{report}"


def test_wrong_slopes_of_piecewise_linear_functions():
    """One element well outside of its slopes is seen or called unseen, and nearly always seen."""
    statuses = []
    for seed in range(60):
        f, x, left, right, rng = piecewise(seed)
        claimed = left + rng.choice([0, 0.5, 1], x.size) * (right - left)
        place, size = rng.integers(x.size), np.sqrt(np.mean(claimed**2))
        claimed[place] = rng.choice([right, left])[place] + rng.choice([-1, 1]) * size
        low, high = np.minimum(left, right)[place], np.maximum(left, right)[place]
        if low - 0.05 * size < claimed[place] < high + 0.05 * size or size == 0:
            continue
        report = gradcheck(f, x, grad=claimed, allow_kinks=True, raise_exception=False)
        statuses.append(report.status)
        if report.status == "failed":
            assert ("wrong", (place,)) in {(c.status, c.index) for c in report.worst}, (
                f"seed {seed}\n{report}"
            )
    assert len(statuses) > 40
    assert statuses.count("failed") >= 0.9 * len(statuses)


# The same pieces by hand.


@pytest.mark.parametrize("offset", [0.0, 2.3])
@pytest.mark.parametrize("distance", 10.0 ** np.arange(-12, 0, 2))
@pytest.mark.parametrize("side", [-1, 1])
def test_beside_one_kink(offset, distance, side):
    """The slope at 0 is that of the side it is on, whatever lies across the kink."""

    def f(x):
        return float(np.maximum(x - side * distance, 0).sum() + offset)

    right = np.full(2, float(side < 0))
    assert gradcheck(f, np.zeros(2), grad=right)
    assert not gradcheck(f, np.zeros(2), grad=1 - right, raise_exception=False)


@pytest.mark.parametrize("distance", [1e-9, 1e-7, 1e-5, 1e-3])
@pytest.mark.parametrize("offset", [0.0, 2.3])
def test_flat_between_two_kinks(distance, offset):
    """A function that is flat and then changes to both sides does not round its input for that."""

    def value(x):
        return float(np.maximum(np.abs(x) - distance, 0).sum() + offset)

    def odd(x):
        return float((np.sign(x) * np.maximum(np.abs(x) - distance, 0)).sum() + offset)

    for f in (value, odd):
        assert gradcheck(f, np.zeros(3), grad=np.zeros(3))
        assert not gradcheck(f, np.zeros(3), grad=np.ones(3), raise_exception=False)


@pytest.mark.parametrize("scale", [1e-6, 1.0])
def test_ten_terms_with_kinks_of_about_1e_4(scale):
    for seed in range(8):
        rng = np.random.default_rng(seed)
        w, b, z = rng.normal(size=10), 1e-4 * rng.normal(size=10), 1e-4 * rng.normal(size=10)

        def f(z, w=w, b=b):
            return scale * (w @ np.maximum(z + b, 0) + 2.3), scale * w * (z + b > 0)

        assert gradcheck(f, z)
        doubled = np.where(np.arange(10) == np.argmax(np.abs(f(z)[1])), 2.0, 1.0)
        assert not gradcheck(lambda z, f=f, d=doubled: (f(z)[0], d * f(z)[1]), z, raise_exception=False)


@pytest.mark.parametrize("size", [5, 300])
def test_max_of_many(size):
    x = np.random.default_rng(0).normal(size=size)
    first, second = np.argsort(-x)[:2]
    claimed = np.eye(size)[first]

    def largest(x):
        return x.max()

    assert gradcheck(largest, x, grad=claimed)
    x[second] = x[first]
    assert gradcheck(largest, x, grad=claimed, allow_kinks=True)
    assert gradcheck(largest, x, grad=(claimed + np.eye(size)[second]) / 2, allow_kinks=True)
    wrong = gradcheck(largest, x, grad=2 * claimed, allow_kinks=True, raise_exception=False)
    assert f"x[{first}] is a kink, and analytic 2 is not between its slopes" in str(wrong)


# Networks.

DEEP = (15, 20, 10, 10, 10, 10, 30, 10)


def network(seed, sizes=DEEP, scale=0.05, offset=0.0, dtype=np.float64):
    """Return a classifier of ReLU layers without biases to begin with, and softmax; and its parameters."""
    rng = np.random.default_rng(seed)
    params = {}
    for k, shape in enumerate(pairwise(sizes)):
        params[f"W{k}"] = (scale * rng.normal(size=shape)).astype(dtype)
        params[f"b{k}"] = np.zeros(shape[1], dtype)
    x, rows = rng.normal(size=(2, sizes[0])).astype(dtype), np.arange(2)
    labels, last = rng.integers(sizes[-1], size=2), len(sizes) - 2

    def f(p):
        below = [x]
        for k in range(last + 1):
            z = below[-1] @ p[f"W{k}"] + p[f"b{k}"]
            below.append(np.maximum(z, 0) if k < last else z)
        e = np.exp(z - z.max(axis=1, keepdims=True))
        e /= e.sum(axis=1, keepdims=True)
        value, delta, grads = offset - np.log(e[rows, labels]).mean(), e / 2, {}
        delta[rows, labels] -= 0.5
        for k in range(last, -1, -1):
            grads[f"W{k}"], grads[f"b{k}"] = below[k].T @ delta, delta.sum(axis=0)
            delta = (delta @ p[f"W{k}"].T) * (below[k] > 0)
        return value, {name: grads[name] for name in p}

    return f, params


@pytest.mark.parametrize(("seed", "offset"), [(0, 0.0), (2, 2.3), (11, 0.0)])
def test_small_weights_in_seven_layers(seed, offset):
    """Kinks lie as near as 1e-7, and backpropagation is right in every array."""
    f, params = network(seed, offset=offset)
    report = gradcheck(f, params, allow_kinks=True)
    assert {a.status for a in report.arguments} <= {"ok", "kink"}, f"{report}"


def transposed(g):
    return g.T if g.ndim == 2 and g.shape[0] == g.shape[1] else g[::-1]


def one_wrong(g):
    g = g.copy()
    g.flat[np.argmax(np.abs(g))] *= -1
    return g


MISTAKES = {
    "twice": lambda g: 2 * g,
    "sign": lambda g: -g,
    "never filled in": lambda g: 0 * g,
    "one element": one_wrong,
    "transposed": transposed,
    "a term is missing": lambda g: g + np.sqrt(np.mean(g**2)),
}


@pytest.mark.parametrize(
    ("name", "mistake"), [*zip(["W0", "b2", "W3", "b5", "W6", "b4"], MISTAKES, strict=True)]
)
def test_planted_mistakes_in_seven_layers(name, mistake):
    f, params = network(1)

    def wrong(p):
        value, grads = f(p)
        return value, grads | {name: MISTAKES[mistake](grads[name])}

    report = gradcheck(wrong, params, allow_kinks=True, raise_exception=False)
    faulty = [a.name for a in report.arguments if a.status not in ("ok", "kink")]
    assert faulty == [f"p['{name}']"], f"{report}"


@pytest.mark.parametrize("promote", [True, False])
def test_float32_networks(promote):
    """Noise hides what lies near, but does not make it wrong."""
    for seed in range(2):
        f, params = network(seed, (6, 8, 7, 5), 0.3, dtype=np.float32)
        report = gradcheck(f, params, allow_kinks=True, promote=promote, raise_exception=False)
        assert report.ok, f"seed {seed}\n{report}"
        doubled = gradcheck(
            lambda p, f=f: (f(p)[0], f(p)[1] | {"b2": 2 * f(p)[1]["b2"]}),
            params,
            allow_kinks=True,
            promote=promote,
            raise_exception=False,
        )
        assert {a.name: a.status for a in doubled.arguments}["p['b2']"] == "wrong"


# Cusps: kinks whose slopes have no end.

CUSPS = {
    "a root": (lambda x: 2.3 + np.sqrt(np.abs(x)), 0.0, "kink"),
    "a root upside down": (lambda x: 2.3 - np.sqrt(np.abs(x - 1)), 1.0, "kink"),
    "a root of a norm": (lambda x: 2.3 + np.sqrt(np.linalg.norm(x)) + x.sum(), np.zeros(2), "kink"),
    "to one side": (lambda x: 2.3 + np.sqrt(np.maximum(x, 0)), 0.0, "kink"),
    "a cube root": (lambda x: 2.3 + np.cbrt(x), 0.0, "undefined"),
    "a logarithm": (lambda x: 2.3 + x * np.log(np.abs(x) or 1.0), 0.0, "undefined"),
    "a power of 1.1": (lambda x: 2.3 + np.abs(x) ** 1.1, 0.0, "ok"),
}


@pytest.mark.parametrize("name", CUSPS)
@pytest.mark.parametrize("promote", [True, False])
def test_cusp(name, promote):
    """A kink and no slope, though central differences are 0 there; a vertical tangent is neither."""
    f, x, status = CUSPS[name]
    x = np.asarray(x, np.float64 if promote else np.float32)[()]
    claimed = 0 * x + 5.0 if status != "ok" else 0 * x
    report = gradcheck(f, x, grad=claimed, promote=promote, allow_kinks=True, raise_exception=False)
    assert report.arguments[0].status == status, f"{report}"
    assert report.ok == (status != "undefined")
    assert report.reason.startswith("the tangent is vertical at x = 0") == (status == "undefined")


def test_a_cusp_that_was_not_expected():
    with pytest.raises(GradientError, match="a kink, not a wrong gradient, at x = 0: slope -inf to the left"):
        gradcheck(lambda x: 2.3 + np.sqrt(np.abs(x)), 0.0, grad=0.0)


def test_a_steep_slope_is_no_cusp():
    """It looks as one over all steps but the very smallest."""
    steep = 2.0**43
    assert gradcheck(lambda t: math.asinh(steep * t), 0.0, grad=steep)


# Closer than any usable step.


def steep_inside(x):
    """A slope of 4 for |x[0]| < 2**-44, of 1.5 beyond, a square of the others; and a value of 2**20."""
    inner = np.clip(x[0], -(2.0**-44), 2.0**-44)
    return float(4 * inner + 1.5 * abs(x[0] - inner) + (x[1:] ** 2).sum() + 2.0**20)


def test_what_kinks_hide_is_named_and_the_rest_is_checked():
    x = np.array([0.0, 1.0, -2.0])
    right = np.append(4.0, 2 * x[1:])
    report = gradcheck(steep_inside, x, grad=right, allow_kinks=True)
    assert [c.status for c in report.worst] == ["unsettled", "ok", "ok"]
    assert "x[0]: kinks lie closer than any usable step; not checked" in report.remarks
    wrong = gradcheck(steep_inside, x, grad=right * [1, 1, 2], allow_kinks=True, raise_exception=False)
    assert [c.name for c in wrong.worst if c.status == "wrong"] == ["x[2]"]


def test_where_kinks_hide_everything_nothing_was_checked():
    def f(t):
        return steep_inside(np.array([t]))

    with pytest.raises(GradientError, match="UNCHECKED: nothing was checked by t: kinks lie closer than any"):
        gradcheck(f, 0.0, grad=4.0, allow_kinks=True)


def test_an_array_that_kinks_hide_beside_one_that_is_checked():
    def f(a, t):
        return (a**2).sum() + steep_inside(np.array([t])), (2 * a, 4.0)

    with pytest.warns(
        UserWarning, match="gradcheck: nothing was checked by t: kinks lie closer than any usable"
    ):
        report = gradcheck(f, (np.ones(3), 0.0), allow_kinks=True)
    assert [(a.status, a.hidden_by) for a in report.arguments] == [("ok", ""), ("unchecked", "kinks")]


# The pieces.


def line_of(f, x=0.0):
    return Line(Objective(Arguments(f, x), f), [Move(0, 0, np.ones(1))])


@pytest.mark.parametrize("spacing", 2.0 ** -np.arange(14, 40, 2))
def test_kinks_are_not_noise(spacing):
    """However many lie at the spacing over which noise is measured."""
    rng = np.random.default_rng(0)
    places, slopes = spacing * rng.uniform(-20, 20, 100), rng.normal(size=100)
    line = line_of(lambda t: 2.3 + float(slopes @ np.maximum(t - places, 0)))
    assert noise_level(line) < 1e-14


@pytest.mark.parametrize("count", [1, 10, 1000])
def test_rounding_of_inputs_is_noise(count):
    """A function that rounds its inputs to float32 differs from a smooth one by about this much."""
    rng = np.random.default_rng(0)
    x, slopes = rng.uniform(1, 2, count), rng.normal(size=count)

    def f(x):
        return float(slopes @ x.astype(np.float32).astype(np.float64))

    line = Line(Objective(Arguments(f, x), f), [Move(0, 0, rng.uniform(0.5, 1, count))])
    found = sweep(line, ladder(np.dtype(float)), noise_level(line), "t", 0.0)
    typical = 2.0**-24 / np.sqrt(3) * np.linalg.norm(slopes)
    assert typical / 10 < found.rounding[0] * found.steps[0] / 2 < 10 * typical
    exact = float(slopes @ line.moves[0].by)
    assert abs(found.numeric - exact) <= 5 * found.error


def test_jacobian_of_a_layer_beside_kinks():
    rng = np.random.default_rng(0)
    w, x = rng.normal(size=(6, 4)), rng.normal(size=4)
    b = 1e-6 * rng.normal(size=6) - w @ x
    active = (w @ x + b > 0)[:, np.newaxis]
    assert check_jacobian(lambda x: np.maximum(w @ x + b, 0), x, jac=active * w)
    with pytest.raises(GradientError):
        check_jacobian(lambda x: np.maximum(w @ x + b, 0), x, jac=active * w * 2)
