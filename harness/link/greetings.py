"""Which serial ports a firmware of ours answers on: each is opened and asked who is there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness.domain.device import Identity
from harness.errors import HarnessError, VersionMismatch
from harness.link.client import DeviceClient
from harness.link.port import open_port

GREETING_DEADLINE_S = 1.0


def greet_ports(
    devices: Iterable[str], baud_rates: Sequence[int], deadline_s: float = GREETING_DEADLINE_S
) -> dict[str, Identity | str]:
    """For each port who answers HELLO, or why nobody does.

    Each of `baud_rates` is tried for `deadline_s` seconds. To open a port may reset what is behind
    it, and it gets bytes it did not ask for: ask only where the user wants it.
    """
    return {device: _greeted(device, baud_rates, deadline_s) for device in devices}


def _greeted(device: str, baud_rates: Sequence[int], deadline_s: float) -> Identity | str:
    tried = " or ".join(f"{rate:,}" for rate in baud_rates) or "no"
    for baud_rate in baud_rates:
        try:
            with open_port(device, baud_rate) as port:
                return DeviceClient(port).hello(deadline_s)
        except VersionMismatch as error:
            return error.what
        except HarnessError as error:
            said = error.what
    return f"no firmware of ours answers at {tried} baud" + (f" ({said})" if baud_rates else "")
