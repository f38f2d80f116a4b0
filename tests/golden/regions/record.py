"""Record minima within bounds and with L1, for `minimization/test_regions.py` to hold fastopt against.

    python tests/golden/regions/record.py

writes `recorded.json`: of bounds what SciPy's L-BFGS-B finds, and its evaluations until
max |P(x - g) - x| <= 1e-6; of L1 what FISTA finds. It needs NumPy and SciPy, but not fastopt; the test needs
neither SciPy nor this script.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import scipy
from scipy.optimize import minimize

from problems import Bounded, Penalised, Vector, bounded, penalised

HERE = Path(__file__).parent


def within_bounds(problem: Bounded) -> dict[str, Any]:
    lower, upper = problem.lower, problem.upper
    steepness = []

    def fun(x: Vector) -> tuple[float, Vector]:
        value, g = problem.fun(x)
        steepness.append(np.abs(np.clip(x - g, lower, upper) - x).max())
        return value, g

    def solve(gtol: float) -> Any:
        steepness.clear()
        start = np.clip(problem.start, lower, upper)
        options = {"gtol": gtol, "ftol": 0, "maxfun": 20000, "maxiter": 20000}
        bounds = np.c_[lower, upper]
        return minimize(fun, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)

    solve(1e-6)
    reached = [
        k for k, s in enumerate(steepness, 1) if s <= 1e-6
    ]  # none if it ends before, for want of digits
    evaluations = reached[0] if reached else None
    best = solve(1e-9)
    return {"problem": problem.name, "value": best.fun, "evaluations": evaluations}


def with_l1(problem: Penalised) -> dict[str, Any]:
    """FISTA (Beck & Teboulle 2009), started anew where it overshoots (O'Donoghue & Candes 2015)."""
    step = 1 / (problem.curvature * np.linalg.norm(problem.a, 2) ** 2)
    x = y = np.zeros(problem.l1.size)
    t = 1.0
    for _ in range(200_000):
        moved = y - step * problem.fun(y)[1]
        after = np.sign(moved) * np.maximum(np.abs(moved) - step * problem.l1, 0)
        if (y - after) @ (after - x) > 0:
            t = 1.0
        last, t = t, (1 + np.sqrt(1 + 4 * t * t)) / 2
        x, y = after, after + (last - 1) / t * (after - x)
        g = problem.fun(x)[1]
        at_zero = np.maximum(np.abs(g) - problem.l1, 0)
        if np.where(x == 0, at_zero, np.abs(g + problem.l1 * np.sign(x))).max() < 1e-9:
            break
    else:
        raise SystemExit(f"{problem.name}: no convergence")
    value = problem.fun(x)[0] + problem.l1 @ np.abs(x)
    return {"problem": problem.name, "value": float(value), "x": [float(f"{v:.12g}") for v in x]}


if __name__ == "__main__":
    recorded = {
        "scipy": scipy.__version__,
        "bounded": [within_bounds(problem) for problem in bounded()],
        "penalised": [with_l1(problem) for problem in penalised()],
    }
    (HERE / "recorded.json").write_text(json.dumps(recorded, indent=1) + "\n")
