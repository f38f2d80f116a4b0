"""Rules that see an array as a whole: what they do to matrices, and what they refuse."""

import pickle
from typing import Any

import numpy as np
import pytest

import fastopt
from fastopt import _core, kernels, reference
from fastopt.rules.linear_algebra import eigen, inverse_root, orthogonal, product
from support import DTYPES, Array, assert_same, raises, reference_step

WHOLE = [fastopt.Muon, fastopt.Shampoo, fastopt.SOAP, fastopt.Adafactor]
over_dtypes = pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.__name__)


def normal(*shape: int, dtype: type = np.float64, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


# -- products and decompositions, against NumPy's ------------------------------------------------------


@over_dtypes
@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 0, 2), (5, 7, 3), (40, 700, 33)])
def test_product(shape: tuple[int, int, int], dtype: type) -> None:
    m, k, n = shape
    a, b = normal(m, k, dtype=dtype), normal(k, n, dtype=dtype, seed=1)
    size = np.linalg.norm(a, axis=1)[:, np.newaxis] * np.linalg.norm(b, axis=0)
    assert (np.abs(product(a, b) - a.astype(float) @ b) <= 8 * np.finfo(dtype).eps * size).all()


def symmetric() -> dict[str, Array]:
    a = normal(23, 23)
    made = {
        "any": a + a.T,
        "definite": a @ a.T,
        "rank one": np.outer(a[0], a[0]),
        "graded": np.outer(10.0 ** -np.arange(23), 10.0 ** -np.arange(23)) * (a @ a.T),
        "diagonal": np.diag(a[0]),
        "tridiagonal": np.diag(a[0]) + np.diag(a[1, 1:], 1) + np.diag(a[1, 1:], -1),
        "of equal values": np.eye(23),
        "zero": np.zeros((23, 23)),
        "of one": np.full((1, 1), -3.0),
        "of two": np.array([[0.0, 1.0], [1.0, 0.0]]),
        "of none": np.zeros((0, 0)),
    }
    return made | {f"{size:g} of any": size * made["any"] for size in (1e-300, 1e300)}


@pytest.mark.parametrize("kind", symmetric())
def test_eigenvalues_and_eigenvectors(kind: str) -> None:
    a = symmetric()[kind]
    values, vectors = eigen(a)
    size = np.abs(a).max(initial=0)
    assert np.abs(values - np.linalg.eigvalsh(a)[::-1]).max(initial=0) <= 1e-14 * size
    assert (np.diff(values) <= 0).all()
    assert np.allclose(vectors @ vectors.T, np.eye(len(a)), rtol=0, atol=1e-14)
    assert np.abs(vectors.T @ (values[:, np.newaxis] * vectors) - a).max(initial=0) <= 1e-14 * size


@pytest.mark.parametrize("wild", [np.nan, np.inf, -np.inf])
def test_of_a_matrix_that_is_not_finite_everything_is_nan(wild: float) -> None:
    a = np.eye(3)
    a[1, 1] = wild
    assert all(np.isnan(x).all() for x in eigen(a))


@pytest.mark.parametrize("n", [1, 2, 3, 30])
def test_orthogonal_factor_has_the_signs_of_lapack(n: int) -> None:
    a = normal(n, n)
    assert np.allclose(orthogonal(a), np.linalg.qr(a)[0], rtol=0, atol=1e-13)


def test_orthogonal_factor_of_what_has_none() -> None:
    for a in (np.zeros((4, 4)), np.ones((4, 4)), np.diag([1.0, 0.0, 2.0, 0.0])):
        q = orthogonal(a)
        assert np.allclose(q @ q.T, np.eye(4), rtol=0, atol=1e-15)


@pytest.mark.parametrize("root", [2, 4])
def test_inverse_roots(root: int) -> None:
    a = normal(20, 20)
    a = a @ a.T + np.eye(20)
    power = inverse_root(a, root)
    assert np.allclose(np.linalg.matrix_power(power, root) @ a, np.eye(20), rtol=0, atol=1e-12)
    assert np.array_equal(power, power.T)


# -- the rules ----------------------------------------------------------------------------------------


@over_dtypes
@pytest.mark.parametrize("shape", [(150, 300), (300, 150)])
@pytest.mark.parametrize("cls", WHOLE)
def test_sums_over_several_blocks_are_the_same_bits(
    cls: Any, shape: tuple[int, int], dtype: type, runtime: None
) -> None:
    """Products of more terms than one block has, and decompositions that threads share."""
    opt, want = (cls(normal(*shape, dtype=dtype), lr=0.1) for _ in range(2))
    _core.set_grain(1)
    fastopt.set_num_threads(3)
    for k in range(2):
        g = normal(*shape, dtype=dtype, seed=1 + k)
        opt.step(g)
        reference_step(want, g)
    assert_same(opt, want)


