"""Bounds of a minimisation: the forms they come in, and where a dtype has no number for them."""

import math
from fractions import Fraction

import numpy as np
import pytest

from fastopt import LBFGS, minimize, minimize_batch
from fastopt.minimization.boxes import box
from fastopt.minimization.layout import Layout
from minimization.functions import bowl

INF = math.inf


class Ends:
    """Bounds as SciPy has them."""

    def __init__(self, lb, ub):
        self.lb, self.ub = lb, ub


X0 = {"a": np.zeros((2, 2)), "s": np.zeros(1), "t": np.array(0.0)}
FREE = [(-INF, INF)] * 4

DICTS = {
    "None for an array": ({"a": None, "s": (0.5, None), "t": None}, [*FREE, (0.5, INF), (-INF, INF)]),
    "left out": ({"s": (0.5, None)}, [*FREE, (0.5, INF), (-INF, INF)]),
    "all left out": ({}, [(-INF, INF)] * 6),
    "pairs for elements": (
        {"a": [(0, 1), (None, 2), None, (3, None)], "s": [(0, 1)], "t": [(0, 2)]},
        [(0, 1), (-INF, 2), (-INF, INF), (3, INF), (0, 1), (0, 2)],
    ),
    "a matrix of pairs": (
        {"a": np.array([(0, 1), (1, 2), (2, 3), (3, 4)])},
        [(0, 1), (1, 2), (2, 3), (3, 4), (-INF, INF), (-INF, INF)],
    ),
    "lb and ub of an array": (
        {"a": Ends([0, 1], None), "s": Ends(-1, 1)},
        [(0, INF), (1, INF), (0, INF), (1, INF), (-1, 1), (-INF, INF)],
    ),
    "lower and upper of an array": (
        {"a": (np.zeros((2, 2)), [[1.0], [2.0]])},
        [(0, 1), (0, 1), (0, 2), (0, 2), (-INF, INF), (-INF, INF)],
    ),
    "lb and ub of dicts": (
        Ends({"a": [0, 1], "s": None}, {"s": 2.0}),
        [(0, INF), (1, INF), (0, INF), (1, INF), (-INF, 2), (-INF, INF)],
    ),
    "numbers of other kinds": (
        {"a": (Fraction(1, 2), np.array([1.5])), "s": (np.float32(-1), np.int8(1))},
        [(0.5, 1.5)] * 4 + [(-1, 1), (-INF, INF)],
    ),
    "a pair for all": ((None, 1.0), [(-INF, 1)] * 6),
    "an iterator": ({"s": iter([(0, 1)])}, [*FREE, (0, 1), (-INF, INF)]),
}


@pytest.mark.parametrize(("bounds", "expected"), DICTS.values(), ids=DICTS)
def test_bounds_of_a_dict(bounds, expected):
    lower, upper = box(bounds, Layout(X0))
    assert list(zip(lower.tolist(), upper.tolist(), strict=True)) == expected


def test_bounds_of_a_list_are_those_of_its_arrays():
    start = [np.zeros(2), np.zeros(3)]
    lower, upper = box([None, (0, 1)], Layout(start))
    assert lower.tolist() == [-INF, -INF, 0, 0, 0]
    lower, upper = box(([(0, 1), None], Ends(None, [1, 2, 3])), Layout(tuple(start)))
    assert upper.tolist() == [1, INF, 1, 2, 3]
    lower, upper = box([None, (0, 1)], Layout(np.zeros(2)))
    assert lower.tolist() == [-INF, 0]


@pytest.mark.parametrize(
    ("x0", "bounds", "error", "message"),
    [
        (X0, {"b": (0, 1)}, ValueError, r"bounds: expected some of the keys \['a', 's', 't'\], got \['b'\]"),
        (X0, {"a": [(0, 1)]}, ValueError, r"bounds\['a'\]: expected 4 pairs \(low, high\).*, got 1"),
        (X0, {"a": 3}, TypeError, r"bounds\['a'\]: expected pairs \(low, high\), .* got int"),
        (
            X0,
            {"s": ["x"]},
            TypeError,
            r"bounds\['s'\]\[0\]: expected a pair \(low, high\) of numbers or None",
        ),
        (X0, {"a": Ends(np.zeros(3), 1)}, ValueError, r"bounds\['a'\].lb: expected shape \(2, 2\)"),
        (X0, {"s": (2, 1)}, ValueError, r"lower <= upper, got 2.0 and 1.0 for x0\['s'\]\[0\]"),
        (X0, Ends({"q": 0}, {}), ValueError, r"bounds.lb: expected some of the keys"),
        (X0, [(0, 1)] * 3, TypeError, "bounds: expected a dict of 3 arrays, as x0, got list"),
        ([np.zeros(2)] * 2, [None], ValueError, "bounds: expected a list of 2 arrays, as x0, got 1"),
        (np.zeros(2), [(0, 1j), (0, 1)], TypeError, r"bounds\[0\]: expected a pair"),
        (np.zeros(2), (np.nan, 1), ValueError, "lower <= upper, got nan and 1.0"),
    ],
)
def test_bounds_that_are_refused(x0, bounds, error, message):
    with pytest.raises(error, match=message):
        LBFGS(x0, bounds=bounds)


