"""Which functions of a library's header our kernels can reach, read from the sources as text."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from harness.domain.firmware import KernelSet, Library
from harness.domain.library_function import LibraryFunction
from harness.errors import LibraryUnavailable

HEADER = Path("Include") / "arm_nnfunctions.h"
_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_STRING = re.compile(r'"(?:\\.|[^"\\\n])*"')
_DIRECTIVE = re.compile(r"(?m)^[ \t]*#(?:[^\n]*\\\n)*[^\n]*")
_WORD = re.compile(r"[A-Za-z_]\w*")
_PROTOTYPE = re.compile(r"\b(arm_\w+)\s*\(")


def coverage(library: Library, kernel_sets: Iterable[KernelSet]) -> list[LibraryFunction]:
    """Every function of the library's header, in the header's order.

    A function is reached where a kernel of `kernel_sets` names it, or names one that does, in any
    branch of the preprocessor: so on some core and for some shape.

    Raises:
        LibraryUnavailable: a source cannot be read.
    """
    try:
        names = header_functions((library.root / HEADER).read_text("utf-8", "replace"))
        graph = _call_graph(sorted((library.root / "Source").rglob("*.c")))
        kernels = list(_kernel_words(library.name, kernel_sets))
    except OSError as error:
        raise LibraryUnavailable(
            f"{error.filename} cannot be read: {error.strerror}",
            where=str(library.root),
            hint="Make the file readable.",
        ) from error
    operators: dict[str, dict[str, None]] = {}
    callers: dict[str, str] = {}
    for operator, file, words in kernels:
        for name, caller in _reached(words, file, graph):
            operators.setdefault(name, {})[operator] = None
            callers.setdefault(name, caller)
    reasons = reasons_left_out(library.name)
    return [
        LibraryFunction(
            name,
            tuple(operators.get(name, ())),
            callers.get(name, ""),
            "" if name in operators else reasons.get(name, ""),
        )
        for name in names
    ]


def header_functions(text: str) -> list[str]:
    """The functions that a header declares, in order."""
    return list(dict.fromkeys(_PROTOTYPE.findall(_code(text))))


def bodies(text: str) -> Iterator[tuple[str, set[str]]]:
    """Each function that a C source defines, and the identifiers in its body."""
    depth, start, name = 0, 0, ""
    code = _code(text)
    for brace in re.finditer(r"[{}]", code):
        at = brace.start()
        if brace.group() == "{":
            if depth == 0:
                name, start = _defined(code[start:at]), at
            depth += 1
        else:
            depth -= 1
            if depth == 0:
                if name:
                    yield name, set(_WORD.findall(code[start:at]))
                start = at + 1


def reasons_left_out(library: str) -> dict[str, str]:
    """Why functions of `library` have no benchmark, by function."""
    file = Path(__file__).with_name("libraries") / f"{library.replace('-', '_')}_left_out.toml"
    if not file.is_file():
        return {}
    groups = tomllib.loads(file.read_text("utf-8"))["left_out"]
    return {name: group["reason"] for group in groups for name in group["functions"]}


def _code(text: str) -> str:
    """C without comments, strings and preprocessor lines; all branches of conditions stay."""
    return _DIRECTIVE.sub("", _STRING.sub("", _COMMENT.sub(" ", text)))


def _defined(declaration: str) -> str:
    """The function that the text before a brace defines, or nothing."""
    last = declaration.rpartition(";")[2]
    found = re.search(r"([A-Za-z_]\w*)\s*\(", last)
    return found.group(1) if found and last.rstrip().endswith(")") else ""


def _call_graph(sources: Iterable[Path]) -> dict[str, set[str]]:
    """Functions to identifiers in their bodies; functions of one name, if `static`, are merged."""
    graph: dict[str, set[str]] = {}
    for source in sources:
        own = dict(bodies(source.read_text("utf-8", "replace")))
        for name, words in own.items():
            graph.setdefault(name, set()).update(words)
    return graph


def _kernel_words(
    library: str, kernel_sets: Iterable[KernelSet]
) -> Iterator[tuple[str, str, set[str]]]:
    """Operator, file and identifiers of each kernel file of the sets that call the library."""
    seen: set[Path] = set()
    for kernel_set in kernel_sets:
        for folder in kernel_set.directories if kernel_set.library == library else ():
            for file in sorted(folder.glob("*.c")):
                if file not in seen:
                    seen.add(file)
                    words = set(_WORD.findall(_code(file.read_text("utf-8", "replace"))))
                    yield file.stem.upper(), f"{folder.name}/{file.name}", words


def _reached(
    words: set[str], file: str, graph: Mapping[str, set[str]]
) -> Iterator[tuple[str, str]]:
    """Every function reached from a kernel file and who calls it, the nearest first."""
    found = dict.fromkeys(sorted(words & graph.keys()), file)
    todo = list(found)
    while todo:
        caller = todo.pop(0)
        new = [name for name in sorted(graph[caller] & graph.keys()) if name not in found]
        found |= dict.fromkeys(new, caller)
        todo += new
    return iter(found.items())
