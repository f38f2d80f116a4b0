"""The methods of `minimize`: being in the list is being known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastopt._common.trees import as_array, described
from fastopt._common.wording import shown

from .descents import BFGS, LBFGS
from .gradient_descent import GradientDescent
from .newton import Newton
from .options import Budget
from .random_search import RandomSearch
from .solver import Solver

__all__ = ["METHODS", "chosen", "judged_options"]

METHODS: dict[str, type[Solver]] = {
    kind.method: kind for kind in (LBFGS, BFGS, Newton, GradientDescent, RandomSearch)
}
"""The solvers under their names."""


def chosen(method: object, **arguments: object) -> tuple[type[Solver], dict[str, object]]:
    """Return the solver called `method`, and the arguments of `minimize` that it takes.

    Raises
    ------
    ValueError
        If there is no such method, or it knows nothing of an argument that is given.
    """
    kind = METHODS.get(method) if isinstance(method, str) else None
    if kind is None:
        raise ValueError(f"method: expected {_listed(METHODS)}, got {shown(method)}")
    for name, value in arguments.items():
        if not (name in kind.takes or value is None or (name == "l1" and _is_zero(value))):
            owners = _listed([other.method for other in METHODS.values() if name in other.takes])
            got = shown(value) if isinstance(value, int | float) else described(value)
            raise ValueError(f"{name}: expected none for method {method!r}, only for {owners}, got {got}")
    return kind, {name: value for name, value in arguments.items() if name in kind.takes}


def judged_options(kind: type[Solver], options: Mapping[str, Any], tol: float | None) -> Budget:
    """Return the options of a method, or say which it does not have, and who has.

    Raises
    ------
    TypeError, ValueError
        If one is unknown or out of bounds.
    """
    if isinstance(options, Mapping):
        known = kind.options.names()
        for name in options:
            owners = [other.method for other in METHODS.values() if name in other.options.names()]
            if name not in known and owners:
                raise ValueError(
                    f"options: expected some of {', '.join(known)} for method {kind.method!r}, got {name!r}, "
                    f"an option of {_listed(owners, 'and')}"
                )
    return kind.options.of(options, tol)


def _is_zero(value: object) -> bool:
    """Whether this is numbers that are all 0, in any structure."""
    entries = list(value.values()) if isinstance(value, dict) else [value]
    if isinstance(value, list | tuple) and as_array(value).ndim == 0:
        entries = list(value)  # arrays of several shapes
    arrays = map(as_array, entries)
    return all(a.size > 0 and a.dtype.kind in "biuf" and not a.any() for a in arrays) and len(entries) > 0


def _listed(names: Any, word: str = "or") -> str:
    *first, last = map(repr, names)
    return f"{', '.join(first)} {word} {last}" if first else last
