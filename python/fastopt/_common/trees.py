"""Structures of arrays, as optimizers take them: one array, a list, or a dict of arrays."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastopt import _core

Array = NDArray[Any]
Arrays = Array | list[Array] | tuple[Array, ...] | dict[Any, Array]
"""Parameters, gradients or state: one array, a list (or tuple), or a dict of arrays."""


def flatten(label: str, arrays: object) -> tuple[str, list[Any], list[Array]]:
    """Take a structure apart: its kind, its keys, its arrays.

    It is what is in it, whatever methods a subclass of list, tuple or dict may have; keys are in the order
    in which the dict yields them.

    Parameters
    ----------
    label : str
        What messages call it.
    arrays : array, list, tuple or dict
        What is in it is not judged.

    Returns
    -------
    kind : str
        ``"array"``, ``"list"`` (also for a tuple) or ``"dict"``.
    keys : list
        None for an array, numbers for a list.
    flat : list
        What is there under each key.

    Raises
    ------
    TypeError, ValueError
        If it is nothing of that kind, or empty.

    Examples
    --------
    >>> flatten("params", {"W": np.zeros(2), "b": np.ones(1)})
    ('dict', ['W', 'b'], [array([0., 0.]), array([1.])])
    """
    return _core.flatten(label, arrays)


def as_array(given: object) -> Array:
    """Return what NumPy makes of it: one object of shape () where it can make no array of it."""
    try:
        return np.asarray(given)
    except MemoryError:
        raise
    except Exception:  # lists of different lengths, or without end; tensors that are not NumPy's to have
        return np.asarray(None)


def described(a: object) -> str:
    """Say what an array is, in the words of the core's messages; of other libraries' arrays the type, too.

    Examples
    --------
    >>> described(np.zeros((2, 3))), described(2.5)
    ('float64 of shape (2, 3)', 'float')
    """
    if isinstance(a, np.ndarray):
        return f"{a.dtype} of shape {a.shape}"
    shape = getattr(a, "shape", None)
    if isinstance(shape, tuple) and not isinstance(a, np.generic):  # sparse matrices, tensors, frames
        return f"{type(a).__name__} of shape {tuple(shape)}"
    return type(a).__name__
