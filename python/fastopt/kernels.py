"""The rules as functions on NumPy arrays, compiled: for those who own their loop.

Each function updates its arrays in place, once, and has the signature of its namesake in
`fastopt.reference`, where the formulas stand; the results are the same bits.

Rows chosen by numbers or by a mask, ``P[rows]``, are a copy, whose update nobody would see: as `p` it is
refused where it is made in the call itself. Keep it, and write it back:
``q = P[rows]``, update `q`, ``P[rows] = q``; the same holds for state. Slices, as ``P[2:5]``, are no copies.

Examples
--------
>>> import numpy as np
>>> p, g = np.ones(3, np.float32), np.array([1, -2, 3], np.float32)
>>> m, v = np.zeros_like(p), np.zeros_like(p)
>>> adamw(p, g, m, v, step=1, lr=0.5, weight_decay=0.0)
>>> p.round(4)
array([0.5, 1.5, 0.5], dtype=float32)
"""

import inspect
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from fastopt import _core, reference
from fastopt._common.bounds import Bounds, step_number
from fastopt._common.listing import listing
from fastopt.optimizers import OPTIMIZERS

# Functions and types come from the reference: the same names, the same signatures.
if TYPE_CHECKING:
    from fastopt.reference import *  # noqa: F403

__all__ = list(reference.__all__)
__dir__ = listing(__name__)


def _bounds_of(rule: str) -> dict[str, Bounds]:
    """Find the bounds of a rule's hyperparameters, declared on the fields of its optimizer."""
    (optimizer,) = (cls for cls in OPTIMIZERS.values() if rule in cls.rules)
    return {hyper: bounds for field, bounds in optimizer._bounds.items() for hyper, _ in bounds.hypers(field)}


def _compiled(rule: str) -> Callable[..., None]:
    """Make the kernel of `rule` with the signature and the text of its reference."""
    row = _core.rules[rule]
    hypers, options, slots = row.hypers, row.options, row.slots
    signature = inspect.signature(getattr(reference, rule))
    bounds = _bounds_of(rule)
    arrays = ("p", "g", *(slot for slot, _ in slots), *row.scalars)
    defaults = {
        name: signature.parameters[name].default for name in signature.parameters if name not in arrays
    }
    optional = tuple(None for _, option in slots if option is not None)
    required = len(arrays) - len(optional)
    slot_of = {option: k + 2 for k, (_, option) in enumerate(slots) if option is not None}

    def kernel(*args: Any, **keywords: Any) -> None:
        if args and sys.getrefcount(args[0]) == _NOBODY_ELSE:
            _refuse_temporary(args[0])
        elif "p" in keywords and sys.getrefcount(keywords["p"]) == _NOBODY_ELSE:
            _refuse_temporary(keywords["p"])
        values = defaults | keywords
        if required <= len(args) <= len(arrays) and len(values) == len(defaults):
            args += optional[len(args) - required :]
        else:  # arrays by name, or a call that is wrong: Python's own error says how
            bound = signature.bind(*args, **keywords)
            bound.apply_defaults()
            values = bound.arguments
            args = tuple(values.pop(name) for name in arrays)
        step = step_number(values["step"])
        variant = 0
        for k, option in enumerate(options):
            slot = slot_of.get(option)
            if slot is None:
                variant |= _checked_flag(option, values[option]) << k
            elif args[slot] is not None:
                variant |= 1 << k
            elif values.get(option):  # a hyperparameter that is nothing without its state
                raise ValueError(
                    f"{arrays[slot]}: expected an array, as {option} is {values[option]!r}, got None"
                )
        single = getattr(args[0], "dtype", None) == np.float32
        hyper = tuple(bounds[name].check_optional(name, values[name], single) for name in hypers)
        _core.apply(rule, variant, _checked_flag("maximize", values["maximize"]), args, step, hyper)

    kernel.__name__ = kernel.__qualname__ = rule
    kernel.__doc__ = getattr(reference, rule).__doc__
    kernel.__signature__ = signature  # type: ignore[attr-defined]
    return kernel


def _references(*args: Any, **keywords: Any) -> int:
    """Count as a kernel does."""
    return sys.getrefcount(args[0]) if args else sys.getrefcount(keywords["p"])


def _refuse_temporary(p: object) -> None:
    """Refuse an array that ends with the call, if its memory and the update do as well."""
    if isinstance(p, np.ndarray) and p.flags.writeable and _owns_alone(p):
        raise ValueError(
            "p: expected an array that is kept, got a copy made for this call, as P[rows] is: its update "
            "would be lost; write q = P[rows], update q, and then P[rows] = q"
        )


def _owns_alone(a: np.ndarray[Any, Any]) -> bool:
    """Whether memory is that of `a`, or of an array that only `a` is a view of, as ``P[rows].T`` is."""
    if a.flags.owndata:
        return True
    return (
        isinstance(a.base, np.ndarray) and sys.getrefcount(a.base) == _ONLY_ITS_VIEW and _owns_alone(a.base)
    )


# How many references are counted of an array that is made in a call, and of one that is nothing but the base
# of another: what counts as one depends on the version of Python.
_NOBODY_ELSE = _references(np.empty(0))
_view = np.empty(1)[:]
_ONLY_ITS_VIEW = sys.getrefcount(_view.base)


def _checked_flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name}: expected True or False, got {value!r}")
    return bool(value)


globals().update({rule: _compiled(rule) for rule in __all__})
