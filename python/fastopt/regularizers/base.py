"""What all penalties share."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import Field, fields
from itertools import compress
from typing import Any, ClassVar, TypeVar, cast

import numpy as np

from fastopt import _core
from fastopt._common.bounds import Bounds
from fastopt._common.trees import Array, Arrays

from .memory import expect_updatable, is_same
from .selection import Selector, judged, shown
from .structure import Parts

Structure = TypeVar("Structure", bound=Arrays)


class Regularizer(ABC):
    """What all penalties share. Not to be instantiated: use one of its subclasses, or write one.

    A subclass is a frozen dataclass with the fields `strength`, `only` and `skip`, and says for one array
    what value, gradient and proximal operator are.

    Examples
    --------
    >>> isinstance(l2(1e-4), Regularizer)
    True
    """

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    strength: float
    only: Selector
    skip: Selector

    def __post_init__(self) -> None:
        self._set("strength", Bounds(0).check("strength", self.strength))
        self._set("only", judged("only", self.only))
        self._set("skip", judged("skip", self.skip))
        if self.only is not None and self.skip is not None:
            raise ValueError(f"skip: expected None beside only={shown(self.only)}, got {shown(self.skip)}")

    def __repr__(self) -> str:
        given = (f"{f.name}={shown(getattr(self, f.name))}" for f in fields(self))
        return f"{type(self).__name__}({', '.join(given)})"

    def __call__(self, params: Structure) -> tuple[float, Structure]:
        """Return the penalty and its gradient.

        Parameters
        ----------
        params : array, list or dict of arrays
            float32 or float64.

        Returns
        -------
        value : float
            Summed in double precision; 0 for a strength of 0, whatever the parameters.
        grads : array, list or dict of arrays
            New arrays in the structure (a list for a tuple), dtypes and memory orders of `params`; zeros for
            an array that is left out.

        Raises
        ------
        TypeError
            If something is not a NumPy array of float32 or float64.
        ValueError
            If the structure is empty, lacks a key that `only` or `skip` names, or holds nothing but arrays
            whose shape leaves them out.
        """
        mine = Parts("params", params)
        chosen = self._chosen(mine)
        new = [np.empty_like if on and self.strength else np.zeros_like for on in chosen]
        grads = [make(p) for make, p in zip(new, mine.arrays, strict=True)]
        value = self._total(self._write, mine.arrays, grads, chosen)
        return value, cast(Structure, mine.like(grads))

    def add_to(self, params: Arrays, grads: Arrays) -> float:
        """Add the gradient of the penalty to the given gradients, in place.

        Parameters
        ----------
        params : array, list or dict of arrays
            float32 or float64.
        grads : array, list or dict of arrays
            In the structure, shapes and dtypes of `params`. Arrays that are left out are not touched.

        Returns
        -------
        float
            The penalty, as from a call.

        Raises
        ------
        TypeError, ValueError
            As from a call; and if `grads` differ from `params` in structure, shape or dtype, cannot be
            written, or overlap anything. Nothing is written then.
        """
        mine = Parts("params", params)
        chosen = self._chosen(mine)
        theirs = Parts("grads", grads).matched(mine)
        written = list(compress(theirs.named, chosen))
        expect_updatable(written)
        _core.expect_separate(written, mine.named)
        return self._total(self._add, mine.arrays, theirs.arrays, chosen)

    def prox(self, params: Structure, lr: float, out: Structure | None = None) -> Structure:
        r"""Apply the proximal operator: the minimiser of the penalty :math:`R` near `params`.

        .. math:: \operatorname{prox}(W) = \arg\min_V \; R(V) + \frac{1}{2 \eta} \|V - W\|^2

        After a gradient step on the loss alone this is proximal gradient descent (ISTA).

        Parameters
        ----------
        params : array, list or dict of arrays
            :math:`W`, float32 or float64.
        lr : float
            :math:`\eta \ge 0`, the step size: the learning rate of the gradient step.
        out : array, list or dict of arrays, optional
            Where the result is written, in the structure, shapes and dtypes of `params`; by default into new
            arrays. ``out=params`` works in place.

        Returns
        -------
        array, list or dict of arrays
            The result, or `out`. Arrays that are left out are as they were.

        Raises
        ------
        TypeError, ValueError
            As from a call; if `lr` is not as above; and if `out` differs from `params` in structure, shape or
            dtype, cannot be written, or overlaps anything but the array in its own place. Nothing is
            written then.

        References
        ----------
        Parikh and Boyd, Proximal algorithms, 2014, section 6.5.
        """
        lr = Bounds(0).check("lr", lr)
        mine = Parts("params", params)
        chosen = self._chosen(mine)
        if out is None:
            results = [np.empty_like(p) for p in mine.arrays]
            result = cast(Structure, mine.like(results))
        else:
            theirs = Parts("out", out).matched(mine)
            results, result = theirs.arrays, out
            in_place = [is_same(p, v) for p, v in zip(mine.arrays, results, strict=True)]
            each = list(zip(chosen, in_place, strict=True))
            written = list(compress(theirs.named, (on or not same for on, same in each)))
            read = list(compress(mine.named, (not (on and same) for on, same in each)))
            expect_updatable(written)
            _core.expect_separate(written, read)
        with np.errstate(all="ignore"):
            for p, v, on in zip(mine.arrays, results, chosen, strict=True):
                if on:
                    self._prox(p, lr, v)
                elif not is_same(p, v):
                    np.copyto(v, p)
        return result

    # One array.

    @abstractmethod
    def _write(self, p: Array, grad: Array) -> float:
        """Write the gradient into an array made like `p`, and return the penalty before its strength."""

    def _add(self, p: Array, g: Array) -> float:
        """Add the gradient, and return the penalty as `_write` does, to the bit."""
        value = self._write(p, grad := np.empty_like(p))
        with np.errstate(all="ignore"):  # a warning made an error would stop halfway; infinity says enough
            np.add(g, grad, out=g)
        return value

    @abstractmethod
    def _prox(self, p: Array, lr: float, out: Array) -> None:
        """Write the minimiser; `out` may be `p`."""

    # All of them.

    def _total(
        self,
        each: Callable[[Array, Array], float],
        params: list[Array],
        grads: list[Array],
        chosen: list[bool],
    ) -> float:
        """Do it for each chosen array, and return the penalty. A strength of zero does nothing."""
        if not self.strength:
            return 0.0
        return self.strength * sum(map(each, compress(params, chosen), compress(grads, chosen)))

    def _chosen(self, mine: "Parts") -> list[bool]:
        if self.only is not None:
            return mine.matches("only", self.only)
        if self.skip is not None:
            return [not match for match in mine.matches("skip", self.skip)]
        if mine.kind == "array":
            return [True]
        chosen = [p.ndim >= 2 for p in mine.arrays]
        if not any(chosen):
            raise ValueError(
                "params: expected an array of at least 2 dimensions, got none, so that all would be left out "
                "as biases; say which to penalise with only= or skip="
            )
        return chosen

    def _set(self, field: str, value: object) -> None:
        object.__setattr__(self, field, value)  # around the lock of a frozen dataclass


def strengths(penalties: Iterable[Regularizer], params: Arrays) -> Any:
    """Return how strongly penalties act on each array, in the structure of `params`: the sums, 0 for none."""
    mine = Parts("params", params)
    chosen = [(penalty.strength, penalty._chosen(mine)) for penalty in penalties]
    return mine.like([sum(s for s, on in chosen if on[k]) for k in range(len(mine.arrays))])
