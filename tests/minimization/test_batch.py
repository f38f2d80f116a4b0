"""Many problems at once: each row as it would go alone, and what a batch is told and tells."""

import math
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

import fastopt
from fastopt import Status, _core, minimize, minimize_batch
from fastopt.minimization.options import LbfgsOptions
from support import Array, same

Fun = Callable[[Array, Array], tuple[Array, Array]]


@dataclass
class Box:
    lb: Any
    ub: Any


@dataclass
class Region:
    """Bounds or weights of a batch, and those of one of its rows."""

    given: dict[str, Any] = field(default_factory=dict)
    alone: Callable[[int], dict[str, Any]] | None = None

    def of(self, row: int) -> dict[str, Any]:
        return self.given if self.alone is None else self.alone(row)


def valleys(steep: Array) -> Fun:
    """Rosenbrock's function, each row of its steepness; not a number beyond 1.5, nor for steepness 0."""

    def fun(X: Array, rows: Array) -> tuple[Array, Array]:
        c = steep[rows, None].astype(X.dtype)
        b, u = X[:, 1:] - X[:, :-1] ** 2, 1 - X[:, :-1]
        terms = c * b * b + u * u
        values = np.zeros(len(X), X.dtype)
        for column in terms.T:  # in one order, however many rows there are
            values += column
        gradients = np.zeros_like(X)
        gradients[:, :-1] = -4 * c * X[:, :-1] * b - 2 * u
        gradients[:, 1:] += 2 * c * b
        values[(np.abs(X) > 1.5).any(axis=1) | (c[:, 0] == 0)] = np.nan
        return values, gradients

    return fun


def bowls(X: Array, rows: Array) -> tuple[Array, Array]:
    """A bowl around each row's number."""
    d = X - rows[:, None].astype(X.dtype)
    return (d * d).sum(axis=1), 2 * d


def assert_each_as_alone(
    fun: Fun, X0: Array, region: Region | None = None, **options: Any
) -> fastopt.OptimizeResult:
    region = region or Region()
    result = minimize_batch(fun, X0, options=options, **region.given)
    for row, x0 in enumerate(X0):

        def one(x: Array, row: int = row) -> tuple[Any, Array]:
            values, gradients = fun(x[None], np.array([row]))
            return values[0], gradients[0]

        alone = minimize(one, x0, options=options, **region.of(row))
        assert same(result.x[row], alone.x), row
        assert same(result.fun[row], np.float64(alone.fun)), row
        assert same(result.jac[row], alone.jac), row
        assert result.nit[row] == alone.nit
        assert result.nfev[row] == alone.nfev
        assert result.status[row] == alone.status
        assert result.success[row] == alone.success
    return result


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [2, 10, 33])
@pytest.mark.parametrize("threads", [1, 2])
def test_each_row_goes_as_it_would_alone(dtype: type, n: int, threads: int, runtime: None) -> None:
    fastopt.set_num_threads(threads)
    _core.set_grain(1000)  # below what a round of all rows is worth: shared out
    rng = np.random.default_rng(n)
    steep = rng.uniform(1, 20, 24)
    steep[7] = 0
    X0 = rng.uniform(-1.2, 1.2, (24, n)).astype(dtype)
    result = assert_each_as_alone(valleys(steep), X0, maxiter=60)
    assert result.status[7] == Status.NOT_FINITE
    assert len(set(result.nfev.tolist())) > 3  # rows end at different times
    assert result.success.sum() > 5


@pytest.mark.parametrize(
    "options",
    [
        {"memory": 1},
        {"memory": 3, "c2": 0.1, "maxls": 4},
        {"gtol": 0, "ftol": 0},
        {"xtol": 1e-2, "ftol": 0},
        {"maxfun": 9},
        {"maxiter": 0},
        {"history_dtype": "float32"},
    ],
    ids=str,
)
def test_options_are_those_of_minimize(options: dict[str, Any]) -> None:
    X0 = np.random.default_rng(0).uniform(-1, 1, (6, 4))
    assert_each_as_alone(valleys(np.arange(1.0, 7.0)), X0, **options)


ROWS, COLUMNS = 12, 5
EACH = np.random.default_rng(1).uniform(0.1, 1.2, (ROWS, COLUMNS))
ONE = EACH[0]
SOME = EACH * (np.arange(ROWS) % 3 > 0)[:, None]

