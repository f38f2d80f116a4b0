"""Training by minibatches: the loop, its clock, its history, and two runs side by side.

The pieces know nothing of models, progress bars or files. A `Run` is one set of parameters on its
way; `train_in_turns` moves one or several of them on; a `Callback` watches; `compare` judges two.
"""

from __future__ import annotations

import csv
import hashlib
import math
import signal
import statistics
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Callback",
    "Comparison",
    "Outcome",
    "Record",
    "Run",
    "compare",
    "evaluate",
    "fingerprint",
    "interrupts_held",
    "minibatches",
    "train_in_turns",
    "write_csv",
]

Floats = NDArray[np.floating[Any]]
Integers = NDArray[np.integer[Any]]
Params = dict[str, Floats]
Batch = tuple[Floats, Integers]
Seed = int | np.random.Generator
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
    loss: Callable[[Floats, Integers], tuple[float, Floats]],
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


def fingerprint(params: Mapping[str, NDArray[Any]]) -> str:
    """Return the SHA-256 of names, dtypes, shapes and bytes, in the order of the names.

    Equal fingerprints mean equal parameters bit for bit: signs of zeros and NaNs included.

    Parameters
    ----------
    params : mapping of str to array
        The arrays; their memory order does not matter.

    Returns
    -------
    str
        64 hexadecimal digits.

    Examples
    --------
    >>> fingerprint({"w": np.zeros(2)}) == fingerprint({"w": -np.zeros(2)})
    False
    """
    digest = hashlib.sha256()
    for name in sorted(params):
        array = np.asarray(params[name])
        digest.update(f"{name}\0{array.dtype.str}\0{array.shape}\0".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


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


@dataclass(frozen=True)
class Comparison:
    """Two runs, judged where both have been.

    Parameters
    ----------
    same : bool or None
        Whether the parameters had the same bits after every epoch that both completed; None if
        there was none.
    epoch : float
        The last epoch compared; if they differ, the first after which they did.
    optimizer_speedup, training_speedup : float
        How many times the first run is faster, in the optimizer and in all: the median over the
        epochs that both completed; NaN if there was none.
    differences : tuple of str
        A line for each array that differs now, if both runs are at the same step.
    """

    same: bool | None
    epoch: float
    optimizer_speedup: float
    training_speedup: float
    differences: tuple[str, ...] = ()


def compare(run: Run, other: Run) -> Comparison:
    """Compare two runs of the same problem: their weights and their speed, epoch by epoch.

    Runs that were stopped at different steps are compared as far as both have come.

    Parameters
    ----------
    run, other : Run
        The run in question and the one to compare with.

    Returns
    -------
    Comparison
        The verdict.
    """
    pairs = [
        (mine, theirs)
        for mine, theirs in zip(run.history, other.history, strict=False)
        if mine.steps == theirs.steps
    ]
    if not pairs:
        return Comparison(None, 0, math.nan, math.nan)
    # Of turns taken one after the other, so that the median forgives what hit only one of them.
    optimizer = _median_ratio((b.optimizer_seconds, a.optimizer_seconds) for a, b in pairs)
    training = _median_ratio((b.training_seconds, a.training_seconds) for a, b in pairs)
    parted = [mine.epoch for mine, theirs in pairs if mine.weights != theirs.weights]
    if not parted:
        return Comparison(True, pairs[-1][0].epoch, optimizer, training)
    differences = _differences(run, other) if run.steps == other.steps else ()
    return Comparison(False, parted[0], optimizer, training, tuple(differences))


def _median_ratio(seconds: Iterable[tuple[float, float]]) -> float:
    """Return the median of the quotients; a clock too coarse to tell gives NaN."""
    ratios = [over / under for over, under in seconds if over and under]
    return statistics.median(ratios) if ratios else math.nan


def _differences(run: Run, other: Run) -> Iterator[str]:
    """Say where the parameters of two runs differ, bit for bit."""
    for name, mine in run.params.items():
        theirs = other.params[name]
        unequal = (mine != theirs) | (np.signbit(mine) != np.signbit(theirs))
        unequal &= ~(np.isnan(mine) & np.isnan(theirs))
        if unequal.any():
            at = tuple(int(i) for i in np.argwhere(unequal)[0])
            yield (
                f"{name}: {np.count_nonzero(unequal)} of {mine.size} elements, first "
                f"{name}{list(at)}: {mine[at]} ({run.name}) against {theirs[at]} ({other.name})"
            )


def write_csv(path: Path, runs: Sequence[Run]) -> None:
    """Write the histories of runs as one table, the name of the run in the first column.

    Parameters
    ----------
    path : path
        The file; overwritten.
    runs : sequence of Run
        Their records have the same columns.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    rows = [{"run": run.name, **record.row()} for run in runs for record in run.history]
    with path.open("w", newline="", encoding="utf-8") as file:
        if rows:
            writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


def _quiet() -> np.errstate:
    """Overflow on the way to a loss that is not finite: the loop says so itself, and once."""
    return np.errstate(over="ignore", invalid="ignore")


@contextmanager
def interrupts_held() -> Iterator[Callable[[], bool]]:
    """Hold Ctrl-C back inside a `with` block; the value of its `as` clause says if it came.

    Where Ctrl-C does something else than raise ``KeyboardInterrupt`` here (outside the main thread,
    under ``nohup``, with a handler of the application), it is left alone.

    Yields
    ------
    callable
        Returns True from the moment that Ctrl-C was pressed.

    Examples
    --------
    >>> with interrupts_held() as interrupted:
    ...     signal.raise_signal(signal.SIGINT)
    ...     interrupted()
    True
    """
    pressed: list[int] = []
    ours = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )
    if ours:
        signal.signal(signal.SIGINT, lambda number, frame: pressed.append(number))
    try:
        yield lambda: bool(pressed)
    finally:
        if ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
