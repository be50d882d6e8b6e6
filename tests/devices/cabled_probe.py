"""A debug probe of pyOCD's that reaches a simulator, and is none by its id: `cable:HOST:PORT`.

So the harness holds it as it holds a probe on USB: in a process of its own.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pyocd.core.plugin import Plugin

from harness.probe.gdb_probe import GdbProbe

UID = "cable:"
PLUGGED_IN = "CABLED_PROBE"
"""The variable that names the id of the probe that is found without one."""


class CabledProbe(GdbProbe):
    """The `gdb:` probe by another id."""

    @classmethod
    def get_all_connected_probes(
        cls, unique_id: str | None = None, is_explicit: bool = False
    ) -> list[GdbProbe]:
        address = os.environ[PLUGGED_IN].removeprefix(UID)
        probe = cls.get_probe_with_id(unique_id or address, is_explicit=True)
        return [probe] if probe else []

    @property
    def unique_id(self) -> str:
        return super().unique_id.replace("gdb:", UID)


class CabledProbePlugin(Plugin):
    """What pyOCD loads."""

    def load(self) -> Any:
        return CabledProbe

    @property
    def name(self) -> str:
        return "cable"


def install(folder: Path) -> None:
    """Make pyOCD find the probe where `folder` is on Python's path."""
    info = folder / "cabled_probe-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: cabled-probe\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        "[pyocd.probe]\ncable = devices.cabled_probe:CabledProbePlugin\n"
    )
