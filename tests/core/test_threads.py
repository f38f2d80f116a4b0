"""The number of threads: the setting, and who else is heard."""

from typing import Any

import numpy as np
import pytest

import fastopt
from absurd import ABSURD, shown
from core.processes import python


def test_set_num_threads(runtime: None) -> None:
    fastopt.set_num_threads(3)
    assert fastopt.get_num_threads() == 3
    fastopt.set_num_threads(None)
    assert fastopt.get_num_threads() >= 1
    bad: list[tuple[Any, type[Exception]]] = [
        (0, ValueError),
        (-1, ValueError),
        (1.5, TypeError),
        ("2", TypeError),
        (True, TypeError),
    ]
    for n, error in bad:
        with pytest.raises(error, match=f"n: expected a number of threads from 1 to 4096.* got {n!r}"):
            fastopt.set_num_threads(n)


@pytest.mark.parametrize("n", [a for a in ABSURD if a is not None], ids=shown)
def test_absurd_numbers_of_threads(n: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=r"^n: expected a number of threads from 1 to 4096"):
        fastopt.set_num_threads(n)


def test_openmps_own_variable_is_heard() -> None:
    done = python("import fastopt; print(fastopt.get_num_threads())", OMP_NUM_THREADS="1")
    assert done.stdout == "1\n", done.stderr


def test_threadpoolctl_is_heard() -> None:
    threadpoolctl = pytest.importorskip("threadpoolctl")
    with threadpoolctl.threadpool_limits(1):
        assert fastopt.get_num_threads() == 1


def test_a_large_team_once_does_not_slow_later_steps_down(runtime: None) -> None:
    """Not timed: after many helpers were hired, results and counts stay right for any smaller team."""
    p, g = np.zeros(300_000), np.ones(300_000)
    opt = fastopt.SGD(p, lr=1.0)
    for n in (64, 2, 1, 200, 3):
        fastopt.set_num_threads(n)
        for _ in range(5):
            opt.step(g)
    assert (p == -25).all()
