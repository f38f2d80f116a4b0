"""Schedules against the schedulers of torch, recorded by `golden/schedules/record.py`."""

import json
import re
from collections.abc import Callable

import numpy as np
import pytest

from fastopt import schedules
from fastopt.schedules import ReduceOnPlateau
from golden.schedules.cases import LEARNING_RATES, MOMENTA, PLATEAUS
from support import GOLDEN

TORCH = json.loads((GOLDEN / "schedules" / "torch.json").read_text())

# torch computes a rate from the one before, and roundings add up; the last rates of `OneCycleLR` are small
# differences of large numbers.
RECURSIVE = {"rtol": 1e-12, "atol": 1e-16}
# Where it also has a formula of the step, ours differs by nothing, or by the order of three operations.
REORDERED = {"LinearLR", "CosineAnnealingLR"}


@pytest.mark.parametrize("name", TORCH["learning_rates"])
def test_learning_rates(name: str) -> None:
    assert_close(LEARNING_RATES[name], TORCH["learning_rates"][name])


@pytest.mark.parametrize("name", TORCH["momenta"])
def test_momenta(name: str) -> None:
    assert_close(MOMENTA[name], TORCH["momenta"][name])


def assert_close(schedule: Callable[[int], float], recorded: list[float]) -> None:
    np.testing.assert_allclose([schedule(t) for t in range(len(recorded))], recorded, **RECURSIVE)


@pytest.mark.parametrize("name", TORCH["closed_forms"])
def test_closed_forms(name: str) -> None:
    recorded = TORCH["closed_forms"][name]
    values = [LEARNING_RATES[name](t) for t in range(len(recorded))]
    if name.partition("(")[0] in REORDERED:
        np.testing.assert_allclose(values, recorded, rtol=4e-15)
    else:
        assert values == recorded


@pytest.mark.parametrize("arguments", TORCH["plateaus"])
def test_plateaus(arguments: str) -> None:
    plateau = ReduceOnPlateau(1.0, **eval(f"dict({arguments})"))
    told = []
    for metric in PLATEAUS[arguments].split():
        assert plateau.update(float(metric)) == plateau(123) == plateau.value
        told.append(plateau.value)
    np.testing.assert_allclose(told, TORCH["plateaus"][arguments], rtol=1e-12)


def test_what_is_compared_is_what_was_recorded() -> None:
    assert list(TORCH["learning_rates"]) == list(LEARNING_RATES)
    assert list(TORCH["momenta"]) == list(MOMENTA)
    assert list(TORCH["plateaus"]) == list(PLATEAUS)


def test_all_schedulers_of_torch_are_compared_and_in_the_table() -> None:
    compared = set(re.findall(r"\w+(?=\()", " ".join(LEARNING_RATES))) | {"ReduceLROnPlateau"}
    listed = schedules.__doc__.partition("In torch")[2].partition("In optax")[0]
    assert set(TORCH["schedulers"]) <= compared
    assert set(TORCH["schedulers"]) == set(re.findall(r"``(\w+)``(?=,|  )", listed))
