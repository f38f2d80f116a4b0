"""Training by minibatches: the loop, its clock and its history.

The pieces know nothing of models, progress bars or files. A `Run` is one set of parameters on its
way; `train_in_turns` moves one or several of them on; a `Callback` watches.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from fastopt._typing import Floats, Integers, Loss, Params, Seed
from fastopt.fingerprint import fingerprint
from fastopt.interrupts import interrupts_held

__all__ = [
    "Callback",
    "Outcome",
    "Record",
    "Run",
    "evaluate",
    "minibatches",
    "train_in_turns",
]

Batch = tuple[Floats, Integers]
LossAndGrads = Callable[[Params, Floats, Integers], tuple[float, Params]]


def minibatches(x: Floats, y: Integers, batch_size: int, seed: Seed) -> Iterator[Batch]:
    """Return the minibatches of one epoch: every sample once, in random order.

    Parameters
    ----------
    x, y : arrays with one row a sample
        Inputs and labels.
    batch_size : int
        Samples a batch; the last batch holds what is left.
    seed : int or numpy.random.Generator
        A generator moves on and so shuffles each epoch anew; an integer gives the same order
        every time.

    Returns
    -------
    iterator of (x, y)
        Copies of the rows of each batch.

    Raises
    ------
    ValueError
        If `x` and `y` differ in length, are empty, or `batch_size` is not positive.

    Examples
    --------
    >>> x = np.arange(5.0).reshape(5, 1)
    >>> [len(batch) for batch, labels in minibatches(x, np.arange(5), batch_size=2, seed=0)]
    [2, 2, 1]
    """
    if len(x) != len(y):
        raise ValueError(f"y: expected {len(x)} labels, one a row of x, got {len(y)}")
    if len(x) == 0:
        raise ValueError("x: expected at least one sample, got none")
    if batch_size < 1:
        raise ValueError(f"batch_size: expected a positive integer, got {batch_size!r}")
    order = np.random.default_rng(seed).permutation(len(x))
    chunks = (order[i : i + batch_size] for i in range(0, len(x), batch_size))
    return ((x[chunk], y[chunk]) for chunk in chunks)


def evaluate(
    scores: Callable[[Floats], Floats],
    loss: Loss,
    x: Floats,
    y: Integers,
    batch_size: int = 4096,
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


@dataclass(frozen=True)
class Record:
    """What one epoch of a run, or the beginning of one, came to.

    Parameters
    ----------
    epoch : float
        Epochs completed; not a whole number where a run was stopped inside one.
    steps : int
        Steps completed since the run began.
    samples : int
        Samples seen in this epoch.
    loss : float
        The mean loss of these samples, each as it was before its step.
    metrics : mapping of str to float
        What the run's `evaluate` returned after the epoch.
    optimizer_seconds, training_seconds : float
        Time of this epoch in the optimizer, and in all its steps: taking the batch, loss,
        gradients, optimizer. Evaluation and callbacks do not count.
    weights : str
        The `fingerprint` of the parameters after the epoch.
    """

    epoch: float
    steps: int
    samples: int
    loss: float
    metrics: Mapping[str, float]
    optimizer_seconds: float
    training_seconds: float
    weights: str

    def row(self) -> dict[str, Any]:
        """Return the record as one flat dict: a row of a table, ready for JSON.

        A number that is not finite, which JSON does not know, becomes None.
        """
        epoch = int(self.epoch) if self.epoch.is_integer() else self.epoch
        row: dict[str, Any] = {"epoch": epoch, "steps": self.steps, "samples": self.samples}
        numbers = {
            "loss": self.loss,
            **self.metrics,
            "optimizer_seconds": self.optimizer_seconds,
            "training_seconds": self.training_seconds,
        }
        row |= {name: v if math.isfinite(v) else None for name, v in numbers.items()}
        return row | {"weights": self.weights}


class Run:
    """Parameters in training: steps them, keeps the time, writes the history.

    Parameters
    ----------
    name : str
        For tables and curves.
    loss_and_grads : callable
        ``loss_and_grads(params, x, y) -> (loss, grads)``, the gradients named as the parameters.
    params : dict of arrays
        Updated in place.
    data : tuple of arrays
        ``(x, y)``, one row a sample.
    update : callable
        ``update(grads)`` changes `params`: the step of an optimizer.
    batch_size : int
        Samples a step.
    seed : int or numpy.random.Generator
        Orders the samples. Runs of equal integer seeds see equal batches.
    evaluate : callable, optional
        ``evaluate(params) -> {name: number}``, called after each epoch, off the clock.

    Raises
    ------
    ValueError
        If the data are empty or of unequal length, or `batch_size` is not positive.

    Examples
    --------
    Gradient descent on ``(w - mean(x))**2 / 2``; every callable may come from anywhere:

    >>> x, y = np.array([[1.0], [3.0]]), np.zeros(2, int)
    >>> w = np.zeros(1)
    >>> def loss_and_grads(params, x, y):
    ...     error = params["w"] - x.mean(axis=0)
    ...     return float(error @ error) / 2, {"w": error}
    >>> def update(grads):
    ...     w[:] -= 0.5 * grads["w"]
    >>> run = Run("descent", loss_and_grads, {"w": w}, (x, y), update, batch_size=2, seed=0)
    >>> train_in_turns([run], epochs=3).status
    'finished'
    >>> [record.loss for record in run.history], w
    ([2.0, 0.5, 0.125], array([1.75]))
    """

    def __init__(
        self,
        name: str,
        loss_and_grads: LossAndGrads,
        params: Params,
        data: Batch,
        update: Callable[[Params], object],
        *,
        batch_size: int,
        seed: Seed,
        evaluate: Callable[[Params], Mapping[str, float]] | None = None,
    ) -> None:
        x, y = data
        # Judges the data before the first step; a generator of its own leaves `seed` untouched.
        next(minibatches(x, y, batch_size, 0))
        self.name = name
        self.params = params
        self.history: list[Record] = []
        self.steps = 0
        self.steps_per_epoch = math.ceil(len(x) / batch_size)
        self.optimizer_seconds = 0.0
        self.training_seconds = 0.0
        self._loss_and_grads = loss_and_grads
        self._data = data
        self._update = update
        self._batch_size = batch_size
        self._rng = np.random.default_rng(seed)
        self._evaluate = evaluate
        self._epoch = _Tally()

    @property
    def samples(self) -> int:
        """Samples trained on so far."""
        return sum(record.samples for record in self.history) + self._epoch.samples

    def warm_up(self) -> None:
        """Compute one loss and its gradients for nothing.

        Whoever steps first would otherwise pay for starting the threads of BLAS, and the next run
        would not.
        """
        x, y = self._data
        with _quiet():
            self._loss_and_grads(self.params, x[: self._batch_size], y[: self._batch_size])

    def epoch(self) -> Iterator[float]:
        """Train one epoch, yielding the loss of each step after it: an iterator to be drained.

        Between two values the parameters are at a step boundary.

        Raises
        ------
        FloatingPointError
            If a loss is not finite. It is not stepped on.
        """
        clock = time.perf_counter
        start = clock()
        batches = minibatches(*self._data, self._batch_size, self._rng)
        for x, y in batches:
            with _quiet():
                loss, grads = self._loss_and_grads(self.params, x, y)
                if not math.isfinite(loss):
                    raise FloatingPointError(
                        f"the loss is {loss} at step {self.steps + 1} of the {self.name} run "
                        f"(epoch {self.steps // self.steps_per_epoch + 1})"
                    )
                ready = clock()
                self._update(grads)
                end = clock()
            self.steps += 1
            self.optimizer_seconds += end - ready
            self.training_seconds += end - start
            self._epoch.add(loss, len(x), end - ready, end - start)
            yield loss
            start = clock()  # what the caller did meanwhile is not training

    def close_epoch(self) -> Record | None:
        """Evaluate, and write the steps since the last record, if there were any, down."""
        tally, self._epoch = self._epoch, _Tally()
        if tally.samples == 0:
            return None
        with _quiet():
            metrics = dict(self._evaluate(self.params)) if self._evaluate else {}
        record = Record(
            epoch=round(self.steps / self.steps_per_epoch, 4),
            steps=self.steps,
            samples=tally.samples,
            loss=tally.loss / tally.samples,
            metrics=metrics,
            optimizer_seconds=tally.optimizer_seconds,
            training_seconds=tally.training_seconds,
            weights=fingerprint(self.params),
        )
        self.history.append(record)
        return record


@dataclass
class _Tally:
    """Sums over the steps since the last record."""

    samples: int = 0
    loss: float = 0.0
    optimizer_seconds: float = 0.0
    training_seconds: float = 0.0

    def add(self, loss: float, samples: int, optimizer: float, training: float) -> None:
        self.samples += samples
        self.loss += loss * samples
        self.optimizer_seconds += optimizer
        self.training_seconds += training


class Callback:
    """What may watch a training: override what you need.

    Any method may raise ``KeyboardInterrupt`` to end the training as Ctrl-C does.
    """

    def on_step(self, run: Run, loss: float) -> None:
        """Take note of a step of a run."""

    def on_epoch(self, run: Run, record: Record) -> None:
        """Take note of an epoch of a run, just written into its history."""


@dataclass(frozen=True)
class Outcome:
    """How a training ended.

    Parameters
    ----------
    status : {"finished", "interrupted", "diverged"}
        Whether all epochs were trained, or why not.
    message : str
        A sentence about it; empty when finished.
    """

    status: Literal["finished", "interrupted", "diverged"]
    message: str = ""


def train_in_turns(runs: Sequence[Run], *, epochs: int, callbacks: Sequence[Callback] = ()) -> Outcome:
    """Train every run for a number of epochs, one epoch at a time in turns.

    Two runs go A B, B A, A B, ...: whatever slows the machine down for a while hits both alike.
    Ctrl-C and a loss that is not finite end the training of all runs; the epoch that was begun is
    closed, so the history and the parameters hold all that was learned.

    Parameters
    ----------
    runs : sequence of Run
        Often just one.
    epochs : int
        How many.
    callbacks : sequence of Callback
        Called in order, off the clock.

    Returns
    -------
    Outcome
        How it ended.

    Notes
    -----
    In the main thread, where Python's own handler is installed, Ctrl-C is held back until the end
    of a step, so parameters are never left half updated.
    """
    with interrupts_held() as interrupted:
        try:
            for epoch in range(epochs):
                for run in runs if epoch % 2 == 0 else reversed(runs):
                    _train_epoch(run, callbacks, interrupted)
        except KeyboardInterrupt:
            outcome = Outcome("interrupted", "interrupted")
        except FloatingPointError as error:
            outcome = Outcome("diverged", str(error))
        else:
            return Outcome("finished")
        for run in runs:
            run.close_epoch()
        return outcome


def _train_epoch(run: Run, callbacks: Sequence[Callback], interrupted: Callable[[], bool]) -> None:
    """Train an epoch of a run and tell the callbacks; stop by exceptions, at step boundaries."""
    for loss in run.epoch():
        for callback in callbacks:
            callback.on_step(run, loss)
        if interrupted():
            raise KeyboardInterrupt
    record = run.close_epoch()
    assert record is not None  # an epoch has at least one step
    for callback in callbacks:
        callback.on_epoch(run, record)
    for name, value in record.metrics.items():
        if not math.isfinite(value):
            raise FloatingPointError(
                f"the {name.replace('_', ' ')} is {value} after epoch {record.epoch:g} of the {run.name} run"
            )
    if interrupted():
        raise KeyboardInterrupt


def _quiet() -> np.errstate:
    """Overflow on the way to a loss that is not finite: the loop says so itself, and once."""
    return np.errstate(over="ignore", invalid="ignore")
