r"""Penalties on the weights (value, gradient and proximal operator), and exact ridge regression.

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

**Which arrays.** Biases are left out, and recognised by their shape: in a list or a dict, an array of fewer
than two dimensions is not penalised; one array alone always is. `only` or `skip` decide otherwise: a key of
the structure, a collection of keys, or a function of key and array. ``skip=()`` penalises all.

**In the loss, or decoupled.** A penalty in the loss reaches the parameters through the optimizer. For SGD,
with and without momentum, ``l2(lam, skip=())`` in the loss and ``weight_decay=2 * lam`` are the same
trajectory, bit for bit. The same holds for Adam, RMSprop and Adagrad, whose `weight_decay` is this very term;
but they divide it, like the gradient, by the root of the squared gradients, so a weight with large gradients
is hardly penalised. The decay of `AdamW` is decoupled from the gradients and shrinks all weights by one
factor: a different trajectory, which no penalty in the loss gives. (For SGD without momentum, and for it
alone, a decoupled decay would be the same thing again.) A `prox` after the step is decoupled too, and that of
`l1` makes weights exactly zero.
"""

from fastopt._common.listing import listing

from .base import Regularizer
from .penalties import elastic_net, l1, l2
from .ridge import least_squares

__all__ = ["Regularizer", "elastic_net", "l1", "l2", "least_squares"]
__dir__ = listing(__name__)

for _name in __all__:
    globals()[_name].__module__ = __name__  # where pickles are to find them, whatever the file
