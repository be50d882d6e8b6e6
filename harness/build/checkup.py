"""Whether firmware can be built here: compilers, C library, CMake, Ninja, sources, cache."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.build.device_headers import headers_checkup
from harness.build.disassembly import OBJDUMP
from harness.build.libraries import library_checkups
from harness.build.process import run
from harness.build.tools import COMPILER, find_tool
from harness.domain.checkup import Answer, Ask, Finding, State, first_line, is_older, version_in
from harness.domain.target import Core, Target
from harness.errors import BuildError, ToolMissing

# A build of one firmware with CMSIS-NN takes about 20 MB while it lasts.
LEAST_FREE_BYTES = 200_000_000

_PART = "build"
_STOPS = BuildError.exit_code


@dataclass(frozen=True)
class _Tool:
    """A program: how it tells its version, the oldest that will do, and what installs it.

    `only_for` is what needs it, where most runs do without.
    """

    name: str
    question: tuple[str, ...]
    oldest: tuple[int, ...]
    install: str
    renew: str
    only_for: str = ""


def _tools(python: str) -> tuple[_Tool, ...]:
    pip = f"{shlex.quote(python)} -m pip install --upgrade"
    apt = "sudo apt-get install"
    return (
        # -ffile-prefix-map came with GCC 8.
        _Tool(
            *(COMPILER, ("-dumpfullversion",), (8,)),
            *(f"{apt} gcc-arm-none-eabi", f"{apt} --only-upgrade gcc-arm-none-eabi"),
        ),
        # cmake_minimum_required of firmware/CMakeLists.txt
        _Tool("cmake", ("--version",), (3, 20), f"{apt} cmake", f"{pip} cmake"),
        _Tool("ninja", ("--version",), (1, 8), f"{apt} ninja-build", f"{pip} ninja"),
        # Helium is disassembled since 2.33.
        _Tool(
            *(OBJDUMP, ("--version",), (2, 33)),
            *(f"{apt} binutils-arm-none-eabi", f"{apt} --only-upgrade binutils-arm-none-eabi"),
        ),
        # -mcpu=cortex-m55 came with LLVM 11.
        _Tool(
            *("clang", ("--version",), (11,), f"{apt} clang", f"{apt} --only-upgrade clang"),
            only_for="--build clang",
        ),
    )


def asker(deadline_s: float) -> Ask:
    """Return what asks a program, which is ended after `deadline_s` seconds."""

    def ask(command: Sequence[str | Path]) -> Answer:
        environment = os.environ | {"LC_ALL": "C"}
        try:
            finished = run(command, deadline_s=deadline_s, environment=environment)
        except BuildError as error:
            return Answer(None, error.what)
        return Answer(finished.status, finished.output)

    return ask


def checkup(
    targets: Sequence[Target],
    ask: Ask,
    cache_dir: Path,
    *,
    least_free: int = LEAST_FREE_BYTES,
    python: str = sys.executable,
) -> Iterator[Finding]:
    """All that a build for `targets` needs; nothing is downloaded, built or written.

    `python` is the interpreter whose pip downloads libraries.
    """
    compiler: Path | None = None
    for tool in _tools(python):
        finding = _look_at(tool, ask)
        yield finding
        if tool.name == COMPILER and finding.state is State.OK:
            compiler = find_tool(COMPILER)
    if compiler is not None:
        yield from _c_library(compiler, ask)
        for core in dict.fromkeys(target.core for target in targets):
            yield _core(compiler, core, ask)
    libraries = list(library_checkups(cache_dir))
    headers = dict.fromkeys(target.device_header for target in targets if target.device_header)
    libraries += [headers_checkup(header, cache_dir) for header in headers]
    yield from libraries
    yield _pip(ask, python, needed=any(library.state is not State.OK for library in libraries))
    yield _cache(cache_dir, least_free)


def _look_at(tool: _Tool, ask: Ask) -> Finding:
    try:
        path = find_tool(tool.name)
    except ToolMissing as error:
        return _not_stopping(tool, _missing(tool.name, error.what, tool.install))
    answer = ask([path, *tool.question])
    version = version_in(answer.output)
    if answer.status != 0 or not version:
        odd = f"{path}: {first_line(answer.output)}"
        return _not_stopping(tool, _faulty(tool.name, odd, tool.install))
    if is_older(version, tool.oldest):
        old = f"{path}: needs {'.'.join(map(str, tool.oldest))} or newer"
        return _not_stopping(tool, _faulty(tool.name, old, tool.renew, version))
    return Finding(_PART, tool.name, State.OK, version, str(path))


def _not_stopping(tool: _Tool, finding: Finding) -> Finding:
    """The finding, turned optional where only one thing needs the tool."""
    if not tool.only_for:
        return finding
    note = f"{finding.note}; only {tool.only_for} needs it"
    return replace(finding, state=State.OPTIONAL, note=note, exit_code=0)


def _c_library(compiler: Path, ask: Ask) -> Iterator[Finding]:
    answer = ask([compiler, "-E", "-dM", "-include", "newlib.h", "-x", "c", os.devnull])
    lines = [line for line in answer.output.splitlines() if '_NEWLIB_VERSION "' in line]
    if answer.status == 0 and lines:
        yield Finding(_PART, "newlib", State.OK, version_in(lines[0].replace('"', " ")))
    else:
        install = "sudo apt-get install libnewlib-arm-none-eabi"
        yield _missing("newlib", "the compiler finds no newlib.h", install)


def _core(compiler: Path, core: Core, ask: Ask) -> Finding:
    """Whether the compiler knows the core, and has headers and a C library for it."""
    name = f"gcc for {core.name}"
    renew = "sudo apt-get install --only-upgrade gcc-arm-none-eabi libnewlib-arm-none-eabi"
    compiled = ask(
        [compiler, *core.flags, "-fsyntax-only", "-include", "string.h", "-x", "c", os.devnull]
    )
    if compiled.status != 0:
        return _faulty(name, first_line(compiled.output), renew)
    linked = ask([compiler, *core.flags, "-print-file-name=libc.a"])
    if linked.status != 0 or os.sep not in linked.output:  # the bare name: not found
        return _faulty(name, "there is no libc.a for these flags", renew)
    return Finding(_PART, name, State.OK, note=" ".join(core.flags))


def _pip(ask: Ask, python: str, *, needed: bool) -> Finding:
    """Pip downloads libraries, and so is needed only where one is not there yet."""
    answer = ask([python, "-m", "pip", "--version"])
    version = version_in(answer.output)
    if answer.status == 0 and version:
        return Finding(_PART, "pip", State.OK, version)
    mend = f"{shlex.quote(python)} -m ensurepip"
    note = "it downloads libraries that are not in the cache"
    if needed:
        return _missing("pip", note, mend)
    return Finding(_PART, "pip", State.OPTIONAL, note=note, mend=mend)


def _cache(cache_dir: Path, least_free: int) -> Finding:
    """Whether the nearest folder that exists can be written, and has room."""
    candidates = (cache_dir.absolute(), *cache_dir.absolute().parents)
    there = next(path for path in candidates if os.access(path, os.F_OK))
    elsewhere = "export HARNESS_CACHE=$HOME/harness-cache"
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        return _faulty("cache", f"{there} cannot be written", elsewhere)
    try:
        free = shutil.disk_usage(there).free
    except OSError as error:
        return _faulty("cache", f"{there}: {error.strerror}", elsewhere)
    room = f"{cache_dir}, {free / 1e9:.1f} GB free"
    if free < least_free:
        room += f" of the {least_free / 1e9:.1f} GB that a build may take"
        return _faulty("cache", room, f"rm -r {shlex.quote(str(cache_dir))}")
    return Finding(_PART, "cache", State.OK, note=room)


def _missing(name: str, note: str, mend: str) -> Finding:
    return Finding(_PART, name, State.MISSING, note=note, mend=mend, exit_code=_STOPS)


def _faulty(name: str, note: str, mend: str, version: str = "") -> Finding:
    return Finding(_PART, name, State.FAULTY, version, note, mend, exit_code=_STOPS)
