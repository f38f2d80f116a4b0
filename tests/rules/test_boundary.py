"""Promise 3, all or nothing: what is wrong is named before anything is written."""

import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import fastopt
from cases import CASES, ILLEGAL, Case, Illegal
from fastopt import _core, losses, reference, regularizers
from support import Array, arrays_of, raises


def f32(*shape: int) -> Array:
    return np.ones(shape, np.float32)


def read_only(a: Array) -> Array:
    a.flags.writeable = False
    return a


def unaligned(n: int) -> Array:
    return np.zeros(4 * n + 1, np.uint8)[1:].view(np.float32)


@pytest.mark.parametrize("row", ILLEGAL, ids=lambda row: f"{row.optimizer.__name__}-{row.hyper}")
def test_illegal_hyperparameters(row: Illegal) -> None:
    p = f32(3)
    with raises(row.error, row.message):
        row.optimizer(p, **row.hyper)
    assert (p == 1).all()


BAD_PARAMS: list[tuple[Any, type[Exception], str]] = [
    (None, TypeError, "params: expected a NumPy array, a list or a dict of arrays, got NoneType"),
    (3.0, TypeError, "params: expected a NumPy array, a list or a dict of arrays, got float"),
    ([], ValueError, "params: expected at least one array, got an empty list"),
    ({}, ValueError, "params: expected at least one array, got an empty dict"),
    ([[1.0, 2.0]], TypeError, "params['0.0']: expected a NumPy array, got float"),
    ({"W": None}, TypeError, "params['W']: expected a NumPy array, got NoneType"),
    (
        np.ones(3, np.int64),
        TypeError,
        "params: expected float32 or float64 in native byte order, got int64 of shape (3,)",
    ),
    (np.ones(3, np.float16), TypeError, "got float16 of shape (3,)"),
    (
        np.ones(3, ">f4"),
        TypeError,
        "params: expected float32 or float64 in native byte order, got >f4 of shape (3,)",
    ),
    (np.ones(3, complex), TypeError, "got complex128 of shape (3,)"),
    (np.ones(3, object), TypeError, "got object of shape (3,)"),
    (
        [f32(3), read_only(f32(3))],
        ValueError,
        "params[1]: expected a writeable array, got a read-only one",
    ),
    (
        f32(4, 6)[:, ::2],
        ValueError,
        "params: expected a dense array (C, Fortran or permuted order), got shape (4, 3)",
    ),
    (f32(4)[::-1], ValueError, "params: expected a dense array"),
    (np.broadcast_to(f32(3), (2, 3)), ValueError, "params: expected a writeable array"),
    (unaligned(3), ValueError, "params: expected an aligned array"),
]


@pytest.mark.parametrize(
    ("params", "error", "message"), BAD_PARAMS, ids=lambda x: x if isinstance(x, str) else ""
)
def test_bad_params(params: Any, error: type[Exception], message: str) -> None:
    with raises(error, message):
        fastopt.SGD(params, momentum=0.9)


def test_overlapping_params() -> None:
    whole = f32(10)
    with raises(ValueError, "params[0] and params[1] overlap in memory; expected separate arrays"):
        fastopt.SGD([whole[:6], whole[5:]])
    with raises(ValueError, "params['a'] and params['b'] overlap in memory"):
        fastopt.Adam({"a": whole, "b": whole})
    fastopt.SGD([whole[:5], whole[5:]]).step([f32(5), f32(5)])
    assert np.array_equal(whole, np.full(10, 1 - np.float32(1e-3), np.float32))


