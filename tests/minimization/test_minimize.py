"""minimize and LBFGS: what peers fail on, what users do wrong, and what is promised."""

import copy
import itertools
import json
import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import fastopt
from fastopt import LBFGS, OptimizeResult, Status, _core, minimize
from fastopt.problems.standard import PROBLEMS, StandardProblem, tridia
from support import ISAS, Array, same

Evaluation = tuple[Any, Any]

TO_THE_END = {"gtol": 0, "ftol": 0}


def bowl(x: Array) -> Evaluation:
    return ((x - 3) ** 2).sum(), 2 * (x - 3)


def rosenbrock(x: Array) -> Evaluation:
    """The extended one of `standard`, in the dtype of x."""
    a, b = x[::2], x[1::2]
    gradient = np.empty_like(x)
    gradient[::2] = -400 * a * (b - a * a) - 2 * (1 - a)
    gradient[1::2] = 200 * (b - a * a)
    return (100 * (b - a * a) ** 2 + (1 - a) ** 2).sum(), gradient


ROSENBROCK = np.array([-1.2, 1.0])


class Recorder:
    """A problem, and value and max |g| of each evaluation."""

    def __init__(self, problem: StandardProblem) -> None:
        self.problem = problem
        self.values: list[float] = []
        self.steepness: list[float] = []

    def __call__(self, x: Array) -> Evaluation:
        value, gradient = self.problem.fun(x)
        self.values.append(value)
        self.steepness.append(float(np.abs(gradient).max()))
        return value, gradient

    def reached(self) -> int:
        """The evaluations until the gradient is 1e-6, relative to the lowest value where that is above 1."""
        small = np.array(self.steepness) <= 1e-6 * max(1, abs(min(self.values)))
        assert small.any()
        return int(np.argmax(small)) + 1


# What peers fail on.


def test_a_search_that_overflows() -> None:
    """SciPy's L-BFGS-B says it has converged here, at |g| = 3.7e3."""
    result = minimize(PROBLEMS["jennrich_sampson"].fun, [0.3, 0.4])
    assert result.success
    assert result.fun == pytest.approx(124.362, abs=1e-3)
    assert np.abs(result.jac).max() <= 1e-5


@pytest.mark.parametrize("scale", [1.0, 1e-12])
def test_no_absolute_threshold_for_curvature(scale: float) -> None:
    """Torch drops pairs with s'y < 1e-10, and needs more than 9000 evaluations."""
    problem = tridia(1000)

    def scaled(x: Array) -> Evaluation:
        value, gradient = problem.fun(x)
        return scale * value, scale * gradient

    result = minimize(scaled, problem.start, options={"gtol": 1e-6 * scale, "ftol": 0})
    assert result.status is Status.GRADIENT
    assert result.nfev <= 1.15 * 820


@pytest.mark.parametrize("scale", [1e200, 1e100, 1e-100, 1e-200, 1e-290])
def test_values_of_any_scale(scale: float) -> None:
    c = np.array([1.0, 2.0])

    def fun(x: Array) -> Evaluation:
        return scale * (c * x * x).sum(), 2 * scale * c * x

    result = minimize(fun, [1.0, -3.0], options=TO_THE_END)
    assert result.fun <= 1e-25 * scale
    assert result.nfev <= 150


def test_a_first_value_of_1e22() -> None:
    """LBFGSpp throws."""
    problem = PROBLEMS["vardim_1000"]
    assert problem.fun(problem.start)[0] > 1e21
    assert minimize(problem.fun, problem.start).success


@pytest.mark.parametrize("value", [0.0, 1e-300, 1e-40, -1e-20, 1e-12, 1e-3])
def test_a_first_value_near_0(value: float) -> None:
    """By accident: it says nothing about the least value, nor how far that is."""
    result = minimize(lambda x: (x[0] * (x[0] - 2) + value, 2 * (x - 1)), [0.0])
    assert result.status is Status.GRADIENT
    assert result.x == pytest.approx(1)
    assert result.nfev <= 10


# Evaluations until max |g| <= 1e-6 max(1, |f|) of SciPy's L-BFGS-B 1.17 with ten pairs.
SCIPY = {
    "rosenbrock_2": 45,
    "rosenbrock_1000": 45,
    "wood_4": 114,
    "wood_1000": 120,
    "helical_valley": 33,
    "powell_singular_1000": 43,
    "beale": 16,
    "box3": 39,
    "broyden_tridiagonal_1000": 48,
    "biggs_exp6": 44,
    "arwhead_1000": 14,
    "bard": 25,
    "dixmaane_999": 163,
    "osborne2": 95,
    "penalty1_1000": 75,
    "cragglvy_1000": 66,
    "trigonometric_1000": 64,
    "liarwhd_30000": 31,
}


@pytest.mark.parametrize(("name", "most"), SCIPY.items(), ids=SCIPY)
def test_evaluations(name: str, most: int) -> None:
    fun = Recorder(PROBLEMS[name])
    minimize(fun, fun.problem.start, options={**TO_THE_END, "maxfun": 400})
    assert fun.reached() <= 1.15 * most + 1


ENDS = [
    "rosenbrock_2",
    "wood_4",
    "helical_valley",
    "beale",
    "box3",
    "bard",
    "biggs_exp6",
    "brown_dennis",
    "jennrich_sampson",
    "kowalik_osborne",
    "osborne1",
    "osborne2",
    "penalty1_100",
    "penalty1_1000",
    "penalty2_100",
    "engval1_50",
    "edensch_1000",
    "schmvett_1000",
    "linear_rank1_100",
    "broyden_tridiagonal_10",
    "vardim_100",
    "chebyquad_8",
    "freuroth_1000",
    "bdqrtic_100",
]