REGIONS = {
    "one pair": Region({"bounds": (-0.5, 0.8)}),
    "above only": Region({"bounds": (None, 0.7)}),
    "a pair for each variable": Region({"bounds": [(-1, 0), (None, 0.5), (0.1, None), (0.2, 0.2), (-9, 9)]}),
    "arrays of a row": Region({"bounds": Box(-0.9, ONE)}),
    "lists for each row": Region(
        {"bounds": ((-EACH).tolist(), EACH.tolist())}, lambda row: {"bounds": Box(-EACH[row], EACH[row])}
    ),
    "a number and a column": Region(
        {"bounds": (-0.6, EACH[:, :1])}, lambda row: {"bounds": (-0.6, EACH[row, 0])}
    ),
    "none and each row": Region({"bounds": [None, EACH]}, lambda row: {"bounds": Box(-np.inf, EACH[row])}),
    "a row and each row": Region({"bounds": Box(-ONE, EACH)}, lambda row: {"bounds": Box(-ONE, EACH[row])}),
    "nothing is free": Region({"bounds": (EACH, EACH)}, lambda row: {"bounds": Box(EACH[row], EACH[row])}),
    "weight": Region({"l1": 0.7}),
    "no weight": Region({"l1": 0.0}),
    "weights of a row": Region({"l1": ONE}),
    "weights of each row": Region({"l1": 3 * EACH}, lambda row: {"l1": 3 * EACH[row]}),
    "a weight for each row": Region(
        {"l1": 2 * EACH[:, 1:2]}, lambda row: {"l1": np.full(5, 2 * EACH[row, 1])}
    ),
    "weights of some rows": Region({"l1": SOME}, lambda row: {"l1": SOME[row]}),
}


