"""Which serial port is which USB device: a name may change when it is plugged in again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

from serial.tools import list_ports


class Listed(Protocol):
    """What pyserial tells of a port."""

    device: str
    serial_number: str | None


Ports = Callable[[], Iterable[Listed]]


def connected() -> list[Listed]:
    """The serial ports of this desk."""
    return list(list_ports.comports())


def serial_number(device: str, ports: Ports = connected) -> str | None:
    """The USB serial number behind a device name or a link to it; None where there is none."""
    if "://" in device:
        return None
    meant = Path(device).resolve()
    for port in ports():
        if device == port.device or meant == Path(port.device).resolve():
            return port.serial_number or None
    return None


def device_of(number: str, ports: Ports = connected) -> str | None:
    """The name of the port with this USB serial number, None while it is unplugged."""
    return next((port.device for port in ports() if port.serial_number == number), None)
