"""What a link can do: round trips one by one, and bytes each way with as many as may be sent."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from harness.domain.device import Identity
from harness.domain.link_speed import LinkSpeed, Spread
from harness.domain.measurement import Missing
from harness.errors import LinkError
from harness.link import messages
from harness.link.calls import Call, Refused
from harness.link.exchange import Exchange
from harness.link.frame import Frame, encode_frame
from harness.link.messages import INPUT_HEADER_BYTES, Request
from harness.link.patience import Deadline

DEADLINE_S = 30.0
ROUND_TRIPS = 50
ROUNDS = 5
_BURST = 8192  # bytes of a round, on the side that is measured

_HELLO = Call(Request.HELLO, messages.hello_request(), "HELLO")


def measure_speed(
    link: Exchange, identity: Identity, input_bytes: int | Missing, baud_rate: int | None
) -> LinkSpeed:
    """Measure the link to a device that said `identity`.

    `input_bytes` is the size of the loaded model's first input, or why there is none: what goes to
    the device are INPUTs, what comes from it are answers to HELLO.

    Raises:
        LinkTimeout, LinkClosed, BadFrame: an answer does not come.
    """
    repeated = link.frames_repeated
    trips = [_timed(link, [_HELLO], identity)[0] for _ in range(ROUND_TRIPS)]
    before = link.wire.progress[0]
    _timed(link, [_HELLO], identity)
    answers = [_HELLO] * max(1, _BURST // (link.wire.progress[0] - before))
    coming = [_rate(*_timed(link, answers, identity)) for _ in range(ROUNDS)]
    going: Spread | Missing
    if isinstance(input_bytes, Missing):
        going = input_bytes
    else:
        data = bytes([1]) * min(input_bytes, identity.max_payload - INPUT_HEADER_BYTES)
        call = Call(Request.INPUT, messages.input_request(0, 0, data), "INPUT 0 at byte 0")
        size = len(encode_frame(Frame(call.type, 1, call.payload)))
        inputs = [call] * max(1, _BURST // size)
        seconds = [_timed(link, inputs, identity)[0] for _ in range(ROUNDS)]
        going = _spread([_rate(one, size * len(inputs)) for one in seconds])
    return LinkSpeed(
        where=link.wire.port.where,
        target=identity.target,
        baud_rate=baud_rate,
        round_trip=_spread(trips),
        to_device=going,
        from_device=_spread(coming),
        frames_repeated=link.frames_repeated - repeated,
    )


def _timed(link: Exchange, calls: Sequence[Call], identity: Identity) -> tuple[float, int]:
    """Seconds, and bytes that came."""
    before, started = link.wire.progress[0], link.clock()
    deadline = Deadline(link.clock, DEADLINE_S)
    answers = link.call_all(calls, identity.receive_window, deadline)
    if isinstance(answers, Refused):
        raise LinkError(
            f"the device refuses {answers.call.name}, which it took before",
            where=link.wire.port.where,
            hint="Reset the device, then measure again.",
        )
    return link.clock() - started, link.wire.progress[0] - before


def _rate(seconds: float, nbytes: int) -> float:
    return nbytes / max(seconds, 1e-9)


def _spread(values: Sequence[float]) -> Spread:
    return Spread(median(values), min(values), max(values), len(values))
