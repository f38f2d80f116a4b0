"""Prodigy."""

from __future__ import annotations  # so that help() shows the annotations as they stand here

import math
from dataclasses import KW_ONLY
from typing import Annotated

import numpy as np

from fastopt._common.bounds import Bounds, Decays, Epsilon, Hyper, NonNegative, OptionalDecay
from fastopt.rules.fields import optimizer
from fastopt.rules.formulas import Array, fade, fade_square, floored, rule, square
from fastopt.rules.optimizer import Optimizer

__all__ = ["Prodigy", "prodigy"]

Distance = Annotated[float, Bounds(0, above=True, constant=True)]
Growth = Annotated[Hyper, Bounds(1, infinite=True)]


def distances(
    p: Array,
    g: Array,
    m: Array,
    v: Array,
    s: Array,
    p0: Array,
    d: Array,
    *_: Array,
    step: int,
    lr: float,
    beta1: float,
    beta2: float,
    beta3: float | None,
    weight_decay: float,
    decoupled_weight_decay: bool,
    use_bias_correction: bool,
    safeguard_warmup: bool,
    d0: float,
) -> tuple[Array, Array]:
    """Return what is summed: the way along the gradient, and the size of s after this step."""
    g = with_l2(g, p, weight_decay, decoupled_weight_decay)
    rate = d.item() * lr * correction(step, beta1, beta2, use_bias_correction)
    feed = d.item() / d0 * (d.item() if safeguard_warmup else rate)
    return product(g, p0 - p), np.abs(weighted(s, g, root_of(beta2, beta3), feed))


@rule(decays="own", terms=distances)
def prodigy(
    p: Array,
    g: Array,
    m: Array,
    v: Array,
    s: Array,
    p0: Array,
    d: Array,
    d_max: Array,
    d_numerator: Array,
    *,
    sums: tuple[float, float],
    step: int = 1,
    lr: float = 1.0,
    beta1: float = 0.9,
    beta2: float = 0.999,
    beta3: float | None = None,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    decoupled_weight_decay: bool = True,
    use_bias_correction: bool = False,
    safeguard_warmup: bool = False,
    d0: float = 1e-6,
    d_coef: float = 1.0,
    growth_rate: float = math.inf,
) -> None:
    """Take a step of `Prodigy`.

    Parameters
    ----------
    p0 : ndarray
        The parameter before the first step.
    weight_decay, decoupled_weight_decay : float, bool
        See the top of this module; the decoupled decay is scaled by the rate of the step, not by `lr`.

    Examples
    --------
    >>> p, m, v, s = np.array([1.0]), np.zeros(1), np.zeros(1), np.zeros(1)
    >>> d, d_max, d_numerator, p0 = np.full(1, 0.5), np.full(1, 0.5), np.zeros(1), np.array([2.0])
    >>> prodigy(p, np.array([1.0]), m, v, s, p0, d, d_max, d_numerator, d0=0.5)
    >>> d, s, p.round(4)
    (array([1.]), array([0.5]), array([-0.5811]))
    """
    along, length = sums
    g = with_l2(g, p, weight_decay, decoupled_weight_decay)
    beta3, before = root_of(beta2, beta3), d.item()
    rate = before * lr * correction(step, beta1, beta2, use_bias_correction)

    if length == 0:  # there has been no gradient yet
        lr = 0.0
    else:
        lr = rate
        d_numerator[...] = fade(beta3 * d_numerator + before / d0 * rate * along)
        estimate = d_coef * d_numerator.item() / length
        d_max[...] = max(d_max.item(), estimate)
        d[...] = min(d_max.item(), (max(before, estimate) if before == d0 else before) * growth_rate)

    # Without a mean of gradients the package takes the new d.
    m[...] = fade(beta1 * m + (before if beta1 else d.item()) * (1 - beta1) * g)
    v[...] = fade_square(beta2 * v + before * before * (1 - beta2) * square(g, before * before * (1 - beta2)))
    s[...] = weighted(s, g, beta3, before / d0 * (before if safeguard_warmup else rate))
    keep = 1 - weight_decay * lr if decoupled_weight_decay else 1
    p[...] = (p if keep == 1 else fade(keep * p)) - lr * (m / (np.sqrt(floored(v)) + d.item() * eps))


