"""What each kernel of a firmware can call, by disassembly of the ELF with binutils' objdump."""

from __future__ import annotations

import functools
import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.elffile import ELFFile

from harness.build.disassembly import Function, disassembled, unreadable
from harness.build.elf import MALFORMED
from harness.build.kernel_reach import kernel_reach
from harness.build.origins import KernelEntry, files_of_functions, kernel_entries
from harness.domain.firmware import Firmware
from harness.domain.kernel_code import CodePath, LinkedFunction, LinkedKernel
from harness.domain.target import Region

_KEPT = 16


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
        read = _read(firmware.elf, hashlib.sha256(firmware.elf.read_bytes()).digest())
    except (OSError, *MALFORMED) as error:
        raise unreadable(firmware.elf, str(error)) from error
    code = _Code(read.functions, read.static, library_prefix)
    return [_linked(entry, flash, firmware, code) for entry, flash in read.entries]


@dataclass(frozen=True)
class _Read:
    entries: Sequence[tuple[KernelEntry, frozenset[Region]]]
    static: set[int]
    functions: Mapping[int, Function]


@functools.lru_cache(maxsize=_KEPT)
def _read(path: Path, sha256: bytes) -> _Read:
    """Take an ELF apart once for all the cases that run it; `sha256` tells its content."""
    elf = ELFFile(io.BytesIO(path.read_bytes()))
    functions = disassembled(path)
    found = zip(kernel_entries(elf), kernel_reach(elf, functions), strict=True)
    entries = sorted(found, key=lambda pair: pair[0].operator)
    return _Read(entries, set(files_of_functions(elf)), functions)


def _linked(
    entry: KernelEntry, flash: frozenset[Region], firmware: Firmware, code: _Code
) -> LinkedKernel:
    origin = firmware.kernels.get(entry.operator, "")
    return LinkedKernel(
        opcode=entry.opcode,
        operator=entry.operator,
        origin=origin,
        source=f"{origin}/{entry.file}" if origin else entry.file,
        functions=tuple(code.reached(entry.invoke)),
        fallback=entry.operator in firmware.fallbacks,
        flash=flash,
    )


@dataclass(frozen=True)
class _Code:
    functions: Mapping[int, Function]
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
