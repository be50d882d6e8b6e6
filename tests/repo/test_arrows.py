"""Rooms import only what the house allows, lazily imported modules included."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import harness

PACKAGE = Path(harness.__file__).parent
BOTTOM = {"errors", "domain"}
LOGIC = {"model", "link", "results", "report"}
ADAPTERS = {"catalog", "build", "machine", "probe", "power", "doctor"}
MAY_IMPORT: dict[str, set[str]] = {
    "__init__": set(),
    "errors": set(),
    "domain": {"errors"},
    **dict.fromkeys(LOGIC | ADAPTERS, BOTTOM),
    "catalog": BOTTOM | {"bundled"},
    "bench": BOTTOM | LOGIC,
    "assembly": BOTTOM | LOGIC | ADAPTERS | {"bench"},
    "cli": BOTTOM | LOGIC | {"bench", "assembly"},
    "pytest_plugin": BOTTOM | LOGIC | {"bench", "assembly"},
    "__main__": {"cli"},
    "bundled": set(),
}


def modules(package: Path) -> Iterator[tuple[str, Path]]:
    """Each Python file of the package with the room it belongs to."""
    for path in sorted(package.rglob("*.py")):
        first = path.relative_to(package).parts[0]
        if first != "share":
            yield first.removesuffix(".py"), path


def imported(tree: ast.AST, file: Path, package: Path) -> Iterator[str]:
    """Every dotted name that a file imports, wherever in it the import stands."""
    here = [package.name, *file.relative_to(package).parent.parts]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = here[: len(here) - node.level + 1] if node.level else []
            module = [*base, *(node.module or "").split(".")]
            yield from (".".join([*filter(None, module), alias.name]) for alias in node.names)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "import_module":
            yield from (a.value for a in node.args if isinstance(a, ast.Constant))


def violations(package: Path) -> list[str]:
    """Every arrow that points up or sideways, as "file: room -> room"."""
    rooms = {room for room, _ in modules(package)}
    found = []
    for room, file in modules(package):
        for name in imported(ast.parse(file.read_text(encoding="utf-8")), file, package):
            root, target = (*name.split("."), "", "")[:2]
            if root == package.name and target in rooms - {room} - MAY_IMPORT[room]:
                found.append(f"{file.relative_to(package)}: {room} -> {target}")
    return found


def test_every_room_is_in_the_table() -> None:
    assert {room for room, _ in modules(PACKAGE)} <= set(MAY_IMPORT)


def test_no_arrow_points_up_or_sideways() -> None:
    assert violations(PACKAGE) == []


@pytest.mark.parametrize(
    ("file", "line", "arrow"),
    [
        ("link/frame.py", "from harness.probe import open_board", "link -> probe"),
        ("link/frame.py", "from harness import probe", "link -> probe"),
        ("catalog/targets.py", "def f():\n    import harness.build.cache", "catalog -> build"),
        ("results/store.py", "from ..report import table", "results -> report"),
        ("domain/plan.py", "import harness.catalog as c", "domain -> catalog"),
        ("errors.py", "from harness.domain.units import Unit", "errors -> domain"),
        ("bench/run.py", "from harness import build", "bench -> build"),
        ("bench/run.py", "from harness.assembly import plan", "bench -> assembly"),
        ("cli/app.py", "if 0:\n    from harness.machine import start_machine", "cli -> machine"),
        ("model/__init__.py", "importlib.import_module('harness.link')", "model -> link"),
    ],
)
def test_a_planted_arrow_is_found(tmp_path: Path, file: str, line: str, arrow: str) -> None:
    copy = tmp_path / PACKAGE.name
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__", "share", "*.npz"))
    with (copy / file).open("a", encoding="utf-8") as source:
        source.write(f"\n{line}\n")
    assert violations(copy) == [f"{file}: {arrow}"]
