"""The standard problems: derivatives against differences, values against those that were published."""

import copy
import math
import pickle
import subprocess
import sys

import numpy as np
import pytest

from absurd import ABSURD, shown
from fastopt.gradcheck import gradcheck, gradgradcheck
from fastopt.problems import standard
from fastopt.problems.standard import FAMILIES, MORE_GARBOW_HILLSTROM, PROBLEMS, StandardProblem

EVERY = pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)
SMALL = [p for p in PROBLEMS.values() if p.n <= 100]
WITH_HESSIAN = pytest.mark.parametrize(
    "problem", [p for p in SMALL if p.has_hessian], ids=lambda problem: problem.name
)


def near(problem: StandardProblem) -> np.ndarray:
    rng = np.random.default_rng(problem.n)
    return problem.start * rng.uniform(0.9, 1.1, problem.n) + rng.uniform(-0.1, 0.1, problem.n)


def test_the_collection():
    assert len(FAMILIES) >= 70
    assert len(PROBLEMS) >= 150
    dimensions = {problem.n for problem in PROBLEMS.values()}
    assert min(dimensions) == 2
    assert max(dimensions) == 30000
    assert len(MORE_GARBOW_HILLSTROM) == 18
    assert all(problem.has_hessian for problem in MORE_GARBOW_HILLSTROM)


@EVERY
def test_gradient(problem):
    gradcheck(problem.fun, problem.start, seed=1)
    gradcheck(problem.fun, near(problem))


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_gradient_in_the_least_dimensions(family):
    for n in {family.least, min(family.least + family.multiple, family.most or math.inf)}:
        gradcheck(family(n).fun, near(family(n)))


@WITH_HESSIAN
def test_hessian(problem):
    for x in (problem.start, near(problem)):
        gradgradcheck(lambda x: problem.fun(x)[1], x, hessian=problem.hess)
        hessian = problem.hess(x)
        np.testing.assert_allclose(hessian, hessian.T, rtol=1e-13, atol=1e-13 * np.abs(hessian).max())


# The values at the starts in Algorithm 566's sample runs and in the SIF files of CUTEst, or by hand.
AT_START = {
    "helical_valley": 2500.0,
    "biggs_exp6": 0.779070,
    "gaussian": 3.88811e-6,
    "powell_badly_scaled": 1.13526,
    "box3": 1031.15,
    "vardim_10": 2198551.1625,
    "watson_9": 30.0,
    "penalty1_4": 885.063,
    "penalty1_10": 148032.57,
    "penalty2_4": 2.34001,
    "penalty2_10": 162.653,
    "brown_badly_scaled": 9.99998e11,
    "brown_dennis": 7926693.34,
    "gulf": 12.1107,
    "trigonometric_10": 7.07576e-3,
    "rosenbrock_2": 24.2,
    "powell_singular_4": 215.0,
    "beale": 14.203125,
    "wood_4": 19192.0,
    "chebyquad_8": 3.86177e-2,
    "freudenstein_roth": 400.5,
    "jennrich_sampson": 4171.31,
    "bard": 41.6817,
    "kowalik_osborne": 5.31317e-3,
    "meyer": 1.69361e9,
    "osborne1": 0.879026,
    "osborne2": 2.09342,
    "brown_almost_linear_10": 273.248,
    "broyden_tridiagonal_10": 21.0,
    "broyden_banded_10": 360.0,
    "linear_full_rank_10": 50.0,
    "arwhead_100": 3 * 99,
    "bdqrtic_1000": 226 * 996,
    "chained_rosenbrock_10": 100 * (5 * 0.44**2 + 4 * 2.2**2) + 5 * 2.2**2,
    "cosine_1000": 999 * math.cos(0.5),
    "cragglvy_4": (math.e - 2) ** 4 + 2,
    "dixmaana_999": 1 + 4 * 999 + 0.125 * 64 * 666 + 0.125 * 4 * 333,
    "dixmaand_999": 1 + 4 * 999 + 0.26 * (4 * 36 * 998 + 64 * 666 + 4 * 333),
    "dixon_price_100": 5049.0,
    "dqdrtic_1000": 201 * 9 * 998,
    "edensch_36": 16 + 35 * (6**4 + 48**2 + 81),
    "eg2_1000": 999.5 * math.sin(1),
    "engval1_1000": 59 * 999,
    "fletchcr_100": 9900.0,
    "hager_1000": 1000 * math.e - sum(map(math.sqrt, range(1, 1001))),
    "liarwhd_100": 585 * 100,
    "nondia_1000": 4 + 400 * 999,
    "nondquar_100": 106.0,
    "power_100": 338350.0,
    "quartc_100": sum((2 - i) ** 4 for i in range(1, 101)),
    "sinquad_100": 0.6561,
    "tointgss_1000": 998 * (10 / 1002 + 9),
    "tridia_1000": 500499.0,
    "white_holst_1000": 500 * (100 * 2.728**2 + 2.2**2),
}


