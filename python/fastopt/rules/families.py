"""The list of all families of rules, in the order of tables. In Python nothing else names them."""

# isort: off
from fastopt.rules.sgd import *  # noqa: F403
from fastopt.rules.adagrad import *  # noqa: F403
from fastopt.rules.rmsprop import *  # noqa: F403
from fastopt.rules.adam import *  # noqa: F403
from fastopt.rules.signs import *  # noqa: F403
from fastopt.rules.moments import *  # noqa: F403
from fastopt.rules.layerwise import *  # noqa: F403
from fastopt.rules.schedule_free import *  # noqa: F403
from fastopt.rules.prodigy import *  # noqa: F403
from fastopt.rules.ftrl import *  # noqa: F403
from fastopt.rules.muon import *  # noqa: F403
from fastopt.rules.shampoo import *  # noqa: F403
from fastopt.rules.soap import *  # noqa: F403
from fastopt.rules.factored import *  # noqa: F403
