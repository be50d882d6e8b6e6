"""BKPT instructions that a debugger plants, as breakpoints of a simulator."""

from __future__ import annotations

from harness.probe.backend import Backend

_BKPT = 0xBE


class PlantedBreakpoints:
    """Makes a BKPT that is written to memory halt a core on which the instruction does not.

    A breakpoint at its address stops the core before it; any other write there ends that.
    """

    def __init__(self) -> None:
        self._planted: set[int] = set()

    def follow(self, core: Backend, address: int, data: bytes) -> None:
        """Take notice of `data` that was written to `address`."""
        for planted in [at for at in self._planted if address - 1 <= at < address + len(data)]:
            core.set_breakpoint(planted, present=False)
            self._planted.discard(planted)
        if len(data) == 2 and data[1] == _BKPT:
            core.set_breakpoint(address, present=True)
            self._planted.add(address)
