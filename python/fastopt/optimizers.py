"""The optimizers: fields, bounds and formulas. Names, defaults and semantics are torch.optim's."""

from __future__ import annotations  # so that help() shows the annotations as they stand here

from dataclasses import KW_ONLY
from typing import Literal

from fastopt._common.bounds import Decay, Decays, Epsilon, Fraction, NonNegative, Start
from fastopt._common.listing import listing
from fastopt.optimizer import OPTIMIZERS as OPTIMIZERS
from fastopt.optimizer import Optimizer, optimizer

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "Adamax", "RMSprop", "SignSGD"]
__dir__ = listing(__name__)


@optimizer("sgd", "sgd_momentum", "sgd_velocity", "sgd_average")
class SGD(Optimizer):
    r"""Stochastic gradient descent, with and without momentum.

    Without momentum :math:`p \leftarrow p - \eta g`. With it, in one of three forms,

    ============  ===================================================  ==================================
    heavy_ball    :math:`v \leftarrow \rho v + (1 - \tau) g`           :math:`p \leftarrow p - \eta v`
    velocity      :math:`v \leftarrow \rho v - \eta g`                 :math:`p \leftarrow p + v`
    average       :math:`m \leftarrow \rho m + (1 - \rho) g`           :math:`p \leftarrow p - \eta m`
    ============  ===================================================  ==================================

    and with `nesterov` the same update applied once more to the fresh velocity: the look-ahead gradient,
    rewritten in terms of the current point.

    Parameters
    ----------
    params : array, list or dict of arrays
        float32 or float64, updated in place.
    lr : float or schedule
        :math:`\eta \ge 0`. Any hyperparameter may be a function of the number of completed steps.
    momentum : float or schedule
        :math:`\rho \in [0, 1]`.
    dampening : float or schedule
        :math:`\tau \in [0, 1]`, heavy ball only. The first gradient enters undamped, as in torch.
    weight_decay : float or schedule
        :math:`\lambda \ge 0`: :math:`g + \lambda p` in place of :math:`g`.
    decoupled_weight_decay : bool
        :math:`p \leftarrow (1 - \eta \lambda)\, p` before the update, in place of that term.
    nesterov : bool
        Nesterov's momentum; needs momentum, and no dampening.
    maximize : bool
        Ascend.
    momentum_form : {"heavy_ball", "velocity", "average"}
        The first is torch's and optax's, the second that of Keras and scikit-learn (learning rate inside
        the velocity; different while the learning rate changes), the third a running mean.

    Raises
    ------
    TypeError, ValueError
        If a hyperparameter or a parameter array is not as above.

    See Also
    --------
    fastopt.kernels.sgd, fastopt.kernels.sgd_momentum,
    fastopt.kernels.sgd_velocity, fastopt.kernels.sgd_average

    References
    ----------
    Polyak 1964; Sutskever, Martens, Dahl and Hinton, On the importance of initialization and momentum in
    deep learning, 2013.

    Examples
    --------
    >>> import numpy as np
    >>> w = np.array([1.0, 2.0])
    >>> opt = SGD(w, lr=0.5, momentum=0.5)
    >>> opt.step(np.array([1.0, 1.0]))
    >>> opt.step(np.array([0.0, 1.0]))
    >>> w, opt.state["v"], opt.steps
    (array([0.25, 0.75]), array([0.5, 1.5]), 2)
    """

    lr: NonNegative = 1e-3
    momentum: Fraction = 0.0
    dampening: Fraction = 0.0
    weight_decay: NonNegative = 0.0
    nesterov: bool = False
    _: KW_ONLY
    maximize: bool = False
    decoupled_weight_decay: bool = False
    momentum_form: Literal["heavy_ball", "velocity", "average"] = "heavy_ball"

    def _choose_rule(self) -> str:
        if self.nesterov and (self.momentum == 0 or self.dampening != 0):
            raise ValueError(
                f"nesterov: expected a momentum and no dampening with it, "
                f"got momentum={self.momentum!r}, dampening={self.dampening!r}"
            )
        if self.dampening != 0 and self.momentum_form != "heavy_ball":
            raise ValueError(
                f"dampening: expected 0 with momentum_form={self.momentum_form!r}, got {self.dampening!r}"
            )
        if self.momentum == 0:
            return "sgd"
        return {"heavy_ball": "sgd_momentum", "velocity": "sgd_velocity", "average": "sgd_average"}[
            self.momentum_form
        ]


