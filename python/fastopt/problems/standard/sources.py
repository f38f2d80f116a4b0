"""Where the problems come from."""

__all__ = ["ANDREI", "CUTEST", "MGH"]

MGH = "Moré, Garbow and Hillstrom, Testing unconstrained optimization software, 1981, problem {}"
CUTEST = "Gould, Orban and Toint, CUTEst: a constrained and unconstrained testing environment, 2015, {}"
ANDREI = "Andrei, An unconstrained optimization test functions collection, 2008, {}"
