"""The option ``--threads``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import fastopt
from fastopt.cli.arguments import users_mistakes

__all__ = ["use_threads"]


@contextmanager
def use_threads(number: int | None) -> Iterator[str]:
    """Set the threads of fastopt and BLAS inside a `with` block; afterwards both have their default.

    Parameters
    ----------
    number : int or None
        None leaves them at what the environment says. That of BLAS is only changed where
        threadpoolctl is installed.

    Yields
    ------
    str
        How many there are, in words.

    Raises
    ------
    WrongInput
        If there cannot be so many.
    """
    try:
        import threadpoolctl
    except ImportError:
        threadpoolctl = None
    limits: AbstractContextManager[object] = nullcontext()
    if number is not None:
        with users_mistakes():
            fastopt.set_num_threads(number)
        if threadpoolctl is not None:
            limits = threadpoolctl.threadpool_limits(number, user_api="blas")
    try:
        with limits:
            blas = "the environment's number of"
            if threadpoolctl is not None:
                pools = threadpoolctl.threadpool_info()
                counts = {p["num_threads"] for p in pools if p["user_api"] == "blas"}
                blas = "/".join(map(str, sorted(counts))) or blas
            yield f"threads: {fastopt.get_num_threads()} for fastopt, {blas} for BLAS"
    finally:
        if number is not None:
            fastopt.set_num_threads(None)
