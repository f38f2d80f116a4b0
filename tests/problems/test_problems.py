"""The functions (gradients against differences, minima against searches, shapes) and trajectories on them."""

import math
import pickle
import subprocess
import sys
from functools import partial

import numpy as np
import pytest

import fastopt
from absurd import ABSURD, DEEP, RECURSIVE, shown
from fastopt import problems, schedules
from fastopt.optimizers import OPTIMIZERS
from fastopt.problems import PROBLEMS, Minimum, Problem
from fastopt.rules.catalogue import GENERAL, NAMES
from fastopt.trajectories import default_lr, maker, trace

EVERY = pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)
WITH_MINIMUM = pytest.mark.parametrize(
    "problem", [p for p in PROBLEMS.values() if p.minimum.points], ids=lambda p: p.name
)
MAKERS = (problems.make_gabor, problems.make_linear_regression)

SHOWN = ("sgd", "momentum", "nesterov", "rmsprop", "adam")


def points(problem: Problem, number: int) -> np.ndarray:
    low, high = np.transpose(problem.bounds)
    return np.random.default_rng(0).uniform(low, high, (number, problem.dimension))


@pytest.mark.parametrize("absurd", [a for a in ABSURD if a is not True], ids=shown)
def test_absurd_arguments(absurd):
    saddle = PROBLEMS["saddle"]
    for call in (
        saddle,
        saddle.grid,
        problems.make_bowl,
        *(partial(make, noise=1.0, samples=absurd) for make in MAKERS),
        *(partial(make, samples=3, noise=absurd) for make in MAKERS),
        partial(trace, saddle, maker("sgd", 0.1), 1, [0.0, absurd]),
        partial(maker, absurd, 0.1),
        partial(fastopt.problems.standard.rosenbrock, [absurd]),
    ):
        with pytest.raises((TypeError, ValueError)):
            call(absurd) if not isinstance(call, partial) else call()


@pytest.mark.parametrize("seed", [1j, "x", -1, RECURSIVE, DEEP, {}], ids=shown)
def test_absurd_seeds(seed):
    for make in MAKERS:
        with pytest.raises((TypeError, ValueError), match=r"^seed: expected an integer >= 0"):
            make(seed=seed)


@EVERY
def test_gradient(problem):
    x = points(problem, 50)
    _, gradient = problem.value_and_grad(x)
    for k in range(problem.dimension):
        h = np.zeros(problem.dimension)
        h[k] = 1e-5
        numeric = (problem(x + h) - problem(x - h)) / 2e-5
        np.testing.assert_allclose(gradient[:, k], numeric, rtol=1e-6, atol=1e-7)


@WITH_MINIMUM
def test_minimum(problem):
    for point in problem.minimum.points:
        value, gradient = problem.value_and_grad(point)
        assert value == pytest.approx(problem.minimum.value, abs=1e-12)
        assert np.abs(gradient).max() < 1e-9
        assert all(low <= x <= high for x, (low, high) in zip(point, problem.bounds, strict=True))
    *axes, values = problem.grid(401)
    assert values.min() >= problem.minimum.value
    where = np.unravel_index(values.argmin(), values.shape)[::-1]
    lowest = np.array([axis[k] for axis, k in zip(axes, where, strict=True)])
    width = np.ptp(problem.bounds, axis=1)
    assert min(np.abs((lowest - p) / width).max() for p in problem.minimum.points) < 0.005


def test_saddle_has_no_minimum():
    assert problems.saddle.minimum == Minimum(-math.inf, ())


def test_formulas_of_the_lectures():
    x = np.array([[-3.0], [0.5], [7.0]])
    assert problems.parabola(x).tolist() == [9, 0.25, 49]
    np.testing.assert_allclose(problems.wave(x), (x * np.cos(0.15 * np.pi * x))[:, 0], rtol=1e-15)
    assert problems.saddle([3.0, 2.0]) == 5
    assert problems.bowl([-5.0, -2.0]) == pytest.approx(0.1 * 25 + 2 * 4)
    assert problems.make_bowl(5).value_and_grad([1.0, 1.0])[1].tolist() == pytest.approx([0.2, 1.0])
    assert problems.rosenbrock(problems.rosenbrock.start) == pytest.approx(24.2)
    assert problems.beale(problems.beale.start) == pytest.approx(14.203125)
    assert problems.himmelblau([0.0, 0.0]) == 170


def test_losses_of_models():
    x, y = problems.gabor.data
    u = 1.5 + 0.06 * 12.0 * x
    f = np.sin(u) * np.exp(-(u**2) / 8)
    assert problems.gabor([1.5, 12.0]) == pytest.approx(np.mean((f - y) ** 2), rel=1e-14)
    assert np.array_equal(problems.make_gabor().data, problems.gabor.data)
    assert not np.array_equal(problems.make_gabor(seed=1).data, problems.gabor.data)

    x, y = problems.linear_regression.data
    slope, intercept = np.polyfit(x, y, 1)
    assert problems.linear_regression.minimum.points[0] == pytest.approx((intercept, slope))


@pytest.mark.parametrize("seed", range(5))
def test_minimum_of_other_data(seed):
    problem = problems.make_gabor(seed=seed)
    assert np.abs(problem.value_and_grad(problem.minimum.points[0])[1]).max() < 1e-7
    assert problem.grid()[-1].min() >= problem.minimum.value