def test_weights_may_be_left_out():
    def fun(x):
        return sum(float(((v - 3) ** 2).sum()) for v in x.values()), {k: 2 * (v - 3) for k, v in x.items()}

    x = minimize(fun, {"W": np.ones(2), "b": np.ones(1)}, l1={"W": [2.0, 8.0]}).x
    assert np.allclose([*x["W"], *x["b"]], [2.0, 0.0, 3.0], atol=1e-5)
    x = minimize(fun, {"W": np.ones(2), "b": np.ones(1)}, l1={"W": None, "b": 2.0}).x
    assert np.allclose([*x["W"], *x["b"]], [3.0, 3.0, 2.0], atol=1e-5)


# Bounds that float32 has no number for.

BEYOND = 10**400

ABOVE, BELOW = np.float32(0.3), np.nextafter(np.float32(0.3), np.float32(0))  # 0.30000001, 0.29999998


@pytest.mark.parametrize(
    ("low", "high", "lower", "upper"),
    [
        (-0.3, 0.3, -BELOW, BELOW),
        (0.3, 1.0, ABOVE, 1.0),
        (-1.0, -0.3, -1.0, -ABOVE),
        (ABOVE, ABOVE, ABOVE, ABOVE),
        (BELOW, 0.3, BELOW, BELOW),
        (0.3, 0.3, ABOVE, ABOVE),  # fixed at the number next to it
        (-1e300, 1e300, -np.finfo("f").max, np.finfo("f").max),
        (1e-50, 1.0, np.float32(1e-45), 1.0),
        (-1.0, 1e-50, -1.0, 0.0),
        (0, 2**24 + 1, 0.0, 2.0**24),
        (-(2**24) - 1, 0, -(2.0**24), 0.0),
        (Fraction(1, 3), 1, np.float32(0.33333334), 1.0),
        (0, BEYOND, 0.0, np.finfo("f").max),
        (None, 0.1, -INF, np.nextafter(np.float32(0.1), np.float32(0))),
    ],
)
def test_bounds_in_float32_are_rounded_to_the_inside(low, high, lower, upper):
    layout = Layout(np.zeros(2, np.float32))
    forms = [(low, high), [(low, high)] * 2]
    if not isinstance(low, Fraction) and high is not BEYOND:
        forms += [Ends(low, high), Ends(*(None if end is None else np.full(2, end) for end in (low, high)))]
    for bounds in forms:
        found = box(bounds, layout)
        assert [end.dtype for end in found] == [np.float32] * 2
        assert [end.tolist() for end in found] == [[lower] * 2, [upper] * 2]


def test_whole_numbers_that_float64_does_not_have():
    most = 2**53
    for given in (
        (-most - 1, most + 3),
        Ends(np.full(1, -most - 1), np.full(1, most + 3)),
        [(-most - 1, most + 3)],
    ):
        lower, upper = box(given, Layout(np.zeros(1)))
        assert (int(lower[0]), int(upper[0])) == (-most, most + 2)


def test_bounds_with_no_number_between_them():
    low, high = float(ABOVE) + 1e-10, float(ABOVE) + 2e-10
    with pytest.raises(
        ValueError, match=r"bounds: expected a float32 number between them, got 0.30.* for x0\[1\]"
    ):
        LBFGS(np.zeros(2, np.float32), bounds=[(0, 1), (low, high)])
    LBFGS(np.full(2, low), bounds=[(0, 1), (low, high)])


