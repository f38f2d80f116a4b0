"""The one schedule that is made of all its steps so far."""

from dataclasses import dataclass
from typing import Annotated

from fastopt._common.bounds import Hyper

from .base import Schedule
from .fields import NonNegative, stateless
from .formulas import decayed, ratio


@dataclass(frozen=True, repr=False)
class multiplicative(Schedule):
    r"""A value that is multiplied at each step.

    .. math:: a_t = a_0 \prod_{s = 1}^{t} f(s)

    It is a function of the step as all are, and remembers the last step only to save time: a run asks for
    one step after another, which costs one call of :math:`f` each. The first after a resume costs `t` calls.

    Parameters
    ----------
    start : float
        :math:`a_0 \ge 0`, the value at step 0.
    factor : callable or float
        :math:`f`: a function of the step that always returns the same for a step, not a schedule with a
        state; or a number, which makes it `exponential`.

    Raises
    ------
    TypeError, ValueError
        If a field is not as above.

    References
    ----------
    torch's ``MultiplicativeLR``.

    Examples
    --------
    >>> lr = multiplicative(0.5, lambda step: 0.5 if step % 3 == 0 else 1)
    >>> [lr(t) for t in range(7)]
    [0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125]
    """

    start: NonNegative
    factor: Annotated[Hyper, stateless]

    _reached = (0, 0.0)  # the last step that was asked for, and its value

    def _at(self, t: int) -> float:
        if not callable(self.factor):
            return decayed(self.start, self.factor, ratio(t, 1))
        reached, value = self._reached
        if not 0 < reached <= t:
            reached, value = 0, self.start
        for s in range(reached + 1, t + 1):
            if value == 0:  # and stays so, however often it is multiplied
                break
            value *= float(self.factor(s))
        object.__setattr__(self, "_reached", (t, value))  # in one piece, for other threads
        return value
