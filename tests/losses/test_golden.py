"""The losses against torch and scikit-learn, recorded by `golden/losses/record.py`."""

import json
from typing import Any

import numpy as np
import pytest

from fastopt import losses
from support import GOLDEN

RECORDED = {
    library: json.loads((GOLDEN / f"losses/{library}.json").read_text()) for library in ("torch", "sklearn")
}
ROWS = [(library, row) for library, recorded in RECORDED.items() for row in recorded["losses"]]


@pytest.mark.parametrize(
    ("library", "row"), ROWS, ids=[f"{name}-{row['loss']}-{row['inputs'][1]}" for name, row in ROWS]
)
def test_value_and_gradient(library: str, row: dict[str, Any]) -> None:
    given = RECORDED[library]["problem"]
    arrays = [np.array(given[name]) for name in row["inputs"]]
    value, grads = getattr(losses, row["loss"])(*arrays, **row["options"], reduction="sum")
    assert value == pytest.approx(row["sum"], rel=1e-12)
    if row["grads"] is not None:
        grads = grads if isinstance(grads, tuple) else (grads,)
        np.testing.assert_allclose(np.array(grads), row["grads"], rtol=1e-12, atol=1e-14)


def test_every_loss_but_the_simplest_is_recorded() -> None:
    assert {row["loss"] for _, row in ROWS} == set(losses.__all__)
