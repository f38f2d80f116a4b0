"""Optimizers that know a better point than the one they train: the mean of those that they have been at."""

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from fastopt._common.trees import Array, Arrays
from fastopt.rules.optimizer import UNDER_WAY, Optimizer

__all__ = ["Averaging"]

IN_PLACE = "the averages are in place of the parameters; leave averages_in_place first"


class Averaging(Optimizer):
    """What optimizers with an averaged point share. Not to be instantiated."""

    @abstractmethod
    def _averages(self) -> list[Array]:
        """Return the averaged point, in arrays of its own, one for each parameter."""

    def averaged(self) -> Arrays:
        """Return the averaged point, in copies in the structure of `params`.

        Raises
        ------
        RuntimeError
            If a step of this optimizer is under way, in another thread or in a schedule, or is begun before
            all is copied; or inside `averages_in_place`.
        """
        steps = self.steps
        self._expect_between_steps(steps, "averaged")
        averages = self._averages()
        self._expect_between_steps(steps, "averaged")
        return self._pack(averages)

    @contextmanager
    def averages_in_place(self) -> Iterator[None]:
        """Put the averaged point into the arrays of `params` for a ``with`` block.

        At its end, also where an exception ends it, they hold again what they held before, bit for bit;
        what has been written into them inside is lost. Meanwhile the optimizer takes no step and is neither
        saved, loaded, copied nor pickled.

        Raises
        ------
        RuntimeError
            If a step of this optimizer is under way, in another thread or in a schedule, or the averages are
            in place already.
        ValueError
            If an array is read-only, or `params` no longer holds the arrays that were bound.

        Examples
        --------
        >>> from fastopt import ASGD
        >>> w = np.array([1.0])
        >>> opt = ASGD(w, lr=0.5, lambd=0.0, t0=0)
        >>> for _ in range(3):
        ...     opt.step(np.array([1.0]))
        >>> with opt.averages_in_place():
        ...     print(w)
        [-0.25]
        >>> w
        array([-0.5])
        """
        from fastopt._common.interrupts import interrupts_deferred  # which takes a while to import

        steps, held = self.steps, False
        self._expect_between_steps(steps, "averages_in_place")
        averages, kept = self._averages(), [p.copy(order="K") for p in self._flat]
        try:
            with interrupts_deferred():
                held = self._plan.hold(steps, IN_PLACE)
                if not held:
                    raise RuntimeError(f"averages_in_place: {UNDER_WAY}")
                write(self._flat, averages)
            yield
        finally:
            if held:
                with interrupts_deferred():
                    write(self._flat, kept)
                    self._plan.release()


def write(arrays: list[Array], numbers: list[Array]) -> None:
    """Write numbers into arrays as they lie in memory, whatever their class."""
    for array, x in zip(arrays, numbers, strict=True):
        np.copyto(np.asarray(array), x)