@EVERY
def test_arrays_of_points(problem):
    x = points(problem, 6)
    values, gradients = problem.value_and_grad(x.reshape(2, 3, -1))
    assert (values.shape, gradients.shape) == ((2, 3), (2, 3, problem.dimension))
    for k, point in enumerate(x):
        value, gradient = problem.value_and_grad(point)
        assert np.ndim(value) == 0
        assert value == pytest.approx(values.flat[k], rel=1e-13)
        assert gradient == pytest.approx(gradients.reshape(6, -1)[k], rel=1e-12)
    _, gradient = problem.value_and_grad(x[0].astype(np.float32))
    assert gradient.dtype == np.float32
    assert problem.grid(5)[-1].shape == (5,) * problem.dimension


@EVERY
def test_far_out_there_is_no_warning(problem):
    problem.value_and_grad(np.full(problem.dimension, 1e300))
    problem.value_and_grad(np.full(problem.dimension, -1e300))


@EVERY
def test_pickle_and_text(problem):
    copy = pickle.loads(pickle.dumps(problem))
    assert copy(copy.start) == problem(problem.start)
    assert problem.name in repr(problem)
    assert getattr(problems, problem.name) is problem
    assert problem.source
    assert problem.formula.count("$") == 2


def test_refusals():
    with pytest.raises(ValueError, match=r"x: expected shape \(..., 2\) for .* rosenbrock, got \(3,\)"):
        problems.rosenbrock([1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match=r"expected shape \(..., 1\)"):
        problems.parabola(1.0)
    with pytest.raises(ValueError, match=r"mine: expected .* the same number of coordinates, got \[1, 2\]"):
        Problem("mine", "", "", "", lambda x: (x, (x,)), (1.0,), ((0.0, 1.0),), Minimum(0.0, ((0.0, 0.0),)))
    for make in (problems.make_gabor, problems.make_linear_regression):
        with pytest.raises(ValueError, match="samples: "):
            make(samples=0)
        with pytest.raises(ValueError, match="noise: "):
            make(noise=-1.0)
    with pytest.raises(ValueError, match="condition: "):
        problems.make_bowl(0)


def test_importing_fastopt_imports_none_of_it():
    program = "import sys, fastopt; print({'fastopt.problems', 'fastopt.trajectories'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout == "set()\n"


# Trajectories.


@pytest.mark.parametrize("name", NAMES)
@EVERY
def test_default_learning_rates_get_somewhere(problem, name):
    path = trace(problem, maker(name, default_lr(name, problem)), problem.steps)
    assert not path.diverged
    assert path.steps == problem.steps
    floor = -4.0 if problem is problems.saddle else problem.minimum.value
    left = (path.losses[-1] - floor) / (path.losses[0] - floor)
    assert left < 0.95
    if name in SHOWN and problem is not problems.wave:
        assert left < 0.5


def test_trace_by_hand():
    path = trace(problems.parabola, lambda x: fastopt.SGD(x, lr=0.25), 3)
    assert path.points.ravel().tolist() == [10, 5, 2.5, 1.25]
    assert path.losses.tolist() == [100, 25, 6.25, 1.5625]
    assert path.grad_norms.tolist() == [20, 10, 5, 2.5]
    assert trace(problems.parabola, lambda x: fastopt.SGD(x), 0).points.tolist() == [[10]]
    path = trace(problems.bowl, lambda x: fastopt.SGD(x), 0, start=(15.0, 1.0))
    assert path.grad_norms.tolist() == [5]


@pytest.mark.parametrize(
    "name", [name for name in NAMES if name != "lars"]
)  # whose velocity goes on without lr
def test_trace_follows_schedules(name):
    if OPTIMIZERS.get(name, fastopt.SGD)._bounds["lr"].constant:
        pytest.skip("its lr is where it starts")
    lr = schedules.join([0.1, 0.05], [3])
    path, constant = (trace(problems.himmelblau, maker(name, rate), 6) for rate in (lr, 0.1))
    assert np.array_equal(path.points[:4], constant.points[:4])
    assert not np.array_equal(path.points[4], constant.points[4])


def test_trace_ends_before_what_is_not_finite():
    path = trace(problems.rosenbrock, maker("sgd", 1.0), 100)
    assert path.diverged
    assert 0 < path.steps < 100
    for values in (path.points, path.losses, path.grad_norms):
        assert np.isfinite(values).all()
        assert len(values) == path.steps + 1


def test_trace_takes_anything_that_steps():
    class Newton:
        def __init__(self, x):
            self.x = x

        def step(self, gradient):
            self.x -= gradient / 2

    assert trace(problems.parabola, Newton, 2).points.ravel().tolist() == [10, 0, 0]


def test_trace_refuses():
    sgd = maker("sgd", 0.1)
    with pytest.raises(ValueError, match=r"start: expected 2 numbers for saddle, got 1 number$"):
        trace(problems.saddle, sgd, 1, start=[1.0])
    with pytest.raises(ValueError, match=r"start: .* not finite"):
        trace(problems.rosenbrock, sgd, 1, start=[1e200, 0.0])
    with pytest.raises(ValueError, match="steps: "):
        trace(problems.saddle, sgd, -1)
    with pytest.raises(TypeError):
        trace(problems.saddle, sgd, 1.5)
    with pytest.raises(ValueError, match=r"optimizer: expected one of sgd, momentum, .* got 'newton'"):
        maker("newton", 0.1)


def test_names():
    assert set(NAMES) == {*GENERAL, "momentum", "nesterov"}
