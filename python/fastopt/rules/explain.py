"""What an optimizer does, in lines of mathematics: written down from the reference while it runs.

Nothing here knows any rule. The lines are the operations that `fastopt.rules.overheard` hears, so they cannot
say anything else than what is computed. Of a rule of whole arrays they are the lines of the reference itself.
"""

import ast
import inspect
import math
from collections.abc import Iterable, Mapping
from typing import Any

from fastopt import _core
from fastopt.rules.formulas import REFERENCES
from fastopt.rules.overheard import Formula, Keep, Scalar, Store, Total, Value, overhear

__all__ = ["explained"]

_WRITTEN = {
    "absolute": "abs({})",
    "add": "({} + {})",
    "bitwise_or": "({} | {})",
    "divide": "({} / {})",
    "equal": "({} == {})",
    "greater": "({} > {})",
    "less": "({} < {})",
    "maximum": "max({}, {})",
    "minimum": "min({}, {})",
    "multiply": "({} * {})",
    "negative": "(-{})",
    "power": "({} ** {})",
    "sign": "sign({})",
    "sqrt": "sqrt({})",
    "subtract": "({} - {})",
    "where": "where({}, {}, {})",
}

LEFT_OUT = (
    "Beside that, nothing sinks into denormal numbers: what decays ends at 0, and denominators end at the "
    "smallest normal number."
)


def explained(optimizer: Any) -> str:
    """Return the lines of `Optimizer.explain`."""
    keywords = optimizer._keywords()
    step = keywords.pop("step")
    rule = _core.rules[optimizer._rule]
    kept = dict(zip(rule.scalars, map(float, optimizer._scalars[0]), strict=True))
    formula = overhear(optimizer._rule, list(optimizer._slots), keywords, step, kept)
    lines = Writer(formula).lines()
    if rule.whole:
        lines += source_lines(optimizer._rule)
    over, of_each = ("all arrays", "once") if rule.scope == "all" else ("the array", "one for each array")
    notes = [f"sum(...) goes over all elements of {over}."] if rule.sums else []
    if rule.scalars:
        notes.append(f"{' and '.join(rule.scalars)}: kept from step to step, {of_each}.")
    notes += [
        f"{label} is a schedule: {number(keywords[hyper])} in this step."
        for hyper, (label, value, _) in optimizer._hypers.items()
        if callable(value)
    ]
    if rule.whole:
        known = {"step": step} | {name: keywords[name] for name in keywords if name in names_in(lines)}
        notes.append(", ".join(f"{name} = {written(value)}" for name, value in known.items()) + ".")
    else:
        notes.append(LEFT_OUT)
    library = getattr(optimizer, "compat", "torch")
    whose = "" if library == "torch" else f" as in {library}"
    head = f"{type(optimizer).__name__}{whose}, step t = {step}:"
    return "\n".join([head, "", *(f"    {line}".rstrip() for line in lines), "", *notes])


def source_lines(rule: str) -> list[str]:
    """Return the body of a function of the reference, without its docstring."""
    tree = ast.parse(inspect.getsource(inspect.unwrap(REFERENCES[rule])))
    body = tree.body[0].body[1:]  # type: ignore[attr-defined]
    return [line for statement in body for line in ast.unparse(statement).splitlines()]


def names_in(lines: Iterable[str]) -> set[str]:
    """Return the names that lines of Python use."""
    return {node.id for node in ast.walk(ast.parse("\n".join(lines))) if isinstance(node, ast.Name)}


def written(value: object) -> str:
    """Write the value of a hyperparameter."""
    return number(value) if isinstance(value, float) else str(value)


