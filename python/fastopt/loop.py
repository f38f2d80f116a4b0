"""The loop: batches, steps, the clock, turns, and the ways to end.

The pieces know nothing of models, progress bars or files. A `Run` is one set of parameters on its
way; `train_in_turns` moves one or several of them on; a `Callback` watches. `fastopt.train` is one
run with these pieces chosen for it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fastopt._typing import Floats, Integers, Seed
from fastopt.bounds import whole
from fastopt.callbacks import Callback, StopTraining
from fastopt.fingerprint import fingerprint
from fastopt.history import Record
from fastopt.interrupts import Interrupts, interrupts_held
from fastopt.judging import Samples, judged_rng, judged_samples, named
from fastopt.regularizers import Regularizer
from fastopt.structures import flatten

__all__ = ["Outcome", "Run", "minibatches", "train_in_turns"]

LossAndGrads = Callable[..., tuple[float, Any]]


def minibatches(
    x: Floats, y: Integers, batch_size: int, seed: Seed | None = None
) -> Iterator[tuple[Floats, Integers]]:
    """Return the minibatches of one epoch: every sample once, in random order.

    Parameters
    ----------
    x, y : arrays with one row a sample
        Inputs and labels.
    batch_size : int
        Samples a batch; the last batch holds what is left.
    seed : int, numpy.random.Generator or None
        A generator moves on and so shuffles each epoch anew; an integer gives the same order
        every time, None another every time.

    Returns
    -------
    iterator of (x, y)
        Copies of the rows of each batch.

    Raises
    ------
    TypeError
        If `batch_size` is not a whole number.
    ValueError
        If `x` and `y` differ in length, are empty, or `batch_size` is not positive.

    Examples
    --------
    >>> x = np.arange(5.0).reshape(5, 1)
    >>> [len(batch) for batch, labels in minibatches(x, np.arange(5), batch_size=2, seed=0)]
    [2, 2, 1]
    """
    data = judged_samples((x, y))
    chunks = _shuffled(len(data[0]), whole(1, "batch_size", batch_size), judged_rng(seed))
    return ((data[0][chunk], data[1][chunk]) for chunk in chunks)


def _shuffled(n: int, batch_size: int, rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    order = rng.permutation(n)
    return (order[i : i + batch_size] for i in range(0, n, batch_size))


class Diverged(FloatingPointError):
    """A loss, a metric or a parameter is not finite. Not for errors of the same kind that others raise."""


@dataclass(frozen=True)
class Outcome:
    """How a training ended.

    Parameters
    ----------
    status : {"finished", "stopped", "interrupted", "diverged", "failed"}
        Whether all epochs were trained, or why not; failed means by an error that was raised.
    message : str
        A sentence about it; empty when finished.
    """

    status: Literal["finished", "stopped", "interrupted", "diverged", "failed"]
    message: str = ""


class Run:
    """Parameters in training: steps them, keeps the time, writes the history.

    Parameters
    ----------
    name : str
        For tables and curves.
    loss_and_grads : callable
        ``loss_and_grads(params, x, y) -> (loss, grads)``, the gradients in the structure of the
        parameters.
    params : array, list or dict of arrays
        Updated in place.
    data : array or tuple of arrays
        ``(x, y)``, one row a sample; as many as `loss_and_grads` takes.
    update : callable
        ``update(grads)`` changes `params`: the step of an optimizer.
    batch_size : int or None
        Samples a step; None for all, in their order and without a copy.
    seed : int, numpy.random.Generator or None
        Orders the samples. Runs of equal integer seeds see equal batches.
    evaluate : callable, optional
        ``evaluate(params) -> {name: number}``, called after each epoch, off the clock.
    regularizers : sequence of Regularizer
        Added to the loss and, in place, to the gradients.
    learning_rate : callable, optional
        ``learning_rate() -> float``, called after each step: the rate that it used.
    metric_names : collection of str, optional
        The names that `evaluate` returns, where they are known beforehand.
    fingerprints : bool
        Whether the parameters of each epoch are recorded by their `fingerprint`.

    Attributes
    ----------
    history : list of Record
        One an epoch.
    step_losses, step_learning_rates : list of float
        One a step.
    steps : int
        Steps completed.
    outcome : Outcome or None
        How this run ended; None while it has not.
    restored : Record or None
        The epoch whose parameters a callback has put back.

    Raises
    ------
    TypeError, ValueError
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
        params: Any,
        data: object,
        update: Callable[[Any], object],
        *,
        batch_size: int | None,
        seed: Seed | None,
        evaluate: Callable[[Any], Mapping[str, float]] | None = None,
        regularizers: Sequence[Regularizer] = (),
        learning_rate: Callable[[], float] | None = None,
        metric_names: Sequence[str] | None = None,
        fingerprints: bool = True,
    ) -> None:
        self.name = name
        self.params = params
        self.history: list[Record] = []
        self.step_losses: list[float] = []
        self.step_learning_rates: list[float] = []
        self.steps = 0
        self.optimizer_seconds = 0.0
        self.training_seconds = 0.0
        self.outcome: Outcome | None = None
        self.restored: Record | None = None
        self.metric_names = () if evaluate is None else metric_names
        self.regularizers = tuple(regularizers)
        self._loss_and_grads = loss_and_grads
        self._data = judged_samples(data)
        n = len(self._data[0])
        self._batch_size = None if batch_size is None else whole(1, "batch_size", batch_size)
        self.steps_per_epoch = 1 if self._batch_size is None else -(-n // self._batch_size)
        self._update = update
        self._rng = judged_rng(seed)
        self._evaluate = evaluate
        self._learning_rate = learning_rate
        self._fingerprints = fingerprints
        self._epoch = _Tally()

    @property
    def samples(self) -> int:
        """Samples trained on so far."""
        return sum(record.samples for record in self.history) + self._epoch.samples

    @property
    def final(self) -> Record | None:
        """The record of the parameters as they are: the last, or the one that was put back."""
        return self.restored or (self.history[-1] if self.history else None)

    def warm_up(self) -> None:
        """Compute one loss and its gradients for nothing.

        Whoever steps first would otherwise pay for starting the threads of BLAS, and the next run
        would not.
        """
        with _quiet():
            self._loss_and_grads(self.params, *(array[: self._batch_size] for array in self._data))

    def try_evaluation(self) -> None:
        """Evaluate once for nothing.

        What is wrong with it shows before the first step, and `metric_names` are known.
        """
        if self._evaluate:
            with _quiet():
                self.metric_names = tuple(self._evaluate(self.params))

    def epoch(self) -> Iterator[float]:
        """Train one epoch, yielding the loss of each step after it: an iterator to be drained.

        Between two values the parameters are at a step boundary.

        Raises
        ------
        Diverged
            If a loss is not finite. It is not stepped on.
        """
        clock = time.perf_counter
        start = clock()
        for batch in self._batches():
            taken = clock()
            with _quiet():
                loss, grads = self._graded(batch)
                graded = clock()
                penalty = sum(penalty.add_to(self.params, grads) for penalty in self.regularizers)
                loss += penalty
                if not math.isfinite(loss):
                    raise Diverged(
                        f"the loss is {loss} at step {self.steps + 1} of the {self.name} run "
                        f"(epoch {self.steps // self.steps_per_epoch + 1})"
                    )
                ready = clock()
                self._update(grads)
                end = clock()
            self.steps += 1
            self.optimizer_seconds += end - ready
            self.training_seconds += end - start
            rate = math.nan if self._learning_rate is None else float(self._learning_rate())
            self.step_losses.append(loss)
            self.step_learning_rates.append(rate)
            times = (graded - taken, ready - graded, end - ready, end - start)
            self._epoch.add(len(batch[0]), loss, penalty, times)
            yield loss
            start = clock()  # what the caller did meanwhile is not training

    def _batches(self) -> Iterator[Samples]:
        if self._batch_size is None:
            return iter([self._data])
        chunks = _shuffled(len(self._data[0]), self._batch_size, self._rng)
        return (tuple(array[chunk] for array in self._data) for chunk in chunks)

    def _graded(self, batch: Samples) -> tuple[float, Any]:
        result = self._loss_and_grads(self.params, *batch)
        if not isinstance(result, tuple | list) or len(result) != 2:
            raise TypeError(f"loss_and_grads: expected to return (loss, grads), got {type(result).__name__}")
        loss, grads = result
        try:
            return float(loss), grads
        except (TypeError, ValueError) as error:
            raise TypeError(f"loss_and_grads: expected one number as the loss, got {loss!r}") from error

    def close_epoch(self) -> Record | None:
        """Evaluate, and write the steps since the last record, if there were any, down."""
        tally, self._epoch = self._epoch, _Tally()
        if tally.samples == 0:
            return None
        with _quiet():
            metrics = dict(self._evaluate(self.params)) if self._evaluate else {}
        gradient, regularizer, optimizer, training = tally.seconds
        record = Record(
            epoch=round(self.steps / self.steps_per_epoch, 4),
            steps=self.steps,
            samples=tally.samples,
            loss=tally.loss / tally.samples,
            metrics=metrics,
            optimizer_seconds=optimizer,
            training_seconds=training,
            weights=fingerprint(named(self.params)) if self._fingerprints else "",
            gradient_seconds=gradient,
            regularizer_seconds=regularizer if self.regularizers else 0.0,
            penalty=tally.penalty / tally.samples,
            learning_rate=self.step_learning_rates[-1],
        )
        self.history.append(record)
        return record


class _Tally:
    """Sums over the steps since the last record."""

    def __init__(self) -> None:
        self.samples = 0
        self.loss = self.penalty = 0.0
        self.seconds = (0.0, 0.0, 0.0, 0.0)  # gradient, regularizers, optimizer, all

    def add(self, samples: int, loss: float, penalty: float, seconds: tuple[float, ...]) -> None:
        self.samples += samples
        self.loss += loss * samples
        self.penalty += penalty * samples
        a, b, c, d = self.seconds
        self.seconds = (a + seconds[0], b + seconds[1], c + seconds[2], d + seconds[3])


def train_in_turns(
    runs: Sequence[Run], *, epochs: int, callbacks: Sequence[Callback] = (), independent: bool = False
) -> Outcome:
    """Train every run for a number of epochs, one epoch at a time in turns.

    Two runs go A B, B A, A B, ...: whatever slows the machine down for a while hits both alike.
    When a run is stopped by a callback, or its loss is not finite, the others finish the turn and
    the training ends; `independent` ones go on without it. Ctrl-C ends it for all at once. The epoch
    that was begun is closed, so the history and the parameters hold all that was learned.

    Parameters
    ----------
    runs : sequence of Run
        Often just one.
    epochs : int
        How many.
    callbacks : sequence of Callback
        Called in order, off the clock.
    independent : bool
        Whether a run goes on when another has ended.

    Returns
    -------
    Outcome
        How it ended: the first of those of the runs, in their order, that is not "finished". Each
        run has its own as `Run.outcome`.

    Notes
    -----
    In the main thread, where Python's own handler is installed, Ctrl-C is held back until the end
    of a step, so parameters are never left half updated. Pressed for the third time, it raises
    ``KeyboardInterrupt`` wherever the training is: a step, or an evaluation, that hangs.
    """
    for run in runs:
        run.outcome = run.restored = None
    try:
        for run in runs:
            for callback in callbacks:
                callback.on_begin(run)
        with interrupts_held() as interrupts:
            rest = _take_turns(runs, epochs, callbacks, independent, interrupts)
            for run in runs:
                run.close_epoch()
                run.outcome = run.outcome or rest
                for callback in callbacks:
                    callback.on_end(run, run.outcome)
    except BaseException as error:
        for run in runs:
            run.outcome = run.outcome or Outcome("failed", repr(error))
        raise
    ends = (run.outcome for run in runs if run.outcome and run.outcome.status != "finished")
    return rest if rest.status != "finished" else next(ends, rest)


def _take_turns(
    runs: Sequence[Run],
    epochs: int,
    callbacks: Sequence[Callback],
    independent: bool,
    interrupts: Interrupts,
) -> Outcome:
    """Train; the outcome of a run that has ended by itself is set, that of the others returned."""
    running = list(runs)
    try:
        for epoch in range(epochs):
            for run in running if epoch % 2 == 0 else reversed(running):
                run.outcome = _train_epoch(run, callbacks, interrupts)
            running = [run for run in running if run.outcome is None]
            if len(running) < len(runs) and not independent:
                return next(run.outcome for run in runs if run.outcome)
    except KeyboardInterrupt:
        if interrupts.insisted:  # not at a step boundary
            raise
        return Outcome("interrupted", "interrupted")
    return Outcome("finished")


def _train_epoch(run: Run, callbacks: Sequence[Callback], interrupts: Interrupts) -> Outcome | None:
    """Train an epoch of a run and tell the callbacks; return how it ended, if it did.

    Raises
    ------
    KeyboardInterrupt
        At a step boundary.
    """
    try:
        for loss in run.epoch():
            _tell(callbacks, "on_step", run, loss)
            if interrupts.pressed:
                raise KeyboardInterrupt
        record = run.close_epoch()
        assert record is not None  # an epoch has at least one step
        _tell(callbacks, "on_epoch", run, record)
        for name, value in record.metrics.items():
            if name.endswith("loss") and not math.isfinite(value):
                raise Diverged(
                    f"the {name.replace('_', ' ')} is {value} after epoch {record.epoch:g} "
                    f"of the {run.name} run"
                )
        if not all(np.isfinite(a).all() for a in flatten("params", run.params)[2]):
            raise Diverged(f"a parameter is not finite after epoch {record.epoch:g} of the {run.name} run")
    except StopTraining as stop:
        return Outcome("stopped", str(stop))
    except Diverged as error:
        return Outcome("diverged", str(error))
    if interrupts.pressed:
        raise KeyboardInterrupt
    return None


def _tell(callbacks: Sequence[Callback], what: str, run: Run, told: object) -> None:
    """Tell all callbacks, also if one of them has had enough; the first such is raised in the end."""
    stop = None
    for callback in callbacks:
        try:
            getattr(callback, what)(run, told)
        except StopTraining as error:
            stop = stop or error
    if stop:
        raise stop


def _quiet() -> np.errstate:
    """Overflow on the way to a loss that is not finite: the loop says so itself, and once."""
    return np.errstate(over="ignore", invalid="ignore")
