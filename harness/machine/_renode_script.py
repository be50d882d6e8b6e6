"""The script that makes Renode a board: platform, speed, counter, link, reset and GDB server.

Source: Renode documentation, "Describing platforms", "Time framework" (PerformanceInMips, quantum,
AdvanceImmediately), "UART integration" (server socket terminals), "Debugging with GDB".
"""

from __future__ import annotations

from pathlib import Path

from harness.domain.target import Target
from harness.errors import BadDefinition

# N instructions take N / MIPS microseconds of virtual time. The platform descriptions run the cycle
# counter at as many MHz, so that one of its ticks is one instruction.
MIPS = 500
DWT_HZ = MIPS * 1_000_000
# Virtual time may run 10 ms ahead, and not wait for real time: three times as fast, and measured
# to change no count.
_QUANTUM = "0.01"
_ERRORS_ONLY = 3
_FOLDER = Path(__file__).with_name("renode_platforms")


def script(target: Target, *, link_port: int, gdb_port: int) -> str:
    """Return the script for `target`; nothing runs until a debugger starts time.

    Raises:
        BadDefinition: the target's machine names no platform or UART, or one there is not.
    """
    platform = _option(target, "platform", platforms())
    uart = _option(target, "uart")
    lines = [
        f'mach create "{target.id}"',
        f"machine LoadPlatformDescription {_at(_FOLDER / f'{platform}.repl')}",
        f"include {_at(_FOLDER / f'{platform}.resc')}",
        f"sysbus.cpu PerformanceInMips {MIPS}",
        f'emulation SetGlobalQuantum "{_QUANTUM}"',
        "emulation SetGlobalAdvanceImmediately true",
        # The third word: no telnet negotiation among the bytes.
        f'emulation CreateServerSocketTerminal {link_port} "link" false',
        f"connector Connect sysbus.{uart} link",
        # Without it a reset core has no vectors. Memory outlives a reset.
        "macro reset",
        '"""',
        f"    sysbus.cpu VectorTableOffset {target.memory.code.origin:#010x}",
        '"""',
        "runMacro $reset",
        f"machine StartGdbServer {gdb_port}",
        f"logLevel {_ERRORS_ONLY}",
    ]
    return "\n".join(lines) + "\n"


def include(path: Path) -> str:
    """Return the monitor command that runs the script at `path`."""
    return f"include {_at(path)}"


def platforms() -> list[str]:
    """The names a target may give as its platform, sorted."""
    return sorted(path.stem for path in _FOLDER.glob("*.repl"))


def _at(path: Path) -> str:
    return "@" + str(path.absolute()).replace(" ", "\\ ")


def _option(target: Target, key: str, known: list[str] | None = None) -> str:
    value = target.machine_options.get(key, "")
    if not value or (known is not None and value not in known):
        names = f" one of {', '.join(known)}" if known else ", for example usart3"
        raise BadDefinition(
            f"machine has no {key!r}" if not value else f"there is no {key} {value!r}",
            where=f"target {target.id}",
            hint=f"Write {key} ={names}.",
        )
    return value
