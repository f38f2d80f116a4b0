"""Absurd arguments: no exception but those documented, and messages that can be read."""

import sys

import numpy as np
import pytest

import fastopt
from fastopt import LBFGS, line_search, minimize, minimize_batch
from fastopt._common.wording import shown
from fastopt.gradcheck import check_jacobian, gradcheck, gradgradcheck
from minimization.functions import bowl, never

ENDLESS: list = []
ENDLESS.append(ENDLESS)
DEEP: list = [0.0]
for _ in range(10 * sys.getrecursionlimit()):
    DEEP = [DEEP]
ABSURD = {
    "endless": ENDLESS,
    "deep": DEEP,
    "large": 10**400,
    "too large to show": -(10 ** (10 * sys.get_int_max_str_digits())),
    "text": "a",
}
RIGHT = {id(ABSURD["large"]): ("state wall",)}
"""What is legal after all: a number beyond all others where infinity is."""


def absurd_calls(value):
    for name in ("x0", "bounds", "l1", "tol", "method", "options", "jac", "callback"):
        yield f"minimize {name}", lambda name=name: minimize(**{"fun": never, "x0": [1.0, 2.0], name: value})
    for method, names in {
        "lbfgs": ("memory", "gtol", "ftol", "xtol", "c1", "c2", "history_dtype", "maxtime"),
        "gd": ("lr",),
        "random": ("step",),
    }.items():
        for name in names:
            yield name, lambda m=method, n=name: minimize(never, [1.0, 2.0], method=m, options={n: value})
    yield "bfgs l1", lambda: minimize(never, [1.0], method="bfgs", l1=value)
    yield "dict bounds", lambda: LBFGS({"a": np.ones(2)}, bounds={"a": value})
    yield "dict l1", lambda: LBFGS({"a": np.ones(2)}, l1={"a": value})
    for name in ("bounds", "l1", "tol", "options"):
        yield f"batch {name}", lambda name=name: minimize_batch(never, [[1.0]], **{name: value})
    yield "X0", lambda: minimize_batch(never, value)
    yield "gradient", lambda: minimize(lambda x: (1.0, value), [1.0, 2.0])
    yield "Hessian", lambda: minimize(lambda x: (1.0, x), [1.0], method="newton", hess=lambda x: value)
    solver = LBFGS([1.0, 2.0])
    solver.ask()
    yield "tell", lambda: solver.tell(1.0, value)
    for name in solver.state_dict():
        yield f"state {name}", lambda name=name: solver.load_state_dict({**solver.state_dict(), name: value})
    yield "closure", lambda: LBFGS(np.ones(2)).step(lambda: value)
    for search in (
        line_search.strong_wolfe,
        line_search.hager_zhang,
        line_search.armijo,
        line_search.bracketing,
    ):
        for name in search.__kwdefaults__.keys() - {"max_evaluations", "start"}:
            yield f"{search.__name__} {name}", lambda s=search, n=name: s(lambda a: (1.0, -1.0), **{n: value})
    yield "along", lambda: line_search.along(abs, value, [1.0])
    yield "along d", lambda: line_search.along(abs, [1.0], value)
    for check in (gradcheck, gradgradcheck, check_jacobian):
        yield f"{check.__name__} inputs", lambda check=check: check(never, value)
        yield f"{check.__name__} result", lambda check=check: check(lambda x: value, np.ones(2))


@pytest.mark.parametrize("value", ABSURD.values(), ids=ABSURD)
def test_absurd_arguments_are_type_or_value_errors(value):
    for name, call in absurd_calls(value):
        if name not in RIGHT.get(id(value), ()):
            with pytest.raises((TypeError, ValueError)) as caught:
                call()
            assert len(str(caught.value)) < 700, f"{name}: a message that can be read"


@pytest.mark.parametrize("many", [2**31 - 1, 2**31, 2**63, 10**400])
def test_limits_of_any_size_are_no_limits(many):
    def phi(a):
        return (a - 3) ** 2, 2 * (a - 3)

    for search in (
        line_search.strong_wolfe,
        line_search.hager_zhang,
        line_search.armijo,
        line_search.bracketing,
    ):
        assert search(phi, max_evaluations=many) == search(phi)
    limits = {"maxiter": many, "maxfun": many, "maxls": many}
    for method in ("lbfgs", "bfgs", "gd"):
        assert minimize(bowl, [1.0], method=method, options=limits).x == pytest.approx(3)
    x = np.ones(2)
    solver = LBFGS(x, **limits)
    solver.step(lambda: bowl(x), iterations=many)
    assert solver.status is fastopt.Status.GRADIENT


def test_more_pairs_than_there_is_room_for():
    for many in (100_001, 2**31, 10**400):
        with pytest.raises(ValueError, match="memory: expected a whole number from 1 to 100000, got"):
            LBFGS([1.0], memory=many)


def test_what_messages_show():
    assert shown("a") == "'a'"
    assert shown(10 ** (2 * sys.get_int_max_str_digits())) == "a number beyond 1e+308"
    assert len(shown([0.0] * 10**6)) < 300
    assert shown(DEEP) == "a value of type list"
