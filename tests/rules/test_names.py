"""State belongs to names: whatever order a dict has, or has been given since."""

import copy
import pickle
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator, KeysView
from typing import Any

import numpy as np
import pytest

import fastopt
from fastopt import reference, regularizers
from fastopt._common.trees import Tree
from fastopt.callbacks import EarlyStopping
from fastopt.gradcheck import gradcheck
from support import Array

NAMES = ("b", "c", "a")


class Sorted(dict[str, Any]):
    """A dict that yields its keys in another order than it holds them, as SortedDict does."""

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(super().__iter__()))

    def keys(self) -> Any:
        return KeysView(self)

    def values(self) -> Any:
        return [self[key] for key in self]

    def items(self) -> Any:
        return [(key, self[key]) for key in self]


class Backwards(dict[str, Any]):
    """A dict whose iteration alone is another."""

    def __iter__(self) -> Iterator[str]:
        return reversed(list(super().__iter__()))


class Lying(dict[str, Any]):
    """A dict whose methods have nothing to do with what is in it."""

    def __iter__(self) -> Iterator[str]:
        yield from ("c", "nothing", "c")

    def __len__(self) -> int:
        return 7

    def __getitem__(self, key: str) -> Any:
        return np.zeros(9)

    def get(self, key: str, default: Any = None) -> Any:
        return None

    def __contains__(self, key: object) -> bool:
        return False


def moved(items: Any) -> OrderedDict[str, Any]:
    """Return a dict whose order is not that in which it was filled."""
    ordered = OrderedDict(items)
    ordered.move_to_end("b")
    return ordered


def put_back(params: dict[str, Any]) -> None:
    params["b"] = params.pop("b")


def to_the_end(params: dict[str, Any]) -> None:
    params.move_to_end("c")  # type: ignore[attr-defined]


KINDS: list[Callable[[Any], dict[str, Any]]] = [
    dict,
    OrderedDict,
    moved,
    lambda items: defaultdict(list, items),
    Sorted,
    Backwards,
    Lying,
]
kinds = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)

REORDERED = [
    (kind, change)
    for kind in KINDS
    for change in (put_back, *([to_the_end] if kind in (OrderedDict, moved) else []))
]


def numbers(seed: int) -> dict[str, Array]:
    rng = np.random.default_rng(seed)
    return {name: rng.standard_normal(3) for name in NAMES}


def one_by_one(steps: int) -> dict[str, tuple[Array, Array]]:
    """Return parameter and velocity of each name, each trained by an optimizer of its own."""
    trained = {}
    for name in NAMES:
        p = numbers(0)[name]
        opt = fastopt.SGD(p, lr=0.1, momentum=0.9)
        for step in range(1, steps + 1):
            opt.step(numbers(step)[name])
        trained[name] = p, opt.state["v"]
    return trained


def assert_each_its_own(opt: fastopt.Optimizer) -> None:
    for name, (p, v) in one_by_one(opt.steps).items():
        assert np.array_equal(dict.__getitem__(opt.params, name), p)
        assert np.array_equal(opt.state["v"][name], v)


def advance(opt: fastopt.Optimizer, kind: Callable[[Any], dict[str, Any]] = dict) -> None:
    """Take a step with gradients in another order, and one of the reference."""
    for step, order in ((opt.step, NAMES[::-1]), (lambda g: reference.step(opt, g), sorted(NAMES))):
        grads = numbers(opt.steps + 1)
        step(kind((name, grads[name]) for name in order))


@kinds
def test_a_structure_is_what_is_in_it(kind: Callable[[Any], dict[str, Any]]) -> None:
    arrays = numbers(0)
    tree = Tree("params", kind(arrays.items()))
    assert sorted(tree.keys) == sorted(NAMES)
    assert all(a is arrays[key] for key, a in tree.by_key.items())


def test_keys_are_in_the_order_in_which_a_dict_yields_them() -> None:
    orders = {kind.__name__: Tree("params", kind(numbers(0).items())).keys for kind in (dict, moved, Sorted)}
    assert orders == {"dict": list("bca"), "moved": list("cab"), "Sorted": list("abc")}


@kinds
def test_steps(kind: Callable[[Any], dict[str, Any]]) -> None:
    opt = fastopt.SGD(kind(numbers(0).items()), lr=0.1, momentum=0.9)
    for grads in KINDS:
        advance(opt, grads)
    assert_each_its_own(opt)


