"""Multinomial logistic regression to the optimum: fastopt.minimize and scikit-learn's LogisticRegression.

    python benchmarks/logistic.py
    python benchmarks/logistic.py --data digits fashion-mnist:/usr/share/datasets/fashion-mnist --rounds 1
    python benchmarks/logistic.py --data digits fashion-mnist:/usr/share/datasets/fashion-mnist --agreement

Both minimise the mean cross-entropy plus |W|^2 / (2 C n), intercept left out, from zero, by L-BFGS with 10
pairs, until no element of the gradient is above the tolerance. The two fit in turns, A B B A, and the optima
are compared: objectives in double precision, probabilities of the held-out samples. Needs scikit-learn.

With --agreement both descend once, in double precision, until no element of the gradient is above 1e-9 or
values differ by their rounding alone, and objective and coefficients must be the same to 6 digits (the
intercepts, which no penalty holds, are shown): minutes for Fashion-MNIST, best with one thread
(OMP_NUM_THREADS=1). scikit-learn's test for values that hardly change, which has no option and ends a descent
at 5 digits of the coefficients, is switched off for that.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from unittest import mock

import numpy as np
import scipy.optimize
from sklearn.linear_model import LogisticRegression

import fastopt
from common import table
from fastopt import data
from fastopt.bench import report
from fastopt.models import Linear

FTOL = 64 * np.finfo(float).eps
"""What scikit-learn gives SciPy."""

AGREED = 1e-6
"""Of the objective, and of the coefficients beside the largest of them."""

STRENGTHS = {"digits": 1.0, "fashion-mnist": 0.01, "cifar10": 0.001}
"""C of each data set: the weaker the penalty, the longer the descent."""


@dataclass
class Fit:
    """What a fit came to."""

    params: dict[str, Any]
    evaluations: int
    seconds: float


class Problem:
    """A data set in one dtype, and its objective."""

    def __init__(self, spec: str, dtype: str) -> None:
        self.data = data.load(spec, dtype=dtype)
        self.model = Linear(self.data.n_features, len(self.data.classes))
        self.C = STRENGTHS[self.data.name]
        self.penalty = fastopt.regularizers.l2(1 / (2 * self.C * len(self.data.x_train)))
        self.start = {name: np.zeros_like(a) for name, a in self.model.init(0, dtype).items()}

    def objective(self, params: Any) -> tuple[float, Any]:
        loss, grads = self.model.loss_and_grads(params, self.data.x_train, self.data.y_train)
        return loss + self.penalty.add_to(params, grads), grads

    def fastopt(self, tol: float, ftol: float = FTOL) -> Fit:
        began = time.perf_counter()
        options = {"gtol": tol, "ftol": ftol}
        result = fastopt.minimize(self.objective, self.start, options=options)
        return Fit(result.x, result.nfev, time.perf_counter() - began)

    def sklearn(self, tol: float, ftol: float = FTOL) -> Fit:
        counts: list[int] = []
        inner = scipy.optimize.minimize

        def counted(*args: Any, **options: Any) -> Any:
            options["options"] = {**options["options"], "ftol": ftol}
            result = inner(*args, **options)
            counts.append(result.nfev)
            return result

        model = LogisticRegression(C=self.C, tol=tol, max_iter=15000)
        began = time.perf_counter()
        with mock.patch("scipy.optimize.minimize", counted):
            model.fit(self.data.x_train, self.data.y_train)
        seconds = time.perf_counter() - began
        return Fit({"W": model.coef_.T, "b": model.intercept_}, sum(counts), seconds)

    def probabilities(self, fit: Fit) -> Any:
        scores = self.model.scores(fit.params, self.data.x_test)
        e = np.exp(scores - scores.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    def accuracy(self, fit: Fit) -> float:
        return float((self.probabilities(fit).argmax(axis=1) == self.data.y_test).mean())


def timed(problem: Problem, tol: float, rounds: int) -> tuple[Fit, Fit, list[float]]:
    """Fit in turns; return a fit of each with its median time, and the ratios of the rounds."""
    sides: list[Callable[[float], Fit]] = [problem.fastopt, problem.sklearn]
    fits: list[list[Fit]] = [[], []]
    for k in range(2 * rounds):
        for side in (0, 1) if k % 2 == 0 else (1, 0):
            fits[side].append(sides[side](tol))
    seconds = [[fit.seconds for fit in side] for side in fits]
    ratios = [sum(seconds[1][k : k + 2]) / sum(seconds[0][k : k + 2]) for k in range(0, 2 * rounds, 2)]
    ours, theirs = (
        Fit(s[0].params, s[0].evaluations, statistics.median(t)) for s, t in zip(fits, seconds, strict=True)
    )
    return ours, theirs, ratios


def apart(a: Any, b: Any) -> float:
    """Return how far two arrays are apart, relative to the largest element."""
    return float(np.abs(a - b).max() / np.abs(b).max())


def agreement(specs: list[str], tol: float) -> bool:
    """Print how close both come to the same optimum; whether that is close enough."""
    rows, agreed = [], True
    for spec in specs:
        problem = Problem(spec, "float64")
        ours, theirs = problem.fastopt(tol, ftol=0), problem.sklearn(tol, ftol=0)
        (f, g), (other_f, other_g) = (
            problem.objective({name: np.ascontiguousarray(p) for name, p in fit.params.items()})
            for fit in (ours, theirs)
        )
        # One number added to all intercepts changes nothing.
        b, other_b = (fit.params["b"] - fit.params["b"].mean() for fit in (ours, theirs))
        distances = [apart(f, other_f), apart(ours.params["W"], theirs.params["W"]), apart(b, other_b)]
        agreed &= max(distances[:2]) <= AGREED
        rows.append(
            [
                f"{problem.data.name}, C={problem.C:g}",
                f"{f:.12f} / {other_f:.12f}",
                *(f"{distance:.0e}" for distance in distances),
                " / ".join(f"{max(np.abs(part).max() for part in of.values()):.0e}" for of in (g, other_g)),
                f"{ours.evaluations} / {theirs.evaluations}",
                f"{ours.seconds:.3g} s / {theirs.seconds:.3g} s",
            ]
        )
    head = ["data, C", "objective", "apart", "coefficients apart", "intercepts apart", "largest slope"]
    head += ["evaluations", "time"]
    print(f"### Logistic regression to the end, fastopt / scikit-learn\n\n{table(head, rows)}")
    return agreed


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", nargs="+", default=["digits"], metavar="SET", help="as of `fastopt train`")
    parser.add_argument("--tol", nargs="+", type=float, default=[1e-4, 1e-8], metavar="X")
    parser.add_argument("--dtype", nargs="+", default=["float64", "float32"], metavar="TYPE")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="of two fits by each")
    parser.add_argument(
        "--agreement",
        nargs="?",
        type=float,
        const=1e-9,
        metavar="X",
        help="compare the optima at a tolerance of X",
    )
    args = parser.parse_args()
    facts = report.machine(None)
    print(report.header(facts), report.warning(facts) or "", sep="\n", file=sys.stderr)
    if args.agreement is not None:
        if not agreement(args.data, args.agreement):
            raise SystemExit(f"the optima are not the same to {AGREED:g}")
        return
    rows = []
    for spec in args.data:
        for dtype in args.dtype:
            problem = Problem(spec, dtype)
            exact = problem if dtype == "float64" else Problem(spec, "float64")
            for tol in args.tol:
                ours, theirs, ratios = timed(problem, tol, args.rounds)
                f, g = (
                    exact.objective({k: np.array(p, float) for k, p in fit.params.items()})[0]
                    for fit in (ours, theirs)
                )
                between = np.abs(problem.probabilities(ours) - problem.probabilities(theirs)).max()
                rows.append(
                    [
                        f"{problem.data.name}, C={problem.C:g}, {dtype}, {tol:g}",
                        f"{f:.9f}",
                        f"{g:.9f}",
                        f"{between:.0e}",
                        f"{ours.evaluations} / {theirs.evaluations}",
                        f"{ours.seconds:.3g} s / {theirs.seconds:.3g} s",
                        f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})",
                        f"{100 * problem.accuracy(ours):.2f} % / {100 * problem.accuracy(theirs):.2f} %",
                    ]
                )
    head = ["data, C, dtype, tolerance", "objective", "scikit-learn's", "probabilities apart", "evaluations"]
    head += ["time", "times faster", "held-out accuracy"]
    print(f"### Logistic regression, fastopt / scikit-learn\n\n{table(head, rows)}")


if __name__ == "__main__":
    main()
