r"""The rules in plain NumPy: what the kernels compute, bit for bit.

Each function updates the parameter `p` and its state in place from the gradient `g`, in one formula that
reads like its paper. It is the oracle of the tests, the peer of the benchmarks, and the documentation:
`fastopt.kernels` has the same functions, compiled. All constants are derived in double precision and
rounded once to the dtype of the arrays. State arrays start at zero; an optional one (``None`` by default)
turns its option on by being there. Every rule also takes

- `step`: the number of this step, 1 first, from which corrections for the start are computed;
- `weight_decay`: L2, :math:`g + \lambda p` in place of :math:`g`, no term for 0;
- `decoupled_weight_decay`: in place of that term the parameter shrinks before the formula,
  :math:`p \leftarrow (1 - \eta \lambda)\, p` (always so in `adamw`);
- `maximize`: :math:`-g` in place of :math:`g`, before the decay.

Nothing here sinks into denormal numbers, which slow down whatever computes with them. Running means of
gradients, weights that decay and the term of L2 end at zero below ``2**-103`` (float32) or ``2**-970``
(float64): see `fade`. Means of squares, and Adagrad's sum, end at zero below the smallest normal number
(``2**-126`` or ``2**-1022``), count as that number where they stand in a denominator, and take a square that
would be denormal for zero: see `fade_square`, `floored` and `square`. So the step of a gradient that has
always been zero is zero whatever `eps` is, also for ``eps=0``.

An `eps` other than 0 that is 0 in the dtype of the arrays, and a hyperparameter that is infinite in it, are a
`ValueError`. "The same bits" takes every NaN for one: IEEE 754 leaves its sign and payload open.
"""

import functools
import inspect
import math
from collections.abc import Callable
from numbers import Real
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from fastopt._common.bounds import expect_single, step_number
from fastopt._common.listing import listing
from fastopt._common.wording import shown

if TYPE_CHECKING:
    from fastopt._common.trees import Arrays
    from fastopt.optimizer import Optimizer

Array = NDArray[Any]
Formula = Callable[..., None]


@overload
def rule(formula: Formula) -> Formula: ...
@overload
def rule(*, decoupled: bool = ..., weight_decay: float = ...) -> Callable[[Formula], Formula]: ...
def rule(
    formula: Formula | None = None, *, decoupled: bool = False, weight_decay: float = 0.0
) -> Formula | Callable[[Formula], Formula]:
    """Make a rule of a formula, by adding what all rules share.

    The formula has its arrays, its hyperparameters, and `step` if it depends on it. The rule computes as its
    kernel does, whatever it is given, and wherever it is called: arrays are taken as they lie in memory,
    without what a subclass makes of them (a mask, a matrix product), numbers as Python's, whose dtype gives
    way to that of the arrays. No warning, nor one that has been made an error, ends it halfway.

    Parameters
    ----------
    formula : callable
        The formula.
    decoupled : bool
        Whether its weight decay is always decoupled.
    weight_decay : float
        The default.
    """
    if formula is None:
        return functools.partial(rule, decoupled=decoupled, weight_decay=weight_decay)
    bare = formula
    shared: dict[str, Any] = {"step": 1, "weight_decay": weight_decay}
    shared |= {} if decoupled else {"decoupled_weight_decay": False}
    shared["maximize"] = False
    signature = _with_keywords(inspect.signature(bare), shared)
    numbers = {p.name for p in signature.parameters.values() if p.kind is p.KEYWORD_ONLY}
    defaults = {name: signature.parameters[name].default for name in numbers}
    composed = compose(bare, before, defaults, decoupled)

    @functools.wraps(bare)
    def plain(*arrays: Any, **keywords: Any) -> None:
        signature.bind(*arrays, **keywords)  # Python's own error says what is wrong with a call
        given = [_in_memory(x) for x in arrays]
        named = {name: _number(name, x) if name in numbers else _in_memory(x) for name, x in keywords.items()}
        p = given[0] if given else named["p"]
        if isinstance(p, np.ndarray) and p.dtype == np.float32:
            for name, x in named.items():
                if isinstance(x, float):
                    expect_single(name, x, resolved=name == "eps")
        with np.errstate(all="ignore"):
            composed(*given, **named)

    plain.__signature__ = signature  # type: ignore[attr-defined]
    plain.composed = functools.partial(  # type: ignore[attr-defined]
        compose, defaults=defaults, decoupled=decoupled
    )
    return plain


