"""torch.optim as a peer: the same optimizer in a process of its own, so that no two thread pools meet."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import fields
from importlib.util import find_spec
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np

from fastopt._common.trees import Array
from fastopt.bench.workload import Numbers, Workload

FUSED = ("SGD", "Adagrad", "Adam", "AdamW")
"""The optimizers that torch has a fused step of, on the CPU."""

SLEEP = 0.02
"""Seconds after which the threads of an OpenMP pool have stopped spinning for more work."""


class TorchError(Exception):
    """What torch, or the interpreter that was to have it, says about an order."""


def find_torch(choice: str) -> str | None:
    """Return the interpreter to measure torch with: for "auto" this one, if it has torch, for "none" none."""
    if choice == "none":
        return None
    if choice == "auto":
        return sys.executable if find_spec("torch") else None
    return choice


def counterpart(workload: Workload) -> tuple[str, dict[str, Any]] | None:
    """Return torch's name of the optimizer and its keywords; None if torch has no such rule.

    Examples
    --------
    >>> name, options = counterpart(Workload("adam", 1))
    >>> name, options["betas"], options["fused"]
    ('Adam', (0.9, 0.999), True)
    >>> counterpart(Workload("signsgd", 1)) is None
    True
    """
    model = workload.model
    cls = type(model)
    theirs = [f for f in fields(cls) if not f.kw_only or f.name == "maximize"]
    options = {f.name: getattr(model, f.name) for f in theirs if f.name != "params"}
    same = all(getattr(model, f.name) == f.default for f in fields(cls) if f not in theirs)
    if cls._library != "torch" or not same:
        return None
    return cls.__name__, options | ({"fused": True} if cls.__name__ in FUSED else {"foreach": False})


class TorchWorker:
    """A process of an interpreter that has torch, obeying orders one at a time.

    Parameters
    ----------
    python : str
        The interpreter.
    threads : int
        How many threads torch shall use.

    Raises
    ------
    TorchError
        If the interpreter cannot be run, or has no torch.
    """

    def __init__(self, python: str, threads: int) -> None:
        command = [python, str(Path(__file__).with_name("torch_worker.py")), str(threads)]
        # Not a pipe: one that nobody reads would block it some day.
        self._said = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
                env={**os.environ, "PYTHONSAFEPATH": "1"},  # our modules are none of its business
            )
        except (OSError, ValueError) as error:  # ValueError: a name with a NUL
            self._said.close()
            raise TorchError(f"cannot run {python}: {getattr(error, 'strerror', error)}") from error
        try:
            hello, _ = self._answer()
        except (TorchError, ValueError) as error:  # ValueError: it printed, and not JSON
            self.__exit__()
            raise TorchError(f"no torch in {python}: {error}") from None
        self.version: str = hello["torch"]
        self.threads: int = hello["threads"]

    def __enter__(self) -> "TorchWorker":
        return self

    def __exit__(self, *exception: object) -> None:
        self._process.kill()
        self._process.communicate()
        self._said.close()

    def order(self, do: str, data: bytes = b"", **details: Any) -> tuple[dict[str, Any], bytes]:
        """Send an order and wait for the answer."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"do": do, **details, "bytes": len(data)}).encode() + b"\n")
            self._process.stdin.write(data)
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # the answer tells why
        return self._answer()

    def make(self, workload: Workload, numbers: Numbers | None = None, *, sets: int = 0) -> None:
        """Have the optimizer made: on these numbers, or on some of its own with so many sets of gradients."""
        found = counterpart(workload)
        if found is None:
            raise TorchError(f"torch has no {workload.rule}")
        optimizer, options = found
        data = b""
        if numbers is not None:
            rows = [numbers.params(), *numbers.grads]
            data = b"".join(array.tobytes() for row in rows for array in row)
        self.order(
            "make",
            data,
            optimizer=optimizer,
            options=options,
            dtype=workload.dtype,
            size=workload.size,
            count=workload.count,
            sets=len(numbers.grads) if numbers else sets,
        )

    def stepped(self, numbers: Numbers, steps: int) -> list[Array]:
        """Return the parameters after some steps along the sets of gradients in turn."""
        workload = numbers.workload
        self.make(workload, numbers)
        _, data = self.order("steps", steps=steps)
        return list(np.frombuffer(data, workload.dtype).reshape(workload.count, workload.size))

    def _answer(self) -> tuple[dict[str, Any], bytes]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            code = self._process.wait()
            self._said.seek(0)
            said = self._said.read().decode(errors="replace").strip().splitlines()
            raise TorchError(said[-1] if said else f"ended with code {code}")
        answer = json.loads(line)
        data = self._process.stdout.read(answer["bytes"])
        if "error" in answer:
            raise TorchError(answer["error"])
        return answer, data


class TorchSide:
    """Steps that the worker takes and times."""

    label = "torch"

    def __init__(self, worker: TorchWorker, workload: Workload, *, zeros: bool = False) -> None:
        self._worker = worker
        self.elements = workload.elements
        # Both processes have a pool where both have threads, and neither may disturb the other.
        self.pause = SLEEP if worker.threads > 1 else 0.0
        sets = 2
        worker.make(workload, sets=sets)
        if zeros:  # some life first, so that there is something to decay
            worker.order("time", repeats=1, warm=1, set=0)
        self._turns: Iterator[int] = cycle([sets] if zeros else range(sets))

    def time(self, repeats: int) -> float:
        """Take one step untimed, then have `repeats` timed."""
        answer, _ = self._worker.order("time", repeats=repeats, warm=1, set=next(self._turns))
        seconds: float = answer["seconds"]
        return seconds