@optimizer("signsgd")
class SignSGD(Optimizer):
    r"""Sign descent, the normalised gradient: every coordinate moves by `lr`.

    .. math:: p \leftarrow p - \eta\, \frac{g}{\sqrt{g^2} + \epsilon}

    Parameters
    ----------
    params : array, list or dict of arrays
        float32 or float64, updated in place.
    lr : float or schedule
        :math:`\eta \ge 0`.
    eps : float or schedule
        :math:`\epsilon \ge 0`; with 0 it is the sign of a finite gradient.
    weight_decay : float or schedule
        :math:`\lambda \ge 0`: :math:`g + \lambda p` in place of :math:`g`.
    decoupled_weight_decay : bool
        :math:`p \leftarrow (1 - \eta \lambda)\, p` before the update, in place of that term.
    maximize : bool
        Ascend.

    Raises
    ------
    TypeError, ValueError
        If a hyperparameter or a parameter array is not as above.

    See Also
    --------
    fastopt.kernels.signsgd

    References
    ----------
    Bernstein, Wang, Azizzadenesheli and Anandkumar, signSGD, 2018. Not in torch.

    Examples
    --------
    >>> import numpy as np
    >>> w = np.array([1.0, 1.0])
    >>> SignSGD(w, lr=0.25, eps=0.0).step(np.array([1e-6, -1e6]))
    >>> w
    array([0.75, 1.25])
    """

    lr: NonNegative = 1e-3
    eps: Epsilon = 1e-8
    weight_decay: NonNegative = 0.0
    _: KW_ONLY
    maximize: bool = False
    decoupled_weight_decay: bool = False


@optimizer("adagrad")
class Adagrad(Optimizer):
    r"""Adagrad: each coordinate's learning rate falls with the sum of its squared gradients.

    .. math::
        v &\leftarrow v + g^2 \\
        p &\leftarrow p - \frac{\eta}{1 + (t - 1)\,\gamma}\, \frac{g}{\sqrt{v} + \epsilon}

    Parameters
    ----------
    params : array, list or dict of arrays
        float32 or float64, updated in place.
    lr : float or schedule
        :math:`\eta \ge 0`.
    lr_decay : float or schedule
        :math:`\gamma \ge 0`; the first step is undecayed, as in torch.
    weight_decay : float or schedule
        :math:`\lambda \ge 0`: :math:`g + \lambda p` in place of :math:`g`.
    decoupled_weight_decay : bool
        :math:`p \leftarrow (1 - \eta \lambda)\, p` before the update, in place of that term.
    initial_accumulator_value : float
        Where :math:`v` starts; 0 in torch, 0.1 in optax and Keras.
    eps : float or schedule
        :math:`\epsilon \ge 0`, outside the root as in torch.
    eps_inside : bool
        :math:`\sqrt{v + \epsilon}` in place of :math:`\sqrt{v} + \epsilon`, as in optax and Keras.
    maximize : bool
        Ascend.

    Raises
    ------
    TypeError, ValueError
        If a hyperparameter or a parameter array is not as above.

    See Also
    --------
    fastopt.kernels.adagrad

    References
    ----------
    Duchi, Hazan and Singer, Adaptive subgradient methods for online learning, 2011.

    Examples
    --------
    >>> import numpy as np
    >>> w = np.array([1.0, 1.0])
    >>> opt = Adagrad(w, lr=0.5, eps=0.0)
    >>> opt.step(np.array([3.0, -0.1]))
    >>> w
    array([0.5, 1.5])
    """

    lr: NonNegative = 1e-2
    lr_decay: NonNegative = 0.0
    weight_decay: NonNegative = 0.0
    initial_accumulator_value: Start = 0.0
    eps: Epsilon = 1e-10
    _: KW_ONLY
    eps_inside: bool = False
    maximize: bool = False
    decoupled_weight_decay: bool = False

    def _start(self, slot: str) -> float:
        return self.initial_accumulator_value


