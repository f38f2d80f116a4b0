r"""The standard problems of unconstrained minimisation, of 2 to 30000 parameters.

A function that takes any number of parameters is a family: call it with the dimension. `PROBLEMS` holds the
usual instances under their names, `MORE_GARBOW_HILLSTROM` the eighteen of Algorithm 566 that know their
Hessians.

>>> problem = tridia(100)
>>> problem.name, problem.n, problem.minima
('tridia_100', 100, (0.0,))
>>> value, gradient = problem.fun(problem.start)
>>> value, gradient[:3]
(5049.0, array([-4.,  2.,  4.]))
>>> len(MORE_GARBOW_HILLSTROM), PROBLEMS["wood_4"].hess(np.ones(4)).diagonal()
(18, array([802. , 220.2, 722. , 200.2]))

Collections differ in formulas and starts: each problem names its source (TRIDIA, ARWHEAD and the like are
CUTEst's, but POWER, EG2 and FLETCHCR Andrei's). The formulas are in the docstrings of the families.

References
----------
Moré, Garbow and Hillstrom, *Testing unconstrained optimization software*, ACM Transactions on Mathematical
Software 7, 1981, and their Algorithm 566. Gould, Orban and Toint, *CUTEst: a constrained and unconstrained
testing environment with safe threads*, Computational Optimization and Applications 60, 2015. Andrei, *An
unconstrained optimization test functions collection*, Advanced Modeling and Optimization 10, 2008. Lukšan,
Matonoha and Vlček, *Modified CUTE problems for sparse unconstrained optimization*, 2010.
"""

from fastopt._common.listing import listing

from . import dixon_maany, least_squares, mgh, polynomials, quadratics, transcendental
from .dixon_maany import *  # noqa: F403
from .least_squares import *  # noqa: F403
from .mgh import *  # noqa: F403
from .polynomials import *  # noqa: F403
from .problem import Family, StandardProblem
from .quadratics import *  # noqa: F403
from .transcendental import *  # noqa: F403

__all__ = ["FAMILIES", "MORE_GARBOW_HILLSTROM", "PROBLEMS", "Family", "StandardProblem"]
__dir__ = listing(__name__)

FAMILIES: dict[str, Family] = {
    name: getattr(module, name)
    for module in (mgh, least_squares, quadratics, polynomials, transcendental, dixon_maany)
    for name in module.__all__
}
"""The functions under their names."""

PROBLEMS: dict[str, StandardProblem] = {
    problem.name: problem for family in FAMILIES.values() for problem in map(family, sorted(family.sizes))
}
"""The usual instances under their names."""

MORE_GARBOW_HILLSTROM: tuple[StandardProblem, ...] = tuple(
    PROBLEMS[family().name] for family in mgh.ALGORITHM_566
)
"""The eighteen problems of Algorithm 566 in their order and their usual dimensions, with Hessians."""

__all__ += list(FAMILIES)
