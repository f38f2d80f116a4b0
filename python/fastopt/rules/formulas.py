"""What formulas are written with: the stages before them, and how nothing sinks into denormal numbers."""

import functools
import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import NDArray

from fastopt._common.bounds import expect_single, step_number
from fastopt._common.wording import shown

Array = NDArray[Any]
Formula = Callable[..., None]
Sums = tuple[Array, ...]
Decays = Literal["shared", "decoupled", "own"]

REFERENCES: dict[str, Any] = {}
"""Every rule that has been made of a formula, by name."""


@overload
def rule(formula: Formula) -> Formula: ...
@overload
def rule(
    *,
    decays: Decays = ...,
    weight_decay: float = ...,
    terms: Callable[..., Sums] | None = ...,
    whole: bool = ...,
) -> Callable[[Formula], Formula]: ...
def rule(
    formula: Formula | None = None,
    *,
    decays: Decays = "shared",
    weight_decay: float = 0.0,
    terms: Callable[..., Sums] | None = None,
    whole: bool = False,
) -> Formula | Callable[[Formula], Formula]:
    """Make a rule of a formula, by adding what all rules share.

    The formula has its arrays, its hyperparameters, and `step` if it depends on it. Its arrays are parameter,
    gradient, state, and then the scalars of the rule, float64 of one element. The rule computes as its
    kernel does, whatever it is given, and wherever it is called: arrays are taken as they lie in memory,
    without what a subclass makes of them (a mask, a matrix product), numbers as Python's, whose dtype gives
    way to that of the arrays. No warning, nor one that has been made an error, ends it halfway.

    Parameters
    ----------
    formula : callable
        The formula.
    decays : {"shared", "decoupled", "own"}
        Weight decay as L2 or decoupled, as the caller asks; always decoupled; or what the formula itself has
        of it, if anything.
    weight_decay : float
        The default of a decay that is not its own.
    terms : callable, optional
        For a formula that needs sums before it: of the same arrays, and of those hyperparameters that it
        names, the arrays that are to be summed. The formula gets the sums as its keyword `sums`.
    whole : bool
        Whether the formula is one of a whole array, not of each element. It is not called for no elements.
    """
    if formula is None:
        return functools.partial(rule, decays=decays, weight_decay=weight_decay, terms=terms, whole=whole)
    bare = formula
    signature = inspect.signature(bare)
    own = [p for p in signature.parameters.values() if p.name != "sums"]
    shared: dict[str, Any] = {"step": 1}
    if decays != "own":
        shared["weight_decay"] = weight_decay
    if decays == "shared":
        shared["decoupled_weight_decay"] = False
    signature = _with_keywords(signature.replace(parameters=own), shared | {"maximize": False})
    numbers = {p.name for p in signature.parameters.values() if p.kind is p.KEYWORD_ONLY}
    defaults = {name: signature.parameters[name].default for name in numbers}
    composed = Composed(bare, before, terms, defaults, decays, whole)

    @functools.wraps(bare)
    def plain(*arrays: Any, **keywords: Any) -> None:
        signature.bind(*arrays, **keywords)  # Python's own error says what is wrong with a call
        named: dict[str, Any] = {
            name: _number(name, x, defaults[name]) if name in numbers else x for name, x in keywords.items()
        }
        p = arrays[0] if arrays else named["p"]
        if isinstance(p, np.ndarray) and p.dtype == np.float32:
            for name, x in named.items():
                if isinstance(x, float) and math.isfinite(x):
                    expect_single(name, x, resolved=name == "eps")
        with np.errstate(all="ignore"):
            composed(*arrays, **named)

    plain.__signature__ = signature  # type: ignore[attr-defined]
    plain.composed = composed  # type: ignore[attr-defined]
    REFERENCES[bare.__name__] = plain
    return plain


@dataclass(frozen=True)
class Composed:
    """A formula with what comes before it: it takes every keyword of `defaults`."""

    formula: Formula
    before: Callable[..., Array]
    terms: Callable[..., Sums] | None
    defaults: dict[str, Any]
    decays: Decays
    whole: bool = False

    def __call__(self, p: Array, g: Array, *state: Array, **keywords: Any) -> None:
        """Take the step of one array."""
        begun = self.begin(p, g, *state, **keywords)
        begun.finish(begun.sums())

    def begin(self, p: Array, g: Array, *state: Array, **keywords: Any) -> "Begun":
        """Take the step as far as its sums."""
        p, g, *state = (_in_memory(x) for x in (p, g, *state))  # type: ignore[assignment]
        own = self.defaults | {name: _in_memory(x) for name, x in keywords.items()}
        maximize = own.pop("maximize")
        decay, decoupled = 0.0, True
        if self.decays != "own":
            decay, decoupled = own.pop("weight_decay"), own.pop("decoupled_weight_decay", True)
        g = self.before(p, g, own.get("lr", 0.0), decay, decoupled, maximize)
        return Begun(self, p, g, tuple(state), own)