def compose(
    formula: Formula, before: Callable[..., Array], defaults: dict[str, Any], decoupled: bool
) -> Formula:
    """Return the formula with what comes before it, taking every keyword of `defaults`."""
    uses_step = "step" in inspect.signature(formula).parameters

    def composed(p: Array, g: Array, *state: Any, **keywords: Any) -> None:
        own = defaults | keywords
        step, weight_decay, maximize = (own.pop(name) for name in ("step", "weight_decay", "maximize"))
        decouples = decoupled or own.pop("decoupled_weight_decay")
        g = before(p, g, own["lr"], weight_decay, decouples, maximize)
        formula(p, g, *state, **own, **({"step": step} if uses_step else {}))

    return composed


def before(
    p: Array, g: Array, lr: float, weight_decay: float, decoupled_weight_decay: bool, maximize: bool
) -> Array:
    """Do what comes before every formula; return the gradient as the formula sees it."""
    if maximize:
        g = -g
    keep = 1 - lr * weight_decay
    if decoupled_weight_decay and keep != 1:
        p[...] = fade(keep * p)
    if not decoupled_weight_decay and weight_decay != 0:
        g = g + fade(weight_decay * p)
    return g


def _with_keywords(signature: inspect.Signature, shared: dict[str, Any]) -> inspect.Signature:
    """Add keywords with these defaults to a signature, those that it lacks."""
    parameters = dict(signature.parameters)
    for name, default in shared.items():
        parameters.setdefault(
            name,
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=type(default)
            ),
        )
    return signature.replace(parameters=list(parameters.values()))


def _in_memory(x: Any) -> Any:
    return np.asarray(x) if isinstance(x, np.ndarray) else x


def _number(name: str, x: Any) -> bool | int | float:
    if name == "step":
        return step_number(x)
    if isinstance(x, bool | np.bool_):
        return bool(x)
    if not isinstance(x, Real):
        raise TypeError(f"{name}: expected a number, got {shown(x)} ({type(x).__name__})")
    try:
        number = float(x)
    except OverflowError:  # a whole number beyond the largest float
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"{name}: expected a finite number, got {shown(x)}")
    return number


__all__ = [
    "adagrad",
    "adam",
    "adamax",
    "adamw",
    "rmsprop",
    "sgd",
    "sgd_average",
    "sgd_momentum",
    "sgd_velocity",
    "signsgd",
]
__dir__ = listing(__name__)


@rule
def sgd(
    p: Array,
    g: Array,
    *,
    lr: float = 1e-3,
) -> None:
    r"""Gradient descent.

    .. math:: p \leftarrow p - \eta\, g

    Parameters
    ----------
    p, g : ndarray
        Parameter, updated in place, and gradient: float32 or float64, of one shape.
    lr, step, weight_decay, decoupled_weight_decay, maximize
        See the top of this module; :math:`\eta` is `lr`.

    References
    ----------
    Robbins and Monro, A stochastic approximation method, 1951.

    Examples
    --------
    >>> p = np.array([1.0, 2.0])
    >>> sgd(p, np.array([1.0, -1.0]), lr=0.5)
    >>> p
    array([0.5, 2.5])
    """
    p[...] = p - lr * g


@rule
def sgd_momentum(
    p: Array,
    g: Array,
    v: Array,
    *,
    step: int = 1,
    lr: float = 1e-3,
    momentum: float = 0.0,
    dampening: float = 0.0,
    nesterov: bool = False,
) -> None:
    r"""Heavy ball with the learning rate outside the velocity, as in torch.

    .. math::
        v &\leftarrow \rho v + (1 - \tau) g \\
        p &\leftarrow p - \eta\, v \qquad\text{or, with `nesterov`,}\qquad
        p \leftarrow p - \eta\, (g + \rho v)

    The first gradient enters undamped: at step 1 :math:`v \leftarrow g`.

    Parameters
    ----------
    p, g, v : ndarray
        Parameter and velocity, updated in place, and gradient: float32 or float64, of one shape.
    lr, step, weight_decay, decoupled_weight_decay, maximize
        See the top of this module.
    momentum, dampening : float
        :math:`\rho` and :math:`\tau`.
    nesterov : bool
        Nesterov's momentum, rewritten in terms of the current point.

    References
    ----------
    Polyak 1964; Sutskever, Martens, Dahl and Hinton, On the importance of initialization and momentum in
    deep learning, 2013, section 2.

    Examples
    --------
    >>> p, v = np.array([1.0]), np.array([1.0])
    >>> sgd_momentum(p, np.array([0.5]), v, lr=0.5, momentum=0.5)
    >>> p, v
    (array([0.5]), array([1.]))
    """
    v[...] = fade(momentum * v + (1 if step == 1 else 1 - dampening) * g)
    p[...] = p - lr * (g + momentum * v if nesterov else v)


