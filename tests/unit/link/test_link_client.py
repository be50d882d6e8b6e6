"""The client against a scripted device in memory, on a clock that only waiting moves."""

from __future__ import annotations

from itertools import pairwise

import pytest
from devices.scripted import ScriptedDevice, Seen, frame
from devices.transports import Clock, MemoryPort

from harness.errors import (
    BadFrame,
    DeviceError,
    KernelRefused,
    LinkClosed,
    LinkError,
    LinkTimeout,
    SimulatorDied,
    VersionMismatch,
)
from harness.link import DeviceClient
from harness.link.wire import Wire


def connect(device: ScriptedDevice, **port: object) -> tuple[DeviceClient, MemoryPort]:
    clock = Clock()
    memory = MemoryPort(device, clock, **port)  # type: ignore[arg-type]
    return DeviceClient(memory, clock), memory


def greeted(device: ScriptedDevice, **port: object) -> tuple[DeviceClient, MemoryPort]:
    client, memory = connect(device, **port)
    client.hello(5)
    device.seen.clear()
    memory.writes.clear()
    return client, memory


def test_hello_starts_with_a_delimiter_and_needs_one_frame() -> None:
    device = ScriptedDevice()
    client, memory = connect(device)
    assert client.hello(5).target == "mps2-an500"
    assert memory.writes[0] == b"\0"
    assert [seen.kind for seen in device.seen] == [1]


def test_garbage_in_the_device_does_not_spoil_the_first_frame() -> None:
    device = ScriptedDevice()
    device.receive(b"half a fra")
    client, _ = connect(device)
    client.hello(5)
    assert len(device.seen) == 1


def test_garbage_before_the_answer_is_counted_and_ignored() -> None:
    device = ScriptedDevice()
    device.misbehave = lambda seen: b"boot: ready\r\n\0\0" + device.reply(seen)
    client, _ = connect(device)
    client.hello(5)
    assert client.bad_frames == 1


def test_hello_is_repeated_until_the_device_has_booted() -> None:
    device = ScriptedDevice()
    client, memory = connect(device, boots_at=2.5)
    client.hello(5)
    assert 2.5 <= memory.clock() <= 4.0
    assert len(device.seen) == 1


def test_hello_waits_for_the_answer_to_its_latest_attempt() -> None:
    """Else earlier ones, still under way, would take room in the receive window."""
    device = ScriptedDevice()
    held: list[bytes] = []

    def slow_start(seen: Seen) -> bytes:
        held.append(device.reply(seen))
        return b"" if len(held) < 3 else b"".join(held)

    device.misbehave = slow_start
    client, _ = connect(device)
    client.hello(5)
    assert [seen.sequence for seen in device.seen] == [0, 1, 2]
    device.misbehave = lambda seen: None
    client.describe(1)
    assert client.stale_replies == 0


def test_another_protocol_version_is_refused() -> None:
    client, _ = connect(ScriptedDevice(version=3))
    with pytest.raises(VersionMismatch, match="version 3, this harness 2"):
        client.hello(5)


def test_a_mute_device_is_reported_at_the_deadline_and_not_later() -> None:
    client, memory = connect(ScriptedDevice(deaf=True))
    with pytest.raises(LinkTimeout) as caught:
        client.hello(5)
    assert memory.clock() == pytest.approx(5.0)
    assert (caught.value.deadline_s, caught.value.got) == (5, 0)
    assert str(caught.value) == (
        "memory: no answer to HELLO within 5 s; 0 bytes came, 0 damaged frames among them\n"
        "  -> Check that the firmware runs, and that the link is this board's."
    )


def test_a_mute_device_costs_few_hellos() -> None:
    client, memory = connect(ScriptedDevice(deaf=True))
    with pytest.raises(LinkTimeout):
        client.hello(10)
    assert len(memory.writes) <= 15


def test_answers_at_the_wrong_baud_rate_are_a_timeout_that_says_so() -> None:
    device = ScriptedDevice(misbehave=lambda seen: b"\xfe\x80\x1c\0")
    client, _ = connect(device)
    with pytest.raises(LinkTimeout, match="damaged frames among them") as caught:
        client.hello(1)
    assert caught.value.got == 4 * len(device.seen)
    assert "baud rate" in caught.value.hint