@dataclass(frozen=True)
class Begun:
    """A step of one array that has come as far as its sums."""

    rule: Composed
    p: Array
    g: Array
    state: tuple[Array, ...]
    keywords: dict[str, Any]

    def sums(self) -> list[float]:
        """Return the sums over this array."""
        return [total(term) for term in self.terms()]

    def terms(self) -> Sums:
        """Return what the rule sums."""
        terms = self.rule.terms
        return () if terms is None else terms(self.p, self.g, *self.state, **self._known_to(terms))

    def finish(self, sums: list[float]) -> None:
        """Take the rest of the step."""
        if self.rule.whole and self.p.size == 0:
            return
        formula = self.rule.formula
        named = {"sums": sums} if self.rule.terms is not None else {}
        formula(self.p, self.g, *self.state, **self._known_to(formula), **named)

    def _known_to(self, function: Callable[..., object]) -> dict[str, Any]:
        known = _parameters(function)
        return {name: value for name, value in self.keywords.items() if name in known}


@functools.cache
def _parameters(function: Callable[..., object]) -> frozenset[str]:
    return frozenset(inspect.signature(function).parameters)


def total(term: Array) -> float:
    """Add up an array in the one order in which the kernels do, that of its indices."""
    return float(totals(np.ravel(term)))


def totals(terms: Array) -> Array:
    """Add up each row of an array, that is, along its last axis.

    Blocks of 4096 elements are added in their order. Within a block, element i goes into partial sum i % 16,
    and these are added half onto half: k and k + 8, then k and k + 4, ...
    """
    *rows, n = terms.shape
    beside = [(0, 0)] * len(rows)
    blocks = np.pad(np.asarray(terms, np.float64), [*beside, (0, -n % 4096)]).reshape(*rows, -1, 256, 16)
    partial = np.add.reduce(blocks, axis=-2)
    for half in (8, 4, 2, 1):
        partial = partial[..., :half] + partial[..., half:]
    return np.add.accumulate(np.pad(partial[..., 0], [*beside, (1, 0)]), axis=-1)[..., -1]


def before(
    p: Array, g: Array, lr: float, weight_decay: float, decoupled_weight_decay: bool, maximize: bool
) -> Array:
    """Do what comes before every formula; return the gradient as the formula sees it."""
    if maximize:
        g = -g
    keep = 1 - lr * weight_decay
    if decoupled_weight_decay and keep != 1:
        p[...] = fade(keep * p)
    if not decoupled_weight_decay and weight_decay != 0:
        g = g + fade(weight_decay * p)
    return g


def _with_keywords(signature: inspect.Signature, shared: dict[str, Any]) -> inspect.Signature:
    """Add keywords with these defaults to a signature, those that it lacks."""
    parameters = dict(signature.parameters)
    for name, default in shared.items():
        parameters.setdefault(
            name,
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=type(default)
            ),
        )
    return signature.replace(parameters=list(parameters.values()))


def _in_memory(x: Any) -> Any:
    return np.asarray(x) if isinstance(x, np.ndarray) else x


def _number(name: str, x: Any, default: Any) -> bool | int | float | None:
    """Judge a keyword; one whose default is None or infinite may be that."""
    if x is None and default is None:
        return None
    if name == "step":
        return step_number(x)
    if isinstance(x, bool | np.bool_):
        return bool(x)
    if not isinstance(x, Real):
        raise TypeError(f"{name}: expected a number, got {shown(x)} ({type(x).__name__})")
    try:
        number = float(x)
    except OverflowError:  # a whole number beyond the largest float
        number = math.inf
    if not math.isfinite(number) and number != default:
        raise ValueError(f"{name}: expected a finite number, got {shown(x)}")
    return number


def fade(m: Array) -> Array:
    """End the decay of a mean of gradients, or of a weight, at zero: below ``tiny / eps`` of its dtype.

    Without this the state of a parameter whose gradient stays zero would sink into denormal numbers, never
    reach zero, and slow every later step down, on many processors some fifty times. The end lies above the
    smallest normal number so that ``lr * m`` is normal as well.
    """
    limits = np.finfo(m.dtype)
    return np.where(np.abs(m) < float(limits.tiny / limits.eps), 0, m)


def fade_square(v: Array) -> Array:
    """End the decay of a mean of squares at zero: below the smallest normal number of its dtype.

    For the same reason as `fade`, but as late as can be: it is small already where its root is not.
    """
    return np.where(v < float(np.finfo(v.dtype).tiny), 0, v)


def floored(v: Array) -> Array:
    """Take a mean of squares, in a denominator, for the smallest normal number of its dtype at least.

    Over a mean that is zero while the gradient is not the step would have no bound but `eps`, and with
    ``eps=0`` that of no gradient at all would be NaN.
    """
    return np.maximum(v, float(np.finfo(v.dtype).tiny))


def normal(x: float, like: Array) -> float:
    """Take a number, in a denominator, for the smallest normal number of a dtype at least."""
    limits = np.finfo(like.dtype)
    return max(float(limits.dtype.type(x)), float(limits.tiny))


def square(g: Array, share: float) -> Array:
    """Square what enters a mean of squares, which takes `share` of it."""
    return felt(g, share) * g


def norm_square(x: Array) -> Array:
    """Square what is summed for a norm, in double."""
    return square(x.astype(np.float64), 1)


def felt(g: Array, share: float) -> Array:
    """Replace by zero what is so small that `share` of its square would be a denormal number."""
    least = math.sqrt(float(np.finfo(g.dtype).tiny) / share) if share else math.inf
    return np.where(np.abs(g) < least, 0, g)


def nonzero(d: Array) -> Array:
    """Replace the zeros of a denominator by ones: 0 / 0 is to be 0 here."""
    return np.where(d == 0, 1, d)


def power(x: float, exponent: float) -> float:
    """Take a power as C does: infinite where that of Python raises."""
    return float(np.float64(x) ** exponent)
