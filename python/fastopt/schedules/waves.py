"""Along the cosine once: half a wave, and the one cycle."""

from dataclasses import KW_ONLY, dataclass
from itertools import pairwise
from typing import Literal

from .base import Schedule
from .fields import Count, Fraction, NonNegative, Positive
from .formulas import half_wave, mix

_EXACT = 2**53  # up to here whole numbers are floats, in which the share of the rise counts


@dataclass(frozen=True, repr=False)
class cosine(Schedule):
    r"""Half a wave of the cosine.

    .. math:: a_t = \frac{a_0}{2} \left(1 + \cos\frac{\pi t}{T}\right) \quad\text{or, to an end,}\quad
        a_t = e + \frac{a_0 - e}{2} \left(1 + \cos\frac{\pi t}{T}\right), \qquad t \le T,

    and :math:`a_t = e` past :math:`T`.

    Parameters
    ----------
    start : float
        :math:`a_0 \ge 0`, the value at step 0.
    steps : int
        :math:`T \ge 1`: step `T` is the first with the value `end`.
    end : float
        :math:`e \ge 0`.

    Raises
    ------
    TypeError, ValueError
        If a field is not as above.

    References
    ----------
    Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts, 2017, eq. 5. torch's
    ``CosineAnnealingLR`` is the same up to ``T_max`` but climbs back afterwards. optax's
    ``cosine_decay_schedule`` stays too; its ``alpha`` is ``end / start``.

    Examples
    --------
    >>> lr = cosine(0.5, 4)
    >>> [round(lr(t), 3) for t in range(6)]
    [0.5, 0.427, 0.25, 0.073, 0.0, 0.0]
    """

    start: NonNegative
    steps: Count
    end: NonNegative = 0.0

    def _at(self, t: int) -> float:
        return mix(self.start, self.end, half_wave(min(t, self.steps) / self.steps))

    @property
    def _span(self) -> int:
        return self.steps + 1


@dataclass(frozen=True, repr=False)
class one_cycle(Schedule):
    r"""One rise to a peak and one fall far below the start.

    From :math:`a_0 = p / d` at :math:`t = 0` to the peak :math:`p` at :math:`t = r T - 1`, then to
    :math:`a_0 / f` at the last step, :math:`t = T - 1`, and there past it. With `three_phase` the fall first
    mirrors the rise, to :math:`a_0` at :math:`t = 2 (r T - 1)`. The peak may lie between two steps.

    Parameters
    ----------
    peak : float
        :math:`p \ge 0`.
    steps : int
        :math:`T \ge 1`, the number of steps in all; at most 2**53, which a float still tells apart.
    pct_start : float
        :math:`r \in [0, 1]`, the share of the rise; at most 0.5 with `three_phase`.
    anneal_strategy : {"cos", "linear"}
        The shape of rise and fall.
    div_factor : float
        :math:`d > 0`.
    final_div_factor : float
        :math:`f > 0`.
    three_phase : bool
        As in the paper; two phases as in fastai.

    Raises
    ------
    TypeError, ValueError
        If a field is not as above.

    Notes
    -----
    The names, the defaults and the values are those of torch's ``OneCycleLR``, which raises past
    ``total_steps``. It turns momentum the other way; here that is a schedule of its own, from 0.95 to 0.85
    and back: ``one_cycle(0.85, steps, div_factor=0.85 / 0.95, final_div_factor=1)``.
    ``optax.cosine_onecycle_schedule`` reaches the peak and the end a step later.

    References
    ----------
    Smith and Topin, Super-convergence: very fast training of neural networks using large learning rates,
    2018.

    Examples
    --------
    >>> lr = one_cycle(1.0, steps=8, pct_start=0.5, anneal_strategy="linear", div_factor=4)
    >>> [round(lr(t), 2) for t in range(9)]
    [0.25, 0.5, 0.75, 1.0, 0.75, 0.5, 0.25, 0.0, 0.0]
    """

    peak: NonNegative
    steps: Count
    _: KW_ONLY
    pct_start: Fraction = 0.3
    anneal_strategy: Literal["cos", "linear"] = "cos"
    div_factor: Positive = 25.0
    final_div_factor: Positive = 1e4
    three_phase: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.steps > _EXACT:
            raise ValueError(
                f"steps: expected a whole number <= 2**53, got one of {self.steps.bit_length()} bits"
            )
        if self.three_phase and self.pct_start > 0.5:
            raise ValueError(
                f"pct_start: expected a number in [0, 0.5] with three_phase, got {self.pct_start!r}"
            )

    def _at(self, t: int) -> float:
        first = self.peak / self.div_factor
        top = self.pct_start * self.steps - 1
        knots = [(0.0, first), (top, self.peak), (self.steps - 1.0, first / self.final_div_factor)]
        if self.three_phase:
            knots.insert(2, (2 * top, first))
        t = min(t, self.steps - 1)
        (begin, start), (finish, end) = next(pair for pair in pairwise(knots) if t <= pair[1][0])
        x = (t - begin) / (finish - begin) if finish > begin else 1.0
        return mix(start, end, half_wave(x) if self.anneal_strategy == "cos" else 1 - x)

    @property
    def _span(self) -> int:
        return self.steps