def test_describe_returns_what_is_loaded() -> None:
    client, _ = greeted(ScriptedDevice())
    assert client.describe(5).scratch_needed == (0, 512)


def test_an_input_goes_out_in_chunks_of_what_the_device_takes() -> None:
    device = ScriptedDevice(max_payload=108)
    client, _ = greeted(device)
    data = bytes(range(245)) * 2
    client.write_input(data)
    assert [len(seen.payload) - 8 for seen in device.seen] == [100, 100, 100, 100, 90]
    assert client.run(0, 1, 5).outputs == (bytes(255 - value for value in data),)


def test_unanswered_bytes_stay_within_the_receive_window() -> None:
    """Counted by a device that answers only what it has to."""
    device = ScriptedDevice(max_payload=64, receive_window=300, input_bytes=4000)
    client, memory = greeted(device)
    answers: list[bytes] = []
    open_bytes: list[int] = []
    most = 0

    def hold(seen: Seen) -> bytes:
        nonlocal most
        answers.append(device.reply(seen))
        open_bytes.append(seen.wire_bytes)
        most = max(most, sum(open_bytes))
        return b""

    def release(timeout_s: float) -> bytes:
        open_bytes.pop(0)
        return answers.pop(0)

    device.misbehave = hold
    memory.read = release  # type: ignore[method-assign]
    client.write_input(bytes(range(250)) * 16)
    assert len(device.seen) == 72  # 4000 bytes in chunks of 56
    assert 300 - 80 < most <= 300


def test_a_frame_larger_than_the_window_still_goes_out_alone() -> None:
    device = ScriptedDevice(receive_window=16)
    client, _ = greeted(device)
    client.write_input(bytes(490))
    assert len(device.seen) == 1


def test_infer_sends_input_and_run_in_one_write() -> None:
    device = ScriptedDevice()
    client, memory = greeted(device)
    reply = client.infer(bytes([1, 2] * 245), warmup=1, repeats=3, deadline_s=5)
    assert len(memory.writes) == 1
    assert [seen.kind for seen in device.seen] == [3, 4]
    assert reply.ticks == (7_628_160, 7_628_161, 7_628_162)
    assert reply.outputs == (bytes([254, 253] * 245),)
    assert device.runs == 4


def test_a_profile_is_asked_for_once_and_apart_from_a_run() -> None:
    device = ScriptedDevice(ticks=400)
    client, _ = greeted(device)
    client.write_input(bytes([1, 2] * 245))
    profile = client.profile(warmup=3, operators=2, deadline_s=5)
    assert [(seen.kind, seen.payload) for seen in device.seen[1:]] == [(5, bytes([3, 0, 0, 0]))]
    assert (profile.empty_window, profile.ticks) == (1, (300, 100))
    assert profile.outputs == (bytes([254, 253] * 245),)
    assert device.runs == 4


def test_a_reply_in_single_bytes_is_put_together() -> None:
    client, _ = greeted(ScriptedDevice(), chunk=1)
    assert len(client.infer(bytes(490), deadline_s=5).outputs[0]) == 490


def test_sequence_numbers_wrap_after_16_bits() -> None:
    device = ScriptedDevice()
    client, _ = greeted(device)
    for _ in range(65_540):
        client.write_input(b"x")
    assert device.seen[65_534].sequence == 65_535
    assert device.seen[65_535].sequence == 0


def test_a_late_reply_to_an_older_request_is_ignored() -> None:
    device = ScriptedDevice()
    client, _ = greeted(device)
    old = frame(0x84, 65_000, b"an answer from before")
    device.misbehave = lambda seen: old + device.reply(seen)
    assert client.describe(5).image_bytes == 4096
    assert client.stale_replies == 1


def test_a_reply_of_the_wrong_type_names_both() -> None:
    device = ScriptedDevice(misbehave=lambda seen: None)
    client, _ = greeted(device)
    device.misbehave = lambda seen: frame(0x83, seen.sequence)
    with pytest.raises(BadFrame, match="reply to DESCRIBE has type 0x83, wanted 0x82"):
        client.describe(1)


