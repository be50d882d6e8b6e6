"""The functions of a firmware and whom each branches to, by binutils' objdump."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from harness.build.process import run
from harness.build.tools import find_tool
from harness.domain.kernel_code import CodePath
from harness.errors import BuildError

OBJDUMP = "arm-none-eabi-objdump"
_DEADLINE_S = 60.0
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
class Function:
    """Its name, the addresses it branches to, and the most special code it has."""

    name: str
    calls: dict[int, None] = field(default_factory=dict)
    path: CodePath = CodePath.SCALAR


def disassembled(elf: Path) -> dict[int, Function]:
    """The functions of the ELF by address: whom they branch to, and what kind of code they are.

    Raises:
        ToolMissing: objdump is not installed.
        BuildError: it cannot read the ELF.
    """
    answer = run(
        [find_tool(OBJDUMP), "-d", "--no-show-raw-insn", elf],
        deadline_s=_DEADLINE_S,
        environment=os.environ | {"LC_ALL": "C"},
    )
    if answer.status != 0:
        raise unreadable(elf, answer.output.strip().partition("\n")[0])
    functions: dict[int, Function] = {}
    current = Function("")
    for line in answer.output.splitlines():
        if start := _FUNCTION.match(line):
            current = functions.setdefault(int(start[1], 16), Function(start[2]))
        elif instruction := _INSTRUCTION.match(line):
            _note(current, instruction[1], instruction[2] or "")
    return functions


def _note(function: Function, name: str, operands: str) -> None:
    """Take one instruction into account."""
    target = _TARGET.search(operands)
    if target and _BRANCH.match(name):
        function.calls[int(target[1], 16)] = None
    elif _VECTOR.search(operands):
        function.path = CodePath.MVE
    elif function.path is CodePath.SCALAR and _TWO_AT_ONCE.match(name):
        function.path = CodePath.DSP


def unreadable(elf: Path, why: str) -> BuildError:
    """Why nothing is known of the code of `elf`."""
    return BuildError(
        f"cannot be disassembled: {why}",
        where=str(elf),
        hint="Build the firmware again.",
    )
