"""fastopt against the libraries themselves: trajectories recorded by `golden/make_golden.py`.

Needs none of them. Where a library's convention differs from fastopt's, the configuration compared is one in
which they coincide: see `golden/from_torch.py` and its like.
"""

import json
from typing import Any

import numpy as np
import pytest

import fastopt
from cases import Case
from fastopt.rules.averages import Averaging
from golden.problem import (
    CONFIGURATIONS,
    CONSTANT,
    CONSTANT_ALPHA,
    MUON_IN_BFLOAT16,
    STEPS,
    described,
    flat,
    gradients,
    start,
)
from support import GOLDEN, Array, elements

FILES = {path.stem: json.loads(path.read_text()) for path in sorted(GOLDEN.glob("*.json"))}
TRAJECTORIES = [
    pytest.param(golden, id=f"{library}-{golden['case']}-{golden['dtype']}")
    for library, file in FILES.items()
    for golden in file["trajectories"]
]

# The libraries associate differently (torch's lerp for beta m + (1 - beta) g, optax's product with
# 1 / root), so thirty steps differ by a few roundings. A rounding is made at the size a number has at
# the time, and outlives it when the number comes back towards zero: hence errors in units of the largest
# magnitude that the element has had. Measured so, none exceeds 4 in either dtype. The rest is for a `pow`
# other than glibc's: one rounding of 0.999**2 is some 3e-14 of a step of Adam.
ROUNDINGS = 16

TOLERANCES = {
    # The smallest eigenvalue is rounded as the largest is, and then its root is divided by.
    fastopt.Shampoo: 1e-9,
    # The library takes orthogonal factors in float32; here as everywhere in double.
    fastopt.SOAP: 1e-6,
}


def numbers(opt: fastopt.Optimizer) -> dict[str, Array]:
    """Return parameters, state and the averaged point, each flat and in double."""
    named: dict[str, Any] = {"params": opt.params, **elements(opt)}
    if isinstance(opt, Averaging):
        named["averaged"] = opt.averaged()
    return {name: flat(arrays.values()) for name, arrays in named.items()}


class Follower:
    """An optimizer on its way through the golden problem, and how large each element has been."""

    def __init__(self, case: Case, dtype: str) -> None:
        self.case, self.dtype = case, dtype
        self.opt = case.make(start(dtype, case))
        self.largest = {name: abs(x) for name, x in numbers(self.opt).items()}

    def step(self, t: int) -> None:
        self.opt.step(gradients(t, self.dtype, self.case))
        for name, x in numbers(self.opt).items():
            self.largest[name] = np.maximum(self.largest[name], abs(x))

    def assert_close(self, name: str, golden: list[float], when: str) -> None:
        # What is never fed is 0 there, and the smallest normal number here where it is a mean of squares.
        unit = np.where(self.largest[name] <= np.finfo(self.dtype).tiny, 1, self.largest[name])
        np.testing.assert_allclose(
            numbers(self.opt)[name] / unit,
            np.array(golden) / unit,
            rtol=0,
            atol=TOLERANCES.get(type(self.opt), ROUNDINGS * np.finfo(self.dtype).eps),
            err_msg=f"{name} after {when}, in units of the largest each element has been",
        )


@pytest.mark.parametrize("golden", TRAJECTORIES)
def test_trajectory(golden: dict[str, Any]) -> None:
    case = CONFIGURATIONS[golden["case"]]
    assert described(case.hyper) == golden["hyper"], (
        "the case has changed: run tests/golden/make_golden.py again"
    )
    follower = Follower(case, golden["dtype"])
    for t in range(1, STEPS + 1):
        follower.step(t)
        if str(t) in golden["params"]:
            follower.assert_close("params", golden["params"][str(t)], f"step {t}")
    for slot, values in golden["state"].items():
        follower.assert_close(slot, values, "the last step")


def test_centered_rmsprop_stays_finite_where_torch_does_not() -> None:
    """On constant gradients the variance tends to zero, and v - m^2 rounds to less: torch takes its root."""
    p = np.zeros_like(CONSTANT)
    opt = fastopt.RMSprop(p, alpha=CONSTANT_ALPHA, centered=True)
    negative = np.zeros(p.shape, bool)
    for _ in range(2 * FILES["torch"]["facts"]["centered_rmsprop_nan_at_step"]):
        opt.step(CONSTANT)
        negative |= opt.state["v"] - opt.state["m"] * opt.state["m"] < 0
    assert negative.any(), "expected gradients on which the clamp matters"
    assert np.isfinite(p).all()


def test_muon_is_that_of_torch_to_within_bfloat16() -> None:
    case = CONFIGURATIONS[MUON_IN_BFLOAT16]
    follower = Follower(case, "float64")
    for t in range(1, STEPS + 1):
        follower.step(t)
    error = np.abs(numbers(follower.opt)["params"] - FILES["torch"]["facts"]["muon_in_bfloat16"])
    assert 1e-5 < np.max(error / follower.largest["params"]) < 1e-2
