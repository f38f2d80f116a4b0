"""The interpreter may end while work is under way."""

from core.processes import python


def test_the_interpreter_may_end_during_a_step() -> None:
    code = """
import threading, time, numpy as np, fastopt
p, g = np.zeros(3_000_000), np.ones(3_000_000)
opt = fastopt.SGD(p, lr=1.0)
def run():
    while True:
        opt.step(g)
threading.Thread(target=run, daemon=True).start()
time.sleep(0.2)
"""
    for _ in range(3):
        done = python(code)
        assert (done.returncode, done.stderr) == (0, "")


def test_the_interpreter_may_end_during_a_loss() -> None:
    code = """
import threading, time, numpy as np
from fastopt import losses
s, y = np.zeros((4000, 1000), np.float32), np.zeros(4000, int)
def run():
    while True:
        losses.softmax_cross_entropy(s, y)
threading.Thread(target=run, daemon=True).start()
time.sleep(0.3)
"""
    for _ in range(2):
        done = python(code)
        assert (done.returncode, done.stderr) == (0, "")
