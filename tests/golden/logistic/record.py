"""Record scikit-learn's logistic regression of the digits, for `minimization/test_logistic.py`.

    python tests/golden/logistic/record.py

writes `recorded.json`. It needs fastopt and scikit-learn.
"""

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from fastopt import data
from fastopt.losses import softmax_cross_entropy

SHOWN = 20
"""Held-out samples whose probabilities are written down."""


def record(C: float) -> dict[str, object]:
    digits = data.digits(dtype="float64")
    # Newton's method, as solver="lbfgs" stops when the objective changes by its rounding: at 5 digits of W.
    model = LogisticRegression(solver="newton-cholesky", C=C, tol=1e-12)
    model.fit(digits.x_train, digits.y_train)
    loss, _ = softmax_cross_entropy(model.decision_function(digits.x_train), digits.y_train)
    return {
        "C": C,
        "objective": loss + float((model.coef_**2).sum()) / (2 * C * len(digits.x_train)),
        "norm": float(np.linalg.norm(model.coef_)),
        "intercept": model.intercept_.tolist(),
        "probabilities": model.predict_proba(digits.x_test[:SHOWN]).tolist(),
        "accuracy": model.score(digits.x_test, digits.y_test),
    }


if __name__ == "__main__":
    rows = [record(C) for C in (0.01, 1.0)]
    found = {"versions": {name: version(name) for name in ("scikit-learn", "scipy")}, "optima": rows}
    Path(__file__).with_name("recorded.json").write_text(json.dumps(found, indent=1) + "\n")