@pytest.mark.parametrize(("kind", "change"), REORDERED)
@pytest.mark.parametrize(
    "resumed",
    [
        lambda opt: opt,
        lambda opt: pickle.loads(pickle.dumps(opt)),
        copy.deepcopy,
        copy.copy,
        lambda opt: loaded(opt.state_dict(), opt.params),
        lambda opt: loaded(opt.state_dict(), put_back),
    ],
    ids=["itself", "pickle", "deepcopy", "copy", "state_dict", "state_dict-reordered"],
)
def test_a_dict_may_change_its_order(kind: Any, change: Any, resumed: Any) -> None:
    params = kind(numbers(0).items())
    opt = fastopt.SGD(params, lr=0.1, momentum=0.9)
    advance(opt)
    if kind is not Lying:
        change(params)
    opt = resumed(opt)
    assert_each_its_own(opt)
    advance(opt)
    assert_each_its_own(opt)


def loaded(state_dict: dict[str, Any], params: Any) -> fastopt.Optimizer:
    """Return another optimizer, with that state, whose names or whose state have yet another order."""
    if callable(params):
        put_back(state_dict["state"]["v"])
        params = {name: one_by_one(2)[name][0] for name in NAMES}
    opt = fastopt.SGD(OrderedDict(sorted(dict.items(params))), lr=0.1, momentum=0.9)
    opt.load_state_dict({**state_dict, "state": {"v": moved(state_dict["state"]["v"].items())}})
    return opt


@pytest.mark.parametrize("resumed", [copy.copy, copy.deepcopy, lambda opt: pickle.loads(pickle.dumps(opt))])
def test_an_array_put_in_the_place_of_another_is_found_in_a_copy_too(resumed: Any) -> None:
    params = numbers(0)
    opt = fastopt.SGD(params, lr=0.1, momentum=0.9)
    params["c"] = params["c"] - 1
    opt = resumed(opt)
    with pytest.raises(ValueError, match=r"params\['c'\]: is no longer the array that was bound"):
        opt.step(numbers(1))
    assert opt.steps == 0


@kinds
def test_penalties(kind: Callable[[Any], dict[str, Any]]) -> None:
    params = kind(numbers(0).items())
    penalty = regularizers.l2(0.5, only=NAMES[:2])
    value, grads = penalty(params)
    assert value == pytest.approx(0.5 * sum((numbers(0)[name] ** 2).sum() for name in NAMES[:2]))
    added = kind((name, np.ones(3)) for name in sorted(NAMES))
    assert penalty.add_to(params, added) == value
    shrunk = penalty.prox(params, 0.1)
    for name in NAMES:
        strength = 0.5 if name in NAMES[:2] else 0.0
        p = numbers(0)[name]
        assert np.array_equal(grads[name], 2 * strength * p)
        assert np.array_equal(dict.__getitem__(added, name), 1 + 2 * strength * p)
        assert np.allclose(shrunk[name], p / (1 + 0.2 * strength), rtol=1e-15)


@kinds
def test_minimize(kind: Callable[[Any], dict[str, Any]]) -> None:
    ends = numbers(1)

    def loss_and_grads(x: dict[str, Array]) -> tuple[float, dict[str, Array]]:
        grads = {name: x[name] - ends[name] for name in sorted(x)}
        return 0.5 * sum((g @ g) for g in grads.values()), kind(grads.items())

    start = kind(numbers(0).items())
    result = fastopt.minimize(loss_and_grads, start)
    solver = fastopt.LBFGS(start)
    while not solver.done:
        solver.tell(*loss_and_grads(solver.ask()))
    for name in NAMES:
        assert np.allclose(result.x[name], ends[name])
        assert np.allclose(solver.x[name], ends[name])


def test_the_best_weights_are_put_back_under_their_names() -> None:
    params = {"a": np.zeros(2), "b": np.zeros(2)}

    def loss_and_grads(p: dict[str, Array], x: Array) -> tuple[float, dict[str, Array]]:
        put_back(p) if next(iter(p)) == "b" else p.update(a=p.pop("a"))
        return 1.0, {"a": np.full(2, -1.0), "b": np.full(2, -2.0)}

    gaps = iter([9.0, 5.0, 1.0, 2.0, 3.0, 4.0, 5.0])
    fastopt.train(
        loss_and_grads,
        params,
        np.ones((1, 1)),
        fastopt.SGD(params, lr=1.0),
        epochs=3,
        validation=lambda p: {"gap": next(gaps)},
        callbacks=[EarlyStopping("gap", patience=1, mode="min")],
        progress=False,
    )
    assert {name: p.tolist() for name, p in params.items()} == {"a": [2.0] * 2, "b": [4.0] * 2}


@pytest.mark.parametrize("kind", [dict, moved, Sorted])
def test_gradcheck(kind: Callable[[Any], dict[str, Any]]) -> None:
    def loss_and_grads(x: dict[str, Array]) -> tuple[float, dict[str, Array]]:
        weights = {name: k + 1.0 for k, name in enumerate(NAMES)}
        grads = {name: weights[name] * x[name] for name in reversed(NAMES)}
        return sum(0.5 * weights[name] * x[name] @ x[name] for name in NAMES), grads

    assert gradcheck(loss_and_grads, kind(numbers(0).items()))
