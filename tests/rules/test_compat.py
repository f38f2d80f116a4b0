"""`compat`: whose defaults, what wins, what it leaves alone. Trajectories are in `test_golden.py`."""

import copy
import inspect
import json
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import fastopt
from cases import falling
from fastopt.optimizers import OPTIMIZERS
from fastopt.rules.compat import COMPAT
from support import GOLDEN, Array, assert_same, raises

CLASSES = {cls.__name__: cls for cls in OPTIMIZERS.values()}


@pytest.mark.parametrize("name", COMPAT)
def test_the_field_names_the_libraries_of_the_table(name: str) -> None:
    assert CLASSES[name]._choices["compat"] == tuple(COMPAT[name])
    assert inspect.signature(CLASSES[name]).parameters["compat"].default == "torch"
    for library, defaults in COMPAT[name].items():
        assert set(defaults) <= set(CLASSES[name].__dataclass_fields__), library


def test_only_what_is_in_the_table_has_the_field() -> None:
    assert {name for name, cls in CLASSES.items() if "compat" in cls.__dataclass_fields__} == set(COMPAT)


def test_defaults_are_the_librarys_and_what_is_given_wins() -> None:
    opt = fastopt.Adam(np.ones(2), compat="keras")
    assert (opt.lr, opt.eps, opt.eps_hat, opt.decoupled_weight_decay) == (1e-3, 1e-7, True, True)
    opt = fastopt.Adam(np.ones(2), 0.5, eps=1e-3, eps_hat=False, compat="keras")
    assert (opt.lr, opt.eps, opt.eps_hat, opt.decoupled_weight_decay) == (0.5, 1e-3, False, True)
    assert fastopt.Adam(np.ones(2), compat="paper").bias_correction
    assert not fastopt.Adam(np.ones(2), amsgrad=True, compat="paper").bias_correction
    assert fastopt.Adam(np.ones(2), bias_correction=True, amsgrad=True, compat="paper").bias_correction


OF_LIBRARIES = [
    (library, name, values)
    for library in ("keras", "optax", "sklearn")
    for name, values in json.loads((GOLDEN / f"{library}.json").read_text())["facts"]["defaults"].items()
]


@pytest.mark.parametrize(("library", "name", "values"), OF_LIBRARIES)
def test_defaults_are_those_that_were_read_off_the_library(
    library: str, name: str, values: dict[str, Any]
) -> None:
    lr = {} if "lr" in values else {"lr": 0.1}
    opt = CLASSES[name](np.ones(2), **lr, compat=library)
    for field in values.keys() & CLASSES[name].__dataclass_fields__.keys():
        value = values[field]
        assert getattr(opt, field) == (tuple(value) if isinstance(value, list) else value), field


def test_every_library_of_the_table_has_been_read() -> None:
    pairs = {(library, name) for name, rows in COMPAT.items() for library in rows}
    assert {pair for pair in pairs if pair[0] not in ("torch", "paper")} == {row[:2] for row in OF_LIBRARIES}
    files = {library: (GOLDEN / f"{library}.json").read_text() for library, *_ in OF_LIBRARIES}
    assert all(f'"{name}-{library}"' in files[library] for library, name, _ in OF_LIBRARIES)


def test_torch_is_the_default_and_goes_without_saying() -> None:
    assert repr(fastopt.SGD(np.ones(2), compat="torch")) == repr(fastopt.SGD(np.ones(2)))
    assert repr(fastopt.SGD(np.ones(2), compat="keras")).endswith(", compat='keras')")


def test_help_and_explanations_name_the_library() -> None:
    text = fastopt.Adamax.__doc__ or ""
    assert 'compat : {"torch", "keras", "optax", "paper"}\n' in text
    assert "    - keras: lr=0.001, eps=1e-07, eps_outside=True, decoupled_weight_decay=True\n" in text
    explained = fastopt.Adam(np.ones(2), compat="keras").explain()
    assert explained.startswith("Adam as in keras, step t = 1:\n")
    assert "sqrt(1 - 0.999^t) * (m / (sqrt(v) + 1e-07))" in explained


def test_it_is_read_and_not_assigned() -> None:
    opt = fastopt.Adagrad(np.ones(2), compat="keras")
    assert opt.compat == "keras"
    with raises(AttributeError, "compat: is fixed when the optimizer is made; make a new one"):
        opt.compat = "torch"


def test_copies_keep_it() -> None:
    opt = fastopt.NAdam(np.ones(2), compat="keras")
    opt.step(np.ones(2))
    twins = copy.deepcopy(opt), pickle.loads(pickle.dumps(opt))
    opt.step(np.ones(2))
    for twin in twins:
        assert twin.compat == "keras"
        twin.step(np.ones(2))
        assert_same(twin, opt)


