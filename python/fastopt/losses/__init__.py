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
or beyond the dtype of the scores raise `ValueError`.

Scores that are NaN make a loss that is NaN. All formulas are stable for any finite scores, and at infinite
ones have the limits of value and gradient: a right answer that is certain costs nothing, a wrong one
infinity. In a softmax minus infinity is a probability of zero; plus infinity, or nothing but minus infinity
in a row, makes NaN, as in other libraries. No gradient is a denormal number, which would slow down whatever
multiplies it next: it is zero instead. NumPy's error state (`numpy.errstate`) plays no part.

Most losses are compiled: they read the scores once, use an exponential function of their own, and their
results are the same bits for every instruction set and number of threads, and whatever else is in the batch.
(Any NaN counts as the same as any other.) `fastopt.losses_reference` shows them in plain NumPy.
"""

from fastopt._common.listing import listing

from .likelihoods import binary_cross_entropy, gaussian_nll, nll, poisson_nll
from .margins import hinge, logistic, multiclass_hinge
from .regression import huber, squared_error
from .softmax import kl_divergence, softmax_cross_entropy

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

for _name in __all__:
    globals()[_name].__module__ = __name__  # where pickles are to find them, whatever the file
