r"""Line searches: how far to go along a direction.

All look for a step :math:`\alpha > 0` at which :math:`\varphi(\alpha) = f(x + \alpha d)` is low enough, where
:math:`d` is a direction of descent: :math:`\varphi'(0) = \nabla f(x)^T d < 0`.

>>> phi = lambda alpha: ((alpha - 3.0) ** 2, 2 * (alpha - 3.0))
>>> strong_wolfe(phi, c2=0.1)
LineSearchResult(step=3.0, value=0.0, slope=0.0, nfev=2, success=True, status='found')

`along` makes such a function from a function of arrays:

>>> def bowl(x):
...     return x @ x, 2 * x
>>> x, gradient = np.array([2.0, -1.0]), np.array([4.0, -2.0])
>>> result = hager_zhang(along(bowl, x, -gradient))
>>> x - result.step * gradient
array([0., 0.])

A trial whose value or slope is not finite is never accepted: the search goes back towards the best step that
is finite, and does not go so far again. A search ends with success only at a step above 0 that meets its
conditions. Whatever the status, a step above 0 is worth taking, and a step of 0 says that none was found.
"""

from fastopt._common.listing import listing

from .backtracking import armijo
from .line import Line, along
from .result import LineSearchResult
from .sections import bracketing
from .wolfe import hager_zhang, strong_wolfe

__all__ = ["Line", "LineSearchResult", "along", "armijo", "bracketing", "hager_zhang", "strong_wolfe"]
__dir__ = listing(__name__)

for _name in __all__:
    globals()[_name].__module__ = __name__  # where pickles are to find them, whatever the file
