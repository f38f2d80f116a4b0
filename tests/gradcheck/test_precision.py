"""float32, and noise: what it hides is not called checked."""

import numpy as np
import pytest

from fastopt.gradcheck import GradientError, gradcheck
from gradcheck.functions import C, X, cubes, examined


def test_float32_inputs_are_checked_in_float64():
    report = examined(lambda x: (cubes(x), 3 * x**2), X.astype(np.float32))
    assert report
    assert report.remarks == ["x: float32, checked in float64 copies"]
    assert report.arguments[0].rel_error < 1e-4


@pytest.mark.parametrize("promote", [True, False])
def test_function_that_takes_float32_alone(promote):
    def f(x):
        if x.dtype != np.float32:
            raise TypeError("float32 only")
        return (x**3).sum(), 3 * x**2

    x = X.astype(np.float32)
    report = examined(f, x, promote=promote)
    assert report
    assert report.rtol == 1e-2
    assert "x: float32" in report.remarks[0]
    assert ("which func does not take as float64" in report.remarks[0]) == promote
    report = examined(lambda x: (f(x)[0], -f(x)[1]), x)
    assert report.reason == "x: analytic = -numeric everywhere: wrong sign"


def test_float32_function_is_told():
    def f(x):
        x = x.astype(np.float32)
        return (x**3).sum(), 3 * x**2

    report = examined(f, X)
    assert report
    assert "the gradient by x is float32, its argument float64" in report.remarks
    assert any("func computes in float32" in remark for remark in report.remarks)
    assert report.noise > 1e-8
    wrong = examined(lambda x: (f(x)[0], 2 * f(x)[1]), X)
    assert wrong.reason == "x: analytic = 2 x numeric everywhere"


def test_float32_inside_the_function_is_told():
    def f(x):
        y = x.astype(np.float32).astype(np.float64)
        return cubes(y), 3 * x**2

    report = examined(f, X)
    assert report
    assert any("of its value: float32 inside it" in remark for remark in report.remarks)


@pytest.mark.parametrize("factor", [2.0, -2.0, 3.0])
@pytest.mark.parametrize("offset", [1e16, -1e15, 1e20])
def test_what_noise_hides_is_not_called_checked(factor, offset):
    def f(x):
        return offset + (x**2).sum(), factor * x

    with pytest.raises(GradientError, match=r"^gradcheck: UNCHECKED: nothing was checked by x: the slope is"):
        gradcheck(f, X)
    report = examined(f, X)
    assert (report.status, bool(report)) == ("unchecked", False)
    assert [a.status for a in report.arguments] == ["unchecked"]
    assert any("lost in the noise" in remark for remark in report.remarks)


def test_what_noise_hides_of_one_argument_is_a_warning():
    def f(a, b):
        return 1e10 * (a**2).sum() + 1e-6 * b.sum(), (2e10 * a, 1e-6 * np.ones_like(b))

    with pytest.warns(
        UserWarning, match=r"^gradcheck: nothing was checked by b: the slope is lost in the noise"
    ):
        report = gradcheck(f, (X, C))
    assert report.status == "ok"
    assert [a.status for a in report.arguments] == ["ok", "unchecked"]
    assert examined(f, (X, C)).remarks == report.remarks
