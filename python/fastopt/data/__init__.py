"""Data sets for training a classifier, read from the files their authors publish.

Every reader returns a `Dataset`: inputs scaled to [0, 1], one row a sample; integer labels from 0;
training and held-out samples apart.
"""

from fastopt._common.listing import listing

from .cifar import cifar10
from .dataset import Dataset
from .idx import fashion_mnist, read_idx
from .named import load
from .scikit_learn import digits

__all__ = ["Dataset", "cifar10", "digits", "fashion_mnist", "load", "read_idx"]
__dir__ = listing(__name__)

for _name in __all__:
    globals()[_name].__module__ = __name__  # where pickles are to find them, whatever the file
