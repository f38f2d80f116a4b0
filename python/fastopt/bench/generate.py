"""A formula as a function, in NumPy with ``out=`` or in plain Python: what a careful person would write.

Both take a list of tuples, one for each parameter with its gradient, state and work space, so that what is
computed once a step is computed once for all of them.
"""

import ast
import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from fastopt.rules.overheard import Event, Formula, Scalar, Store, Value

# What plain Python calls the ufuncs.
_PYTHON = {
    "absolute": "abs({})",
    "add": "({} + {})",
    "divide": "({} / {})",
    "equal": "({} == {})",
    "greater": "({} > {})",
    "less": "({} < {})",
    "maximum": "max({}, {})",
    "minimum": "min({}, {})",
    "multiply": "({} * {})",
    "negative": "(-{})",
    "power": "({} ** {})",
    "sign": "(({0} > 0) - ({0} < 0))",
    "sqrt": "math.sqrt({})",
    "subtract": "({} - {})",
    "where": "({1} if {0} else {2})",
}

_BOOLEAN = ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")


def python_source(formula: Formula) -> str:
    """Return the formula as a loop over lists of floats.

    Examples
    --------
    >>> from fastopt.rules.overheard import overhear
    >>> print(python_source(overhear("sgd", [], {"lr": 0.5})))
    def sgd(arrays, step, *, lr):
        for p, g in arrays:
            for i, (p_i, g_i) in enumerate(zip(p, g)):
                p[i] = p_i - lr * g_i
    """
    names = {value: f"{name}_i" for name, value in formula.given.items()}
    # Those get a name that are more than a hyperparameter.
    texts = [text for text in formula.scalars() if not text.isidentifier()]
    scalars = {text: f"c{k}" for k, text in enumerate(texts, 1)}
    uses = Counter(arg for event in formula.elementwise if isinstance(event, Value) for arg in event.arrays)
    stored = formula.stored()
    body = []

    def text(arg: Value | Scalar | float) -> str:
        if not isinstance(arg, Value):
            return scalars.get(str(arg), str(arg))
        if arg in names:
            return names[arg]
        if arg.op not in _PYTHON:
            raise NotImplementedError(f"np.{arg.op}: say in _PYTHON what plain Python calls it")
        return _PYTHON[arg.op].format(*map(text, arg.args))

    for event in formula.elementwise:
        if isinstance(event, Store):
            right = _tidy(text(event.value))
            if uses[event.value] and event.value not in names:
                names[event.value] = f"{event.name}_new"
                right = f"{names[event.value]} = {right}"
            body.append(f"{event.name}[i] = {right}")
        elif uses[event] > 1 and event not in stored:
            right = _tidy(text(event))
            names[event] = f"t{len(names)}"
            body.append(f"{names[event]} = {right}")

    arrays = ", ".join(formula.given)
    elements = ", ".join(f"{name}_i" for name in formula.given)
    loop = [f"for i, ({elements}) in enumerate(zip({arrays})):", *_indented(body)]
    lines = [f"{name} = {text}" for text, name in scalars.items()]
    return _function(formula, "arrays, step", lines, arrays, loop)


def numpy_source(formula: Formula) -> tuple[str, list[type]]:
    """Return the formula as ufuncs with ``out=``, and the dtypes of the buffers it needs: float or bool.

    An intermediate result goes where it will be stored in the end, if what is there is not needed any more;
    else into the buffer of an argument that is used for the last time; else into a new buffer. Operations
    come as late as they can, so that what they leave in the cache is still there when it is needed. Scalars
    become arrays of no dimension, once a step: a ufunc takes those in half the time of a Python float.

    Examples
    --------
    >>> from fastopt.rules.overheard import overhear
    >>> source, buffers = numpy_source(overhear("sgd_average", ["m"], {"lr": 0.5, "momentum": 0.9}))
    >>> print(source)
    def sgd_average(arrays, step, dtype, *, lr, momentum):
        c1 = np.array(momentum, dtype)
        c2 = np.array(1 - momentum, dtype)
        c3 = np.array(lr, dtype)
        for p, g, m, work1 in arrays:
            np.multiply(c1, m, out=m)
            np.multiply(c2, g, out=work1)
            np.add(m, work1, out=m)
            np.multiply(c3, m, out=work1)
            np.subtract(p, work1, out=p)
    """
    scalars = {text: f"c{k}" for k, text in enumerate(formula.scalars(), 1)}
    events = _late(formula)
    places = _Places(formula, events)
    body: list[str] = []
    for k, event in enumerate(events):
        if isinstance(event, Store):
            if places.of[event.value] != event.name:
                body.append(f"np.copyto({event.name}, {places.of[event.value]})")
            continue
        args = [places.of[a] if isinstance(a, Value) else scalars.get(str(a), str(a)) for a in event.args]
        body += _call(event.op, args, places.choose(k, event))
    arrays = ", ".join((*formula.given, *places.buffers))
    lines = [f"{name} = np.array({text}, dtype)" for text, name in scalars.items()]
    return _function(formula, "arrays, step, dtype", lines, arrays, body), list(places.buffers.values())


