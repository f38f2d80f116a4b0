"""Minima are found, and told from other points, whatever the units of variables and value."""

from collections.abc import Callable

import numpy as np
import pytest

import fastopt
from fastopt import Status, minimize, minimize_batch
from minimization.functions import TO_THE_END
from support import Array

Evaluation = tuple[float, Array]

# NIST's Statistical Reference Datasets, nonlinear regression: Misra1a to Misra1d have these data.
VOLUME = np.array(
    [10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.40, 75.47, 81.78]
)
PRESSURE = np.array(
    [77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760.0]
)


def misra1b(b: Array) -> Evaluation:
    base = 1 + b[1] * PRESSURE / 2
    r = b[0] * (1 - base**-2) - VOLUME
    return float(r @ r), 2 * np.array([r @ (1 - base**-2), r @ (b[0] * base**-3 * PRESSURE)])


def misra1c(b: Array) -> Evaluation:
    base = 1 + 2 * b[1] * PRESSURE
    r = b[0] * (1 - base**-0.5) - VOLUME
    return float(r @ r), 2 * np.array([r @ (1 - base**-0.5), r @ (b[0] * base**-1.5 * PRESSURE)])


def rosenbrock(x: Array) -> Evaluation:
    a, b = x
    value = 100.0 * (b - a * a) ** 2 + (1.0 - a) ** 2
    return value, np.array([-400.0 * a * (b - a * a) - 2.0 * (1.0 - a), 200.0 * (b - a * a)])


@pytest.mark.parametrize("method", ["lbfgs", "bfgs"])
@pytest.mark.parametrize(
    ("fun", "start", "least"),
    [
        (misra1b, [500.0, 1e-4], 7.5464681533e-02),
        (misra1b, [300.0, 2e-4], 7.5464681533e-02),
        (misra1c, [500.0, 1e-4], 4.0966836971e-02),
        (misra1c, [600.0, 2e-4], 4.0966836971e-02),
    ],
)
def test_variables_whose_units_differ_by_1e6(
    fun: Callable[[Array], Evaluation], start: list[float], least: float, method: str
) -> None:
    """Steps were short, and values the same, long before the certified minimum."""
    assert minimize(fun, start, method=method).fun == pytest.approx(least, rel=1e-6)


@pytest.mark.parametrize("start", [[500.0, 1e-4], [300.0, 2e-4]])
def test_no_success_elsewhere(start: list[float]) -> None:
    """Whatever the test and the limit that a descent ends by."""
    for maxfun in range(1, 40):
        result = minimize(misra1b, start, options={"maxfun": maxfun})
        assert not result.success or result.fun < 0.0755


@pytest.mark.parametrize("method", ["lbfgs", "bfgs"])
@pytest.mark.parametrize("options", [{"xtol": 1e-8}, {"ftol": 1e-8}, {"xtol": 1e-8, "ftol": 1e-8}])
@pytest.mark.parametrize("start", [[500.0, 1e-4], [300.0, 2e-4]])
def test_no_success_elsewhere_by_looser_tests(
    start: list[float], options: dict[str, float], method: str
) -> None:
    """After 5 evaluations a step was short beside the first variable, at 97 and 16 times the minimum."""
    result = minimize(misra1b, start, method=method, options=options)
    assert result.fun == pytest.approx(7.5464681533e-02, rel=1e-4)


def test_a_batch_ends_as_its_rows() -> None:
    starts = np.array([[500.0, 1e-4], [300.0, 2e-4]])

    def fun(x: Array, rows: Array) -> tuple[Array, Array]:
        found = [misra1b(row) for row in x]
        return np.array([value for value, _ in found]), np.array([g for _, g in found])

    result = minimize_batch(fun, starts)
    assert result.fun == pytest.approx(7.5464681533e-02, rel=1e-6)


@pytest.mark.parametrize("method", ["lbfgs", "bfgs", "newton"])
@pytest.mark.parametrize("scale", [1e-12, 1e-6, 1.0, 1e6])
def test_the_unit_of_the_value_does_not_count(scale: float, method: str) -> None:
    """At 1e-12 every gradient is below 1e-5."""

    def fun(x: Array) -> Evaluation:
        value, gradient = rosenbrock(x)
        return scale * value, scale * gradient

    def hess(x: Array) -> Array:
        a, b = x
        return scale * np.array([[1200 * a * a - 400 * b + 2, -400 * a], [-400 * a, 200.0]])

    given = {"hess": hess} if method == "newton" else {}
    result = minimize(fun, [-1.2, 1.0], method=method, **given)
    assert result.status is Status.GRADIENT
    np.testing.assert_allclose(result.x, 1, atol=1e-3)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("start", [0.0, 1e-200, 1e-6, 0.1])
