"""`check_jacobian` and `gradgradcheck`."""

import numpy as np
import pytest

from fastopt.gradcheck import check_jacobian, gradgradcheck
from gradcheck.functions import DATA, LONG, C, X, layer


def layer_jacobian(x):
    return (1 - layer(x) ** 2)[:, None] * C


def one_entry_wrong(x):
    jac = layer_jacobian(x)
    jac[2, 3] *= -1
    return jac


def tiny_row_wrong(x):
    jac = np.diag([1e6, 1e-6, 1.0])
    jac[1, 1] *= 2
    return jac


@pytest.mark.parametrize(
    ("func", "jac", "x", "reason"),
    [
        (layer, layer_jacobian, X[0], ""),
        (layer, lambda x: layer_jacobian(x).T, X[0], "x: analytic is numeric transposed"),
        (layer, lambda x: -layer_jacobian(x), X[0], "x: analytic = -numeric everywhere: wrong sign"),
        (layer, one_entry_wrong, X[0], "x: 1 of 36 elements is wrong, all others agree"),
        (layer, lambda x: 0 * layer_jacobian(x), X[0], "x: analytic is 0 everywhere"),
        (lambda x: np.array([1e6, 1e-6, 1]) * x, tiny_row_wrong, np.ones(3), "x: 1 of 9 elements is wrong"),
        (lambda x: np.maximum(x, 0), lambda x: np.diag(x > 0) * 1.0, np.arange(3.0), "a kink, not a wrong"),
        (lambda x: x**2, lambda x: 2 * x, 1.5, ""),
        (lambda x: x.sum(axis=0), lambda x: np.tile(np.eye(6)[:, None, :], (1, 6, 1)), X, ""),
    ],
)
def test_jacobian(func, jac, x, reason):
    for report in (
        check_jacobian(func, x, jac=jac, raise_exception=False),
        check_jacobian(lambda x: (func(x), jac(x)), x, raise_exception=False),
    ):
        assert report.ok == (not reason)
        assert report.reason.startswith(reason), f"{report}"


def test_jacobian_names_the_entry():
    report = check_jacobian(layer, X[0], jac=one_entry_wrong, raise_exception=False)
    assert [(c.name, c.index) for c in report.worst] == [("d func[2] / d x[3]", (2, 3))]
    assert report.worst[0].analytic == pytest.approx(-report.worst[0].numeric)


def test_jacobian_products():
    def forward(x, w):
        return np.maximum(x @ w, 0)

    def backward(x, w, u):
        u = u * (x @ w > 0)
        return u @ w.T, x.T @ u

    assert check_jacobian(forward, (DATA, LONG[:5, :7]), vjp=backward)
    report = check_jacobian(
        forward,
        (DATA, LONG[:5, :7]),
        vjp=lambda x, w, u: (backward(x, w, u)[0], x.T @ u),
        raise_exception=False,
    )
    assert [a.status for a in report.arguments] == ["ok", "wrong"]


def test_second_derivatives():
    H = C.T @ C
    x = X[0]
    assert gradgradcheck(lambda x: H @ x, x, hessian=H)
    assert gradgradcheck(lambda x: (x @ H @ x / 2, H @ x), x, hvp=lambda x, v: H @ v)
    assert gradgradcheck(lambda x: H @ x, x)
    report = gradgradcheck(lambda x: H @ x, x, hvp=lambda x, v: 2 * H @ v, raise_exception=False)
    assert report.reason == "x: analytic = 2 x numeric everywhere"
    report = gradgradcheck(lambda x: H @ x, x, hessian=C, raise_exception=False)
    assert any("the Hessian is not symmetric" in text for text in report.diagnoses)
    report = gradgradcheck(lambda x: C @ x, x, raise_exception=False)
    assert report.reason == "not the gradient of any function: its Jacobian is not symmetric"
    assert "wrong" in {pair.status for pair in report.arguments}


def test_second_derivatives_of_a_structure():
    def grad(p):
        return {"a": np.cos(p["a"]) * p["b"], "b": np.sin(p["a"]).sum()}

    def hvp(p, v):
        cross = np.cos(p["a"])
        return {
            "a": -np.sin(p["a"]) * p["b"] * v["a"] + cross * v["b"],
            "b": (cross * v["a"]).sum(),
        }

    point = {"a": X, "b": 2.0}
    assert gradgradcheck(grad, point, hvp=hvp)
    assert gradgradcheck(grad, point)
    report = gradgradcheck(
        grad, point, hvp=lambda p, v: hvp(p, {"a": v["a"], "b": 0.0}), raise_exception=False
    )
    assert "p['a']" in report.reason