@rule
def sgd_velocity(
    p: Array,
    g: Array,
    v: Array,
    *,
    lr: float = 1e-3,
    momentum: float = 0.0,
    nesterov: bool = False,
) -> None:
    r"""Heavy ball with the learning rate inside the velocity.

    .. math::
        v &\leftarrow \rho v - \eta\, g \\
        p &\leftarrow p + v \qquad\text{or, with `nesterov`,}\qquad p \leftarrow p + (\rho v - \eta\, g)

    Equal to `sgd_momentum` without dampening, but for rounding, while the learning rate is constant; when
    it falls, this velocity keeps the pace of the old one.

    Parameters
    ----------
    p, g, v : ndarray
        Parameter and velocity, updated in place, and gradient: float32 or float64, of one shape.
    lr, step, weight_decay, decoupled_weight_decay, maximize
        See the top of this module.
    momentum : float
        :math:`\rho`.
    nesterov : bool
        Nesterov's momentum, rewritten in terms of the current point.

    References
    ----------
    Sutskever et al. 2013, eqs. 1 and 2; Bengio, Boulanger-Lewandowski and Pascanu, Advances in optimizing
    recurrent networks, 2013, eq. 7.

    Examples
    --------
    >>> p, v = np.array([1.0]), np.array([-0.5])
    >>> sgd_velocity(p, np.array([0.5]), v, lr=0.5, momentum=0.5)
    >>> p, v
    (array([0.5]), array([-0.5]))
    """
    v[...] = fade(momentum * v - lr * g)
    p[...] = p + (momentum * v - lr * g if nesterov else v)


@rule
def sgd_average(
    p: Array,
    g: Array,
    m: Array,
    *,
    lr: float = 1e-3,
    momentum: float = 0.0,
    nesterov: bool = False,
) -> None:
    r"""Momentum as a running mean of the gradients.

    .. math::
        m &\leftarrow \beta m + (1 - \beta) g \\
        p &\leftarrow p - \eta\, m \qquad\text{or, with `nesterov`,}\qquad
        p \leftarrow p - \eta\, (\beta m + (1 - \beta) g)

    The first moment of Adam alone, without its correction: the mean starts at zero.

    Parameters
    ----------
    p, g, m : ndarray
        Parameter and mean gradient, updated in place, and gradient: float32 or float64, of one shape.
    lr, step, weight_decay, decoupled_weight_decay, maximize
        See the top of this module.
    momentum : float
        :math:`\beta`.
    nesterov : bool
        Nesterov's momentum, rewritten in terms of the current point.

    Examples
    --------
    >>> p, m = np.array([1.0]), np.array([0.0])
    >>> sgd_average(p, np.array([1.0]), m, lr=0.5, momentum=0.5)
    >>> p, m
    (array([0.75]), array([0.5]))
    """
    m[...] = fade(momentum * m + (1 - momentum) * g)
    p[...] = p - lr * (momentum * m + (1 - momentum) * g if nesterov else m)


@rule
def signsgd(
    p: Array,
    g: Array,
    *,
    lr: float = 1e-3,
    eps: float = 1e-8,
) -> None:
    r"""Sign descent: the gradient, normalised elementwise by its own magnitude.

    .. math:: p \leftarrow p - \eta\, \frac{g}{\sqrt{g^2} + \epsilon}

    with :math:`\sqrt{g^2}` computed as :math:`|g|`, which neither overflows nor underflows. Where the
    denominator is zero the parameter stays, so ``eps=0`` is the sign of a finite gradient.

    Parameters
    ----------
    p, g : ndarray
        Parameter, updated in place, and gradient: float32 or float64, of one shape.
    lr, step, weight_decay, decoupled_weight_decay, maximize
        See the top of this module.
    eps : float
        :math:`\epsilon`.

    References
    ----------
    Riedmiller and Braun 1993 (Rprop); Bernstein, Wang, Azizzadenesheli and Anandkumar, signSGD, 2018.

    Examples
    --------
    >>> p = np.array([1.0, 1.0, 1.0])
    >>> signsgd(p, np.array([1e-3, 0.0, -1e3]), lr=0.5, eps=0.0)
    >>> p
    array([0.5, 1. , 1.5])
    """
    d = np.abs(g) + eps
    p[...] = p - lr * (g / nonzero(d))


