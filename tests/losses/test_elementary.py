"""exp, log and log1p of the losses: accuracy against long double, the same bits everywhere."""

from typing import Any

import numpy as np
import pytest

from fastopt import _core
from support import DTYPES, ISAS, Array, same

LOWEST = {np.float32: -87.3365, np.float64: -708.3964}
RANGES = {"exp": (-1.0, 0.0), "log": (1.0, 1e6), "log1p": (0.0, 1.0)}
EXACT = {"exp": np.exp, "log": np.log, "log1p": np.log1p}
ALLOWED = 1.5
"""Units in the last place. Measured over all float32: 1.1 for exp, 0.9 for log, 1.3 for log1p."""

each_dtype = pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.__name__)


def error(name: str, x: Array) -> Any:
    """Largest error in units in the last place of the exact result."""
    exact = EXACT[name](x.astype(np.longdouble))
    # 32 low bits are left to long double where it is one; elsewhere half a unit of double is lost.
    unit = np.spacing(np.abs(exact).astype(x.dtype)).astype(np.longdouble)
    return (np.abs(_core.elementary(name, x) - exact) / unit).max()


@each_dtype
@pytest.mark.parametrize("name", RANGES)
def test_accuracy(name: str, dtype: Any) -> None:
    rng = np.random.default_rng(1)
    low, high = RANGES[name]
    x = [np.linspace(low, high, 200_001), low + (high - low) * rng.random(200_000)]
    if name == "exp":
        x += [np.linspace(LOWEST[dtype], 0, 400_001), -(10.0 ** rng.uniform(-30, 1, 100_000))]
    if name == "log":
        x += [np.exp(rng.uniform(-80, 80, 200_000)), 1 + rng.random(100_000) * 1e-3]
    if name == "log1p":
        x += [10.0 ** rng.uniform(-35, 0, 100_000)]
    values = np.concatenate(x).astype(dtype)
    assert error(name, values[(values >= LOWEST[dtype]) | (name != "exp")]) <= ALLOWED


@pytest.mark.long
@pytest.mark.parametrize("name", RANGES)
def test_accuracy_over_all_float32(name: str) -> None:
    ends = {"exp": (-0.0, LOWEST[np.float32]), "log": (np.float32(2.0**-126), 3e38), "log1p": (0.0, 1.0)}[
        name
    ]
    first, last = np.array(ends, np.float32).view(np.uint32)
    for start in range(int(first), int(last), 1 << 24):
        bits = np.arange(start, min(start + (1 << 24), int(last)), 7, dtype=np.uint32)
        assert error(name, bits.view(np.float32)) <= ALLOWED


@each_dtype
def test_special_values(dtype: Any) -> None:
    tiny = np.finfo(dtype).tiny
    lowest = dtype(LOWEST[dtype])
    x = np.array([0, -0.0, -np.inf, np.nan, np.nextafter(lowest, dtype(-np.inf)), -1e30], dtype)
    assert np.array_equal(_core.elementary("exp", x), [1, 1, 0, np.nan, 0, 0], equal_nan=True)
    assert _core.elementary("exp", np.array([lowest], dtype))[0] >= tiny
    below = np.nextafter(lowest, dtype(-np.inf)) - np.concatenate(
        [np.linspace(0, 3, 1000), 10.0 ** np.arange(38)]
    )
    assert not _core.elementary("exp", below.astype(dtype)).any()
    assert np.array_equal(_core.elementary("log", np.array([1, np.nan], dtype)), [0, np.nan], equal_nan=True)
    assert np.array_equal(
        _core.elementary("log1p", np.array([0, np.nan], dtype)), [0, np.nan], equal_nan=True
    )
    payload = np.array([np.nan], dtype)
    payload.view(f"u{payload.itemsize}")[0] |= 0x155  # a NaN of somebody's own
    for name in RANGES:
        assert np.isnan(_core.elementary(name, payload))


@each_dtype
@pytest.mark.parametrize("name", RANGES)
def test_the_same_bits_everywhere(name: str, dtype: Any, runtime: None) -> None:
    rng = np.random.default_rng(2)
    low, high = RANGES[name]
    x = (low + (high - low) * rng.random(10_003) ** 3).astype(dtype)
    results = []
    for isa in ISAS:
        _core.select_isa(isa)
        results += [_core.elementary(name, x), _core.elementary(name, x[3:])]
    for k in range(0, len(results), 2):
        assert same(results[k], results[0])
        assert same(results[k + 1], results[0][3:])
