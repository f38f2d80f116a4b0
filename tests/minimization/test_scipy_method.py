"""`scipy_lbfgs` beside SciPy's own L-BFGS-B: statuses, callbacks, types, the inverse Hessian."""

import functools
import warnings

import numpy as np
import pytest

import fastopt
from fastopt import Status, minimize, scipy_lbfgs
from fastopt.minimization.scipy_method import scipys_status
from minimization.functions import ROSENBROCK, Evaluation, bowl, rosenbrock
from support import Array, same

optimize = pytest.importorskip("scipy.optimize")

START = [-1.2, 1.0]


def solved(**given):
    return optimize.minimize(
        optimize.rosen, START, **{"jac": optimize.rosen_der, "method": scipy_lbfgs, **given}
    )


def halt(x):
    raise StopIteration


@pytest.mark.parametrize(
    ("given", "reason", "status"),
    [
        ({}, Status.GRADIENT, 0),
        ({"options": {"gtol": 0, "ftol": 0, "xtol": 1e-3}}, Status.STEP, 0),
        ({"options": {"maxiter": 3}}, Status.ITERATIONS, 1),
        ({"options": {"maxfun": 5}}, Status.EVALUATIONS, 1),
        ({"options": {"maxtime": 0}}, Status.TIME, 1),
        ({"callback": halt}, Status.CALLBACK, 2),
        ({"jac": lambda x: -optimize.rosen_der(x)}, Status.NO_PROGRESS, 2),
        ({"jac": lambda x: np.full(2, np.nan)}, Status.NOT_FINITE, 2),
    ],
)
def test_the_status_is_that_of_scipy_and_the_reason_its_own(given, reason, status):
    result = solved(**given)
    assert (result.reason, result.status, result.success) == (reason, status, status == 0)
    assert type(result.status) is int


def test_every_status_has_one_of_scipys():
    zero = {Status.GRADIENT, Status.DECREASE, Status.STEP}
    one = {Status.ITERATIONS, Status.EVALUATIONS, Status.TIME}
    for reason in Status:
        assert scipys_status(reason) == (0 if reason in zero else 1 if reason in one else 2)
        assert (scipys_status(reason) == 0) == reason.success


def test_scikit_learn_does_not_warn_of_a_success(monkeypatch):
    linear_model = pytest.importorskip("sklearn.linear_model")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3))
    y = x @ [1.0, -1.0, 0.5] + rng.normal(size=60) > 0
    reasons, minimized = [], optimize.minimize

    def ours(*args, method, options, **kwargs):
        known = {name: options[name] for name in ("maxiter", "maxls")}
        known |= {"gtol": 0, "ftol": 0, "xtol": 1e-6}
        result = minimized(*args, method=scipy_lbfgs, options=known, **kwargs)
        reasons.append(result.reason)
        return result

    reference = linear_model.LogisticRegression(tol=1e-8).fit(x, y).coef_
    monkeypatch.setattr(optimize, "minimize", ours)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted = linear_model.LogisticRegression().fit(x, y).coef_
    assert reasons == [Status.STEP]
    assert fitted == pytest.approx(reference, abs=1e-5)


def of_result(intermediate_result):
    return intermediate_result


def of_result_and_log(intermediate_result, log):
    return intermediate_result


def of_point(xk):
    return xk


def of_point_and_result(x, intermediate_result=None):
    assert intermediate_result is None
    return x


def of_keyword(*, intermediate_result):
    return intermediate_result


def of_anything(*args, intermediate_result=None):
    assert intermediate_result is None
    return args[0]


class Both:
    def __call__(self, intermediate_result):
        return intermediate_result

    def point(self, x):
        return x


@functools.wraps(of_result)
def wrapped(*args, **kwargs):
    return of_result(*args, **kwargs)


CALLBACKS = [
    (of_result, True),
    (of_keyword, True),
    (Both(), True),
    (wrapped, True),
    (functools.partial(of_result_and_log, log=[]), True),
    (functools.partial(lambda log, intermediate_result: intermediate_result, []), True),
    (of_point, False),
    (of_point_and_result, False),
    (functools.partial(of_point_and_result, intermediate_result=None), False),
    (of_anything, False),
    (Both().point, False),
    (lambda *args: args[0], False),
]


@pytest.mark.parametrize(("callback", "wants_result"), CALLBACKS)
@pytest.mark.parametrize("through_scipy", [True, False])
def test_callbacks_of_every_signature(callback, wants_result, through_scipy):
    given = []

    @functools.wraps(callback, updated=())
    def recorded(*args, **kwargs):
        given.append(callback(*args, **kwargs))

    if through_scipy:
        result = solved(callback=recorded)
        kind = optimize.OptimizeResult
    else:
        result = minimize(optimize.rosen, START, jac=optimize.rosen_der, callback=recorded)
        kind = fastopt.OptimizeResult
    assert len(given) == result.nit
    if wants_result:
        assert all(type(one) is kind for one in given)
        assert [one.nit for one in given] == list(range(1, result.nit + 1))
        given = [one.x for one in given]
    assert all(type(x) is np.ndarray for x in given)
    assert np.array_equal(given[-1], result.x)


