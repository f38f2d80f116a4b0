from collections.abc import Iterator

import pytest

import fastopt
from fastopt import _core


@pytest.fixture
def runtime() -> Iterator[None]:
    """Put instruction set, threads and grain back after a test that changes them."""
    isa, grain = fastopt.build_info()["isa"], _core.grain()
    yield
    _core.select_isa(isa)
    _core.set_grain(grain)
    fastopt.set_num_threads(None)
