"""Solvers to compare with. Needs NumPy and the library that is measured, nothing else.

Run as a file with a library and a task, it is a process of its own:

    python quasi_newton_peers.py scipy gaps '{"n": 1000, "evaluations": 100}'  # prints seconds
    python quasi_newton_peers.py torch descents '{}'  # asks standard input for values and gradients
"""

import atexit
import ctypes
import functools
import json
import pickle
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

MEMORY = 10
UNLIMITED = 10**9
FILLED = MEMORY + 4
"""Evaluations after which every memory is full."""

Function = Callable[[Any], tuple[float, Any]]


class Enough(Exception):
    """What a function raises that has been evaluated often enough: no solver is to end by itself before."""


# Each solver goes on until rounding errors, or the function, stop it.


def fastopt(fun: Function, start: Any, method: str = "lbfgs", **options: Any) -> None:
    from fastopt import minimize

    given = {"gtol": 0.0, "ftol": 0.0, "maxiter": None, "maxfun": None, **options}
    minimize(fun, start, method=method, options=given)


def scipy(fun: Function, start: Any, method: str = "L-BFGS-B") -> None:
    from scipy.optimize import minimize

    options: dict[str, Any] = {"gtol": 0, "maxiter": UNLIMITED}
    if method == "L-BFGS-B":
        options.update(ftol=0, maxfun=UNLIMITED, maxcor=MEMORY)
    minimize(fun, start, jac=True, method=method, options=options)


def torch(fun: Function, start: Any) -> None:
    import torch

    x = torch.tensor(start, requires_grad=True)
    solver = torch.optim.LBFGS(
        [x],
        history_size=MEMORY,
        max_iter=UNLIMITED,
        max_eval=UNLIMITED,
        tolerance_grad=0,
        tolerance_change=0,
        line_search_fn="strong_wolfe",
    )

    def closure() -> float:
        value, gradient = fun(x.detach().numpy())
        x.grad = torch.from_numpy(gradient)
        return value

    solver.step(closure)


CPLUSPLUS = Path(__file__).with_name("quasi_newton_lbfgspp.cpp")


@functools.cache
def compiled_lbfgspp() -> str | None:
    """Compile the wrapper of LBFGSpp into a temporary directory; None without its headers or a compiler."""
    folder = tempfile.mkdtemp(prefix="lbfgspp-")
    atexit.register(shutil.rmtree, folder)
    library = f"{folder}/liblbfgspp.so"
    command = ["g++", "-O3", "-march=native", "-shared", "-fPIC", "-I/usr/include/eigen3", str(CPLUSPLUS)]
    try:
        done = subprocess.run([*command, "-o", library], capture_output=True)
    except OSError:
        return None
    return library if done.returncode == 0 else None


def lbfgspp(fun: Function, start: Any, library: str) -> None:
    ended: list[BaseException] = []
    views: dict[int, Any] = {}
    n = start.size

    def view(address: int) -> Any:
        if address not in views:
            views[address] = np.frombuffer((ctypes.c_double * n).from_address(address))
        return views[address]

    def evaluate(x: int, gradient: int, value: Any) -> int:
        try:
            value[0], found = fun(view(x))
            view(gradient)[:] = found
        except BaseException as error:  # not to be thrown through C++
            ended.append(error)
            return 1
        return 0

    callback = ctypes.CFUNCTYPE(
        ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(ctypes.c_double)
    )
    x = np.array(start)
    descend = ctypes.CDLL(library).descend
    descend.argtypes = [callback, ctypes.c_void_p, ctypes.c_int, ctypes.c_int]
    descend(callback(evaluate), x.ctypes.data, n, MEMORY)
    if ended:
        raise ended[0]


SOLVERS: dict[str, Callable[..., None]] = {
    solver.__name__: solver for solver in (fastopt, scipy, torch, lbfgspp)
}


# Time of an iteration beside the function.


class PseudoHuber:
    """The sum of sqrt(1 + (c x)^2) - 1 with c from 0.1 to 10, and when it was called and returned."""

    def __init__(self, n: int, evaluations: int) -> None:
        self.start = 3 * np.random.default_rng(0).standard_normal(n)
        self.evaluations = evaluations
        self._c = np.geomspace(0.1, 10, n)
        self._root = np.empty(n)
        self._gradients = np.empty((2, n))  # in turns: a solver may still look at the last one
        self._called: list[float] = []
        self._returned: list[float] = []

    def __call__(self, x: Any) -> tuple[float, Any]:
        self._called.append(time.perf_counter())
        if len(self._called) > self.evaluations:
            raise Enough
        g, root = self._gradients[len(self._called) % 2], self._root
        np.multiply(x, self._c, out=g)
        np.multiply(g, g, out=root)
        root += 1
        np.sqrt(root, out=root)
        g /= root
        g *= self._c
        value = float(root.sum()) - g.size
        self._returned.append(time.perf_counter())
        return value, g

    def gaps(self) -> list[float]:
        """Return the seconds between a return and the next call, with the memory full."""
        pairs = zip(self._returned, self._called[1:], strict=False)
        return [called - returned for returned, called in pairs][FILLED:]


def gaps(solver: Callable[..., None], n: int, evaluations: int, **options: Any) -> float:
    """Return the median of the gaps of a descent."""
    function = PseudoHuber(n, evaluations)
    with suppress(Enough):
        solver(function, function.start, **options)
    return statistics.median(function.gaps())


# Descents whose function the other end of a pipe evaluates.


def descents(solver: Callable[..., None], options: dict[str, Any]) -> None:
    """Read a start; write points and read value and gradient, until told that it is enough; and so on."""
    source, sink = sys.stdin.buffer, sys.stdout.buffer

    def say(what: object) -> None:
        pickle.dump(what, sink)
        sink.flush()

    def fun(x: Any) -> tuple[float, Any]:
        say(x.tobytes())
        answer = pickle.load(source)
        if answer is None:
            raise Enough
        value, gradient = answer
        return value, np.frombuffer(bytearray(gradient))

    say("ready")
    while (start := pickle.load(source)) is not None:
        with suppress(Enough):
            solver(fun, np.frombuffer(bytearray(start)), **options)
        say(None)


if __name__ == "__main__":
    library, task, details = sys.argv[1:]
    if task == "gaps":
        print(gaps(SOLVERS[library], **json.loads(details)))
    else:
        descents(SOLVERS[library], json.loads(details))
