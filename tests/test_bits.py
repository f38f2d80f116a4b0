"""The bits of a broad set of runs are those that were recorded, on whatever machine and by whatever path.

A change that moves code must not move a bit; one that is meant to runs `golden/bits/record.py`.
"""

import json
from pathlib import Path

import pytest

from golden.bits.runs import Made, digest, runs

RECORDED = json.loads((Path(__file__).parent / "golden" / "bits" / "recorded.json").read_text())
RUNS = dict(runs())


def test_every_run_is_recorded() -> None:
    assert list(RUNS) == list(RECORDED), "run tests/golden/bits/record.py"


@pytest.mark.parametrize("made", RUNS.values(), ids=RUNS)
def test_bits(made: Made, request: pytest.FixtureRequest) -> None:
    assert digest(made) == RECORDED[request.node.callspec.id]
