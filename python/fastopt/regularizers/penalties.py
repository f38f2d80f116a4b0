"""The penalties: a formula each of value, gradient and proximal operator."""

from abc import abstractmethod
from dataclasses import KW_ONLY, dataclass

import numpy as np

from fastopt import _core
from fastopt._common.bounds import Bounds
from fastopt._common.trees import Array

from .base import Regularizer
from .memory import blocks, laid_out_alike
from .selection import Selector

Formula = tuple[str, tuple[float, ...]]


class _Elementwise(Regularizer):
    """Value and gradient come from a formula of the core: in one pass, and without temporaries."""

    @property
    @abstractmethod
    def _formula(self) -> Formula:
        """Its name in the core, and what it is called with."""

    def _write(self, p: Array, grad: Array) -> float:
        return _core.penalty(*self._formula, p, grad, False)

    def _add(self, p: Array, g: Array) -> float:
        if laid_out_alike(p, g):
            return _core.penalty(*self._formula, p, g, True)
        return super()._add(p, g)


@dataclass(frozen=True, repr=False)
class l2(_Elementwise):
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

    @property
    def _formula(self) -> Formula:
        return "l2", (self.strength,)

    def _prox(self, p: Array, lr: float, out: Array) -> None:
        np.divide(p, 1 + 2 * lr * self.strength, out=out)


@dataclass(frozen=True, repr=False)
class l1(_Elementwise):
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

    @property
    def _formula(self) -> Formula:
        return "l1", (self.strength,)

    def _prox(self, p: Array, lr: float, out: Array) -> None:
        _soft_threshold(p, lr * self.strength, out)


@dataclass(frozen=True, repr=False)
class elastic_net(_Elementwise):
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

    @property
    def _formula(self) -> Formula:
        if self.beta == 0:  # times an infinite square it would be NaN
            return "l1", (self.strength,)
        return "elastic_net", (self.strength, self.beta)

    def _prox(self, p: Array, lr: float, out: Array) -> None:
        _soft_threshold(p, lr * self.strength, out)
        np.divide(out, 1 + 2 * lr * self.strength * self.beta, out=out)


def _soft_threshold(p: Array, threshold: float, out: Array) -> None:
    """Move towards zero by `threshold`, but not past zero."""
    for x, y in blocks(p, out):
        np.subtract(x, np.clip(x, -threshold, threshold), out=y)