def test_the_inverse_hessian_is_that_of_the_pairs():
    a = np.array([[4.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 2.0]])
    for dtype in (np.float64, np.float32):
        result = optimize.minimize(
            lambda x: (x @ a @ x / 2, a @ x),
            np.array([1.0, -2.0, 3.0], dtype),
            jac=True,
            method=scipy_lbfgs,
            options={"gtol": 1e-6, "ftol": 0},
        )
        product = result.hess_inv
        assert isinstance(product, optimize.LbfgsInvHessProduct)
        assert product.shape == (3, 3)
        assert product.n_corrs == min(result.nit, 10)
        dense = product.todense()
        assert np.allclose(product @ np.ones(3), dense.sum(axis=1))
        assert np.allclose(product.yk, product.sk @ a, rtol=1e-3, atol=1e-3), (
            "y = A s: pairs of this function"
        )
        assert np.allclose(dense @ product.yk[-1], product.sk[-1], rtol=1e-4), "the last pair holds exactly"


def test_the_pairs_of_the_inverse_hessian_are_the_steps():
    points, gradients = [np.array(START)], [optimize.rosen_der(START)]

    def callback(intermediate_result):
        points.append(intermediate_result.x)
        gradients.append(intermediate_result.jac)

    result = solved(callback=callback, options={"maxiter": 7, "maxcor": 4})
    product = result.hess_inv
    assert np.allclose(product.sk, np.diff(points, axis=0)[-4:], rtol=1e-12, atol=1e-15)
    assert np.allclose(product.yk, np.diff(gradients, axis=0)[-4:], rtol=1e-12, atol=1e-12)


def test_the_inverse_hessian_without_a_step():
    result = solved(options={"maxiter": 0})
    assert np.array_equal(result.hess_inv @ np.array([1.0, 2.0]), [1.0, 2.0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_bfgs_has_its_matrix(dtype):
    x0 = {"a": np.array([-1.2], dtype), "b": np.array(1.0, dtype)}

    def fun(x):
        at = np.array([x["a"][0], x["b"]], np.float64)
        gradient = optimize.rosen_der(at)
        return optimize.rosen(at), {"a": gradient[:1], "b": gradient[1]}

    seen = []
    result = minimize(
        fun, x0, method="bfgs", callback=lambda intermediate_result: seen.append(intermediate_result)
    )
    h = result.hess_inv
    assert (h.shape, h.dtype) == ((2, 2), np.float64)
    assert np.array_equal(h, h.T)
    assert np.allclose(h, np.linalg.inv(optimize.rosen_hess(np.ones(2))), rtol=0.1)
    assert not any("hess_inv" in one for one in seen)
    assert np.array_equal(minimize(fun, x0, method="bfgs", options={"maxiter": 0}).hess_inv, np.eye(2))


def test_what_others_pass_is_ignored():
    assert solved(options={"disp": True, "iprint": 1}).success


@pytest.mark.parametrize("name", ["hess", "hessp"])
def test_a_hessian_is_not_used_as_scipy_says_too(name):
    def never(*args):
        raise AssertionError("not to be called")

    for method in ("L-BFGS-B", scipy_lbfgs):
        with pytest.warns(RuntimeWarning, match=name) as caught:
            assert solved(method=method, **{name: never}).success
    assert caught[0].filename == __file__


def test_scipy() -> None:
    optimize = pytest.importorskip("scipy.optimize")
    ours = minimize(rosenbrock, ROSENBROCK)
    result = optimize.minimize(rosenbrock, ROSENBROCK, jac=True, method=fastopt.scipy_lbfgs)
    assert isinstance(result, optimize.OptimizeResult)
    assert same(result.x, ours.x)
    assert (result.nfev, result.nit, result.success) == (ours.nfev, ours.nit, True)
    apart = optimize.minimize(optimize.rosen, ROSENBROCK, jac=optimize.rosen_der, method=fastopt.scipy_lbfgs)
    assert apart.x == pytest.approx(1, abs=1e-4)
    numeric = optimize.minimize(optimize.rosen, ROSENBROCK, method=fastopt.scipy_lbfgs)
    assert numeric.x == pytest.approx(1, abs=1e-4)
    bounded = optimize.minimize(
        rosenbrock,
        [0.0, 0.0],
        jac=True,
        method=fastopt.scipy_lbfgs,
        bounds=optimize.Bounds([-1, -1], [0.5, 2]),
        options={"maxcor": 5, "gtol": 1e-8},
    )
    assert bounded.x == pytest.approx([0.5, 0.25], abs=1e-6)


def test_what_scipy_passes() -> None:
    optimize = pytest.importorskip("scipy.optimize")
    points: list[Array] = []

    def fun(x: Array, a: float) -> Evaluation:
        return a * (x @ x), 2 * a * x

    result = optimize.minimize(
        fun,
        [1.0, 2.0],
        args=(3.0,),
        jac=True,
        method=fastopt.scipy_lbfgs,
        tol=1e-9,
        callback=points.append,
        options={"disp": False, "maxiter": 50},
    )
    assert result.success
    assert len(points) == result.nit
    with pytest.raises(ValueError, match="constraints: not for L-BFGS"):
        optimize.minimize(
            fun,
            [1.0, 2.0],
            args=(3.0,),
            jac=True,
            method=fastopt.scipy_lbfgs,
            constraints={"type": "eq", "fun": lambda x: x[0]},
        )


def test_the_warning_points_to_the_call_of_scipy():
    optimize = pytest.importorskip("scipy.optimize")
    bounds = optimize.Bounds([-1.0], [1.0])
    method = fastopt.scipy_lbfgs
    with pytest.warns(UserWarning, match="x0: 1 of 1 variable lies outside") as caught:
        result = optimize.minimize(bowl, [9.0], jac=True, method=method, bounds=bounds)
    assert any(warning.filename == __file__ for warning in caught)
    assert "1 variable was moved onto them" in result.message
