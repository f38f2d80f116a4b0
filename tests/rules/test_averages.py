"""The averaged point: copies of it, and the time in which it is in place of the parameters."""

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import fastopt
from cases import CASES, Case
from fastopt import reference
from fastopt.rules.averages import Averaging
from support import arrays_of, assert_same, raises

AVERAGING = [
    case for case in CASES if isinstance(case.optimizer, type) and issubclass(case.optimizer, Averaging)
]
over_cases = pytest.mark.parametrize("case", AVERAGING, ids=lambda case: case.name)


def gradients(rng: np.random.Generator) -> dict[str, Any]:
    return {"W": rng.standard_normal((4, 3)).astype(np.float32), "b": rng.standard_normal(3)}


def trained(case: Case, steps: int = 5) -> tuple[Any, np.random.Generator]:
    rng = np.random.default_rng(7)
    opt = case.make(gradients(rng))
    for _ in range(steps):
        opt.step(gradients(rng))
    return opt, rng


def saved(opt: fastopt.Optimizer) -> dict[str, bytes]:
    return {name: a.tobytes() for name, a in arrays_of(opt).items()}


@over_cases
def test_copies(case: Case) -> None:
    opt, _ = trained(case)
    before = saved(opt)
    averaged = opt.averaged()
    for name, p in opt.params.items():
        assert averaged[name].dtype == p.dtype
        assert averaged[name].shape == p.shape
        averaged[name][...] = 0
    assert saved(opt) == before


@over_cases
def test_in_place_and_back(case: Case) -> None:
    opt, rng = trained(case)
    averaged, before = opt.averaged(), saved(opt)
    with opt.averages_in_place():
        for name, p in opt.params.items():
            assert np.array_equal(p, averaged[name])
        opt.params["W"][...] = 0
    assert saved(opt) == before
    want, same = trained(case)
    for _ in range(2):
        opt.step(gradients(rng))
        want.step(gradients(same))
    assert_same(opt, want)


def test_schedule_free_is_the_mean_of_its_points() -> None:
    """With a constant rate all weights are one."""
    w = np.array([1.0, -2.0])
    opt = fastopt.ScheduleFreeSGD(w, lr=0.1)
    points = []
    for _ in range(10):
        opt.step(w - 1)
        points.append(opt.state["z"].copy())
        np.testing.assert_allclose(opt.averaged(), np.mean(points, axis=0), rtol=1e-12)


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
def test_back_after_an_exception(error: type[BaseException]) -> None:
    opt, _ = trained(AVERAGING[0])
    before = saved(opt)
    with pytest.raises(error), opt.averages_in_place():
        raise error
    assert saved(opt) == before
    opt.state_dict()


def test_odd_numbers_come_back_bit_for_bit() -> None:
    odd = np.array([0x7FF8000000000123, 1 << 63, 1, 0x7FF0000000000000], np.uint64).view(np.float64)
    opt = fastopt.ScheduleFreeSGD(odd.copy())
    with opt.averages_in_place():
        pass
    assert opt.params.tobytes() == odd.tobytes()  # type: ignore[union-attr]


@over_cases
def test_what_is_refused_meanwhile(case: Case) -> None:
    opt, rng = trained(case)
    state, twin, g = opt.state_dict(), copy.copy(opt), gradients(rng)
    why = "the averages are in place of the parameters; leave averages_in_place first"
    calls: dict[str, Any] = {
        "step": lambda opt: opt.step(g),
        "state_dict": lambda opt: opt.state_dict(),
        "load_state_dict": lambda opt: opt.load_state_dict(state),
        "averaged": lambda opt: opt.averaged(),
        "averages_in_place": lambda opt: opt.averages_in_place().__enter__(),
    }
    with opt.averages_in_place():
        before = saved(opt)
        for same in (opt, twin):
            for name, call in calls.items():
                with raises(RuntimeError, f"{name}: {why}"):
                    call(same)
            with raises(RuntimeError, f"step: {why}"):
                reference.step(same, g)
            for copied in (pickle.dumps, copy.deepcopy):
                with raises(RuntimeError, f"a pickle or a copy: {why}"):
                    copied(same)
        assert saved(opt) == before
        assert opt.steps == 5
    for name in ("step", "state_dict", "load_state_dict", "averaged"):
        calls[name](twin)
    assert opt.steps == 5


def test_refused_within_a_step() -> None:
    w = np.ones(2)

    def lr(t: int) -> float:
        with (
            raises(RuntimeError, "averages_in_place: a step of this optimizer is under way"),
            opt.averages_in_place(),
        ):
            pass
        with raises(RuntimeError, "averaged: a step of this optimizer is under way"):
            opt.averaged()
        return 0.1

    opt = fastopt.ASGD(w)
    opt.lr = lr
    opt.step(np.ones(2))
    assert opt.steps == 1


def test_arrays_that_cannot_be_written() -> None:
    params: Any = [np.ones(2), np.ones(3)]
    opt = fastopt.ScheduleFreeAdamW(params)
    opt.step([np.ones(2), np.ones(3)])
    before = [p.copy() for p in params]
    params[1].flags.writeable = False
    with raises(ValueError, "params[1]: expected a writeable array"), opt.averages_in_place():
        pass
    params[1].flags.writeable = True
    kept, params[1] = params[1], params[1].copy()
    with raises(ValueError, "params[1]: is no longer the array that was bound"), opt.averages_in_place():
        pass
    params[1] = kept
    assert all(np.array_equal(p, q) for p, q in zip(params, before, strict=True))
    opt.step([np.ones(2), np.ones(3)])


def test_arrays_of_subclasses() -> None:
    w = np.ma.array(np.ones(3), mask=[True, False, True])
    opt = fastopt.ScheduleFreeSGD(w, lr=0.5, momentum=0.5)
    for _ in range(2):
        opt.step(np.ones(3))
    before = np.asarray(w).copy()
    with opt.averages_in_place():
        assert np.asarray(w).tolist() == [0.25] * 3  # z was at 0.5 and 0
    assert np.array_equal(np.asarray(w), before)
