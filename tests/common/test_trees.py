"""Structures of arrays, taken apart and put together."""

from collections import OrderedDict, namedtuple

import numpy as np
import pytest

from fastopt._common.trees import Tree, expect_an_end, mapped, summary, walk

Pair = namedtuple("Pair", "a b")
ONE, TWO = np.zeros(1), np.ones(2)


@pytest.mark.parametrize(
    ("structure", "names", "said", "like"),
    [
        (ONE, ["x"], "one array", 0),
        ([ONE, TWO], ["x[0]", "x[1]"], "a list of 2 arrays", [0, 1]),
        ((ONE,), ["x[0]"], "a list of 1 array", [0]),
        ({"W": ONE, 3: TWO}, ["x['W']", "x[3]"], "a dict of 'W', 3", {"W": 0, 3: 1}),
        (OrderedDict(b=ONE, a=TWO), ["x['b']", "x['a']"], "a dict of 'b', 'a'", {"b": 0, "a": 1}),
    ],
)
def test_a_tree_is_put_together_as_it_was(structure, names, said, like):
    tree = Tree("x", structure)
    assert (tree.names, str(tree), tree.like(range(len(names)))) == (names, said, like)
    assert [id(array) for _, array in tree.named] == [id(array) for array in (ONE, TWO)[: len(names)]]
    assert list(tree.by_key.values()) == tree.arrays


@pytest.mark.parametrize("structure", [None, 3.0, "W", set(), [], {}, ()], ids=repr)
def test_what_is_no_tree(structure):
    with pytest.raises((TypeError, ValueError), match=r"^x: expected "):
        Tree("x", structure)


def test_walking_and_mapping_take_one_order():
    nested = {"layers": [(1, 2.0), Pair(None, {"c": "text"})], "empty": []}
    labels, values = zip(*walk("x", nested), strict=True)
    assert labels == ("x['layers'][0][0]", "x['layers'][0][1]", "x['layers'][1][0]", "x['layers'][1][1]['c']")
    counted = iter(range(4))
    assert mapped(lambda _: next(counted), nested) == {"layers": [(0, 1), Pair(2, {"c": 3})], "empty": []}
    assert values == (1, 2.0, None, "text")
    assert isinstance(mapped(str, nested)["layers"][1], Pair)


def test_what_holds_itself_has_no_end():
    endless = [1]
    endless.append({"again": endless})
    with pytest.raises(ValueError, match="x: expected arrays in lists or dicts, got one that holds itself"):
        expect_an_end("x", endless)


def test_summary():
    assert [summary(x) for x in (None, (1,), TWO, np.float32(1), 1)] == [
        "None", "a tuple of 1", "float64 of shape (2,)", "float32 of shape ()", "int",
    ]  # fmt: skip
