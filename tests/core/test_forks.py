"""Forks: a child has one thread, finds all work of the others whole, may go on with it, and ends."""

import os
import subprocess
import sys
import textwrap

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")

START = """
import os, random, sys, threading, time
import numpy as np
import fastopt
from fastopt import _core, losses, regularizers

fastopt.set_num_threads(2)
_core.set_grain(1000)
sys.setswitchinterval(1e-4)

def in_child(check, going=threading.Event()):
    # Fork; run `check` in the child, which then ends as a process does. Return how it ended.
    child = os.fork()
    if child == 0:
        check()
        sys.exit(0)
    going.clear()  # the processors are for the child
    status = os.waitpid(child, 0)[1]
    going.set()
    return status
"""


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", START + textwrap.dedent(code)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_child_steps_on_one_thread() -> None:
    said = run(
        """
        p, g = np.zeros(200_001), np.ones(200_001)
        opt = fastopt.SGD(p, lr=1.0)
        opt.step(g)

        def check():
            assert fastopt.get_num_threads() == 1
            opt.step(g)
            assert (p == -2).all()

        status = in_child(check)
        opt.step(g)
        print(status, fastopt.get_num_threads(), p[0], p[-1])
        """
    )
    assert said == "0 2 -2.0 -2.0\n"


def test_at_any_moment() -> None:
    """While threads are in a step, a loss, a penalty, a schedule, a descent and many."""
    said = run(
        """
        n = 30_000
        p, scheduled, g = np.zeros(n), np.zeros(n), np.ones(n)
        opt = fastopt.SGD(p, lr=1.0, momentum=0.5)
        slow = fastopt.SGD(scheduled, lr=lambda t: time.sleep(1e-3) or 1.0)
        scores, labels = np.zeros((500, 100), np.float32), np.zeros(500, int)
        stop, going = threading.Event(), threading.Event()
        going.set()

        def quartic(x):
            d = x - centre
            return float((d * d * d * d).sum()), 4 * d * d * d

        def solved(solver):
            while not solver.done:
                solver.tell(*quartic(solver.ask()))
            return solver.x.copy()

        def made():
            return fastopt.LBFGS(np.zeros(n), maxiter=8)

        centre = np.random.default_rng(0).standard_normal(n)
        end, current = solved(made()), [made()]

        def descend():
            current[0] = made()
            while not current[0].done and not stop.is_set():
                current[0].tell(*quartic(current[0].ask()))

        def many():
            fastopt.minimize_batch(lambda x, rows: ((x * x).sum(1), 2 * x), np.ones((20, 1000)))

        works = [
            lambda: opt.step(g),
            lambda: slow.step(g),
            lambda: losses.softmax_cross_entropy(scores, labels),
            lambda: regularizers.l2(0.5)([np.ones((100, 300))]),
            descend,
            many,
        ]

        def repeat(work):
            while not stop.is_set():
                going.wait()
                work()

        def check():
            steps = opt.steps
            v, want = 2 - 2 * 0.5**steps, -2.0 * steps + 2 - 2 * 0.5**steps
            assert (opt.state["v"] == v).all(), "a torn velocity"
            assert np.allclose(p, want, rtol=1e-12) and (p == p[0]).all(), "a torn parameter"
            assert (scheduled == -slow.steps).all(), "a torn step in a schedule"
            for each in (opt, slow):
                before = each.steps
                each.step(g)
                each.load_state_dict(each.state_dict())
                assert each.steps == before + 1
            assert np.array_equal(solved(current[0]), end), "a torn descent"
            for work in works[2:4] + works[5:]:
                work()

        threads = [threading.Thread(target=repeat, args=(work,)) for work in works]
        for thread in threads:
            thread.start()
        chance = random.Random(0)
        statuses = set()
        for _ in range(8):
            time.sleep(chance.random() * 0.01)
            statuses.add(in_child(check, going))
        stop.set()
        for thread in threads:
            thread.join()
        print(statuses)
        """
    )
    assert said == "{0}\n"


def test_a_child_forked_within_a_schedule_goes_on_in_it() -> None:
    """The step of the thread that forks is under way in the child too."""
    said = run(
        """
        p, g = np.zeros(3), np.ones(3)
        children = []

        def lr(t):
            if t == 1 and not children:
                children.append(os.fork())
                for again in (lambda: opt.step(g), lambda: opt.load_state_dict({})):
                    try:
                        again()
                    except (RuntimeError, TypeError) as error:
                        os.write(1, type(error).__name__.encode() + b"\\n")
            return 1.0

        opt = fastopt.SGD(p, lr=lr)
        for _ in range(3):
            opt.step(g)
        os.write(1, f"{opt.steps} {p.tolist()}\\n".encode())
        if children[0]:
            assert os.waitpid(children[0], 0)[1] == 0
        """
    )
    assert sorted(said.splitlines()) == sorted(2 * ["RuntimeError", "TypeError", "3 [-3.0, -3.0, -3.0]"])


def test_grandchildren() -> None:
    said = run(
        """
        p, g = np.zeros(2_000_000), np.ones(2_000_000)
        opt = fastopt.SGD(p, lr=1.0)
        threading.Thread(target=lambda: [opt.step(g) for _ in range(50)], daemon=True).start()
        time.sleep(0.01)

        def check():
            assert (p == -opt.steps).all()
            threading.Thread(target=lambda: [opt.step(g) for _ in range(50)], daemon=True).start()
            time.sleep(0.01)
            assert in_child(lambda: opt.step(g)) == 0

        print(in_child(check))
        """
    )
    assert said == "0\n"
