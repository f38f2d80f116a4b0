"""BFGS is what its name says."""

import numpy as np

from fastopt import Status, minimize
from fastopt.problems import standard
from support import Array


def test_bfgs_is_bfgs() -> None:
    """Exact line searches on a quadratic: n iterations to the minimum, as conjugate gradients take."""
    eigenvalues = np.array([1.0, 10.0, 100.0, 1000.0])

    def fun(x: Array) -> tuple[float, Array]:
        return float(x @ (eigenvalues * x)) / 2, eigenvalues * x

    options = {"c2": 1e-6, "c1": 1e-7, "gtol": 1e-6, "ftol": 0.0, "maxls": 100}
    result = minimize(fun, np.ones(4), method="bfgs", options=options)
    assert result.status == Status.GRADIENT
    assert result.nit <= 5


def test_bfgs_learns_what_lbfgs_with_all_pairs_knows() -> None:
    """As many pairs as iterations: the same directions, up to rounding, but for the scaling of the start."""
    problem = standard.PROBLEMS["wood_100"]
    one = minimize(problem.fun, problem.start, method="bfgs", options={"maxiter": 2})
    other = minimize(problem.fun, problem.start, method="lbfgs", options={"maxiter": 2})
    np.testing.assert_allclose(one.x, other.x, rtol=1e-12)  # one pair, and its scaling
    problem = standard.PROBLEMS["wood_4"]
    full = minimize(problem.fun, problem.start, method="bfgs")
    assert full.nfev < minimize(problem.fun, problem.start, method="lbfgs").nfev
