"""The classes: structures, memory orders, schedules, state, copies."""

import copy
import gc
import itertools
import pickle
import weakref
from typing import Any

import numpy as np
import pytest

import fastopt
from cases import CASES, Case
from fastopt import _core
from shapes import as_taken
from support import Array, arrays_of, assert_same, elements, raises, reference_step

over_cases = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@over_cases
def test_it_descends_or_ascends(case: Case) -> None:
    """On 1/2 |p|^2 every configuration moves the right way."""
    p = as_taken(case.optimizer, np.array([1.0, -2.0, 3.0]))
    start = np.vdot(p, p)
    opt = case.make(p)
    for _ in range(20):
        opt.step(p.copy())
    now = np.vdot(p, p)
    assert (now > start) if case.hyper.get("maximize") else (now < start)


@over_cases
def test_one_array_list_and_dict_are_the_same(case: Case) -> None:
    rng = np.random.default_rng(0)
    start, grads = rng.standard_normal((3, 4)), rng.standard_normal((3, 3, 4))
    one, several, named = start.copy(), [start.copy()], {"W": start.copy()}
    opts = [case.make(one), case.make(several), case.make(named)]
    for g in grads:
        opts[0].step(g)
        opts[1].step((g,))
        opts[2].step({"W": g})
    assert np.array_equal(one, several[0])
    assert np.array_equal(one, named["W"])
    for slot in elements(opts[0]):
        assert np.array_equal(opts[0].state[slot], opts[1].state[slot][0])
        assert np.array_equal(opts[0].state[slot], opts[2].state[slot]["W"])


@over_cases
def test_memory_orders(case: Case) -> None:
    """C, Fortran and permuted parameters, with gradients in every order, are what C and C are."""
    rng = np.random.default_rng(0)
    start, *grads = (as_taken(case.optimizer, a) for a in rng.standard_normal((4, 2, 3, 4)))
    want = case.make(start.copy())
    for g in grads:
        want.step(g)

    def ordered(a: Array, axes: tuple[int, ...]) -> Array:
        return a.transpose(axes).copy(order="C").transpose(np.argsort(axes))

    orders = list(itertools.permutations(range(start.ndim)))
    for mine in orders:
        p = ordered(start, mine)
        opt = case.make(p)
        for g, order in zip(grads, itertools.cycle(orders[1:]), strict=False):
            opt.step(ordered(g, order))
        assert_same(opt, want)
        for slot in elements(opt).keys() - _core.state_shapes(opt._rule, p.shape):
            assert opt.state[slot].strides == p.strides


def test_gradients_with_gaps_and_turned_round() -> None:
    p, g = np.zeros(3), np.arange(12.0)
    opt = fastopt.SGD(p, lr=1.0)
    opt.step(g[::4])
    assert p.tolist() == [0.0, -4.0, -8.0]
    opt.step(g[8::-4])
    assert p.tolist() == [-8.0, -8.0, -8.0]
    opt.step(np.broadcast_to(np.float64(1.0), 3))
    assert p.tolist() == [-9.0, -9.0, -9.0]


def test_scalars_empties_and_subclasses(tmp_path: Any) -> None:
    mapped = np.memmap(tmp_path / "p", np.float32, "w+", shape=(4,))
    params = [np.array(1.0), np.zeros((0, 3), np.float32), mapped, np.ones((1, 1, 5), order="F")]
    opt = fastopt.Adam(params, lr=0.5)
    opt.step([np.array(2.0), np.zeros((0, 3), np.float32), np.ones(4, np.float32), np.ones((1, 1, 5))])
    assert params[0] == pytest.approx(0.5)
    assert np.allclose(mapped, -0.5)
    assert np.allclose(params[3], 0.5)
    assert type(opt.state["m"][2]) is np.ndarray


def test_only_the_callers_arrays_change() -> None:
    p, g = np.ones(5), np.ones(5)
    frozen = g.copy()
    frozen.flags.writeable = False
    fastopt.AdamW(p).step(frozen)
    assert (frozen == 1).all()
    assert (p != 1).all()


def test_dict_order_does_not_matter() -> None:
    params = {"a": np.zeros(2), ("b", 1): np.zeros(3)}
    opt = fastopt.SGD(params, lr=1.0)
    opt.step({("b", 1): np.full(3, 2.0), "a": np.ones(2)})
    assert params["a"].tolist() == [-1, -1]
    assert params[("b", 1)].tolist() == [-2, -2, -2]


