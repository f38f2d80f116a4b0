"""One set of parameters on its way: steps, the clock, the history."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastopt._common.bounds import real, whole
from fastopt._common.fingerprint import fingerprint
from fastopt._common.place import Place
from fastopt._common.samples import Samples, judged_samples
from fastopt._common.trees import Arrays, named
from fastopt._common.types import Seed
from fastopt._common.wording import shown
from fastopt.regularizers import Regularizer
from fastopt.training.batches import Orders, cut
from fastopt.training.buffers import kept, named_buffers
from fastopt.training.evaluation import (
    ROWS,
    LossAndGrads,
    mean_loss,
    quiet,
)
from fastopt.training.history import Outcome, Record

__all__ = ["Diverged", "Run"]


class Diverged(FloatingPointError):
    """A loss, a metric or a parameter is not finite. Not for errors of the same kind that others raise."""


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
    update : callable or None
        ``update(grads)`` changes `params`: the step of an optimizer. None for a class
        derived from this one that moves in another way.
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
    buffers : array, list or dict of arrays, optional
        What `loss_and_grads` changes beside the parameters. Where a loss is computed to be looked at and not
        to be stepped on, they are set back.
    place : Place, optional
        Where this run begins with its data, and what it moves on; by default its own, at the start.
    steps : int
        Steps completed before it.

    Attributes
    ----------
    history : list of Record
        One an epoch.
    step_losses, step_learning_rates : list of float
        One a step of this run.
    steps : int
        Steps completed, those before this run among them.
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

    >>> from fastopt.training import train_in_turns
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
        update: Callable[[Any], object] | None,
        *,
        batch_size: int | None,
        seed: Seed | None,
        evaluate: Callable[[Any], Mapping[str, float]] | None = None,
        regularizers: Sequence[Regularizer] = (),
        learning_rate: Callable[[], float] | None = None,
        metric_names: Sequence[str] | None = None,
        fingerprints: bool = True,
        buffers: Arrays | None = None,
        place: Place | None = None,
        steps: int = 0,
    ) -> None:
        self.name = name
        self.params = params
        self.buffers = buffers
        self.place = Place() if place is None else place
        self.history: list[Record] = []
        self.step_losses: list[float] = []
        self.step_learning_rates: list[float] = []
        self.steps = steps
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
        self._orders = Orders(n, seed)
        self._order: NDArray[np.int64] | None = None
        """That of the epoch that was begun."""
        self._evaluate = evaluate
        self._learning_rate = learning_rate
        self._fingerprints = fingerprints
        self._monitored = False
        self._epoch = _Tally()
        named_buffers(buffers)  # refuses what is none

    @property
    def samples(self) -> int:
        """Samples trained on so far."""
        return sum(record.samples for record in self.history) + self._epoch.samples

    @property
    def final(self) -> Record | None:
        """The record of the parameters as they are: the last, or the one that was put back."""
        return self.restored or (self.history[-1] if self.history else None)

    @property
    def epochs(self) -> float:
        """Epochs completed, also by runs that this one goes on from; not a whole number inside one."""
        epochs, samples = self._begun()
        if self._batch_size is None:
            return float(epochs)
        left = -(-(len(self._data[0]) - samples) // self._batch_size)
        return epochs + 1 - left / self.steps_per_epoch

    def begin(self) -> None:
        """Forget how the last training ended, and what was monitored in it."""
        self.outcome = self.restored = None
        self._monitored = False

    def monitor_loss(self) -> None:
        """Let the records have the loss after each epoch, and not the mean over its steps.

        So that it is that of the parameters which a callback keeps. It costs the loss of all data once an
        epoch, off the clock. To be called in `Callback.on_begin`; it holds until the training ends.
        """
        self._monitored = True

    def warm_up(self) -> None:
        """Compute one loss and its gradients for nothing.

        Whoever steps first would otherwise pay for starting the threads of BLAS, and the next run
        would not.
        """
        with quiet(), kept(self.buffers):
            self._loss_and_grads(self.params, *(array[: self._batch_size] for array in self._data))

    def try_evaluation(self) -> None:
        """Evaluate once for nothing.

        What is wrong with it shows before the first step, and `metric_names` are known.
        """
        if self._evaluate:
            with quiet(), kept(self.buffers):
                self.metric_names = tuple(self._evaluate(self.params))

    def epoch(self) -> Iterator[float]:
        """Train one epoch, yielding the loss of each step after it: an iterator to be drained.

        Of an epoch that was begun, here or by the run that this one goes on from, it is the rest.
        Between two values the parameters are at a step boundary.

        Raises
        ------
        Diverged
            If a loss is not finite. It is not stepped on.
        """
        if self._update is None:
            raise TypeError(f"update: expected a function of the gradients for the {self.name} run, got None")
        clock = time.perf_counter
        self._enter()
        start = clock()
        for batch in self._batches():
            taken = clock()
            with quiet():
                loss, grads = self._graded(batch)
                graded = clock()
                penalty = sum(penalty.add_to(self.params, grads) for penalty in self.regularizers)
                loss += penalty
                if not math.isfinite(loss):
                    raise Diverged(
                        f"the loss is {loss} at step {self.steps + 1} of the {self.name} run "
                        f"(epoch {self.place.epochs + 1})"
                    )
                ready = clock()
                self._update(grads)
                end = clock()
            self.steps += 1
            self.place.move_on(len(batch[0]))
            if not self.place.samples:
                self._order = None
            self.optimizer_seconds += end - ready
            self.training_seconds += end - start
            rate = math.nan if self._learning_rate is None else float(self._learning_rate())
            self.step_losses.append(loss)
            self.step_learning_rates.append(rate)
            times = (graded - taken, ready - graded, end - ready, end - start)
            self._epoch.add(len(batch[0]), loss, penalty, times)
            yield loss
            start = clock()  # what the caller did meanwhile is not training

    def _begun(self) -> tuple[int, int]:
        """Return the epochs completed, and the samples seen of one that can be gone on with."""
        place, n = self.place, len(self._data[0])
        if not place.of:  # by whom the steps were taken is not known
            return self.steps // self.steps_per_epoch, 0
        if place.samples and (place.of != n or self._batch_size is None):  # which has no rest
            return place.epochs + 1, 0
        return place.epochs, place.samples

    def _enter(self) -> None:
        """Take the place where an epoch begins, or goes on."""
        self.place.become(Place(*self._begun(), of=len(self._data[0])))
        if self._order is None:
            self._orders.skip_to(self.place.epochs)

    def _batches(self) -> Iterator[Samples]:
        if self._batch_size is None:
            yield self._data
            return
        if self._order is None:
            self._order = self._orders.deal()
        for chunk in cut(self._order[self.place.samples :], self._batch_size):
            yield tuple(array[chunk] for array in self._data)

    def leave(self) -> None:
        """Let the caller's generator deal the order of an unfinished epoch once more, if it still can."""
        if self._order is not None and self._orders.take_back():
            self._order = None

    def _graded(self, batch: Samples) -> tuple[float, Any]:
        result = self._loss_and_grads(self.params, *batch)
        if not isinstance(result, tuple | list) or len(result) != 2:
            raise TypeError(f"loss_and_grads: expected to return (loss, grads), got {type(result).__name__}")
        loss, grads = result
        number = real(loss)
        if number is None:
            raise TypeError(f"loss_and_grads: expected one number as the loss, got {shown(loss)}")
        return number, grads

    def close_epoch(self) -> Record | None:
        """Evaluate, and write the steps since the last record, if there were any, down."""
        tally, self._epoch = self._epoch, _Tally()
        if tally.samples == 0:
            return None
        with quiet(), kept(self.buffers):
            metrics = dict(self._evaluate(self.params)) if self._evaluate else {}
        gradient, regularizer, optimizer, training = tally.seconds
        loss, penalty, after = self._loss_of_epoch(tally)
        record = Record(
            epoch=round(self.epochs, 4),
            steps=self.steps,
            samples=tally.samples,
            loss=loss,
            metrics=metrics,
            optimizer_seconds=optimizer,
            training_seconds=training,
            weights=fingerprint(named(self.params)) if self._fingerprints else "",
            gradient_seconds=gradient,
            regularizer_seconds=regularizer if self.regularizers else 0.0,
            penalty=penalty,
            learning_rate=self.step_learning_rates[-1],
            after=after,
        )
        self.history.append(record)
        return record

    def _loss_of_epoch(self, tally: _Tally) -> tuple[float, float, bool]:
        """Return loss and penalty for the record of an epoch, and whether they are those after it."""
        if not self._monitored:
            return tally.loss / tally.samples, tally.penalty / tally.samples, False
        rows = len(self._data[0]) if self._batch_size is None else ROWS  # all at once, as it is trained
        with quiet(), kept(self.buffers):
            loss = mean_loss(lambda batch: self._graded(batch)[0], self._data, rows)
            penalty = sum(penalty(self.params)[0] for penalty in self.regularizers)
        return loss + penalty, penalty, True


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
