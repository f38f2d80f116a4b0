"""What is public is documented, and what the documentation shows runs."""

import dataclasses
import doctest
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fastopt
from fastopt import kernels, losses, losses_reference, optimizers, reference
from fastopt._common import threads
from fastopt.optimizers import OPTIMIZERS
from fastopt.rules.overheard import GUARDS

MODULES = [
    "fastopt",
    *(
        m.name
        for m in pkgutil.walk_packages(fastopt.__path__, "fastopt.")
        if m.name != "fastopt.bench.torch_worker"  # run as a file, by an interpreter that has torch
    ),
]


def public() -> Iterator[tuple[str, Any]]:
    for module in (reference, kernels, losses, losses_reference, optimizers, threads):
        for name, value in vars(module).items():
            mine = (
                name in getattr(module, "__all__", ())
                or getattr(value, "__module__", None) == module.__name__
            )
            if mine and not name.startswith("_") and (inspect.isfunction(value) or inspect.isclass(value)):
                yield f"{module.__name__}.{name}", value


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name: str) -> None:
    module = importlib.import_module(name)
    with np.printoptions(legacy=False):
        failed, _ = doctest.testmod(module, extraglobs={"np": np}, optionflags=doctest.ELLIPSIS)
    assert failed == 0


@pytest.mark.parametrize(("name", "value"), list(public()), ids=lambda x: x if isinstance(x, str) else "")
def test_public_objects_are_documented(name: str, value: Any) -> None:
    text = inspect.getdoc(value) or ""
    helpers = {"rule", "compose", "before", "corrections", "direction", "log_softmax", "square", *GUARDS}
    if name.rsplit(".", 1)[-1] in helpers:
        assert text
        return
    assert "Examples\n--------" in text, "an example that runs"
    if name.startswith("fastopt.losses."):
        for section in ("Parameters", "Returns", "Raises", "Notes", "References", ".. math::"):
            assert section in text, section
        for parameter in inspect.signature(value).parameters:
            assert re.search(rf"^{parameter} : ", text, re.MULTILINE), f"{parameter} is not documented"
    if inspect.isclass(value):
        for section in ("Parameters", "Raises", "References", ".. math::"):
            assert section in text or (section == ".. math::" and ":math:" in text), section
        for field in dataclasses.fields(value):
            assert field.name in text, f"{field.name} is not documented"


def test_the_table_of_rules_has_all_of_them_and_what_they_cost() -> None:
    text = (Path(__file__).parents[1] / "README.md").read_text().split("## The rules")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if "| `" in line]
    assert [row[0].strip("`") for row in rows] == [cls.__name__ for cls in OPTIMIZERS.values()]
    for (_, library, *_, state, _), cls in zip(rows, OPTIMIZERS.values(), strict=True):
        assert library == cls._library.replace("none", "")
        opt = cls(np.zeros((1000, 1000), np.float32))
        assert int(state.split()[0]) == sum(s[0].nbytes for s in opt._slots.values()) // 10**6


def test_the_top_shows_its_names() -> None:
    assert set(dir(fastopt)) == {*fastopt.__all__, "__version__"}
    assert fastopt.__version__ == fastopt.build_info()["version"]


# The modules whose names users write.
SHOWN = (
    *(name for name in fastopt.__all__ if inspect.ismodule(getattr(fastopt, name))),
    *("data", "losses_reference", "minimization", "models", "optimizers", "problems.standard"),
    *("training", "training.history"),
)


@pytest.mark.parametrize("name", SHOWN)
def test_modules_show_their_names_and_not_what_they_import(name: str) -> None:
    module = importlib.import_module(f"fastopt.{name}")
    assert dir(module) == sorted(module.__all__)
    assert all(hasattr(module, each) for each in dir(module))


@pytest.mark.parametrize("name", ["", *SHOWN])
def test_help_begins_with_names_and_defaults(name: str) -> None:
    """What NumPy's types and the checks of fields spell out would fill the screen."""
    module = importlib.import_module(f"fastopt.{name}".rstrip("."))
    for thing in (getattr(module, each) for each in dir(module)):
        if inspect.isfunction(thing) or (inspect.isclass(thing) and inspect.getdoc(thing)):
            signature = _signature(thing)
            assert not re.search(r"Annotated|numpy[.]_", signature), f"{thing.__name__}{signature}"


def _signature(thing: Any) -> str:
    try:
        return str(inspect.signature(thing))
    except ValueError:  # it has none
        return ""
