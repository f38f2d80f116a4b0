"""What makes `fastopt.gradcheck` the check itself, as ``torch.autograd.gradcheck`` is, and still a module.

A module whose class can be called serves every way to write it: ``fastopt.gradcheck(f, x)``, ``from fastopt
import gradcheck``, ``from fastopt.gradcheck import gradcheck`` and ``fastopt.gradcheck.gradcheck``. In its
place a function would be replaced by the module as soon as anyone imported that.
"""

import importlib
import inspect
from types import ModuleType
from typing import TYPE_CHECKING, Any

from . import checks

if TYPE_CHECKING:
    from . import jacobian, numeric, report

__all__ = ["Door"]


class Door(ModuleType):
    """The class of the module `fastopt.gradcheck`: a call of the module is one of its `gradcheck`.

    Examples
    --------
    >>> import fastopt
    >>> bool(fastopt.gradcheck(lambda w: (w @ w, 2 * w), np.ones(3)))
    True
    """

    __call__ = staticmethod(checks.gradcheck)
    __signature__ = inspect.signature(checks.gradcheck)

    def __reduce__(self) -> tuple[Any, ...]:
        return importlib.import_module, (self.__name__,)

    if TYPE_CHECKING:  # who has a name for the module sees what is in it
        Argument = report.Argument
        Coordinate = report.Coordinate
        GradientError = report.GradientError
        Report = report.Report
        check_jacobian = staticmethod(jacobian.check_jacobian)
        grad_check_sparse = staticmethod(checks.grad_check_sparse)
        gradcheck = staticmethod(checks.gradcheck)
        gradgradcheck = staticmethod(jacobian.gradgradcheck)
        numeric_gradient = staticmethod(numeric.numeric_gradient)
