"""Callbacks: what they get, and how they end a run."""

import itertools

import pytest

import fastopt
from fastopt import OptimizeResult, Status, minimize
from minimization.functions import ALL, ROSENBROCK, arguments, bowl, never, rosenbrock, rosenbrock_hess
from support import Array, same


def test_callbacks() -> None:
    points: list[Array] = []
    results: list[OptimizeResult] = []

    def whole(*, intermediate_result: OptimizeResult) -> None:
        results.append(intermediate_result)

    result = minimize(rosenbrock, ROSENBROCK, callback=points.append)
    minimize(rosenbrock, ROSENBROCK, callback=whole)
    assert len(points) == len(results) == result.nit
    assert all(same(x, r.x) for x, r in zip(points, results, strict=True))
    assert [r.nit for r in results] == list(range(1, result.nit + 1))
    assert all(b.fun <= a.fun for a, b in itertools.pairwise(results))
    assert all(rosenbrock(r.x)[0] == r.fun and same(rosenbrock(r.x)[1], r.jac) for r in results)
    assert same(points[-1], result.x)
    with pytest.raises(TypeError, match="callback: expected a function, got int"):
        minimize(never, ROSENBROCK, callback=3)  # type: ignore[arg-type]


def test_the_result_so_far_counts_calls():
    messages = []

    def callback(intermediate_result):
        messages.append((intermediate_result.nfev, intermediate_result.message))

    minimize(lambda x: bowl(x)[0], [0.0, 0.0], jac=None, callback=callback)
    nfev, message = messages[0]
    assert nfev > 5
    assert message.startswith(f"Running: 1 iteration, {nfev} evaluations.")


@pytest.mark.parametrize("method", ALL)
def test_callbacks_of_every_method(method: str) -> None:
    seen = []

    def callback(intermediate_result: fastopt.OptimizeResult) -> None:
        seen.append(intermediate_result)
        if len(seen) == 3:
            raise StopIteration

    result = minimize(rosenbrock, [-1.2, 1.0], callback=callback, **arguments(method, rosenbrock_hess))
    assert result.status == Status.CALLBACK
    assert not result.success
    assert [r.nit for r in seen] == [1, 2, 3]
    assert all(r.fun == rosenbrock(r.x)[0] for r in seen)
    assert all(r.status is None for r in seen)
    assert same(result.x, seen[-1].x)
