"""Classes of fields, checked against the rules of the core."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Literal, TypeVar, cast, dataclass_transform, get_args, get_origin

from fastopt import _core
from fastopt._common.bounds import Bounds
from fastopt._common.signatures import leave_out_annotations
from fastopt.rules.compat import COMPAT, with_defaults_of
from fastopt.rules.docstrings import documented
from fastopt.rules.optimizer import Optimizer

OPTIMIZERS: dict[str, type[Optimizer]] = {}
"""The optimizers under their lower-case names."""

Class = TypeVar("Class", bound=type[Optimizer])


@dataclass_transform()
def optimizer(*rules: str) -> Callable[[Class], Class]:
    """Make a class of fields an optimizer, after checking it against the rules compiled into the core.

    Parameters
    ----------
    *rules : str
        Its rule, or those that its `_choose_rule` chooses from.

    Raises
    ------
    ImportError
        If the core has no such rule, or the rule has a hyperparameter or an option without a field.
    """

    def register(cls: Class) -> Class:
        made = cast(Class, dataclass(eq=False, repr=False)(cls))
        made.rules = rules
        if made.__name__ in COMPAT:
            made.__init__ = with_defaults_of(made.__init__, COMPAT[made.__name__])  # type: ignore[method-assign]
        leave_out_annotations(made)
        declared = {f.name: _evaluated(f.type, made) for f in fields(made)}
        made._bounds = {
            name: item
            for name, hint in declared.items()
            for item in getattr(hint, "__metadata__", ())
            if isinstance(item, Bounds)
        }
        made._choices = {
            name: (True, False) if hint is bool else get_args(hint)
            for name, hint in declared.items()
            if hint is bool or get_origin(hint) is Literal
        }
        hypers = {hyper for name, bounds in made._bounds.items() for hyper, _ in bounds.hypers(name)}
        for rule in rules:
            if rule not in _core.rules:
                raise ImportError(f"{made.__name__}: the core has no rule {rule!r}")
            expected = _core.rules[rule]
            missing = (set(expected.hypers) - hypers) | {
                option for option in expected.options if not hasattr(made, option)
            }
            if missing:
                raise ImportError(f"{made.__name__}: no field for {sorted(missing)} of the rule {rule!r}")
        documented(made, _core.rules, {rule: getattr(sys.modules[made.__module__], rule) for rule in rules})
        OPTIMIZERS[made.__name__.lower()] = made
        return made

    return register


def _evaluated(annotation: object, cls: type) -> object:
    """Return an annotation as what it says: typing's own function for it takes a quarter of an import."""
    return eval(annotation, vars(sys.modules[cls.__module__])) if isinstance(annotation, str) else annotation
