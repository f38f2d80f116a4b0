r"""Losses: the value and the gradient with respect to the first argument, in one call.

>>> scores = np.array([[3.2, 5.1, -1.7]], np.float32)
>>> loss, grad = softmax_cross_entropy(scores, np.array([0]))
>>> loss, grad = softmax_cross_entropy(scores, np.array([0]), out=scores)    # nothing is allocated
>>> grad is scores
True

All take scores in float32 or float64, of any memory layout, and targets of the same dtype and shape (integers
and booleans are converted), or one integer label for each row where the text says so. The first axis is the
batch. Every function also has

- `reduction`: ``"mean"``, the default, is the sum over the batch divided by the number of samples, so a
  learning rate does not depend on the batch size; ``"sum"`` is the sum; ``"none"`` returns an array with the
  value of each sample (where a row has one loss) or each element, and the gradient of their sum. Values are
  added up in double precision and divided afterwards: a sum beyond 1.8e308 makes a mean that is infinite,
  though it may be representable itself; its gradient is not affected.
- `out`: an array for the gradient, of dtype and shape of the scores, which may be the scores themselves and
  shares memory with nothing else. Where a row has one loss it lies in C order.

Everything is checked before anything is written. Wrong types and dtypes raise `TypeError`; a wrong shape, an
empty batch, an illegal target (the message names its place and what it is), or a parameter out of its range
or out of that of the scores' dtype raise `ValueError`.

Scores that are NaN make a loss that is NaN. All formulas are stable for any finite scores, and at infinite
ones have the limits of value and gradient: a right answer that is certain costs nothing, a wrong one
infinity. In a softmax minus infinity is a probability of zero; plus infinity, or nothing but minus infinity
in a row, makes NaN, as in other libraries. No gradient is a denormal number: where it would be one it is
zero, since they slow down whatever multiplies them next. NumPy's error state (`numpy.errstate`) plays no
part.

Most losses are compiled: they read the scores once, use an exponential function of their own, and their
results are the same bits for every instruction set and number of threads, and whatever else is in the batch,
every NaN taken for one. `fastopt.losses_reference` shows them in plain NumPy.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fastopt import _core
from fastopt._common.bounds import Bounds
from fastopt._common.listing import listing
from fastopt._common.types import Floats, Integers

__all__ = [
    "binary_cross_entropy",
    "gaussian_nll",
    "hinge",
    "huber",
    "kl_divergence",
    "logistic",
    "multiclass_hinge",
    "nll",
    "poisson_nll",
    "softmax_cross_entropy",
    "squared_error",
]
__dir__ = listing(__name__)

# What NumPy computes here is computed under any error state, as in the core: `out` is never left half done.
_in_silence = np.errstate(all="ignore")

_SMOOTHING = Bounds(0, 1, below=True)
_NON_NEGATIVE, _POSITIVE = Bounds(0), Bounds(0, above=True)


def softmax_cross_entropy(
    scores: Floats,
    labels: Integers | Floats,
    *,
    label_smoothing: float = 0.0,
    reduction: str = "mean",
    out: Floats | None = None,
) -> tuple[Any, Floats]:
    r"""Cross-entropy of the softmax of the scores, from integer labels or from rows of probabilities.

    With :math:`p_{ij} = e^{s_{ij}} / \sum_k e^{s_{ik}}` and targets :math:`q_{ij}`, for integer labels
    :math:`[j = y_i]`,

    .. math:: L = -\frac{1}{N} \sum_{ij} q_{ij} \log p_{ij},
              \qquad \frac{\partial L}{\partial s_{ij}} = \frac{p_{ij} \sum_k q_{ik} - q_{ij}}{N}.

    The largest score of a row is subtracted first, and the logarithm is taken of the sum and not of the
    probabilities. A term with :math:`q_{ij} = 0` is zero, also for a score of minus infinity.

    Parameters
    ----------
    scores : array of shape (N, C)
        One row a sample, one column a class; any real numbers (logits).
    labels : integer array of shape (N,), or array of shape (N, C)
        The class of each sample, in ``0 .. C-1``; or its probabilities, not negative and of sum 1 to within
        0.001: float32 loses much less, and what is no distribution is mostly further off. They are taken as
        they are, not divided by their sum.
    label_smoothing : float in [0, 1)
        :math:`\epsilon`: the targets become :math:`(1 - \epsilon) q_{ij} + \epsilon / C`.
    reduction, out
        See the top of this module.

    Returns
    -------
    loss : float, or array of shape (N,)
        The value.
    grad : array of shape (N, C)
        The gradient with respect to `scores`.

    Raises
    ------
    TypeError, ValueError
        See the top of this module.

    Notes
    -----
    As ``torch.nn.functional.cross_entropy``, which does not check that probabilities are some, and takes the
    classes along the second of any number of axes.

    References
    ----------
    Bishop, *Pattern recognition and machine learning*, 2006, section 4.3.4. Szegedy et al., *Rethinking the
    Inception architecture for computer vision*, 2016, section 7.

    Examples
    --------
    >>> scores = np.array([[3.2, 5.1, -1.7]])
    >>> loss, grad = softmax_cross_entropy(scores, np.array([0]))
    >>> round(loss, 2)
    2.04
    >>> grad.round(2) + np.array([1, 0, 0])  # the probabilities
    array([[0.13, 0.87, 0.  ]])
    >>> loss, grad = softmax_cross_entropy(scores, np.array([[0.5, 0.5, 0.0]]))
    >>> round(loss, 2)
    1.09
    """
    smoothing = label_smoothing
    if (
        type(smoothing) is not float or smoothing != 0
    ):  # the default needs no check, a tenth of a small batch's time
        smoothing = _SMOOTHING.check("label_smoothing", smoothing)
    rows = isinstance(labels, np.ndarray) and labels.ndim == 2
    rows = rows and (labels.dtype.kind == "f" or labels.shape == np.shape(scores))
    name = "softmax_cross_entropy_rows" if rows else "softmax_cross_entropy"
    return _core.loss(name, scores, labels, smoothing, reduction, out)


def kl_divergence(
    scores: Floats, probabilities: Floats, *, reduction: str = "mean", out: Floats | None = None
) -> tuple[Any, Floats]:
    r"""Divergence of Kullback and Leibler: of the softmax of the scores from given probabilities.

    With :math:`q_{ij} = e^{s_{ij}} / \sum_k e^{s_{ik}}` and the convention :math:`0 \log 0 = 0`,

    .. math:: L = \frac{1}{N} \sum_{ij} p_{ij} (\log p_{ij} - \log q_{ij}),
              \qquad \frac{\partial L}{\partial s_{ij}} = \frac{q_{ij} \sum_k p_{ik} - p_{ij}}{N}.

    Parameters
    ----------
    scores : array of shape (N, C)
        One row a sample; any real numbers (logits).
    probabilities : array of shape (N, C)
        :math:`p`: not negative, each row of sum 1 to within 0.001, as in `softmax_cross_entropy`.
    reduction, out
        See the top of this module.

    Returns
    -------
    loss : float, or array of shape (N,)
        The value.
    grad : array of shape (N, C)
        The gradient with respect to `scores`: that of `softmax_cross_entropy`, whose value is larger by the
        entropy of the probabilities.

    Raises
    ------
    TypeError, ValueError
        See the top of this module.

    Notes
    -----
    As ``torch.nn.functional.kl_div(log_softmax(scores), probabilities, reduction="batchmean")``: torch takes
    logarithms of probabilities, and its ``"mean"`` divides by the classes as well.

    References
    ----------
    Kullback and Leibler, *On information and sufficiency*, 1951.

    Examples
    --------
    >>> loss, grad = kl_divergence(np.zeros((1, 2)), np.array([[1.0, 0.0]]))
    >>> round(loss, 3), grad
    (0.693, array([[-0.5,  0.5]]))
    """
    return _core.loss("kl_divergence", scores, probabilities, 0.0, reduction, out)


@_in_silence
def nll(
    log_probabilities: Floats, labels: Integers, *, reduction: str = "mean", out: Floats | None = None
) -> tuple[Any, Floats]:
    r"""Negative log-likelihood of labels, from logarithms of probabilities.

    .. math:: L = -\frac{1}{N} \sum_i \ell_{i y_i},
              \qquad \frac{\partial L}{\partial \ell_{ij}} = -\frac{[j = y_i]}{N}

    Parameters
    ----------
    log_probabilities : array of shape (N, C)
        :math:`\ell`. From scores, use `softmax_cross_entropy`, which does both steps at once.
    labels : integer array of shape (N,)
        The class of each sample, in ``0 .. C-1``.
    reduction, out
        See the top of this module.

    Returns
    -------
    loss : float, or array of shape (N,)
        The value.
    grad : array of shape (N, C)
        The gradient with respect to `log_probabilities`.

    Raises
    ------
    TypeError, ValueError
        See the top of this module.

    Notes
    -----
    As ``torch.nn.functional.nll_loss``.

    References
    ----------
    Bishop, *Pattern recognition and machine learning*, 2006, section 4.3.4.

    Examples
    --------
    >>> loss, grad = nll(np.log([[0.25, 0.75]]), np.array([1]))
    >>> round(loss, 3), grad
    (0.288, array([[ 0., -1.]]))
    """
    scale = _scale(reduction)
    columns, grad = _core.judge("label", "log_probabilities", "labels", log_probabilities, labels, out)
    right = np.arange(len(grad)), columns
    values = -np.asarray(log_probabilities)[right]  # as they lie in memory, whatever a subclass makes of them
    value = _reduced(values, reduction)
    plain = np.asarray(grad)
    plain[...] = 0
    plain[right] = -scale(grad)
    return value, grad


def multiclass_hinge(
    scores: Floats,
    labels: Integers,
    *,
    margin: float = 1.0,
    reduction: str = "mean",
    out: Floats | None = None,
) -> tuple[Any, Floats]:
    r"""Multiclass support vector machine loss: every wrong class within the margin costs.

    .. math:: L = \frac{1}{N} \sum_i \sum_{j \ne y_i} \max(0, s_{ij} - s_{i y_i} + \Delta)

    with :math:`\Delta` the `margin`. The gradient is :math:`1/N` at each class that costs and, at the right
    class, minus their number over :math:`N`; at the kink itself, 0.

    Parameters
    ----------
    scores : array of shape (N, C)
        One row a sample, one column a class.
    labels : integer array of shape (N,)
        The class of each sample, in ``0 .. C-1``.
    margin : float, default 1.0
        By how much the right class has to win; finite, not negative.
    reduction, out
        See the top of this module.

    Returns
    -------
    loss : float, or array of shape (N,)
        The value.
    grad : array of shape (N, C)
        A subgradient with respect to `scores`.

    Raises
    ------
    TypeError, ValueError
        See the top of this module.

    Notes
    -----
    ``torch.nn.functional.multi_margin_loss`` divides by the number of classes as well; that of
    Crammer and Singer counts only the worst class.

    References
    ----------
    Weston and Watkins, *Support vector machines for multi-class pattern recognition*, 1999.

    Examples
    --------
    >>> scores = np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])
    >>> loss, grad = multiclass_hinge(scores, np.array([0, 1, 2]))
    >>> round(loss, 2)  # the mean of 2.9, 0 and 12.9
    5.27
    >>> grad * 3
    array([[-1.,  1.,  0.],
           [ 0.,  0.,  0.],
           [ 1.,  1., -2.]])
    """
    return _core.loss(
        "multiclass_hinge", scores, labels, _NON_NEGATIVE.check("margin", margin), reduction, out
    )


def binary_cross_entropy(
    scores: Floats, labels: Floats | Integers, *, reduction: str = "mean", out: Floats | None = None
) -> tuple[Any, Floats]:
    r"""Cross-entropy of the logistic function of the scores: of one yes or no each.

    .. math:: L = \frac{1}{N} \sum_i \left(|s_i| \, w_i + \log(1 + e^{-|s_i|})\right),
              \qquad w_i = \begin{cases} 1 - y_i & s_i > 0 \\ y_i & \text{else} \end{cases},
              \qquad \frac{\partial L}{\partial s_i} = \frac{\sigma(s_i) - y_i}{N},
              \qquad \sigma(s) = \frac{1}{1 + e^{-s}}

    which is :math:`-y_i \log \sigma(s_i) - (1 - y_i) \log(1 - \sigma(s_i))`, without its overflow.

    Parameters
    ----------
    scores : array of shape (N, ...)
        Any real numbers (logits). Further axes are questions of their own, whose losses are added up.
    labels : array of the same shape
        The probability of yes, in [0, 1]; or integers or booleans.
    reduction, out
        See the top of this module.

    Returns
    -------
    loss : float, or array of the shape of `scores`
        The value.
    grad : array of the shape of `scores`
        The gradient with respect to `scores`.

    Raises
    ------
    TypeError, ValueError
        See the top of this module.

    Notes
    -----
    As ``torch.nn.functional.binary_cross_entropy_with_logits``, whose ``"mean"`` divides by the
    number of elements and not of samples. (Its ``binary_cross_entropy`` takes probabilities, and ends at
    100.)

    References
    ----------
    Bishop, *Pattern recognition and machine learning*, 2006, section 4.3.2.

    Examples
    --------
    >>> loss, grad = binary_cross_entropy(np.array([0.0, 1e4]), np.array([1.0, 1.0]))
    >>> round(loss, 4), grad
    (0.3466, array([-0.25,  0.  ]))
    """
    return _core.loss("binary_cross_entropy", scores, labels, 0.0, reduction, out)


def logistic(
    scores: Floats, labels: Floats | Integers, *, reduction: str = "mean", out: Floats | None = None
) -> tuple[Any, Floats]:
    r"""Logistic loss for labels of -1 and 1.

    .. math:: L = \frac{1}{N} \sum_i \log(1 + e^{-y_i s_i}),
              \qquad \frac{\partial L}{\partial s_i} = -\frac{y_i}{N (1 + e^{y_i s_i})}

    Parameters
    ----------
    scores : array of shape (N, ...)
        Any real numbers. Losses along further axes are added up.
    labels : array of the same shape
        -1 or 1.
    reduction, out
        See the top of this module.

    Returns
    -------
    loss : float, or array of the shape of `scores`
        The value.
    grad : array of the shape of `scores`
        The gradient with respect to `scores`.

    Raises
    ------
    TypeError, ValueError
        See the top of this module.

    Notes
    -----
    As ``torch.nn.functional.soft_margin_loss``, whose ``"mean"`` divides by the number of
    elements, and which overflows for scores far on the wrong side. The same as `binary_cross_entropy` with
    labels ``(y + 1) / 2``.

    References
    ----------
    Hastie, Tibshirani and Friedman, *The elements of statistical learning*, 2009, section 10.5.

    Examples
    --------
    >>> loss, grad = logistic(np.array([0.0, -1e4]), np.array([1, -1]))
    >>> round(loss, 4), grad
    (0.3466, array([-0.25,  0.  ]))
    """
    return _core.loss("logistic", scores, labels, 0.0, reduction, out)


def hinge(
    scores: Floats,
    labels: Floats | Integers,
    *,
    margin: float = 1.0,
    reduction: str = "mean",
    out: Floats | None = None,
) -> tuple[Any, Floats]:
    r"""Support vector machine loss for labels of -1 and 1.

    .. math:: L = \frac{1}{N} \sum_i \max(0, \Delta - y_i s_i)

    with :math:`\Delta` the `margin`. The gradient is :math:`-y_i / N` where a sample costs, else 0, also at
    the kink.

    Parameters
    ----------
    scores : array of shape (N, ...)
        Any real numbers. Losses along further axes are added up.
    labels : array of the same shape
        -1 or 1.
    margin : float, default 1.0
        Finite, not negative.
    reduction, out
        See the top of this module.

    Returns
    -------
    loss : float, or array of the shape of `scores`
        The value.
    grad : array of the shape of `scores`
        A subgradient with respect to `scores`.

    Raises
    ------
    TypeError, ValueError
        See the top of this module.

    Notes
    -----
    ``sklearn.metrics.hinge_loss`` is the same. ``torch.nn.functional.hinge_embedding_loss`` is
    another function.

    References
    ----------
    Cortes and Vapnik, *Support-vector networks*, 1995.

    Examples
    --------
    >>> hinge(np.array([0.25, 2.0]), np.array([1, 1]))
    (0.375, array([-0.5,  0. ]))
    """
    return _core.loss("hinge", scores, labels, _NON_NEGATIVE.check("margin", margin), reduction, out)


def squared_error(
    scores: Floats, targets: Floats | Integers, *, reduction: str = "mean", out: Floats | None = None
) -> tuple[Any, Floats]:
    r"""Half the squared distance to the targets.

    .. math:: L = \frac{1}{2N} \sum_i \|s_i - y_i\|^2,
              \qquad \frac{\partial L}{\partial s_i} = \frac{s_i - y_i}{N}

    Parameters
    ----------
    scores : array of shape (N, ...)
        What was predicted. Squares along further axes are added up.
    targets : array of the same shape
        :math:`y`: any real numbers.
    reduction, out
        See the top of this module.

    Returns
    -------
    loss : float, or array of the shape of `scores`
        The value.
    grad : array of the shape of `scores`
        The gradient with respect to `scores`.

    Raises
    ------
    TypeError, ValueError
        See the top of this module.

    Notes
    -----
    ``torch.nn.functional.mse_loss`` lacks the factor 1/2, and its ``"mean"`` divides by the
    number of elements and not of samples.

    References
    ----------
    Bishop, *Pattern recognition and machine learning*, 2006, section 3.1.1.

    Examples
    --------
    >>> squared_error(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 0.0], [3.0, 4.0]]))
    (1.0, array([[0., 1.],
           [0., 0.]]))
    """
    return _core.loss("squared_error", scores, targets, 0.0, reduction, out)


def huber(
    scores: Floats,
    targets: Floats | Integers,
    *,
    delta: float = 1.0,
    reduction: str = "mean",
    out: Floats | None = None,
) -> tuple[Any, Floats]:
    r"""Squared error near the target, a line from a distance of delta on: outliers pull no harder.

    .. math:: L = \frac{1}{N} \sum_i
              \begin{cases} \frac{1}{2} d_i^2 & |d_i| \le \delta \\
              \delta (|d_i| - \frac{1}{2} \delta) & \text{else} \end{cases}
              \qquad d_i = s_i - y_i

    The gradient is :math:`d_i / N`, with :math:`d_i` clipped to :math:`[-\delta, \delta]`.

    Parameters
    ----------
    scores : array of shape (N, ...)
        What was predicted. Losses along further axes are added up.
    targets : array of the same shape
        :math:`y`: any real numbers.
    delta : float, default 1.0
        Where the line begins: a finite number > 0. Without a line it is `squared_error`.
    reduction, out
        See the top of this module.

    Returns
    -------
    loss : float, or array of the shape of `scores`
        The value.
    grad : array of the shape of `scores`
        The gradient with respect to `scores`.

    Raises
    ------
    TypeError, ValueError
        See the top of this module.

    Notes
    -----
    As ``torch.nn.functional.huber_loss``, whose ``"mean"`` divides by the number of elements; its
    ``smooth_l1_loss`` is the same over delta.

    References
    ----------
    Huber, *Robust estimation of a location parameter*, 1964.

    Examples
    --------
    >>> huber(np.array([0.5, 3.0]), np.array([0.0, 0.0]), reduction="none")
    (array([0.125, 2.5  ]), array([0.5, 1. ]))
    """
    return _core.loss("huber", scores, targets, _POSITIVE.check("delta", delta), reduction, out)


@_in_silence
def poisson_nll(
    scores: Floats, targets: Floats | Integers, *, reduction: str = "mean", out: Floats | None = None
) -> tuple[Any, Floats]:
    r"""Negative log-likelihood of counts, from the logarithms of their rates.

    .. math:: L = \frac{1}{N} \sum_i (e^{s_i} - y_i s_i),
              \qquad \frac{\partial L}{\partial s_i} = \frac{e^{s_i} - y_i}{N}

    up to :math:`\log y_i!`, which does not depend on the scores.

    Parameters
    ----------
    scores : array of shape (N, ...)
        Logarithms of the rates. Losses along further axes are added up.
    targets : array of the same shape
        The counts: finite, not negative.
    reduction, out
        See the top of this module.

    Returns
    -------
    loss : float, or array of the shape of `scores`
        The value; infinite where the rate overflows.
    grad : array of the shape of `scores`
        The gradient with respect to `scores`.

    Raises
    ------
    TypeError, ValueError
        See the top of this module.

    Notes
    -----
    As ``torch.nn.functional.poisson_nll_loss`` with its defaults, whose ``"mean"`` divides by the
    number of elements and not of samples.

    References
    ----------
    McCullagh and Nelder, *Generalized linear models*, 1989, section 6.2.

    Examples
    --------
    >>> poisson_nll(np.array([0.0, 0.0]), np.array([1, 3]))
    (1.0, array([ 0., -1.]))
    """
    scale = _scale(reduction)
    counts, grad = _core.judge("each", "scores", "targets", scores, targets, out)
    s, y = np.asarray(scores), np.asarray(counts)  # as they lie in memory, whatever a subclass makes of them
    _expect("targets", y, (y >= 0) & np.isfinite(y), "a finite number >= 0")
    rate = np.exp(s)
    costs = np.where(y == 0, 0, s) * y  # counts of 0 say nothing against a rate of 0
    values = np.where(rate == np.inf, rate, rate - costs)  # nothing makes up for an infinite rate
    value = _reduced(values, reduction)
    _write(grad, (rate - y) * scale(grad))
    return value, grad


@_in_silence
def gaussian_nll(
    mean: Floats,
    targets: Floats | Integers,
    variance: Floats,
    *,
    reduction: str = "mean",
    out: tuple[Floats, Floats] | None = None,
) -> tuple[Any, tuple[Floats, Floats]]:
    r"""Negative log-likelihood of normal variables, from predicted means and variances.

    .. math:: L = \frac{1}{2N} \sum_i \left(\log v_i + \frac{(\mu_i - y_i)^2}{v_i}\right)

    up to :math:`\frac{1}{2} \log 2 \pi`. The gradients are

    .. math:: \frac{\partial L}{\partial \mu_i} = \frac{\mu_i - y_i}{N v_i},
              \qquad \frac{\partial L}{\partial v_i}
              = \frac{1}{2 N v_i} \left(1 - \frac{(\mu_i - y_i)^2}{v_i}\right).

    Parameters
    ----------
    mean : array of shape (N, ...)
        :math:`\mu`. Losses along further axes are added up.
    targets : array of the same shape
        :math:`y`: any real numbers.
    variance : array of the same shape
        :math:`v`: finite, positive.
    reduction, out
        See the top of this module; `out` is a pair.

    Returns
    -------
    loss : float, or array of the shape of `mean`
        The value.
    grads : pair of arrays of the shape of `mean`
        The gradients with respect to `mean` and to `variance`.

    Raises
    ------
    TypeError, ValueError
        See the top of this module.

    Notes
    -----
    ``torch.nn.functional.gaussian_nll_loss`` raises small variances to `eps` and lets no gradient
    through it, divides by the number of elements, and knows no gradient for a variance of exactly zero. Here
    that is an error.

    References
    ----------
    Nix and Weigend, *Estimating the mean and variance of the target probability distribution*, 1994.

    Examples
    --------
    >>> loss, (grad_mean, grad_variance) = gaussian_nll(np.array([1.0]), np.array([3.0]), np.array([4.0]))
    >>> round(loss, 3), grad_mean, grad_variance
    (1.193, array([-0.5]), array([0.]))
    """
    scale = _scale(reduction)
    if out is not None and not (isinstance(out, tuple | list) and len(out) == 2):
        raise TypeError(f"out: expected a pair of arrays, got {type(out).__name__}")
    out_mean, out_variance = (None, None) if out is None else out
    means, others = np.asarray(mean), np.asarray(variance)
    for label, written, name, read in (
        ("out[0]", out_mean, "out[1]", out_variance),
        ("out[0]", out_mean, "variance", others),
        ("out[1]", out_variance, "mean", means),
        ("out[1]", out_variance, "variance", others),
    ):
        in_place = name == "variance" and label == "out[1]" and written is variance
        both = isinstance(written, np.ndarray) and isinstance(read, np.ndarray)
        if both and not in_place and np.may_share_memory(written, read):
            raise ValueError(f"{label} and {name} overlap in memory; expected separate arrays")
    y, grad_mean = _core.judge("each", "mean", "targets", mean, targets, out_mean)
    v, grad_variance = _core.judge("each", "mean", "variance", mean, variance, None)
    if out_variance is not None:
        _, grad_variance = _core.judge("each", "variance", "targets", v, targets, out_variance)
    v = np.asarray(v)
    _expect("variance", v, (v > 0) & np.isfinite(v), "a finite number > 0")
    d = means - np.asarray(y)
    ratio = d / v
    square = d * ratio
    value = _reduced((np.log(v) + square) / 2, reduction)
    half = scale(grad_mean) / 2 * (1 - square) / v
    _write(grad_mean, ratio * scale(grad_mean))
    _write(grad_variance, half)
    return value, (grad_mean, grad_variance)


def _scale(reduction: str) -> Any:
    """Return what the gradient is multiplied by, as a function of its array."""
    if not isinstance(reduction, str) or reduction not in ("mean", "sum", "none"):
        raise ValueError(f"reduction: expected 'mean', 'sum' or 'none', got {reduction!r}")
    return lambda grad: grad.dtype.type(1 / len(grad) if reduction == "mean" else 1)


def _write(grad: Floats, result: Floats) -> None:
    """Write a gradient, denormal numbers as zero."""
    tiny = np.finfo(result.dtype).tiny
    np.asarray(grad)[...] = np.where(np.abs(result) < tiny, 0, result)


def _reduced(values: Floats, reduction: str) -> Any:
    """Reduce the values of a batch; sums are taken in double."""
    if reduction == "none":
        return values
    total = float(values.sum(dtype=np.float64))
    return total / len(values) if reduction == "mean" else total


def _expect(name: str, array: Floats, legal: Any, what: str) -> None:
    """Raise ValueError with the index of the first element that is not legal."""
    if not legal.all():
        index = tuple(np.argwhere(~legal)[0].tolist())
        place = ", ".join(map(str, index))
        raise ValueError(f"{name}[{place}]: expected {what}, got {array[index]!s}")
