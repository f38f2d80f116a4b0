"""The dense matrices of quasi-Newton and Newton methods."""

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
    """Nocedal & Wright (6.17), as it stands there, from (6.20)."""
    s, y = pairs[0]
    eye = np.eye(len(s))
    h = eye * (s @ y / (y @ y))
    for s, y in pairs:
        rho = 1 / (s @ y)
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
    for s, y in steps(n, 30):
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
        np.testing.assert_allclose(bfgs.matrix(), np.eye(9) / 3, rtol=1e-15, atol=1e-16)
        bfgs.reset()


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