@pytest.mark.parametrize("name", AT_START)
def test_value_at_the_start(name):
    problem = PROBLEMS[name]
    assert problem.fun(problem.start)[0] == pytest.approx(AT_START[name], rel=5e-6)


# The minima in the paper of Moré, Garbow and Hillstrom and those quoted for CUTEst, in their digits.
PUBLISHED = {
    "biggs_exp6": (0.0, 5.65565e-3),
    "gaussian": (1.12793e-8,),
    "watson_6": (2.28767e-3,),
    "watson_9": (1.39976e-6,),
    "watson_12": (4.72238e-10,),
    "penalty1_4": (2.24997e-5,),
    "penalty1_10": (7.08765e-5,),
    "penalty2_4": (9.37629e-6,),
    "penalty2_10": (2.93660e-4,),
    "brown_dennis": (85822.2,),
    "chebyquad_8": (3.51687e-3,),
    "chebyquad_10": (4.77271e-3, 6.50395e-3),
    "freudenstein_roth": (0.0, 48.9842),
    "jennrich_sampson": (124.362,),
    "bard": (8.21487e-3,),
    "kowalik_osborne": (3.07505e-4,),
    "meyer": (87.9458,),
    "osborne1": (5.46489e-5,),
    "osborne2": (4.01377e-2,),
    "brown_almost_linear_10": (0.0, 1.0),
    "linear_full_rank_10": (10.0,),
    "linear_rank1_10": (10 * 19 / 41,),
    "linear_rank1_zeros_10": (454 / 74,),
    "bdqrtic_1000": (3983.82,),
    "cragglvy_1000": (336.42,),
    "cragglvy_5000": (1688.2,),
    "edensch_36": (219.28,),
    "edensch_2000": (12003.2,),
    "engval1_1000": (1108.19,),
    "engval1_5000": (5548.67,),
    "freuroth_1000": (1.2147e5,),
    "freuroth_5000": (6.0816e5,),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_minima(name):
    assert PROBLEMS[name].minima == pytest.approx(PUBLISHED[name], rel=3e-5)


BEST_POINTS = {
    "helical_valley": [1, 0, 0],
    "biggs_exp6": [1, 10, 1, 5, 4, 3],
    "powell_badly_scaled": [1.098159329699759e-5, 9.106146739867318],
    "box3": [1, 10, 1],
    "vardim": 1,
    "brown_badly_scaled": [1e6, 2e-6],
    "gulf": [50, 25, 1.5],
    "trigonometric": 0,
    "rosenbrock": 1,
    "powell_singular": 0,
    "beale": [3, 0.5],
    "wood": 1,
    "freudenstein_roth": [5, 4],
    "brown_almost_linear": 1,
    "linear_full_rank": -1,
    "tridia": lambda n: 0.5 ** np.arange(n),
    "dqdrtic": 0,
    "power": 0,
    "quadratic_1e2": 0,
    "quadratic_1e4": 0,
    "quadratic_1e6": 0,
    "arwhead": lambda n: np.arange(n) < n - 1,
    "chained_rosenbrock": 1,
    "dixon_price": lambda n: 2.0 ** (0.5 ** np.arange(n) - 1),
    "extended_himmelblau": [3, 2],
    "fletchcr": -1,
    "genrose": 1,
    "liarwhd": 1,
    "nondia": 1,
    "nondquar": 0,
    "quartc": lambda n: np.arange(1, n + 1),
    "white_holst": 1,
    "cosine": lambda n: _cosine(n),
    "hager": lambda n: np.log(np.arange(1, n + 1)) / 2,
    "logcosh": 0,
    "raydan1": 0,
    "raydan2": 0,
    "sinquad": 1,
    "tointgss": 0,
    **{f"dixmaan{letter}": 0 for letter in "abcdefghijkl"},
}


def _cosine(n: int) -> np.ndarray:
    x = np.empty(n)
    x[0] = 2.0
    for i in range(n - 1):
        x[i + 1] = 2 * (x[i] ** 2 - math.pi * (2 * round((x[i] ** 2 - 0.5) / (2 * math.pi) - 0.5) + 1))
    return x


@pytest.mark.parametrize("name", BEST_POINTS)
def test_best_points(name):
    family = FAMILIES[name]
    for problem in (family(n) for n in family.sizes):
        best = BEST_POINTS[name]
        x = best(problem.n) if callable(best) else np.resize(np.asarray(best, float), problem.n)
        value, gradient = problem.fun(x)
        value0, gradient0 = problem.fun(problem.start)
        assert value == pytest.approx(problem.minima[0], rel=1e-13, abs=1e-14)
        assert np.abs(gradient).max() <= 1e-8 * np.abs(gradient0).max()
        assert problem.minima == tuple(sorted(problem.minima))
        assert value <= value0


SOLVED = [p for p in SMALL if p.minima and p.n <= 20 and not p.name.startswith(("quadratic", "nondquar"))]


@pytest.mark.parametrize("problem", SOLVED, ids=lambda problem: problem.name)
def test_newton_reaches_a_known_minimum(problem):
    hess = problem.hess or (lambda x: differences(problem, x))
    value = newton(problem, hess)
    # Residuals of a small sum of squares remain of terms of size 1, whose rounding depends on the BLAS.
    assert any(
        abs(value - known) < 1e-9 * max(abs(known), 1e-12) + 1e3 * np.finfo(float).eps * abs(known) ** 0.5
        for known in problem.minima
    )


def newton(problem: StandardProblem, hess, damping: float = 1e-3) -> float:
    """Minimise with steps (|H| + damping)^-1 g in units of the curvature, to rounding."""
    x = problem.start
    value, gradient = problem.fun(x)
    for _ in range(3000):
        eigenvalues, vectors = np.linalg.eigh(hess(x))
        shift = damping * np.abs(eigenvalues).max()
        ahead = x - vectors @ ((vectors.T @ gradient) / (np.abs(eigenvalues) + shift))
        lower, slope = problem.fun(ahead)
        if lower < value:
            x, value, gradient, damping = ahead, lower, slope, damping / 10
        else:
            damping *= 4
        if damping > 1e20:
            break
    return value


def differences(problem: StandardProblem, x: np.ndarray) -> np.ndarray:
    steps = 1e-6 * np.maximum(np.abs(x), 1e-3)
    rows = [(problem.fun(x + h)[1] - problem.fun(x - h)[1]) / (2 * h.max()) for h in np.diag(steps)]
    return (np.array(rows) + np.transpose(rows)) / 2


@EVERY
def test_float32(problem):
    x = problem.start.astype(np.float32)
    value, gradient = problem.fun(x)
    assert type(value) is float
    assert gradient.dtype == np.float32
    exact, expected = problem.fun(x.astype(np.float64))
    assert value == exact
    assert np.array_equal(gradient, expected.astype(np.float32))


@EVERY
def test_far_out_there_is_no_warning_and_no_nan(problem):
    for x in (np.full(problem.n, 1e200), np.full(problem.n, -1e200), 1e200 * (-1.0) ** np.arange(problem.n)):
        value, gradient = problem.fun(x)
        assert not math.isnan(value)
        assert gradient.shape == x.shape
        if problem.hess and problem.n <= 100:
            problem.hess(x)
    assert math.isnan(problem.fun(np.full(problem.n, math.nan))[0])


@EVERY
def test_is_a_value(problem):
    assert problem.source
    assert problem.n == problem.start.size
    assert not problem.start.flags.writeable
    for twin in (pickle.loads(pickle.dumps(problem)), copy.deepcopy(problem)):
        assert repr(twin) == repr(problem)
        assert twin.fun(twin.start)[0] == problem.fun(problem.start)[0]
    family = problem.function.__self__
    assert FAMILIES[family.__name__] is family
    assert getattr(standard, family.__name__) is family
    assert pickle.loads(pickle.dumps(family)) is family
    assert "math:" in family.__doc__


@pytest.mark.parametrize(
    "name", ["rosenbrock", "jennrich_sampson", "chebyquad", "engval1", "cragglvy", "hager"]
)
def test_overflow_is_infinite(name):
    problem = FAMILIES[name]()
    assert problem.fun(np.full(problem.n, 1e200))[0] == math.inf


def test_any_dimension():
    assert standard.tridia(7).name == "tridia_7"
    assert standard.wood().n == 4
    assert standard.rosenbrock(6).start.tolist() == [-1.2, 1, -1.2, 1, -1.2, 1]
    assert standard.bdqrtic(50).minima == ()
    assert standard.beale().name == "beale"


@pytest.mark.parametrize(
    ("family", "n", "message"),
    [
        ("beale", 3, "n: expected 2 for beale, got 3"),
        ("wood", 6, "n: expected a multiple of 4 >= 4 for wood, got 6"),
        ("rosenbrock", 0, "n: expected a multiple of 2 >= 2 for rosenbrock, got 0"),
        ("dixmaana", -3, "n: expected a multiple of 3 >= 3 for dixmaana, got -3"),
        ("watson", 32, "n: expected a whole number from 2 to 31 for watson, got 32"),
        ("tridia", 1, "n: expected a whole number >= 2 for tridia, got 1"),
    ],
)
def test_refuses_dimensions(family, n, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        FAMILIES[family](n)
    assert str(caught.value) == message
    with pytest.raises(TypeError, match=r"n: expected a whole number, got 2\.0"):
        FAMILIES[family](2.0)


@pytest.mark.parametrize("absurd", [a for a in ABSURD if a is not None and a is not True], ids=shown)
def test_refuses_absurd_dimensions_and_points(absurd):
    for family in FAMILIES.values():
        with pytest.raises((TypeError, ValueError), match=r"^n: expected"):
            family(absurd)
    if not isinstance(absurd, float):
        problem = FAMILIES["beale"]()
        for x in (absurd, [absurd, 1.0]):
            for compute in (problem.fun, problem.hess) if problem.hess else (problem.fun,):
                with pytest.raises((TypeError, ValueError), match=r"^x: expected"):
                    compute(x)


def test_refuses_points():
    with pytest.raises(ValueError, match=r"x: expected shape \(2,\) for beale, got \(3,\)"):
        PROBLEMS["beale"].fun([1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match=r"x: expected shape \(4,\) for wood_4, got \(2, 2\)"):
        PROBLEMS["wood_4"].hess(np.ones((2, 2)))
    with pytest.raises(ValueError, match=r"start: expected a vector, got shape \(2, 2\)"):
        StandardProblem("mine", "", np.ones((2, 2)), lambda x: (x @ x, 2 * x))
    assert PROBLEMS["tridia_30"].hess is None


def test_the_gradient_is_the_callers():
    for problem in SMALL:
        _, first = problem.fun(problem.start)
        kept = first.copy()
        first[:] = math.nan
        assert np.array_equal(problem.fun(problem.start)[1], kept)


def test_importing_problems_does_not_import_the_standard_ones():
    program = (
        "import sys, fastopt.problems; name = 'fastopt.problems.standard'; print(name in sys.modules);"
        "fastopt.problems.standard.PROBLEMS; print(name in sys.modules, 'scipy' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout == "False\nTrue False\n"