def test_an_error_reply_becomes_its_exception_with_the_operators_name() -> None:
    device = ScriptedDevice()
    client, _ = greeted(device)
    client.operators = ("CONV_2D", "SOFTMAX")
    device.misbehave = lambda seen: device.error(seen, 7, 1, -1) if seen.kind == 4 else None
    with pytest.raises(KernelRefused, match=r"operator 1 \(SOFTMAX\) returned status -1"):
        client.infer(bytes(490), deadline_s=5)


def test_after_a_refused_input_the_answer_to_its_run_is_stale() -> None:
    device = ScriptedDevice(input_bytes=4)
    client, _ = greeted(device)
    with pytest.raises(DeviceError, match="the device refused INPUT 0 at byte 0"):
        client.infer(bytes(5), deadline_s=5)
    assert client.describe(5).input_bytes == (4,)
    assert client.stale_replies == 1


def test_an_input_before_hello_is_refused_without_a_byte_sent() -> None:
    client, memory = connect(ScriptedDevice())
    with pytest.raises(LinkError, match="before the device has said how much it takes") as caught:
        client.infer(b"x", deadline_s=5)
    assert caught.value.hint == "Call hello() first."
    assert memory.writes == []


def test_the_caller_is_asked_a_few_times_per_second_of_waiting() -> None:
    clock = Clock()
    asked: list[float] = []
    port = MemoryPort(ScriptedDevice(deaf=True), clock)
    client = DeviceClient(port, clock, lambda: asked.append(clock()))
    with pytest.raises(LinkTimeout):
        client.describe(10)
    assert 40 <= len(asked) <= 100
    assert max(b - a for a, b in pairwise(asked)) <= 0.25 + 1e-9


def test_the_caller_is_asked_even_while_bytes_trickle_in() -> None:
    clock = Clock()
    asked: list[float] = []
    device = ScriptedDevice(misbehave=lambda seen: b"\x55" * 1000)
    port = MemoryPort(device, clock, chunk=1, latency_s=0.01)
    client = DeviceClient(port, clock, lambda: asked.append(clock()))
    with pytest.raises(LinkTimeout):
        client.describe(5)
    assert 20 <= len(asked) <= 30


def test_the_caller_may_end_the_wait_with_a_better_error() -> None:
    clock = Clock()

    def died() -> None:
        raise SimulatorDied("QEMU ended with status 1")

    client = DeviceClient(MemoryPort(ScriptedDevice(deaf=True), clock), clock, died)
    with pytest.raises(SimulatorDied):
        client.hello(60)
    assert clock() < 0.5


@pytest.mark.parametrize("closes_after", [0, 1, 50])
def test_a_link_closed_in_the_middle_of_a_reply_is_link_closed(closes_after: int) -> None:
    client, _ = connect(ScriptedDevice(), closes_after=closes_after)
    with pytest.raises(LinkClosed, match="the link was closed"):
        client.hello(5)


def test_when_the_link_closes_the_callers_error_wins_even_some_moments_later() -> None:
    """A process that dies closes its sockets before its parent can see that it is gone."""
    clock = Clock()
    port = MemoryPort(ScriptedDevice(), clock, closes_after=0)
    pauses: list[float] = []

    def gone_after_three_pauses() -> None:
        if len(pauses) == 3:
            raise SimulatorDied("QEMU was killed by signal 9")

    link = Wire(port, clock, gone_after_three_pauses, pauses.append)
    with pytest.raises(SimulatorDied, match="signal 9"):
        link.listen(5)
    assert len(pauses) == 3


def test_when_the_caller_knows_nothing_better_the_link_is_closed() -> None:
    clock = Clock()
    port = MemoryPort(ScriptedDevice(), clock, closes_after=0)
    pauses: list[float] = []
    link = Wire(port, clock, lambda: None, pauses.append)
    with pytest.raises(LinkClosed):
        link.listen(5)
    assert sum(pauses) <= 0.5
