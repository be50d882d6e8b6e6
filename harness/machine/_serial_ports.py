"""The serial ports of this computer, and the one that has a USB serial number."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from serial.tools import list_ports

from harness.domain.desk import SeenPort, UsbSerial
from harness.errors import PortNotFound


class PortInfo(Protocol):
    """What is used of pyserial's description of a port."""

    device: str
    description: str
    serial_number: str | None
    location: str | None


def seen_ports(infos: Sequence[PortInfo] | None = None) -> tuple[SeenPort, ...]:
    """Every serial port, by device; `infos` are pyserial's descriptions, by default all it has."""
    found = list_ports.comports() if infos is None else infos
    ports = (
        SeenPort(
            info.device,
            info.serial_number or "",
            _interface(info.location or ""),
            "" if info.description == "n/a" else info.description or "",
        )
        for info in found
    )
    return tuple(sorted(ports, key=lambda port: port.device))


def find_port(port: UsbSerial | str, seen: Sequence[SeenPort]) -> str:
    """The device or URL of `port`; what is no USB serial number is one already.

    Raises:
        PortNotFound: none of `seen` has the number, or a device file is not there (both name what
            is), or several have it.
    """
    if isinstance(port, str):
        if port.startswith("/") and not Path(port).exists():
            raise _missing(f"serial port {port}", seen)
        return port
    matches = [one for one in seen if one.is_named(port)]
    if not matches:
        raise _missing(f"a serial port with {port}", seen)
    if len(matches) > 1:
        several = ", ".join(f"{one.device} is interface {one.interface}" for one in matches)
        raise PortNotFound(
            f"{len(matches)} serial ports have {port}: {several}",
            where="rig.toml",
            hint="Add `interface = ` and the number of the one that the board's UART is on.",
        )
    return matches[0].device


def described(port: SeenPort) -> str:
    """One line that says which port this is, so that it can be copied into rig.toml."""
    number = f"usb:{port.serial_number}" if port.serial_number else "no USB serial number"
    interface = f" interface {port.interface}" if port.interface is not None else ""
    return f"{port.device} ({number}{interface})"


def _missing(what: str, seen: Sequence[SeenPort]) -> PortNotFound:
    there = ", ".join(map(described, seen)) or "none"
    return PortNotFound(
        f"{what} is not there; there are: {there}",
        where="rig.toml",
        hint="Plug its cable in, or correct the port (`harness doctor` shows what is there).",
    )


def _interface(location: str) -> int | None:
    """The interface number in pyserial's location ("1-1.4:1.2": bus, ports, configuration.2)."""
    _, colon, interface = location.partition(":")
    number = interface.rpartition(".")[2]
    return int(number) if colon and number.isascii() and number.isdigit() else None
