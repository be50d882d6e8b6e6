"""The link of a case: as fast as its target says that it may be."""

from __future__ import annotations

from harness.bench.bring_up import Device
from harness.bench.rig import Deadlines
from harness.domain.target import Target
from harness.errors import LinkTimeout
from harness.link import AgreedRate, agree_on_rate


def raised_rate(device: Device, target: Target, deadlines: Deadlines) -> AgreedRate:
    """Agree on `max_baud_rate` of `target` where it has one; a device that falls mute is reset.

    Raises:
        LinkTimeout, LinkClosed: it does not come back.
    """
    start, most = target.baud_rate, target.max_baud_rate
    if most is None:
        return AgreedRate(start)
    try:
        return agree_on_rate(device.client, most, start, deadlines.handshake_s)
    except LinkTimeout:
        device.board.reset_and_run()
        device.handshake()
        return AgreedRate(start, f"the device was mute after a change to {most:,} baud and reset")
