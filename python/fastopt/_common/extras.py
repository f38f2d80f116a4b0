"""Packages that fastopt uses where they are installed: those of the extra ``train``."""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["require"]


def require(module: str, need: str) -> Any:
    """Import a module of an optional package, or say how to get it.

    Parameters
    ----------
    module : str
        Its name.
    need : str
        What needs which package, for the message.

    Returns
    -------
    module
        The module.

    Raises
    ------
    ImportError
        If it cannot be imported.

    Examples
    --------
    >>> require("no.such", "this example needs nosuch")
    Traceback (most recent call last):
    ImportError: this example needs nosuch: pip install "fastopt[train]" (No module named 'no')
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(f'{need}: pip install "fastopt[train]" ({error})') from error
