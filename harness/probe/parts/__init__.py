"""What has to be known of a part beyond pyOCD's own description of it.

A module named like pyOCD's target type has `RAM`, the memories that pyOCD's map of it lacks, and
`also_erased(region)`, the flash that pyOCD's algorithm erases beyond a region it programs. A part
without a module needs none.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from harness.domain.target import Memory, Region
from harness.errors import ConfigError


def part_named(pyocd_target: str) -> ModuleType | None:
    """Return the module of a part, or None where it has none."""
    names = {found.name for found in pkgutil.iter_modules(__path__)}
    name = pyocd_target.lower()
    return importlib.import_module(f"{__name__}.{name}") if name in names else None


def require_safe_layout(pyocd_target: str, memory: Memory) -> None:
    """Refuse a layout in which programming one region of flash damages another.

    Raises:
        ConfigError: naming both regions, and the addresses that must stay unused between them.
    """
    part = part_named(pyocd_target)
    if part is None:
        return
    regions = {"code": memory.code, "model_slot": memory.model_slot}
    for name, region in regions.items():
        for lost in part.also_erased(region):
            for other_name, other in regions.items():
                if _overlap(lost, other):
                    raise _unsafe(pyocd_target, name, lost, other_name)


def _overlap(one: Region, other: Region) -> bool:
    return one.origin < other.origin + other.length and other.origin < one.origin + one.length


def _unsafe(pyocd_target: str, name: str, lost: Region, other: str) -> ConfigError:
    victim = "itself" if name == other else f"{other!r}"
    return ConfigError(
        f"programming {name!r} also erases {lost.origin:#010x} to "
        f"{lost.origin + lost.length - 1:#010x}, which would damage {victim}",
        where=f"[memory] of a target with pyocd_target {pyocd_target!r}",
        hint=f"Leave the flash sector behind {name!r} unused, and the last one of the flash.",
    )
