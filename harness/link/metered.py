"""Inferences that a power meter watches: many of them between two edges of the gate pin."""

from __future__ import annotations

from harness.domain.gate import GateMode, MeteredReply
from harness.link import messages
from harness.link.caller import Caller
from harness.link.calls import Call
from harness.link.messages import Request


class MeteredCaller(Caller):
    """The part of `DeviceClient` that a power meter needs."""

    def run_metered(
        self, mode: GateMode, warmup: int, repeats: int, deadline_s: float
    ) -> MeteredReply:
        """Run `warmup` inferences with the gate low, then `repeats` between its edges.

        The link is silent for 1 ms of the device's time before the first edge, until 1 ms after
        the last. The device runs them once, as those of RUN.

        Raises:
            DeviceError: no such pin, or firmware that knows of no METERED.
            KernelRefused, Saturated, DeviceFault, WrongModel: the device could not.
            LinkTimeout, LinkClosed, BadFrame: no answer, or not one to METERED.
        """
        call = Call(
            Request.METERED, messages.metered_request(mode, warmup, repeats), f"METERED {mode.name}"
        )
        (payload,) = self._measure([call], warmup + repeats, deadline_s)
        return messages.decode_metered(payload, self._where)
