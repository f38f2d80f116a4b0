"""Several Python threads, and calls within calls: everything is of one moment, or refused."""

import copy
import gc
import itertools
import math
import pickle
import re
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import pytest

import fastopt
from fastopt import reference
from fastopt.minimization.layout import Layout


def test_gradients_dropped_by_another_thread_are_held(runtime: None) -> None:
    params = [np.zeros(300_000) for _ in range(4)]
    opt = fastopt.SGD(params, lr=1.0)
    grads: list[Any] = []
    stop = threading.Event()

    def drop() -> None:
        while not stop.is_set():
            grads.clear()

    thread = threading.Thread(target=drop)
    thread.start()
    taken, refused = 0, set()
    for _ in range(100):
        grads[:] = [np.ones(300_000) for _ in range(4)]
        try:
            opt.step(grads)
            taken += 1
        except ValueError as error:
            refused.add(str(error))
    stop.set()
    thread.join()
    assert refused <= {"grads: expected a list of 4 arrays, as params, got list of 0"}
    assert all((p == -taken).all() for p in params)


def test_optimizers_in_threads_of_their_own(runtime: None) -> None:
    fastopt.set_num_threads(2)
    rng = np.random.default_rng(0)
    start, g = rng.standard_normal(50_001), rng.standard_normal(50_001)
    want = start.copy()
    alone = fastopt.Adam(want)
    for _ in range(20):
        alone.step(g)
    params = [start.copy() for _ in range(4)]

    def run(p: Any) -> None:
        opt = fastopt.Adam(p)
        for _ in range(20):
            opt.step(g)

    threads = [threading.Thread(target=run, args=(p,)) for p in params]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(p, want) for p in params)


def test_one_optimizer_in_two_threads_is_refused_not_corrupted(runtime: None) -> None:
    """Either a step is taken whole or it is refused: the count tells how many were."""
    fastopt.set_num_threads(1)
    p, g = np.zeros(2_000_000), np.ones(2_000_000)
    opt = fastopt.SGD(p, lr=1.0)
    taken, refused = [], []

    def run() -> None:
        for _ in range(20):
            try:
                opt.step(g)
                taken.append(1)
            except RuntimeError as error:
                refused.append(str(error))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) + len(refused) == 40
    assert opt.steps == len(taken)
    assert (p == -len(taken)).all()
    assert set(refused) <= {"step: another step of this optimizer is under way"}


def test_a_schedule_is_read_for_the_step_that_it_serves() -> None:
    """While one thread is in a schedule, another can neither step nor load, whichever copy it has."""
    inside, go_on = threading.Event(), threading.Event()

    def lr(t: int) -> float:
        inside.set()
        go_on.wait()
        return 1.0 + t

    p = np.zeros(3)
    opt = fastopt.SGD(p, lr=lr, momentum=0.5)
    saved = opt.state_dict()
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(opt.step, np.ones(3))
        try:
            assert inside.wait(60)
            for same in (opt, copy.copy(opt)):
                same.lr = 1.0
                with pytest.raises(RuntimeError, match="step: another step of this optimizer is under way"):
                    same.step(np.ones(3))
                with pytest.raises(RuntimeError, match="load_state_dict: a step of this optimizer is under"):
                    same.load_state_dict(saved)
                with pytest.raises(RuntimeError, match="state_dict: a step of this optimizer is under way"):
                    same.state_dict()
        finally:
            go_on.set()
        done.result()
    assert (opt.steps, p.tolist()) == (1, [-1.0, -1.0, -1.0])
    opt.step(np.ones(3))
    assert (opt.steps, p.tolist()) == (2, [-2.5, -2.5, -2.5])


