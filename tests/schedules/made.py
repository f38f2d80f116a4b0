"""What tests of schedules share: schedules of any kind for hypothesis, and their values."""

from collections.abc import Callable

from hypothesis import settings
from hypothesis import strategies as st

from fastopt.schedules import (
    constant,
    cosine,
    cosine_restarts,
    cyclic,
    exponential,
    inverse_sqrt,
    inverse_time,
    join,
    linear,
    multiplicative,
    one_cycle,
    polynomial,
    product,
    step_decay,
    swa,
    warmup,
)


def values(schedule: Callable[[int], float], steps: int) -> list[float]:
    return [schedule(t) for t in range(steps)]


amounts = st.just(0.0) | st.floats(1e-6, 10)
counts = st.integers(1, 300)
rises = st.sets(counts, max_size=4).map(sorted)
steps = st.integers(0, 2000)

falling = st.one_of(
    st.builds(step_decay, amounts, period=counts, factor=st.floats(0, 1)),
    st.builds(step_decay, amounts, milestones=rises, factor=st.floats(0, 1)),
    st.builds(exponential, amounts, st.floats(0, 1), counts),
    st.builds(linear, amounts, counts),
    st.builds(cosine, amounts, counts),
    st.builds(polynomial, amounts, counts, st.floats(0.1, 5)),
    st.builds(inverse_sqrt, amounts, counts),
    st.builds(inverse_time, amounts, amounts, counts),
    st.builds(multiplicative, amounts, st.floats(0, 1)),
)
simple = st.one_of(
    falling,
    st.builds(constant, amounts),
    st.builds(linear, amounts, counts, amounts),
    st.builds(cosine, amounts, counts, amounts),
    st.builds(polynomial, amounts, counts, st.floats(0.1, 5), amounts),
    st.builds(cosine_restarts, amounts, counts, st.integers(1, 3), amounts, st.floats(0, 1)),
    st.builds(
        cyclic,
        amounts,
        amounts,
        counts,
        st.none() | counts,
        mode=st.sampled_from(["triangular", "triangular2", "exp_range"]),
        gamma=st.floats(0, 1),
    ),
    st.builds(
        one_cycle,
        amounts,
        counts,
        pct_start=st.floats(0, 0.5),
        anneal_strategy=st.sampled_from(["cos", "linear"]),
        three_phase=st.booleans(),
    ),
)
composed = st.recursive(
    simple,
    lambda inner: st.one_of(
        st.builds(
            warmup,
            inner | amounts,
            st.integers(0, 300),
            start=amounts,
            first=st.sampled_from(["zero", "one_over_n"]),
            overlap=st.booleans(),
        ),
        st.builds(
            swa,
            inner | amounts,
            st.integers(0, 300),
            amounts,
            st.integers(0, 300),
            anneal_strategy=st.sampled_from(["cos", "linear"]),
        ),
        st.builds(lambda a: product((a, 0.5, a)), inner),
        rises.flatmap(
            lambda b: st.builds(
                join, st.lists(inner | amounts, min_size=len(b) + 1, max_size=len(b) + 1), st.just(b)
            )
        ),
    ),
    max_leaves=4,
)
some = settings(max_examples=40)
