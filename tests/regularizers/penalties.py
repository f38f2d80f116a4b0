"""The penalties, and numbers to try them on."""

from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from fastopt.regularizers import elastic_net, l1, l2
from support import DTYPES, Array

PENALTIES = [l2(0.3), l1(0.3), elastic_net(0.3), elastic_net(0.3, beta=0.2)]
over_penalties = pytest.mark.parametrize("penalty", PENALTIES, ids=repr)
over_dtypes = pytest.mark.parametrize("dtype", DTYPES)
finite = st.floats(-100, 100, width=32, allow_subnormal=False)


def draw(*shape: int, dtype: Any = np.float64, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)