@pytest.mark.parametrize("name", ENDS)
def test_the_end_of_digits(name: str) -> None:
    """With no tolerance at all it goes on until rounding errors stop it, and not much further."""
    fun = Recorder(PROBLEMS[name])
    result = minimize(fun, fun.problem.start, options={**TO_THE_END, "maxfun": 3000})
    assert result.status in (Status.GRADIENT, Status.ROUNDING, Status.NO_PROGRESS)
    assert result.success == (np.abs(result.jac).max() == 0)
    best = int(np.nanargmin(fun.steepness))
    assert fun.steepness[best] <= 1e-5 * max(1, abs(result.fun))
    assert result.nfev - best <= 80
    assert result.fun == pytest.approx(min(fun.values), rel=1e-13, abs=0)


# Functions that are not smooth, not finite, not bounded, or wrong.


def test_walls() -> None:
    def barrier(x: Array) -> Evaluation:
        """x - log x with its minimum at 1; nothing below 0."""
        if x[0] <= 0:
            return math.nan, np.full(1, math.nan)
        return x[0] - math.log(x[0]), 1 - 1 / x

    result = minimize(barrier, [30.0])
    assert result.status is Status.GRADIENT
    assert result.x == pytest.approx(1)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("gradient", [math.nan, 0.0])
def test_a_descent_towards_a_wall(value: float, gradient: float) -> None:
    """The least value lies before a wall: it gets there, and does not say that it is a minimum."""
    seen = []

    def fun(x: Array) -> Evaluation:
        seen.append(float(x[0]))
        return (x[0], np.ones(1)) if x[0] >= 1 else (value, np.full(1, gradient))

    result = minimize(fun, [3.0])
    assert result.status in (Status.NO_PROGRESS, Status.ROUNDING)
    assert result.x == pytest.approx(1)
    assert result.fun >= 1
    assert len(seen) <= 100


def test_a_gradient_that_is_not_finite_is_never_accepted() -> None:
    def fun(x: Array) -> Evaluation:
        value, gradient = bowl(x)
        return value, gradient if value > 0.5 else gradient * math.nan

    result = minimize(fun, [10.0, 10.0])
    assert not result.success
    assert 0.5 < result.fun <= 0.51
    assert np.isfinite(result.jac).all()


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_not_finite_at_the_start(value: float) -> None:
    result = minimize(lambda x: (value, x.copy()), [1.0, 2.0])
    assert (result.status, result.nfev, result.success) == (Status.NOT_FINITE, 1, False)
    result = minimize(lambda x: (1.0, np.array([0.0, value])), [1.0, 2.0])
    assert (result.status, result.nfev, result.fun) == (Status.NOT_FINITE, 1, 1.0)
    assert same(result.x, np.array([1.0, 2.0]))


@pytest.mark.parametrize("options", [{}, TO_THE_END])
@pytest.mark.parametrize("shift", [0.0, 1.0])
@pytest.mark.parametrize("wrong", [-1.0, np.array([1.0, -1.0])], ids=["sign", "one sign"])
def test_a_wrong_gradient_is_no_success(wrong: Any, shift: float, options: dict[str, Any]) -> None:
    def fun(x: Array) -> Evaluation:
        return shift + x @ x, wrong * 2 * x

    result = minimize(fun, [1.0, 1.0], options=options)
    assert result.status is Status.NO_PROGRESS
    assert result.nfev <= 100
    assert "gradient that does not fit" in result.message


def test_a_kink() -> None:
    def fun(x: Array) -> Evaluation:
        return abs(x[0]), np.copysign(1.0, x)

    result = minimize(fun, [math.pi])
    assert not result.success
    assert abs(result.x[0]) < 1e-10
    on_it = minimize(fun, [0.0])
    assert (on_it.status, on_it.nit) == (Status.NO_PROGRESS, 0)


def test_a_constant() -> None:
    result = minimize(lambda x: (3.0, np.zeros_like(x)), [1.0, 2.0])
    assert (result.status, result.nfev, result.nit, result.fun) == (Status.GRADIENT, 1, 0, 3.0)


@pytest.mark.parametrize("power", [1, 2, 3])
def test_no_least_value(power: int) -> None:
    """Down and down: the evaluations end, and it is no success."""

    def fun(x: Array) -> Evaluation:
        with np.errstate(over="ignore"):
            return -(x[0] ** power), -power * x ** (power - 1)

    result = minimize(fun, [1.0], options={"maxfun": 500})
    assert not result.success
    assert result.fun < -1e15
    assert np.isfinite(result.fun)


# Dimensions, dtypes, structures.


def test_one_variable() -> None:
    assert minimize(bowl, [0.0]).x == pytest.approx(3)
    result = minimize(lambda x: ((x - 3) ** 2, 2 * (x - 3)), 1)
    assert (result.x.shape, result.x) == ((), 3)


@pytest.mark.parametrize(
    "x0", [[], np.zeros(0, np.float32), np.zeros((3, 0)), [np.zeros(0), np.zeros((0, 2))]]
)
def test_no_variable(x0: Any) -> None:
    with pytest.raises(ValueError, match="x0: expected at least one number, got none"):
        minimize(never, x0)


def test_an_empty_array_among_others() -> None:
    result = minimize(
        lambda x: ((x["a"] ** 2).sum(), {"a": 2 * x["a"], "b": x["b"]}),
        {"a": np.ones(2), "b": np.zeros((0, 3))},
    )
    assert result.x["a"] == pytest.approx(0, abs=1e-5)
    assert result.x["b"].shape == (0, 3)