_params = {"W": f32(2, 3), "b": f32(3)}
BAD_GRADS: list[tuple[Any, type[Exception], str]] = [
    (None, TypeError, "grads: expected a dict of 2 arrays, as params, got NoneType"),
    (f32(3), TypeError, "grads: expected a dict of 2 arrays, as params, got ndarray"),
    (
        [f32(2, 3), f32(3)],
        TypeError,
        "grads: expected a dict of 2 arrays, as params, got list of 2",
    ),
    ({"W": f32(2, 3)}, ValueError, "grads: expected an array for params['b'], got none"),
    (
        {"W": f32(2, 3), "B": f32(3)},
        ValueError,
        "grads: expected an array for params['b'], got none",
    ),
    (
        {"W": f32(2, 3), "b": f32(3), "c": f32(1)},
        ValueError,
        "grads['c']: there is no such parameter",
    ),
    (
        {"W": f32(2, 3), "b": [1.0, 1.0, 1.0]},
        TypeError,
        "grads['b']: expected a NumPy array, got list",
    ),
    ({"W": f32(2, 3), "b": None}, TypeError, "grads['b']: expected a NumPy array, got NoneType"),
    (
        {"W": f32(2, 3), "b": np.ones(3)},
        TypeError,
        "grads['b']: expected float32 of shape (3,), got float64 of shape (3,); "
        "convert the data it comes from once, as in X.astype(np.float32)",
    ),
    (
        {"W": f32(2, 3), "b": np.ones(3, ">f4")},
        TypeError,
        "grads['b']: expected float32 or float64 in native byte order",
    ),
    (
        {"W": f32(3, 2), "b": f32(3)},
        ValueError,
        "grads['W']: expected float32 of shape (2, 3), got float32 of shape (3, 2)",
    ),
    (
        {"W": f32(6), "b": f32(3)},
        ValueError,
        "grads['W']: expected float32 of shape (2, 3), got float32 of shape (6,)",
    ),
    ({"W": f32(2, 3), "b": unaligned(3)}, ValueError, "grads['b']: expected an aligned array"),
    ({"W": f32(2, 3), "b": _params["b"]}, ValueError, "grads['b'] overlaps params['b'] in memory"),
    (
        {"W": f32(2, 3), "b": _params["W"][1]},
        ValueError,
        "grads['b'] overlaps params['W'] in memory",
    ),
]


@pytest.mark.parametrize(
    ("grads", "error", "message"), BAD_GRADS, ids=lambda x: x if isinstance(x, str) else ""
)
def test_a_refused_step_changes_nothing(grads: Any, error: type[Exception], message: str) -> None:
    opt = fastopt.Adam(_params, lr=0.1)
    opt.step({"W": f32(2, 3), "b": f32(3)})
    before = {name: a.tobytes() for name, a in arrays_of(opt).items()}
    with raises(error, message):
        opt.step(grads)
    assert opt.steps == 1
    assert {name: a.tobytes() for name, a in arrays_of(opt).items()} == before
    opt.step({"W": f32(2, 3), "b": f32(3)})
    assert opt.steps == 2


LIST_GRADS: list[tuple[Any, type[Exception], str]] = [
    ([f32(2)], ValueError, "grads: expected a list of 2 arrays, as params, got list of 1"),
    (
        [f32(2), f32(3), f32(1)],
        ValueError,
        "grads: expected a list of 2 arrays, as params, got list of 3",
    ),
    (
        {0: f32(2), 1: f32(3)},
        TypeError,
        "grads: expected a list of 2 arrays, as params, got dict of 2",
    ),
    (f32(2), TypeError, "grads: expected a list of 2 arrays, as params, got ndarray"),
    (
        [f32(2), f32(2)],
        ValueError,
        "grads[1]: expected float32 of shape (3,), got float32 of shape (2,)",
    ),
    ((g for g in ()), TypeError, "grads: expected a list of 2 arrays, as params, got generator"),
]


@pytest.mark.parametrize(
    ("grads", "error", "message"), LIST_GRADS, ids=lambda x: x if isinstance(x, str) else ""
)
def test_lists(grads: Any, error: type[Exception], message: str) -> None:
    opt = fastopt.AdamW([f32(2), f32(3)])
    with raises(error, message):
        opt.step(grads)
    assert opt.steps == 0


def test_a_gradient_may_not_be_the_state() -> None:
    opt = fastopt.Adam([f32(3)])
    with raises(ValueError, "grads[0] overlaps state['m'][0] in memory"):
        opt.step(opt.state["m"])


def spoil_read_only(opt: fastopt.Optimizer) -> None:
    opt.params[1].flags.writeable = False


def spoil_state(opt: fastopt.Optimizer) -> None:
    opt.state["v"][0].flags.writeable = False


def spoil_size(opt: fastopt.Optimizer) -> None:
    opt.params[1].resize(2, refcheck=False)


def spoil_shape(opt: fastopt.Optimizer) -> None:
    opt.params[1].shape = (2, 2)


