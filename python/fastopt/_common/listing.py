"""What `dir` and completion show of a module: what it has for users, and not what it imports."""

import sys
from collections.abc import Callable

__all__ = ["listing"]


def listing(module: str) -> Callable[[], list[str]]:
    """Return the ``__dir__`` of a module: the names in its ``__all__``.

    Examples
    --------
    >>> import fastopt
    >>> dir(fastopt.callbacks)
    ['Callback', 'Checkpoint', 'EarlyStopping', 'Print', 'StopTraining', 'TimeBudget']
    """
    return lambda: sorted(sys.modules[module].__all__)
