r"""The losses in plain NumPy, as their papers have them: what the kernels are tested against.

Each function takes scores and targets that are legal already, and returns the value of every sample (rows) or
element and the gradient of their sum. `fastopt.losses` has the same functions compiled, checked, reduced and
documented. They agree to a few units in the last place and not bit for bit: the kernels have an exponential
function of their own, sum in another order, and have zeros where a gradient would be a denormal number.
"""

from fastopt._common.listing import listing
from fastopt.losses.likelihoods import binary_cross_entropy_reference as binary_cross_entropy
from fastopt.losses.margins import hinge_reference as hinge
from fastopt.losses.margins import logistic_reference as logistic
from fastopt.losses.margins import multiclass_hinge_reference as multiclass_hinge
from fastopt.losses.regression import huber_reference as huber
from fastopt.losses.regression import squared_error_reference as squared_error
from fastopt.losses.softmax import kl_divergence_reference as kl_divergence
from fastopt.losses.softmax import softmax_cross_entropy_reference as softmax_cross_entropy

__all__ = [
    "binary_cross_entropy",
    "hinge",
    "huber",
    "kl_divergence",
    "logistic",
    "multiclass_hinge",
    "softmax_cross_entropy",
    "squared_error",
]
__dir__ = listing(__name__)
