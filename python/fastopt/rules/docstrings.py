"""Docstrings in full, of what each class and function says of its own and what all of them share.

A class says what it is, in mathematics, and what its own fields are. Of it, `documented` makes two texts: its
own, with the fields that every optimizer has, and that of the function of its rule. A function whose text
begins with a single line has the formula of its class; one that is one of several has a formula of its own.
"""

import inspect
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fastopt.rules.compat import COMPAT, differences

__all__ = ["documented"]

FIELDS = {
    "params": ("array, list or dict of arrays", "float32 or float64, updated in place."),
    "lr": ("float or schedule", r":math:`\eta \ge 0`."),
    "betas": ("pair of floats or schedules", r":math:`\beta_1, \beta_2 \in [0, 1)`."),
    "eps": ("float or schedule", r":math:`\epsilon \ge 0`."),
    "weight_decay": (
        "float or schedule",
        r":math:`\lambda \ge 0`: :math:`g + \lambda p` in place of :math:`g`.",
    ),
    "decoupled_weight_decay": (
        "bool",
        r":math:`p \leftarrow (1 - \eta \lambda)\, p` before the update, in place of that term.",
    ),
    "maximize": ("bool", "Ascend."),
}
"""What a field is, by its name, unless its class says otherwise."""

SHARED = ("step", "weight_decay", "decoupled_weight_decay", "maximize")
"""Keywords of every function, which the module of the functions explains once."""

RAISES = "TypeError, ValueError\n    If a hyperparameter or a parameter array is not as above."

Entry = tuple[str, str]  # the type of a parameter, and what it is


@dataclass
class Text:
    """A numpydoc docstring, taken apart."""

    head: str
    sections: dict[str, str]

    @classmethod
    def of(cls, thing: object) -> "Text":
        """Take apart the docstring of a class or function."""
        head, *rest = re.split(r"^(\w[\w ]*)\n-{3,}\n", inspect.cleandoc(thing.__doc__ or ""), flags=re.M)
        return cls(
            head.strip(), {name: body.strip() for name, body in zip(rest[::2], rest[1::2], strict=True)}
        )

    @property
    def parameters(self) -> dict[str, Entry]:
        """The parameters, each by itself, also where one entry has several."""
        found: dict[str, Entry] = {}
        for header, body in re.findall(
            r"^(\S.*)\n((?:(?: .*)?\n)*)", self.sections.get("Parameters", "") + "\n", re.M
        ):
            names, _, kind = header.partition(" : ")
            found |= dict.fromkeys(names.split(", "), (kind, inspect.cleandoc(body)))
        return found

    def __str__(self) -> str:
        return "\n\n".join(
            [self.head, *(f"{name}\n{'-' * len(name)}\n{body}" for name, body in self.sections.items())]
        )


def documented(cls: type, rules: Mapping[str, Any], functions: Mapping[str, Callable[..., None]]) -> None:
    """Complete the docstrings of an optimizer and of the functions of its rules."""
    if cls.__doc__ is None:  # python -OO
        return
    mine = Text.of(cls)
    known = FIELDS | mine.parameters
    if cls.__name__ in COMPAT:
        known["compat"] = _compat(cls.__name__)
    for rule, function in functions.items():
        function.__doc__ = str(_function(function, mine, known, cls, rules[rule]))
    cls.__doc__ = str(_class(cls, mine, known, functions))


def _compat(optimizer: str) -> Entry:
    libraries = COMPAT[optimizer]
    rows = (f"- {each}: {differences(optimizer, each)}" for each in libraries if each != "torch")
    text = "Whose defaults it has, and by them whose formula; an argument that is given wins."
    return f"{{{', '.join(map(json.dumps, libraries))}}}", "\n".join([text, "", *rows])


def _class(cls: Any, mine: Text, known: Mapping[str, Entry], functions: Iterable[str]) -> Text:
    names = [name for name in cls.__dataclass_fields__ if name in known]
    sections = {
        "Parameters": _listed((name, *known[name]) for name in names),
        "Raises": RAISES,
        "See Also": ", ".join(f"fastopt.kernels.{rule}" for rule in functions),
    }
    return Text(
        mine.head, sections | {name: body for name, body in mine.sections.items() if name not in sections}
    )


def _function(
    function: Callable[..., None], of_class: Text, known: Mapping[str, Entry], cls: Any, rule: Any
) -> Text:
    mine = Text.of(function)
    own = mine.parameters
    told = {hyper: known[field] for field, bounds in cls._bounds.items() for hyper, _ in bounds.hypers(field)}
    optional = {slot: option for slot, option in rule.slots if option is not None}
    entries = []
    shared = []
    for name, parameter in inspect.signature(function).parameters.items():
        if name in own:
            entry = own[name]
        elif name in optional:
            entry = "ndarray, optional", f"State that comes with `{optional[name]}`, updated in place."
        elif name in rule.scalars:
            entry = "ndarray", "Scalar of the state, updated in place: float64, of one element."
        elif parameter.kind is not parameter.KEYWORD_ONLY:
            entry = "ndarray", _arrays(rule)
        elif name in SHARED:
            shared.append(name)
            continue
        else:
            kind = "bool" if isinstance(parameter.default, bool) else "float"
            entry = kind, (told.get(name) or known[name])[1]
        entries.append((name, *entry))
    entries.append((", ".join(shared), "", "See the top of this module."))
    sections = {"Parameters": _listed(entries)}
    for name in ("References", "Examples"):
        body = mine.sections.get(name, of_class.sections.get(name) if name == "References" else None)
        sections |= {} if body is None else {name: body}
    return Text(mine.head if "\n" in mine.head else of_class.head, sections)


def _arrays(rule: Any) -> str:
    written = "Parameter and state" if rule.slots else "Parameter"
    return f"{written}, updated in place, and gradient: float32 or float64, of one shape."


def _listed(entries: Iterable[tuple[str, str, str]]) -> str:
    """Write a list of parameters, what says the same in one entry."""
    alike: dict[tuple[str, str], list[str]] = {}
    for name, kind, body in entries:
        alike.setdefault((kind, body), []).append(name)
    lines = []
    for (kind, body), names in alike.items():
        indented = "\n".join(f"    {line}".rstrip() for line in body.splitlines())
        lines.append(f"{', '.join(names)}{' : ' if kind else ''}{kind}\n{indented}")
    return "\n".join(lines)
