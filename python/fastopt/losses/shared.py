"""What all losses share: the docstring of `reduction` and `out`, and the end of those that are NumPy."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from fastopt._common.types import Floats

__all__ = ["Array", "by_elements", "by_rows", "expect", "in_silence", "reduced", "scaling", "write"]

Array = NDArray[Any]
Loss = TypeVar("Loss", bound=Callable[..., Any])

# What NumPy computes here is computed under any error state, as in the core: `out` is never left half done.
in_silence = np.errstate(all="ignore")

_PARAMETERS = """
reduction : {{"mean", "sum", "none"}}
    ``"mean"`` is the sum over the batch divided by the number of samples; ``"none"`` gives the value of each
    {unit}, and the gradient of their sum.
out : {arrays}, optional
    For {the_gradient}, of dtype and shape of `{first}`{order}.
    {it} may be {itself}, and shares memory with nothing else.

Returns
-------
loss : float, or array of {values}
    The value.
{grads} : {arrays} of {shape}
    {The_gradient} with respect to {arguments}.

Raises
------
TypeError
    If an argument is of a wrong type or dtype.
ValueError
    If a shape is wrong, the batch is empty, a number is out of its range or beyond the dtype of `{first}`, or
    a target is illegal: the message says where it stands and what it is.

"""


def by_rows(argument: str) -> Callable[[Loss], Loss]:
    """Complete the docstring of a loss of one value a row, which has a gradient for `argument`."""
    return _documented(
        [argument], unit="sample", values="shape (N,)", shape="shape (N, C)", order=", in C order"
    )


def by_elements(*arguments: str) -> Callable[[Loss], Loss]:
    """Complete the docstring of a loss of one value an element, which has a gradient for each of `arguments`.

    Examples
    --------
    >>> from fastopt.losses import hinge
    >>> text = inspect.getdoc(hinge)
    >>> [line for line in text.splitlines() if line.startswith(("reduction :", "out :", "loss :", "grad :"))]
    ... # doctest: +NORMALIZE_WHITESPACE
    ['reduction : {"mean", "sum", "none"}', 'out : array, optional',
     'loss : float, or array of the shape of `scores`', 'grad : array of the shape of `scores`']
    """
    shape = f"the shape of `{arguments[0]}`"
    return _documented(arguments, unit="element", values=shape, shape=shape, order="")


def _documented(arguments: Sequence[str], **words: str) -> Callable[[Loss], Loss]:
    """Return what puts the shared sections before the Notes of a docstring."""
    one = len(arguments) == 1
    quoted = " and to ".join(f"`{argument}`" for argument in arguments)
    shared = _PARAMETERS.format(
        first=arguments[0],
        arguments=quoted,
        arrays="array" if one else "pair of arrays",
        grads="grad" if one else "grads",
        the_gradient="the gradient" if one else "the gradients",
        The_gradient="The gradient" if one else "The gradients",
        it="It" if one else "Each",
        itself=f"{quoted} itself" if one else "the argument that it belongs to",
        **words,
    )

    def complete(loss: Loss) -> Loss:
        if loss.__doc__ is not None:  # as it is under python -OO
            own, notes = inspect.cleandoc(loss.__doc__).split("\n\nNotes\n")
            loss.__doc__ = f"{own}{shared}Notes\n{notes}"
        return loss

    return complete


def scaling(reduction: str) -> Callable[[Floats], Any]:
    """Return what the gradient is multiplied by, as a function of its array."""
    if not isinstance(reduction, str) or reduction not in ("mean", "sum", "none"):
        raise ValueError(f"reduction: expected 'mean', 'sum' or 'none', got {reduction!r}")
    return lambda grad: grad.dtype.type(1 / len(grad) if reduction == "mean" else 1)


def reduced(values: Floats, reduction: str) -> Any:
    """Reduce the values of a batch; sums are taken in double."""
    if reduction == "none":
        return values
    total = float(values.sum(dtype=np.float64))
    return total / len(values) if reduction == "mean" else total


def write(grad: Floats, result: Floats) -> None:
    """Write a gradient, denormal numbers as zero."""
    tiny = np.finfo(result.dtype).tiny
    np.asarray(grad)[...] = np.where(np.abs(result) < tiny, 0, result)


def expect(name: str, array: Floats, legal: Any, what: str) -> None:
    """Raise ValueError with the index of the first element that is not legal."""
    if not legal.all():
        index = tuple(np.argwhere(~legal)[0].tolist())
        place = ", ".join(map(str, index))
        raise ValueError(f"{name}[{place}]: expected {what}, got {array[index]!s}")
