"""What `dir` and completion show of a module: what it has for users, and not what it imports."""

import sys
from collections.abc import Callable
from types import ModuleType

__all__ = ["listing", "published"]


def listing(module: str) -> Callable[[], list[str]]:
    """Return the ``__dir__`` of a module: the names in its ``__all__``.

    Examples
    --------
    >>> import fastopt
    >>> dir(fastopt.callbacks)
    ['Callback', 'Checkpoint', 'EarlyStopping', 'Print', 'StopTraining', 'TimeBudget']
    """
    return lambda: sorted(sys.modules[module].__all__)


def published(door: str, module: ModuleType, belongs: Callable[[str], bool]) -> list[str]:
    """Return the public names of a module that belong to a door, and let what they name say it is from there.

    So pickles, `help` and messages know the public place only, and what is behind the door may move.

    Examples
    --------
    >>> import fastopt
    >>> fastopt.AdamW.__module__
    'fastopt.optimizers'
    """
    names = sorted(name for name in vars(module) if not name.startswith("_") and belongs(name))
    for name in names:
        getattr(module, name).__module__ = door
    return names
