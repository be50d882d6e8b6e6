"""Whatever a link does to bytes, an answer is the right one, and each input runs once."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field

from devices.scripted import ScriptedDevice
from devices.transports import Clock, MemoryPort
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import BadFrame, LinkTimeout, VersionMismatch
from harness.link import DeviceClient, messages
from harness.link.frame import FrameDecoder
from harness.link.refusals import decode_refusal

DROP, DOUBLE, FLIP = range(3)
FAULTS = st.lists(
    st.tuples(st.integers(0, 400), st.integers(DROP, FLIP), st.integers(0, 7)), max_size=5
)


@dataclass
class HarmfulPort(MemoryPort):
    """A port that harms the n-th byte of either direction, as `out` and `back` say."""

    out: dict[int, tuple[int, int]] = field(default_factory=dict)
    back: dict[int, tuple[int, int]] = field(default_factory=dict)
    sent: int = 0
    came: int = 0

    def write(self, data: bytes) -> None:
        harmed = _harmed(data, self.sent, self.out)
        self.sent += len(data)
        answer = self.device.receive(harmed)
        self._out += _harmed(answer, self.came, self.back)
        self.came += len(answer)


def _harmed(data: bytes, at: int, faults: dict[int, tuple[int, int]]) -> bytes:
    out = bytearray()
    for position, byte in enumerate(data, start=at):
        kind, bit = faults.get(position, (None, 0))
        if kind == FLIP:
            out.append(byte ^ 1 << bit)
        elif kind != DROP:
            out += bytes([byte] * (2 if kind == DOUBLE else 1))
    return bytes(out)


@settings(max_examples=250, deadline=None)
@given(FAULTS, FAULTS)
def test_a_harmed_link_gives_right_answers_and_runs_each_input_once(
    out: list[tuple[int, int, int]], back: list[tuple[int, int, int]]
) -> None:
    device = ScriptedDevice(input_bytes=16, max_payload=18, receive_window=64)
    clock = Clock()
    port = HarmfulPort(
        device,
        clock,
        out={at: (kind, bit) for at, kind, bit in out},
        back={at: (kind, bit) for at, kind, bit in back},
    )
    client = DeviceClient(port, clock)
    client.hello(60)
    client.describe(600)
    for number in range(5):
        sample = bytes((16 * number + n) % 256 for n in range(16))
        try:
            reply = client.infer(sample, repeats=2, deadline_s=600)
        except (
            LinkTimeout
        ):  # a RUN lost its end three times, before it was known how long one takes
            assert device.runs in (2 * number, 2 * number + 2)
            return
        assert reply.outputs == (bytes(255 - value for value in sample),)
        assert reply.ticks == (device.ticks, device.ticks + 1)
    assert device.runs == 10


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=200), max_size=8))
def test_any_bytes_are_frames_or_nothing_in_pieces_or_whole(pieces: list[bytes]) -> None:
    whole, parts = FrameDecoder(), FrameDecoder()
    at_once = whole.feed(b"".join(pieces))
    one_by_one = [frame for piece in pieces for frame in parts.feed(piece)]
    assert at_once == one_by_one
    assert (whole.bad_frames, whole.unfinished) == (parts.bad_frames, parts.unfinished)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300), st.integers(1, 5))
def test_any_payload_decodes_or_is_an_error_of_ours(payload: bytes, count: int) -> None:
    for decode in (
        messages.decode_hello,
        messages.decode_describe,
        messages.decode_input,
        decode_refusal,
        lambda payload: messages.decode_run(payload, count),
        lambda payload: messages.decode_profile(payload, count),
        messages.decode_metered,
    ):
        with contextlib.suppress(BadFrame, VersionMismatch):
            decode(payload)