def test_schedules_see_completed_steps() -> None:
    seen: list[int] = []

    def lr(t: int) -> float:
        seen.append(t)
        return 0.5**t

    p = np.zeros(1)
    opt = fastopt.SGD(p, lr=lr)
    for _ in range(3):
        opt.step(np.ones(1))
    assert seen == [0, 1, 2]
    assert p[0] == -1.75


def test_numpy_numbers_are_numbers() -> None:
    p = np.zeros(1)
    fastopt.SGD(p, lr=np.float32(0.5), momentum=np.int64(0)).step(np.ones(1))
    assert p[0] == -0.5


def test_setting_hyperparameters() -> None:
    p = np.zeros(1)
    opt = fastopt.RMSprop(p, lr=1.0)
    opt.lr = 0.25
    opt.weight_decay = 0.5
    assert "lr=0.25" in repr(opt)
    with raises(ValueError, "lr: expected a finite number >= 0, got -1"):
        opt.lr = -1
    assert opt.lr == 0.25
    with raises(AttributeError, "centered: is fixed when the optimizer is made; make a new one"):
        opt.centered = True
    with raises(AttributeError, "params: is fixed when the optimizer is made"):
        opt.params = [p]
    with raises(ValueError, "momentum: there is no state for it, it was 0 when the optimizer was made"):
        opt.momentum = 0.9
    opt.momentum = 0.0
    sgd = fastopt.SGD(p)
    with raises(ValueError, "momentum: there is no state for it"):
        sgd.momentum = 0.9
    with_momentum = fastopt.SGD(p, momentum=0.9)
    with_momentum.momentum = 0.0
    with_momentum.step(np.ones(1))
    nesterov = fastopt.SGD(p, momentum=0.9, nesterov=True)
    with raises(ValueError, "dampening: expected 0 with nesterov=True, got 0.5"):
        nesterov.dampening = 0.5
    nesterov.momentum = 0.0  # plain gradient descent from here on
    velocity = fastopt.SGD(p, momentum=0.9, momentum_form="velocity")
    with raises(ValueError, "dampening: expected 0 with momentum_form='velocity', got 0.5"):
        velocity.dampening = 0.5
    with raises(AttributeError, "lr: cannot be deleted from an optimizer"):
        del velocity.lr
    start = fastopt.Adagrad(p, initial_accumulator_value=0.5)
    assert start.state["v"][0] == 0.5
    with raises(AttributeError, "initial_accumulator_value: is fixed"):
        start.initial_accumulator_value = 1.0


def test_repr_shows_the_hyperparameters() -> None:
    opt = fastopt.Adam(np.zeros(3), lr=0.1, betas=[0.8, 0.9])
    assert repr(opt) == (
        "Adam(lr=0.1, betas=(0.8, 0.9), eps=1e-08, weight_decay=0.0, amsgrad=False, "
        "bias_correction=True, eps_hat=False, corrected_maximum=False, maximize=False, "
        "decoupled_weight_decay=False)"
    )


def test_positional_arguments_are_torchs() -> None:
    p = np.zeros(1)
    sgd = fastopt.SGD(p, 0.1, 0.9, 0.0, 0.01, True)
    assert (sgd.lr, sgd.momentum, sgd.dampening, sgd.weight_decay, sgd.nesterov) == (
        0.1,
        0.9,
        0.0,
        0.01,
        True,
    )
    adam = fastopt.AdamW(p, 0.1, (0.8, 0.9), 1e-6, 0.1, True)
    assert (adam.lr, adam.betas, adam.eps, adam.weight_decay, adam.amsgrad) == (
        0.1,
        (0.8, 0.9),
        1e-6,
        0.1,
        True,
    )
    rms = fastopt.RMSprop(p, 0.1, 0.9, 1e-6, 0.01, 0.5, True)
    assert (rms.alpha, rms.eps, rms.weight_decay, rms.momentum, rms.centered) == (
        0.9,
        1e-6,
        0.01,
        0.5,
        True,
    )
    ada = fastopt.Adagrad(p, 0.1, 0.01, 0.02, 0.5, 1e-6)
    assert (ada.lr_decay, ada.weight_decay, ada.initial_accumulator_value, ada.eps) == (
        0.01,
        0.02,
        0.5,
        1e-6,
    )
    with pytest.raises(TypeError):
        fastopt.SGD(p, 0.1, 0.9, 0.0, 0.01, True, True)  # type: ignore[misc]


