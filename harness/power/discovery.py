"""Which USB serial port is a meter: by its USB identity, then by serial number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.errors import AmbiguousMeter, MeterNotFound
from harness.power.options import Found, MeterOptions

UsbIds = Sequence[tuple[int, int, str]]


def find_usb(kind: str, model: str, ids: UsbIds, options: MeterOptions) -> Iterator[Found]:
    """Each connected port whose USB ids, and product text where one is given, are a meter's."""
    ports = sorted(options.ports(), key=lambda port: (port.location or "", port.device))
    for port in ports:
        for vid, pid, product in ids:
            if (port.vid, port.pid) == (vid, pid) and product in (port.product or product):
                serial = port.serial_number or ""
                yield Found(f"{kind}://{serial or port.device}", model, serial, port.device)


def choose_ports(
    kind: str, model: str, ids: UsbIds, wanted: str, options: MeterOptions
) -> list[str]:
    """The ports to try, in order: a device as it is, else those of the one meter meant.

    Raises:
        MeterNotFound: none is connected, or none with this serial number.
        AmbiguousMeter: several are connected and `wanted` is empty.
    """
    if wanted.startswith("/") or "://" in wanted or wanted.upper().startswith("COM"):
        return [wanted]
    found = list(find_usb(kind, model, ids, options))
    if wanted:
        found = [one for one in found if one.serial == wanted]
    serials = list(dict.fromkeys(one.serial or one.port for one in found))
    if not found:
        raise MeterNotFound(
            f"no {model} with serial number {wanted}" if wanted else f"no {model} is connected",
            where=f"{kind}://{wanted}",
            hint="Plug the meter in; `harness power list` shows what is connected.",
        )
    if len(serials) > 1:
        raise AmbiguousMeter(
            f"{len(serials)} meters are connected: {', '.join(serials)}",
            where=f"{kind}://",
            hint=f"Choose one, for example {kind}://{serials[0]}.",
        )
    return [one.port for one in found]
