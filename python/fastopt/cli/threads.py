"""The option ``--threads``, and how many threads BLAS gets without it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import fastopt
from fastopt.cli.arguments import users_mistakes

__all__ = ["Threads", "use_threads"]

VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "GOTO_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
"""By them the environment says how many threads BLAS has."""

WORTH = 2**27
"""Multiply-adds of a product for each thread of BLAS, at least.

They take some milliseconds, as long as a thread waits for a core that other work has. Where threads have less
to do, they wait for each other instead: on two cores beside six busy processes, a product of 2 to 100 million
multiply-adds took 20 to 150 times longer with two threads than with one, one of 205 million 1.3 times.
"""


class Threads:
    """The threads of a command.

    Parameters
    ----------
    number : int or None
        Those of fastopt and BLAS; None leaves them at what the environment says.
    stack : ExitStack
        Puts them back at its end.
    """

    def __init__(self, number: int | None, stack: ExitStack) -> None:
        try:
            import threadpoolctl
        except ImportError:
            threadpoolctl = None
        self._controller: Any = threadpoolctl
        self._stack = stack
        self._chosen = number is not None or any(os.environ.get(variable) for variable in VARIABLES)
        if number is not None:
            self._give(number)
            self._limit_blas(number)

    def suit(self, product: int) -> None:
        """Take threads from BLAS that have too little to do, unless somebody has said how many there are.

        Parameters
        ----------
        product : int
            Multiply-adds of the largest matrix product of a step.
        """
        if not self._chosen:
            most = max(self._blas(), default=1)
            self._limit_blas(max(1, min(most, product // WORTH)))

    def _limit_blas(self, number: int) -> None:
        if self._controller is None:
            return
        before = fastopt.get_num_threads()
        self._stack.enter_context(self._controller.threadpool_limits(number, user_api="blas"))
        # A BLAS may have the threads of OpenMP, which fastopt asks for the number of its own.
        if fastopt.get_num_threads() != before:
            self._give(before)

    def _give(self, number: int) -> None:
        with users_mistakes():
            fastopt.set_num_threads(number)
        self._stack.callback(fastopt.set_num_threads, None)

    def _blas(self) -> list[int]:
        """Return how many threads the libraries have, each number once."""
        if self._controller is None:
            return []
        pools = self._controller.threadpool_info()
        return sorted({pool["num_threads"] for pool in pools if pool["user_api"] == "blas"})

    def __str__(self) -> str:
        blas = "/".join(map(str, self._blas())) or "the environment's number of"
        return f"threads: {fastopt.get_num_threads()} for fastopt, {blas} for BLAS"


@contextmanager
def use_threads(number: int | None) -> Iterator[Threads]:
    """Set the threads of fastopt and BLAS inside a `with` block; afterwards both have their default.

    Parameters
    ----------
    number : int or None
        None leaves them at what the environment says, but see `Threads.suit`. Those of BLAS are only changed
        where threadpoolctl is installed.

    Yields
    ------
    Threads
        How many there are, as text.

    Raises
    ------
    WrongInput
        If there cannot be so many.
    """
    with ExitStack() as stack:
        yield Threads(number, stack)
