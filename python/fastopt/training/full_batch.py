"""Training on all samples at once, an iteration an epoch: L-BFGS, and what solvers like it share."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any

from fastopt.minimization import LBFGS, Status
from fastopt.regularizers import l1
from fastopt.regularizers.base import strengths
from fastopt.training.callbacks import StopTraining
from fastopt.training.evaluation import LossAndGrads, quiet
from fastopt.training.run import Diverged, Run

__all__ = ["FullBatchRun", "LbfgsRun"]


class FullBatchRun(Run):
    """A run over all samples at once, an iteration an epoch.

    A record has the loss at the end of its iteration, and the samples and the time of all evaluations in it.

    Attributes
    ----------
    evaluations : int
        Of the function: loss, gradients, penalties.
    said : str
        Why it ended by itself; empty while it has not.
    """

    said = ""

    def __init__(self, name: str, loss_and_grads: Any, params: Any, data: object, **others: Any) -> None:
        super().__init__(name, loss_and_grads, params, data, None, batch_size=None, seed=None, **others)
        self.evaluations = 0
        self._smooth = tuple(p for p in self.regularizers if not isinstance(p, l1))
        self._read = 0
        self._graded_seconds = self._penalty_seconds = 0.0

    def function(self) -> tuple[float, Any]:
        """Return value and gradient at the parameters as they are, with all penalties but l1's."""
        start = time.perf_counter()
        with quiet():
            loss, grads = self._graded(self._data)
            graded = time.perf_counter()
            loss += sum(penalty.add_to(self.params, grads) for penalty in self._smooth)
        self.evaluations += 1
        self._read += len(self._data[0])
        self._graded_seconds += graded - start
        self._penalty_seconds += time.perf_counter() - graded
        return loss, grads

    def iterated(self, loss: float, elapsed: float) -> None:
        """Write an iteration down: the loss at its end, and the seconds of all of it."""
        outside = elapsed - self._graded_seconds - self._penalty_seconds
        self.steps += 1
        self.optimizer_seconds += outside
        self.training_seconds += elapsed
        self.step_losses.append(loss)
        self.step_learning_rates.append(math.nan)
        times = (self._graded_seconds, self._penalty_seconds, outside, elapsed)
        self._epoch.add(self._read, loss, sum(p(self.params)[0] for p in self.regularizers), times)
        self._read, self._graded_seconds, self._penalty_seconds = 0, 0.0, 0.0

    def _loss_of_epoch(self, tally: Any) -> tuple[float, float, bool]:
        return tally.loss / tally.samples, tally.penalty / tally.samples, True


class LbfgsRun(FullBatchRun):
    """A run by L-BFGS. L1 penalties are the solver's, which finds weights that are exactly zero.

    Parameters
    ----------
    name, loss_and_grads, params, data, **others
        As for `Run`, without what says how and on how many samples it steps.
    memory : int
        Pairs that L-BFGS keeps.
    gtol : float
        How small a gradient ends it.

    Examples
    --------
    >>> from fastopt.training import train_in_turns
    >>> w, x = np.zeros(1), np.array([[1.0], [3.0]])
    >>> def loss_and_grads(w, x):
    ...     return float(((w - x) ** 2).mean()), 2 * (w - x.mean(axis=0))
    >>> run = LbfgsRun("L-BFGS", loss_and_grads, w, x)
    >>> train_in_turns([run], epochs=100).status, w, run.evaluations < 5
    ('stopped', array([2.]), True)
    """

    def __init__(
        self,
        name: str,
        loss_and_grads: LossAndGrads,
        params: Any,
        data: object,
        *,
        memory: int = 10,
        gtol: float = 1e-5,
        **others: Any,
    ) -> None:
        super().__init__(name, loss_and_grads, params, data, **others)
        sparse = [p for p in self.regularizers if isinstance(p, l1)]
        self.solver = LBFGS(
            params,
            l1=strengths(sparse, params) if sparse else 0.0,
            memory=memory,
            gtol=gtol,
            maxiter=None,
            maxfun=None,
        )

    def epoch(self) -> Iterator[float]:
        """Make an iteration, and yield the loss at its end.

        Raises
        ------
        StopTraining
            If the solver is done: at a minimum, or as near as it gets.
        Diverged
            If the loss at the start is not finite.
        """
        solver, before = self.solver, self.solver.nit
        start = time.perf_counter()
        if not solver.done:
            solver.step(self.function, iterations=1)
        elapsed = time.perf_counter() - start
        if solver.status is Status.NOT_FINITE:
            raise Diverged("the loss or its gradient at the start is not finite")
        if solver.done:
            self.said = solver.message
        if solver.nit == before:
            raise StopTraining(self.said)
        self.iterated(solver.fun, elapsed)
        yield solver.fun