def trained(case: Case, steps: int) -> tuple[fastopt.Optimizer, np.random.Generator]:
    rng = np.random.default_rng(5)
    opt = case.make(numbers(case.optimizer, rng))
    advance(opt, rng, steps)
    return opt, rng


def advance(opt: fastopt.Optimizer, rng: np.random.Generator, steps: int) -> None:
    for _ in range(steps):
        opt.step(numbers(type(opt), rng))


def numbers(optimizer: Any, rng: np.random.Generator) -> dict[str, Array]:
    """Draw parameters or gradients."""
    W, b = rng.standard_normal((4, 3)).astype(np.float32), rng.standard_normal(3)
    return {"W": W, "b": as_taken(optimizer, b)}


@over_cases
@pytest.mark.parametrize("how", ["pickle", "deepcopy", "state_dict"])
def test_a_resumed_run_equals_an_uninterrupted_one(case: Case, how: str) -> None:
    want, _ = trained(case, 10)
    half, rng = trained(case, 5)
    if how == "pickle":
        resumed = pickle.loads(pickle.dumps(half))
    elif how == "deepcopy":
        resumed = copy.deepcopy(half)
    else:
        resumed = case.make({key: p.copy() for key, p in half.params.items()})
        resumed.load_state_dict(pickle.loads(pickle.dumps(half.state_dict())))
    before = {name: a.tobytes() for name, a in arrays_of(half).items()}
    advance(resumed, rng, 5)
    assert_same(resumed, want)
    assert {name: a.tobytes() for name, a in arrays_of(half).items()} == before
    assert half.steps == 5


def test_a_shallow_copy_shares_everything() -> None:
    opt, _ = trained(CASES[4], 1)
    twin = copy.copy(opt)
    advance(twin, np.random.default_rng(1), 1)
    assert opt.steps == twin.steps == 2
    assert_same(opt, twin)


class Tagged(np.ndarray):  # type: ignore[type-arg]
    """An array with room for attributes."""


@pytest.mark.parametrize("structure", [lambda p: p, lambda p: [p], lambda p: (p,), lambda p: {"p": p}])
def test_arrays_that_refer_to_their_optimizer_are_collected(structure: Any) -> None:
    p = np.ones(3).view(Tagged)
    opt = fastopt.Adam(structure(p))
    p.optimizer = opt
    opt.step(structure(np.ones(3)))
    alive = weakref.ref(opt), weakref.ref(p)
    del opt
    gc.collect()
    assert p.optimizer.steps == 1
    p.optimizer.step(structure(np.ones(3)))
    del p
    gc.collect()
    assert [ref() for ref in alive] == [None, None]


def test_keys_that_refer_to_their_optimizer_are_collected() -> None:
    class Key:
        optimizer: Any = None

    key = Key()
    key.optimizer = fastopt.SGD({key: np.ones(3)}, lr=1.0)
    key.optimizer.step({key: np.ones(3)})
    alive = weakref.ref(key)
    del key
    gc.collect()
    assert alive() is None


def test_the_state_is_live() -> None:
    p = np.zeros(3)
    opt = fastopt.SGD(p, lr=1.0, momentum=0.5)
    opt.step(np.ones(3))
    opt.state["v"][:] = 0
    opt.step(np.ones(3))
    assert p.tolist() == [-2.0, -2.0, -2.0]
    with pytest.raises(TypeError):
        opt.state["v"] = np.zeros(3)  # type: ignore[index]


