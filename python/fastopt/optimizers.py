"""The optimizers: fields, bounds and formulas. Names and defaults are torch.optim's, where it has them.

Libraries mean different things by one name. Where an optimizer takes `compat`, it is that of another library,
in formula and defaults, and what is given explicitly wins. Its docstring lists all that differs; by formula:

=============  =========================================================================================
Adam, AdamW    Keras and scikit-learn add eps to the uncorrected root (`eps_hat`), optax takes the
               largest corrected moment for AMSGrad (`corrected_maximum`)
Adamax         Keras adds eps to the denominator, not inside the maximum (`eps_outside`)
RAdam          optax adds eps to the corrected root (``eps_hat=False``)
NAdam          Keras lets the momentum rise in 17 steps (``momentum_decay=1``), optax has it at once
RMSprop        Keras and optax have eps inside the root and the learning rate inside the momentum
Adagrad        Keras and optax have eps inside the root, and start at 0.1
SGD            Keras and scikit-learn have the learning rate inside the velocity
weight decay   Keras always decouples it
=============  =========================================================================================

>>> import numpy as np, fastopt
>>> fastopt.RMSprop(np.ones(2), lr=0.1, compat="keras").alpha
0.9
"""

from typing import TYPE_CHECKING

from fastopt._common.listing import listing, published
from fastopt.rules import families
from fastopt.rules.families import *  # noqa: F403
from fastopt.rules.fields import OPTIMIZERS as OPTIMIZERS

if TYPE_CHECKING:
    __all__: list[str]
else:
    __all__ = published(__name__, families, lambda name: not name.islower())
__dir__ = listing(__name__)