@pytest.mark.filterwarnings("ignore:X?x?0.* outside the bounds")
@pytest.mark.parametrize("seed", range(3))
def test_no_point_is_outside_the_bounds_that_were_given(seed):
    rng = np.random.default_rng(seed)
    n = 8
    low = rng.normal(size=n)
    high = low + rng.uniform(1e-6, 0.5, n)
    target, x0 = rng.normal(size=n), rng.normal(size=n).astype(np.float32)
    seen = []

    def fun(x):
        seen.append(np.array(x, np.float64).reshape(-1, n))
        r = (x - target).astype(x.dtype)
        return (r * r).sum(-1), 2 * r

    bounds = list(zip(low, high, strict=True))
    minimize(fun, x0, bounds=bounds)
    minimize(fun, x0, bounds=Ends(low, high), method="random", options={"maxiter": 50})
    minimize(fun, x0, bounds=bounds, method="random", options={"maxiter": 50, "step": 1.0})
    minimize(lambda x: fun(x)[0], x0, bounds=bounds, jac=None)
    minimize_batch(lambda X, rows: fun(X), np.stack([x0, -x0]), bounds=bounds)
    minimize_batch(lambda X, rows: fun(X), np.stack([x0, -x0]), bounds=Ends(np.stack([low, low]), high))
    optimize = pytest.importorskip("scipy.optimize")
    from fastopt import scipy_lbfgs

    optimize.minimize(fun, x0, jac=True, bounds=optimize.Bounds(low, high), method=scipy_lbfgs)
    points = np.concatenate(seen)
    assert len(points) > 100
    assert (points >= low).all()
    assert (points <= high).all()


def test_a_start_that_is_the_float32_next_to_a_bound_is_not_outside():
    def fun(x):
        return float((x * x).sum()), 2 * x

    result = minimize(fun, np.array([0.3, -0.3], np.float32), bounds=(-0.3, 0.3))  # warnings are errors
    assert result.success
    solver = LBFGS(np.array([0.3], np.float32), bounds=(0, 0.3))
    assert solver.ask()[0] == BELOW
    with pytest.warns(UserWarning, match="x0: 1 of 1 variable lies outside"):
        LBFGS(np.array([0.3001], np.float32), bounds=(0, 0.3))


class Box:
    """Bounds as SciPy has them: numbers are arrays of one."""

    def __init__(self, lb, ub):
        self.lb, self.ub = np.atleast_1d(lb), np.atleast_1d(ub)


def test_bounds_of_one_number_are_for_all_variables():
    assert np.array_equal(minimize(bowl, [0.5, 0.5], bounds=Box(0, 1)).x, [1.0, 1.0])


@pytest.mark.parametrize(
    "bounds",
    [
        Box(0, [1.0, 4.0]),
        Box([[0.0], [-1.0]], [1.0, 4.0]),
        (0.0, [[1.0, 4.0]]),
        ([[0.0], [-1.0]], np.array([[1.0, 4.0], [1.0, 4.0]])),
        (None, np.array([[1.0, 4.0]])),
        [(0, 1), (0, 4), (0, 1), (0, 4)],
    ],
)
def test_bounds_of_a_matrix_are_broadcast(bounds):
    result = minimize(bowl, np.full((2, 2), 0.5), bounds=bounds)
    assert np.allclose(result.x, [[1.0, 3.0], [1.0, 3.0]], atol=1e-5)


def test_weights_of_a_matrix_are_broadcast():
    assert np.allclose(minimize(bowl, np.ones((2, 2)), l1=[2.0, 6.0]).x, [[2.0, 0.0], [2.0, 0.0]])


@pytest.mark.parametrize(
    ("x0", "bounds", "error", "message"),
    [
        (
            np.zeros((2, 2)),
            (np.zeros((3, 2)), 1.0),
            ValueError,
            r"bounds\[0\]: expected shape \(2, 2\), as x0, got shape \(3, 2\)",
        ),
        (
            {"a": np.zeros((2, 2))},
            (np.zeros((2, 2)), np.ones((2, 2))),
            TypeError,
            "bounds: expected a dict of 1 array, as x0, got tuple",
        ),
    ],
)
def test_arrays_that_are_no_bounds(x0, bounds, error, message):
    with pytest.raises(error, match=message):
        minimize(bowl, x0, bounds=bounds)


@pytest.mark.parametrize("end", [np.inf, -np.inf])
def test_bounds_that_leave_no_finite_number(end):
    with pytest.raises(
        ValueError, match=r"bounds: expected finite numbers between them, got .*inf for x0\[1\]"
    ):
        minimize(bowl, [0.5, 0.5], bounds=[(0, 1), (end, end)])


@pytest.mark.parametrize("l1", [0, 0.0, None, np.float32(0), np.array(0.0), np.zeros(2), [0, 0]])
def test_weights_of_zero_are_no_l1(l1):
    free = minimize(bowl, [0.5, 0.5], bounds=(0.0, 1.0))
    result = minimize(bowl, [0.5, 0.5], bounds=(0.0, 1.0), l1=l1)
    assert np.array_equal(result.x, free.x)
    assert np.array_equal(LBFGS([0.5, 0.5], bounds=(0, 1), l1=l1).ask(), [0.5, 0.5])
    assert minimize(bowl, [0.5, 0.5], method="bfgs", l1=l1).success
    both = {"a": np.zeros(2), "b": np.zeros(1)}
    assert minimize(lambda x: (0.0, x), both, bounds=(0, 1), l1={"a": np.zeros(2), "b": 0}).success
