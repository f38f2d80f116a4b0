"""The sides that take steps in this process: fastopt, its probe, and the same rule in NumPy and in Python."""

from functools import partial
from itertools import count
from typing import Any

import numpy as np

from fastopt import _core, reference
from fastopt._common.trees import Array
from fastopt.bench.generate import compiled, numpy_source, python_source
from fastopt.bench.timing import Side
from fastopt.bench.workload import Numbers, Workload
from fastopt.rules.overheard import overhear, plain_rule

FIRST = 1000
"""The number of the first step: those of a run under way are measured, not what a rule does at its start."""


def fastopt_side(numbers: Numbers, first: int = FIRST) -> Side:
    """Return the public call: ``opt.step(grads)``, on one array or on a list."""
    params = numbers.params()
    single = len(params) == 1
    opt = numbers.workload.optimizer(params[0] if single else params)
    opt._count[0] = first - 1

    def arrays() -> list[list[Array]]:
        state = opt.state
        slots: list[Any] = [[state[slot]] if single else state[slot] for slot in numbers.workload.slots]
        return [list(each) for each in zip(params, *slots, strict=True)]

    return Side("fastopt", numbers.workload.elements, opt.step, _grads(numbers), arrays)


def probe_side(numbers: Numbers) -> Side:
    """Return the yardstick: as many streams as the rule has, and next to no arithmetic."""
    params, state = numbers.params(), numbers.state()
    slots, single = len(numbers.workload.slots), len(params) == 1
    plan = _core.Plan(
        rule=f"probe{slots}",
        variant=0,
        maximize=False,
        params=params[0] if single else params,
        state=[[each[k] for each in state] for k in range(slots)],
        count=np.zeros(1, np.int64),
        scalars=np.zeros((1, 0)),
    )
    constants = 1e-3, 0.0

    def step(grads: Any, *, check_finite: bool = False) -> None:  # as Optimizer.step
        plan.step(grads, constants, bool(check_finite))

    grads = _grads(numbers)
    return Side("probe", numbers.workload.elements, step, grads, lambda: _rows(params, state))


def numpy_side(numbers: Numbers) -> Side:
    """Return NumPy as one would write it: the reference, without its guards against denormal numbers."""
    workload = numbers.workload
    params, state = numbers.params(), numbers.state()
    rule, hyper, steps = plain_rule(workload.rule), workload.hyper, count(FIRST)
    if not workload.elementwise:
        opt = workload.optimizer(params)
        opt._count[0] = FIRST - 1
        state = [list(each) for each in zip(*opt._slots.values(), strict=True)]
        take = partial(reference._step, opt, rule=rule)
        return Side("numpy", workload.elements, take, numbers.grads, lambda: _rows(params, state))
    names = workload.slots
    named = [dict(zip(names, each, strict=True)) for each in state]

    def step(grads: list[Array]) -> None:
        t = next(steps)
        for p, g, slots in zip(params, grads, named, strict=True):
            rule(p, g, **slots, step=t, **hyper)

    return Side("numpy", workload.elements, step, numbers.grads, lambda: _rows(params, state))


def numpy_out_side(numbers: Numbers) -> Side:
    """Return NumPy with ``out=``: as few passes and as little memory as its ufuncs allow."""
    workload = numbers.workload
    params, state = numbers.params(), numbers.state()
    formula = overhear(workload.rule, workload.slots, workload.hyper, FIRST)
    source, dtypes = numpy_source(formula)
    work = [np.empty(workload.size, workload.dtype if dtype is float else dtype) for dtype in dtypes]
    rule, hyper, steps, dtype = compiled(source), formula.hyper, count(FIRST), np.dtype(workload.dtype)
    grads = [
        [(p, g, *each, *work) for p, g, each in zip(params, one, state, strict=True)] for one in numbers.grads
    ]

    def step(arrays: list[tuple[Array, ...]]) -> None:
        rule(arrays, next(steps), dtype, **hyper)

    return Side("numpy_out", workload.elements, step, grads, lambda: _rows(params, state))


def python_side(numbers: Numbers) -> Side:
    """Return plain Python: a loop over lists of floats, which are of double precision."""
    workload = numbers.workload
    params = [p.tolist() for p in numbers.params()]
    state = [[s.tolist() for s in each] for each in numbers.state()]
    formula = overhear(workload.rule, workload.slots, workload.hyper, FIRST)
    rule, hyper, steps = compiled(python_source(formula)), formula.hyper, count(FIRST)
    grads = [
        [(p, g.tolist(), *each) for p, g, each in zip(params, one, state, strict=True)]
        for one in numbers.grads
    ]

    def step(arrays: list[tuple[list[float], ...]]) -> None:
        rule(arrays, next(steps), **hyper)

    return Side("python", workload.elements, step, grads, lambda: _rows(params, state))


def small(workload: Workload, elements: int) -> Workload:
    """Return the workload cut down to some `elements` at most: fewer arrays first, then shorter ones."""
    size = min(workload.size, elements)
    arrays = max(1, min(workload.count, elements // size))
    return Workload(workload.rule, size, arrays, workload.dtype, workload.options)


def _grads(numbers: Numbers) -> list[Any]:
    """Return the sets of gradients in the structure of the parameters: one array, or a list."""
    return [grads[0] if len(grads) == 1 else grads for grads in numbers.grads]


def _rows(params: list[Any], state: list[list[Any]]) -> list[list[Any]]:
    return [[p, *each] for p, each in zip(params, state, strict=True)]
