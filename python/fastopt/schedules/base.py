"""What all schedules share, and the product that ``*`` makes of them."""

import copy
import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import Field, dataclass, fields, is_dataclass
from functools import partial
from numbers import Real
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, get_type_hints

import numpy as np

from fastopt._common.bounds import Hyper, whole
from fastopt._common.states import load_states, saved_states
from fastopt.drawing.style import require_matplotlib, tidy

from .fields import check_of, many, scheduled

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Schedule(ABC):
    """What all schedules share. Not to be instantiated: use one of its subclasses, or write one.

    A subclass is a frozen dataclass of checked fields and a formula, `_at`. If it has a state, that is its
    fields with ``init=False``, and it is not frozen.

    Examples
    --------
    >>> isinstance(cosine(0.1, 100), Schedule)
    True
    """

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    __array_ufunc__: ClassVar[None] = None  # lets a number of NumPy leave the multiplication to `__rmul__`

    def __post_init__(self) -> None:
        self._set(self._judged({f.name: getattr(self, f.name) for f in fields(self) if f.init}))

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

    def __mul__(self, other: Hyper) -> "product":
        """Return the `product` with another schedule, any function of the step, or a number."""
        return product((self, other)) if callable(other) or isinstance(other, Real) else NotImplemented

    def __rmul__(self, other: Hyper) -> "product":
        return product((other, self)) if callable(other) or isinstance(other, Real) else NotImplemented

    def __repr__(self) -> str:
        given = (
            f"{f.name}={getattr(self, f.name)!r}"
            for f in fields(self)
            if f.init and getattr(self, f.name) != f.default
        )
        return f"{type(self).__name__}({', '.join(given)})"

    def state_dict(self) -> dict[str, Any]:
        """Return a copy of the state: its own, and those of schedules that it is made of, by field.

        Empty for a pure function of the step. The ``state_dict`` of an optimizer has it.

        Examples
        --------
        >>> plateau = ReduceOnPlateau(0.5, factor=0.5, patience=0)
        >>> [plateau.update(loss) for loss in (1.0, 2.0)]
        [0.5, 0.25]
        >>> warmup(plateau, 10).state_dict()
        {'schedule': {'value': 0.25, 'best': 1.0, 'bad_updates': 0, 'cooling': 0}}
        >>> cosine(0.1, 100).state_dict()
        {}
        """
        return {name: copy.deepcopy(getattr(self, name)) for name in self._own} | saved_states(self._parts)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state that `state_dict` returned.

        Parameters
        ----------
        state : mapping of str to object
            Of a schedule made in the same way.

        Raises
        ------
        TypeError, ValueError
            If it is not such a state. Nothing is changed then.
        """
        if not isinstance(state, Mapping):
            raise TypeError(f"state: expected a dict, got {type(state).__name__}")
        own = self._own
        if not set(own) <= set(state):
            raise ValueError(f"state: expected {own}, got {list(state)}")
        judged = self._judged({name: copy.deepcopy(state[name]) for name in own})
        load_states("state", self._parts, {name: state[name] for name in state if name not in own})
        self._set(judged)

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
        tidy(ax)
        return ax

    @property
    def _fields(self) -> tuple[Field[Any], ...]:
        return fields(self) if is_dataclass(self) else ()

    @property
    def _own(self) -> list[str]:
        """The names of the fields that are its state."""
        return [f.name for f in self._fields if not f.init]

    @property
    def _parts(self) -> dict[str, object]:
        """What it was made of, under the names of the fields; schedules among it may have a state."""
        parts: dict[str, object] = {}
        for f in self._fields:
            value = getattr(self, f.name) if f.init else None
            several = enumerate(value) if isinstance(value, tuple | list) else ()
            parts |= {f.name: value} | {f"{f.name}[{k}]": part for k, part in several}
        return parts

    def _judged(self, values: Mapping[str, object]) -> dict[str, object]:
        """Return values for fields, each checked as the type of its field says."""
        hints = get_type_hints(type(self), include_extras=True)
        return {name: check_of(hints[name])(name, value) for name, value in values.items()}

    def _set(self, values: Mapping[str, object]) -> None:
        for name, value in values.items():  # around the lock of a frozen dataclass
            object.__setattr__(self, name, value)

    @abstractmethod
    def _at(self, t: int) -> float:
        """Return the value at step `t`, a whole number >= 0."""

    @property
    def _span(self) -> int:
        """How many steps show the schedule whole."""
        return 100


def value_at(schedule: Hyper, t: int) -> float:
    """Return the value of a function of the step, or the number that stands for one."""
    return float(schedule(t)) if callable(schedule) else schedule


def span_of(schedule: Hyper) -> int:
    """Return how many steps show a schedule, or whatever stands for one, whole."""
    return schedule._span if isinstance(schedule, Schedule) else 100


@dataclass(frozen=True, repr=False)
class product(Schedule):
    r"""The product of schedules, all at the same step.

    .. math:: a_t = a^{(1)}_t\, a^{(2)}_t \cdots

    Written with ``*``: ``cosine(1.0, 100) * step_decay(0.1, period=30)``, or ``0.5 * cosine(0.1, 100)``.
    Where one of them is zero the product is, even if another has grown to infinity.

    Parameters
    ----------
    schedules : sequence of callables or floats
        :math:`a^{(1)}, a^{(2)}, \dots`: functions of the step, or numbers; at least one.

    Raises
    ------
    TypeError, ValueError
        If a field is not as above.

    References
    ----------
    torch's ``ChainedScheduler``, for schedulers that multiply the learning rate: not those with an
    ``eta_min`` above zero, nor those that set it whatever it was (``LambdaLR``, ``CyclicLR``, ``OneCycleLR``,
    ``CosineAnnealingWarmRestarts``).

    Examples
    --------
    >>> lr = linear(1.0, 4) * step_decay(0.5, period=2, factor=0.5)
    >>> [lr(t) for t in range(5)]
    [0.5, 0.375, 0.125, 0.0625, 0.0]
    >>> 2 * constant(0.25)
    product(schedules=(2.0, constant(value=0.25)))
    """

    schedules: Annotated[Iterable[Hyper], partial(many, scheduled)]

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self._factors:
            raise ValueError("schedules: expected at least one, got none")

    @property
    def _factors(self) -> tuple[Hyper, ...]:
        assert isinstance(self.schedules, tuple)  # so stored by its check
        return self.schedules

    def _at(self, t: int) -> float:
        values = [value_at(schedule, t) for schedule in self._factors]
        return math.prod(values) if all(values) else 0.0

    @property
    def _span(self) -> int:
        return max(map(span_of, self._factors))
