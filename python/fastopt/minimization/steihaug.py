"""The step of a trust region by conjugate gradients, from products of the Hessian."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from fastopt._common.types import Floats

__all__ = ["Products", "steihaug"]

EPS = float(np.finfo(np.float64).eps)


MOST_KEPT = 20
"""Products that are kept, as much memory as L-BFGS takes; paths that are longer are rarely cut short."""


class Products:
    """Products of a Hessian with the directions that conjugate gradients take from one gradient.

    A smaller radius ends the same path sooner, so the first products are kept and serve again.

    Parameters
    ----------
    product : callable
        ``product(v)`` returns H v, a new array.

    Examples
    --------
    >>> products = Products(lambda v: print("computed") or 2 * v)
    >>> products(0, np.ones(1)), products(0, np.ones(1))
    computed
    (array([2.]), array([2.]))
    """

    def __init__(self, product: Callable[[Floats], Floats]) -> None:
        self._product = product
        self._kept: list[Floats] = []

    def __call__(self, k: int, d: Floats) -> Floats:
        """Return H d for direction `k` of the path, counted from 0."""
        if k < len(self._kept):
            return self._kept[k]
        hd = self._product(d)
        if k < MOST_KEPT:
            self._kept.append(hd)
        return hd


def steihaug(
    gradient: Floats, product: Callable[[int, Floats], Floats], radius: float, tolerance: float
) -> tuple[Floats, float]:
    r"""Minimise :math:`g^T p + p^T H p / 2` nearly, inside :math:`|p| \le` `radius`.

    Conjugate gradients from :math:`p = 0`, until the residual :math:`|g + H p|` is at most `tolerance`, or
    p reaches the radius, along a direction of negative curvature if there is one.

    Parameters
    ----------
    gradient : array, shape (n,)
        g, not zero, and not so small that its square is.
    product : callable
        ``product(k, d)`` returns H d for direction k, counted from 0, the first being -g: see `Products`.
    radius : float
        Infinite if there is none yet: p then ends before a direction that has no positive curvature, but the
        first one is followed, as far as if its curvature were positive, or 1 if it has none.
    tolerance : float
        Less than ``|g|``.

    Returns
    -------
    step : array, shape (n,)
        p, whose length is the radius at most.
    predicted : float
        The decrease, :math:`-g^T p - p^T H p / 2 > 0`.

    References
    ----------
    Steihaug, *The conjugate gradient method and trust regions in large scale optimization*, SIAM Journal on
    Numerical Analysis 20, 1983; Nocedal and Wright, *Numerical Optimization*, 2nd edition, 2006, algorithm
    7.2, whose z, r, d, B are p, r, d, H here.

    Examples
    --------
    >>> h = np.array([[2.0, 0.0], [0.0, 8.0]])
    >>> g = np.array([2.0, 8.0])
    >>> steihaug(g, lambda k, d: h @ d, np.inf, 1e-9)[0].round(6)
    array([-1., -1.])
    """
    p = np.zeros_like(gradient)
    r, d = gradient, -gradient
    rr, steepest = float(r @ r), 0.0
    for k in range(2 * gradient.size):
        hd = product(k, d)
        curvature, dd = float(d @ hd), float(d @ d)
        if not math.isfinite(curvature):
            break
        steepest = max(steepest, abs(curvature) / dd)
        bent_up = curvature > gradient.size * EPS * steepest * dd  # by more than rounding
        if not bent_up and radius == math.inf and k > 0:
            break
        alpha = rr / abs(curvature) if curvature else math.inf
        alpha = alpha if alpha < math.inf else rr / dd
        if radius < math.inf and not (bent_up and np.linalg.norm(p + alpha * d) < radius):
            alpha = _to_boundary(p, d, radius)
            bent_up = False
        p = p + alpha * d
        r = r + alpha * hd
        before, rr = rr, float(r @ r)
        if not bent_up or math.sqrt(rr) <= tolerance:
            break
        d = -r + rr / before * d
    return p, -float(p @ (gradient + r)) / 2


def _to_boundary(p: Floats, d: Floats, radius: float) -> float:
    """Return the positive root alpha of |p + alpha d| = radius, for |p| <= radius."""
    a, b, c = float(d @ d), float(p @ d), max(0.0, radius * radius - float(p @ p))
    root = b + math.sqrt(b * b + a * c)
    return c / root if root > 0 else 0.0  # at the boundary, or all of it below the smallest number
