"""METERED: its bytes, its answer, and what the client makes of a device without pins."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import pytest
from devices.scripted import ScriptedDevice
from devices.transports import Clock, MemoryPort

from harness.domain.gate import ClockReading, GateMode, MeteredReply
from harness.errors import BadFrame, DeviceError
from harness.link import DeviceClient, messages
from harness.link.refusals import Refusal, as_error

ANSWER = struct.pack("<HHI5QI", 5, 1, 0, 2**40, 3_000_000_000, 0, 0, 0, 3) + b"abc"


def with_clock(began: int, ended: int, hz: int) -> bytes:
    return struct.pack("<HHI5Q", 5, 0, 0, 10, 1, began, ended, hz)


def greeted(device: ScriptedDevice) -> DeviceClient:
    clock = Clock()
    client = DeviceClient(MemoryPort(device, clock), clock)
    client.hello(5)
    return client


@pytest.mark.parametrize(
    ("mode", "payload"),
    [
        (GateMode.LEVEL, "0500 0100 00000100"),
        (GateMode.PULSE, "0500 0200 00000100"),
        (GateMode.OPERATORS, "0500 0300 00000100"),
    ],
)
def test_the_request_has_the_layout_of_the_protocol(mode: GateMode, payload: str) -> None:
    assert messages.metered_request(mode, 5, 65_536) == bytes.fromhex(payload)


@pytest.mark.parametrize(("warmup", "repeats"), [(0, 0), (-1, 1), (65_536, 1), (0, 2**32)])
def test_numbers_that_the_message_cannot_hold_are_refused(warmup: int, repeats: int) -> None:
    with pytest.raises(ValueError, match="the message holds no such number"):
        messages.metered_request(GateMode.LEVEL, warmup, repeats)


def test_the_answer_tells_all_ticks_and_how_many_inferences_they_are_of() -> None:
    assert messages.decode_metered(ANSWER) == MeteredReply(3_000_000_000, 2**40, 0, (b"abc",))


def test_the_answer_may_tell_a_clock_that_runs_on_and_wraps() -> None:
    reply = messages.decode_metered(with_clock(2**32 - 1, 7, 1_000_000))
    assert reply.clock == ClockReading(2**32 - 1, 7, 1_000_000)
    assert messages.decode_metered(with_clock(0, 0, 100_000)).clock == ClockReading(0, 0, 100_000)
    assert messages.decode_metered(with_clock(3, 4, 0)).clock is None


@pytest.mark.parametrize(
    ("began", "ended", "hz"), [(0, 0, 99_999), (2**32, 0, 10**6), (0, 2**32, 10**6), (0, 0, 2**32)]
)
def test_a_clock_that_no_board_has_is_refused(began: int, ended: int, hz: int) -> None:
    with pytest.raises(BadFrame, match=rf"a clock of {hz} Hz at {began} and {ended}; wanted"):
        messages.decode_metered(with_clock(began, ended, hz))


@pytest.mark.parametrize("length", range(len(ANSWER)))
def test_a_short_answer_is_refused(length: int) -> None:
    with pytest.raises(BadFrame, match=rf"reply to METERED has {length} bytes, wanted at least"):
        messages.decode_metered(ANSWER[:length])


def test_an_answer_of_other_numbers_is_refused() -> None:
    with pytest.raises(BadFrame, match="the reply to METERED holds 3 numbers, wanted 5"):
        messages.decode_metered(struct.pack("<HHI3Q", 3, 0, 0, 1, 2, 3))


def test_the_client_asks_once_and_gives_what_was_answered() -> None:
    device = ScriptedDevice(ticks=400)
    client = greeted(device)
    client.write_input(bytes(490))
    reply = client.run_metered(GateMode.PULSE, 2, 100_000, deadline_s=5)
    assert (reply.repeats, reply.ticks, reply.link_interrupts) == (100_000, 40_000_000, 0)
    assert reply.outputs == (b"\xff" * 490,)
    assert device.runs == 100_002


@dataclass
class Computing(MemoryPort):
    """What is asked is answered `takes_s` later."""

    takes_s: float = 0.0
    ready_at: float = 0.0

    def write(self, data: bytes) -> None:
        super().write(data)
        self.ready_at = self.clock.now + self.takes_s

    def read(self, timeout_s: float) -> bytes:
        if self.clock.now + timeout_s < self.ready_at:
            self.clock.now += timeout_s
            return b""
        self.clock.now = max(self.clock.now, self.ready_at)
        return super().read(timeout_s)


def test_a_window_of_ten_seconds_is_not_disturbed_by_asking_again() -> None:
    device, clock = ScriptedDevice(), Clock()
    port = Computing(device, clock)
    client = DeviceClient(port, clock)
    client.hello(5)
    port.takes_s = 10.0
    assert client.run_metered(GateMode.LEVEL, 0, 250, deadline_s=120).repeats == 250
    assert client.frames_repeated == 0
    assert clock.now >= 10


def test_firmware_that_does_not_know_it_is_told() -> None:
    client = greeted(ScriptedDevice(has_pins=False))
    with pytest.raises(DeviceError, match="the device refused METERED LEVEL"):
        client.run_metered(GateMode.LEVEL, 0, 1, deadline_s=5)


def test_a_device_without_the_pin_says_so() -> None:
    error = as_error(Refusal(13, None, 3, ""), "METERED OPERATORS", "dev")
    assert type(error) is DeviceError
    assert error.what == (
        "the device has no pin for METERED OPERATORS, or it is MLPerf Tiny's alone"
    )
    assert error.hint == (
        "Name a pin in the target's [defines], or take another build (`--build`)."
    )