@pytest.mark.filterwarnings("ignore:.0. .* variables (lies|lie) outside the bounds")
@pytest.mark.parametrize("region", REGIONS.values(), ids=REGIONS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_each_row_goes_in_its_region_as_it_would_alone(dtype: type, region: Region, runtime: None) -> None:
    fastopt.set_num_threads(2)
    _core.set_grain(1000)
    steep = np.linspace(1, 20, ROWS)
    steep[7] = 0
    X0 = np.random.default_rng(2).uniform(-1.2, 1.2, (ROWS, COLUMNS)).astype(dtype)
    result = assert_each_as_alone(valleys(steep), X0, region, maxiter=60)
    assert result.status[7] == Status.NOT_FINITE
    assert result.success.sum() > 5


def test_rows_of_long_vectors(runtime: None) -> None:
    fastopt.set_num_threads(2)
    n = _core.grain() + 1
    scale = np.linspace(1, 3, n)

    def fun(X: Array, rows: Array) -> tuple[Array, Array]:
        d = X - (rows + 1.0)[:, None]
        return np.array([float((scale * r * r).sum()) for r in d]), 2 * scale * d

    result = assert_each_as_alone(fun, np.zeros((3, n)))
    assert result.success.all()


@pytest.mark.parametrize("length", [7, 8, 63, 64, 65, 511, 512, 513])
def test_vectors_of_all_kinds_of_memory(length: int) -> None:
    result = assert_each_as_alone(bowls, np.full((3, length), 5.0), gtol=0, ftol=0, maxiter=3)
    np.testing.assert_allclose(result.x, np.arange(3.0)[:, None] * np.ones(length), atol=1e-9)


def test_each_round_is_one_call_with_the_rows_that_are_not_done() -> None:
    steep = np.array([1.0, 5.0, 0.0, 20.0])
    calls: list[tuple[Array, Array, Array]] = []

    def fun(X: Array, rows: Array) -> tuple[Array, Array]:
        assert X.shape == (len(rows), 2)
        assert not X.flags.writeable
        assert not rows.flags.writeable
        assert rows.dtype == np.intp
        calls.append((X, X.copy(), rows))
        return valleys(steep)(X, rows)

    X0 = np.array([[-1.0, 1.0]] * 4)
    result = minimize_batch(fun, X0)
    assert len(calls) == result.nfev.max()
    assert same(calls[0][0], X0)
    for k, (X, copy, rows) in enumerate(calls):
        assert rows.tolist() == np.flatnonzero(result.nfev > k).tolist()
        assert same(X, copy)  # who keeps it, keeps it


def test_a_row_that_is_not_finite_at_the_start_ends_alone() -> None:
    def fun(X: Array, rows: Array) -> tuple[Array, Array]:
        values, gradients = bowls(X, rows)
        values[rows == 1] = np.nan
        gradients[rows == 3] = np.inf
        return values, gradients

    result = minimize_batch(fun, np.full((5, 2), 9.0))
    assert [Status(s).name for s in result.status] == ["GRADIENT", "NOT_FINITE"] * 2 + ["GRADIENT"]
    assert result.success.tolist() == [True, False, True, False, True]
    np.testing.assert_allclose(result.x[:, 0], [0, 9, 2, 9, 4], atol=1e-6)
    assert result.nfev[[1, 3]].tolist() == [1, 1]
    assert result.message == "3 of 5 problems reached a minimum (3 GRADIENT); 2 did not (2 NOT_FINITE)."


def test_no_rows() -> None:
    def fun(X: Array, rows: Array) -> tuple[Array, Array]:
        raise AssertionError("there is nothing to evaluate")

    result = minimize_batch(fun, np.zeros((0, 3), np.float32))
    assert result.x.shape == result.jac.shape == (0, 3)
    assert result.x.dtype == np.float32
    for name in ("fun", "nit", "nfev", "success", "status"):
        assert result[name].shape == (0,)
    assert result.message == "0 of 0 problems reached a minimum."


def test_no_variables() -> None:
    result = minimize_batch(lambda X, rows: (np.ones(len(X)), X), np.zeros((3, 0)))
    assert result.x.shape == (3, 0)
    assert result.status.tolist() == [Status.GRADIENT] * 3


def test_starts_and_what_comes_back() -> None:
    start = np.asfortranarray(np.arange(6, dtype=np.float32).reshape(3, 2))
    before = start.copy()
    result = minimize_batch(bowls, start)
    assert same(start, before)
    assert result.x.dtype == result.jac.dtype == np.float32
    assert result.fun.dtype == np.float64
    assert result.success.dtype == bool
    assert result.x.flags.writeable
    np.testing.assert_allclose(result.x, [[0, 0], [1, 1], [2, 2]], atol=1e-3)
    whole = minimize_batch(bowls, [[1, 2], [3, 4]])
    assert whole.x.dtype == np.float64


def test_what_fun_returns_may_be_of_another_kind_of_numbers() -> None:
    X0 = np.ones((4, 3))
    expected = minimize_batch(bowls, X0)

    def fun(X: Array, rows: Array) -> tuple[Any, Any]:
        values, gradients = bowls(X, rows)
        return values.tolist(), np.asfortranarray(gradients)

    assert same(minimize_batch(fun, X0).x, expected.x)


def test_a_buffer_for_gradients_may_be_used_again() -> None:
    out = np.empty((4, 3))

    def fun(X: Array, rows: Array) -> tuple[Any, Any]:
        values, out[: len(X)] = bowls(X, rows)
        return values, out[: len(X)]

    X0 = np.random.default_rng(0).standard_normal((4, 3))
    assert same(minimize_batch(fun, X0).x, minimize_batch(bowls, X0).x)


@pytest.mark.parametrize(
    ("X0", "error", "message"),
    [
        (np.zeros(3), ValueError, r"X0: expected shape \(problems, variables\), got shape \(3,\)"),
        (1.0, ValueError, r"X0: expected shape \(problems, variables\), got shape \(\)"),
        ([[1.0, 2.0], [np.inf, 0.0]], ValueError, r"X0: expected finite numbers, got inf for X0\[1, 0\]"),
        (
            [[1.0], [1.0, 2.0]],
            TypeError,
            "X0: expected an array of real numbers, .*, got list",
        ),
        (np.zeros((2, 2), complex), TypeError, r"X0: expected .*, got complex128 of shape \(2, 2\)"),
        (object(), TypeError, "X0: expected .*, got object"),
    ],
)
def test_starts_are_judged(X0: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        minimize_batch(bowls, X0)  # type: ignore[arg-type]


def test_no_point_is_outside_of_its_box() -> None:
    lower, upper = -EACH, EACH[::-1].copy()
    fixed = (np.arange(ROWS) % 4 == 0)[:, None]
    upper = np.where(fixed, lower, upper)
    valley, seen = valleys(np.linspace(1, 20, ROWS)), 0

    def fun(X: Array, rows: Array) -> tuple[Array, Array]:
        nonlocal seen
        seen += len(rows)
        assert same(X, np.clip(X, lower[rows], upper[rows]))
        lower_given[...] = -9  # they have been read
        return valley(X, rows)

    lower_given = lower.copy()
    result = minimize_batch(fun, lower, bounds=(lower_given, upper))
    assert seen == result.nfev.sum() > 5 * ROWS
    assert (result.nfev[fixed[:, 0]] == 1).all()
    assert ((result.x == lower) | (result.x == upper)).sum() > ROWS


def test_starts_outside_are_moved_with_a_warning() -> None:
    X0 = np.array([[-3.0, 0.5], [0.5, 0.5], [2.0, 7.0]])
    before, low = X0.copy(), np.array([[0.0], [0.0], [3.0]])
    message = "X0: 3 of 6 variables lie outside the bounds, and were moved onto them"
    with pytest.warns(UserWarning, match=message) as caught:
        result = minimize_batch(bowls, X0, bounds=(low, 6.0), options={"maxiter": 0})
    assert [w.filename for w in caught] == [__file__]
    assert same(X0, before)
    assert result.x.tolist() == [[0.0, 0.5], [0.5, 0.5], [3.0, 6.0]]
    assert result.message.endswith("Starts lay outside the bounds: 3 variables were moved onto them.")
    with pytest.warns(UserWarning, match="X0: 1 of 6 variables lies outside the bounds, and was moved"):
        result = minimize_batch(bowls, X0, bounds=(-3.0, 6.0), options={"maxiter": 0})
    assert result.message.endswith("Starts lay outside the bounds: 1 variable was moved onto them.")


@pytest.mark.parametrize("shape", [(0, 3), (3, 0)])
@pytest.mark.parametrize(
    "given", [{"bounds": (0, 1)}, {"bounds": (np.zeros((1, 1)), None)}, {"l1": [[1.0]]}], ids=str
)
def test_regions_of_nothing(shape: tuple[int, int], given: dict[str, Any]) -> None:
    result = minimize_batch(lambda X, rows: (np.ones(len(X)), X), np.zeros(shape), **given)
    assert result.x.shape == shape
    assert result.success.all()


BOUNDS_AND_WEIGHTS = [
    ({"bounds": 3}, TypeError, r"bounds: expected pairs \(low, high\), or an object with lb and ub, got int"),
    ({"bounds": np.float64(3)}, TypeError, r"bounds: expected pairs \(low, high\), .*, got float64"),
    ({"bounds": [(0, 1)] * 2}, ValueError, r"bounds: expected 3 pairs \(low, high\).*, got 2"),
    ({"bounds": (np.zeros(3), np.ones(3))}, ValueError, r"bounds: expected 3 pairs \(low, high\).*, got 2"),
    ({"bounds": [(0, 1), 3, 4]}, TypeError, r"bounds\[1\]: expected a pair \(low, high\)"),
    ({"bounds": (2, 1)}, ValueError, r"bounds: expected lower <= upper, got 2.0 and 1.0 for X0\[:, 0\]"),
    ({"bounds": [(0, 1)] * 2 + [(0, math.nan)]}, ValueError, r"lower <= upper, .* for X0\[:, 2\]"),
    (
        {"bounds": (np.zeros((4, 3)), np.tile([[1.0], [1.0], [-1.0], [1.0]], 3))},
        ValueError,
        r"bounds: expected lower <= upper, got 0.0 and -1.0 for X0\[2, 0\]",
    ),
    (
        {"bounds": (math.inf, None)},
        ValueError,
        r"bounds: expected finite numbers between them, got inf and inf for X0\[:, 0\]",
    ),
    (
        {"bounds": (np.zeros((3, 4)), 1)},
        ValueError,
        r"bounds\[0\]: expected shape \(4, 3\), as X0, got shape \(3, 4\)",
    ),
    (
        {"bounds": Box([0, 1], 1)},
        ValueError,
        r"bounds.lb: expected shape \(3,\), as a row of X0, got shape \(2,\)",
    ),
    ({"bounds": Box(0, [[1.0], [1.0, 2.0]])}, TypeError, r"bounds.ub: expected an array of real numbers"),
    ({"l1": -1.0}, ValueError, "l1: expected a finite number >= 0 in float64, got -1.0"),
    ({"l1": math.inf}, ValueError, "l1: expected a finite number >= 0 in float64, got inf"),
    ({"l1": "much"}, TypeError, "l1: expected an array of real numbers, .* got str"),
    ({"l1": [1.0, -1.0, 0.0]}, ValueError, r"l1: expected finite numbers >= 0, got -1.0 for X0\[:, 1\]"),
    (
        {"l1": [[1.0], [1.0], [1.0], [-1.0]]},
        ValueError,
        r"l1: expected finite numbers >= 0, got -1.0 for X0\[3, 0\]",
    ),
    ({"l1": [1.0, 1.0]}, ValueError, r"l1: expected shape \(3,\), as a row of X0, got shape \(2,\)"),
    ({"l1": np.ones((3, 4))}, ValueError, r"l1: expected shape \(4, 3\), as X0, got shape \(3, 4\)"),
    ({"l1": 1.0, "bounds": (0, 1)}, ValueError, "bounds, l1: expected one of them, got both"),
]


@pytest.mark.parametrize(("given", "error", "message"), BOUNDS_AND_WEIGHTS)
def test_bounds_and_weights_are_judged(given: dict[str, Any], error: type[Exception], message: str) -> None:
    def never(X: Array, rows: Array) -> Any:
        raise AssertionError("judged too late")

    with pytest.raises(error, match=message):
        minimize_batch(never, np.full((4, 3), 0.5), **given)


def test_arguments_are_judged() -> None:
    with pytest.raises(TypeError, match="fun: expected a function, got int"):
        minimize_batch(3, [[0.0]])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"options: expected some of .*, got 'maxcor'"):
        minimize_batch(bowls, [[0.0]], options={"maxcor": 3})
    with pytest.raises(ValueError, match="tol: "):
        minimize_batch(bowls, [[0.0]], tol=-1)


@pytest.mark.parametrize(
    ("returned", "error", "message"),
    [
        (np.zeros(2), TypeError, r"fun: expected \(values, gradients\), got float64 of shape \(2,\)"),
        ((1.0, 2.0, 3.0), TypeError, r"fun: expected \(values, gradients\), got tuple of 3"),
        (
            (1.0, np.zeros((2, 3))),
            ValueError,
            r"the values from fun: expected shape \(2,\), .* shape \(\)",
        ),
        ((np.zeros((2, 1)), np.zeros((2, 3))), ValueError, r"values from fun: .* got shape \(2, 1\)"),
        ((np.zeros(2), np.zeros((3, 2))), ValueError, r"gradients from fun: .*\(2, 3\).* got shape \(3, 2\)"),
        ((np.zeros(2), None), TypeError, "the gradients from fun: expected .* real numbers.*, got NoneType"),
        ((np.zeros(2, bool), np.zeros((2, 3))), TypeError, "the values from fun: .* got bool of shape"),
    ],
)
def test_what_fun_returns_is_judged(returned: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        minimize_batch(lambda X, rows: returned, np.zeros((2, 3)))  # type: ignore[arg-type, return-value]
    assert caught.value.result.status.tolist() == [Status.INTERRUPTED] * 2  # type: ignore[attr-defined]


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_an_exception_brings_what_there_is(error: type[BaseException]) -> None:
    valley, X0 = valleys(np.array([0.0, 4.0, 20.0])), np.array([[-1.0, 1.0]] * 3)
    left = 6

    def fun(X: Array, rows: Array) -> tuple[Array, Array]:
        nonlocal left
        left -= 1
        if left == 0:
            raise error
        return valley(X, rows)

    with pytest.raises(error) as caught:
        minimize_batch(fun, X0)
    result = caught.value.result  # type: ignore[attr-defined]
    assert result.status.tolist() == [Status.NOT_FINITE, Status.INTERRUPTED, Status.INTERRUPTED]
    assert result.nfev.tolist() == [1, 5, 5]
    values, gradients = valley(result.x, np.arange(3))
    assert same(values, result.fun)
    assert same(gradients, result.jac)
    assert (result.fun[1:] < valley(X0, np.arange(3))[0][1:]).all()


def test_an_exception_of_the_first_call() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        minimize_batch(lambda X, rows: 1 // 0, np.ones((2, 3)))  # type: ignore[arg-type, return-value]
    result = caught.value.result  # type: ignore[attr-defined]
    assert (result.x == 1).all()
    assert np.isnan(result.fun).all()
    assert np.isnan(result.jac).all()
    assert result.nfev.tolist() == [0, 0]


def test_time_is_of_all_together() -> None:
    result = minimize_batch(valleys(np.ones(3)), np.zeros((3, 2)), options={"maxtime": 0})
    assert result.status.tolist() == [Status.TIME] * 3
    assert result.nfev.tolist() == [1, 1, 1]
    assert result.message == "0 of 3 problems reached a minimum; 3 did not (3 TIME)."


def test_the_core_takes_nothing_that_does_not_fit() -> None:
    core = _core.Descents(np.zeros((3, 2)), **LbfgsOptions().core(np.dtype(float)))
    for values, gradients, message in (
        (np.zeros(2), np.zeros((3, 2)), r"values: expected float64 of shape \(3,\), dense, got .*\(2,\)"),
        (
            np.zeros(3),
            np.zeros((3, 2), np.float32),
            r"gradients: expected float64 .*, got float32",
        ),
        (np.zeros(3), np.zeros((2, 3)).T, r"gradients: expected .*, dense, got"),
        (np.zeros(3, ">f8"), np.zeros((3, 2)), r"values: expected float64 .*, got >f8"),
    ):
        with pytest.raises(ValueError, match=message):
            core.tell(values, gradients)
    assert core.evaluations.tolist() == [0, 0, 0]


SETTINGS = LbfgsOptions().core(np.dtype(float))


@pytest.mark.parametrize("name", SETTINGS)
def test_the_core_takes_no_setting_for_granted(name: str) -> None:
    fewer = {key: value for key, value in SETTINGS.items() if key != name}
    for core, start in ((_core.Descent, np.zeros(2)), (_core.Descents, np.zeros((3, 2)))):
        with pytest.raises(TypeError, match=f"^{name}: expected an? .*, got none"):
            core(start, **fewer)
        with pytest.raises(TypeError, match=f"^{name}: expected an? .*, got "):
            core(start, **{**SETTINGS, name: object()})


TALL = np.zeros((3, 2))


@pytest.mark.parametrize(
    ("starts", "settings", "error", "message"),
    [
        (TALL, {"l2": 1.0}, TypeError, "l2: there is no such argument"),
        (TALL, {"memory": 2**40}, TypeError, "memory: expected an integer of 32 bits, got 1099511627776"),
        (TALL, {"iterations": 2.5}, TypeError, "iterations: expected an integer of 64 bits, got 2.5"),
        (
            TALL,
            {"history_dtype": "f8"},
            ValueError,
            "expected 'float32' or 'float64', got 'f8'",
        ),
        (
            TALL.astype("f"),
            {},
            ValueError,
            "expected 'float32' for float32 points, got 'float64'",
        ),
        (TALL, {"lower": TALL}, ValueError, "lower, upper: expected both or none, got one"),
        (
            TALL,
            {"l1": np.zeros(3)},
            ValueError,
            r"l1: expected float64 of shape \(3, 2\) or of that of one row, dense, got .* \(3,\)",
        ),
        (TALL, {"l1": np.zeros((2, 3)).T}, ValueError, "l1: expected .*, dense, got"),
        (TALL, {"l1": TALL.astype("f")}, ValueError, "l1: expected float64 .*, got float32"),
        (TALL, {"l1": 1}, TypeError, "l1: expected a NumPy array, got int"),
        (TALL[0], {}, ValueError, r"starts: expected 2 dimensions, dense, got float64 of shape \(2,\)"),
        (TALL.T, {}, ValueError, "starts: expected 2 dimensions, dense, got"),
        (TALL.astype(int), {}, TypeError, "starts: expected float32 or float64 .*, got int64"),
    ],
)
def test_the_core_judges_settings(
    starts: Array, settings: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        _core.Descents(starts, **{**SETTINGS, **settings})


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is in kilobytes")
def test_a_small_problem_takes_little_memory() -> None:
    code = """
import resource, numpy as np, fastopt
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
def fun(X, rows):
    return (X ** 4).sum(axis=1), 4 * X ** 3 * np.arange(1, 11)
fastopt.minimize_batch(fun, np.ones((1, 10)))
before = peak()
result = fastopt.minimize_batch(fun, np.ones((4000, 10)), options={"maxiter": 13, "gtol": 0, "ftol": 0})
assert (result.nit == 13).all(), result.message
print(peak() - before)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 40  # megabytes; with a page for each vector it is 800