def with_l2(g: Array, p: Array, weight_decay: float, decoupled: bool) -> Array:
    """Add the term of L2 to the gradient, if the decay is not decoupled."""
    return g if decoupled else g + fade(weight_decay * p)


def correction(step: int, beta1: float, beta2: float, use_bias_correction: bool) -> float:
    """Return what corrects the step for the start of both means at zero."""
    return math.sqrt(1 - beta2**step) / (1 - beta1**step) if use_bias_correction else 1.0


def root_of(beta2: float, beta3: float | None) -> float:
    """Return the decay of s."""
    return math.sqrt(beta2) if beta3 is None else beta3


def weighted(s: Array, g: Array, beta3: float, feed: float) -> Array:
    """Return the next sum of weighted gradients."""
    return fade(beta3 * s + feed * g)


def product(g: Array, way: Array) -> Array:
    """Multiply in double, where neither factor is so small that the product might be denormal."""
    g, way = g.astype(np.float64), way.astype(np.float64)
    least = math.sqrt(float(np.finfo(np.float64).tiny))
    return np.where((np.abs(way) < least) | (np.abs(g) < least), 0, g) * way


@optimizer("prodigy")
class Prodigy(Optimizer):
    r"""Prodigy: Adam that finds its learning rate, from the distance that it has come.

    .. math::
        s &\leftarrow \beta_3 s + \frac{d}{d_0}\, \eta_t\, g, \qquad
            r \leftarrow \beta_3 r + \frac{d}{d_0}\, \eta_t\, \langle g, p_0 - p \rangle,
            \qquad \eta_t = d\, \eta \\
        m &\leftarrow \beta_1 m + (1 - \beta_1)\, d\, g \\
        v &\leftarrow \beta_2 v + (1 - \beta_2)\, d^2 g^2 \\
        d &\leftarrow \max(d,\, r / \lVert s \rVert_1) \\
        p &\leftarrow (1 - \eta_t \lambda)\, p - \eta_t\, m / (\sqrt{v} + d\, \epsilon)

    where the sums go over all arrays, :math:`\eta_t` is of the :math:`d` before the step, and :math:`p_0` is
    the parameter as it is when the optimizer is made. `lr` is to be left at 1, or scheduled from 1 down.

    Parameters
    ----------
    beta3 : float or schedule, optional
        :math:`\beta_3 \in [0, 1)`; without it :math:`\sqrt{\beta_2}`.
    weight_decay : float or schedule
        :math:`\lambda \ge 0`.
    decoupled_weight_decay : bool
        Without it :math:`g + \lambda p` stands in place of :math:`g`, and :math:`p` is not shrunk.
    use_bias_correction : bool
        :math:`\eta_t = d\, \eta \sqrt{1 - \beta_2^t} / (1 - \beta_1^t)`.
    safeguard_warmup : bool
        :math:`d` in place of :math:`\eta_t` in :math:`s`: for a schedule that begins near 0.
    d0 : float
        :math:`d_0 > 0`, where :math:`d` starts: far below the distance to the solution.
    d_coef : float or schedule
        What :math:`r / \lVert s \rVert_1` is multiplied by.
    growth_rate : float or schedule
        How many times :math:`d` may grow in one step, 1 at least.

    References
    ----------
    Mishchenko and Defazio, Prodigy: an expeditiously adaptive parameter-free learner, 2024, Algorithm 4; the
    options as their package prodigyopt has them.

    Examples
    --------
    >>> import numpy as np
    >>> w = np.array([1.0, -2.0])
    >>> opt = Prodigy(w)
    >>> for _ in range(300):
    ...     opt.step(w.copy())
    >>> bool(abs(w).max() < 0.1), opt.state["d"].round(1)
    (True, np.float64(0.5))
    """

    lr: NonNegative = 1.0
    betas: Decays = (0.9, 0.999)
    beta3: OptionalDecay = None
    eps: Epsilon = 1e-8
    weight_decay: NonNegative = 0.0
    decoupled_weight_decay: bool = True
    use_bias_correction: bool = False
    safeguard_warmup: bool = False
    d0: Distance = 1e-6
    d_coef: NonNegative = 1.0
    growth_rate: Growth = math.inf
    _: KW_ONLY
    maximize: bool = False

    _library = "prodigyopt"
    _start_at_p = ("p0",)
    _pace = (5.0, "stride")

    def _start(self, name: str) -> float:
        return self.d0 if name in ("d", "d_max") else 0.0
