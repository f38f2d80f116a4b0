"""Moving runs on, one or several in turns, and the ways to end."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from fastopt._common.interrupts import Interrupts, interrupts_held
from fastopt._common.trees import Tree
from fastopt.training.callbacks import Callback, StopTraining
from fastopt.training.history import Outcome
from fastopt.training.run import Diverged, Run

__all__ = ["train_in_turns"]


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
        run.begin()
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
    finally:
        for run in runs:
            run.leave()
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
    ended: StopTraining | KeyboardInterrupt | None = None
    try:
        for loss in run.epoch():
            try:
                _tell(callbacks, "on_step", run, loss)
                if interrupts.pressed:
                    raise KeyboardInterrupt
            except (StopTraining, KeyboardInterrupt) as end:
                if interrupts.insisted or run.place.samples:
                    raise
                ended = end  # behind the last step of an epoch, which is whole and told like any other
        record = run.close_epoch()
        assert record is not None  # an epoch has at least one step
        _tell(callbacks, "on_epoch", run, record)
        for name, value in {"loss": record.loss, **record.metrics}.items():
            if name.endswith("loss") and not math.isfinite(value):
                raise Diverged(
                    f"the {name.replace('_', ' ')} is {value} after epoch {record.epoch:g} "
                    f"of the {run.name} run"
                )
        if not all(np.isfinite(a).all() for a in Tree("params", run.params).arrays):
            raise Diverged(f"a parameter is not finite after epoch {record.epoch:g} of the {run.name} run")
        if ended:
            raise ended
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
