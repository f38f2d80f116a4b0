"""Problems with bounds, and with L1, in NumPy alone. HS: Hock & Schittkowski 1981."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Vector = NDArray[np.float64]
Function = Callable[[Vector], tuple[float, Vector]]


@dataclass
class Bounded:
    name: str
    fun: Function
    start: Vector
    lower: Vector
    upper: Vector


@dataclass
class Penalised:
    """A loss of the scores `a @ x`, and the weights of the penalty."""

    name: str
    a: Vector
    loss: Callable[[Vector], tuple[float, Vector]]
    curvature: float  # the largest second derivative of the loss
    l1: Vector

    def fun(self, x: Vector) -> tuple[float, Vector]:
        value, slope = self.loss(self.a @ x)
        return value, self.a.T @ slope


def rosenbrock(x: Vector) -> tuple[float, Vector]:
    a, b = x[:-1], x[1:]
    g = np.zeros_like(x)
    g[:-1] = -400 * a * (b - a * a) - 2 * (1 - a)
    g[1:] += 200 * (b - a * a)
    return float(np.sum(100 * (b - a * a) ** 2 + (1 - a) ** 2)), g


def hs3(x: Vector) -> tuple[float, Vector]:
    d = x[1] - x[0]
    return x[1] + 1e-5 * d * d, np.array([-2e-5 * d, 1 + 2e-5 * d])


def hs4(x: Vector) -> tuple[float, Vector]:
    return (x[0] + 1) ** 3 / 3 + x[1], np.array([(x[0] + 1) ** 2, 1.0])


def hs5(x: Vector) -> tuple[float, Vector]:
    total, d = x[0] + x[1], x[0] - x[1]
    value = np.sin(total) + d * d - 1.5 * x[0] + 2.5 * x[1] + 1
    return value, np.cos(total) + np.array([2 * d - 1.5, -2 * d + 2.5])


def hs38(x: Vector) -> tuple[float, Vector]:
    a, b, c, d = x
    value = (
        100 * (b - a * a) ** 2
        + (1 - a) ** 2
        + 90 * (d - c * c) ** 2
        + (1 - c) ** 2
        + 10.1 * ((b - 1) ** 2 + (d - 1) ** 2)
        + 19.8 * (b - 1) * (d - 1)
    )
    return value, np.array(
        [
            -400 * a * (b - a * a) - 2 * (1 - a),
            200 * (b - a * a) + 20.2 * (b - 1) + 19.8 * (d - 1),
            -360 * c * (d - c * c) - 2 * (1 - c),
            180 * (d - c * c) + 20.2 * (d - 1) + 19.8 * (b - 1),
        ]
    )


def hs45(x: Vector) -> tuple[float, Vector]:
    product = np.prod(x)
    return 2 - product / 120, -product / x / 120


def hs110(x: Vector) -> tuple[float, Vector]:
    low, high, root = np.log(x - 2), np.log(10 - x), np.prod(x) ** 0.2
    return np.sum(low**2 + high**2) - root, 2 * low / (x - 2) - 2 * high / (10 - x) - 0.2 * root / x


def chain(x: Vector) -> tuple[float, Vector]:
    """The first driver of L-BFGS-B."""
    t = x[1:] - x[:-1] ** 2
    g = np.zeros_like(x)
    g[0] = 2 * (x[0] - 1)
    g[1:] += 8 * t
    g[:-1] -= 16 * x[:-1] * t
    return float((x[0] - 1) ** 2 + 4 * np.sum(t * t)), g


def quadratic(n: int, condition: float, seed: int) -> Function:
    """Tridiagonal, with a diagonal from 1 to `condition`."""
    diagonal = np.geomspace(1, condition, n)
    beside = -0.45 * np.sqrt(diagonal[:-1] * diagonal[1:])
    b = np.random.default_rng(seed).normal(size=n) * np.sqrt(diagonal)

    def fun(x: Vector) -> tuple[float, Vector]:
        y = diagonal * x
        y[:-1] += beside * x[1:]
        y[1:] += beside * x[:-1]
        return float(0.5 * x @ y - b @ x), y - b

    return fun


def squares(b: Vector) -> Callable[[Vector], tuple[float, Vector]]:
    return lambda s: (float(0.5 * np.sum((s - b) ** 2)), s - b)


def logistic(y: Vector) -> Callable[[Vector], tuple[float, Vector]]:
    return lambda s: (float(np.sum(np.logaddexp(0, -y * s))), -y / (1 + np.exp(y * s)))


def regression(rows: int, columns: int, seed: int) -> tuple[Vector, Vector]:
    """Neighbouring columns are correlated; a tenth of them counts."""
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(rows, columns))
    for k in range(1, columns):
        a[:, k] = 0.5 * a[:, k - 1] + 0.75**0.5 * a[:, k]
    x = np.zeros(columns)
    x[: columns // 10] = 3 * rng.normal(size=columns // 10)
    return a, a @ x + 0.5 * rng.normal(size=rows)


def torsion(m: int) -> tuple[Function, Vector]:
    """The elastic-plastic torsion of a square of m x m points, and the distance of each to the edge."""
    h = 1 / (m + 1)

    def fun(x: Vector) -> tuple[float, Vector]:
        v = np.pad(x.reshape(m, m), 1)
        down, right = np.diff(v, axis=0)[:, 1:-1], np.diff(v, axis=1)[1:-1]
        value = 0.5 * (np.sum(down**2) + np.sum(right**2)) - 5 * h * h * x.sum()
        return float(value), -(np.diff(down, axis=0) + np.diff(right, axis=1)).ravel() - 5 * h * h

    at = np.minimum(np.arange(1, m + 1), np.arange(m, 0, -1)) * h
    return fun, np.minimum.outer(at, at).ravel()


def bounded() -> list[Bounded]:
    problems: list[Bounded] = []
    inf = np.inf

    def add(name: str, fun: Any, start: ArrayLike, lower: ArrayLike, upper: ArrayLike) -> None:
        x = np.array(start, float)
        spread = [np.broadcast_to(np.array(b, float), x.shape).copy() for b in (lower, upper)]
        problems.append(Bounded(name, fun, x, *spread))

    zigzag = np.tile([-1.2, 1.0], 500)
    every = np.arange(1000)
    add("rosenbrock", rosenbrock, [-1.2, 1], -inf, inf)
    add("rosenbrock, one active", rosenbrock, [-1.2, 1], -1.5, 0.5)
    add("rosenbrock, half open", rosenbrock, zigzag[:10], [-inf, -2] * 5, [0.8, inf] * 5)
    add("rosenbrock, 1000", rosenbrock, zigzag, -2, np.where(every % 3 == 0, 0.5, 2.0))
    add("rosenbrock, fixed", rosenbrock, zigzag[:20], [-5, -5, -5, 0.7] * 5, [5, 5, 5, 0.7] * 5)
    add("rosenbrock, from a vertex", rosenbrock, np.full(20, -2), -2, 0.9)
    add("rosenbrock, from outside", rosenbrock, np.full(20, -5), -2, 1)
    add("hs1", rosenbrock, [-2, 1], [-inf, -1.5], inf)
    add("hs2", rosenbrock, [-2, 1], [-inf, 1.5], inf)
    add("hs3", hs3, [10, 1], [-inf, 0], inf)
    add("hs4", hs4, [1.125, 0.125], [1, 0], inf)
    add("hs5", hs5, [0, 0], [-1.5, -3], [4, 3])
    add("hs38", hs38, [-3, -1, -3, -1], -10, 10)
    add("hs38, two active", hs38, [-3, -1, -3, -1], -10, [0.9, 10, 0.8, 10])
    add("hs45", hs45, np.full(5, 0.5), 0.25, [1, 2, 3, 4, 5])
    add("hs110", hs110, np.full(10, 9), 2.001, 9.999)
    add("chain", chain, np.full(25, 3), np.where(np.arange(25) % 2 == 0, 1, -100), 100)
    add("quadratic", quadratic(100, 1e2, 0), np.zeros(100), -0.3, 0.3)
    add("quadratic, 1000", quadratic(1000, 1e3, 1), np.zeros(1000), -0.1, 0.2)
    add("quadratic, 1000, half open", quadratic(1000, 1e2, 2), np.ones(1000), 0, inf)
    add("quadratic, from a vertex", quadratic(100, 1e2, 3), np.full(100, 0.5), -0.5, 0.5)
    fixed = np.arange(50) % 5 == 0
    add(
        "quadratic, fixed",
        quadratic(50, 1e2, 4),
        np.zeros(50),
        np.where(fixed, 0.25, -1),
        np.where(fixed, 0.25, 1),
    )
    a, b = regression(120, 80, 5)
    add("nonnegative least squares", Penalised("", a, squares(b), 1, b).fun, np.zeros(80), 0, inf)
    add("logistic", Penalised("", a, logistic(np.sign(b)), 0.25, b).fun, np.zeros(80), -0.2, 0.2)
    fun, distance = torsion(20)
    add("torsion", fun, np.zeros(400), -distance, distance)
    return problems


def penalised() -> list[Penalised]:
    problems = []
    for rows, columns in [(60, 30), (40, 80), (100, 100)]:
        a, b = regression(rows, columns, rows)
        for name, loss, curvature in [
            ("lasso", squares(b), 1.0),
            ("logistic", logistic(np.sign(b)), 0.25),
        ]:
            most = np.abs(a.T @ loss(np.zeros(rows))[1]).max()
            for share in (0.3, 0.03):
                l1 = np.full(columns, share * most)
                label = f"{name}, {rows} x {columns}, {share}"
                problems.append(Penalised(label, a, loss, curvature, l1))
    a, b = regression(60, 30, 7)
    free = np.where(np.arange(30) % 10 == 0, 0.0, 0.1 * np.abs(a.T @ b).max() * (1 + np.arange(30) / 30))
    problems.append(Penalised("lasso, weights, some 0", a, squares(b), 1.0, free))
    return problems