@optimizer("rmsprop")
class RMSprop(Optimizer):
    r"""RMSprop: the gradient over the root of a running mean of its squares.

    .. math::
        v &\leftarrow \alpha v + (1 - \alpha) g^2 \\
        d &= g / (\sqrt{v} + \epsilon) \\
        p &\leftarrow p - \eta\, d

    Parameters
    ----------
    params : array, list or dict of arrays
        float32 or float64, updated in place.
    lr : float or schedule
        :math:`\eta \ge 0`.
    alpha : float or schedule
        :math:`\alpha \in [0, 1)`.
    eps : float or schedule
        :math:`\epsilon \ge 0`, outside the root as in torch.
    weight_decay : float or schedule
        :math:`\lambda \ge 0`: :math:`g + \lambda p` in place of :math:`g`.
    decoupled_weight_decay : bool
        :math:`p \leftarrow (1 - \eta \lambda)\, p` before the update, in place of that term.
    momentum : float or schedule
        :math:`\rho \in [0, 1]`: :math:`b \leftarrow \rho b + d` is stepped along in place of :math:`d`.
    centered : bool
        The variance :math:`\max(v - m^2, 0)` in place of :math:`v`, with a running mean :math:`m` of the
        gradients. torch does not clamp it at 0 and can reach NaN; here the root stays finite, but a gradient
        that hardly changes leaves only :math:`\epsilon` in the denominator: give it `eps_inside` then.
    eps_inside : bool
        :math:`\epsilon` under the root, as in optax and Keras.
    maximize : bool
        Ascend.

    Raises
    ------
    TypeError, ValueError
        If a hyperparameter or a parameter array is not as above.

    See Also
    --------
    fastopt.kernels.rmsprop

    References
    ----------
    Tieleman and Hinton, Lecture 6.5 of Neural networks for machine learning, 2012; Graves, Generating
    sequences with recurrent neural networks, 2013, eqs. 38 to 41.

    Examples
    --------
    >>> import numpy as np
    >>> w = np.array([1.0])
    >>> opt = RMSprop(w, lr=0.5, alpha=0.75, eps=0.0)
    >>> opt.step(np.array([2.0]))
    >>> w, opt.state["v"]
    (array([0.]), array([1.]))
    """

    lr: NonNegative = 1e-2
    alpha: Decay = 0.99
    eps: Epsilon = 1e-8
    weight_decay: NonNegative = 0.0
    momentum: Fraction = 0.0
    centered: bool = False
    _: KW_ONLY
    eps_inside: bool = False
    maximize: bool = False
    decoupled_weight_decay: bool = False


@optimizer("adam")
class Adam(Optimizer):
    r"""Adam: a running mean of the gradients over the root of one of their squares.

    .. math::
        m &\leftarrow \beta_1 m + (1 - \beta_1) g, & \hat m &= m / (1 - \beta_1^t) \\
        v &\leftarrow \beta_2 v + (1 - \beta_2) g^2, & \hat v &= v / (1 - \beta_2^t) \\
        p &\leftarrow p - \eta\, \hat m / (\sqrt{\hat v} + \epsilon)

    Parameters
    ----------
    params : array, list or dict of arrays
        float32 or float64, updated in place.
    lr : float or schedule
        :math:`\eta \ge 0`.
    betas : pair of floats or schedules
        :math:`\beta_1, \beta_2 \in [0, 1)`.
    eps : float or schedule
        :math:`\epsilon \ge 0`, added to the corrected root as in the paper and in torch.
    weight_decay : float or schedule
        :math:`\lambda \ge 0`: :math:`g + \lambda p` in place of :math:`g` (L2; decoupled in `AdamW`).
    decoupled_weight_decay : bool
        :math:`p \leftarrow (1 - \eta \lambda)\, p` before the update, in place of that term.
    amsgrad : bool
        The largest :math:`v` so far in the root, as in torch (the maximum of uncorrected moments).
    bias_correction : bool
        Without it :math:`\hat m = m, \hat v = v`: "Adam (almost)".
    maximize : bool
        Ascend.

    Raises
    ------
    TypeError, ValueError
        If a hyperparameter or a parameter array is not as above.

    See Also
    --------
    fastopt.kernels.adam

    References
    ----------
    Kingma and Ba, Adam: a method for stochastic optimization, 2015, Algorithm 1; Reddi, Kale and Kumar,
    On the convergence of Adam and beyond, 2018.

    Examples
    --------
    >>> import numpy as np
    >>> params = {"W": np.ones((2, 2)), "b": np.zeros(2)}
    >>> opt = Adam(params, lr=0.5, betas=(0.5, 0.75), eps=0.0)
    >>> opt.step({"W": np.full((2, 2), 3.0), "b": np.array([-1.0, 1.0])})
    >>> params["b"], opt.state["m"]["b"]
    (array([ 0.5, -0.5]), array([-0.5,  0.5]))
    """

    lr: NonNegative = 1e-3
    betas: Decays = (0.9, 0.999)
    eps: Epsilon = 1e-8
    weight_decay: NonNegative = 0.0
    amsgrad: bool = False
    _: KW_ONLY
    bias_correction: bool = True
    maximize: bool = False
    decoupled_weight_decay: bool = False