@pytest.mark.parametrize(("scale", "unit"), [(1e-9, 1.0), (1e-15, 1.0), (1.0, 1e6), (1e-6, 1e3)])
def test_a_start_close_to_0_tells_nothing_about_units(
    scale: float, unit: float, start: float, dtype: type
) -> None:
    """There max |x g| is small whatever the gradient is."""
    x0 = np.full(2, start, dtype)

    def fun(x: Array) -> Evaluation:
        z = x.astype(float) / unit - 3
        return scale * float(z @ z), 2 * scale * z / unit

    def many(x: Array, rows: Array) -> tuple[Array, Array]:
        return np.array([fun(row)[0] for row in x]), np.array([fun(row)[1] for row in x])

    for given in (
        {},
        {"bounds": (0, None)},
        {"l1": scale / unit * 1e-9},
        {"method": "bfgs"},
        *([{"method": "gd"}] if unit == 1 else []),  # its first steps are short
        {"method": "newton", "hess": lambda x: 2 * scale / unit**2 * np.eye(2)},
        {"method": "newton", "hessp": lambda x, v: 2 * scale / unit**2 * v},
    ):
        result = minimize(fun, x0, **given)
        assert result.status is Status.GRADIENT
        np.testing.assert_allclose(result.x / unit, 3, rtol=1e-3)
    np.testing.assert_allclose(minimize_batch(many, x0[None]).x / unit, 3, rtol=1e-3)


def test_a_start_with_no_gradient_is_an_end() -> None:
    for fun in (lambda x: (x @ x, 2 * x), lambda x: (x @ x - 1, 2 * x), lambda x: (0.0, np.full(2, 5e-324))):
        for method in ("lbfgs", "bfgs", "gd"):
            result = minimize(fun, [0.0, 0.0], method=method)
            assert (result.status, result.nfev) == (Status.GRADIENT, 1)


@pytest.mark.parametrize("offset", [0.0, 1.0, -1.0, -24.2, 1e6])
def test_an_offset_of_the_value_does_no_harm(offset: float) -> None:
    result = minimize(lambda x: (rosenbrock(x)[0] + offset, rosenbrock(x)[1]), [-1.2, 1.0])
    assert result.success
    assert result.nfev <= 70
    np.testing.assert_allclose(result.x, 1, atol=1e-2 if offset == 1e6 else 1e-4)


@pytest.mark.parametrize("method", ["lbfgs", "bfgs", "gd"])
def test_a_point_far_from_0_has_few_digits(method: str) -> None:
    """There max |x g| cannot be small, and |g| <= gtol is enough where nothing lower is found."""
    center = np.array([1e8, -1e7])
    result = minimize(
        lambda x: (1 + (x - center) @ (x - center), 2 * (x - center)), center + 3, method=method
    )
    assert result.status is Status.GRADIENT
    assert result.nfev <= 40


def test_a_gtol_that_is_given_is_absolute() -> None:
    result = minimize(lambda x: (1e-9 * (x @ x), 2e-9 * x), [1.0, 2.0], options={"gtol": 1e-5})
    assert (result.nfev, result.status) == (1, Status.GRADIENT)


# Boxes.


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("unit", [1e-9, 1e-6, 1e-3, 1.0, 1e3, 1e6, 1e9])
@pytest.mark.parametrize(
    ("start", "bounds", "least"),
    [
        (5.0, (0.0, None), 1.0),
        (5.0, (0.0, 9.0), 1.0),
        (-5.0, (None, 2.0), 1.0),
        (2.0, (0.0, 2.0), 1.0),
        (0.5, (-3.0, 2.0), 1.0),
        (5.0, (2.0, None), 2.0),
        (5.0, (2.0, 9.0), 2.0),
        (-5.0, (None, -1.0), -1.0),
        (-5.0, (-9.0, -1.0), -1.0),
    ],
)
def test_boxes_of_any_size(
    start: float, bounds: tuple[float | None, float | None], least: float, unit: float, dtype: type
) -> None:
    """A bound that is near makes the projected step short, not the gradient small."""
    box = tuple(None if end is None else end * unit for end in bounds)
    x0 = np.array([start * unit], dtype)

    def fun(x: Array) -> Evaluation:
        z = x.astype(float) / unit - 1
        return float(z @ z), 2 * z / unit

    def many(x: Array, rows: Array) -> tuple[Array, Array]:
        return np.array([fun(row)[0] for row in x]), np.array([fun(row)[1] for row in x])

    result = minimize(fun, x0, bounds=box)
    assert result.status is Status.GRADIENT or dtype is np.float32  # which has no digits for it
    assert result.x / unit == pytest.approx(least, rel=1e-3)
    assert minimize_batch(many, x0[None], bounds=box).x / unit == pytest.approx(least, rel=1e-3)
    assert minimize(lambda x: fun(x)[0], x0, jac=None, bounds=box).x / unit == pytest.approx(least, rel=1e-3)


@pytest.mark.parametrize("unit", [1e-6, 1e-3, 1.0, 1e6])
def test_differences_have_the_size_of_the_variable(unit: float) -> None:
    """A step of 6e-6 is a whole unit or more of the first; its curvature is not that of a parabola."""
    gradient = minimize(
        lambda x: float(np.exp(x / unit).sum()), [0.5 * unit], jac=None, options={"maxiter": 0}
    ).jac
    assert gradient * unit == pytest.approx(np.exp(0.5), rel=1e-8)
    box = (0.0, unit)
    at_bound = minimize(
        lambda x: float(np.exp(x / unit).sum()), [0.0], jac=None, bounds=box, options={"maxiter": 0}
    )
    assert at_bound.jac * unit == pytest.approx(1, rel=1e-7)