def test_bad_state_dicts_change_nothing() -> None:
    opt, _ = trained(next(case for case in CASES if case.name == "Adam-default"), 2)
    good = opt.state_dict()
    before = {name: a.tobytes() for name, a in arrays_of(opt).items()}

    def spoilt(**changes: Any) -> dict[str, Any]:
        return {**copy.deepcopy(good), **changes}

    state = good["state"]
    bad: list[tuple[Any, type[Exception], str]] = [
        (
            {},
            TypeError,
            "state_dict: expected a dict with 'rule', 'steps' and 'state', as state_dict() returns",
        ),
        (None, TypeError, "state_dict: expected a dict with 'rule', 'steps' and 'state'"),
        (
            spoilt(rule="sgd"),
            ValueError,
            "state_dict: expected the state of 'adam', ['m', 'v'], got that of 'sgd'",
        ),
        (
            spoilt(state={"m": state["m"]}),
            ValueError,
            "state_dict: expected the state of 'adam', ['m', 'v']",
        ),
        (
            spoilt(steps=-1),
            ValueError,
            "state_dict['steps']: expected a whole number from 0 to 2**53, got -1",
        ),
        (
            spoilt(steps="2"),
            ValueError,
            "state_dict['steps']: expected a whole number from 0 to 2**53, got '2'",
        ),
        (
            spoilt(state={"m": state["m"], "v": {"W": state["v"]["W"]}}),
            ValueError,
            "expected a dict of 2 arrays, as params",
        ),
        (
            spoilt(state={"m": state["m"], "v": {**state["v"], "b": np.zeros(4)}}),
            ValueError,
            "state_dict['state']['v']['b']: expected float64 of shape (3,), got float64 of shape (4,)",
        ),
        (
            spoilt(state={"m": {**state["m"], "b": None}, "v": state["v"]}),
            TypeError,
            "state_dict['state']['m']['b']: expected float64 of shape (3,), got NoneType",
        ),
    ]
    for state_dict, error, message in bad:
        with raises(error, message):
            opt.load_state_dict(state_dict)
    assert opt.steps == 2
    assert {name: a.tobytes() for name, a in arrays_of(opt).items()} == before


def test_state_may_be_loaded_from_itself_in_another_order() -> None:
    opt, _ = trained(next(case for case in CASES if case.name == "Adam-default"), 2)
    m, v = (opt.state_dict()["state"][slot] for slot in "mv")
    opt.load_state_dict({"rule": "adam", "steps": 2, "state": {"m": opt.state["v"], "v": opt.state["m"]}})
    for key in ("W", "b"):
        assert np.array_equal(opt.state["m"][key], v[key])
        assert np.array_equal(opt.state["v"][key], m[key])


def test_a_read_only_state_is_found_before_loading() -> None:
    opt, _ = trained(next(case for case in CASES if case.name == "Adam-default"), 2)
    good = opt.state_dict()
    advance(opt, np.random.default_rng(0), 1)
    opt.state["v"]["b"].flags.writeable = False
    before = {name: a.tobytes() for name, a in arrays_of(opt).items()}
    with raises(ValueError, "state_dict['state']['v']['b']: expected a writeable array in the optimizer"):
        opt.load_state_dict(good)
    assert {name: a.tobytes() for name, a in arrays_of(opt).items()} == before


def test_reference_and_kernel_steps_may_alternate() -> None:
    for case in CASES:
        want, _ = trained(case, 6)
        mixed, rng = trained(case, 2)
        for k in range(4):
            grads = numbers(case.optimizer, rng)
            (reference_step if k % 2 else fastopt.Optimizer.step)(mixed, grads)
        assert_same(mixed, want)


@pytest.mark.parametrize("threads", [1, 3])
def test_large_gradients_in_other_orders(threads: int, runtime: None) -> None:
    """They are read by all threads: every element once, turned round, broadcast, or with gaps."""
    fastopt.set_num_threads(threads)
    rng = np.random.default_rng(0)
    base = rng.standard_normal((70, 90, 60)).astype(np.float32)
    grads = [
        base.transpose(2, 0, 1)[::-1, :, ::2],
        np.asfortranarray(base.transpose(2, 0, 1)[:, :, ::2]),
        np.broadcast_to(base[0, :45, 0], (60, 70, 45)),
    ]
    for order in ("C", "F"):
        p = np.zeros((60, 70, 45), np.float32, order=order)
        opt = fastopt.SGD(p, lr=1.0)
        for g in grads:
            before = p.copy()
            opt.step(g)
            assert np.array_equal(p, before - g)
        wild = grads[0].copy()
        wild[50, 60, 40] = np.nan
        with raises(FloatingPointError, "grads: expected finite values, got NaN or infinity"):
            opt.step(wild.transpose(0, 1, 2)[::1], check_finite=True)


def test_the_first_gradient_that_is_not_finite_is_named(runtime: None) -> None:
    fastopt.set_num_threads(3)
    params = [np.zeros(100_000, np.float32) for _ in range(5)]
    opt = fastopt.SGD(params)
    grads = [np.zeros(100_000, np.float32) for _ in range(5)]
    grads[4][0] = np.inf
    grads[2][99_999] = np.nan
    with raises(FloatingPointError, "grads[2]: expected finite values"):
        opt.step(grads, check_finite=True)
    assert opt.steps == 0
    assert not any(p.any() for p in params)
