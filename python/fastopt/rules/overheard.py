"""A rule as a list of operations, overheard from its reference.

The reference is run once on stand-ins for arrays and hyperparameters that do no arithmetic but write down
what is asked of them. From the record, `fastopt.rules.explain` tells what an optimizer does, and
`fastopt.bench.generate` writes the same rule in plain Python and in NumPy with ``out=``, so that nobody needs
a second copy of each rule.
"""

import ast
import builtins
import inspect
import math
import operator
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import FunctionType, SimpleNamespace
from typing import Any

import numpy as np

from fastopt import _core
from fastopt.rules import formulas

GUARDS = ("fade", "fade_square", "felt", "floored", "nonzero", "normal")
"""What the reference does against denormal numbers and 0 / 0, and nobody would write in NumPy."""

PLAIN: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(GUARDS, lambda x, *_: x),
    "norm_square": lambda x: x * x,
    "power": operator.pow,
    "product": operator.mul,
}
"""What stands in their place, and in that of what guards against overflow."""


def plain_rule(name: str, **replacements: object) -> formulas.Composed:
    """Return a rule of `fastopt.reference` without its guards: as one would write it in NumPy.

    It is a copy that sees none of the originals, so nothing outside notices.

    Parameters
    ----------
    name : str
        Of the rule.
    **replacements : object
        What else it shall see in place of a global of the reference, or of a function of Python.
    """
    rule = formulas.REFERENCES[name]
    replaced = PLAIN | replacements
    shared = _copied(vars(formulas), formulas.__name__, replaced)
    family = inspect.unwrap(rule).__module__
    copied = _copied(vars(sys.modules[family]), family, shared | replaced)
    composed: formulas.Composed = rule.composed
    terms = None if composed.terms is None else copied[composed.terms.__name__]
    return replace(composed, formula=copied[name], before=shared["before"], terms=terms)


def _copied(module: Mapping[str, Any], name: str, replaced: Mapping[str, object]) -> dict[str, Any]:
    """Copy the functions of a module, bare, so that they see each other and what is replaced."""
    seen = {
        **module,
        **{key: new for key, new in replaced.items() if key in module or hasattr(builtins, key)},
    }
    for key, value in module.items():
        bare = inspect.unwrap(value) if isinstance(value, FunctionType) else None
        if bare is not None and bare.__module__ == name and key not in replaced:
            seen[key] = FunctionType(bare.__code__, seen, key, bare.__defaults__, bare.__closure__)
            seen[key].__kwdefaults__ = bare.__kwdefaults__
    return seen


@dataclass(frozen=True, eq=False)
class Value:
    """An array on its way through a rule: one that was given (its `op` says so), or the result of a ufunc."""

    op: str
    args: "tuple[Value | Scalar | float, ...]" = ()

    @property
    def arrays(self) -> "list[Value]":
        """Those of its arguments that are arrays."""
        return [arg for arg in self.args if isinstance(arg, Value)]


@dataclass(frozen=True, eq=False)
class Store:
    """The moment when `value` becomes the content of the array called `name`."""

    name: str
    value: Value

    @property
    def arrays(self) -> list[Value]:
        """What it reads."""
        return [self.value]


@dataclass(frozen=True, eq=False)
class Keep:
    """The moment when a number that is kept beside the arrays becomes `scalar`, now called `name`."""

    name: str
    scalar: "Scalar"


@dataclass(frozen=True, eq=False)
class Total:
    """The moment when all elements of `value` are summed, to what is called `name`."""

    name: str
    value: Value

    @property
    def arrays(self) -> list[Value]:
        """What it reads."""
        return [self.value]


Event = Value | Store
"""What happens to elements: an operation, or a store."""


