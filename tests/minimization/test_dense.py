"""The dense matrices of quasi-Newton and Newton methods."""

from collections.abc import Callable

import numpy as np
import pytest

import fastopt
from fastopt import _core
from support import ISAS, Array, same

SIZES = (1, 2, 7, 8, 9, 33, 100)


def steps(n: int, count: int, seed: int = 0) -> list[tuple[Array, Array]]:
    """Steps s and changes y = A s of the gradient of a convex quadratic, condition 1e4."""
    rng = np.random.default_rng(seed)
    q, _ = np.linalg.qr(rng.standard_normal((n, n)))
    a = (q * np.geomspace(1e-2, 1e2, n)) @ q.T
    return [(s, a @ s) for s in rng.standard_normal((count, n))]


def bfgs_formula(pairs: list[tuple[Array, Array]]) -> Array:
    """Nocedal & Wright (6.17), as it stands there.

    Up to 20 variables start from I, or longer; more from (6.20), and the whole of their H is made longer
    before an update that asks for it.
    """
    s, y = pairs[0]
    eye, many = np.eye(len(s)), len(s) > 20
    h = eye * (s @ y / (y @ y) if many else max(1.0, s @ y / (y @ y)))
    for s, y in pairs:
        rho = 1 / (s @ y)
        if many:
            h = h * max(1.0, s @ y / (y @ h @ y))
        h = (eye - rho * np.outer(s, y)) @ h @ (eye - rho * np.outer(y, s)) + rho * np.outer(s, s)
    return h


@pytest.mark.parametrize("n", SIZES)
def test_bfgs_against_the_formula(n: int) -> None:
    pairs = steps(n, 12)
    bfgs = _core.InverseBfgs(n)
    g = np.random.default_rng(1).standard_normal(n)
    for k, (s, y) in enumerate(pairs):
        assert bfgs.update(s, y)
        want = bfgs_formula(pairs[: k + 1])
        d, slope = bfgs.direction(g)
        np.testing.assert_allclose(d, -want @ g, rtol=1e-9, atol=1e-11 * np.abs(want @ g).max())
        assert slope == pytest.approx(g @ d, rel=1e-12)
    np.testing.assert_allclose(bfgs.matrix(), want, rtol=1e-9, atol=1e-11 * np.abs(want).max())


@pytest.mark.parametrize("n", SIZES)
def test_bfgs_is_symmetric_positive_definite_and_keeps_the_secant_equation(n: int) -> None:
    bfgs = _core.InverseBfgs(n)
    for s, y in steps(n, 12):
        assert bfgs.update(s, y)
        h = bfgs.matrix()
        np.testing.assert_allclose(h @ y, s, rtol=1e-8, atol=1e-10 * np.abs(s).max())
        assert np.array_equal(h, h.T)
        assert np.linalg.eigvalsh(h)[0] > 0


def test_bfgs_without_looking_in_between() -> None:
    """The deferred update: whether, and how often, somebody looks at H changes nothing."""
    pairs = steps(20, 5)
    g = np.ones(20)
    looked, not_looked = _core.InverseBfgs(20), _core.InverseBfgs(20)
    for s, y in pairs:
        looked.update(s, y)
        looked.direction(g)
        looked.matrix()
        looked.direction(y)
        not_looked.update(s, y)
    np.testing.assert_allclose(not_looked.matrix(), bfgs_formula(pairs), rtol=1e-9, atol=1e-12)
    assert same(looked.matrix(), not_looked.matrix())
    np.testing.assert_allclose(looked.direction(g)[0], not_looked.direction(g)[0], rtol=1e-10)


def test_bfgs_starts_as_the_identity_and_returns_to_it() -> None:
    bfgs = _core.InverseBfgs(9)
    g = np.arange(9.0)
    for _ in range(2):
        assert np.array_equal(bfgs.matrix(), np.eye(9))
        d, slope = bfgs.direction(g)
        assert np.array_equal(d, -g)
        assert slope == -(g @ g)
        bfgs.update(g, 3 * g)
        np.testing.assert_allclose(bfgs.matrix(), bfgs_formula([(g, 3 * g)]), rtol=1e-15, atol=1e-15)
        bfgs.reset()


def test_bfgs_keeps_the_first_matrix_of_few_variables() -> None:
    """A step along the steep one says nothing of the other; one along both of a small curvature does."""
    bfgs = _core.InverseBfgs(2)
    bfgs.update(np.array([1.0, 0.0]), np.array([1e4, 0.0]))
    np.testing.assert_allclose(bfgs.matrix(), np.diag([1e-4, 1.0]), rtol=1e-12)
    bfgs.reset()
    bfgs.update(np.array([1.0, 0.0]), np.array([1e-4, 0.0]))
    np.testing.assert_allclose(bfgs.matrix(), np.diag([1e4, 1e4]), rtol=1e-12)


