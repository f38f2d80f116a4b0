"""What all schedules share."""

from abc import ABC, abstractmethod
from dataclasses import Field, fields
from typing import TYPE_CHECKING, Any, ClassVar, get_type_hints

import numpy as np

from fastopt.bounds import whole

from .fields import check_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Schedule(ABC):
    """What all schedules share. Not to be instantiated: use one of its subclasses, or write one.

    A subclass is a frozen dataclass of checked fields and a formula, `_at`.

    Examples
    --------
    >>> isinstance(cosine(0.1, 100), Schedule)
    True
    """

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    def __post_init__(self) -> None:
        hints = get_type_hints(type(self), include_extras=True)
        for f in fields(self):
            if f.init:  # around the lock of a frozen dataclass
                object.__setattr__(self, f.name, check_of(hints[f.name])(f.name, getattr(self, f.name)))

    def __call__(self, step: int) -> float:
        """Return the value at a step.

        Parameters
        ----------
        step : int
            The number of completed steps, 0 first; any integer type.

        Raises
        ------
        TypeError
            If it is not a whole number.
        ValueError
            If it is negative.
        """
        return self._at(step if type(step) is int and step >= 0 else whole(0, "step", step))

    def __repr__(self) -> str:
        given = (
            f"{f.name}={getattr(self, f.name)!r}"
            for f in fields(self)
            if f.init and getattr(self, f.name) != f.default
        )
        return f"{type(self).__name__}({', '.join(given)})"

    def plot(self, steps: int | None = None, ax: "Axes | None" = None) -> "Axes":
        """Draw the schedule against the step.

        Parameters
        ----------
        steps : int, optional
            How many steps, from 0; by default as many as show the schedule whole.
        ax : matplotlib.axes.Axes, optional
            Where to; by default into a new figure.

        Returns
        -------
        matplotlib.axes.Axes
            The axes.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError, ValueError
            If `steps` is not a whole number >= 1.
        """
        steps = self._span if steps is None else whole(1, "steps", steps)
        from fastopt.plots import require_matplotlib

        require_matplotlib()
        import matplotlib.pyplot as plt

        if ax is None:
            _, ax = plt.subplots(layout="constrained")
            ax.set_title(repr(self), fontsize="small", wrap=True)
        shown = np.unique(np.linspace(0, steps - 1, min(steps, 2000)).astype(np.int64))
        ax.plot(shown, [self(t) for t in shown.tolist()], drawstyle="steps-post", label=repr(self))
        ax.set_xlabel("step")
        ax.set_ylabel("value")
        ax.set_ylim(bottom=0)
        ax.grid(alpha=0.3)
        ax.spines[["top", "right"]].set_visible(False)
        return ax

    @abstractmethod
    def _at(self, t: int) -> float:
        """Return the value at step `t`, a whole number >= 0."""

    @property
    def _span(self) -> int:
        """How many steps show the schedule whole."""
        return 100
