"""Lists and dicts in each other, at any depth: the bits of a flat dict, and keys such as ``encoder.0.W``."""

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import fastopt
from fastopt import minimize, reference, regularizers
from fastopt._common.trees import Tree
from support import Array, assert_same, raises

MAKES = [
    lambda p: fastopt.SGD(p, lr=0.1, momentum=0.9),
    lambda p: fastopt.AdamW(p, lr=0.1),
    lambda p: fastopt.NovoGrad(p, lr=0.1),
    lambda p: fastopt.Prodigy(p),
    lambda p: fastopt.ScheduleFreeSGD(p, lr=0.1),
]
over_rules = pytest.mark.parametrize("make", MAKES)
PATHS = ["encoder.0.W", "encoder.0.b", "encoder.1.W", "head", "norms.3"]


def numbers(seed: int) -> dict[str, Array]:
    rng = np.random.default_rng(seed)
    shapes = [(3, 4), (4,), (4, 2), (2,), ()]
    return {path: rng.standard_normal(shape) for path, shape in zip(PATHS, shapes, strict=True)}


def nested(flat: dict[str, Any]) -> dict[str, Any]:
    """In the structure of a network; an empty list is no matter."""
    encoder = [{"W": flat["encoder.0.W"], "b": flat["encoder.0.b"]}, {"W": flat["encoder.1.W"]}]
    return {"encoder": encoder, "head": flat["head"], "norms": {3: flat["norms.3"]}, "unused": []}


@over_rules
def test_the_bits_of_a_flat_dict(make: Any) -> None:
    flat, deep = make(numbers(0)), make(nested(numbers(0)))
    for k in range(1, 4):
        flat.step(numbers(k))
        (deep.step if k != 2 else lambda grads: reference.step(deep, grads))(nested(numbers(k)))
    for path, p in Tree("params", deep.params).by_key.items():
        assert np.array_equal(p, flat.params[path]), path
    for slot in deep._slots:
        for path, s in Tree(slot, deep.state[slot]).by_key.items():
            assert np.array_equal(s, flat.state[slot][path]), (slot, path)


@over_rules
def test_states_copies_and_pickles(make: Any) -> None:
    opt = make(nested(numbers(0)))
    opt.step(nested(numbers(1)))
    saved = opt.state_dict()
    for name, arrays in saved["state"].items():
        if isinstance(arrays, dict):
            assert arrays.keys() == {"encoder", "head", "norms", "unused"}, name
    twins = [copy.deepcopy(opt), pickle.loads(pickle.dumps(opt)), make(copy.deepcopy(opt.params))]
    twins[2].load_state_dict(saved)
    opt.step(nested(numbers(2)))
    for twin in twins:
        twin.step(nested(numbers(2)))
        for mine, other in zip(opt._flat, twin._flat, strict=True):
            assert np.array_equal(mine, other)


def test_the_order_of_keys_is_no_matter() -> None:
    opt, want = (fastopt.Adam(nested(numbers(0))) for _ in range(2))
    grads = nested(numbers(1))
    grads = dict(reversed(grads.items()))
    grads["encoder"][0] = dict(reversed(grads["encoder"][0].items()))
    opt.step(grads)
    want.step(nested(numbers(1)))
    for mine, other in zip(opt._flat, want._flat, strict=True):
        assert np.array_equal(mine, other)
    # The parameters' own dict may be put into another order too.
    params = opt.params
    params["head"] = params.pop("head")
    twin = pickle.loads(pickle.dumps(opt))
    for each in (opt, twin):
        each.step(nested(numbers(2)))
    want.step(nested(numbers(2)))
    for mine, other, third in zip(opt._flat, want._flat, twin._flat, strict=True):
        assert np.array_equal(mine, other)
        assert np.array_equal(third, other)


def changed(path: str, value: Any) -> dict[str, Any]:
    return nested(numbers(1) | {path: value})


