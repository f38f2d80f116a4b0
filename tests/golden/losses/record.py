"""Record the losses of torch and scikit-learn, for `losses/test_golden.py` to hold fastopt against.

    python tests/golden/losses/record.py torch sklearn

writes `torch.json` and `sklearn.json`, in float64. It needs the libraries that are named and NumPy,
but not fastopt; the test needs none of them. All values are sums, as libraries divide by different numbers.
"""

import argparse
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
SAMPLES, CLASSES = 7, 5


def problem() -> dict[str, Any]:
    """Return scores and targets of each kind, some of them extreme."""
    rng = np.random.default_rng(2024)
    scores = rng.normal(size=(SAMPLES, CLASSES)) * 3
    scores[0] *= 100
    p = rng.random((SAMPLES, CLASSES))
    p[1] = np.eye(CLASSES)[2]
    return {
        "scores": scores,
        "labels": rng.integers(CLASSES, size=SAMPLES),
        "probabilities": p / p.sum(axis=1, keepdims=True),
        "yes": np.round(rng.random((SAMPLES, CLASSES)), 1),
        "signs": rng.choice([-1.0, 1.0], (SAMPLES, CLASSES)),
        "reals": rng.normal(size=(SAMPLES, CLASSES)) * 3,
        "counts": rng.poisson(2, (SAMPLES, CLASSES)).astype(float),
        "small": rng.normal(size=(SAMPLES, CLASSES)),
        "variance": 0.5 + rng.random((SAMPLES, CLASSES)),
    }


def from_torch(given: dict[str, Any]) -> list[dict[str, Any]]:
    import torch
    from torch.nn import functional as F

    t = {name: torch.tensor(a) for name, a in given.items()}
    rows: list[dict[str, Any]] = []

    def record(loss: str, inputs: list[str], value: Any, options: dict[str, Any] | None = None) -> None:
        s = [t[name].clone().requires_grad_() for name in inputs if name in ("scores", "small", "variance")]
        y = [t[name] for name in inputs if name not in ("scores", "small", "variance")]
        total = value(s[0], *y, *s[1:])
        grads = [g.tolist() for g in torch.autograd.grad(total, s)]
        rows.append(
            {"loss": loss, "inputs": inputs, "options": options or {}, "sum": total.item(), "grads": grads}
        )

    record("softmax_cross_entropy", ["scores", "labels"], lambda s, y: F.cross_entropy(s, y, reduction="sum"))
    record(
        "softmax_cross_entropy",
        ["scores", "labels"],
        lambda s, y: F.cross_entropy(s, y, reduction="sum", label_smoothing=0.1),
        {"label_smoothing": 0.1},
    )
    record(
        "softmax_cross_entropy",
        ["scores", "probabilities"],
        lambda s, y: F.cross_entropy(s, y, reduction="sum"),
    )
    record(
        "softmax_cross_entropy",
        ["scores", "probabilities"],
        lambda s, y: F.cross_entropy(s, y, reduction="sum", label_smoothing=0.25),
        {"label_smoothing": 0.25},
    )
    record(
        "kl_divergence",
        ["scores", "probabilities"],
        lambda s, y: F.kl_div(F.log_softmax(s, 1), y, reduction="sum"),
    )
    record("nll", ["small", "labels"], lambda s, y: F.nll_loss(s, y, reduction="sum"))
    for margin in (1.0, 0.5):  # torch divides by the number of classes as well
        record(
            "multiclass_hinge",
            ["scores", "labels"],
            lambda s, y, m=margin: F.multi_margin_loss(s, y, margin=m, reduction="sum") * CLASSES,
            {"margin": margin},
        )
    record(
        "binary_cross_entropy",
        ["scores", "yes"],
        lambda s, y: F.binary_cross_entropy_with_logits(s, y, reduction="sum"),
    )
    record("logistic", ["small", "signs"], lambda s, y: F.soft_margin_loss(s, y, reduction="sum"))
    record("squared_error", ["scores", "reals"], lambda s, y: F.mse_loss(s, y, reduction="sum") / 2)
    record(
        "huber",
        ["scores", "reals"],
        lambda s, y: F.huber_loss(s, y, delta=1.5, reduction="sum"),
        {"delta": 1.5},
    )
    record("poisson_nll", ["small", "counts"], lambda s, y: F.poisson_nll_loss(s, y, reduction="sum"))
    record(
        "gaussian_nll",
        ["scores", "reals", "variance"],
        lambda s, y, v: F.gaussian_nll_loss(s, y, v, reduction="sum"),
    )
    return rows


def from_sklearn(given: dict[str, Any]) -> list[dict[str, Any]]:
    from sklearn._loss import (
        HalfBinomialLoss,
        HalfMultinomialLoss,
        HalfPoissonLoss,
        HalfSquaredError,
        HuberLoss,
    )
    from sklearn.metrics import hinge_loss

    rows: list[dict[str, Any]] = []

    def record(
        loss: str, inputs: list[str], peer: Any, offset: float = 0.0, options: dict[str, Any] | None = None
    ) -> None:
        s, y = given[inputs[0]], given[inputs[1]]
        if loss == "softmax_cross_entropy":
            value, grad = peer.loss_gradient(y_true=y.astype(float), raw_prediction=s)
        else:
            value, grad = peer.loss_gradient(y_true=y.ravel(), raw_prediction=s.ravel())
        total = float(value.sum()) + offset
        rows.append(
            {
                "loss": loss,
                "inputs": inputs,
                "options": options or {},
                "sum": total,
                "grads": [grad.reshape(s.shape).tolist()],
            }
        )

    record("softmax_cross_entropy", ["scores", "labels"], HalfMultinomialLoss(n_classes=CLASSES))
    record("binary_cross_entropy", ["scores", "yes"], HalfBinomialLoss())
    record("squared_error", ["scores", "reals"], HalfSquaredError())
    record("huber", ["scores", "reals"], HuberLoss(delta=1.5), options={"delta": 1.5})
    record("poisson_nll", ["small", "counts"], HalfPoissonLoss())
    value = hinge_loss(given["signs"].ravel(), given["small"].ravel()) * given["signs"].size
    rows.append(
        {"loss": "hinge", "inputs": ["small", "signs"], "options": {}, "sum": float(value), "grads": None}
    )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("libraries", nargs="+", choices=["torch", "sklearn"])
    packages = {"torch": "torch", "sklearn": "scikit-learn"}
    for library in parser.parse_args().libraries:
        given = problem()
        rows = {"torch": from_torch, "sklearn": from_sklearn}[library](given)
        head = {
            "versions": {packages[library]: version(packages[library])},
            "problem": {name: a.tolist() for name, a in given.items()},
        }
        lines = ",\n".join(json.dumps(row) for row in rows)
        text = f'{json.dumps(head)[:-1]},\n"losses": [\n{lines}\n]}}\n'
        (HERE / f"{library}.json").write_text(text)
        print(f"{library}.json: {len(rows)} losses")


if __name__ == "__main__":
    main()
