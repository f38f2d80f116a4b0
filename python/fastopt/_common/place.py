"""How far a training has come with its data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from fastopt._common.bounds import length

__all__ = ["Place"]


@dataclass
class Place:
    """How far a training has come with its data: where it goes on when it is continued.

    An optimizer has one, and saves it with its state; a run moves it on.

    Parameters
    ----------
    epochs : int
        Epochs completed.
    samples : int
        Samples seen of the one that was begun.
    of : int
        Samples of an epoch; 0 where no run has been there.
    """

    epochs: int = 0
    samples: int = 0
    of: int = 0

    def move_on(self, samples: int) -> None:
        """Count the samples of a step."""
        self.samples += samples
        if self.samples >= self.of:
            self.epochs, self.samples = self.epochs + 1, 0

    def become(self, other: Place) -> None:
        """Take over the numbers of another, whoever shares this one."""
        vars(self).update(vars(other))  # in one move, which Ctrl-C cannot divide

    def state_dict(self) -> dict[str, int]:
        """Return the numbers, none where no run has been."""
        return asdict(self) if self.of else {}

    @classmethod
    def judged(cls, label: str, state: object) -> Place:
        """Return the place that was saved; an empty one for no numbers.

        Raises
        ------
        TypeError, ValueError
            If it is not what `state_dict` returns.
        """
        if not isinstance(state, Mapping) or (state and set(state) != set(cls.__dataclass_fields__)):
            raise TypeError(f"{label}: expected a dict with 'epochs', 'samples' and 'of', got {state!r}")
        place = cls(**{name: length(0, f"{label}[{name!r}]", value) for name, value in state.items()})
        if state and place.samples >= place.of:
            raise ValueError(
                f"{label}['samples']: expected fewer than the {place.of} of an epoch, got {place.samples}"
            )
        return place
