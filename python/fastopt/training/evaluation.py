"""What parameters are worth: losses and metrics over many samples, off the clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

from fastopt._common.bounds import real
from fastopt._common.samples import Samples, judged_samples
from fastopt._common.trees import Arrays
from fastopt._common.types import Floats, Integers, Loss
from fastopt._common.wording import counted, shown
from fastopt.training.buffers import kept
from fastopt.training.history import Record

LossAndGrads = Callable[..., tuple[float, Any]]

Metric = Callable[..., float]

Validation = tuple[Any, ...] | Callable[[Any], Mapping[str, float]]

ROWS = 4096
"""Samples at once where a mean over many is computed: bounds the memory, and changes it by rounding only."""


def evaluate(
    scores: Callable[[Floats], Floats],
    loss: Loss,
    x: Floats,
    y: Integers,
    batch_size: int = ROWS,
) -> tuple[float, float]:
    """Return the mean loss and the accuracy of a classifier.

    Parameters
    ----------
    scores : callable
        ``scores(x) -> (samples, classes)``; the largest is the answer.
    loss : callable
        ``loss(scores, labels) -> (mean, gradient)``.
    x, y : arrays with one row a sample
        Inputs and labels.
    batch_size : int, default 4096
        Samples at once: bounds the memory, and changes the loss by rounding only.

    Returns
    -------
    loss, accuracy : float
        The means over all samples.
    """
    total, right = 0.0, 0
    for i in range(0, len(x), batch_size):
        labels = y[i : i + batch_size]
        s = scores(x[i : i + batch_size])
        total += loss(s, labels)[0] * len(labels)
        right += int(np.count_nonzero(s.argmax(axis=1) == labels))
    return total / len(x), right / len(x)


def mean_loss(loss: Callable[[Samples], float], data: Samples, rows: int) -> float:
    """Return the mean loss over all samples, so many at once; of a single piece it is exactly its loss."""
    n = len(data[0])
    pieces = (tuple(array[i : i + rows] for array in data) for i in range(0, n, rows))
    return sum(loss(piece) * (len(piece[0]) / n) for piece in pieces)


def judged_evaluation(
    loss_and_grads: LossAndGrads, arrays: int, validation: object, metrics: object, buffers: Arrays | None
) -> tuple[Callable[[Any], dict[str, float]] | None, tuple[str, ...] | None]:
    """Return the function that is called after each epoch, and the names it returns where they are known."""
    if metrics is not None and not isinstance(validation, tuple):
        raise ValueError(
            f"metrics: expected validation data to compute them on, got validation={validation!r}"
        )
    if validation is None:
        return None, ()
    if callable(validation):
        return _Validation(validation), None
    if not isinstance(validation, tuple):
        raise TypeError(
            "validation: expected a tuple of arrays as data, or a function of params, "
            f"got {type(validation).__name__}"
        )
    held_out = judged_samples(validation, "validation")
    if len(held_out) != arrays:
        raise ValueError(f"validation: expected {counted(arrays, 'array')}, as data, got {len(held_out)}")
    functions = _metrics(metrics)
    return partial(_validate, loss_and_grads, held_out, functions, buffers), ("val_loss", *functions)


def _metrics(given: object) -> dict[str, Metric]:
    if given is None:
        return {}
    several: Mapping[Any, Any] = (
        given if isinstance(given, Mapping) else {getattr(given, "__name__", "metric"): given}
    )
    for name, metric in several.items():
        if not isinstance(name, str) or not callable(metric):
            raise TypeError(f"metrics: expected functions under names, got {name!r}: {metric!r}")
        if name == "loss":
            raise ValueError("metrics: 'loss' is there already, as val_loss")
    return {f"val_{name}": metric for name, metric in several.items()}


def _validate(
    loss_and_grads: LossAndGrads,
    held_out: Samples,
    metrics: Mapping[str, Metric],
    buffers: Arrays | None,
    params: Any,
) -> dict[str, float]:
    with _blamed_on("validation"), kept(buffers):
        loss = mean_loss(lambda piece: _number("loss", loss_and_grads(params, *piece)[0]), held_out, ROWS)
    with _blamed_on("metrics"):
        values = {name: _number(name, metric(params, *held_out)) for name, metric in metrics.items()}
    return {"val_loss": loss, **values}


class _Validation:
    """The caller's function of params, which gives numbers of the same names each time."""

    def __init__(self, function: Callable[[Any], object]) -> None:
        self._function = function
        self._names: list[str] | None = None

    def __call__(self, params: Any) -> dict[str, float]:
        with _blamed_on("validation"):
            result = self._function(params)
            if not isinstance(result, Mapping) or not all(isinstance(name, str) for name in result):
                raise TypeError(f"expected a dict of numbers by name, got {result!r}")
            taken = set(result) & RESERVED
            if taken:
                raise ValueError(f"expected names that are not in use, got {sorted(taken)}")
            if self._names is None:
                self._names = list(result)
            elif result.keys() != set(self._names):
                raise ValueError(f"expected the names {self._names}, as at first, got {list(result)}")
            return {name: _number(name, value) for name, value in result.items()}


@contextmanager
def _blamed_on(argument: str) -> Iterator[None]:
    """Begin what is raised about an argument with its name; errors of a kind of their own get a note."""
    try:
        yield
    except Exception as error:
        if type(error) not in (TypeError, ValueError):
            error.add_note(f"raised by {argument} of fastopt.train")
            raise
        raise type(error)(f"{argument}: {error}") from error


RESERVED = set(Record(0.0, 0, 0, 0.0, {}, 0.0, 0.0, "").row())
"""Names that a record has already."""


def _number(name: str, value: object) -> float:
    number = float(value) if isinstance(value, bool) else real(value)
    if number is None:
        raise TypeError(f"{name}: expected a number, got {shown(value)}")
    return number


def quiet() -> np.errstate:
    """Overflow on the way to a loss that is not finite: the loop says so itself, and once."""
    return np.errstate(over="ignore", invalid="ignore")