def spoil_dtype(opt: fastopt.Optimizer) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        opt.params[1].dtype = np.int32


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (spoil_read_only, "params[1]: expected a writeable array, got a read-only one"),
        (spoil_state, "state['v'][0]: expected a writeable array, got a read-only one"),
        (
            spoil_size,
            "params[1]: has been resized, reshaped or given another dtype since it was bound",
        ),
        (
            spoil_dtype,
            "params[1]: has been resized, reshaped or given another dtype since it was bound",
        ),
    ],
)
def test_arrays_spoilt_after_binding(spoil: Callable[[fastopt.Optimizer], None], message: str) -> None:
    opt = fastopt.Adam([f32(3), f32(4)])
    grads = [f32(3), f32(4)]
    opt.step(grads)
    spoil(opt)
    before = {name: a.tobytes() for name, a in arrays_of(opt).items()}
    with raises(ValueError, message):
        opt.step(grads)
    assert opt.steps == 1
    assert {name: a.tobytes() for name, a in arrays_of(opt).items()} == before


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_check_finite(bad: float, dtype: type) -> None:
    opt = fastopt.SGD([np.zeros(5, dtype), np.zeros(1001, dtype)], momentum=0.9)
    grads = [np.full(5, np.finfo(dtype).max, dtype), np.zeros(1001, dtype)]
    opt.step(grads, check_finite=True)
    for where in (0, 500, 1000):
        spoilt = [grads[0], grads[1].copy()]
        spoilt[1][where] = bad
        before = {name: a.tobytes() for name, a in arrays_of(opt).items()}
        with raises(FloatingPointError, "grads[1]: expected finite values, got NaN or infinity"):
            opt.step(spoilt, check_finite=True)
        assert {name: a.tobytes() for name, a in arrays_of(opt).items()} == before
        assert opt.steps == 1


def test_params_must_stay_the_arrays_that_were_bound() -> None:
    """Whoever writes params["W"] = ... makes a new array; training the old one unseen helps nobody."""
    params = {"W": f32(3), "b": f32(1)}
    opt = fastopt.SGD(params, lr=0.5)
    grads = {"W": f32(3), "b": f32(1)}
    old = params["W"]
    params["W"] = params["W"] - 1
    with raises(ValueError, "params['W']: is no longer the array that was bound; change arrays in place"):
        opt.step(grads)
    params["W"] = old
    params["W"][...] = 7
    opt.step(grads)
    assert (old == 6.5).all()
    several = [f32(3), f32(1)]
    opt = fastopt.SGD(several)
    several.pop()
    with raises(ValueError, "params: expected a list of 2 arrays, as params, got list of 1"):
        opt.step([f32(3), f32(1)])
    assert opt.steps == 0


class Shouting(np.ndarray[Any, Any]):
    """A subclass that takes NumPy's functions over."""

    def __array_function__(self, *args: Any, **kwargs: Any) -> Any:
        raise AssertionError("no Python code is to run between check and update")


def test_subclasses_are_read_as_they_lie_in_memory() -> None:
    g = np.arange(6.0).reshape(3, 2).T.view(Shouting)
    p = np.zeros((2, 3))
    fastopt.SGD(p, lr=1.0).step(g)
    assert p.tolist() == [[0, -2, -4], [-1, -3, -5]]


class Meddling(str):
    """A key that shrinks a parameter while it is compared."""

    victim: Array

    def __hash__(self) -> int:
        return hash("b")

    def __eq__(self, other: object) -> bool:
        if hasattr(self, "victim"):
            self.victim.resize(1, refcheck=False)
        return str.__eq__(self, other)


def test_an_array_resized_by_a_key_is_noticed() -> None:
    params = {"a": f32(100_000), "b": f32(3)}
    opt = fastopt.SGD(params)
    key = Meddling("b")
    grads = {"a": f32(100_000), key: f32(3)}
    key.victim = params["a"]
    with raises(ValueError, "params['a']: has been resized"):
        opt.step(grads)


class LyingList(list[Any]):
    """A list whose methods have nothing to do with what is in it."""

    def __len__(self) -> int:
        return 1000

    def __iter__(self) -> Any:
        return iter([None])

    def __getitem__(self, k: Any) -> Any:
        return None


class EmptyLookingList(list[Any]):
    def __len__(self) -> int:
        return 0


class LyingTuple(tuple[Any, ...]):
    def __len__(self) -> int:
        return 1000


sequences = pytest.mark.parametrize("kind", [LyingList, EmptyLookingList, LyingTuple])


@sequences
def test_sequences_are_what_is_in_them(kind: Any) -> None:
    arrays = [np.zeros(3), np.zeros(2)]
    opt = fastopt.SGD(kind(arrays), lr=1.0, momentum=0.5)
    opt.step(kind([np.ones(3), np.ones(2)]))
    opt.step([np.ones(3), np.ones(2)])
    reference.step(opt, kind([np.ones(3), np.ones(2)]))
    assert [a.tolist() for a in arrays] == [[-4.25] * 3, [-4.25] * 2]
    opt.load_state_dict({"rule": "sgd_momentum", "steps": 5, "state": {"v": kind([np.ones(3), np.ones(2)])}})
    assert opt.steps == 5
    assert [v.tolist() for v in opt.state["v"]] == [[1.0] * 3, [1.0] * 2]
    penalty, grads = regularizers.l2(1.0, only=(0, 1))(kind(arrays))
    assert penalty == 5 * 4.25**2
    assert [g.tolist() for g in grads] == [[-8.5] * 3, [-8.5] * 2]