@rule
def adagrad(
    p: Array,
    g: Array,
    v: Array,
    *,
    step: int = 1,
    lr: float = 1e-2,
    lr_decay: float = 0.0,
    eps: float = 1e-10,
    eps_inside: bool = False,
) -> None:
    r"""Adagrad: each coordinate's learning rate falls with the sum of its squared gradients.

    .. math::
        v &\leftarrow v + g^2 \\
        p &\leftarrow p - \frac{\eta}{1 + (t - 1)\,\gamma}\, \frac{g}{\sqrt{v} + \epsilon}

    Parameters
    ----------
    p, g, v : ndarray
        Parameter and sum of squares, updated in place, and gradient: float32 or float64, of one shape.
    lr, step, weight_decay, decoupled_weight_decay, maximize
        See the top of this module; :math:`t` is `step`.
    lr_decay : float
        :math:`\gamma`.
    eps, eps_inside : float, bool
        :math:`\epsilon`; the denominator is :math:`\sqrt{v + \epsilon}` with `eps_inside`.

    References
    ----------
    Duchi, Hazan and Singer, Adaptive subgradient methods, 2011; `lr_decay` as torch has it.

    Examples
    --------
    >>> p, v = np.array([1.0]), np.array([9.0])
    >>> adagrad(p, np.array([4.0]), v, lr=1.0, eps=0.0)
    >>> p, v
    (array([0.2]), array([25.]))
    """
    v[...] = v + square(g, 1)
    lr = lr / (1 + (step - 1) * lr_decay)
    p[...] = p - lr * (g / (np.sqrt(floored(v + eps)) if eps_inside else np.sqrt(floored(v)) + eps))


@rule
def rmsprop(
    p: Array,
    g: Array,
    v: Array,
    m: Array | None = None,
    b: Array | None = None,
    *,
    lr: float = 1e-2,
    alpha: float = 0.99,
    eps: float = 1e-8,
    momentum: float = 0.0,
    eps_inside: bool = False,
) -> None:
    r"""RMSprop: the gradient over the root of a running mean of its squares.

    .. math::
        v &\leftarrow \alpha v + (1 - \alpha) g^2 \\
        d &= g / (\sqrt{v} + \epsilon) \\
        p &\leftarrow p - \eta\, d

    With `m` (centered) :math:`m \leftarrow \alpha m + (1 - \alpha) g` and the variance
    :math:`\max(v - m^2, 0)` stands in the root in place of :math:`v`. With `b` (momentum)
    :math:`b \leftarrow \rho b + d` is stepped along in place of :math:`d`.

    Parameters
    ----------
    p, g, v : ndarray
        Parameter and mean square, updated in place, and gradient: float32 or float64, of one shape.
    m, b : ndarray, optional
        Mean gradient and momentum buffer, updated in place.
    lr, step, weight_decay, decoupled_weight_decay, maximize
        See the top of this module.
    alpha, momentum : float
        :math:`\alpha` and :math:`\rho`; `momentum` other than 0 needs `b`.
    eps, eps_inside : float, bool
        :math:`\epsilon`; it is added under the root with `eps_inside`.

    References
    ----------
    Tieleman and Hinton, Lecture 6.5 of Neural networks for machine learning, 2012; Graves, Generating
    sequences with recurrent neural networks, 2013, eqs. 38 to 41. As torch has it, but torch does not
    clamp the variance and can reach NaN.

    Examples
    --------
    >>> p, v = np.array([1.0]), np.array([0.0])
    >>> rmsprop(p, np.array([2.0]), v, lr=0.5, alpha=0.75, eps=0.0)
    >>> p, v
    (array([0.]), array([1.]))
    """
    v[...] = fade_square(alpha * v + (1 - alpha) * square(g, 1 - alpha))
    variance = v
    if m is not None:
        m[...] = fade(alpha * m + (1 - alpha) * g)
        variance = np.maximum(v - square(m, 1 - alpha), 0)
    d = g / (np.sqrt(floored(variance + eps)) if eps_inside else np.sqrt(floored(variance)) + eps)
    if b is not None:
        b[...] = d = fade(momentum * b + d)
    p[...] = p - lr * d


