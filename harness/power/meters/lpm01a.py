"""ST X-NUCLEO-LPM01A: the meter of the PowerShield family."""

from __future__ import annotations

from collections.abc import Iterator

from harness.power.discovery import find_usb
from harness.power.options import Found, MeterOptions
from harness.power.powershield.dialect import LPM01A as DIALECT
from harness.power.powershield.driver import PowerShield

TITLE = "ST X-NUCLEO-LPM01A (source meter)"


def open_meter(rest: str, options: MeterOptions) -> PowerShield:
    """The meter at `lpm01a://SERIAL` or `lpm01a:///dev/...`."""
    return PowerShield(DIALECT, rest, options)


def find(options: MeterOptions) -> Iterator[Found]:
    """The instruments that are connected."""
    yield from find_usb(DIALECT.kind, DIALECT.model, DIALECT.usb_ids, options)