def test_float32_throughout() -> None:
    def fun(x: Array) -> Evaluation:
        assert x.dtype == np.float32
        return rosenbrock(x)

    x0 = np.tile(ROSENBROCK, 20).astype(np.float32)
    result = minimize(fun, x0)
    assert result.x.dtype == result.jac.dtype == np.float32
    assert type(result.fun) is float
    assert result.success
    assert result.x == pytest.approx(1, abs=1e-2)
    exact = minimize(fun, x0, options=TO_THE_END)
    assert exact.x == pytest.approx(1, abs=1e-3)
    assert exact.nfev <= 200


def test_history_of_float32() -> None:
    x0 = np.tile(ROSENBROCK, 20)
    plain = minimize(rosenbrock, x0)
    result = minimize(rosenbrock, x0, options={"history_dtype": "float32"})
    assert result.status is Status.GRADIENT
    assert result.x.dtype == np.float64
    assert abs(result.nfev - plain.nfev) <= 10
    assert not same(result.x, plain.x)
    with pytest.raises(ValueError, match="history_dtype: expected float32 for float32 points, got float64"):
        minimize(rosenbrock, x0.astype(np.float32), options={"history_dtype": "float64"})


STRUCTURES: dict[str, Any] = {
    "array": np.zeros((2, 3)),
    "0-d array": np.array(1.0),
    "number": 1,
    "list of numbers": [1, 2.0],
    "nested lists": [[1, 2], [3, 4]],
    "list": [np.zeros(2), np.zeros((2, 2))],
    "tuple": (np.zeros(2), np.zeros(3)),
    "dict": {"w": np.zeros((2, 2)), "b": np.zeros(())},
    "of integers": np.arange(3),
    "of mixed dtypes": [np.zeros(2, np.float32), np.zeros(2)],
    "Fortran order": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
}


def mapped(function: Callable[[Any], Any], structure: Any) -> Any:
    if isinstance(structure, dict):
        return {key: function(entry) for key, entry in structure.items()}
    if isinstance(structure, list | tuple):
        return type(structure)(map(function, structure))
    return function(structure)


def leaves(structure: Any) -> list[Array]:
    found: list[Array] = []
    mapped(found.append, structure)
    return found


@pytest.mark.parametrize("x0", STRUCTURES.values(), ids=STRUCTURES)
def test_structures(x0: Any) -> None:
    before = copy.deepcopy(x0)
    whole = isinstance(x0, list) and not isinstance(x0[0], np.ndarray)
    expected = np.asarray(x0, np.float64) if whole else x0

    def fun(x: Any) -> Evaluation:
        assert type(x) is (type(expected) if isinstance(expected, dict | list | tuple) else np.ndarray)
        for entry, like in zip(leaves(x), leaves(expected), strict=True):
            assert entry.shape == np.shape(like)
            assert entry.dtype == np.float64
            assert not entry.flags.writeable
        return sum(((a - 3) ** 2).sum() for a in leaves(x)), mapped(lambda a: 2 * (a - 3), x)

    result = minimize(fun, x0)
    for structure in (result.x, result.jac):
        assert type(structure) is (
            dict
            if isinstance(x0, dict)
            else type(expected)
            if type(expected) in (list, tuple)
            else np.ndarray
        )
    for entry in leaves(result.x):
        assert entry == pytest.approx(3)
    for entry in leaves(result.jac):
        assert entry == pytest.approx(0, abs=1e-5)
    for entry, like in zip(leaves(x0), leaves(before), strict=True):
        np.testing.assert_array_equal(entry, like)