# The papers, in their own words: from the point, the gradients of all steps and what is given to the point
# after them. Squares are summed or averaged from zero, and no element is without a gradient.


def sutskever(p: Array, grads: list[Array], momentum: float, nesterov: bool) -> Array:
    """Equations 1 to 4: with Nesterov's, theta is the point, and p the one where the gradient is taken."""
    v: Array = np.zeros_like(p)
    theta = p.copy()
    for t, g in enumerate(grads):
        v = momentum * v - falling(t) * g
        theta = theta + v
    return theta + momentum * v if nesterov else theta


def zeiler(p: Array, grads: list[Array]) -> Array:
    rho, eps = 0.95, 1e-6
    of_g, of_x = np.zeros_like(p), np.zeros_like(p)
    for g in grads:
        of_g = rho * of_g + (1 - rho) * g**2
        step = -np.sqrt(of_x + eps) / np.sqrt(of_g + eps) * g
        of_x = rho * of_x + (1 - rho) * step**2
        p = p + step
    return p


def tieleman_hinton(p: Array, grads: list[Array], momentum: float) -> Array:
    mean_square, v = np.zeros_like(p), np.zeros_like(p)
    for t, g in enumerate(grads):
        mean_square = 0.9 * mean_square + 0.1 * g**2
        v = momentum * v - falling(t) * g / np.sqrt(mean_square)
        p = p + v
    return p


def duchi(p: Array, grads: list[Array]) -> Array:
    for t in range(1, len(grads) + 1):
        p = p - 0.1 * grads[t - 1] / (1e-10 + np.sqrt(np.sum(np.square(grads[:t]), axis=0)))
    return p


def kingma_ba(p: Array, grads: list[Array]) -> Array:
    m, v = np.zeros_like(p), np.zeros_like(p)
    for t, g in enumerate(grads, 1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        p = p - 1e-3 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return p


def kingma_ba_infinity(p: Array, grads: list[Array]) -> Array:
    m, u = np.zeros_like(p), np.zeros_like(p)
    for t, g in enumerate(grads, 1):
        m, u = 0.9 * m + 0.1 * g, np.maximum(0.999 * u, np.abs(g))
        p = p - 2e-3 / (1 - 0.9**t) * m / u
    return p


def reddi(p: Array, grads: list[Array], eps: float, decay: float = 0.0) -> Array:
    m, v, most = np.zeros_like(p), np.zeros_like(p), np.zeros_like(p)
    for g in grads:
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        most = np.maximum(most, v)
        p = p - 1e-3 * m / (np.sqrt(most) + eps) - 1e-3 * decay * p
    return p


def loshchilov_hutter(p: Array, grads: list[Array]) -> Array:
    """Algorithm 2 with alpha = 0.01, eta_t = 1 / t and lambda = 0.02."""
    m, v = np.zeros_like(p), np.zeros_like(p)
    for t, g in enumerate(grads, 1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        step = 0.01 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        p = p - 1 / t * (step + 0.02 * p)
    return p


Paper = Callable[[Array, list[Array]], Array]

PAPERS: list[tuple[str, dict[str, Any], Paper]] = [
    ("SGD", {"lr": falling, "momentum": 0.9}, lambda p, g: sutskever(p, g, 0.9, False)),
    ("SGD", {"lr": falling, "momentum": 0.9, "nesterov": True}, lambda p, g: sutskever(p, g, 0.9, True)),
    ("Adagrad", {"lr": 0.1}, duchi),
    ("Adadelta", {}, zeiler),
    ("RMSprop", {"lr": falling, "momentum": 0.5}, lambda p, g: tieleman_hinton(p, g, 0.5)),
    ("Adam", {}, kingma_ba),
    ("Adam", {"amsgrad": True, "eps": 0.0}, lambda p, g: reddi(p, g, 0.0)),
    ("AdamW", {"lr": lambda t: 0.01 / (t + 1), "weight_decay": 0.02 / 0.01}, loshchilov_hutter),
    ("AdamW", {"amsgrad": True, "weight_decay": 0.5}, lambda p, g: reddi(p, g, 1e-8, 0.5)),
    ("Adamax", {}, kingma_ba_infinity),
]


@pytest.mark.parametrize(("name", "given", "paper"), PAPERS)
def test_papers(name: str, given: dict[str, Any], paper: Paper) -> None:
    rng = np.random.default_rng(0)
    p, grads = rng.standard_normal(8), [rng.standard_normal(8) for _ in range(20)]
    expected = paper(p.copy(), grads)
    opt = CLASSES[name](p, **given, compat="paper")
    for g in grads:
        opt.step(g)
    np.testing.assert_allclose(p, expected, rtol=1e-9)


def test_every_paper_is_here() -> None:
    assert {name for name, *_ in PAPERS} == {name for name, rows in COMPAT.items() if "paper" in rows}
