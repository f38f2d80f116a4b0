"""The house: who may import whom, and how many rooms there are."""

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import fastopt

PACKAGE = Path(fastopt.__file__).parent

# A room, or a file beside the rooms, imports from the lines above its own only. "fastopt" is the door itself.
LEVELS = """
    _core
    _common
    rules losses regularizers line_search gradcheck data
    optimizers losses_reference minimization nn
    reference
    kernels problems
    drawing
    schedules
    training
    callbacks models plots trajectories
    fastopt
    bench
    cli
    __main__
"""
LEVEL = {room: k for k, line in enumerate(LEVELS.split("\n")) for room in line.split()}


def modules(package: Path) -> dict[str, Path]:
    """Return the files of a package under their names as modules."""
    names = {path: path.relative_to(package.parent).with_suffix("").parts for path in package.rglob("*.py")}
    return {".".join(name[:-1] if name[-1] == "__init__" else name): path for path, name in names.items()}


def imports(name: str, path: Path, known: Mapping[str, object]) -> Iterator[str]:
    """Yield what a file imports of its package, wherever: in a function, for type checkers, by its name."""
    top, package = name.partition(".")[0], name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            named = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            named = [f"{base}.{alias.name}" for alias in node.names]
            named = [module if module in known else base for module in named]
        elif isinstance(node, ast.Constant) and node.value in known and node.value != top:
            named = [node.value]
        else:
            continue
        yield from (module for module in named if module.partition(".")[0] == top and module != name)


def graph(package: Path) -> dict[str, set[str]]:
    """Return what each module of a package imports of it."""
    files = modules(package)
    known = files | {f"{package.name}._core": None}
    return {name: set(imports(name, path, known)) for name, path in files.items()}


def circle(arrows: Mapping[str, set[str]]) -> list[str]:
    """Return the modules of a circle, if there is one."""
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []


def room(module: str) -> str:
    """Return the room of a module, or its name if it is a file beside the rooms."""
    return module.split(".")[1] if "." in module else "fastopt"


def upward(arrows: Mapping[str, set[str]]) -> list[str]:
    """Return the imports that are not from a lower level."""
    return [
        f"{name} imports {other}"
        for name, others in arrows.items()
        for other in sorted(others)
        if room(name) != room(other) and LEVEL[room(name)] <= LEVEL[room(other)]
    ]


ARROWS = graph(PACKAGE)


def test_every_room_has_a_level() -> None:
    assert {room(name) for name in ARROWS} <= LEVEL.keys()


def test_files_do_not_import_in_circles() -> None:
    assert not circle(ARROWS)


def test_rooms_import_from_lower_levels() -> None:
    assert not upward(ARROWS)


def test_the_top_is_not_crowded() -> None:
    entries = [
        p.name for p in PACKAGE.iterdir() if p.name != "__pycache__" and not p.name.startswith("_core.c")
    ]
    assert len(entries) <= 30, sorted(entries)


@pytest.mark.parametrize(
    ("files", "found", "up"),
    [
        ({"_common/a": "from . import b", "_common/b": "x = 1"}, [], []),
        (
            {"_common/a": "from .b import x", "_common/b": "def f():\n    import fastopt._common.a"},
            ["fastopt._common.a", "fastopt._common.b"],
            [],
        ),
        (
            {"drawing/a": "if TYPE_CHECKING:\n    from fastopt.training.b import Run", "training/b": ""},
            [],
            ["fastopt.drawing.a imports fastopt.training.b"],
        ),
        (
            {"schedules/a": "import_module('fastopt.plots')", "plots": "from fastopt import _core"},
            [],
            ["fastopt.schedules.a imports fastopt.plots"],
        ),
        ({"kernels": "import fastopt"}, [], ["fastopt.kernels imports fastopt"]),
        ({"cli/a": "import fastopt\nfrom fastopt import plots", "plots": ""}, [], []),
    ],
)
def test_what_is_wrong_is_found(
    tmp_path: Path, files: dict[str, str], found: list[str], up: list[str]
) -> None:
    package = tmp_path / "fastopt"
    for name, text in {"__init__": "", **files}.items():
        path = (package / name).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    arrows = graph(package)
    assert sorted(set(circle(arrows))) == found
    assert upward(arrows) == up


def test_type_checkers_are_told_what_the_table_of_names_says() -> None:
    body = ast.parse((PACKAGE / "__init__.py").read_text()).body
    (checking,) = (node for node in body if isinstance(node, ast.If))
    told = {"gradcheck": "fastopt.gradcheck"}  # a module that can be called has a type of its own
    for node in checking.body:
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                if alias.asname:
                    whole = node.module == "fastopt"
                    told[alias.name] = f"fastopt.{alias.name}" if whole else node.module
    assert told == fastopt._LAZY