@pytest.mark.parametrize(
    ("x0", "error", "message"),
    [
        (None, TypeError, "x0: expected"),
        ("abc", TypeError, "x0: expected"),
        (np.array([1j]), TypeError, "x0: expected an array of real numbers"),
        (np.array([True]), TypeError, "x0: expected an array of real numbers"),
        ([1.0, math.nan], ValueError, r"x0: expected finite numbers, got nan for x0\[1\]"),
        (
            {"w": np.array([[1.0, math.inf]])},
            ValueError,
            r"x0: expected finite numbers, got inf for x0\['w'\]\[0, 1\]",
        ),
        ({}, ValueError, "x0: expected at least one array, got an empty dict"),
        ([[1.0, 2.0], [3.0]], TypeError, "x0: expected an array of real numbers, .* got list"),
    ],
)
def test_starts_that_are_refused(x0: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        minimize(never, x0)


def never(*args: Any) -> Any:
    raise AssertionError("this should not have been called")


# The caller's side.


def test_points_that_are_kept_stay() -> None:
    kept: list[Array] = []
    copies = []

    def fun(x: Array) -> Evaluation:
        kept.append(x)
        copies.append(x.copy())
        return rosenbrock(x)

    result = minimize(fun, ROSENBROCK, callback=kept.append)
    points = [x for x in kept if any(same(x, c) for c in copies)]
    assert len(points) == len(kept) == result.nfev + result.nit
    plain = minimize(rosenbrock, ROSENBROCK)
    assert same(plain.x, result.x)
    kept.clear()
    minimize(fun, ROSENBROCK)
    assert all(map(same, kept, copies[-len(kept) :]))
    x = result.x
    minimize(fun, ROSENBROCK)
    assert same(plain.x, x)


def test_points_are_read_only() -> None:
    def fun(x: Array) -> Evaluation:
        x += 1
        return rosenbrock(x)

    with pytest.raises(ValueError, match="read-only"):
        minimize(fun, ROSENBROCK)


def owners(x: Any) -> list[Any]:
    """Return an array and what its memory belongs to, as far as NumPy tells."""
    return [] if not isinstance(x, np.ndarray) else [x, *owners(x.base)]


def expect_frozen(x: Any) -> None:
    arrays = x if isinstance(x, list | tuple) else x.values() if isinstance(x, dict) else [x]
    for array in arrays:
        for owner in owners(array):
            assert not owner.flags.writeable
            with pytest.raises(ValueError, match="cannot set WRITEABLE"):
                owner.setflags(write=True)
            with pytest.raises(ValueError, match="cannot set WRITEABLE"):
                owner.flags.writeable = True


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("structured", [False, True])
@pytest.mark.parametrize("method", ["lbfgs", "bfgs", "gd", "newton", "random", "differences"])
def test_points_cannot_be_made_writeable(method: str, structured: bool, dtype: Any) -> None:
    x0: Any = [np.zeros((2, 1), dtype), np.zeros(1, dtype)] if structured else np.zeros(2, dtype)

    def fun(x: Any) -> Evaluation:
        expect_frozen(x)
        parts = x if structured else [x]
        value = sum(float(((part - 3) ** 2).sum()) for part in parts)
        gradients = [2 * (part - 3) for part in parts]
        return value, gradients if structured else gradients[0]

    given: dict[str, Any] = {"method": method, "callback": expect_frozen}
    if method == "newton":
        given["hess"] = lambda x: expect_frozen(x) or 2 * np.eye(3 if structured else 2)
    if method == "random":
        given["options"] = {"maxiter": 20}
    if method == "differences":
        minimize(lambda x: fun(x)[0], x0, jac=None, callback=expect_frozen)
    else:
        minimize(fun, x0, **given)


def test_points_of_solvers_cannot_be_made_writeable() -> None:
    solver = LBFGS(np.zeros((2, 1)))
    while not solver.done:
        x = solver.ask()
        expect_frozen(x)
        expect_frozen(solver.x)
        solver.tell(((x - 3) ** 2).sum(), 2 * (x - 3))
    expect_frozen(solver.x)

    def fun(X: Array, rows: Any) -> Evaluation:
        expect_frozen(X)
        expect_frozen(rows)
        return (X * X).sum(1), 2 * X

    fastopt.minimize_batch(fun, np.ones((3, 2)))


def test_a_gradient_buffer_that_is_used_again() -> None:
    buffer = np.empty(2)

    def fun(x: Array) -> Evaluation:
        value, buffer[...] = rosenbrock(x)
        return value, buffer

    assert same(minimize(fun, ROSENBROCK).x, minimize(rosenbrock, ROSENBROCK).x)


def test_args_and_jac() -> None:
    def value(x: Array, a: float, b: float) -> float:
        return a * (x - b) @ (x - b)

    def gradient(x: Array, a: float, b: float) -> Array:
        return 2 * a * (x - b)

    both = minimize(lambda x, a, b: (value(x, a, b), gradient(x, a, b)), [1.0, 7.0], (2.0, 3.0))
    apart = minimize(value, [1.0, 7.0], (2.0, 3.0), jac=gradient)
    assert same(both.x, apart.x)
    assert (apart.nfev, apart.njev) == (both.nfev, both.njev)
    for jac in (None, False):
        numeric = minimize(value, [1.0, 7.0], (2.0, 3.0), jac=jac)
        assert numeric.x == pytest.approx(3, abs=1e-6)
        assert "central differences" in numeric.message
        assert numeric.nfev <= 6 * numeric.njev


def test_callbacks() -> None:
    points: list[Array] = []
    results: list[OptimizeResult] = []

    def whole(*, intermediate_result: OptimizeResult) -> None:
        results.append(intermediate_result)

    result = minimize(rosenbrock, ROSENBROCK, callback=points.append)
    minimize(rosenbrock, ROSENBROCK, callback=whole)
    assert len(points) == len(results) == result.nit
    assert all(same(x, r.x) for x, r in zip(points, results, strict=True))
    assert [r.nit for r in results] == list(range(1, result.nit + 1))
    assert all(b.fun <= a.fun for a, b in itertools.pairwise(results))
    assert all(rosenbrock(r.x)[0] == r.fun and same(rosenbrock(r.x)[1], r.jac) for r in results)
    assert same(points[-1], result.x)
    with pytest.raises(TypeError, match="callback: expected a function, got int"):
        minimize(never, ROSENBROCK, callback=3)  # type: ignore[arg-type]


def test_a_callback_ends_it() -> None:
    points = []

    def third(x: Array) -> None:
        points.append(x)
        if len(points) == 3:
            raise StopIteration

    result = minimize(rosenbrock, ROSENBROCK, callback=third)
    assert (result.status, result.nit, result.success) == (Status.CALLBACK, 3, False)
    assert same(result.x, points[-1])


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError, StopIteration])
@pytest.mark.parametrize("calls", [1, 2, 17])
def test_exceptions_carry_the_result(error: type[BaseException], calls: int) -> None:
    values = []

    def fun(x: Array) -> Evaluation:
        if len(values) == calls - 1:
            raise error
        value, gradient = rosenbrock(x)
        values.append(value)
        return value, gradient

    with pytest.raises(error) as caught:
        minimize(fun, ROSENBROCK)
    result = caught.value.result  # type: ignore[attr-defined]
    assert (result.status, result.success, result.nfev) == (Status.INTERRUPTED, False, calls)
    if values:
        assert result.fun == min(values) == rosenbrock(result.x)[0]
    else:
        assert same(result.x, ROSENBROCK)
        assert math.isnan(result.fun)
        assert np.isnan(result.jac).all()


