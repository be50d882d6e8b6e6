"""A faster link by agreement: asked at the old rate, proved at the new one, else given up."""

from __future__ import annotations

from dataclasses import dataclass

from harness.errors import DeviceError, LinkClosed, LinkError
from harness.link.client import DeviceClient

# The device gives up half a second after the change; both answers have to come before that.
PROOF_S = 0.2


@dataclass(frozen=True)
class AgreedRate:
    """The rate in use, in baud, and why it is not the one that was wanted, or nothing."""

    baud_rate: int
    trouble: str = ""


def agree_on_rate(client: DeviceClient, wanted: int, start: int, wait_s: float) -> AgreedRate:
    """Change a link that runs at `start` baud to `wanted`, or leave it as it is.

    Source: firmware/PROTOCOL.md, "Rate".

    Raises:
        LinkTimeout: the device is heard neither at the new rate nor, within `wait_s` seconds, at
            the old one.
        LinkClosed: the port is gone.
    """
    try:
        rate = client.ask_rate(wanted, wait_s)
    except DeviceError:
        rate = 0
    if rate == 0:
        return AgreedRate(start, f"the device cannot use {wanted:,} baud, stayed at {start:,}")
    try:
        client.use_rate(rate)
        client.hello(PROOF_S)
        client.ask_rate(wanted, PROOF_S)
    except LinkClosed:
        raise
    except LinkError as error:
        client.use_rate(start)
        client.hello(wait_s)
        return AgreedRate(start, f"back at {start:,} baud, as {rate:,} failed: {error.what}")
    return AgreedRate(rate)
