"""The entry point through which pyOCD finds the `gdb:` probe."""

from __future__ import annotations

from pyocd.core.options import OptionInfo  # type: ignore[import-untyped]
from pyocd.core.plugin import Plugin  # type: ignore[import-untyped]

from harness import __version__
from harness.probe.gdb_probe import DEFAULT_TIMEOUT_S, TIMEOUT_OPTION, GdbProbe


class GdbProbePlugin(Plugin):  # type: ignore[misc]
    """Makes `pyocd <command> -u gdb:HOST:PORT` open a GDB server as a debug probe."""

    def load(self) -> type[GdbProbe]:
        """Return the probe class."""
        return GdbProbe

    @property
    def options(self) -> list[OptionInfo]:
        """Return the session options of the probe."""
        help_text = "Seconds that one answer of a GDB server may take."
        return [OptionInfo(TIMEOUT_OPTION, float, DEFAULT_TIMEOUT_S, help_text)]

    @property
    def version(self) -> str:
        """Return the version of the harness."""
        return __version__

    @property
    def name(self) -> str:
        """Return the prefix of the unique ids."""
        return "gdb"

    @property
    def description(self) -> str:
        """Return one line for `pyocd list --plugins`."""
        return "A GDB server (QEMU and other simulators) as a debug probe"