def test_bfgs_of_many_variables_makes_the_whole_matrix_longer() -> None:
    first, second = np.eye(21)[:2]
    bfgs = _core.InverseBfgs(21)
    bfgs.update(first, 100 * first)
    np.testing.assert_allclose(bfgs.matrix(), np.eye(21) / 100, rtol=1e-14)
    bfgs.update(second, second)
    np.testing.assert_allclose(bfgs.matrix(), np.eye(21), rtol=1e-13)
    bfgs.update(first, 4 * first)  # shorter: along this step only
    want = np.eye(21)
    want[0, 0] = 0.25
    np.testing.assert_allclose(bfgs.matrix(), want, rtol=1e-13, atol=1e-16)


def test_bfgs_refuses_what_would_spoil_it() -> None:
    pairs = steps(10, 4)
    bfgs = _core.InverseBfgs(10)
    for s, y in pairs:
        bfgs.update(s, y)
    want = bfgs.matrix()
    s, y = pairs[0]
    for bad in (-y, 0 * y, np.nan * y, np.inf * y, 1e-320 * y):
        assert not bfgs.update(s, bad)
        assert same(bfgs.matrix(), want)
    np.testing.assert_allclose(bfgs.direction(y)[0], -want @ y, rtol=1e-12)


@pytest.mark.parametrize("scale", [1e-100, 1e-6, 1e6, 1e100])
def test_bfgs_at_any_scale(scale: float) -> None:
    pairs = [(s * scale, y / scale) for s, y in steps(10, 15)]
    bfgs = _core.InverseBfgs(10)
    for s, y in pairs:
        assert bfgs.update(s, y)
    np.testing.assert_allclose(bfgs.matrix() / scale, bfgs_formula(pairs) / scale, rtol=1e-8)


@pytest.mark.parametrize("n", [9, 100, 601])
def test_bfgs_has_the_same_bits_on_all_threads_and_instruction_sets(n: int, runtime: None) -> None:
    rng = np.random.default_rng(2)
    pairs = [(s, s * np.linspace(1, 50, n)) for s in rng.standard_normal((4, n))]
    g = rng.standard_normal(n)
    _core.set_grain(1)
    results = []
    for isa in ISAS:
        _core.select_isa(isa)
        for threads in (1, 2, 5):
            fastopt.set_num_threads(threads)
            bfgs = _core.InverseBfgs(n)
            for s, y in pairs:
                bfgs.update(s, y)
                d, slope = bfgs.direction(g)
            results.append((d, np.array(slope), bfgs.matrix()))
    for result in results[1:]:
        assert all(map(same, result, results[0]))


def test_bfgs_judges_its_arrays() -> None:
    bfgs = _core.InverseBfgs(3)
    with pytest.raises(ValueError, match=r"n: expected at least 1, got 0"):
        _core.InverseBfgs(0)
    with pytest.raises(ValueError, match=r"y: expected float64 of shape \(3,\), got float64 of shape \(4,\)"):
        bfgs.update(np.ones(3), np.ones(4))
    with pytest.raises(TypeError, match=r"g: expected float64 of shape \(3,\), got float32"):
        bfgs.direction(np.ones(3, np.float32))
    assert bfgs.update(np.ones(6)[::2], np.arange(1.0, 7.0)[::2])


def with_eigenvalues(values: Array, seed: int = 0) -> Array:
    q, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal((len(values), len(values))))
    h = (q * values) @ q.T
    return (h + h.T) / 2


def region_at(g: Array, h: Array, radius: float | None = None) -> _core.TrustRegion:
    """A model, with a radius of at most `radius` where one is given, reached by refused steps."""
    region = _core.TrustRegion(len(g))
    assert region.model(g, h)
    while radius is not None and region.radius > radius:
        region.step()
        region.accept(0.0, np.inf)
    return region


def assert_solves(d: Array, g: Array, h: Array, radius: float) -> None:
    """Nocedal & Wright, theorem 4.1: what is necessary and sufficient for a minimum of the model."""
    size = np.linalg.norm(h, 2)
    length = np.linalg.norm(d)
    assert length <= radius * 1.0011
    mu = 0.0
    if length >= radius * (1 - 1e-5):
        mu = max(0.0, -(d @ (h @ d + g)) / (d @ d))
    np.testing.assert_allclose(h @ d + mu * d, -g, atol=1e-9 * (size * length + np.abs(g).max()))
    assert mu >= -np.linalg.eigvalsh(h)[0] - 1e-6 * size


