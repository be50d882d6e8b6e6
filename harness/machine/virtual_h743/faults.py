"""What can be made to go wrong with the chip, each by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from harness.machine.virtual_h743.chip import Chip
from harness.machine.virtual_h743.clocks import BROWN_OUT_FLAGS
from harness.machine.virtual_h743.identity import DEVICE_ID
from harness.machine.virtual_h743.link import Link
from harness.machine.virtual_h743.memory_map import FLASH, FLASH_BYTES, SECTOR_BYTES
from harness.machine.virtual_h743.server import Server

_SECTORS = FLASH_BYTES // SECTOR_BYTES


class BadFault(Exception):
    """A fault that is not known, or whose argument is no number in its range."""


@dataclass(frozen=True)
class Rig:
    """What a fault may take hold of."""

    chip: Chip
    link: Link
    server: Server


@dataclass(frozen=True)
class Fault:
    """A kind of fault; `default` is its argument, and `limit` the first that is too large."""

    name: str
    argument: str
    default: int
    limit: int
    help: str
    happen: Callable[[Rig, int], None]

    @property
    def usage(self) -> str:
        """How it is written."""
        return f"{self.name}[={self.argument}]" if self.argument else self.name


def _protect(rig: Rig, sectors: int) -> None:
    rig.chip.flash.protected = sectors
    rig.chip.flash.reset()


def _stick(rig: Rig, address: int) -> None:
    """Bit 0 of the byte there is a one, whatever is programmed."""
    rig.chip.flash.stuck_high = (address - FLASH, 1)


def _stay_busy(rig: Rig, operation: int) -> None:
    rig.chip.flash.stays_busy = lambda number: number >= operation


def _lose_power(rig: Rig, which: int) -> None:
    seen = [0]

    def on_erase(sector: int) -> None:
        seen[0] += 1
        if seen[0] == which:
            # Half of the sector's charge is gone, and the write buffers with the supply.
            rig.chip.flash.erase_half(sector)
            rig.server.power_off()

    rig.chip.flash.on_erase = on_erase


def _brown_out(rig: Rig, which: int) -> None:
    seen = [0]

    def on_pin(port: str, pin: int, level: bool, at: int) -> None:
        seen[0] += level
        if level and seen[0] >= which:
            rig.chip.ask_for_reset(BROWN_OUT_FLAGS)

    rig.chip.on_pin.append(on_pin)


def _silence(rig: Rig, argument: int) -> None:
    rig.link.dead = True


def _nothing(rig: Rig, argument: int) -> None:
    """The chip was made with it."""


_KINDS = (
    Fault(
        "write-protect",
        "SECTORS",
        (1 << _SECTORS) - 1,
        1 << _SECTORS,
        "these sectors (a bit each; all) refuse erase and program: WRPERR",
        _protect,
    ),
    Fault(
        "stuck-bit",
        "ADDRESS",
        FLASH,
        1 << 32,
        "bit 0 of the byte at ADDRESS is always 1",
        _stick,
    ),
    Fault("busy", "N", 1, 1 << 32, "the flash never ends its Nth operation: QW", _stay_busy),
    Fault("device-id", "ID", 0x451, 0x1000, "DBGMCU tells another DEV_ID", _nothing),
    Fault("power-loss", "N", 1, 1 << 32, "no supply from the middle of the Nth erase", _lose_power),
    Fault("brown-out", "N", 1, 1 << 32, "a reset at each gate from the Nth on", _brown_out),
    Fault("dead-uart", "", 0, 1, "nothing comes out of USART3, nothing goes in", _silence),
)
FAULTS = {fault.name: fault for fault in _KINDS}


def parse(text: str) -> tuple[Fault, int]:
    """A fault and its argument from `NAME` or `NAME=NUMBER`.

    Raises:
        BadFault: as its name says.
    """
    name, given, argument = text.partition("=")
    if name not in FAULTS:
        raise BadFault(f"{name!r} is none of {', '.join(FAULTS)}")
    fault = FAULTS[name]
    try:
        value = int(argument, 0) if given else fault.default
    except ValueError:
        raise BadFault(f"{argument!r} is not a number") from None
    if not 0 <= value < fault.limit:
        raise BadFault(f"{name}={argument} is out of range")
    return fault, value


def apply(faults: Iterable[tuple[Fault, int]], chip: Chip, link: Link, server: Server) -> None:
    """Let the faults take hold."""
    for fault, value in faults:
        fault.happen(Rig(chip, link, server), value)


def device_id(faults: Iterable[tuple[Fault, int]]) -> int:
    """The DEV_ID that the chip is to have."""
    return next((value for fault, value in faults if fault.name == "device-id"), DEVICE_ID)
