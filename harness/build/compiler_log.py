"""What went wrong, from the output of CMake, the compiler and the linker."""

from __future__ import annotations

import re
from pathlib import Path

from harness.domain.target import Memory
from harness.errors import BuildError, CompileFailed, ImageTooLarge

_OVERFLOW = re.compile(r"region [`'](?P<region>\w+)' overflowed by (?P<bytes>\d+) bytes")
_COMPILER = re.compile(
    r"^(?P<where>[^\s:][^:\n]*:\d+)(?::\d+)?: (?:fatal )?error: (?P<what>.+)$", re.M
)
_LINKER = re.compile(r"^.*?(?P<what>undefined reference to .+|multiple definition of .+)$", re.M)
_CMAKE = re.compile(
    r"^CMake Error(?: at (?P<where>\S+:\d+)(?: \([^\n]*\))?)?:\s*(?P<what>.+)$", re.M
)
_OTHER = re.compile(r"^(?P<what>.*\b(?:error|overflowed)\b.*|FAILED: .+)$", re.M | re.I)


def build_failure(log: str, log_file: Path, memory: Memory, label: str) -> BuildError:
    """The error that the output `log` tells of; the whole of it is in `log_file`.

    `label` names the build (target, kernel set, variant), `memory` gives the size of regions.
    """
    overflow = _overflow(log, memory)
    if overflow:
        region, need, have = overflow
        return ImageTooLarge(
            f"memory region {region}",
            need=need,
            have=have,
            where=label,
            hint="Use a smaller kernel set or optimisation, or a target with more memory; "
            f"the linker's output is in {log_file}.",
        )
    where, what = first_error(log)
    return CompileFailed(
        f"the firmware for {label} does not build: {what}",
        where=where or str(log_file),
        hint=f"Correct what it names; the whole output is in {log_file}.",
        log=log,
    )


def _overflow(log: str, memory: Memory) -> tuple[str, int, int] | None:
    """Region, bytes needed and bytes there, where the linker says that one is too small."""
    overflow = _OVERFLOW.search(log)
    region = getattr(memory, overflow["region"].lower(), None) if overflow else None
    if overflow and region is not None:
        return overflow["region"].lower(), region.length + int(overflow["bytes"]), region.length
    return None


def first_error(log: str) -> tuple[str, str]:
    """Place and text of the first error in `log`; the place may be empty."""
    for pattern in (_COMPILER, _LINKER, _CMAKE, _OTHER):
        match = pattern.search(log)
        if match:
            return (match.groupdict().get("where") or "", match["what"].strip())
    lines = log.strip().splitlines()
    return "", lines[-1] if lines else "no output"