def test_an_exception_in_the_callback_carries_the_result() -> None:
    def callback(x: Array) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        minimize(rosenbrock, ROSENBROCK, callback=callback)
    assert caught.value.result.nit == 1  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("returned", "jac", "error", "message"),
    [
        (1.0, True, TypeError, r"fun: expected \(value, gradient\), got float; pass jac=gradient if"),
        (None, True, TypeError, r"fun: expected \(value, gradient\), got NoneType"),
        ((1.0,), True, TypeError, r"fun: expected \(value, gradient\), got tuple of 1"),
        ((1.0, np.ones(2), 3), True, TypeError, "of 3"),
        (("a", np.ones(2)), True, TypeError, "fun: expected one real number as its value, got str"),
        ((None, np.ones(2)), True, TypeError, "fun: expected one real number as its value, got NoneType"),
        ((1j, np.ones(2)), True, TypeError, "fun: expected one real number as its value, got complex"),
        ((True, np.ones(2)), True, TypeError, "fun: expected one real number as its value, got bool"),
        ((np.ones(2), np.ones(2)), True, TypeError, "fun: expected one real number as its value, got"),
        (
            (1.0, np.ones(3)),
            True,
            ValueError,
            r"the gradient from fun: expected shape \(2,\), as x0, got shape \(3,\)",
        ),
        ((1.0, np.ones((2, 1))), True, ValueError, r"got shape \(2, 1\)"),
        ((1.0, 3.0), True, ValueError, r"expected shape \(2,\), as x0, got shape \(\)"),
        ((1.0, None), True, TypeError, "the gradient from fun: expected an array of real numbers"),
        ((1.0, np.ones(2, complex)), True, TypeError, "the gradient from fun: .* got complex128"),
        ((1.0, ["a", "b"]), True, TypeError, "the gradient from fun: expected an array of real numbers"),
        ((1.0, np.ones(2)), None, TypeError, "fun: expected a number, got a tuple of 2; pass jac=True if"),
        ("a", None, TypeError, "fun: expected one real number as its value, got str"),
        (1.0, lambda x: np.ones(3), ValueError, r"the gradient from jac: expected shape \(2,\), as x0"),
        (1.0, lambda x: None, TypeError, "the gradient from jac: expected an array of real numbers"),
    ],
)
def test_what_functions_return(returned: Any, jac: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        minimize(lambda x: returned, [1.0, 2.0], jac=jac)


@pytest.mark.parametrize(
    "returned",
    [
        (np.float32(1), np.zeros(2)),
        (np.array([[1.0]]), [0, 0]),
        (1, np.zeros(2, int)),
        [np.int64(1), (0.0, 0.0)],
        (1.0, np.zeros(4)[::2]),
        (1.0, np.zeros(2, ">f8")),
        (1.0, np.zeros(2, np.float16)),
    ],
)
def test_what_functions_may_return(returned: Any) -> None:
    result = minimize(lambda x: returned, [1.0, 2.0])
    assert (result.status, result.fun) == (Status.GRADIENT, 1.0)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"fun": 3}, TypeError, "fun: expected a function, got int"),
        ({"jac": 3}, TypeError, "jac: expected True, a function or None, got int"),
        ({"method": "nelder-mead"}, ValueError, "method: expected"),
        ({"tol": -1.0}, ValueError, "tol: expected"),
        ({"options": 3}, TypeError, "options: expected a dict, got int"),
        ({"options": {"maxcor": 3}}, ValueError, "options: expected some of .*, memory, .*, got 'maxcor'"),
        ({"options": {"memory": 0}}, ValueError, "memory: expected a whole number >= 1, got 0"),
        ({"options": {"memory": 2.5}}, TypeError, "memory: expected a whole number >= 1, got 2.5"),
        ({"options": {"maxfun": math.inf}}, TypeError, "maxfun: .* None means no limit"),
        ({"options": {"gtol": math.nan}}, ValueError, "gtol: expected"),
        ({"options": {"gtol": "a"}}, TypeError, "gtol: expected"),
        ({"options": {"c1": 0.0}}, ValueError, "c1"),
        ({"options": {"c1": 0.5, "c2": 0.1}}, ValueError, "c1, c2: expected 0 < c1 <= c2 < 1, got 0.5, 0.1"),
        (
            {"options": {"history_dtype": "float16"}},
            ValueError,
            "history_dtype: expected 'float32' or 'float64'",
        ),
        (
            {"bounds": 3},
            TypeError,
            r"bounds: expected pairs \(low, high\), or an object with lb and ub, got int",
        ),
        ({"bounds": [(0, 1)] * 3}, ValueError, r"bounds: expected 2 pairs \(low, high\).*, got 3"),
        ({"bounds": [(0, 1), 3]}, TypeError, r"bounds\[1\]: expected a pair \(low, high\)"),
        ({"bounds": (2, 1)}, ValueError, r"bounds: expected lower <= upper, got 2.0 and 1.0 for x0\[0\]"),
        ({"bounds": [(0, 1), (0, math.nan)]}, ValueError, r"bounds: expected lower <= upper, .* for x0\[1\]"),
        ({"l1": -1.0}, ValueError, "l1: expected a finite number >= 0 in float64, got -1.0"),
        ({"l1": math.inf}, ValueError, "l1: expected a finite number >= 0 in float64, got inf"),
        ({"x0": np.zeros(2, np.float32), "l1": 1e39}, ValueError, "l1: expected .* in float32, got 1e[+]39"),
        ({"l1": 10**400}, ValueError, "l1: expected a finite number >= 0 in float64, got 1000"),
        ({"l1": [1.0, -1.0]}, ValueError, r"l1: expected finite numbers >= 0, got -1.0 for x0\[1\]"),
        ({"l1": [1.0, 1.0, 1.0]}, ValueError, r"l1: expected shape \(2,\), as x0, got shape \(3,\)"),
        ({"l1": "a"}, TypeError, "l1: expected"),
        ({"l1": 1.0, "bounds": (0, 1)}, ValueError, "bounds, l1: expected one of them, got both"),
    ],
)
def test_refused_before_the_first_call(
    arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        minimize(**{"fun": never, "x0": [0.5, 0.5], **arguments})


def test_limits() -> None:
    for options, status, count in [
        ({"maxfun": 1}, Status.EVALUATIONS, "nfev"),
        ({"maxfun": 17}, Status.EVALUATIONS, "nfev"),
        ({"maxiter": 0}, Status.ITERATIONS, "nit"),
        ({"maxiter": 5}, Status.ITERATIONS, "nit"),
    ]:
        result = minimize(rosenbrock, ROSENBROCK, options=options)
        assert (result.status, result[count]) == (status, next(iter(options.values())))
        assert result.fun == rosenbrock(result.x)[0]
    result = minimize(rosenbrock, ROSENBROCK, options={"maxtime": 0})
    assert (result.status, result.nfev) == (Status.TIME, 1)


def test_tolerances() -> None:
    assert minimize(rosenbrock, ROSENBROCK, tol=1e-2).nfev < minimize(rosenbrock, ROSENBROCK, tol=1e-9).nfev
    loose = minimize(rosenbrock, ROSENBROCK, options={"gtol": 0, "ftol": 0.1})
    assert loose.status is Status.DECREASE
    assert loose.fun > 1e-15
    short = minimize(rosenbrock, ROSENBROCK, options={"gtol": 0, "ftol": 0, "xtol": 1e-3})
    assert short.status is Status.STEP


def test_the_result() -> None:
    result = minimize(rosenbrock, ROSENBROCK)
    assert result["x"] is result.x
    assert "\nmessage: 'The gradient is small: max |g| = " in repr(result)
    assert {"x", "fun", "jac", "nit", "nfev", "njev", "success", "status", "message"} <= set(dir(result))
    with pytest.raises(AttributeError, match="hess"):
        _ = result.hess


# Ask and tell.


@pytest.mark.parametrize(
    ("spec", "text"),
    [("", "DECREASE"), ("s", "DECREASE"), (">10", "  DECREASE"), ("d", "1"), ("03d", "001"), (".1f", "1.0")],
)
def test_a_status_is_written_as_its_name(spec: str, text: str) -> None:
    status = Status.DECREASE
    assert format(status, spec) == text
    assert f"{status} {status!s}" == str(status) + " DECREASE" == "DECREASE DECREASE"
    assert "%s %d" % (status, status) == "DECREASE 1"  # noqa: UP031
    assert repr(status) == "<Status.DECREASE: 1>"
    assert (int(status), status == 1, status + 1, np.array([status]).tolist()) == (1, True, 2, [1])
    assert json.dumps(status) == "1"
    assert Status(1) is pickle.loads(pickle.dumps(status)) is status


def test_ask_and_tell_is_minimize() -> None:
    solver = LBFGS(ROSENBROCK)
    while not solver.done:
        x = solver.ask()
        assert same(x, solver.ask())
        solver.tell(*rosenbrock(x))
    result = minimize(rosenbrock, ROSENBROCK)
    assert same(solver.x, result.x)
    assert (solver.status, solver.nit, solver.nfev, solver.message) == (
        result.status,
        result.nit,
        result.nfev,
        result.message,
    )
    for call in (solver.ask, lambda: solver.tell(1.0, np.ones(2))):
        with pytest.raises(RuntimeError, match="the solver is done: The gradient is small"):
            call()


def test_tell_is_of_a_point_that_was_asked_for() -> None:
    solver = LBFGS(ROSENBROCK)
    for _ in range(3):
        x = solver.ask()
        solver.tell(*rosenbrock(x))
        before = pickle.dumps(solver)
        for one in (solver, pickle.loads(before)):
            with pytest.raises(RuntimeError, match="tell: expected a call of ask before it"):
                one.tell(*rosenbrock(x))
        assert pickle.dumps(solver) == before


def test_a_refused_tell_changes_nothing() -> None:
    through, other = LBFGS(ROSENBROCK), LBFGS(ROSENBROCK)
    while not through.done:
        value, gradient = rosenbrock(through.ask())
        for bad in [("a", gradient), (value, np.ones(3)), (value, None)]:
            with pytest.raises((TypeError, ValueError)):
                other.tell(*bad)
        assert same(other.ask(), through.ask())
        through.tell(value, gradient)
        other.tell(value, gradient)
    assert same(through.x, other.x)


def with_walls(x: Array) -> Evaluation:
    value, gradient = rosenbrock(x)
    return (math.nan, gradient) if x[0] > 0.2 and x[1] < 0 else (value, gradient)


@pytest.mark.parametrize("fun", [rosenbrock, with_walls])
@pytest.mark.parametrize("options", [{}, {"memory": 3, "history_dtype": "float32"}])
def test_saved_between_any_two_evaluations(
    fun: Callable[[Array], Evaluation], options: dict[str, Any]
) -> None:
    x0 = np.tile(ROSENBROCK, 3) + np.linspace(0, 1, 6)
    through, saved = LBFGS(x0, **options), LBFGS(x0, **options)
    copied = LBFGS(x0, **options)
    while not through.done:
        saved = pickle.loads(pickle.dumps(saved))
        state, copied = copied.state_dict(), LBFGS(x0, **options)
        copied.load_state_dict(state)
        for solver in (saved, copied):
            assert same(solver.ask(), through.ask())
            assert same(solver.x, through.x)
        for solver in (through, saved, copied):
            solver.tell(*fun(solver.ask()))
    for solver in (saved, copied, copy.deepcopy(through)):
        assert repr(solver.result()) == repr(through.result())
        assert same(solver.x, through.x)
    assert through.nit > 10


@pytest.mark.parametrize("region", [{"l1": 0.1}, {"bounds": (-0.5, 0.8)}])
def test_saved_within_a_region(region: dict[str, Any]) -> None:
    through, saved = LBFGS(ROSENBROCK.clip(-0.5, 0.8), **region), LBFGS(ROSENBROCK.clip(-0.5, 0.8), **region)
    while not through.done:
        saved = pickle.loads(pickle.dumps(saved))
        assert same(saved.ask(), through.ask())
        for solver in (through, saved):
            solver.tell(*rosenbrock(solver.ask()))
    assert same(saved.x, through.x)
    assert through.status.success  # type: ignore[union-attr]


def test_states_that_are_refused() -> None:
    solver = LBFGS(ROSENBROCK)
    solver.tell(*rosenbrock(solver.ask()))
    state = solver.state_dict()
    for bad, error in [
        (3, TypeError),
        ({}, TypeError),
        ({**state, "method": "adam"}, TypeError),
        ({key: value for key, value in state.items() if key != "x"}, ValueError),
        ({**state, "x": np.ones(3)}, ValueError),
        ({**state, "x": np.ones(2, np.float32)}, ValueError),
    ]:
        before = solver.ask().copy()
        with pytest.raises(error, match="state_dict"):
            solver.load_state_dict(bad)  # type: ignore[arg-type]
        assert same(solver.ask(), before)


@pytest.mark.parametrize("dtypes", [("float64", None), ("float64", "float32"), ("float32", None)])
def test_same_bits_on_all_threads_and_instruction_sets(dtypes: tuple[str, Any], runtime: None) -> None:
    n = 50_000
    dtype, history = dtypes
    c = np.geomspace(0.1, 10, n).astype(dtype)
    x0 = np.random.default_rng(0).standard_normal(n).astype(dtype)

    def fun(x: Array) -> Evaluation:
        z = c * x
        root = np.sqrt(1 + z * z)
        return float(root.sum(dtype=np.float64)), c * z / root

    _core.set_grain(1000)
    results = []
    for isa in ISAS:
        _core.select_isa(isa)
        for threads in (1, 2, 5):
            fastopt.set_num_threads(threads)
            results.append(minimize(fun, x0, options={"maxiter": 6, "memory": 3, "history_dtype": history}))
    assert results[0].nit == 6
    for result in results[1:]:
        assert same(result.x, results[0].x)
        assert same(result.jac, results[0].jac)
        assert result.fun == results[0].fun


# An optimizer of a training loop.


def test_step() -> None:
    x0 = ROSENBROCK.copy()
    params = {"a": x0[:1], "b": np.array(x0[1])}
    solver = LBFGS(params)
    seen: list[float] = []

    def closure() -> tuple[float, dict[str, Array]]:
        value, gradient = rosenbrock(np.array([params["a"][0], params["b"]]))
        seen.append(value)
        return value, {"a": gradient[:1], "b": gradient[1]}

    assert solver.step(closure, iterations=3) == seen[0] == rosenbrock(ROSENBROCK)[0]
    assert solver.nit == 3
    before = solver.fun
    assert rosenbrock(np.array([params["a"][0], params["b"]]))[0] == before
    assert solver.step(closure) == before
    while not solver.done:
        solver.step(closure)
    assert params["a"] == pytest.approx(1)
    assert x0[0] == params["a"][0], "written in place"
    through = minimize(rosenbrock, ROSENBROCK)
    assert same(np.array([params["a"][0], params["b"]]), through.x)
    assert len(seen) == through.nfev


REGIONS: dict[str, dict[str, Any]] = {
    "free": {},
    "box": {"bounds": (-10.0, 10.0)},
    "l1": {"l1": 1e-3},
    "float32 pairs": {"history_dtype": "float32"},
}


def towards(target: Array, x: Array) -> Evaluation:
    return float(((x - target) ** 4).sum() + ((x - target) ** 2).sum()), 4 * (x - target) ** 3 + 2 * (
        x - target
    )


@pytest.mark.parametrize("given", REGIONS.values(), ids=REGIONS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_step_goes_on_after_the_end(dtype: Any, given: dict[str, Any]) -> None:
    x = np.zeros(3, dtype)
    solver = LBFGS(x, gtol=1e-3, **given)
    target = np.array([1.0, -2.0, 3.0], dtype)
    calls: list[float] = []

    def closure() -> Evaluation:
        value, gradient = towards(target, x)
        calls.append(value)
        return value, gradient.astype(dtype)

    solver.step(closure, iterations=100)
    assert solver.status is Status.GRADIENT
    there, evaluations, iterations = x.copy(), solver.nfev, solver.nit
    assert solver.step(closure) == solver.fun, "the same function: it is looked at, and that is all"
    assert same(x, there)
    assert (solver.status, solver.nfev, solver.nit) == (Status.GRADIENT, evaluations + 1, iterations)
    assert len(calls) == solver.nfev

    target -= 2
    before = solver.step(closure, iterations=2)
    value = towards(target, there)[0]
    assert before == pytest.approx(value + given.get("l1", 0) * np.abs(there).sum(), rel=1e-6)
    assert solver.nit == iterations + 2
    saved = solver.state_dict()
    solver.step(closure, iterations=100)
    assert x == pytest.approx(target, abs=2e-3)
    other = LBFGS(x, gtol=1e-3, **given)
    other.load_state_dict(saved)
    x[...] = other.x
    other.step(closure, iterations=100)
    assert same(x, solver.x)
    assert other.nfev == solver.nfev == len(calls) - (other.nfev - saved["evaluations"])


@pytest.mark.parametrize("limit", ["maxiter", "maxfun"])
def test_the_limits_of_steps_count_from_where_they_went_on(limit: str) -> None:
    x = ROSENBROCK.copy()
    options: dict[str, Any] = {limit: 7}
    solver = LBFGS(x, **options)
    counts = []
    for _ in range(100):
        before = solver.fun
        value = solver.step(lambda: rosenbrock(x), iterations=100)
        assert value == before or not counts
        counts.append(solver.nit if limit == "maxiter" else solver.nfev)
        if solver.status is Status.GRADIENT:
            break
    assert x == pytest.approx(1, abs=1e-4)
    assert np.diff(counts)[:-1].tolist() == [7] * (len(counts) - 2)
    assert counts[0] == 7


def test_a_step_that_fails_after_the_end_is_tried_again() -> None:
    x = np.zeros(2)
    solver = LBFGS(x)
    solver.step(lambda: towards(np.ones(2), x), iterations=100)
    there = x.copy()
    with pytest.raises(ZeroDivisionError):
        solver.step(lambda: (1 / 0, x))
    assert same(x, there)
    copied = pickle.loads(pickle.dumps(solver))
    assert same(copied.x, there)
    assert solver.step(lambda: towards(np.zeros(2), x), iterations=100) == towards(np.zeros(2), there)[0]
    assert x == pytest.approx(0, abs=1e-4)
    assert solver.step(lambda: (math.nan, np.zeros(2))) is not None
    assert solver.status is Status.NOT_FINITE
    solver.step(lambda: towards(np.ones(2), x), iterations=100)
    assert x == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("calls", [1, 2, 8])
def test_step_leaves_the_best_point(calls: int) -> None:
    x = ROSENBROCK.copy()
    solver = LBFGS(x)
    values: list[float] = []

    def closure() -> Evaluation:
        if len(values) == calls - 1:
            raise KeyboardInterrupt
        value, gradient = rosenbrock(x)
        values.append(value)
        return value, gradient

    with pytest.raises(KeyboardInterrupt):
        solver.step(closure)
    assert same(x, solver.x)
    assert rosenbrock(x)[0] == min(values, default=rosenbrock(ROSENBROCK)[0])
    through = minimize(rosenbrock, ROSENBROCK)
    values.extend([math.inf] * 1000)
    while not solver.done:  # and goes on from there
        solver.step(closure)
    assert same(x, through.x)


def test_what_step_refuses() -> None:
    def solver_of(x: Any) -> LBFGS:
        return LBFGS(x)

    frozen = ROSENBROCK.copy()
    frozen.setflags(write=False)
    with pytest.raises(ValueError, match="x0: expected a writeable array, got a read-only one"):
        solver_of(frozen).step(never)
    with pytest.raises(TypeError, match="x0: expected a float64 array that step can write to, got"):
        solver_of([1.0, 2.0]).step(never)
    with pytest.raises(TypeError, match="x0: expected a float64 array that step can write to, got"):
        solver_of(np.array([1, 2])).step(never)
    with pytest.raises(TypeError, match="closure: expected a function, got int"):
        solver_of(ROSENBROCK.copy()).step(3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"closure: expected \(value, gradients\), got float"):
        solver_of(ROSENBROCK.copy()).step(lambda: 3.0)  # type: ignore[arg-type, return-value]
    x = ROSENBROCK.copy()
    solver = solver_of(x)
    solver.step(lambda: rosenbrock(x), iterations=2)
    x += 1
    with pytest.raises(ValueError, match="x0: has changed since the last step; make another solver"):
        solver.step(never)


# As a method of SciPy.


def test_scipy() -> None:
    optimize = pytest.importorskip("scipy.optimize")
    ours = minimize(rosenbrock, ROSENBROCK)
    result = optimize.minimize(rosenbrock, ROSENBROCK, jac=True, method=fastopt.scipy_lbfgs)
    assert isinstance(result, optimize.OptimizeResult)
    assert same(result.x, ours.x)
    assert (result.nfev, result.nit, result.success) == (ours.nfev, ours.nit, True)
    apart = optimize.minimize(optimize.rosen, ROSENBROCK, jac=optimize.rosen_der, method=fastopt.scipy_lbfgs)
    assert apart.x == pytest.approx(1, abs=1e-4)
    numeric = optimize.minimize(optimize.rosen, ROSENBROCK, method=fastopt.scipy_lbfgs)
    assert numeric.x == pytest.approx(1, abs=1e-4)
    bounded = optimize.minimize(
        rosenbrock,
        [0.0, 0.0],
        jac=True,
        method=fastopt.scipy_lbfgs,
        bounds=optimize.Bounds([-1, -1], [0.5, 2]),
        options={"maxcor": 5, "gtol": 1e-8},
    )
    assert bounded.x == pytest.approx([0.5, 0.25], abs=1e-6)


def test_what_scipy_passes() -> None:
    optimize = pytest.importorskip("scipy.optimize")
    points: list[Array] = []

    def fun(x: Array, a: float) -> Evaluation:
        return a * (x @ x), 2 * a * x

    result = optimize.minimize(
        fun,
        [1.0, 2.0],
        args=(3.0,),
        jac=True,
        method=fastopt.scipy_lbfgs,
        tol=1e-9,
        callback=points.append,
        options={"disp": False, "maxiter": 50},
    )
    assert result.success
    assert len(points) == result.nit
    with pytest.raises(ValueError, match="constraints: not for L-BFGS"):
        optimize.minimize(
            fun,
            [1.0, 2.0],
            args=(3.0,),
            jac=True,
            method=fastopt.scipy_lbfgs,
            constraints={"type": "eq", "fun": lambda x: x[0]},
        )
