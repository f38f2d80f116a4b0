"""The twelve versions, A to L, of the function of Dixon and Maany."""

from __future__ import annotations

from fastopt._common.types import Floats

from .problem import Evaluation, Family
from .sums import dot, indices

__all__ = [
    "dixmaana",
    "dixmaanb",
    "dixmaanc",
    "dixmaand",
    "dixmaane",
    "dixmaanf",
    "dixmaang",
    "dixmaanh",
    "dixmaani",
    "dixmaanj",
    "dixmaank",
    "dixmaanl",
]

SOURCE = (
    "Dixon and Maany, A family of test problems with sparse Hessians for unconstrained optimization, 1988; "
    "CUTEst, DIXMAAN{}"
)


def _version(letter: str, beta: float, gamma: float, delta: float, k: int) -> Family:
    def function(x: Floats) -> Evaluation:
        n, m = x.size, x.size // 3
        weight = (indices(n) / n) ** k
        head, tail = x[: 2 * m], x[m:]
        quadratic, tails = weight * x, tail * tail
        gradient = 2 * quadratic
        cross = delta * weight[:m]
        gradient[:m] += cross * x[2 * m :]
        gradient[2 * m :] += cross * x[:m]
        pairs = head * tails
        gradient[: 2 * m] += 2 * gamma * pairs * tails
        gradient[m:] += 4 * gamma * pairs * head * tail
        value = 1 + dot(quadratic, x) + gamma * dot(pairs, pairs) + dot(cross * x[:m], x[2 * m :])
        if beta:
            a, b = x[:-1], x[1:]
            c = b + b * b
            d = beta * a * c
            gradient[:-1] += 2 * d * c
            gradient[1:] += 2 * d * a * (1 + 2 * b)
            value += dot(d * a, c)
        return value, gradient

    function.__name__ = f"dixmaan{letter}"
    function.__doc__ = rf"""Function of Dixon and Maany, version {letter.upper()}, :math:`n = 3 m`.

    .. math::
        1 + \sum_{{i=1}}^n (i/n)^k x_i^2 + \beta \sum_{{i=1}}^{{n-1}} x_i^2 (x_{{i+1}} + x_{{i+1}}^2)^2
        + \gamma \sum_{{i=1}}^{{2m}} x_i^2 x_{{i+m}}^4 + \delta \sum_{{i=1}}^m (i/n)^k x_i x_{{i+2m}}

    Here :math:`\beta = {beta}`, :math:`\gamma = {gamma}`, :math:`\delta = {delta}`, :math:`k = {k}`.
    """
    source = SOURCE.format(letter.upper())
    return Family(function, source, 2.0, (999, 9999) if k < 2 else (300, 999), minima=1.0, multiple=3)


dixmaana = _version("a", 0.0, 0.125, 0.125, 0)
dixmaanb = _version("b", 0.0625, 0.0625, 0.0625, 0)
dixmaanc = _version("c", 0.125, 0.125, 0.125, 0)
dixmaand = _version("d", 0.26, 0.26, 0.26, 0)
dixmaane = _version("e", 0.0, 0.125, 0.125, 1)
dixmaanf = _version("f", 0.0625, 0.0625, 0.0625, 1)
dixmaang = _version("g", 0.125, 0.125, 0.125, 1)
dixmaanh = _version("h", 0.26, 0.26, 0.26, 1)
dixmaani = _version("i", 0.0, 0.125, 0.125, 2)
dixmaanj = _version("j", 0.0625, 0.0625, 0.0625, 2)
dixmaank = _version("k", 0.125, 0.125, 0.125, 2)
dixmaanl = _version("l", 0.26, 0.26, 0.26, 2)