@sequences
@pytest.mark.parametrize("length", [0, 1, 3])
def test_sequences_of_another_length_are_refused(kind: Any, length: int) -> None:
    p = [np.zeros(3), np.zeros(3)]
    opt = fastopt.SGD(p, lr=1.0)
    with raises(ValueError, f"expected a list of 2 arrays, as params, got {kind.__name__} of {length}"):
        opt.step(kind([np.ones(3)] * length))
    if length == 0:
        with raises(ValueError, f"params: expected at least one array, got an empty {kind.__name__}"):
            fastopt.SGD(kind([]))
    assert opt.steps == 0


class Resizing(np.ndarray[Any, Any]):
    """Integers that change the length of another array whenever Python code of theirs runs."""

    victim: Array | None = None

    def _meddle(self) -> None:
        if Resizing.victim is not None:
            Resizing.victim.resize(1, refcheck=False)

    def __array_finalize__(self, other: Any) -> None:
        self._meddle()

    def astype(self, *args: Any, **kwargs: Any) -> Any:
        self._meddle()
        return np.ones(1_000_000)

    def __array_ufunc__(self, *args: Any, **kwargs: Any) -> Any:
        self._meddle()
        return 0.0

    @property
    def dtype(self) -> Any:
        self._meddle()
        return np.dtype(np.float64)

    @property
    def shape(self) -> Any:
        self._meddle()
        return (1,)


@pytest.mark.parametrize("loss", ["squared_error", "huber", "hinge", "logistic", "binary_cross_entropy"])
@pytest.mark.parametrize("dtype", [np.int8, np.uint64, np.bool_, ">i4"])
def test_targets_cannot_change_scores(loss: str, dtype: Any) -> None:
    call = getattr(losses, loss)
    y = np.ones(100_000) if loss in ("hinge", "logistic") else np.arange(100_000) % 2
    scores = np.linspace(-3, 3, 100_000)
    want = call(scores, y.astype(np.float64))
    given = y.astype(dtype).view(Resizing)
    Resizing.victim = scores
    try:
        value, grad = call(scores, given)
    finally:
        Resizing.victim = None
    assert value == want[0]
    assert np.array_equal(grad, want[1])


def test_an_array_that_lies_is_used_as_it_is() -> None:
    p = np.zeros(3).view(Resizing)
    opt = fastopt.SGD(p, lr=1.0, momentum=0.5)
    opt.step(np.ones(3).view(Resizing))
    assert np.asarray(p).tolist() == [-1.0] * 3
    assert opt.state["v"].tolist() == [1.0] * 3


class Written(str):
    """A key that changes the length of a parameter when it is written."""

    victim: Array

    def __repr__(self) -> str:
        self.victim.resize(self.victim.size + 1, refcheck=False)
        return "'key'"


@pytest.mark.parametrize("rule", [fastopt.SGD, fastopt.Adam])
def test_an_array_resized_by_the_writing_of_a_key_is_refused_or_bound_as_it_is(rule: Any) -> None:
    params = {"a": np.zeros(100_000), Written("b"): np.zeros(3)}
    for key in params:
        if isinstance(key, Written):
            key.victim = params["a"]
    try:
        opt = rule(params)
    except ValueError as error:  # the state was made before
        assert "expected float64" in str(error)  # noqa: PT017
    else:
        opt.step({key: np.ones(p.shape) for key, p in params.items()})
        assert all((p != 0).all() for p in params.values())


def test_numbers_of_a_state_cannot_change_its_arrays() -> None:
    solver = fastopt.LBFGS(np.ones(100_000))
    for _ in range(4):
        x = solver.ask()
        solver.tell((x**4).sum(), 4 * x**3)
    state = solver.state_dict()

    class Index:
        def __init__(self, value: int) -> None:
            self.value = value

        def __index__(self) -> int:
            for a in state.values():
                if isinstance(a, np.ndarray):
                    a.resize(1, refcheck=False)
            return self.value

    state["status"] = Index(state["status"])
    with raises(ValueError, "of shape (100000,), got float64 of shape (1,)"):
        solver.load_state_dict(state)


