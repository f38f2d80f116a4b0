"""Products and decompositions of matrices for rules, in the one order in which the kernels do them."""

import math

import numpy as np

from fastopt.rules.formulas import Array, felt, norm_square, total

__all__ = ["descending", "eigen", "in_order", "inverse_root", "normal", "orthogonal", "product"]


def product(a: Array, b: Array) -> Array:
    """Multiply two matrices.

    An element is a sum over k: blocks of 256 products are added in their order, each block by itself, and
    then the blocks. What is so small that its square would be a denormal number counts as 0.

    Examples
    --------
    >>> product(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]))
    array([[11.]])
    """
    a, b = felt(a, 1), felt(b, 1)
    c = np.zeros((a.shape[0], b.shape[1]), a.dtype)
    for block in range(0, a.shape[1], 256):
        some = np.zeros_like(c)
        for column, row in zip(a.T[block : block + 256], b[block : block + 256], strict=True):
            some += column[:, np.newaxis] * row
        c += some
    return c


def normal(x: Array, dtype: type | np.dtype = np.float64) -> Array:
    """Round to a dtype; what would be a denormal number is 0."""
    return np.where(np.abs(x) < float(np.finfo(dtype).tiny), 0, x).astype(dtype)


def in_order(terms: Array, axis: int = 0) -> Array:
    """Add up along an axis, one after another."""
    before = [(0, 0)] * terms.ndim
    before[axis] = (1, 0)
    added: Array = np.add.accumulate(np.pad(terms, before), axis)
    total: Array = np.take(added, -1, axis)
    return total


def descending(x: Array) -> Array:
    """Return which number is the first in descending order, which the second, ...; NaN comes last."""
    order: Array = np.argsort(-x, kind="stable")
    return order


# Orthogonal matrices are products of reflections I - 2 u u' (Householder 1958).


def reflection(x: Array) -> tuple[Array, float]:
    """Return the vector u of the reflection that takes x to (head, 0, 0, ...), and the head."""
    norm = math.sqrt(total(norm_square(x)))
    if norm == 0:
        return np.zeros_like(x), 0.0
    head = norm if x[0] < 0 else -norm
    u = x.copy()
    u[0] -= head
    return felt(u / math.sqrt(total(norm_square(u))), 1), head


def reflected(a: Array, u: Array) -> Array:
    """Reflect the columns of a matrix."""
    along = felt(in_order(u[:, np.newaxis] * a), 1)
    return felt(a - (2 * u)[:, np.newaxis] * along, 1)


def multiplied_out(n: int, vectors: list[Array]) -> Array:
    """Multiply reflections out; each is one of the last rows and columns, as many as its vector has."""
    q = np.eye(n)
    for u in reversed(vectors):
        k = n - len(u)
        q[k:, k:] = reflected(q[k:, k:], u)
    return q


def orthogonal(a: Array) -> Array:
    """Return the orthogonal factor Q of A = Q R, with the signs of LAPACK.

    Examples
    --------
    >>> orthogonal(np.array([[3.0, 0.0], [4.0, 5.0]])).round(2)
    array([[-0.6, -0.8],
           [-0.8,  0.6]])
    """
    a, vectors = a.astype(np.float64), []
    for k in range(len(a) - 1):
        u, _ = reflection(a[k:, k])
        a[k:, k + 1 :] = reflected(a[k:, k + 1 :], u)
        vectors.append(u)
    return multiplied_out(len(a), vectors)


