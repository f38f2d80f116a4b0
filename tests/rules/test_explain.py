"""What `explain` says is what a step does: the lines are computed, and compared."""

import inspect
import re
import sys
import textwrap
from typing import Any

import numpy as np
import pytest

import fastopt
from cases import CASES, Case
from fastopt import _core, reference
from shapes import whole
from support import Array

FUNCTIONS: dict[str, Any] = {
    "abs": np.abs,
    "inf": np.inf,
    "max": np.maximum,
    "min": np.minimum,
    "sign": np.sign,
    "sqrt": np.sqrt,
    "sum": np.sum,
    "where": np.where,
}


def computed(text: str, names: dict[str, Any]) -> dict[str, Any]:
    """Run the assignments of an explanation."""
    known = dict(names)
    for line in text.splitlines():
        if assignment := re.fullmatch(r"    (\w+) = (.*)", line):
            known[assignment[1]] = eval(assignment[2].replace("^", "**"), {**FUNCTIONS, **known})
    return known


ELEMENTWISE = [case for case in CASES if not whole(case.optimizer)]
WHOLE = [case for case in CASES if whole(case.optimizer)]


@pytest.mark.parametrize("case", WHOLE, ids=lambda case: case.name)
def test_the_lines_of_a_rule_of_whole_arrays_are_those_of_its_reference(case: Case) -> None:
    rng = np.random.default_rng(0)
    p = rng.standard_normal((3, 4))
    opt = case.make(p)
    module = vars(sys.modules[inspect.unwrap(getattr(reference, opt._rule)).__module__])
    for _ in range(4):
        g = rng.standard_normal((3, 4))
        _, lines, notes = opt.explain().split("\n\n")
        values = dict(part.split(" = ") for part in notes.splitlines()[-1].rstrip(".").split(", "))
        names = {"p": p.copy(), "g": g, "m": None}
        names |= {slot: a[0].copy() for slot, a in opt._slots.items()}
        known = {**module, **names, **{name: eval(value) for name, value in values.items()}}
        exec(textwrap.dedent(lines), known | {"t": known["step"]}, known)
        opt.step(g)
        for name, array in {"p": p, **{slot: a[0] for slot, a in opt._slots.items()}}.items():
            np.testing.assert_allclose(known[name], array, rtol=1e-8, atol=1e-10, err_msg=name)


@pytest.mark.parametrize("case", ELEMENTWISE, ids=lambda case: case.name)
def test_the_lines_are_the_step(case: Case) -> None:
    rng = np.random.default_rng(0)
    p = rng.standard_normal(5)
    opt = case.make(p)
    scalars = _core.rules[opt._rule].scalars
    for t in range(1, 12):
        g: Array = rng.standard_normal(5)
        arrays = {"p": p.copy(), "g": g, **{slot: a[0].copy() for slot, a in opt._slots.items()}}
        kept = dict(zip(scalars, opt._scalars[0].tolist(), strict=True))
        found = computed(opt.explain(), {**arrays, **kept, "t": t})
        opt.step(g)
        now = {"p": p, **{slot: a[0] for slot, a in opt._slots.items()}}
        for name, array in now.items():
            np.testing.assert_allclose(found[name], array, rtol=1e-8, atol=1e-12, err_msg=f"{name}, step {t}")
        for name, value in zip(scalars, opt._scalars[0], strict=True):
            np.testing.assert_allclose(found[f"{name}_new"], value, rtol=1e-8, err_msg=f"{name}, step {t}")


def test_it_says_what_is_done_before_and_what_is_scheduled() -> None:
    text = fastopt.SGD(np.ones(2), lr=lambda t: 0.1 / (1 + t), weight_decay=0.5, maximize=True).explain()
    assert "\n    p = p - 0.1 * (-g + 0.5 * p)\n" in text
    assert "lr is a schedule: 0.1 in this step." in text
    text = fastopt.SGD(np.ones(2), lr=0.5, weight_decay=0.5, decoupled_weight_decay=True).explain()
    assert "\n    p = 0.75 * p\n    p = p - 0.5 * g\n" in text


def test_it_changes_nothing_and_is_of_the_next_step() -> None:
    w = np.ones(2)
    opt = fastopt.NAdam(w)
    opt.step(np.ones(2))
    before = opt.state_dict()
    assert opt.explain().startswith("NAdam, step t = 2:\n")
    after = opt.state_dict()
    assert before["steps"] == after["steps"]
    assert before["state"]["mu_product"] == after["state"]["mu_product"]