@pytest.mark.parametrize("n", SIZES)
def test_the_step_is_newtons_where_the_hessian_is_positive_definite(n: int) -> None:
    rng = np.random.default_rng(n)
    h, g = with_eigenvalues(np.geomspace(1e-3, 1e3, n)), rng.standard_normal(n)
    region = region_at(g, h)
    d, predicted = region.step()
    want = np.linalg.solve(h, -g)
    np.testing.assert_allclose(d, want, rtol=1e-8, atol=1e-9 * np.abs(want).max())
    assert predicted == pytest.approx(-g @ want / 2, rel=1e-8)
    assert region.radius == pytest.approx(np.linalg.norm(want), rel=1e-8)
    upper = np.triu(np.full((n, n), np.nan), 1)
    assert same(region_at(g, np.tril(h) + upper).step()[0], d)  # it reads the lower triangle
    assert same(region_at(g, np.asfortranarray(h)).step()[0], d)


@pytest.mark.parametrize("radius", [None, 1.0, 1e-2, 1e-6])
@pytest.mark.parametrize("least", [-10.0, -1e-3, 0.0, 1e-9, 2.0])
@pytest.mark.parametrize("n", [1, 2, 7, 40])
@pytest.mark.parametrize("seed", range(3))
def test_the_step_minimises_the_model_inside_the_radius(
    seed: int, n: int, least: float, radius: float | None
) -> None:
    rng = np.random.default_rng(seed)
    h = with_eigenvalues(np.linspace(least, 5, n), seed)
    g = h @ rng.standard_normal(n) + 0.1 * rng.standard_normal(n)
    region = region_at(g, h, radius)
    for _ in range(3):  # refused twice
        d, predicted = region.step()
        assert g @ d < 0
        assert predicted == pytest.approx(-(g @ d + d @ h @ d / 2), rel=1e-6)
        assert_solves(d, g, h, region.radius)
        assert not region.accept(1.0, 1e9)


def test_the_hard_case() -> None:
    """Nothing of the gradient along the negative curvature."""
    h, g = np.diag([-1.0, -1.0, 2.0, 3.0]), np.array([0.0, 0.0, 0.3, 0.0])
    region = region_at(g, h)
    for radius in (0.1, 0.2, 0.4):
        d, predicted = region.step()
        assert region.radius == pytest.approx(radius)
        assert_solves(d, g, h, radius)
        assert np.linalg.norm(d[:2]) == pytest.approx(np.sqrt(radius**2 - 0.1**2), abs=1e-6)
        assert predicted > 0
        assert region.accept(0.0, -predicted)
        region.model(g, h)
    region.model(0 * g, h)  # a saddle
    d, predicted = region.step()
    assert_solves(d, 0 * g, h, region.radius)
    assert predicted == pytest.approx(0.8**2 / 2)


@pytest.mark.parametrize("least", [-1.0, -0.1, 0.0])
@pytest.mark.parametrize("radius", [None, 1.0, 0.1])
def test_nothing_of_the_gradient_along_the_least_eigenvector(radius: float | None, least: float) -> None:
    """Each element of the step alone is shorter than the radius, but not all of them together."""
    h = np.diag([least, 1.0, 2.0, 2.5])
    for g in ([0.0, 0.4, 1.0, 0.0], [0.0, 0.5, 1.0, 1.0], [0.0, 0.5, 1.0, -2.0]):
        region = region_at(np.array(g), h, radius)
        for _ in range(3):
            d, predicted = region.step()
            assert predicted > 0
            assert_solves(d, np.array(g), h, region.radius)
            assert not region.accept(1.0, 1e9)


def test_singular_and_zero_hessians() -> None:
    g = np.array([3.0, 4.0])
    d, _ = region_at(g, np.zeros((2, 2))).step()
    np.testing.assert_allclose(d, -g / 5)
    d, predicted = region_at(g, np.outer(g, g)).step()  # a minimum of the model: the one nearest
    np.testing.assert_allclose(d, -g / 25, rtol=1e-9)
    assert predicted == pytest.approx(0.5)
    d, predicted = region_at(0 * g, np.outer(g, g)).step()
    assert np.array_equal(d, [0, 0])
    assert predicted == 0


