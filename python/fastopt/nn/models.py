"""Two classifiers in plain NumPy, with gradients written by hand.

A model holds sizes and a loss, never weights: its parameters are a dict of arrays that the caller
owns and an optimizer updates in place.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import DTypeLike

from fastopt._common.listing import listing
from fastopt._common.seeds import judged_rng
from fastopt._common.threads import get_num_threads
from fastopt._common.types import Floats, Integers, Loss, Params, Seed
from fastopt.losses import softmax_cross_entropy

__all__ = ["MLP", "Linear", "Model"]
__dir__ = listing(__name__)

SINGLE = 2**19
"""Multiply-adds of a matrix product below which BLAS works on one thread, in what the cache holds."""


class Model(Protocol):
    """What the training loop asks of a model."""

    def init(self, seed: Seed, dtype: DTypeLike = np.float32) -> Params:
        """Return fresh parameters.

        Parameters
        ----------
        seed : int or numpy.random.Generator
            Where the weights are drawn from.
        dtype : float32 or float64, default float32
            Weights are drawn in float64 and rounded, so both dtypes start at the same point.

        Returns
        -------
        dict of arrays
            The parameters, from the input on.

        Raises
        ------
        TypeError
            If `dtype` is neither float32 nor float64.
        """
        ...

    def scores(self, params: Params, x: Floats) -> Floats:
        """Return what the model makes of some samples.

        Parameters
        ----------
        params : dict of arrays
            As `init` returns them.
        x : array of shape (samples, features)
            Inputs, in the dtype of the parameters.

        Returns
        -------
        array of shape (samples, classes)
            The score of each class; the largest is the answer.
        """
        ...

    def loss_and_grads(self, params: Params, x: Floats, labels: Integers) -> tuple[float, Params]:
        """Return the mean loss of a batch and its gradient.

        Parameters
        ----------
        params : dict of arrays
            As `init` returns them; not changed.
        x : array of shape (samples, features)
            Inputs, in the dtype of the parameters.
        labels : integer array of shape (samples,)
            Classes, from 0.

        Returns
        -------
        loss : float
            The mean over the batch.
        grads : dict of arrays
            The gradient, under the names of the parameters and in their shapes.
        """
        ...


@dataclass(frozen=True)
class Linear:
    r"""Linear classifier: :math:`s = x W + b`.

    Parameters
    ----------
    n_features, n_classes : int
        Columns of the input and of the scores.
    loss : callable, default `fastopt.losses.softmax_cross_entropy`
        ``loss(scores, labels) -> (value, gradient)``; one that takes ``out=`` as those of `fastopt.losses`
        writes its gradient over the scores.

    Raises
    ------
    ValueError
        If a size is not positive.

    Examples
    --------
    >>> model = Linear(n_features=4, n_classes=3)
    >>> params = model.init(seed=0)
    >>> loss, grads = model.loss_and_grads(params, np.ones((2, 4), np.float32), np.array([0, 2]))
    >>> {name: grad.shape for name, grad in grads.items()}
    {'W': (4, 3), 'b': (3,)}
    """

    n_features: int
    n_classes: int
    loss: Loss = softmax_cross_entropy

    def __post_init__(self) -> None:
        _check_sizes(n_features=self.n_features, n_classes=self.n_classes)

    @cached_property
    def _in_place(self) -> bool:
        return _takes_out(self.loss)

    def __str__(self) -> str:
        return f"linear {self.n_features}-{self.n_classes}"

    def init(self, seed: Seed, dtype: DTypeLike = np.float32) -> Params:
        """Return ``{"W", "b"}`` as `Model.init` says: weights of deviation 0.01, biases zero."""
        rng = judged_rng(seed)
        return _layer(rng, self.n_features, self.n_classes, 0.01, dtype, "")

    def scores(self, params: Params, x: Floats) -> Floats:
        """Return the scores, of shape (samples, classes)."""
        scores: Floats = x @ params["W"]
        scores += params["b"]
        return scores

    def loss_and_grads(self, params: Params, x: Floats, labels: Integers) -> tuple[float, Params]:
        r"""Return the loss of a batch and the gradients :math:`x^T \delta`, :math:`\sum \delta`.

        A large batch is worked through in blocks of rows, which are still in the cache for the second
        product: half the work of two products over all of it. With many threads it is left whole.
        """
        n, rows = len(x), (SINGLE - 1) // (self.n_features * self.n_classes)
        if rows >= 16 and n > 4 * rows and get_num_threads() <= 4:
            with suppress(ValueError):  # of a label, whose row is to be counted from the first sample
                return self._in_blocks(rows, params, x, labels)
        loss, delta = _graded(self.loss, self._in_place, self.scores(params, x), labels)
        return loss, {"W": x.T @ delta, "b": delta.sum(axis=0)}

    def _in_blocks(self, rows: int, params: Params, x: Floats, labels: Integers) -> tuple[float, Params]:
        """Return the same, the sums over blocks of rows."""
        mean, grads = 0.0, {name: np.zeros_like(param) for name, param in params.items()}
        for i in range(0, len(x), rows):
            block = x[i : i + rows]
            loss, delta = _graded(self.loss, self._in_place, self.scores(params, block), labels[i : i + rows])
            share = len(block) / len(x)
            mean += share * loss
            delta *= share
            grads["W"] += block.T @ delta
            grads["b"] += delta.sum(axis=0)
        return mean, grads


@dataclass(frozen=True)
class MLP:
    r"""Multilayer perceptron with ReLU: :math:`h_l = \max(0, h_{l-1} W_l + b_l)`, scores last.

    The last layer has no ReLU. Parameters are named ``W1, b1, W2, b2, ...``.

    Parameters
    ----------
    n_features : int
        Columns of the input.
    hidden : tuple of int
        Widths of the hidden layers, from the input on.
    n_classes : int
        Columns of the scores.
    loss : callable, default `fastopt.losses.softmax_cross_entropy`
        ``loss(scores, labels) -> (value, gradient)``; one that takes ``out=`` as those of `fastopt.losses`
        writes its gradient over the scores.

    Raises
    ------
    ValueError
        If a size is not positive.

    Examples
    --------
    >>> model = MLP(n_features=4, hidden=(8, 5), n_classes=3)
    >>> params = model.init(seed=0)
    >>> {name: p.shape for name, p in params.items() if name.startswith("W")}
    {'W1': (4, 8), 'W2': (8, 5), 'W3': (5, 3)}
    >>> model.scores(params, np.zeros((2, 4), np.float32))
    array([[0., 0., 0.],
           [0., 0., 0.]], dtype=float32)
    """

    n_features: int
    hidden: tuple[int, ...]
    n_classes: int
    loss: Loss = softmax_cross_entropy

    def __post_init__(self) -> None:
        widths = {f"hidden[{i}]": width for i, width in enumerate(self.hidden)}
        _check_sizes(n_features=self.n_features, n_classes=self.n_classes, **widths)

    @cached_property
    def _in_place(self) -> bool:
        return _takes_out(self.loss)

    def __str__(self) -> str:
        return "mlp " + "-".join(map(str, self._sizes))

    @property
    def _sizes(self) -> tuple[int, ...]:
        return (self.n_features, *self.hidden, self.n_classes)

    @property
    def _layers(self) -> range:
        """Numbers of the layers, from 1 as in the formula."""
        return range(1, len(self._sizes))

    def init(self, seed: Seed, dtype: DTypeLike = np.float32) -> Params:
        r"""Return parameters as `Model.init` says: deviation :math:`\sqrt{2 / n_{in}}`, biases zero.

        References
        ----------
        He, Zhang, Ren and Sun, *Delving deep into rectifiers*, 2015, equation 10.
        """
        rng = judged_rng(seed)
        params: Params = {}
        for number in self._layers:
            n_in, n_out = self._sizes[number - 1 : number + 1]
            params |= _layer(rng, n_in, n_out, (2.0 / n_in) ** 0.5, dtype, str(number))
        return params

    def scores(self, params: Params, x: Floats) -> Floats:
        """Return the scores, of shape (samples, classes)."""
        return self._forward(params, x)[-1]

    def loss_and_grads(self, params: Params, x: Floats, labels: Integers) -> tuple[float, Params]:
        """Return the loss of a batch and the gradients, by backpropagation."""
        outputs = self._forward(params, x)
        loss, delta = _graded(self.loss, self._in_place, outputs.pop(), labels)
        grads: Params = {}
        for number in reversed(self._layers):
            below = outputs[number - 1]
            grads[f"W{number}"] = below.T @ delta
            grads[f"b{number}"] = delta.sum(axis=0)
            if number > 1:  # nobody asks for the gradient of the input
                delta = delta @ params[f"W{number}"].T
                delta *= below > 0  # the slope of ReLU, 0 at the kink
        return loss, grads

    def _forward(self, params: Params, x: Floats) -> list[Floats]:
        """Return what each layer puts out, the input first and the scores last."""
        outputs = [x]
        for number in self._layers:
            out = outputs[-1] @ params[f"W{number}"]
            out += params[f"b{number}"]
            if number < len(self._layers):
                np.maximum(out, 0, out=out)
            outputs.append(out)
        return outputs


def _takes_out(loss: Callable[..., object]) -> bool:
    try:
        return "out" in inspect.signature(loss).parameters
    except ValueError:  # of a function that does not tell
        return False


def _graded(
    loss: Callable[..., tuple[float, Floats]], in_place: bool, scores: Floats, labels: Integers
) -> tuple[float, Floats]:
    """Return the value and the gradient of a loss, which may lie where the scores lay."""
    return loss(scores, labels, out=scores) if in_place else loss(scores, labels)


def _layer(
    rng: np.random.Generator, n_in: int, n_out: int, deviation: float, dtype: DTypeLike, suffix: str
) -> Params:
    """Return normal weights and zero biases under the names of a layer."""
    if np.dtype(dtype) not in (np.float32, np.float64):
        raise TypeError(f"dtype: expected float32 or float64, got {np.dtype(dtype)}")
    weights = deviation * rng.standard_normal((n_in, n_out))
    return {f"W{suffix}": weights.astype(dtype), f"b{suffix}": np.zeros(n_out, dtype)}


def _check_sizes(**sizes: int) -> None:
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"{name}: expected a positive integer, got {size!r}")