@dataclass
class Formula:
    """One rule, written down.

    Parameters
    ----------
    rule : str
        Its name.
    hyper : dict
        The hyperparameters that it is a function of, with their values.
    given : dict
        Parameter, gradient and state, under their names, as they are before the step.
    events : list
        What happens, in order.
    """

    rule: str
    hyper: dict[str, float]
    given: dict[str, Value]
    events: list[Event | Keep | Total] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._known: dict[tuple[object, ...], Value] = {}

    def apply(self, op: str, *args: Any) -> Value:
        """Write an operation down, unless it changes nothing or has been done already."""
        values = [arg.value if isinstance(arg, Array) else arg for arg in args]
        if (op == "multiply" and _is_one(values[0])) or (op in ("multiply", "divide") and _is_one(values[1])):
            (same,) = (value for value in values if isinstance(value, Value))
            return same
        if op in ("add", "subtract") and _is_zero(values[1]):
            return values[0]
        key = op, *(value if isinstance(value, Value) else str(value) for value in values)
        if key not in self._known:
            self._known[key] = Value(op, tuple(values))
            self.events.append(self._known[key])
        return self._known[key]

    @property
    def elementwise(self) -> list[Event]:
        """The events, if elements know nothing of each other."""
        events = [event for event in self.events if isinstance(event, Value | Store)]
        if len(events) != len(self.events):
            raise NotImplementedError(f"{self.rule}: it has sums, or numbers beside its arrays")
        return events

    def stored(self) -> dict[Value, str]:
        """Return the values that are stored, with the names of their arrays."""
        return {event.value: event.name for event in self.events if isinstance(event, Store)}

    def readers(self) -> dict[Value, list[Value]]:
        """Return for each value the operations that read it."""
        found: dict[Value, list[Value]] = {}
        for event in self.events:
            for value in event.arrays if isinstance(event, Value) else []:
                found.setdefault(value, []).append(event)  # type: ignore[arg-type]
        return found

    def scalars(self) -> list[str]:
        """Return the texts of all scalars that the operations need, each once."""
        args = (arg for event in self.events if isinstance(event, Value) for arg in event.args)
        return list(dict.fromkeys(str(arg) for arg in args if isinstance(arg, Scalar)))


def overhear(
    rule: str,
    slots: Sequence[str],
    hyper: Mapping[str, Any],
    step: int = 2,
    kept: Mapping[str, float] | None = None,
) -> Formula:
    """Run a rule of the reference on stand-ins and return what it does.

    Parameters
    ----------
    rule : str
        Its name in `fastopt.reference`.
    slots : sequence of str
        The state arrays that it gets.
    hyper : mapping
        All its keywords but `step`. Options, and hyperparameters that are zero, are taken as they are:
        what they turn off is no part of the formula.
    step : int
        A step that the formula is to hold for, and with it every other on the same branches.
    kept : mapping, optional
        The numbers that the rule keeps beside its arrays, as they are before that step.

    Of a rule of whole arrays only what comes before its formula can be heard.

    Examples
    --------
    >>> formula = overhear("sgd_momentum", ["v"], {"lr": 0.1, "momentum": 0.9, "dampening": 0.0})
    >>> [getattr(event, "op", "store") for event in formula.events]
    ['multiply', 'add', 'store', 'multiply', 'subtract', 'store']
    """
    symbols = {
        name: value
        for name, value in hyper.items()
        if isinstance(value, float) and value != 0 and math.isfinite(value)
    }
    formula = Formula(rule, symbols, {name: Value("given") for name in ("p", "g", *slots)})
    arrays = {name: Array(formula, value, name) for name, value in formula.given.items()}
    scalars = {name: Scalar(value, name) for name, value in symbols.items()}
    numbers = {name: Kept(formula, value, name) for name, value in (kept or {}).items()}
    numbers_of_python = {"max": _CHOOSING["maximum"], "min": _CHOOSING["minimum"]}
    composed: Any = plain_rule(
        rule, math=SimpleNamespace(sqrt=_square_root, inf=math.inf), **numbers_of_python
    )
    begun = composed.begin(**arrays, **numbers, **{**hyper, **scalars}, step=Scalar(step, "step"))
    totals = []
    for name, term in zip(_core.rules[rule].sums if rule in _core.rules else (), begun.terms(), strict=True):
        formula.events.append(Total(f"sum_{name}", term.value))
        totals.append(Scalar(1.0, f"sum_{name}"))
    if not composed.whole:
        begun.finish(totals)
    elif begun.g.value is not formula.given["g"]:
        formula.events.append(Store("g", begun.g.value))
    return formula


class Array(np.lib.mixins.NDArrayOperatorsMixin):
    """A stand-in for an array: what is done to it goes into a formula."""

    def __init__(self, formula: Formula, value: Value, name: str | None = None) -> None:
        self.formula, self.value, self.name = formula, value, name

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *args: Any, **keywords: Any) -> "Array":
        if method != "__call__" or keywords:
            raise NotImplementedError(f"{ufunc.__name__}: only plain calls can be written down")
        return Array(self.formula, self.formula.apply(ufunc.__name__, *args))

    def __array_function__(
        self, function: Callable[..., Any], types: object, args: tuple[Any, ...], keywords: dict[str, Any]
    ) -> "Array":
        if function is not np.where or keywords:
            raise NotImplementedError(
                f"{function.__name__}: of NumPy's functions only where can be written down"
            )
        return Array(self.formula, self.formula.apply("where", *args))

    def __setitem__(self, key: object, new: "Array") -> None:
        if key is not Ellipsis or self.name is None:
            raise NotImplementedError("only array[...] = ... can be written down")
        self.value = new.value
        self.formula.events.append(Store(self.name, self.value))

    def astype(self, dtype: object) -> "Array":
        """Stay as it is: a stand-in has no dtype."""
        return self