class Writer:
    """Writes the events of a formula as assignments, in an order in which each can be read by itself."""

    def __init__(self, formula: Formula) -> None:
        self._formula = formula
        self._text = {value: name for name, value in formula.given.items()}
        self._reads = {value: frozenset({name}) for name, value in formula.given.items()}
        self._lines: list[str] = []
        self._helpers = 0

    def lines(self) -> list[str]:
        """Return them."""
        events = self._formula.events
        last = {value: k for k, event in enumerate(events) for value in getattr(event, "arrays", [])}
        uses: dict[Value, int] = {}
        for event in events:
            for value in getattr(event, "arrays", []):
                uses[value] = uses.get(value, 0) + 1
        stored = self._formula.stored()
        for k, event in enumerate(events):
            if isinstance(event, Value):
                self._write(event)
                if uses.get(event, 0) > 1 and event not in stored and len(self._text[event]) > LONG:
                    self._name(event)
            elif isinstance(event, Total):
                self._lines.append(f"{event.name} = sum({tidy(self._text[event.value])})")
            elif isinstance(event, Keep):
                self._lines.append(f"{event.name} = {tidy(self._number(event.scalar))}")
            else:
                self._store(event, [value for value in self._text if last.get(value, -1) > k])
        return self._lines

    def _write(self, value: Value) -> None:
        texts, reads = [], frozenset[str]()
        for arg in value.args:
            if isinstance(arg, Value):
                texts.append(self._text[arg])
                reads |= self._reads[arg]
            else:
                texts.append(self._number(arg))
        self._text[value] = _WRITTEN[value.op].format(*texts)
        self._reads[value] = reads

    def _name(self, value: Value) -> None:
        """Write a value down as a line of its own."""
        self._helpers += 1
        name = f"d{self._helpers}"
        self._lines.append(f"{name} = {tidy(self._text[value])}")
        self._text[value], self._reads[value] = name, frozenset({name})

    def _store(self, store: Store, alive: list[Value]) -> None:
        """Write a store, but first what is still to be read of the old content."""
        for value in alive:
            if store.name in self._reads[value] and value is not store.value:
                self._name(value)
        line = f"{store.name} = {tidy(self._text[store.value])}"
        if line != f"{store.name} = {store.name}":
            self._lines.append(line)
        if store.value.op != "given":
            self._text[store.value], self._reads[store.value] = store.name, frozenset({store.name})

    def _number(self, x: Scalar | float) -> str:
        return with_numbers(str(x), self._formula.hyper) if isinstance(x, Scalar) else number(float(x))


LONG = 12
"""Characters of a result that is worth a line of its own, if it is used twice."""


def with_numbers(text: str, hyper: Mapping[str, float]) -> str:
    """Write the numbers of hyperparameters into an expression, and t for the step; compute what can be."""

    class Fill(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            if node.id in hyper:
                return ast.Constant(hyper[node.id])
            return ast.Name("t") if node.id == "step" else node

    filled = Fill().visit(ast.parse(text.replace("math.", ""), mode="eval")).body
    return f"({ast.unparse(folded(filled))})"


def folded(node: ast.expr) -> ast.expr:
    """Compute the parts of an expression in which there are only numbers."""
    if isinstance(node, ast.BinOp):
        node = ast.BinOp(folded(node.left), node.op, folded(node.right))
    elif isinstance(node, ast.UnaryOp):
        node = ast.UnaryOp(node.op, folded(node.operand))
    elif isinstance(node, ast.Call):
        node = ast.Call(node.func, [folded(arg) for arg in node.args], [])
    names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)} - {"sqrt", "max", "min"}
    if names or isinstance(node, ast.Name):
        return node
    value = eval(compile(ast.fix_missing_locations(ast.Expression(node)), "", "eval"), {"sqrt": math.sqrt})
    return ast.parse(number(float(value)), mode="eval").body


def number(x: float) -> str:
    """Write a number as short as twelve digits allow."""
    return f"{x:.12g}"


def tidy(text: str) -> str:
    """Return an expression with squares as such, and without what changes nothing."""
    tree = Simpler().visit(ast.parse(text, mode="eval"))
    return ast.unparse(ast.fix_missing_locations(tree)).replace(" ** ", "^")


class Simpler(ast.NodeTransformer):
    """Writes x * x as a square, and leaves out factors of 1 and terms of 0."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        """Simplify an operation of two simple things."""
        self.generic_visit(node)
        left, right = (getattr(side, "value", None) for side in (node.left, node.right))
        match node.op:
            case ast.Mult() if ast.dump(node.left) == ast.dump(node.right):
                return ast.BinOp(node.left, ast.Pow(), ast.Constant(2))
            case ast.Mult() | ast.Add() if left == (1 if isinstance(node.op, ast.Mult) else 0):
                return node.right
            case ast.Mult() | ast.Div() | ast.Pow() if right == 1:
                return node.left
            case ast.Add() | ast.Sub() if right == 0:
                return node.left
            case ast.Pow() if right == 0:
                return ast.Constant(1)
        return node
