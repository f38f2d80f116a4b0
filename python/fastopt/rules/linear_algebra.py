"""Products and decompositions of matrices for rules, in the one order in which the kernels do them."""

import numpy as np

from fastopt.rules.formulas import Array, felt

__all__ = ["product"]


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