@rule
def adam(
    p: Array,
    g: Array,
    m: Array,
    v: Array,
    vmax: Array | None = None,
    *,
    step: int = 1,
    lr: float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    bias_correction: bool = True,
) -> None:
    r"""Adam: a running mean of the gradients over the root of one of their squares.

    .. math::
        m &\leftarrow \beta_1 m + (1 - \beta_1) g \\
        v &\leftarrow \beta_2 v + (1 - \beta_2) g^2 \\
        p &\leftarrow p - \frac{\eta}{1 - \beta_1^t}\,
            \frac{m}{\sqrt{v} \cdot 1/\sqrt{1 - \beta_2^t} + \epsilon}

    which is :math:`\eta\, \hat m / (\sqrt{\hat v} + \epsilon)` with the corrections for the start at zero
    taken out of the loop. With `vmax` (AMSGrad) :math:`v_{max} \leftarrow \max(v_{max}, v)` stands in the
    root in place of :math:`v`.

    Parameters
    ----------
    p, g, m, v : ndarray
        Parameter, first and second moment, updated in place, and gradient: float32 or float64, of one shape.
    vmax : ndarray, optional
        Largest second moment so far, updated in place.
    lr, step, weight_decay, decoupled_weight_decay, maximize
        See the top of this module; :math:`t` is `step`.
    beta1, beta2, eps : float
        :math:`\beta_1, \beta_2` and :math:`\epsilon`.
    bias_correction : bool
        Without it both factors :math:`1 - \beta^t` are 1: "Adam (almost)".

    References
    ----------
    Kingma and Ba, Adam: a method for stochastic optimization, 2015, Algorithm 1; Reddi, Kale and Kumar,
    On the convergence of Adam and beyond, 2018, as torch has it (the maximum of uncorrected moments).

    Examples
    --------
    >>> p, m, v = np.array([1.0]), np.zeros(1), np.zeros(1)
    >>> adam(p, np.array([1e3]), m, v, lr=0.5)
    >>> p.round(6), m.round(6), v.round(6)
    (array([0.5]), array([100.]), array([1000.]))
    """
    lr, root = corrections(step, lr, beta1, beta2, bias_correction)
    p[...] = p - lr * direction(g, m, v, vmax, beta1, beta2, root, eps)


@rule(decoupled=True, weight_decay=1e-2)
def adamw(
    p: Array,
    g: Array,
    m: Array,
    v: Array,
    vmax: Array | None = None,
    *,
    step: int = 1,
    lr: float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    bias_correction: bool = True,
) -> None:
    r"""Adam with decoupled weight decay.

    .. math:: p \leftarrow (1 - \eta \lambda)\, p - \text{the step of Adam}

    The decay does not pass through the moments, so it is not divided by the root of the second.

    Parameters
    ----------
    p, g, m, v, vmax, lr, beta1, beta2, eps, bias_correction, step, maximize
        As in `adam`.
    weight_decay : float
        :math:`\lambda`, scaled by `lr` as in torch.

    References
    ----------
    Loshchilov and Hutter, Decoupled weight decay regularization, 2019, Algorithm 2.

    Examples
    --------
    >>> p, m, v = np.array([1.0]), np.zeros(1), np.zeros(1)
    >>> adamw(p, np.array([1e3]), m, v, lr=0.5, weight_decay=0.5)
    >>> p.round(6)
    array([0.25])
    """
    lr, root = corrections(step, lr, beta1, beta2, bias_correction)
    p[...] = p - lr * direction(g, m, v, vmax, beta1, beta2, root, eps)