@pytest.mark.parametrize("of_g", [2.0**-500, 1.0, 2.0**500])
@pytest.mark.parametrize("of_h", [2.0**-400, 1.0, 2.0**400])
@pytest.mark.parametrize("least", [-1.0, 1.0])
def test_the_step_follows_the_scale_bit_for_bit(of_g: float, of_h: float, least: float) -> None:
    h, g = with_eigenvalues(np.linspace(least, 5, 6)), np.arange(1.0, 7.0)
    d, _ = region_at(g * of_g, h * of_h).step()
    assert same(d / (of_g / of_h), region_at(g, h).step()[0])


def test_a_model_that_is_not_finite_is_refused() -> None:
    g, h = np.ones(2), np.eye(2)
    region = _core.TrustRegion(2)
    for bad in (np.nan, np.inf):
        assert not region.model(np.array([1, bad]), h)
        assert not region.model(g, np.array([[1, 0], [bad, 1]]))
    assert not region.model(g * 1e200, h * 1e-200)
    assert region.model(g, h)
    with pytest.raises(
        ValueError, match=r"h: expected float64 of shape \(2, 2\), got float64 of shape \(2,\)"
    ):
        region.model(g, g)
    with pytest.raises(ValueError, match="n: expected at least 1, got -1"):
        _core.TrustRegion(-1)


def test_the_radius_follows_the_error_of_the_model() -> None:
    g, h = np.array([2.0, 0.0]), np.eye(2)
    for f_end, taken, radius in [
        (-2.0, True, 4.0),  # as predicted
        (-1.8, True, 2 * 3**0.5),
        (-1.4, True, 2.0),
        (-1.0, True, 2.0 * 0.6**0.5),
        (0.0, False, 2 * 0.3**0.5),
        (4.0, False, 2 * 0.1**0.5),
        (1e9, False, 0.2),
        (np.inf, False, 0.2),
        (-np.inf, False, 0.2),
        (np.nan, False, 0.2),
    ]:
        region = region_at(g, h)
        d, predicted = region.step()
        assert (d[0], predicted, region.radius) == (-2, 2, 2)
        assert region.accept(0.0, f_end) is taken
        assert region.radius == pytest.approx(radius)
    region.reset()
    assert region.radius == np.inf
    tiny = region_at(g * 1e-12, h)
    tiny.step()
    assert tiny.accept(1.0, 1.0 + 2e-16)  # a difference that rounding explains
    for rounding, taken in ((1e-6, True), (1e-9, False)):
        single = _core.TrustRegion(2, rounding)
        single.model(g * 1e-12, h)
        single.step()
        assert single.accept(1.0, 1.0 + 1e-7) is taken


def minimise(fun: Callable[[Array], tuple[float, Array, Array]], start: list[float]) -> tuple[Array, int]:
    """The driver: ask for a step, tell the outcome."""
    x = np.array(start)
    f, g, h = fun(x)
    region, evaluations = _core.TrustRegion(len(x)), 1
    region.model(g, h)
    while np.abs(g).max() > 1e-6 * max(1, abs(f)) and evaluations < 500:
        d, _ = region.step()
        f_end, g_end, h_end = fun(x + d)
        evaluations += 1
        if region.accept(f, f_end):
            x, f, g = x + d, f_end, g_end
            region.model(g, h_end)
    return x, evaluations


def rosenbrock(x: Array) -> tuple[float, Array, Array]:
    a, b = 10 * (x[1] - x[0] ** 2), 1 - x[0]
    j = np.array([[-20 * x[0], 10], [-1, 0]])
    return a * a + b * b, 2 * j.T @ [a, b], 2 * j.T @ j + np.diag([-40 * a, 0])


def powell_badly_scaled(x: Array) -> tuple[float, Array, Array]:
    with np.errstate(over="ignore", invalid="ignore"):
        e = np.exp(-x)
        a, b = 1e4 * x[0] * x[1] - 1, e.sum() - 1.0001
        j = np.array([[1e4 * x[1], 1e4 * x[0]], -e])
        h = 2 * j.T @ j + 2e4 * a * np.array([[0, 1], [1, 0]]) + 2 * b * np.diag(e)
        return a * a + b * b, 2 * j.T @ [a, b], h


def test_evaluations() -> None:
    """No more than SciPy's trust-exact, which takes 26 and 115."""
    x, evaluations = minimise(rosenbrock, [-1.2, 1.0])
    np.testing.assert_allclose(x, 1, rtol=1e-6)
    assert evaluations <= 24
    x, evaluations = minimise(powell_badly_scaled, [0.0, 1.0])
    np.testing.assert_allclose(x, [1.098e-5, 9.106], rtol=1e-3)
    assert evaluations <= 115
