"""Gradient checks that say what is wrong, for plain NumPy functions.

``fastopt.gradcheck(f, inputs)`` calls the `gradcheck` of this module, whose names are at the top level too.
It compares a gradient with differences along a few random directions, whatever its length, and
explains a failure; `gradgradcheck` does so for a Hessian or its products, `check_jacobian` for functions
with many values. `numeric_gradient` is the gradient by differences alone, and `grad_check_sparse` the
Stanford course's spot check.

>>> def loss(w):                                    # the mean of squares, and a gradient
...     return (w**2).mean(), 2 * w                 # that forgot to divide
>>> report = gradcheck(loss, np.arange(1.0, 9.0), raise_exception=False)
>>> report.reason
'w: analytic = 8 x numeric everywhere (8 is the length of axis 0 of w: a sum for a mean?)'
"""

import sys

from fastopt._common.listing import listing

from .checks import grad_check_sparse, gradcheck
from .door import Door
from .jacobian import check_jacobian, gradgradcheck
from .numeric import numeric_gradient
from .report import Argument, Coordinate, GradientError, Report

__all__ = [
    "Argument",
    "Coordinate",
    "GradientError",
    "Report",
    "check_jacobian",
    "grad_check_sparse",
    "gradcheck",
    "gradgradcheck",
    "numeric_gradient",
]
__dir__ = listing(__name__)
sys.modules[__name__].__class__ = Door
