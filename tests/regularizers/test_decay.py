"""L2 in the loss, weight decay and decoupled decay: where they are the same."""

from typing import Any

import numpy as np
import pytest

import fastopt
from fastopt.regularizers import Regularizer, elastic_net, l1, l2
from regularizers.penalties import draw, over_dtypes
from support import Array, same

LAM = 0.03


def trajectory(opt: fastopt.Optimizer, penalty: Regularizer | None, dtype: Any) -> Array:
    """Five steps on the half square distance from fixed points, scaled differently in each coordinate."""
    points, scales = draw(5, 8, dtype=dtype, seed=1), np.logspace(-2, 2, 8).astype(dtype)
    for point in points:
        grads = scales * (opt.params - point)
        if penalty is not None:
            penalty.add_to(opt.params, grads)
        opt.step(grads)
    return opt.params


@over_dtypes
@pytest.mark.parametrize(
    ("cls", "hyper"),
    [
        (fastopt.SGD, {}),
        (fastopt.SGD, {"momentum": 0.9}),
        (fastopt.SGD, {"momentum": 0.9, "nesterov": True}),
        (fastopt.SGD, {"momentum": 0.9, "momentum_form": "velocity"}),
        (fastopt.Adam, {}),
        (fastopt.RMSprop, {}),
        (fastopt.Adagrad, {}),
    ],
    ids=str,
)
def test_weight_decay_is_twice_the_strength_in_the_loss(cls: Any, hyper: dict[str, Any], dtype: Any) -> None:
    start = draw(8, dtype=dtype)
    in_the_loss = trajectory(cls(start.copy(), lr=0.01, **hyper), l2(LAM), dtype)
    as_decay = trajectory(cls(start.copy(), lr=0.01, weight_decay=2 * LAM, **hyper), None, dtype)
    assert same(in_the_loss, as_decay)
    not_doubled = trajectory(cls(start.copy(), lr=0.01, weight_decay=LAM, **hyper), None, dtype)
    assert not np.allclose(in_the_loss, not_doubled, rtol=1e-6, atol=0)


def test_adamw_is_no_penalty_in_the_loss() -> None:
    start = draw(8)
    in_the_loss = trajectory(fastopt.Adam(start.copy(), lr=0.01), l2(LAM), np.float64)
    decoupled = trajectory(fastopt.AdamW(start.copy(), lr=0.01, weight_decay=2 * LAM), None, np.float64)
    without = trajectory(fastopt.Adam(start.copy(), lr=0.01), None, np.float64)
    # Decoupled, five steps shrink the start by 1 - lr * 2 * lam each, whatever the scale of the gradients.
    shrunk = (without - decoupled) / start
    assert shrunk == pytest.approx(np.full(8, 1 - (1 - 0.01 * 2 * LAM) ** 5), rel=0.2)
    # In the loss, the penalty is lost where gradients are large, and weighs in where they are small.
    share = np.abs((without - in_the_loss) / start)
    assert share[-1] < 0.01 * share[0]
    assert share[-1] < 0.1 * shrunk[-1]


def test_decoupled_decay_is_l2_for_sgd_without_momentum_alone() -> None:
    def decoupled(momentum: float) -> Array:
        w = draw(8)
        opt = fastopt.SGD(w, lr=0.01, momentum=momentum)
        points, scales = draw(5, 8, seed=1), np.logspace(-2, 2, 8)
        for point in points:
            grads = scales * (w - point)
            w *= 1 - 0.01 * 2 * LAM
            opt.step(grads)
        return w

    def in_the_loss(momentum: float) -> Array:
        return trajectory(fastopt.SGD(draw(8), lr=0.01, momentum=momentum), l2(LAM), np.float64)

    np.testing.assert_allclose(decoupled(0.0), in_the_loss(0.0), rtol=1e-13)
    assert not np.allclose(decoupled(0.9), in_the_loss(0.9), rtol=1e-5)


def test_proximal_descent_finds_the_lasso() -> None:
    """Gradient step and prox against scikit-learn: the same coefficients, the same exact zeros."""
    linear_model = pytest.importorskip("sklearn.linear_model")
    X, noise = draw(60, 8), draw(60, seed=1)
    y = X @ np.array([2.0, -1.0, 0, 0, 0.5, 0, 0, 0]) + 0.1 * noise
    for penalty, peer in (
        (l1(0.2), linear_model.Lasso(alpha=0.2, fit_intercept=False, tol=1e-12)),
        # alpha rho = 0.2 and (1 - rho) / (2 rho) = 0.5 give rho = 1/2
        (
            elastic_net(0.2, 0.5),
            linear_model.ElasticNet(alpha=0.4, l1_ratio=0.5, fit_intercept=False, tol=1e-12),
        ),
    ):
        w = np.zeros(8)
        opt = fastopt.SGD(w, lr=0.3)
        for _ in range(300):
            opt.step(X.T @ (X @ w - y) / 60)
            penalty.prox(w, 0.3, out=w)
        expected = peer.fit(X, y).coef_
        np.testing.assert_allclose(w, expected, atol=1e-9)
        assert ((w == 0) == (expected == 0)).all()
        assert 3 <= (w == 0).sum() <= 6