@pytest.mark.parametrize("start", [1e-12, -1e-20, 1e-300])
def test_a_number_that_is_tiny_by_chance_is_no_unit(start: float) -> None:
    result = minimize(lambda x: float((x - 3) @ (x - 3)), [start], jac=None)
    assert result.success
    assert result.x == pytest.approx(3)
    assert result.nfev <= 5 * result.njev


# No minimum at all.


def cubic(x: Array) -> Evaluation:
    return float((x**3).sum()), 3 * x**2


def hollow(x: Array) -> Evaluation:
    return -np.exp(x).sum(), -np.exp(x)


def slope(x: Array) -> Evaluation:
    return -x.sum(), -np.ones_like(x)


def saddle(x: Array) -> Evaluation:
    return x[0] ** 2 - x[1] ** 2, np.array([2.0, -2.0]) * x


def pole(x: Array) -> Evaluation:
    return -1 / (x @ x), 2 * x / (x @ x) ** 2


@pytest.mark.parametrize("method", ["lbfgs", "bfgs", "gd"])
@pytest.mark.parametrize(
    ("fun", "start"),
    [
        (cubic, [-1.0, -2.0]),
        (slope, [1.0, 2.0]),
        (hollow, [0.0, 1.0]),
        (saddle, [1.0, 1e-3]),
        (pole, [1.0, 1.0]),
    ],
)
def test_a_fall_without_end(fun: Callable[[Array], Evaluation], start: list[float], method: str) -> None:
    with np.errstate(all="ignore"):
        result = minimize(fun, start, method=method)
    assert result.status is Status.UNBOUNDED
    assert not result.success
    assert np.isfinite(result.fun)
    assert "falls without end" in result.message


def test_a_fall_to_minus_infinity_along_a_line() -> None:
    """The logarithm: at 0 it is -inf."""

    def log(x: Array) -> Evaluation:
        with np.errstate(all="ignore"):
            return (float(np.log(x).sum()) if (x >= 0).all() else np.nan), 1 / x

    assert minimize(log, [1.0]).status is Status.UNBOUNDED
    solver = fastopt.LBFGS([1.0])
    while not solver.done:
        solver.tell(*log(solver.ask()))
    assert solver.status is Status.UNBOUNDED


def test_minus_infinity_outside_of_the_domain_is_no_fall() -> None:
    def fun(x: Array) -> Evaluation:
        if x[0] <= 0:
            return -np.inf, np.full(1, np.nan)
        return float(x[0] - np.log(x[0])), 1 - 1 / x

    for method in ("lbfgs", "bfgs", "gd"):
        result = minimize(fun, [30.0], method=method)
        assert result.success
        assert result.x == pytest.approx(1, abs=1e-4)


def test_no_point_beyond_float32_is_evaluated() -> None:
    def fun(x: Array) -> Evaluation:
        assert np.isfinite(x).all()
        return -1e-9 * x.sum(dtype=float), np.full_like(x, -1e-9)

    assert not minimize(fun, np.ones(2, np.float32), method="gd", options={"gtol": 1e-12}).success


def test_a_fixed_step_that_leads_to_minus_infinity() -> None:
    with np.errstate(all="ignore"):
        result = minimize(lambda x: (-(x @ x), -2 * x), [1.0], method="gd", options={"lr": 0.5})
    assert result.status is Status.UNBOUNDED


# The first matrix of BFGS.


@pytest.mark.parametrize(("degree", "most"), [(4, 20), (8, 60)])
def test_bfgs_where_curvatures_differ(degree: int, most: int) -> None:
    """A polynomial of even powers, as CUTEst's PALMER1C: SciPy takes 11 and 42 evaluations.

    From s'y / y'y I it took 38 and 190.
    """
    t = np.linspace(-1.876, 1.876, 35)
    A, y = np.vander(t * t, degree, increasing=True), 90 * np.cos(2.6 * t) ** 2

    def fun(b: Array) -> Evaluation:
        r = A @ b - y
        return float(r @ r), 2 * A.T @ r

    result = minimize(fun, np.ones(degree), method="bfgs")
    assert result.fun == pytest.approx(np.linalg.lstsq(A, y)[1][0], rel=1e-8)
    assert result.nfev <= most


@pytest.mark.parametrize("scale", [1e200, 1e100, 1e-100, 1e-200, 1e-290])
def test_values_of_any_scale(scale: float) -> None:
    c = np.array([1.0, 2.0])

    def fun(x: Array) -> Evaluation:
        return scale * (c * x * x).sum(), 2 * scale * c * x

    result = minimize(fun, [1.0, -3.0], options=TO_THE_END)
    assert result.fun <= 1e-25 * scale
    assert result.nfev <= 150