def test_spelt_out_native_byte_order_is_native() -> None:
    order = "<" if sys.byteorder == "little" else ">"
    p = np.ones(3, np.float32).view(np.dtype(np.float32).newbyteorder(order))
    fastopt.SGD(p, lr=0.5).step(np.ones(3, np.float32))
    assert (p == 0.5).all()


def test_schedules_are_checked_when_they_are_evaluated() -> None:
    p = f32(3)
    opt = fastopt.Adam(p, lr=lambda t: 0.1 - 0.1 * t, betas=(0.9, lambda t: 0.5))
    opt.step(f32(3))
    opt.step(f32(3))
    before = p.tobytes()
    with raises(ValueError, "lr at step 2: expected a finite number >= 0, got -0.1"):
        opt.step(f32(3))
    opt.lr = lambda t: "soon"  # type: ignore[assignment,return-value]
    with raises(TypeError, "lr at step 2: expected a finite number >= 0, got 'soon' (str)"):
        opt.step(f32(3))
    opt.lr = 0.1
    opt.betas = (0.9, lambda t: 1.0)
    with raises(ValueError, "betas[1] at step 2: expected a number in [0, 1), got 1.0"):
        opt.step(f32(3))
    assert p.tobytes() == before
    assert opt.steps == 2


@pytest.mark.parametrize("case", CASES[:1] + CASES[-1:], ids=lambda case: case.name)
def test_base_class_is_no_optimizer(case: Case) -> None:
    with raises(TypeError, "Optimizer: expected one of its subclasses"):
        fastopt.Optimizer([f32(3)])


def test_private_core_checks_too() -> None:
    """The core does not trust its Python: wrong counts and names are errors, not crashes."""
    p, count, none = f32(3), np.zeros(1, np.int64), np.zeros((1, 0))
    with raises(ValueError, "rule: expected the name of a rule in the table, got 'adamm'"):
        _core.apply("adamm", 0, False, (p, f32(3)), 1, (0.1,))
    with raises(ValueError, "variant: expected one bit for each option of 'sgd', got 2"):
        _core.apply("sgd", 2, False, (p, f32(3)), 1, (0.1, 0.0))
    with raises(ValueError, "hyper: expected 2 values, got 1"):
        _core.apply("sgd", 0, False, (p, f32(3)), 1, (0.1,))
    with raises(ValueError, "arrays: expected p, g, 0 slots and 0 scalars, got 3 arrays"):
        _core.apply("sgd", 0, False, (p, f32(3), f32(3)), 1, (0.1, 0.0))
    with raises(TypeError, "must be real number"):
        _core.apply("sgd", 0, False, (p, f32(3)), 1, (0.1, "x"))  # type: ignore[arg-type]
    with raises(ValueError, "state['v']: expected 1 array, got 0"):
        _core.Plan("sgd_momentum", 0, False, p, [[]], count, none)
    with raises(ValueError, "state['v']: expected 1 array, got none"):
        _core.Plan("sgd_momentum", 0, False, p, [None], count, none)
    with raises(ValueError, "hyper: expected 2 values, got 0"):
        _core.Plan("sgd", 0, False, p, [], count, none).step(f32(3), lambda: (), False)
    with raises(TypeError, "hyper: expected a tuple"):
        _core.Plan("sgd", 0, False, p, [], count, none).step(f32(3), lambda: 0.1, False)  # type: ignore[arg-type,return-value]
    with raises(ValueError, "bound: expected a key for each array"):
        _core.Plan("sgd", 0, False, [p], [], count, none, ([0, 1], [p]))
    plan = _core.Plan("sgd_momentum", 0, False, [p], [[f32(3)]], count, none)
    with raises(ValueError, "state['v']: expected 1 array, got none"):
        plan.load([None], 1, none)
    with raises(ValueError, "state['v'][0]: expected float32 of shape (3,), got float32 of shape (2,)"):
        plan.load([[f32(2)]], 1, none)
    with raises(ValueError, "overlaps params[0] in memory"):
        plan.load([[p]], 1, none)
    m, v = f32(3), f32(3)
    _core.apply(
        "adam", 0, False, (p.copy(), f32(3), m, v, "not in this variant"), 1, (0.1, 0.9, 0.9, 1e-8, 0.0)
    )
    assert count[0] == 0
    with raises(ValueError, "count: expected one int64"):
        _core.Plan("sgd", 0, False, p, [], np.zeros(2, np.int64), none)
    assert (p == 1).all()
