r"""Penalties on the weights: value, gradient and proximal operator. And the exact ridge regression.

>>> import fastopt
>>> w = np.array([[1.0, 2.0]])
>>> opt, penalty = fastopt.SGD(w, lr=0.1), l2(0.5)
>>> loss, grads = 0.0, np.zeros_like(w)           # those of the data
>>> loss += penalty.add_to(w, grads)
>>> opt.step(grads)
>>> loss, w
(2.5, array([[0.9, 1.8]]))

A penalty is a small immutable value over one array, a list or a dict of arrays, as optimizers take. The
definitions are those of lectures and of Keras, without a half: `l2` is :math:`\lambda \sum W^2`, with the
gradient :math:`2 \lambda W`. In terms of ``weight_decay``, which adds :math:`\lambda' W` to the gradient,
:math:`\lambda' = 2 \lambda`.

**Which arrays.** Biases are left out, and told by their shape: in a list or a dict, an array of fewer than
two dimensions is not penalised; one array alone always is. `only` or `skip` decide otherwise: a key of the
structure, a collection of keys, or a function of key and array. ``skip=()`` penalises all.

**In the loss, or decoupled.** A penalty in the loss reaches the parameters through the optimizer. For SGD,
with and without momentum, ``l2(lam, skip=())`` in the loss and ``weight_decay=2 * lam`` are the same
trajectory, bit for bit. So they are for Adam, RMSprop and Adagrad, whose `weight_decay` is this very term;
but there it is divided by the root of the squared gradients along with them, and a weight with large
gradients is hardly penalised. The decay of `AdamW` is decoupled from the gradients and shrinks all weights
by one factor: another trajectory, to which no penalty in the loss is equal. (For SGD without momentum, and
for it alone, a decoupled decay would be the same thing again.) A `prox` after the step is decoupled too, and
with `l1` the way to weights that are exactly zero.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from dataclasses import KW_ONLY, dataclass
from itertools import compress
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike

from fastopt.bounds import Bounds
from fastopt.structures import Array, Arrays, described, flatten

__all__ = ["Regularizer", "elastic_net", "l1", "l2", "least_squares"]

Structure = TypeVar("Structure", bound=Arrays)

Selector = Callable[[Any, Array], bool] | Collection[Any] | str | int | None
"""Keys of a structure, one key, or a function of key and array."""

Labelled = list[tuple[str, Array]]


class Regularizer(ABC):
    """What all penalties share. Not to be instantiated: use one of its subclasses, or write one.

    A subclass is a frozen dataclass with the fields `strength`, `only` and `skip`, and says for one array
    what value, gradient and proximal operator are.

    Examples
    --------
    >>> isinstance(l2(1e-4), Regularizer)
    True
    """

    strength: float
    only: Selector
    skip: Selector

    def __post_init__(self) -> None:
        self._set("strength", Bounds(0).check("strength", self.strength))
        self._set("only", _selector("only", self.only))
        self._set("skip", _selector("skip", self.skip))
        if self.only is not None and self.skip is not None:
            raise ValueError(f"skip: expected None beside only={self.only!r}, got {self.skip!r}")

    def __call__(self, params: Structure) -> tuple[float, Structure]:
        """Return the penalty and its gradient.

        Parameters
        ----------
        params : array, list or dict of arrays
            float32 or float64.

        Returns
        -------
        value : float
            Summed in double precision.
        grads : array, list or dict of arrays
            New arrays in the structure (a list for a tuple), dtypes and memory orders of `params`; zeros for
            an array that is left out.

        Raises
        ------
        TypeError
            If something is not a NumPy array of float32 or float64.
        ValueError
            If the structure is empty, lacks a key that `only` or `skip` names, or holds nothing but what is
            left out for its shape.
        """
        mine = _Parts("params", params)
        chosen = self._chosen(mine)
        grads = [self._grad(p) if on else np.zeros_like(p) for p, on in zip(mine.arrays, chosen, strict=True)]
        return self._total(mine, chosen), cast(Structure, mine.packed(grads))

    def add_to(self, params: Arrays, grads: Arrays) -> float:
        """Add the gradient of the penalty to gradients that are there, in place.

        Parameters
        ----------
        params : array, list or dict of arrays
            float32 or float64.
        grads : array, list or dict of arrays
            In the structure, shapes and dtypes of `params`. Arrays that are left out are not touched.

        Returns
        -------
        float
            The penalty, as from a call.

        Raises
        ------
        TypeError, ValueError
            As from a call; and if `grads` differ from `params` in structure, shape or dtype, cannot be
            written, or overlap anything. Nothing is written then.
        """
        mine = _Parts("params", params)
        chosen = self._chosen(mine)
        theirs = _Parts("grads", grads).like(mine)
        written = list(compress(theirs.labelled, chosen))
        _expect_writeable(written)
        _refuse_overlaps(written, mine.labelled)
        value = self._total(mine, chosen)
        for p, g, on in zip(mine.arrays, theirs.arrays, chosen, strict=True):
            if on:
                np.add(g, self._grad(p), out=g)
        return value

    def prox(self, params: Structure, lr: float, out: Structure | None = None) -> Structure:
        r"""Apply the proximal operator: the minimiser of the penalty :math:`R` near `params`.

        .. math:: \operatorname{prox}(W) = \arg\min_V \; R(V) + \frac{1}{2 \eta} \|V - W\|^2

        After a gradient step on the loss alone this is proximal gradient descent (ISTA).

        Parameters
        ----------
        params : array, list or dict of arrays
            :math:`W`, float32 or float64.
        lr : float
            :math:`\eta \ge 0`, the step size: the learning rate of the gradient step.
        out : array, list or dict of arrays, optional
            Where the result is written, in the structure, shapes and dtypes of `params`; by default into new
            arrays. ``out=params`` works in place.

        Returns
        -------
        array, list or dict of arrays
            The result, or `out`. Arrays that are left out are as they were.

        Raises
        ------
        TypeError, ValueError
            As from a call; if `lr` is not as above; and if `out` differs from `params` in structure, shape or
            dtype, cannot be written, or overlaps anything but the array in its own place. Nothing is
            written then.

        References
        ----------
        Parikh and Boyd, Proximal algorithms, 2014, section 6.5.
        """
        lr = Bounds(0).check("lr", lr)
        mine = _Parts("params", params)
        chosen = self._chosen(mine)
        if out is None:
            results = [np.empty_like(p) for p in mine.arrays]
            result = cast(Structure, mine.packed(results))
        else:
            theirs = _Parts("out", out).like(mine)
            results, result = theirs.arrays, out
            in_place = [_is_same(p, v) for p, v in zip(mine.arrays, results, strict=True)]
            each = list(zip(chosen, in_place, strict=True))
            written = list(compress(theirs.labelled, (on or not same for on, same in each)))
            read = list(compress(mine.labelled, (not (on and same) for on, same in each)))
            _expect_writeable(written)
            _refuse_overlaps(written, read)
        for p, v, on in zip(mine.arrays, results, chosen, strict=True):
            if on:
                self._prox(p, lr, v)
            elif not _is_same(p, v):
                np.copyto(v, p)
        return result

    # One array.

    @abstractmethod
    def _sum(self, p: Array) -> float:
        """Return the penalty of one array, but for its strength."""

    @abstractmethod
    def _grad(self, p: Array) -> Array:
        """Return its gradient, strength and all, as a new array."""

    @abstractmethod
    def _prox(self, p: Array, lr: float, out: Array) -> None:
        """Write the minimiser; `out` may be `p`."""

    # All of them.

    def _total(self, mine: "_Parts", chosen: list[bool]) -> float:
        return self.strength * sum(self._sum(p) for p in compress(mine.arrays, chosen))

    def _chosen(self, mine: "_Parts") -> list[bool]:
        if self.only is not None:
            return mine.matches("only", self.only)
        if self.skip is not None:
            return [not match for match in mine.matches("skip", self.skip)]
        if mine.kind == "array":
            return [True]
        chosen = [p.ndim >= 2 for p in mine.arrays]
        if not any(chosen):
            raise ValueError(
                "params: expected an array of at least 2 dimensions, got none, so that all would be left out "
                "as biases; say which to penalise with only= or skip="
            )
        return chosen

    def _set(self, field: str, value: object) -> None:
        object.__setattr__(self, field, value)  # around the lock of a frozen dataclass


@dataclass(frozen=True)
class l2(Regularizer):
    r"""The sum of squares: ridge, weight decay.

    .. math:: R(W) = \lambda \sum W^2, \qquad \nabla R = 2 \lambda W, \qquad
        \operatorname{prox}(W) = \frac{W}{1 + 2 \eta \lambda}

    Parameters
    ----------
    strength : float
        :math:`\lambda \ge 0`.
    only, skip : keys, key or callable, optional
        Which arrays are penalised, or left out; see the top of this module.

    Raises
    ------
    TypeError, ValueError
        If a field is not as above.

    Notes
    -----
    As ``keras.regularizers.L2``. ``weight_decay`` in torch and here is :math:`2 \lambda`, and so are `alpha`
    of scikit-learn's ``Ridge`` (for a loss of half the sum of squares) and :math:`\lambda` of
    ``jaxopt.prox.prox_ridge``.

    References
    ----------
    Hoerl and Kennard, Ridge regression, 1970; Krogh and Hertz, A simple weight decay can improve
    generalization, 1992.

    Examples
    --------
    >>> params = {"W": np.array([[3.0, -1.0]]), "b": np.array([5.0])}
    >>> value, grads = l2(0.5)(params)
    >>> value, grads["W"], grads["b"]
    (5.0, array([[ 3., -1.]]), array([0.]))
    >>> l2(0.5).prox(params, lr=1.0)["W"]
    array([[ 1.5, -0.5]])
    """

    strength: float
    _: KW_ONLY
    only: Selector = None
    skip: Selector = None

    def _sum(self, p: Array) -> float:
        return _sum_of_squares(p)

    def _grad(self, p: Array) -> Array:
        return np.asarray(2 * self.strength * p)

    def _prox(self, p: Array, lr: float, out: Array) -> None:
        np.divide(p, 1 + 2 * lr * self.strength, out=out)


@dataclass(frozen=True)
class l1(Regularizer):
    r"""The sum of absolute values: lasso.

    .. math:: R(W) = \lambda \sum |W|, \qquad \partial R \ni \lambda \operatorname{sign} W, \qquad
        \operatorname{prox}(W) = \operatorname{sign}(W) \max(|W| - \eta \lambda, 0)

    The subgradient at zero is zero. Steps along it make weights small; the `prox`, soft thresholding, makes
    them exactly zero.

    Parameters
    ----------
    strength : float
        :math:`\lambda \ge 0`.
    only, skip : keys, key or callable, optional
        Which arrays are penalised, or left out; see the top of this module.

    Raises
    ------
    TypeError, ValueError
        If a field is not as above.

    Notes
    -----
    As ``keras.regularizers.L1`` and ``jaxopt.prox.prox_lasso``. `alpha` of scikit-learn's ``Lasso`` is
    :math:`\lambda` for a loss of half the mean of squares.

    References
    ----------
    Tibshirani, Regression shrinkage and selection via the lasso, 1996; Daubechies, Defrise and De Mol, An
    iterative thresholding algorithm, 2004.

    Examples
    --------
    >>> w = np.array([3.0, 0.25, -1.0])
    >>> value, grad = l1(0.5)(w)
    >>> value, grad
    (2.125, array([ 0.5,  0.5, -0.5]))
    >>> l1(0.5).prox(w, lr=1.0)
    array([ 2.5,  0. , -0.5])
    """

    strength: float
    _: KW_ONLY
    only: Selector = None
    skip: Selector = None

    def _sum(self, p: Array) -> float:
        return _sum_of_magnitudes(p)

    def _grad(self, p: Array) -> Array:
        return np.asarray(self.strength * np.sign(p))

    def _prox(self, p: Array, lr: float, out: Array) -> None:
        _soft_threshold(p, lr * self.strength, out)


@dataclass(frozen=True)
class elastic_net(Regularizer):
    r"""Squares and absolute values together.

    .. math:: R(W) = \lambda \sum (\beta W^2 + |W|), \qquad
        \partial R \ni \lambda (2 \beta W + \operatorname{sign} W), \qquad
        \operatorname{prox}(W) =
        \frac{\operatorname{sign}(W) \max(|W| - \eta \lambda, 0)}{1 + 2 \eta \lambda \beta}

    Parameters
    ----------
    strength : float
        :math:`\lambda \ge 0`.
    beta : float
        :math:`\beta \ge 0`, the weight of the squares; with 0 this is `l1`.
    only, skip : keys, key or callable, optional
        Which arrays are penalised, or left out; see the top of this module.

    Raises
    ------
    TypeError, ValueError
        If a field is not as above.

    Notes
    -----
    scikit-learn's ``ElasticNet`` writes :math:`\alpha (\rho |W| + \frac{1 - \rho}{2} W^2)`:
    :math:`\lambda = \alpha \rho` and :math:`\beta = \frac{1 - \rho}{2 \rho}`, for a loss of half the mean of
    squares. ``jaxopt.prox.prox_elastic_net`` has :math:`\gamma = 2 \beta`.

    References
    ----------
    Zou and Hastie, Regularization and variable selection via the elastic net, 2005.

    Examples
    --------
    >>> w = np.array([3.0, 0.25, -1.0])
    >>> value, grad = elastic_net(0.5, beta=0.5)(w)
    >>> value, grad
    (4.640625, array([ 2.   ,  0.625, -1.   ]))
    >>> elastic_net(0.5, beta=0.5).prox(w, lr=2.0)
    array([1., 0., 0.])
    """

    strength: float
    beta: float = 1.0
    _: KW_ONLY
    only: Selector = None
    skip: Selector = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set("beta", Bounds(0).check("beta", self.beta))

    def _sum(self, p: Array) -> float:
        return self.beta * _sum_of_squares(p) + _sum_of_magnitudes(p)

    def _grad(self, p: Array) -> Array:
        return np.asarray(self.strength * (2 * self.beta * p + np.sign(p)))

    def _prox(self, p: Array, lr: float, out: Array) -> None:
        _soft_threshold(p, lr * self.strength, out)
        np.divide(out, 1 + 2 * lr * self.strength * self.beta, out=out)


def _sum_of_squares(p: Array) -> float:
    flat = p.ravel(order="K")
    return float(np.einsum("i,i->", flat, flat, dtype=np.float64))  # buffered: no copy in double


def _sum_of_magnitudes(p: Array) -> float:
    return float(np.abs(p).sum(dtype=np.float64))


def _soft_threshold(p: Array, threshold: float, out: Array) -> None:
    """Move towards zero by `threshold`, and no further than zero: all of what lies within is taken away."""
    np.subtract(p, np.clip(p, -threshold, threshold), out=out)


def _selector(field: str, value: object) -> Selector:
    """Bring a selector into a form that can be compared: a function, or a tuple of keys."""
    if value is None or callable(value):
        return value
    if isinstance(value, str | int):
        return (value,)
    if not isinstance(value, Collection):
        raise TypeError(
            f"{field}: expected a key, keys or a function of key and array, "
            f"got {value!r} ({type(value).__name__})"
        )
    return tuple(value)


# Structures of arrays: nothing is written before all of this has passed.


class _Parts:
    """A structure taken apart: its kind, its keys, and its arrays, plain and of the two dtypes."""

    def __init__(self, label: str, structure: object) -> None:
        self.label = label
        self.kind, self.keys, self.arrays = flatten(label, structure)
        for name, p in self.labelled:
            if not isinstance(p, np.ndarray):
                raise TypeError(f"{name}: expected a NumPy array, got {type(p).__name__}")
            if p.dtype not in (np.float32, np.float64):
                raise TypeError(
                    f"{name}: expected float32 or float64 in native byte order, got {described(p)}"
                )
        self.arrays = [p.view(np.ndarray) for p in self.arrays]

    def __str__(self) -> str:
        if self.kind == "array":
            return "one array"
        keys = ", ".join(map(repr, self.keys))
        return f"a list of {len(self.keys)} arrays" if self.kind == "list" else f"a dict of {keys}"

    @property
    def labelled(self) -> Labelled:
        if self.kind == "array":
            return [(self.label, self.arrays[0])]
        return [(f"{self.label}[{key!r}]", p) for key, p in zip(self.keys, self.arrays, strict=True)]

    def packed(self, arrays: list[Array]) -> Arrays:
        if self.kind == "array":
            return arrays[0]
        return arrays if self.kind == "list" else dict(zip(self.keys, arrays, strict=True))

    def like(self, other: "_Parts") -> "_Parts":
        """Return self, checked to be as `other` and brought into its order."""
        if self.kind != other.kind or set(self.keys) != set(other.keys):
            error = TypeError if self.kind != other.kind else ValueError
            raise error(f"{self.label}: expected {other}, as {other.label}, got {self}")
        by_key = dict(zip(self.keys, self.arrays, strict=True))
        self.keys, self.arrays = other.keys, [by_key[key] for key in other.keys]
        for (name, a), p in zip(self.labelled, other.arrays, strict=True):
            if a.dtype != p.dtype or a.shape != p.shape:
                error = TypeError if a.dtype != p.dtype else ValueError
                raise error(f"{name}: expected {described(p)}, got {described(a)}")
        return self

    def matches(self, field: str, selector: Selector) -> list[bool]:
        """Tell which arrays a selector means; a key that is not there is a mistake."""
        if callable(selector):
            return [bool(selector(key, p)) for key, p in zip(self.keys, self.arrays, strict=True)]
        assert isinstance(selector, tuple)  # so stored by `_selector`
        for key in selector:
            if self.kind == "array" or key not in self.keys:
                raise ValueError(f"{field}: expected keys of {self.label}, {self}, got {key!r}")
        return [key in selector for key in self.keys]


def _expect_writeable(written: Labelled) -> None:
    for name, a in written:
        if not a.flags.writeable:
            raise ValueError(f"{name}: expected a writeable array, got a read-only one")


def _is_same(a: Array, b: Array) -> bool:
    """Whether two arrays of one shape and dtype are the same memory, element for element."""
    return a.ctypes.data == b.ctypes.data and a.strides == b.strides


def _refuse_overlaps(written: Labelled, read: Labelled) -> None:
    """Refuse a written array that reaches into any other, by their extents in memory."""
    extents = sorted(
        (*np.lib.array_utils.byte_bounds(a), name, is_written)
        for arrays, is_written in ((written, True), (read, False))
        for name, a in arrays
        if a.size
    )
    # In order of their beginnings, an array is met by an earlier one if it begins before that one's end.
    last: dict[bool, tuple[int, str]] = {}
    for begin, end, name, is_written in extents:
        for earlier_is_written, (earlier_end, earlier) in last.items():
            if begin < earlier_end and (is_written or earlier_is_written):
                raise ValueError(f"{earlier} and {name} overlap in memory; expected separate arrays")
        last[is_written] = max(last.get(is_written, (0, "")), (end, name))


def least_squares(X: ArrayLike, y: ArrayLike, l2: ArrayLike = 0.0) -> Array:
    r"""Solve linear least squares exactly, with or without a ridge term.

    .. math:: W^* = \arg\min_W \|X W - y\|^2 + \sum_j \lambda_j W_j^2
        = (X^T X + \operatorname{diag} \lambda)^{-1} X^T y

    The answer to compare a descent with. It is computed from the singular values of :math:`X` with the rows
    :math:`\operatorname{diag} \sqrt{\lambda}` appended, and not from :math:`X^T X`, which squares the
    condition number. Where the solution is not unique it is the one of least norm: singular values below the
    largest times ``sqrt(min(X.shape))`` times the machine epsilon of the dtype count as zero, as far as the
    rounding of the data to it reaches; with a ridge on every weight there are none.

    Parameters
    ----------
    X : array of shape (N, D)
        One row a sample. A bias is a column of ones.
    y : array of shape (N,) or (N, K)
        Targets.
    l2 : float or array of shape (D,)
        :math:`\lambda_j \ge 0`, one for all weights or one for each: 0 leaves a bias out.

    Returns
    -------
    array of shape (D,) or (D, K)
        float32 if `X` and `y` are, else float64; computed in double.

    Raises
    ------
    TypeError
        If an argument does not consist of real numbers.
    ValueError
        If a shape is wrong or empty, or `l2` is negative.
    FloatingPointError
        If a value is NaN or infinite.

    Notes
    -----
    Sums, not means: `l2` is `alpha` of scikit-learn's ``Ridge``. A loss
    :math:`\frac{1}{2 N} \|X W - y\|^2 + \lambda \sum W^2`, as from `fastopt.losses` and the penalty
    `l2`, has its minimum here at ``l2 = 2 * N * lam``.

    References
    ----------
    Golub and Van Loan, Matrix computations, sections 5.5 and 6.1.

    Examples
    --------
    >>> X = np.array([[0.0, 1.0], [1.0, 1.0], [2.0, 1.0]])       # slope and bias
    >>> least_squares(X, np.array([1.0, 3.0, 5.0])).round(12)
    array([2., 1.])
    >>> least_squares(X, np.array([1.0, 3.0, 5.0]), l2=[2.0, 0.0]).round(12)
    array([1., 2.])
    """
    X, y, weights = _real("X", X), _real("y", y), _real("l2", l2)
    dtype = np.result_type(X, y)
    if X.ndim != 2 or 0 in X.shape:
        raise ValueError(f"X: expected shape (samples, features), got {X.shape}")
    samples, features = X.shape
    if y.ndim not in (1, 2) or len(y) != samples or 0 in y.shape:
        raise ValueError(f"y: expected shape ({samples},) or ({samples}, targets), got {y.shape}")
    if weights.shape not in ((), (features,)):
        raise ValueError(f"l2: expected a number or shape ({features},), got {weights.shape}")
    if (weights < 0).any():
        raise ValueError(f"l2: expected numbers >= 0, got {weights.min():g}")
    for name, a in (("X", X), ("y", y), ("l2", weights)):
        if not np.isfinite(a).all():
            raise FloatingPointError(f"{name}: expected finite values, got NaN or infinity")

    A, b = X.astype(np.float64), y.astype(np.float64)
    if weights.any():
        ridge = np.diag(np.sqrt(np.broadcast_to(weights, features).astype(np.float64)))
        A, b = np.vstack([A, ridge]), np.concatenate([b, np.zeros((features, *b.shape[1:]))])
    # Rounding the data to their dtype moves singular values by at most sqrt(min(N, D)) eps / 2 of the
    # largest: below that nothing is known, and NumPy's cut-off, that of double, would take the rounding of
    # float32 data for rank. With a ridge on every weight there is nothing undetermined to cut off.
    undetermined = not np.broadcast_to(weights, features).all()
    of_data = math.sqrt(min(X.shape)) * float(np.finfo(dtype).eps) if undetermined else 0.0
    rcond = max(of_data, max(A.shape) * float(np.finfo(np.float64).eps))
    solution, *_ = np.linalg.lstsq(A, b, rcond=rcond)
    return solution.astype(dtype)


def _real(name: str, values: ArrayLike) -> Array:
    """Return an array of float32, or of float64 for any other real numbers."""
    a = np.asarray(values)
    if a.dtype.kind not in "fiu":
        raise TypeError(f"{name}: expected real numbers, got {described(a)}")
    return a if a.dtype == np.float32 else a.astype(np.float64)
