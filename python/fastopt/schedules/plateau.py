"""The one schedule with a state."""

import math
from dataclasses import KW_ONLY, dataclass, field, fields
from typing import Annotated, Literal

from fastopt._common.bounds import Bounds
from fastopt._common.declared import Declared

from .base import Schedule
from .fields import NonNegative, Whole, number


def _not_nan(label: str, value: object) -> float:
    """Return a number that others can be compared with."""
    x = number(label, value)
    if math.isnan(x):
        raise ValueError(f"{label}: expected a number, got nan")
    return x


@dataclass(repr=False)
class ReduceOnPlateau(Declared, Schedule):
    r"""A value that is multiplied by a factor when a metric has stopped improving.

    Tell it the metric after each epoch, ``plateau.update(metric)``; as a schedule it returns its present
    value, whatever the step. It is the one schedule with a state. The ``state_dict`` of its optimizer holds
    it, and so do copies and pickles (it is then found under the optimizer's field, as ``opt.lr``).

    A metric :math:`m` improves on the best one :math:`m^*` by more than :math:`\theta`:
    :math:`m < m^* - \theta |m^*|` ("min", "rel"), :math:`m < m^* - \theta` ("min", "abs"), or, with "max",
    :math:`m > m^* + \dots`. After more than `patience` updates in a row without improvement the value
    becomes :math:`\max(\gamma a, a_{min})`.

    Parameters
    ----------
    start : float
        :math:`a_0 \ge 0`, the value before any reduction.
    mode : {"min", "max"}
        Whether a better metric is smaller or larger.
    factor : float
        :math:`\gamma \in [0, 1)`.
    patience : int
        Updates without improvement that are forgiven, >= 0.
    threshold : float
        :math:`\theta \ge 0`.
    threshold_mode : {"rel", "abs"}
        Whether :math:`\theta` is in units of the best metric or of one.
    cooldown : int
        Updates after a reduction that are not counted, >= 0.
    min_lr : float
        :math:`a_{min} \ge 0`.
    eps : float
        A reduction by less than this, >= 0, is left out.

    Attributes
    ----------
    value : float
        The present value.
    best : float
        The best metric so far, infinite before the first.
    bad_updates : int
        Updates in a row without improvement.
    cooling : int
        Updates left of the cooldown.

    Raises
    ------
    TypeError, ValueError
        If a field is not as above.

    Notes
    -----
    Arguments and behaviour are those of torch's ``ReduceLROnPlateau``, a metric of NaN (no improvement)
    included, with one correction: torch compares with :math:`m^* (1 - \theta)`, which below zero (a
    log-likelihood) takes a slightly worse metric for a better one.

    References
    ----------
    torch's ``ReduceLROnPlateau``; ``optax.contrib.reduce_on_plateau``.

    Examples
    --------
    >>> lr = ReduceOnPlateau(0.5, factor=0.5, patience=1)
    >>> [lr.update(loss) for loss in (3.0, 2.0, 2.0, 2.0, 1.0)]
    [0.5, 0.5, 0.5, 0.25, 0.25]
    >>> lr(1000)
    0.25
    >>> lr
    <ReduceOnPlateau(start=0.5, factor=0.5, patience=1) at value=0.25, best=1.0, bad_updates=0, cooling=0>
    """

    start: NonNegative
    _: KW_ONLY
    mode: Literal["min", "max"] = "min"
    factor: Annotated[float, Bounds(0, 1, below=True).check] = 0.1
    patience: Whole = 10
    threshold: NonNegative = 1e-4
    threshold_mode: Literal["rel", "abs"] = "rel"
    cooldown: Whole = 0
    min_lr: NonNegative = 0.0
    eps: NonNegative = 1e-8
    value: NonNegative = field(init=False)
    best: Annotated[float, _not_nan] = field(init=False)
    bad_updates: Whole = field(init=False, default=0)
    cooling: Whole = field(init=False, default=0)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.value = self.start
        self.best = math.inf if self.mode == "min" else -math.inf

    def __repr__(self) -> str:
        """Return the text that makes it, and where it has come to once it was told anything."""
        made = super().__repr__()
        if self == type(self)(**{f.name: getattr(self, f.name) for f in fields(self) if f.init}):
            return made
        state = ", ".join(f"{f.name}={getattr(self, f.name)!r}" for f in fields(self) if not f.init)
        return f"<{made} at {state}>"

    def update(self, metric: float) -> float:
        """Take note of a metric, and return the value from now on.

        Parameters
        ----------
        metric : float
            A number; NaN is no improvement, and what is too large for a float is infinite.

        Raises
        ------
        TypeError
            If it is not a real number. Nothing is changed then.
        """
        metric = number("metric", metric)
        if self._improves(metric):
            self.best, self.bad_updates = metric, 0
        else:
            self.bad_updates += 1
        if self.cooling > 0:
            self.cooling, self.bad_updates = self.cooling - 1, 0
        if self.bad_updates > self.patience:
            self.cooling, self.bad_updates = self.cooldown, 0
            reduced = max(self.value * self.factor, self.min_lr)
            if self.value - reduced > self.eps:
                self.value = reduced
        return self.value

    def _improves(self, metric: float) -> bool:
        relative = self.threshold_mode == "rel" and math.isfinite(self.best)
        margin = self.threshold * abs(self.best) if relative else self.threshold
        return metric < self.best - margin if self.mode == "min" else metric > self.best + margin

    def _at(self, t: int) -> float:
        return self.value