@pytest.mark.parametrize("shape", [(8, 20), (20, 8), (12, 12)])
def test_muon_moves_all_directions_by_about_as_much(shape: tuple[int, int]) -> None:
    u, _, v = np.linalg.svd(normal(*shape), full_matrices=False)
    g = (u * np.geomspace(1, 30, len(v))) @ v
    for scale, expected in (
        ("original", max(1, shape[0] / shape[1]) ** 0.5),
        ("match_rms_adamw", 0.2 * max(shape) ** 0.5),
    ):
        W = np.zeros(shape)
        fastopt.Muon(W, lr=1.0, adjust_lr_fn=scale).step(g)
        lengths = np.linalg.svd(W, compute_uv=False) / expected
        assert 0.6 < lengths.min() <= lengths.max() < 1.25
        assert np.abs(np.linalg.norm(W) / expected / np.sqrt(min(shape)) - 0.9) < 0.15


def test_shampoo_takes_steps_along_orthogonal_matrices() -> None:
    """Of one gradient, L^(-1/4) G R^(-1/4) is its orthogonal factor."""
    g = normal(4, 6)
    W = np.zeros((4, 6))
    fastopt.Shampoo(W, lr=1.0, matrix_eps=0.0).step(g)
    u, _, v = np.linalg.svd(g, full_matrices=False)
    assert np.allclose(W, -u @ v, rtol=0, atol=1e-9)


def test_soap_is_adam_in_a_basis_that_turns() -> None:
    """Where gradients are turned, the whole run is: Adam alone would notice."""
    g = normal(12, 5, 7)
    turn = np.linalg.qr(normal(5, 5, seed=1))[0]
    plain, turned = np.zeros((5, 7)), np.zeros((5, 7))
    opts = [fastopt.SOAP(p, lr=0.1, precondition_frequency=3, eps=1e-12) for p in (plain, turned)]
    for each in g:
        opts[0].step(each[:, :5] @ np.eye(5, 7))
        opts[1].step(turn @ each[:, :5] @ np.eye(5, 7))
    assert np.abs(plain).max() > 0.1
    assert np.allclose(turn @ plain, turned, rtol=0, atol=1e-6)


def test_soap_without_bases_is_adam() -> None:
    p, q = normal(5, 7), normal(5, 7)
    soap = fastopt.SOAP(p, lr=0.1, weight_decay=0.0, max_precondition_dim=4)
    adam = fastopt.Adam(q, lr=0.1, betas=(0.95, 0.95))
    soap.step(normal(5, 7))
    assert np.array_equal(p, q)  # the first step only looks
    for k in range(5):
        soap.step(normal(5, 7, seed=k))
        adam.step(normal(5, 7, seed=k))
    assert np.allclose(p, q, rtol=0, atol=1e-7)  # eps is added at other places
    assert [soap.state[name].shape for name in ("left", "right", "left_basis")] == [(0, 0)] * 3


def test_adafactor_takes_more_axes_for_a_batch() -> None:
    batch, alone = np.ones((3, 4, 5)), [np.ones((4, 5)) for _ in range(3)]
    opts = [fastopt.Adafactor(p) for p in (batch, *alone)]
    for k in range(3):
        g = normal(3, 4, 5, seed=k)
        for opt, each in zip(opts, (g, *g), strict=True):
            opt.step(each)
    for slot, shape in (("row", (3, 4, 1)), ("column", (3, 1, 5))):
        assert opts[0].state[slot].shape == shape
        assert np.array_equal(opts[0].state[slot], [opt.state[slot] for opt in opts[1:]])


# -- state of other shapes, and refusals ---------------------------------------------------------------


def test_state_has_the_shapes_of_the_sides() -> None:
    params = {"W": np.zeros((3, 4), np.float32), "b": np.zeros(5)}
    shapes = {name: {s: a[name].shape for s, a in fastopt.Shampoo(params).state.items()} for name in params}
    assert shapes["W"] == {"left": (3, 3), "right": (4, 4), "left_root": (3, 3), "right_root": (4, 4)}
    assert shapes["b"] == {"left": (5, 5), "right": (0, 0), "left_root": (5, 5), "right_root": (0, 0)}
    state = fastopt.Adafactor(params).state
    assert [state[slot]["W"].shape for slot in ("row", "column", "v")] == [(3, 1), (1, 4), (0,)]
    assert [state[slot]["b"].shape for slot in ("row", "column", "v")] == [(0,), (0,), (5,)]
    assert state["row"]["W"].dtype == np.float32
    assert state["v"]["b"].dtype == np.float64
    start = fastopt.Shampoo(np.zeros((2, 2)), matrix_eps=0.5).state
    assert np.array_equal(start["left"], [[0.5, 0], [0, 0.5]])


