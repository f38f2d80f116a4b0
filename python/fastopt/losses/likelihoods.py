"""Negative log-likelihoods: of labels, of yes and no, of counts, of normal variables."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastopt import _core
from fastopt._common.types import Floats, Integers

from .shared import Array, by_elements, by_rows, expect, in_silence, reduced, scaling, write

__all__ = ["binary_cross_entropy", "gaussian_nll", "nll", "poisson_nll"]


@by_rows("log_probabilities")
@in_silence
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
    scale = scaling(reduction)
    columns, grad = _core.judge("label", "log_probabilities", "labels", log_probabilities, labels, out)
    right = np.arange(len(grad)), columns
    values = -np.asarray(log_probabilities)[right]  # as they lie in memory, whatever a subclass makes of them
    value = reduced(values, reduction)
    plain = np.asarray(grad)
    plain[...] = 0
    plain[right] = -scale(grad)
    return value, grad


@in_silence
def binary_cross_entropy_reference(s: Array, y: Array) -> tuple[Array, Array]:
    """Return values and gradient of `binary_cross_entropy`, from legal arguments.

    Examples
    --------
    >>> binary_cross_entropy_reference(np.zeros(1), np.ones(1))[0].round(2)
    array([0.69])
    """
    e = np.exp(-np.abs(s))
    wrong = np.where(s > 0, 1 - y, y)  # the probability of the answer that s speaks against
    far = np.where(wrong == 0, 0, np.abs(s))
    return far * wrong + np.log1p(e), np.where(s > 0, 1, e) / (1 + e) - y


@by_elements("scores")
def binary_cross_entropy(
    scores: Floats, labels: Floats | Integers, *, reduction: str = "mean", out: Floats | None = None
) -> tuple[Any, Floats]:
    r"""Cross-entropy of the logistic function of the scores, each for a question of yes or no.

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

    Notes
    -----
    As ``torch.nn.functional.binary_cross_entropy_with_logits``, whose ``"mean"`` divides by the number of
    elements and not of samples. (Its ``binary_cross_entropy`` takes probabilities, and caps the loss at 100.)

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


@by_elements("scores")
@in_silence
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

    Notes
    -----
    As ``torch.nn.functional.poisson_nll_loss`` with its defaults, whose ``"mean"`` divides by the
    number of elements and not of samples.

    The value is infinite where the rate overflows.

    References
    ----------
    McCullagh and Nelder, *Generalized linear models*, 1989, section 6.2.

    Examples
    --------
    >>> poisson_nll(np.array([0.0, 0.0]), np.array([1, 3]))
    (1.0, array([ 0., -1.]))
    """
    scale = scaling(reduction)
    counts, grad = _core.judge("each", "scores", "targets", scores, targets, out)
    s, y = np.asarray(scores), np.asarray(counts)  # as they lie in memory, whatever a subclass makes of them
    expect("targets", y, (y >= 0) & np.isfinite(y), "a finite number >= 0")
    rate = np.exp(s)
    costs = np.where(y == 0, 0, s) * y  # counts of 0 say nothing against a rate of 0
    values = np.where(rate == np.inf, rate, rate - costs)  # nothing makes up for an infinite rate
    value = reduced(values, reduction)
    write(grad, (rate - y) * scale(grad))
    return value, grad


@by_elements("mean", "variance")
@in_silence
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
    scale = scaling(reduction)
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
    expect("variance", v, (v > 0) & np.isfinite(v), "a finite number > 0")
    d = means - np.asarray(y)
    ratio = d / v
    square = d * ratio
    value = reduced((np.log(v) + square) / 2, reduction)
    half = scale(grad_mean) / 2 * (1 - square) / v
    write(grad_mean, ratio * scale(grad_mean))
    write(grad_variance, half)
    return value, (grad_mean, grad_variance)
