"""Callbacks that look for the best: `EarlyStopping`, `Checkpoint`."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, Literal

from fastopt._common.bounds import Bounds, whole
from fastopt._common.declared import Declared
from fastopt._common.files import expect_arrays, expect_file, expect_suffix, holds, read_note, save_npz
from fastopt._common.trees import Array, Tree, named
from fastopt._common.wording import counted
from fastopt.training.buffers import copied_buffers, named_buffers, put_back
from fastopt.training.callbacks import Callback, StopTraining
from fastopt.training.history import Outcome, Record
from fastopt.training.run import Run

__all__ = ["Checkpoint", "EarlyStopping"]

Mode = Literal["min", "max"]

# What a metric's name says of it, as its last word: whether less is better.
LESS_IS_BETTER = ("loss", "error", "mse", "mae", "rmse", "perplexity")

MORE_IS_BETTER = ("accuracy", "acc", "auc", "score", "f1", "precision", "recall")


class Best:
    """The best of what is monitored in one run: the value, where it was, and by how much to be better.

    The record is None also where the value is that of an earlier training.
    """

    def __init__(self, monitor: str, mode: Mode, min_delta: float = 0.0) -> None:
        self.monitor = monitor
        self.mode = mode
        self._sign = 1 if mode == "min" else -1
        self._min_delta = min_delta
        self.value = self.epoch = math.nan
        self.record: Record | None = None

    def improved(self, record: Record) -> bool:
        """Take note of a record, and say whether it is the best so far; NaN never is."""
        value = {"loss": record.loss, **record.metrics}.get(self.monitor)
        if value is None:
            raise _no_such_metric(self.monitor, ("loss", *record.metrics))
        first = math.isnan(self.value) and not math.isnan(value)
        if not first and not self._sign * (self.value - value) > self._min_delta:
            return False
        self.value, self.epoch, self.record = value, record.epoch, record
        return True


class Monitor(Declared, Callback):
    """What callbacks that look for the best share: the choice of what is monitored."""

    def __init__(self, monitor: str | None, mode: Mode | None, min_delta: float = 0.0) -> None:
        if monitor is not None and not isinstance(monitor, str):
            raise TypeError(f"monitor: expected the name of a metric, got {monitor!r}")
        if mode not in (None, "min", "max"):
            raise ValueError(f"mode: expected 'min' or 'max', got {mode!r}")
        self._monitor = monitor
        self._mode = mode
        self._min_delta = Bounds(0).check("min_delta", min_delta)
        self._bests: dict[Run, Best] = {}
        if monitor is not None:
            self._direction(monitor)

    @property
    def best(self) -> float:
        """The best value in the last training, of its first run; NaN if there was none."""
        return next((best.value for best in self._bests.values()), math.nan)

    @property
    def best_epoch(self) -> float:
        """The epoch of the best value; NaN if there was none."""
        return next((best.epoch for best in self._bests.values()), math.nan)

    def on_begin(self, run: Run) -> None:
        """Find out what is to be monitored."""
        known = run.metric_names
        monitor = self._monitor
        if monitor is None:
            if known is None or (known and "val_loss" not in known):
                names = ", ".join(map(repr, ("loss", *(known or ()))))
                raise ValueError(f"monitor: expected one of {names}, as there is no 'val_loss', got None")
            monitor = "val_loss" if known else "loss"
        elif known is not None and monitor not in ("loss", *known):
            raise _no_such_metric(monitor, ("loss", *known))
        self._bests = {old: best for old, best in self._bests.items() if old.outcome is None}
        self._bests[run] = Best(monitor, self._direction(monitor), self._min_delta)
        if monitor == "loss":
            run.monitor_loss()

    def _direction(self, monitor: str) -> Mode:
        if self._mode is not None:
            return self._mode
        last = monitor.lower().replace("-", "_").rpartition("_")[2]
        if last in LESS_IS_BETTER:
            return "min"
        if last in MORE_IS_BETTER:
            return "max"
        raise ValueError(f"mode: expected 'min' or 'max' to go with monitor={monitor!r}, got None")


def _no_such_metric(monitor: str, known: tuple[str, ...]) -> ValueError:
    return ValueError(f"monitor: expected one of {', '.join(map(repr, known))}, got {monitor!r}")


class EarlyStopping(Monitor):
    """Stop when a metric has not improved for some epochs, and put the best parameters back.

    Parameters
    ----------
    monitor : str, optional
        "loss", or a metric of the validation; by default "val_loss", without validation "loss". For "loss"
        all training data are evaluated after each epoch, so that it is the loss of the parameters that are
        kept; the history has it instead of the mean over the steps.
    patience : int
        Epochs in a row without improvement after which the training ends, >= 1.
    min_delta : float
        By how much at least a better value is better, >= 0.
    mode : {"min", "max"}, optional
        Whether less or more is better; by default what the name says (``..._loss``, ``..._accuracy``).
    restore_best : bool
        Whether the parameters, and the buffers of the run, are those of the best epoch in the end, however
        the training ended (Ctrl-C and divergence included). The state of the optimizer is not put back.

    Attributes
    ----------
    best, best_epoch : float
        The best value and its epoch.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as above; and, before the first step where the names are known, if
        there is no such metric.

    Notes
    -----
    As Keras' callback of that name, but that `restore_best` is the default and does what it says even
    if the training ends by itself. Several runs in turns are each judged by their own metric.

    Examples
    --------
    >>> import fastopt
    >>> from functools import partial
    >>> from fastopt.training import train
    >>> def loss_and_grads(w, x):                      # too large a step: back and forth
    ...     return float(((w - x) ** 2).mean()), 2 * (w - x.mean(axis=0))
    >>> w, x = np.zeros(1), np.array([[1.0], [3.0]])
    >>> history = train(
    ...     loss_and_grads, w, x, partial(fastopt.SGD, lr=1.0), epochs=50, batch_size=None,
    ...     callbacks=[EarlyStopping("loss", patience=2)], progress=False,
    ... )
    >>> history.message
    'no better loss for 2 epochs (best 5 after epoch 1, whose parameters were put back)'
    >>> w, history.restored.epoch
    (array([4.]), 1.0)
    """

    def __init__(
        self,
        monitor: str | None = None,
        *,
        patience: int = 10,
        min_delta: float = 0.0,
        mode: Mode | None = None,
        restore_best: bool = True,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        self._patience = whole(1, "patience", patience)
        self._restore = bool(restore_best)
        self._kept: dict[Run, tuple[dict[Any, Array], dict[Any, Array]]] = {}
        """Copies of parameters and buffers."""
        self._bad_epochs: dict[Run, int] = {}

    def on_begin(self, run: Run) -> None:
        """Begin to count."""
        super().on_begin(run)
        self._bad_epochs[run] = 0

    def on_epoch(self, run: Run, record: Record) -> None:
        """Keep the parameters if they are better, stop if none were for too long."""
        best = self._bests[run]
        if best.improved(record):
            self._bad_epochs[run] = 0
            if self._restore:
                params = {key: array.copy() for key, array in Tree("params", run.params).by_key.items()}
                self._kept[run] = params, copied_buffers(run.buffers)
            return
        self._bad_epochs[run] += 1
        if self._bad_epochs[run] >= self._patience:
            raise StopTraining(self._message(best))

    def on_end(self, run: Run, outcome: Outcome) -> None:
        """Put the best parameters back."""
        kept = self._kept.pop(run, None)
        del self._bad_epochs[run]
        if kept is None:
            return
        params, buffers = kept
        for key, array in Tree("params", run.params).by_key.items():
            array[...] = params[key]
        put_back(run.buffers, buffers)
        run.restored = self._bests[run].record

    def _message(self, best: Best) -> str:
        said = f"no better {best.monitor.replace('_', ' ')} for {counted(self._patience, 'epoch')}"
        if best.record is None:
            return said
        restored = ", whose parameters were put back" if self._restore else ""
        return f"{said} (best {best.value:.6g} after epoch {best.record.epoch:g}{restored})"


class Checkpoint(Monitor):
    """Save the best parameters so far into an .npz file, which is always whole.

    Parameters
    ----------
    path : str or path
        The file, overwritten. ``dict(numpy.load(path))`` gives the parameters back under their keys, as
        text; those of a list under "0", "1", ..., a single array under "params". The buffers of the run are
        there too, under their keys, or "buffers[0]", ..., or "buffers".
    monitor, mode, min_delta
        As for `EarlyStopping`.

    Attributes
    ----------
    best, best_epoch : float
        The best value and its epoch.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as above; and, before the first step, if a key of the parameters cannot be the
        name of an array in a file (see `fastopt._common.files.expect_arrays`).
    OSError
        If the file cannot be written; before the first step, where this can be known.

    Notes
    -----
    It is written beside its place and then renamed: a crash leaves the previous one. Of several runs in
    turns, the first is saved.

    A training that goes on keeps what is better in the file, which remembers its value: if the optimizer has
    made steps, if the parameters are at first those in the file, or if this very object has written it. A
    training that begins anew replaces it.

    Examples
    --------
    >>> Checkpoint("weights.txt")
    Traceback (most recent call last):
    ValueError: path: expected a file name ending in .npz, got 'weights.txt'
    """

    path: Path

    def __init__(
        self,
        path: str | Path,
        monitor: str | None = None,
        *,
        min_delta: float = 0.0,
        mode: Mode | None = None,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        self.path = Path(path)
        expect_suffix("path", self.path, ".npz")
        self._written = False

    def on_begin(self, run: Run) -> None:
        """Prove that the file can be written, and find out how good it is if the run goes on from it."""
        super().on_begin(run)
        arrays = _named(run)
        expect_arrays("params", arrays)
        expect_file("path", self.path)
        if self._is_first(run) and (self._written or run.steps or holds(self.path, arrays)):
            self._read_note(self._bests[run])

    def on_epoch(self, run: Run, record: Record) -> None:
        """Save the parameters if they are better."""
        if self._is_first(run) and self._bests[run].improved(record):
            self._save(run, self._bests[run])

    def _is_first(self, run: Run) -> bool:
        return run is next(iter(self._bests))

    def _save(self, run: Run, best: Best) -> None:
        note = {"monitor": best.monitor, "mode": best.mode, "best": float(best.value), "epoch": best.epoch}
        save_npz(self.path, _named(run), note=json.dumps({"fastopt": note}))
        self._written = True

    def _read_note(self, best: Best) -> None:
        """Take over the best value of the file, if it is of the same metric."""
        try:
            note = json.loads(read_note(self.path))["fastopt"]
            if (note["monitor"], note["mode"]) == (best.monitor, best.mode):
                best.value, best.epoch = float(note["best"]), float(note["epoch"])
        except (ArithmeticError, KeyError, RecursionError, TypeError, ValueError):  # a file of somebody else
            return


def _named(run: Run) -> dict[str, Array]:
    """Return parameters and buffers of a run under the names that they have in a file."""
    params, buffers = named(run.params), named_buffers(run.buffers)
    if twice := params.keys() & buffers.keys():
        raise ValueError(f"buffers: expected keys that params do not have, as text, got {sorted(twice)}")
    return params | buffers
