"""What each kernel of a firmware can call, by disassembly of the ELF with binutils' objdump."""

from __future__ import annotations

import functools
import hashlib
import io
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from elftools.elf.elffile import ELFFile

from harness.build.elf import MALFORMED
from harness.build.origins import KernelEntry, files_of_functions, kernel_entries
from harness.build.process import run
from harness.build.tools import find_tool
from harness.domain.firmware import Firmware
from harness.domain.kernel_code import CodePath, LinkedFunction, LinkedKernel
from harness.errors import BuildError

OBJDUMP = "arm-none-eabi-objdump"
_DEADLINE_S = 60.0
_KEPT = 16
_FUNCTION = re.compile(r"^([0-9a-f]+) <([^>]+)>:$")
_INSTRUCTION = re.compile(r"^\s*[0-9a-f]+:\t([a-z0-9.]+)(?:\t(.*))?$")
_BRANCH = re.compile(r"^c?b[a-z.]*$")
_TARGET = re.compile(r"([0-9a-f]+) <[^>]+>$")
_VECTOR = re.compile(r"\bq[0-7]\b")
# Instructions on several parts of a word at once (Armv7-M manual, A4.4.3 and A4.4.7). GCC does not
# choose them for plain C, unlike SMLABB or PKHBT.
_TWO_AT_ONCE = re.compile(
    r"^(smlad|smladx|smlald|smlaldx|smlsd|smlsdx|smuad|smuadx|smusd|smusdx|[su]xta?b16"
    r"|[qsu]h?(?:add|sub)(?:8|16)|[qsu]h?(?:asx|sax)|[su]sat16)"
)


@dataclass
class _Function:
    name: str
    calls: dict[int, None] = field(default_factory=dict)
    path: CodePath = CodePath.SCALAR


def linked_kernels(firmware: Firmware, library_prefix: str = "arm_") -> list[LinkedKernel]:
    """Every operator of `firmware`, and the functions of the library that it can reach.

    The library's functions are those whose names start with `library_prefix`; `static` ones count
    as part of what calls them. Calls are branches to a known address: neither our kernels nor
    CMSIS-NN V.12.5.1 call through pointers.

    Raises:
        ToolMissing: objdump is not installed.
        BuildError: the ELF cannot be read or disassembled.
    """
    try:
        content = firmware.elf.read_bytes()
        read = _read(firmware.elf, hashlib.sha256(content).digest())
    except (OSError, *MALFORMED) as error:
        raise _unreadable(firmware.elf, str(error)) from error
    code = _Code(read.functions, read.static, library_prefix)
    return [_linked(entry, firmware, code) for entry in read.entries]


@dataclass(frozen=True)
class _Read:
    entries: Sequence[KernelEntry]
    static: set[int]
    functions: Mapping[int, _Function]


@functools.lru_cache(maxsize=_KEPT)
def _read(path: Path, sha256: bytes) -> _Read:
    """Take an ELF apart once for all the cases that run it; `sha256` tells its content."""
    elf = ELFFile(io.BytesIO(path.read_bytes()))
    entries = sorted(kernel_entries(elf), key=lambda entry: entry.operator)
    return _Read(entries, set(files_of_functions(elf)), _disassembled(path))


def _linked(entry: KernelEntry, firmware: Firmware, code: _Code) -> LinkedKernel:
    origin = firmware.kernels.get(entry.operator, "")
    return LinkedKernel(
        opcode=entry.opcode,
        operator=entry.operator,
        origin=origin,
        source=f"{origin}/{entry.file}" if origin else entry.file,
        functions=tuple(code.reached(entry.invoke)),
        fallback=entry.operator in firmware.fallbacks,
    )


@dataclass(frozen=True)
class _Code:
    functions: Mapping[int, _Function]
    static: set[int]
    prefix: str

    def reached(self, entry: int) -> Iterator[LinkedFunction]:
        """The library functions below `entry`, nearest first."""
        direct = self._library_calls(entry)
        found = dict.fromkeys(direct)
        todo = list(direct)
        while todo:
            new = [address for address in self._library_calls(todo.pop(0)) if address not in found]
            found |= dict.fromkeys(new)
            todo += new
        for address in found:
            name = self.functions[address].name
            yield LinkedFunction(name, self._path(address), address in direct)

    def _library_calls(self, function: int) -> list[int]:
        return [
            address
            for own in self._body(function)
            for address in self.functions[own].calls
            if address in self.functions and self._is_library(address)
        ]

    def _path(self, function: int) -> CodePath:
        used = {self.functions[address].path for address in self._body(function)}
        return next(path for path in CodePath if path in used)

    def _body(self, function: int) -> list[int]:
        """The function, and the `static` ones that only it and its like use."""
        found = [function] if function in self.functions else []
        for address in found:
            found += [
                called
                for called in self.functions[address].calls
                if called in self.static
                and called in self.functions
                and called not in found
                and not self._is_library(called)
            ]
        return found

    def _is_library(self, address: int) -> bool:
        return self.functions[address].name.startswith(self.prefix)


def _disassembled(elf: Path) -> dict[int, _Function]:
    """The functions of the ELF by address: whom they branch to, and what kind of code they are."""
    answer = run(
        [find_tool(OBJDUMP), "-d", "--no-show-raw-insn", elf],
        deadline_s=_DEADLINE_S,
        environment=os.environ | {"LC_ALL": "C"},
    )
    if answer.status != 0:
        raise _unreadable(elf, answer.output.strip().partition("\n")[0])
    functions: dict[int, _Function] = {}
    current = _Function("")
    for line in answer.output.splitlines():
        if start := _FUNCTION.match(line):
            current = functions.setdefault(int(start[1], 16), _Function(start[2]))
        elif instruction := _INSTRUCTION.match(line):
            _note(current, instruction[1], instruction[2] or "")
    return functions


def _note(function: _Function, name: str, operands: str) -> None:
    """Take one instruction into account."""
    target = _TARGET.search(operands)
    if target and _BRANCH.match(name):
        function.calls[int(target[1], 16)] = None
    elif _VECTOR.search(operands):
        function.path = CodePath.MVE
    elif function.path is CodePath.SCALAR and _TWO_AT_ONCE.match(name):
        function.path = CodePath.DSP


def _unreadable(elf: Path, why: str) -> BuildError:
    return BuildError(
        f"cannot be disassembled: {why}",
        where=str(elf),
        hint="Build the firmware again.",
    )