def test_arrays_that_a_rule_does_not_take() -> None:
    with raises(ValueError, "params['b']: expected a matrix, got shape (3,)"):
        fastopt.Muon({"W": np.zeros((2, 3)), "b": np.zeros(3)})
    with raises(ValueError, "params: expected a matrix, got shape (2, 3, 4)"):
        fastopt.Muon(np.zeros((2, 3, 4)))
    for cls in (fastopt.Shampoo, fastopt.SOAP):
        with raises(ValueError, "params[1]: expected a vector or a matrix, got shape (2, 3, 4)"):
            cls([np.zeros(3), np.zeros((2, 3, 4))])
    p = np.zeros(3)
    with raises(ValueError, "p: expected a matrix, got shape (3,)"):
        kernels.muon(p, np.ones(3), np.zeros(3))


def test_state_of_another_shape_is_refused() -> None:
    p, g = np.zeros((2, 3)), np.ones((2, 3))
    row, column, none = np.zeros((2, 1)), np.zeros((1, 3)), np.zeros(0)
    with raises(ValueError, "column: expected float64 of shape (1, 3), got float64 of shape (3, 1)"):
        kernels.adafactor(p, g, row, column.T, none)
    with raises(ValueError, "v: expected float64 of shape (0,), got float64 of shape (2, 3)"):
        kernels.adafactor(p, g, row, column, np.zeros((2, 3)))
    with raises(TypeError, "row: expected float64 of shape (2, 1), got float32 of shape (2, 1)"):
        kernels.adafactor(p, g, row.astype(np.float32), column, none)
    with raises(ValueError, "g and column overlap in memory"):
        kernels.adafactor(p, g, row, g[:1], none)
    sides: Any = [np.zeros((2, 2)), np.zeros((3, 3)), np.zeros((2, 2)), np.zeros((3, 3), order="F")[::-1].T]
    with raises(ValueError, "right_root: expected a dense array"):
        kernels.shampoo(p, g, *sides)
    square = np.arange(9.0).reshape(3, 3).T
    with raises(ValueError, "right_root: expected C order"):
        kernels.shampoo(p, g, *sides[:3], square)
    with raises(ValueError, "left: expected float64 of shape (2, 2), got float64 of shape (0, 0)"):
        kernels.shampoo(p, g, np.zeros((0, 0)), *sides[1:3], np.zeros((3, 3)))
    assert not p.any()
    kernels.adafactor(p, g, row, column, none)
    assert p.all()


@pytest.mark.parametrize("cls", WHOLE)
def test_a_refused_step_changes_nothing(cls: Any) -> None:
    opt = cls([normal(3, 4), normal(4, 3)], lr=0.1)
    for k in range(2):
        opt.step([normal(3, 4, seed=k), normal(4, 3, seed=k)])
    before = pickle.dumps(opt.state_dict()), [p.copy() for p in opt.params]
    spoilt = normal(4, 3)
    spoilt[1, 1] = np.inf
    with raises(FloatingPointError, "grads[1]: expected finite values, got NaN or infinity"):
        opt.step([normal(3, 4), spoilt], check_finite=True)
    with raises(ValueError, "grads[1]: expected float64 of shape (4, 3), got float64 of shape (3, 4)"):
        opt.step([normal(3, 4), normal(3, 4)])
    state = opt.state_dict()
    slot = next(iter(state["state"]))
    state["state"][slot] = [np.zeros((7, 7)), np.zeros((7, 7))]
    with raises(ValueError, f"state_dict['state']['{slot}'][0]: expected float64 of shape"):
        opt.load_state_dict(state)
    assert pickle.dumps(opt.state_dict()) == before[0]
    assert all(map(np.array_equal, opt.params, before[1]))


@pytest.mark.parametrize("cls", WHOLE)
def test_gradients_that_are_not_finite_pass_as_in_numpy(cls: Any) -> None:
    for wild in (np.nan, np.inf):
        opt, want = cls(normal(3, 4)), cls(normal(3, 4))
        for k in range(3):
            g = normal(3, 4, seed=k)
            g[1, 2] = wild if k == 1 else g[1, 2]
            opt.step(g)
            reference_step(want, g)
        assert_same(opt, want)
        assert np.isnan(opt.params).any()


def test_sides_without_state_are_left_alone() -> None:
    """In kernel and reference alike; one of the two arrays of a side is not enough."""
    for one in (np.zeros((0, 0)), np.zeros((3, 3))):
        mine, other = normal(3, 4), normal(3, 4)
        for p, functions in ((mine, kernels), (other, reference)):
            state: Any = [np.zeros(shape) for shape in ((3, 4), (3, 4), (0, 0), (4, 4))]
            state += [one.copy(), np.zeros((4, 4))]
            for step in (1, 2, 3):
                functions.soap(p, normal(3, 4, seed=step), *state, step=step, precondition_frequency=1)
        assert np.array_equal(mine, other)
