"""What a training came to: a record an epoch, a loss and a learning rate a step."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from fastopt._common.listing import listing
from fastopt.drawing.curves import Curve, Mark, draw_steps

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from fastopt.rules.optimizer import Optimizer

__all__ = ["History", "Outcome", "Record"]
__dir__ = listing(__name__)


@dataclass(frozen=True)
class Record:
    """What one epoch of a run, or the beginning of one, came to.

    Parameters
    ----------
    epoch : float
        Epochs completed; not a whole number where a run was stopped inside one.
    steps : int
        Steps completed; where a run goes on from another, also those of the other.
    samples : int
        Samples seen in this epoch.
    loss : float
        The mean training loss, penalty included: of these samples, each as it was before its step; or
        `after` the epoch.
    metrics : mapping of str to float
        What the run's `evaluate` returned after the epoch.
    optimizer_seconds, training_seconds : float
        Time of this epoch in the optimizer, and in all its steps: taking the batch, loss,
        gradients, regularizers, optimizer. Evaluation and callbacks do not count.
    weights : str
        The `fingerprint` of the parameters after the epoch; empty if the run takes none.
    gradient_seconds, regularizer_seconds : float
        Time of this epoch in the function for loss and gradients, and in the regularizers.
    penalty : float
        How much of the loss is that of the regularizers.
    learning_rate : float
        That of the last step; NaN where it is not known.
    after : bool
        Whether `loss` and `penalty` are those of the parameters after the epoch, over all samples: they are
        where a callback looks for the best loss, and where an epoch is an iteration over all samples.
    """

    epoch: float
    steps: int
    samples: int
    loss: float
    metrics: Mapping[str, float]
    optimizer_seconds: float
    training_seconds: float
    weights: str
    gradient_seconds: float = 0.0
    regularizer_seconds: float = 0.0
    penalty: float = 0.0
    learning_rate: float = math.nan
    after: bool = False

    def row(self) -> dict[str, Any]:
        """Return the record as one flat dict: a row of a table, ready for JSON.

        A number that is not finite, which JSON does not know, becomes None.
        """
        epoch = int(self.epoch) if float(self.epoch).is_integer() else self.epoch
        row: dict[str, Any] = {"epoch": epoch, "steps": self.steps, "samples": self.samples}
        numbers = {
            "loss": self.loss,
            "penalty": self.penalty,
            **self.metrics,
            "learning_rate": self.learning_rate,
            "gradient_seconds": self.gradient_seconds,
            "regularizer_seconds": self.regularizer_seconds,
            "optimizer_seconds": self.optimizer_seconds,
            "training_seconds": self.training_seconds,
        }
        row |= {name: _finite(value) for name, value in numbers.items()}
        return row | {"weights": self.weights}


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


@dataclass(repr=False)
class History:
    """What `fastopt.train` returns: how it went and how it ended.

    Parameters
    ----------
    records : sequence of Record
        One an epoch; the last is of a part of one where the training was stopped inside it.
    step_losses, step_learning_rates : sequence of float
        One a step: the loss of its batch before it, penalty included, and the rate it used.
    status : {"finished", "stopped", "interrupted", "diverged"}
        All epochs were trained; a callback had enough; Ctrl-C; the loss was not finite.
    message : str
        A sentence about it; empty when finished.
    restored : Record, optional
        The epoch whose parameters were put back in the end, as `EarlyStopping` does.
    optimizer : Optimizer, optional
        The one that was trained with. ``train(..., history.optimizer, ...)`` goes on from here. It is not
        part of copies and pickles of the history: it has a ``state_dict`` of its own.

    Examples
    --------
    >>> record = Record(1, 2, 8, 0.5, {"val_loss": 0.75}, 0.1, 1.0, "")
    >>> history = History([record], [0.75, 0.25], [0.5, 0.5], "finished")
    >>> history
    History(finished, epochs=1, steps=2, loss=0.5, val_loss=0.75)
    >>> history.losses, history.metrics
    ([0.5], {'val_loss': [0.75]})
    """

    records: Sequence[Record] = ()
    step_losses: Sequence[float] = field(default_factory=list)
    step_learning_rates: Sequence[float] = field(default_factory=list)
    status: str = "finished"
    message: str = ""
    restored: Record | None = None
    optimizer: Optimizer | None = field(default=None, compare=False)

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"optimizer": None}

    def __len__(self) -> int:
        return len(self.records)

    def __repr__(self) -> str:
        said = [self.status, f"epochs={self.epochs[-1] if self.records else 0:g}"]
        if self.records:
            last = self.records[-1]
            numbers = {"loss": last.loss, **last.metrics}
            said += [f"steps={last.steps}", *(f"{name}={value:.4g}" for name, value in numbers.items())]
        if self.restored:
            said.append(f"restored={self.restored.epoch:g}")
        return f"History({', '.join(said)})"

    @property
    def epochs(self) -> list[float]:
        """Epochs completed: 1, 2, ..."""
        return self._column(lambda record: record.epoch)

    @property
    def steps(self) -> list[int]:
        """Steps completed after each epoch."""
        return [record.steps for record in self.records]

    @property
    def losses(self) -> list[float]:
        """The mean training loss of each epoch.

        Each sample as it was before its step; where a callback looks for the best loss, all samples after
        the epoch.
        """
        return self._column(lambda record: record.loss)

    @property
    def metrics(self) -> dict[str, list[float]]:
        """What the validation gave after each epoch, by name."""
        names = dict.fromkeys(name for record in self.records for name in record.metrics)
        return {name: [record.metrics.get(name, math.nan) for record in self.records] for name in names}

    @property
    def learning_rates(self) -> list[float]:
        """The learning rate of the last step of each epoch."""
        return self._column(lambda record: record.learning_rate)

    @property
    def seconds(self) -> list[float]:
        """Time of each epoch in its steps, without validation and callbacks."""
        return self._column(lambda record: record.training_seconds)

    @property
    def optimizer_seconds(self) -> list[float]:
        """Of these, time in the optimizer."""
        return self._column(lambda record: record.optimizer_seconds)

    def to_dict(self) -> dict[str, Any]:
        """Return everything in lists and dicts, ready for ``json.dump``.

        A number that is not finite, which JSON does not know, becomes None.

        Examples
        --------
        >>> import json
        >>> json.loads(json.dumps(History().to_dict()))["status"]
        'finished'
        """
        columns: dict[str, Sequence[float]] = {
            "epochs": self.epochs,
            "steps": self.steps,
            "losses": self.losses,
            "after": self._column(lambda record: record.after),
            "penalties": self._column(lambda record: record.penalty),
            "learning_rates": self.learning_rates,
            "seconds": self.seconds,
            "optimizer_seconds": self.optimizer_seconds,
            "step_losses": self.step_losses,
            "step_learning_rates": self.step_learning_rates,
        }
        return {
            "status": self.status,
            "message": self.message,
            "restored_epoch": self.restored.epoch if self.restored else None,
            **{name: [_finite(value) for value in values] for name, values in columns.items()},
            "metrics": {name: [_finite(v) for v in values] for name, values in self.metrics.items()},
        }

    def plot(self, figure: Figure | None = None) -> Figure:
        """Draw the curves: loss, metrics if there are any besides losses, learning rate.

        Parameters
        ----------
        figure : matplotlib.figure.Figure, optional
            An empty figure to draw in; by default a new one of ``matplotlib.pyplot``.

        Returns
        -------
        matplotlib.figure.Figure
            The figure, its axes in this order.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        after = bool(self.records) and self.records[-1].after
        losses = [Curve("after the epoch" if after else "mean of the epoch", self.steps, self.losses)]
        others: list[Curve] = []
        for name, values in self.metrics.items():
            (losses if name.endswith("loss") else others).append(Curve(name, self.steps, values))
        before = self.steps[-1] - len(self.step_losses) if self.records else 0
        at = self.restored
        mark = Mark(at.steps, f"put back: epoch {at.epoch:g}") if at else None
        rates = self.step_learning_rates
        return draw_steps(losses, others, self.step_losses, rates, before=before, mark=mark, figure=figure)

    def _column(self, of: Callable[[Record], float]) -> list[float]:
        return [of(record) for record in self.records]


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
