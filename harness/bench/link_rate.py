"""The link to a target: as fast as its definition says that it may be."""

from __future__ import annotations

from dataclasses import replace

from harness.bench.bring_up import Device
from harness.bench.rig import Deadlines
from harness.domain.link_speed import LinkSpeed
from harness.domain.target import Target
from harness.domain.units import Fidelity
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


def measured_speed(device: Device, target: Target, deadlines: Deadlines) -> LinkSpeed:
    """Measure the link at the rate at which a run would use it.

    Raises:
        LinkTimeout, LinkClosed, BadFrame: the device does not answer.
    """
    agreed = raised_rate(device, target, deadlines)
    rate = None if target.fidelity is Fidelity.SIMULATED else agreed.baud_rate
    return replace(device.client.speed(rate), trouble=agreed.trouble)