@pytest.mark.parametrize(
    ("grads", "error", "message"),
    [
        (
            changed("encoder.0.W", np.ones((3, 5))),
            ValueError,
            "grads['encoder.0.W']: expected float64 of shape (3, 4), got float64 of shape (3, 5)",
        ),
        (changed("norms.3", None), TypeError, "grads['norms.3']: expected a NumPy array, got NoneType"),
        (
            {**nested(numbers(1)), "encoder": {}},
            TypeError,
            "grads['encoder']: expected a list of 2, as params, got dict of 0",
        ),
        (
            {**nested(numbers(1)), "encoder": [{}]},
            ValueError,
            "grads['encoder']: expected a list of 2, as params, got list of 1",
        ),
        (
            {**nested(numbers(1)), "norms": {}},
            ValueError,
            "grads: expected something for params['norms.3'], got none",
        ),
        (
            {**nested(numbers(1)), "norms": {3: np.ones(()), 4: np.ones(())}},
            ValueError,
            "grads['norms.4']: there is no such parameter",
        ),
        (numbers(1), TypeError, ""),
    ],
)
def test_a_wrong_gradient_is_named_and_changes_nothing(grads: Any, error: Any, message: str) -> None:
    opt, want = (fastopt.Adam(nested(numbers(0))) for _ in range(2))
    with pytest.raises((TypeError, ValueError)) if not message else raises(error, message):
        opt.step(grads)
    for mine, other in zip(opt._flat, want._flat, strict=True):
        assert np.array_equal(mine, other)
    assert opt.steps == 0


def test_a_replaced_parameter_is_named() -> None:
    opt = fastopt.SGD(nested(numbers(0)))
    opt.params["encoder"][1]["W"] = np.ones((4, 2))
    with raises(ValueError, "params['encoder.1.W']: is no longer the array that was bound"):
        opt.step(nested(numbers(1)))


def test_structures_without_arrays_end_or_different_paths() -> None:
    endless: list[Any] = [np.ones(1)]
    endless.append(endless)
    with raises(ValueError, "params: expected arrays in lists or dicts, at most 200 in each other"):
        fastopt.SGD(endless)
    deep: Any = np.ones(1)
    for _ in range(100_000):
        deep = [deep]
    with raises(ValueError, "params: expected arrays in lists or dicts, at most 200 in each other"):
        fastopt.SGD(deep)
    while isinstance(deep, list):  # piece by piece: the interpreter would go down all of it at once
        deep = deep[0]
    with raises(ValueError, "params: expected keys that make different paths, got 'a.b' twice"):
        fastopt.SGD({"a": {"b": np.ones(1)}, "a.b": np.ones(1)})
    with raises(ValueError, "params: expected at least one array, got an empty dict"):
        fastopt.SGD({"a": [], "b": {}})


def test_a_deep_one_is_taken() -> None:
    w = np.ones(2)
    deep: Any = w
    for _ in range(150):
        deep = {"a": deep}
    opt = fastopt.SGD(deep, lr=0.5, momentum=0.5)
    opt.step(copy.deepcopy(deep))
    assert w.tolist() == [0.5, 0.5]
    assert_same(pickle.loads(pickle.dumps(fastopt.SGD(w.copy()))), fastopt.SGD(w.copy()))


def test_minimize_takes_and_returns_them() -> None:
    def fun(x: Any) -> tuple[float, Any]:
        flat = Tree("x", x).by_key
        return sum(float((a - 1) @ (a - 1)) if a.ndim == 1 else float((a - 1) ** 2) for a in flat.values()), {
            "layers": [{"w": 2 * (x["layers"][0]["w"] - 1)}, [2 * (x["layers"][1][0] - 1)]],
            "scale": 2 * (x["scale"] - 1),
        }

    x0 = {"layers": [{"w": np.zeros(3)}, [np.full(2, 5.0)]], "scale": 4.0}
    result = minimize(fun, x0)
    assert result.success
    np.testing.assert_allclose(result.x["layers"][0]["w"], 1)
    np.testing.assert_allclose(result.x["layers"][1][0], 1)
    np.testing.assert_allclose(result.x["scale"], 1)


def test_regularizers_add_to_them() -> None:
    params, grads = nested(numbers(0)), nested(numbers(1))
    want = numbers(1)
    regularizers.l2(0.5, only={"encoder.0.W"}).add_to(params, grads)
    want["encoder.0.W"] = want["encoder.0.W"] + 2 * 0.5 * numbers(0)["encoder.0.W"]
    for path, g in Tree("grads", grads).by_key.items():
        np.testing.assert_allclose(g, want[path])
