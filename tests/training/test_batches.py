"""Minibatches: every sample once, of whatever arrays are given, in their structure."""

import re
from collections import namedtuple

import numpy as np
import pytest

import fastopt
from fastopt import minibatches
from fastopt.training import Run
from fastopt.training.batches import Orders
from runs import MODEL, N, X, Y


@pytest.mark.parametrize("batch_size", [1, 8, 24, 25, 100])
def test_minibatches_show_every_sample_once(batch_size):
    batches = list(minibatches(X, Y, batch_size, seed=0))
    sizes = [len(y) for _, y in batches]
    assert sizes[:-1] == [batch_size] * (len(sizes) - 1)
    assert sum(sizes) == N
    x, y = (np.concatenate(parts) for parts in zip(*batches, strict=True))
    order = np.lexsort(x.T)
    expected = np.lexsort(X.T)
    np.testing.assert_array_equal(x[order], X[expected])
    np.testing.assert_array_equal(y[order], Y[expected])


def test_minibatches_are_seeded():
    def order(seed):
        return np.concatenate([y for _, y in minibatches(X, np.arange(N), 8, seed)]).tolist()

    assert order(1) == order(1) != order(2)
    generator = np.random.default_rng(1)
    first, second = order(generator), order(generator)
    assert first == order(1) != second


@pytest.mark.parametrize(
    ("x", "y", "batch_size", "message"),
    [
        (X, Y[1:], 8, "y: expected 25 labels, one a row of x, got 24"),
        (X[:0], Y[:0], 8, "x: expected at least one sample, got none"),
        (X, Y, 0, "batch_size: expected a whole number >= 1, got 0"),
    ],
)
def test_bad_batches(x, y, batch_size, message):
    with pytest.raises(ValueError, match=message):
        minibatches(x, y, batch_size, 0)
    with pytest.raises(ValueError, match=message):
        Run("run", MODEL.loss_and_grads, {}, (x, y), print, batch_size=batch_size, seed=0)


Pair = namedtuple("Pair", "image label")
Z = np.arange(N)
LEAVES = {"x": X, "y": Y, "z": Z}

# What is given, and what of it a batch holds, in the same structure.
STRUCTURES = {
    "one array": ((Z,), lambda pick: pick(Z)),
    "two": ((X, Z), lambda pick: (pick(X), pick(Z))),
    "three": ((X, Y, Z), lambda pick: (pick(X), pick(Y), pick(Z))),
    "a tuple": (((X, Z),), lambda pick: (pick(X), pick(Z))),
    "a tuple of one": (((Z,),), lambda pick: (pick(Z),)),
    "a list": (([X, Y, Z],), lambda pick: [pick(X), pick(Y), pick(Z)]),
    "a dict": (({"image": X, 3: Z},), lambda pick: {"image": pick(X), 3: pick(Z)}),
    "a dict and labels": (({"a": X, "b": Y}, Z), lambda pick: ({"a": pick(X), "b": pick(Y)}, pick(Z))),
    "a named tuple": ((Pair(X, Z),), lambda pick: Pair(pick(X), pick(Z))),
    "lists of numbers": ((X.tolist(), Z.tolist()), lambda pick: (pick(X), pick(Z))),
}


ENDLESS = {"a": X}
ENDLESS["b"] = ENDLESS


def as_lists(data):
    """Return a structure that can be compared."""
    if isinstance(data, dict):
        return {key: as_lists(value) for key, value in data.items()}
    if isinstance(data, tuple | list):
        return type(data), [as_lists(value) for value in data]
    return data.tolist()


@pytest.mark.parametrize("name", STRUCTURES)
@pytest.mark.parametrize("unnamed", [0, 1, 2])
def test_batches_have_the_structure_of_the_data(name, unnamed):
    data, expected = STRUCTURES[name]
    told = [("batch_size", 7), ("seed", 3)]
    batches = minibatches(*data, *(value for _, value in told[:unnamed]), **dict(told[unnamed:]))
    order = np.random.default_rng(3).permutation(N)
    chunks = [order[i : i + 7] for i in range(0, N, 7)]
    want = [as_lists(expected(lambda array: array[chunk])) for chunk in chunks]  # noqa: B023
    assert [as_lists(batch) for batch in batches] == want


@pytest.mark.parametrize(
    ("data", "options", "error", "message"),
    [
        ((X,), {}, TypeError, "batch_size: expected a whole number >= 1, got None"),
        ((), {"batch_size": 3}, ValueError, "data: expected at least one array, got none"),
        (((),), {"batch_size": 3}, ValueError, "data: expected at least one array, got none"),
        (({},), {"batch_size": 3}, ValueError, "data: expected at least one array, got none"),
        (
            (X, 8),
            {"batch_size": 3},
            TypeError,
            "expected batch_size and seed behind the arrays, once, got (8,)",
        ),
        ((X, 8, 0, 0), {}, TypeError, "expected batch_size and seed behind the arrays, once, got (8, 0, 0)"),
        (
            (X, 8, 0),
            {"seed": 3},
            TypeError,
            "expected batch_size and seed behind the arrays, once, got (8, 0)",
        ),
        ((X, 2.5), {}, TypeError, "batch_size: expected a whole number >= 1, got 2.5"),
        (
            ({"a": X, "b": Y[1:]}, 8),
            {},
            ValueError,
            "data['b']: expected 25 rows, one a row of data['a'], got 24",
        ),
        ((X, {"b": Y[1:]}, 8), {}, ValueError, "y['b']: expected 25 rows, one a row of x, got 24"),
        (([X, Y, Z[1:]], 8), {}, ValueError, "data[2]: expected 25 rows, one a row of data[0], got 24"),
        ((X, "abc", 8), {}, TypeError, "y: expected an array of numbers with one row a sample, got <U3"),
        (
            ([1, 2, 3], 8),
            {},
            TypeError,
            "data[0]: expected an array of numbers with one row a sample, got int",
        ),
        ((X, 8, -1), {}, ValueError, "seed: expected an integer >= 0"),
        (
            ({float("nan"): X, float("nan"): Y}, 8),
            {},
            ValueError,
            "data: expected keys that differ as text, got data[nan] twice",
        ),
        ((ENDLESS, 8), {}, ValueError, "data: expected arrays in lists or dicts, got one that holds itself"),
        (
            (X, ENDLESS, 8),
            {},
            ValueError,
            "data: expected arrays in lists or dicts, got one that holds itself",
        ),
    ],
)
def test_what_is_no_data_is_refused(data, options, error, message):
    with pytest.raises(error, match=re.escape(message)):
        fastopt.minibatches(*data, **options)


def test_the_order_of_an_epoch_depends_on_its_number_alone():
    through = Orders(N, 5)
    dealt = [through.deal().tolist() for _ in range(6)]
    assert len({tuple(order) for order in dealt}) == 6
    orders = Orders(N, 5)
    for epoch in (3, 4, 0, 5, 5, 1):
        orders.skip_to(epoch)
        assert orders.deal().tolist() == dealt[epoch]
    assert not orders.take_back()  # an integer has nothing to be set back