def test_of_two_assignments_at_once_none_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another thread assigns while an assignment is under way, whichever of the two ends last."""
    opt = fastopt.SGD(np.zeros(1), lr=1.0, momentum=0.5)
    opt.step(np.ones(1))
    read, others = fastopt.SGD._read_hyper, [("weight_decay", 0.25), ("momentum", 0.0)]

    def interrupted(changed: fastopt.SGD) -> None:
        with ThreadPoolExecutor(1) as pool:
            if others:
                pool.submit(setattr, opt, *others.pop()).result()
        read(changed)

    monkeypatch.setattr(fastopt.SGD, "_read_hyper", interrupted)
    opt.lr = 2.0
    assert (opt.lr, opt.momentum, opt.weight_decay, opt.params[0]) == (2.0, 0.0, 0.25, -1.0)
    opt.step(np.ones(1))
    assert opt.params[0] == -1.0 - 2.0 * (1.0 + 0.25 * -1.0)


def test_a_step_within_a_schedule_is_refused() -> None:
    p, seen = np.zeros(3), []

    def lr(t: int) -> float:
        for step in (opt.step, copy.copy(opt).step, partial(reference.step, opt)):
            with pytest.raises(RuntimeError, match="another step of this optimizer is under way"):
                step(np.ones(3))
        seen.append(t)
        return 1.0 + t

    opt = fastopt.SGD(p, lr=lr)
    for _ in range(3):
        opt.step(np.ones(3))
    assert (seen, opt.steps, p.tolist()) == ([0, 1, 2], 3, [-6.0, -6.0, -6.0])


def test_a_step_within_a_schedule_of_the_reference_takes_its_place() -> None:
    p = np.zeros(3)

    def lr(t: int) -> float:
        if inner:
            inner.pop()(np.ones(3))
        return 1.0 + t

    opt = fastopt.SGD(p, lr=lr)
    inner = [opt.step]
    with pytest.raises(RuntimeError, match="step: another step of this optimizer is under way"):
        reference.step(opt, np.ones(3))
    assert (opt.steps, p.tolist()) == (1, [-1.0] * 3)


def test_what_a_refused_call_reads_is_its_own() -> None:
    layout = Layout({"a": np.zeros(3), "b": np.zeros(1)})
    mine = layout.vector({"a": np.ones(3), "b": np.ones(1)}, "gradient")
    with ThreadPoolExecutor(1) as pool:
        refused = pool.submit(layout.vector, {"a": np.full(3, 7.0), "b": np.ones(2)}, "gradient")
        assert isinstance(refused.exception(), ValueError)
    assert (mine == 1).all()
    for other in (copy.deepcopy(layout), pickle.loads(pickle.dumps(layout))):
        other.vector({"a": np.full(3, 7.0), "b": np.ones(1)}, "gradient")
    assert (mine == 1).all()


def test_a_descent_is_not_disturbed_by_refused_calls_and_looks(runtime: None) -> None:
    n = 400_000
    start = {"a": np.zeros(n), "b": np.zeros(1)}
    weights = np.linspace(1, 100, n)

    def fun(x: Any) -> Any:
        a, b = x["a"] - 3, x["b"] - 3
        return weights @ (a * a) + b @ b, {"a": 2 * weights * a, "b": 2 * b}

    options = {"maxiter": 8}
    through = fastopt.minimize(fun, start, options=options)
    solver = fastopt.LBFGS(start, **options)
    values, seen, unexpected = {math.nan}, [], []
    wrong = {"a": np.full(n, 1e30), "b": np.zeros(2)}

    def disturb() -> None:
        while not solver.done:
            seen.append((solver.fun, solver.nit, solver.nfev, solver.steepness, repr(solver)))
            for call in (lambda: solver.tell(0.0, wrong), lambda: solver.x, lambda: solver.jac):
                try:
                    call()
                except (ValueError, RuntimeError) as error:
                    if not re.search("gradient.'b'.|is under way|the solver is done", str(error)):
                        unexpected.append(error)

    thread = threading.Thread(target=disturb)
    thread.start()
    while not solver.done:
        value, gradient = fun(solver.ask())
        values.add(float(value))
        solver.tell(value, gradient)
    thread.join()
    assert unexpected == []
    assert (solver.fun, solver.nit, solver.nfev) == (through.fun, through.nit, through.nfev)
    assert np.array_equal(solver.x["a"], through.x["a"])
    assert {fun for fun, *_ in seen if fun == fun} <= values
    assert all(later[1:3] >= earlier[1:3] for earlier, later in itertools.pairwise(seen))


def test_garbage_is_collected_while_steps_are_under_way(runtime: None) -> None:
    """A thread steps with an optimizer that nothing but a cycle and its own call holds."""
    p = np.zeros(1_000_000).view(type("Tagged", (np.ndarray,), {}))
    p.optimizer = fastopt.SGD(p, lr=1.0)
    alive = weakref.ref(p)

    def run(optimizer: fastopt.SGD, grads: Any) -> None:
        for _ in range(20):
            optimizer.step(grads)
        assert (optimizer.params == -20).all()  # type: ignore[operator]

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(run, p.optimizer, np.ones(1_000_000))
        del p
        while not done.done():
            gc.collect()
        done.result()
        del done
    gc.collect()
    assert alive() is None


def test_a_state_dict_is_of_one_moment_or_refused(runtime: None) -> None:
    """While another thread steps: the state after every count is known, and no step is refused for it."""
    fastopt.set_num_threads(1)
    p, g = np.zeros(1_000_000), np.ones(1_000_000)
    opt = fastopt.SGD(p, lr=0.0, momentum=0.5)
    refused = set()

    def run() -> None:
        for k in range(40):
            opt.step(g)
            time.sleep(1e-3 * (k % 4))

    def save() -> None:
        try:
            saved = opt.state_dict()
        except RuntimeError as error:
            refused.add(str(error))
        else:
            assert (saved["state"]["v"] == 2 - 2 * 0.5 ** saved["steps"]).all()

    thread = threading.Thread(target=run)
    thread.start()
    while thread.is_alive():
        save()
    thread.join()
    assert opt.state_dict()["steps"] == 40
    assert refused <= {
        "state_dict: a step of this optimizer is under way in another thread; share a lock with it"
    }


@pytest.mark.parametrize("save", [pickle.dumps, copy.deepcopy])
@pytest.mark.parametrize("when", ["within a step", "with a step in between"])
def test_a_copy_is_of_one_moment_or_refused(save: Any, when: str) -> None:
    class Rate:
        """A schedule that looks like another thread: it saves in a step, or steps in a save."""

        active = False

        def __call__(self, t: int) -> float:
            if self.active and when == "within a step":
                save(opt)
            return 1.0

        def __reduce__(self) -> Any:
            if self.active:
                self.active = False
                opt.step(np.ones(3))
            return float, (1.0,)

    rate = Rate()
    opt = fastopt.SGD(np.zeros(3), lr=rate, momentum=0.5)
    rate.active = True
    with pytest.raises(RuntimeError, match="a step of this optimizer is under way in another thread"):
        opt.step(np.ones(3)) if when == "within a step" else save(opt)
    rate.active = False
    saved = save(opt)
    twin: fastopt.SGD = pickle.loads(saved) if isinstance(saved, bytes) else saved
    assert twin.steps == opt.steps
    assert not hasattr(twin, "_moment")
    twin.step(np.ones(3))
    opt.step(np.ones(3))
    assert np.array_equal(np.asarray(twin.params), np.asarray(opt.params))


def test_a_state_dict_within_a_step_is_refused() -> None:
    calls: list[Any] = []

    class Key:
        def __hash__(self) -> int:
            for call in calls:
                call()
            return 0

    key = Key()
    opt = fastopt.SGD({key: np.ones(3)}, lr=1.0, momentum=0.5)
    grads = {key: np.ones(3)}
    calls.append(opt.state_dict)
    with pytest.raises(RuntimeError, match="state_dict: a step of this optimizer is under way"):
        opt.step(grads)
    calls.clear()
    assert opt.state_dict()["steps"] == 0
