"""ST STM32L562E-DK: the meter of the PowerShield family."""

from __future__ import annotations

from collections.abc import Iterator

from harness.power.discovery import find_usb
from harness.power.options import Found, MeterOptions
from harness.power.powershield.dialect import L562E_DK as DIALECT
from harness.power.powershield.driver import PowerShield

TITLE = "ST STM32L562E-DK (source meter)"


def open_meter(rest: str, options: MeterOptions) -> PowerShield:
    """The meter at `l562e-dk://SERIAL` or `l562e-dk:///dev/...`."""
    return PowerShield(DIALECT, rest, options)


def find(options: MeterOptions) -> Iterator[Found]:
    """The instruments that are connected."""
    yield from find_usb(DIALECT.kind, DIALECT.model, DIALECT.usb_ids, options)