def eigen(a: Array) -> tuple[Array, Array]:
    """Return the eigenvalues of a symmetric matrix, the largest first, and the eigenvectors, as rows.

    By reflections to tridiagonal form, and the implicit QL iteration, as in tred2 and tql2 of EISPACK. Of a
    matrix with a number that is not finite everything is NaN.

    Examples
    --------
    >>> eigen(np.array([[2.0, 1.0], [1.0, 2.0]]))[0]
    array([3., 1.])
    """
    n, a = len(a), a.astype(np.float64)
    largest = float(np.max(np.abs(a), initial=0))
    if not math.isfinite(largest):
        return np.full(n, np.nan), np.full((n, n), np.nan)
    exponent = max(-1000, min(1000, math.frexp(largest)[1]))  # with the largest near 1, nothing overflows
    d, e, q = tridiagonal(felt(a * math.ldexp(1.0, -exponent), 1))
    vectors = q.T.copy()
    for first in range(n):
        for _ in range(60):
            last = next((k for k in range(first, n - 1) if _split(d, e, k)), n - 1)
            if last == first:
                break
            _sweep(d, e, vectors, first, last)
    values = np.array([math.ldexp(x, exponent) for x in d])
    order = descending(values)
    return values[order], vectors[order]


def tridiagonal(a: Array) -> tuple[list[float], list[float], Array]:
    """Return the diagonal d, what is beside it e, and Q of A = Q T Q' for a symmetric matrix."""
    n, a, vectors, e = len(a), a.copy(), [], []
    for k in range(n - 2):
        u, beside = reflection(a[k, k + 1 :])
        rest = a[k + 1 :, k + 1 :]
        y = felt(2 * in_order(u[:, np.newaxis] * rest), 1)
        w = felt(y - total(u * y) * u, 1)
        rest[...] = felt(rest - (u[:, np.newaxis] * w + w[:, np.newaxis] * u), 1)
        vectors.append(u)
        e.append(beside)
    e += [float(a[n - 2, n - 1])] if n > 1 else []
    return np.diagonal(a).tolist(), [*e, 0.0], multiplied_out(n, vectors)


def _split(d: list[float], e: list[float], k: int) -> bool:
    """Whether what stands beside number k of the diagonal is nothing beside it and the next one."""
    return abs(e[k]) <= 2.0**-52 * (abs(d[k]) + abs(d[k + 1]))


def _sweep(d: list[float], e: list[float], vectors: Array, first: int, last: int) -> None:
    """Make one sweep of QL over numbers `first` to `last` of the diagonal, and turn the vectors with it."""
    g = (d[first + 1] - d[first]) / (2 * e[first])
    r = math.sqrt(g * g + 1)
    g = d[last] - d[first] + e[first] / (g + (-r if g < 0 else r))
    s, c, shift = 1.0, 1.0, 0.0
    for i in range(last - 1, first - 1, -1):
        f, b = s * e[i], c * e[i]
        r = math.sqrt(f * f + g * g)
        e[i + 1] = r
        if r == 0:
            d[i + 1] -= shift
            break
        s, c = f / r, g / r
        g = d[i + 1] - shift
        r = (d[i] - g) * s + 2 * c * b
        shift = s * r
        d[i + 1] = g + shift
        g = c * r - b
        sine, cosine = (x if abs(x) >= 2.0**-511 else 0.0 for x in (s, c))
        x, y = vectors[i].copy(), vectors[i + 1]
        vectors[i], vectors[i + 1] = cosine * x - sine * y, sine * x + cosine * y
    else:
        d[first] -= shift
        e[first] = g
    e[last] = 0.0


def inverse_root(a: Array, root: int) -> Array:
    """Return the matrix to the power -1 / root, 2 or 4, of a symmetric matrix with no negative eigenvalue.

    An eigenvalue counts without its sign, which is that of a rounding, and as no less than what the largest
    one is rounded by.

    Examples
    --------
    >>> inverse_root(np.array([[4.0, 0.0], [0.0, 16.0]]), 2)
    array([[0.5 , 0.  ],
           [0.  , 0.25]])
    """
    values, vectors = eigen(a)
    limits = np.finfo(a.dtype)
    values = np.maximum(np.abs(values), max(float(limits.tiny), float(limits.eps) * abs(float(values[0]))))
    for _ in range(1 if root == 2 else 2):
        values = np.sqrt(values)
    half = vectors / np.sqrt(values)[:, np.newaxis]
    return normal(product(half.T, half), a.dtype)
