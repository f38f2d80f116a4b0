"""What a seed may be: an integer, a generator, or nothing."""

import numpy as np

from fastopt._common.wording import shown

__all__ = ["judged_rng"]


def judged_rng(seed: object, label: str = "seed") -> np.random.Generator:
    """Return the generator that a seed stands for, or say what is wrong with it."""
    expected = (
        f"{label}: expected an integer >= 0, a numpy.random.Generator or None, "
        f"got {shown(seed)} ({type(seed).__name__})"
    )
    if not _is_seed(seed):
        raise TypeError(expected)
    try:
        return np.random.default_rng(seed)  # type: ignore[arg-type]
    except ValueError as error:  # negative
        raise ValueError(expected) from error


def _is_seed(seed: object) -> bool:
    """Say whether NumPy may be given this as a seed: on a list that holds itself it crashes."""
    if isinstance(seed, list | tuple):
        return all(isinstance(part, int | np.integer) for part in seed)
    if isinstance(seed, np.ndarray):
        return seed.dtype.kind in "iu"
    return seed is None or isinstance(seed, SEEDS)


SEEDS = (
    int,
    np.integer,
    np.random.Generator,
    np.random.BitGenerator,
    np.random.RandomState,
    np.random.bit_generator.ISeedSequence,
)
