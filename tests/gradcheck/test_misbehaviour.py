"""Functions that are not deterministic, change their arguments or raise."""

import numpy as np
import pytest

from fastopt.gradcheck import gradcheck, numeric_gradient
from gradcheck.functions import LONG, C, X, cubes, examined


def test_not_deterministic():
    rng = np.random.default_rng(6)
    report = examined(lambda x: ((x * (rng.random(x.shape) > 0.5)).sum(), np.ones_like(x)), X)
    assert report.reason.startswith("func is not deterministic: two calls at the same point gave")
    assert report.calls == 2


def test_gradient_not_deterministic():
    rng = np.random.default_rng(6)
    report = examined(lambda x: (x.sum(), rng.random(x.shape)), X)
    assert report.reason == "the gradient is not deterministic: two calls at the same point differ"


def test_drift():
    count = [0]

    def f(x):
        count[0] += 1
        return cubes(x) + (count[0] > 20), 3 * x**2

    assert any("not deterministic: its value was" in text for text in examined(f, X).diagnoses)


def test_inputs_changed():
    def f(x, labels):
        x -= x.max()
        labels[0] = 7
        return np.exp(x).sum(), np.exp(x)

    x, labels = X.copy(), np.arange(3)
    report = examined(f, (x, labels), grad=None)
    assert report.reason == "func changes its arguments: x, labels"
    np.testing.assert_array_equal(x, X)
    np.testing.assert_array_equal(labels, np.arange(3))


def test_changed_inputs_do_not_spoil_the_rest():
    def f(a, b):
        value, grads = (a**3 * b).sum(), (3 * a**2 * b, a**3)
        a += 1
        b *= 0
        return value, grads

    report = examined(f, (X, C))
    assert report.diagnoses == ["func changes its arguments: a, b"]
    assert [a.status for a in report.arguments] == ["ok", "ok"]

    def value_alone(p):
        value = (p["a"] ** 3 * p["b"]).sum()
        p["b"] *= 0
        return value

    found = numeric_gradient(value_alone, {"a": X, "b": C})
    np.testing.assert_allclose(found["a"], 3 * X**2 * C, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt, RuntimeError])
def test_arrays_are_left_alone_when_func_raises(error):
    x, calls = X.copy(), [0]

    def f(x):
        calls[0] += 1
        if calls[0] > 30 and error is not ZeroDivisionError:
            raise error
        x += 1
        if calls[0] == 1 and error is ZeroDivisionError:
            raise error
        return x.sum(), np.ones_like(x)

    with pytest.raises(error):
        gradcheck(f, x)
    np.testing.assert_array_equal(x, X)


def test_gradient_may_be_the_argument_itself():
    assert gradcheck(lambda x: (x @ x / 2, x), LONG[0])
