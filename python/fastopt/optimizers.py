"""The optimizers: fields, bounds and formulas. Names, defaults and semantics are torch.optim's."""

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