@optimizer("adamw")
class AdamW(Optimizer):
    r"""Adam with decoupled weight decay.

    .. math:: p \leftarrow (1 - \eta \lambda)\, p - \eta\, \hat m / (\sqrt{\hat v} + \epsilon)

    with the moments of `Adam`, through which the decay does not pass.

    Parameters
    ----------
    params : array, list or dict of arrays
        float32 or float64, updated in place.
    lr, betas, eps, amsgrad, bias_correction, maximize
        As in `Adam`.
    weight_decay : float or schedule
        :math:`\lambda \ge 0`, scaled by `lr` as in torch.

    Raises
    ------
    TypeError, ValueError
        If a hyperparameter or a parameter array is not as above.

    See Also
    --------
    fastopt.kernels.adamw

    References
    ----------
    Loshchilov and Hutter, Decoupled weight decay regularization, 2019, Algorithm 2.

    Examples
    --------
    >>> import numpy as np
    >>> w = np.array([1.0])
    >>> opt = AdamW(w, lr=lambda t: 0.5 / (1 + t), weight_decay=0.5, betas=(0.5, 0.75), eps=0.0)
    >>> opt.step(np.array([3.0]))
    >>> w
    array([0.25])
    """

    lr: NonNegative = 1e-3
    betas: Decays = (0.9, 0.999)
    eps: Epsilon = 1e-8
    weight_decay: NonNegative = 1e-2
    amsgrad: bool = False
    _: KW_ONLY
    bias_correction: bool = True
    maximize: bool = False


@optimizer("adamax")
class Adamax(Optimizer):
    r"""Adamax: Adam in the infinity norm.

    .. math::
        m &\leftarrow \beta_1 m + (1 - \beta_1) g \\
        u &\leftarrow \max(\beta_2 u, |g| + \epsilon) \\
        p &\leftarrow p - \frac{\eta}{1 - \beta_1^t}\, \frac{m}{u}

    Parameters
    ----------
    params : array, list or dict of arrays
        float32 or float64, updated in place.
    lr : float or schedule
        :math:`\eta \ge 0`.
    betas : pair of floats or schedules
        :math:`\beta_1, \beta_2 \in [0, 1)`.
    eps : float or schedule
        :math:`\epsilon \ge 0`, inside the maximum as in torch (Keras and ensmallen add it to :math:`u`).
    weight_decay : float or schedule
        :math:`\lambda \ge 0`: :math:`g + \lambda p` in place of :math:`g`.
    decoupled_weight_decay : bool
        :math:`p \leftarrow (1 - \eta \lambda)\, p` before the update, in place of that term.
    maximize : bool
        Ascend.

    Raises
    ------
    TypeError, ValueError
        If a hyperparameter or a parameter array is not as above.

    See Also
    --------
    fastopt.kernels.adamax

    References
    ----------
    Kingma and Ba, Adam: a method for stochastic optimization, 2015, Algorithm 2.

    Examples
    --------
    >>> import numpy as np
    >>> w = np.array([1.0])
    >>> opt = Adamax(w, lr=0.5, betas=(0.5, 0.75), eps=0.0)
    >>> opt.step(np.array([3.0]))
    >>> w, opt.state["u"]
    (array([0.5]), array([3.]))
    """

    lr: NonNegative = 2e-3
    betas: Decays = (0.9, 0.999)
    eps: Epsilon = 1e-8
    weight_decay: NonNegative = 0.0
    _: KW_ONLY
    maximize: bool = False
    decoupled_weight_decay: bool = False