class Scalar:
    """A stand-in for a hyperparameter: it computes, so that a rule can branch, and remembers the text."""

    def __init__(self, value: float, text: str) -> None:
        self.value, self.text = value, text

    def __str__(self) -> str:
        return ast.unparse(ast.parse(self.text, mode="eval"))  # without the parentheses that are not needed

    def __eq__(self, other: object) -> bool:
        return self.value == getattr(other, "value", other)

    __hash__ = None  # type: ignore[assignment]

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *args: Any, **keywords: Any) -> Any:
        if any(isinstance(arg, Array) for arg in args):
            return NotImplemented
        return _CHOOSING[ufunc.__name__](*args)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __lt__(self, other: Any) -> bool:
        return bool(self.value < getattr(other, "value", other))

    def __gt__(self, other: Any) -> bool:
        return bool(self.value > getattr(other, "value", other))

    def __le__(self, other: Any) -> bool:
        return bool(self.value <= getattr(other, "value", other))

    def __ge__(self, other: Any) -> bool:
        return bool(self.value >= getattr(other, "value", other))

    def __neg__(self) -> "Scalar":
        return Scalar(-self.value, f"(-{self.text})")

    def _combine(self, compute: Callable[[Any, Any], Any], sign: str, other: Any, reflected: bool) -> Any:
        if isinstance(other, Array):
            return NotImplemented
        left, right = (other, self) if reflected else (self, other)
        if sign == "*" and isinstance(other, int | float) and other == 0:
            return 0.0
        if (sign == "*" and _is_one(other)) or (sign == "/" and _is_one(right)):
            return self
        if (sign == "+" and _is_zero(other)) or (sign == "-" and _is_zero(right)):
            return self
        a, b = (side if isinstance(side, Scalar) else Scalar(side, repr(side)) for side in (left, right))
        return Scalar(compute(a.value, b.value), f"({a.text} {sign} {b.text})")

    def __add__(self, other: Any) -> Any:
        return self._combine(operator.add, "+", other, False)

    def __radd__(self, other: Any) -> Any:
        return self._combine(operator.add, "+", other, True)

    def __sub__(self, other: Any) -> Any:
        return self._combine(operator.sub, "-", other, False)

    def __rsub__(self, other: Any) -> Any:
        return self._combine(operator.sub, "-", other, True)

    def __mul__(self, other: Any) -> Any:
        return self._combine(operator.mul, "*", other, False)

    def __rmul__(self, other: Any) -> Any:
        return self._combine(operator.mul, "*", other, True)

    def __truediv__(self, other: Any) -> Any:
        return self._combine(operator.truediv, "/", other, False)

    def __rtruediv__(self, other: Any) -> Any:
        return self._combine(operator.truediv, "/", other, True)

    def __pow__(self, other: Any) -> Any:
        return self._combine(operator.pow, "**", other, False)

    def __rpow__(self, other: Any) -> Any:
        return self._combine(operator.pow, "**", other, True)


class Kept(Scalar):
    """A stand-in for a number that a rule keeps beside its arrays."""

    def __init__(self, formula: Formula, value: float, name: str) -> None:
        super().__init__(value, name)
        self.formula, self.name = formula, name

    def item(self) -> Scalar:
        """Return the number that it is now."""
        return Scalar(self.value, self.text)

    def __setitem__(self, key: object, new: Any) -> None:
        scalar = Scalar(new.value, new.text) if isinstance(new, Scalar) else Scalar(new, repr(new))
        self.value, self.text = scalar.value, f"{self.name}_new"
        self.formula.events.append(Keep(self.text, scalar))


def _choosing(choose: Callable[[Any], Any]) -> Callable[..., Any]:
    """Return `max` or `min`, for numbers and what stands in for them."""

    def chosen(*args: Any) -> Any:
        if not any(isinstance(arg, Scalar) for arg in args):
            return choose(args)
        texts = ", ".join(str(arg) for arg in args)
        return Scalar(choose([getattr(arg, "value", arg) for arg in args]), f"{choose.__name__}({texts})")

    return chosen


_CHOOSING = {"maximum": _choosing(max), "minimum": _choosing(min)}


def _square_root(x: Any) -> Any:
    return Scalar(math.sqrt(x.value), f"math.sqrt({x.text})") if isinstance(x, Scalar) else math.sqrt(x)


def _is_zero(x: object) -> bool:
    return isinstance(x, int | float) and x == 0


def _is_one(x: object) -> bool:
    return isinstance(x, int | float) and x == 1
