"""What minimize does with functions, bounds and states that nobody hoped for."""

import numpy as np
import pytest

import fastopt
from fastopt import LBFGS, minimize


class Box:
    """Bounds as SciPy has them: numbers are arrays of one."""

    def __init__(self, lb, ub):
        self.lb, self.ub = np.atleast_1d(lb), np.atleast_1d(ub)


def bowl(x):
    return float(((x - 3.0) ** 2).sum()), 2.0 * (x - 3.0)


@pytest.mark.parametrize("method", ["lbfgs", "bfgs"])
def test_a_step_cut_short_by_a_kink_is_no_success(method):
    result = minimize(lambda x: (np.abs(x).sum(), np.sign(x)), [1.0, 2.3], method=method)
    assert not result.success or result.fun < 1e-6
