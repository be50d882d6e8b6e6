"""Every transport carries the link alike: TCP, pseudo-terminal, and memory."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

import pytest
from devices.scripted import ScriptedDevice, Seen
from devices.transports import Clock, MemoryPort, over_pty, over_tcp

from harness.errors import DeviceFault, LinkClosed, LinkTimeout, VersionMismatch
from harness.link import DeviceClient, open_port

Connect = Callable[..., contextlib.AbstractContextManager[DeviceClient]]


@contextlib.contextmanager
def in_memory(device: ScriptedDevice, hang_up_after: int | None = None) -> Iterator[DeviceClient]:
    clock = Clock()
    yield DeviceClient(MemoryPort(device, clock, closes_after=hang_up_after), clock)


@contextlib.contextmanager
def tcp(device: ScriptedDevice, hang_up_after: int | None = None) -> Iterator[DeviceClient]:
    with over_tcp(device, hang_up_after) as url, open_port(url, 115_200) as port:
        yield DeviceClient(port)


@contextlib.contextmanager
def terminal(device: ScriptedDevice, hang_up_after: int | None = None) -> Iterator[DeviceClient]:
    with over_pty(device, hang_up_after) as name, open_port(name, 115_200) as port:
        yield DeviceClient(port)


@pytest.fixture(params=[in_memory, tcp, terminal])
def connect(request: pytest.FixtureRequest) -> Connect:
    return request.param


def test_a_whole_session(connect: Connect) -> None:
    device = ScriptedDevice(max_payload=128, receive_window=512)
    with connect(device) as client:
        assert client.hello(10).kernel_set == "cmsis-nn"
        assert client.describe(10).input_bytes == (490,)
        for number in range(20):
            sample = bytes((number + n) % 256 for n in range(490))
            reply = client.infer(sample, warmup=0, repeats=2, deadline_s=10)
            assert reply.outputs == (bytes(255 - value for value in sample),)
            assert reply.ticks == (7_628_160, 7_628_161)
    assert device.runs == 40
    assert client.bad_frames == client.stale_replies == 0


def test_bytes_of_every_value_pass_unchanged(connect: Connect) -> None:
    """A terminal that is not raw would eat or translate some of them."""
    sample = bytes(range(256))
    with connect(ScriptedDevice(input_bytes=256)) as client:
        client.hello(10)
        assert client.infer(sample, deadline_s=10).outputs == (sample[::-1],)


def test_a_mute_device_is_a_timeout(connect: Connect) -> None:
    with (
        connect(ScriptedDevice(deaf=True)) as client,
        pytest.raises(LinkTimeout, match=r"no answer to HELLO within 0\.3 s; 0 bytes came"),
    ):
        client.hello(0.3)


def test_a_wrong_version_is_refused(connect: Connect) -> None:
    with connect(ScriptedDevice(version=1)) as client, pytest.raises(VersionMismatch):
        client.hello(10)


def test_garbage_before_the_answer_is_ignored(connect: Connect) -> None:
    device = ScriptedDevice()
    device.misbehave = lambda seen: b"\xff\xfeboot\0\0" + device.reply(seen)
    with connect(device) as client:
        client.hello(10)
        assert client.bad_frames == 1


def test_answers_that_are_always_damaged_are_a_timeout_that_counts_them(connect: Connect) -> None:
    device = ScriptedDevice()
    device.misbehave = lambda seen: device.reply(seen)[:-3] + b"\x7f\x7f\0"
    with connect(device) as client:
        with pytest.raises(LinkTimeout) as caught:
            client.describe(0.3)
        asked = client.frames_repeated + 1
        late = time.monotonic() + 10  # the last one may still be on its way to the device
        while len(device.seen) < asked and time.monotonic() < late:
            time.sleep(0.01)
    assert len(device.seen) == asked
    assert 3 <= asked <= 6  # after 0.03, 0.06, 0.12 s ...
    assert f", {client.bad_frames} damaged frames among them" in caught.value.what
    assert asked - 1 <= client.bad_frames <= asked


def test_a_damaged_answer_is_asked_for_again(connect: Connect) -> None:
    device = ScriptedDevice()
    answers: list[bytes] = []

    def damage_the_first(seen: Seen) -> bytes | None:
        answers.append(device.reply(seen))
        return answers[-1][:-3] + b"\x7f\x7f\0" if len(answers) == 1 else answers[-1]

    with connect(device) as client:
        client.hello(10)
        device.misbehave = damage_the_first
        assert client.run(1, 2, deadline_s=10).ticks == (7_628_160, 7_628_161)
    assert answers[0] == answers[1]
    assert (device.runs, client.frames_repeated, client.bad_frames) == (3, 1, 1)


def test_an_error_reply_is_raised(connect: Connect) -> None:
    device = ScriptedDevice()
    device.misbehave = lambda seen: (
        device.error(seen, 9, 0, 0x02000000, "pc=00000100") if seen.kind == 4 else None
    )
    with connect(device) as client:
        client.hello(10)
        with pytest.raises(DeviceFault, match="operator 0: DIVBYZERO; pc=0x00000100"):
            client.infer(bytes(490), deadline_s=10)


def test_the_other_end_hanging_up_in_the_middle_is_link_closed(connect: Connect) -> None:
    with connect(ScriptedDevice(), hang_up_after=40) as client, pytest.raises(LinkClosed) as caught:
        client.hello(10)
    assert caught.value.where
    assert caught.value.hint


def test_a_round_trip_is_fast_enough_to_stream_a_data_set() -> None:
    """1000 inputs of KWS in well under the seconds that a slow read or Nagle's delay would take."""
    device = ScriptedDevice(max_payload=520, receive_window=2048)
    with tcp(device) as client:
        client.hello(10)
        start = time.monotonic()
        for _ in range(200):
            client.infer(bytes(range(245)) * 2, deadline_s=10)
        # The scripted device itself takes about 0.3 ms per request; a delayed ACK takes 40 ms.
        assert (time.monotonic() - start) / 200 < 10e-3