def compiled(source: str) -> Callable[..., None]:
    """Return the function in `source`."""
    namespace: dict[str, Any] = {"np": np, "math": math}
    exec(compile(source, "<generated by fastopt bench>", "exec"), namespace)
    function: Callable[..., None] = namespace.popitem()[1]  # what was defined last
    return function


def _late(formula: Formula) -> list[Event]:
    """Return the events in the order in which the stores need them, of two arguments the longer one first."""
    done: dict[Event, None] = {}
    readers = formula.readers()

    def need(value: Value) -> None:
        for arg in sorted(value.arrays, key=lambda arg: -len(_ancestors(arg))):
            need(arg)
        if value.op != "given":
            done.setdefault(value)

    for store in formula.elementwise:
        if isinstance(store, Store):
            before = _ancestors(store.value)
            for reader in readers.get(formula.given[store.name], []):
                if reader not in before:  # it needs what the store would overwrite
                    need(reader)
            need(store.value)
            done.setdefault(store)
    return list(done)


def _ancestors(value: Value) -> set[Value]:
    """Return the operations that a value is made by, itself included."""
    if value.op == "given":
        return set()
    return {value}.union(*map(_ancestors, value.arrays))


class _Places:
    """In which array or buffer each value is kept: filled in the order of the events."""

    def __init__(self, formula: Formula, events: list[Event]) -> None:
        self.of = {value: name for name, value in formula.given.items()}
        self.buffers: dict[str, type] = {}
        self._given = formula.given
        self._free: list[str] = []
        self._last = {value: k for k, event in enumerate(events) for value in event.arrays}
        self._home = formula.stored()
        self._adopt_homes(formula, events)

    def choose(self, k: int, value: Value) -> str:
        """Return where event `k` shall put its result, and free the buffers it was the last to read."""
        dying = [arg for arg in dict.fromkeys(value.arrays) if self._last[arg] == k]
        freed = [self.of[arg] for arg in dying if self.of[arg] in self.buffers]
        home = self._home.get(value)
        kind = bool if value.op in _BOOLEAN else float
        if home is not None and self._last.get(self._given[home], -1) <= k:
            place = home
        else:
            # np.where becomes two copies, and the first must not write over what the second reads.
            reusable = [self.of[arg] for arg in dying if value.op != "where" or arg is value.args[2]]
            candidates = [name for name in (*reusable, *self._free) if name in self.buffers]
            place = next((name for name in candidates if self.buffers[name] is kind), "") or self._new(kind)
        self._free = [name for name in dict.fromkeys([*self._free, *freed]) if name != place]
        self.of[value] = place
        return place

    def _new(self, kind: type) -> str:
        number = sum(kind is other for other in self.buffers.values()) + 1
        name = f"{'mask' if kind is bool else 'work'}{number}"
        self.buffers[name] = kind
        return name

    def _adopt_homes(self, formula: Formula, events: list[Event]) -> None:
        """Let what is made of an array's old content on the way to its new one be made in place."""
        readers = formula.readers()
        for event in reversed(events):
            if isinstance(event, Value) and event not in self._home and len(readers.get(event, [])) == 1:
                home = self._home.get(readers[event][0])
                if home is not None and formula.given[home] in event.args:
                    self._home[event] = home


def _call(op: str, args: list[str], out: str) -> list[str]:
    if op != "where":
        return [f"np.{op}({', '.join(args)}, out={out})"]
    condition, new, old = args
    copy = [] if old == out else [f"np.copyto({out}, {old})"]
    return [*copy, f"np.copyto({out}, {new}, where={condition})"]


def _function(formula: Formula, parameters: str, scalars: list[str], arrays: str, body: list[str]) -> str:
    keywords = ", ".join(["", "*", *formula.hyper]) if formula.hyper else ""
    lines = [*scalars, f"for {arrays} in arrays:", *_indented(body)]
    return "\n".join([f"def {formula.rule}({parameters}{keywords}):", *_indented(lines)])


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def _tidy(text: str) -> str:
    """Return the expression without the parentheses that are not needed."""
    return ast.unparse(ast.parse(text, mode="eval"))
