"""A debug probe of pyOCD's with a scripted core behind it, which can hang and crash like real ones.

Its id is `desk:FILE`; what the core is asked goes into that file.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path
from typing import Any

from devices.scripted_core import ScriptedCore
from pyocd.core.plugin import Plugin

from harness.probe import gdb_probe

UID = "desk:"
CPUID = 0xE000_ED00
CORTEX_M7 = b"\x72\xc2\x1f\x41"
HANGS = 0x2001_0000
HANGS_FOR_EVER = 0x2002_0000
CRASHES = 0x2003_0000
CHATTERS = 0x2004_0000
BREAKS = 0x2005_0000


class DeskCore(ScriptedCore):
    """Misbehaves where it is written to."""

    def __init__(self, log: Path) -> None:
        super().__init__()
        self.memory.update(enumerate(CORTEX_M7, CPUID))
        self._log = log
        self._note(f"held by {os.getpid()}")

    def halt(self) -> Any:
        self._note("halt")
        return super().halt()

    def resume(self) -> None:
        self._note("resume")
        super().resume()

    def reset(self) -> None:
        self._note("reset")
        super().reset()

    def close(self) -> None:
        self._note("close")

    def write_memory(self, address: int, data: bytes) -> None:
        if address == HANGS:
            self._note("hangs")
            time.sleep(600)
        elif address == HANGS_FOR_EVER:
            self._note("hangs")
            while True:
                with contextlib.suppress(KeyboardInterrupt):
                    time.sleep(600)
        elif address == CRASHES:
            os.kill(os.getpid(), signal.SIGSEGV)
        elif address == CHATTERS:
            os.write(1, b"what a driver prints\n")
        elif address == BREAKS:
            raise RuntimeError("a fault of the driver")
        super().write_memory(address, data)

    def _note(self, call: str) -> None:
        with self._log.open("a") as file:
            file.write(f"{call}\n")


class DeskProbe(gdb_probe.GdbProbe):
    """The `gdb:` probe with the scripted core for a server; the id `hang` is never found."""

    @classmethod
    def get_probe_with_id(cls, unique_id: str, is_explicit: bool = False) -> Any:
        if not is_explicit:
            return None
        if unique_id == "hang":
            time.sleep(600)
        probe = cls("desk", 0)
        probe.log = Path(unique_id)  # type: ignore[attr-defined]
        return probe

    def open(self) -> None:
        core = DeskCore(self.log)  # type: ignore[attr-defined]
        gdb_probe.open_backend = lambda *at, **options: core  # type: ignore[assignment]
        super().open()


class DeskProbePlugin(Plugin):
    """What pyOCD loads."""

    def load(self) -> Any:
        return DeskProbe

    @property
    def name(self) -> str:
        return "desk"


def install(folder: Path) -> None:
    """Make pyOCD find the probe where `folder` is on Python's path."""
    info = folder / "desk_probe-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: desk-probe\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        "[pyocd.probe]\ndesk = devices.desk_probe:DeskProbePlugin\n"
    )
