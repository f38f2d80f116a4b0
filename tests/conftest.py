import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

import fastopt
from fastopt import _core

# Beside other work anything may take long, and is not wrong for it.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


@pytest.fixture(scope="session", autouse=True)
def _ctrl_c() -> None:
    """Have Python's own handler of Ctrl-C: what a shell starts in the background ignores it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def runtime() -> Iterator[None]:
    """Put instruction set, threads and grain back after a test that changes them."""
    isa, grain = fastopt.build_info()["isa"], _core.grain()
    yield
    _core.select_isa(isa)
    _core.set_grain(grain)
    fastopt.set_num_threads(None)