@rule
def adamax(
    p: Array,
    g: Array,
    m: Array,
    u: Array,
    *,
    step: int = 1,
    lr: float = 2e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> None:
    r"""Adamax: Adam in the infinity norm.

    .. math::
        m &\leftarrow \beta_1 m + (1 - \beta_1) g \\
        u &\leftarrow \max(\beta_2 u, |g| + \epsilon) \\
        p &\leftarrow p - \frac{\eta}{1 - \beta_1^t}\, \frac{m}{u}

    Parameters
    ----------
    p, g, m, u : ndarray
        Parameter, first moment and decaying maximum, updated in place, and gradient: float32 or float64,
        of one shape.
    lr, step, weight_decay, decoupled_weight_decay, maximize
        See the top of this module; :math:`t` is `step`.
    beta1, beta2, eps : float
        :math:`\beta_1, \beta_2` and :math:`\epsilon`, inside the maximum as in torch.

    References
    ----------
    Kingma and Ba 2015, Algorithm 2.

    Examples
    --------
    >>> p, m, u = np.array([1.0]), np.zeros(1), np.zeros(1)
    >>> adamax(p, np.array([1e3]), m, u, lr=0.5)
    >>> p.round(6), u.round(6)
    (array([0.5]), array([1000.]))
    """
    lr = lr / (1 - beta1**step)
    m[...] = fade(beta1 * m + (1 - beta1) * g)
    u[...] = fade_square(np.maximum(beta2 * u, np.abs(g) + eps))
    p[...] = p - lr * (m / floored(u))


def corrections(
    step: int, lr: float, beta1: float, beta2: float, bias_correction: bool
) -> tuple[float, float]:
    """Return what Adam multiplies m and sqrt(v) by: lr / (1 - beta1^t) and 1 / sqrt(1 - beta2^t)."""
    if not bias_correction:
        return lr, 1
    return lr / (1 - beta1**step), 1 / math.sqrt(1 - beta2**step)


def direction(
    g: Array, m: Array, v: Array, vmax: Array | None, beta1: float, beta2: float, root: float, eps: float
) -> Array:
    """Update the moments of Adam; return m over sqrt(v) * root + eps; `root` corrects v for its start."""
    m[...] = fade(beta1 * m + (1 - beta1) * g)
    v[...] = fade_square(beta2 * v + (1 - beta2) * square(g, 1 - beta2))
    if vmax is not None:
        vmax[...] = np.maximum(vmax, v)
    return m / (np.sqrt(floored(v if vmax is None else vmax)) * root + eps)


def fade(m: Array) -> Array:
    """End the decay of a mean of gradients, or of a weight, at zero: below ``tiny / eps`` of its dtype.

    Without this the state of a parameter whose gradient stays zero would sink into denormal numbers, never
    reach zero, and slow every later step down, on many processors some fifty times. The end lies above the
    smallest normal number so that ``lr * m`` is normal as well.
    """
    limits = np.finfo(m.dtype)
    return np.where(np.abs(m) < float(limits.tiny / limits.eps), 0, m)


def fade_square(v: Array) -> Array:
    """End the decay of a mean of squares at zero: below the smallest normal number of its dtype.

    For the same reason as `fade`, but as late as can be: it is small already where its root is not.
    """
    return np.where(v < float(np.finfo(v.dtype).tiny), 0, v)


def floored(v: Array) -> Array:
    """Take a mean of squares, in a denominator, for the smallest normal number of its dtype at least.

    Over a mean that is zero while the gradient is not the step would have no bound but `eps`, and with
    ``eps=0`` that of no gradient at all would be NaN.
    """
    return np.maximum(v, float(np.finfo(v.dtype).tiny))


def square(g: Array, share: float) -> Array:
    """Square what enters a mean of squares, which takes `share` of it."""
    return felt(g, share) * g


def felt(g: Array, share: float) -> Array:
    """Replace by zero what is so small that `share` of its square would be a denormal number."""
    least = math.sqrt(float(np.finfo(g.dtype).tiny) / share)
    return np.where(np.abs(g) < least, 0, g)


def nonzero(d: Array) -> Array:
    """Replace the zeros of a denominator by ones: 0 / 0 is to be 0 here."""
    return np.where(d == 0, 1, d)


def step(optimizer: "Optimizer", grads: "Arrays") -> None:
    """Take the step that ``optimizer.step(grads)`` takes, in plain NumPy.

    The same bits in parameters, state and count, so the two may alternate. Arrays are checked as little as
    NumPy checks them.

    Parameters
    ----------
    optimizer : Optimizer
        Any optimizer of fastopt.
    grads : array, list or dict of arrays
        In the structure of its `params`.

    Raises
    ------
    RuntimeError
        If another step of this optimizer is under way, in another thread or in a schedule.

    Examples
    --------
    >>> from fastopt import SGD
    >>> p = np.array([1.0, 2.0])
    >>> opt = SGD(p, lr=0.5)
    >>> step(opt, np.array([1.0, -1.0]))
    >>> p, opt.steps
    (array([0.5, 2.5]), 1)
    """
    formula = globals()[optimizer._rule]
    hyper = optimizer._keywords()
    for p, g, state in optimizer._arrays(grads):
        formula(p, g, **state, **hyper)
    optimizer._count += 1
