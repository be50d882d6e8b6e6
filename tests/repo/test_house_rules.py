"""Rules that every file of the repository keeps."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from checkout import ROOT, name_of, tracked, tracked_files

FRONT_DOORS = ("harness/cli/", "harness/pytest_plugin/", "harness/bundled/train_digits.py")
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "misc"}

# Written in two halves, so that this file does not break its own rule.
MACHINE_TRACES = [
    re.escape("/wo" + "rk/"),
    re.escape("/ro" + "ot/"),
    r"/ho" + r"me/\w",
    re.escape("/opt/py" + "pi"),
    re.escape("py" + "pi.org"),
    re.escape("python" + "hosted.org"),
    r"index-url[ =]\S*" + "//",
]

BLIND = {"Exception", "BaseException"}

Rule = Callable[[ast.AST], bool]


def is_print(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    )


def is_blind_handler(node: ast.AST) -> bool:
    """A bare `except`, or one that catches everything and does not pass it on."""
    if not isinstance(node, ast.ExceptHandler) or node.type is None:
        return isinstance(node, ast.ExceptHandler)
    kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
    passed_on = isinstance(last := node.body[-1], ast.Raise) and last.exc is None
    return not passed_on and any(getattr(kind, "id", "") in BLIND for kind in kinds)


def breaches(rule: Rule, source: str) -> list[int]:
    """Line numbers at which a source text breaks a rule."""
    return [node.lineno for node in ast.walk(ast.parse(source)) if rule(node)]


def all_breaches(rule: Rule, files: Iterable[Path]) -> list[str]:
    return [
        f"{name_of(file)}:{line}"
        for file in files
        for line in breaches(rule, file.read_text(encoding="utf-8"))
    ]


def test_only_front_doors_print() -> None:
    inside = (f for f in tracked(".py", "harness") if not name_of(f).startswith(FRONT_DOORS))
    assert all_breaches(is_print, inside) == []


def test_no_handler_is_blind() -> None:
    assert all_breaches(is_blind_handler, tracked(".py")) == []


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        (is_print, "def f():\n    print(1)"),
        (is_blind_handler, "try:\n    f()\nexcept:\n    pass"),
        (is_blind_handler, "try:\n    f()\nexcept:\n    raise"),
        (is_blind_handler, "try:\n    f()\nexcept Exception:\n    pass"),
        (is_blind_handler, "try:\n    f()\nexcept (OSError, BaseException):\n    pass"),
    ],
)
def test_a_planted_breach_is_found(rule: Rule, source: str) -> None:
    assert len(breaches(rule, source)) == 1


def test_cleaning_up_and_passing_on_is_no_breach() -> None:
    source = "try:\n    f()\nexcept BaseException:\n    g()\n    raise"
    assert breaches(is_blind_handler, source) == []


def test_every_module_says_what_it_is() -> None:
    silent = [
        name_of(file)
        for file in tracked(".py")
        if not ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    ]
    assert silent == []


def test_every_firmware_source_says_what_it_is() -> None:
    sources = (*tracked(".c", "firmware"), *tracked(".h", "firmware"))
    assert sources
    silent = [name_of(f) for f in sources if not f.read_text().lstrip().startswith(("/*", "//"))]
    assert silent == []


def test_names_are_the_fields_own() -> None:
    vague = [
        name_of(file)
        for file in tracked_files()
        if VAGUE_NAMES & {part.split(".")[0].lower() for part in file.relative_to(ROOT).parts}
    ]
    assert vague == []


def test_no_file_knows_the_machine_it_was_made_on() -> None:
    traces = re.compile("|".join(MACHINE_TRACES))
    found = []
    for file in tracked_files():
        data = file.read_bytes()
        if b"\0" not in data and (hit := traces.search(data.decode("utf-8", "replace"))):
            found.append(f"{name_of(file)}: {hit.group()}")
    assert found == []


def test_the_licence_is_the_stated_one() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert "Apache License" in text.splitlines()[1]
    assert "Version 2.0, January 2004" in text
    assert project["license"] == "Apache-2.0"
    assert project["license-files"] == ["LICENSE"]


def is_loose_hint(node: ast.AST) -> bool:
    """An error's hint in plain text that is not a sentence: capital letter, full stop."""
    if not isinstance(node, ast.keyword) or node.arg != "hint":
        return False
    parts = node.value.values if isinstance(node.value, ast.JoinedStr) else [node.value]
    texts = [part.value for part in parts if isinstance(part, ast.Constant)]
    if not texts or texts == [None]:
        return False
    first, last = str(texts[0]), str(texts[-1])
    starts = parts[0] is not None and isinstance(parts[0], ast.Constant) and first[:1].islower()
    ends = isinstance(parts[-1], ast.Constant) and last != "" and not last.endswith((".", "!", "?"))
    return starts or ends


def test_hints_are_sentences() -> None:
    assert breaches(is_loose_hint, "E('x', hint='do it')") == [1]
    assert breaches(is_loose_hint, "E('x', hint=f'Do {this}.')") == []
    assert all_breaches(is_loose_hint, tracked(".py", "harness")) == []
