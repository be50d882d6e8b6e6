"""What is lost on the link is asked for again, counted, and never run twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from devices.scripted import ScriptedDevice, Seen, frame
from devices.transports import Clock, MemoryPort

from harness.errors import LinkTimeout
from harness.link import DeviceClient

RUNS = {4: lambda client: client.run(0, 1, 60), 5: lambda client: client.profile(0, 2, 60)}
Do = Callable[[DeviceClient], object]


def greeted(device: ScriptedDevice, **port: object) -> tuple[DeviceClient, MemoryPort]:
    clock = Clock()
    memory = MemoryPort(device, clock, **port)  # type: ignore[arg-type]
    client = DeviceClient(memory, clock)
    client.hello(5)
    device.seen.clear()
    return client, memory


def first_time(device: ScriptedDevice, kind: int, change: Callable[[Seen], bytes]) -> None:
    """Let `change` answer the first request of a kind."""
    left = [kind]

    def misbehave(seen: Seen) -> bytes | None:
        if left == [seen.kind]:
            left.clear()
            return change(seen)
        return None

    device.misbehave = misbehave


@pytest.mark.parametrize("kind", [4, 5])
def test_when_the_answer_is_lost_it_is_asked_for_and_nothing_runs_twice(kind: int) -> None:
    device = ScriptedDevice(ticks=400)
    client, _ = greeted(device)
    client.write_input(bytes(490))
    device.seen.clear()
    first_time(device, kind, lambda seen: device.reply(seen)[:0])
    RUNS[kind](client)
    first, again = device.seen
    assert first == again
    assert (device.runs, client.frames_repeated) == (1, 1)


@pytest.mark.parametrize("kind", [4, 5])
def test_when_the_request_is_lost_it_is_sent_again_and_runs_once(kind: int) -> None:
    device = ScriptedDevice(ticks=400)
    client, _ = greeted(device)
    first_time(device, kind, lambda seen: b"")
    RUNS[kind](client)
    assert (device.runs, client.frames_repeated) == (1, 1)


@pytest.mark.parametrize("kind", [4, 5])
def test_a_device_that_never_answers_is_a_timeout_after_few_repeats(kind: int) -> None:
    """A repeat into an open window would spoil it."""
    device = ScriptedDevice()
    client, memory = greeted(device)
    device.misbehave = lambda seen: b""
    start = memory.clock()
    with pytest.raises(LinkTimeout, match=r"no answer to (RUN|PROFILE) within 60 s; 0 bytes came"):
        RUNS[kind](client)
    assert memory.clock() - start == pytest.approx(60)
    assert [seen.kind for seen in device.seen] == [kind, kind, kind]  # at 0, 15 and 45 s
    assert device.runs == 0


def test_a_run_is_waited_for_as_long_as_earlier_ones_suggest() -> None:
    device = ScriptedDevice()
    client, memory = greeted(device, latency_s=1.0)
    client.run(1, 1, 60)  # took 1 s, so 0.5 s each
    device.misbehave = lambda seen: b""
    start = memory.clock()
    sent = []
    device.misbehave = lambda seen: sent.append(memory.clock() - start) or b""
    with pytest.raises(LinkTimeout):
        client.run(0, 2, 60)
    assert sent == [pytest.approx(at) for at in (0, 8, 24, 56)]


def test_an_input_whose_answer_is_lost_is_sent_again_and_the_run_is_not() -> None:
    device = ScriptedDevice(max_payload=258)
    client, memory = greeted(device)
    first_time(device, 3, lambda seen: device.reply(seen)[:0])
    sample = bytes(range(245)) * 2
    start = memory.clock()
    assert client.infer(sample, deadline_s=60).outputs == (bytes(255 - x for x in sample),)
    assert [seen.kind for seen in device.seen] == [3, 3, 4, 3]
    assert device.seen[3] == device.seen[0]
    assert memory.clock() - start < 0.1  # the answers behind it told
    assert (device.runs, client.frames_repeated) == (1, 1)


def test_a_lost_input_is_sent_again_with_all_behind_it_and_runs_once_with_it() -> None:
    device = ScriptedDevice(max_payload=258)
    client, memory = greeted(device)
    first_time(device, 3, lambda seen: b"")
    sample = bytes(range(245)) * 2
    start = memory.clock()
    assert client.infer(sample, deadline_s=60).outputs == (bytes(255 - x for x in sample),)
    assert [seen.kind for seen in device.seen] == [3, 3, 4, 3, 3, 4]
    assert device.seen[:3] == device.seen[3:]
    assert memory.clock() - start < 0.1
    assert (device.runs, client.frames_repeated) == (1, 3)


def test_a_damaged_answer_is_asked_for_again_at_once() -> None:
    device = ScriptedDevice()
    client, memory = greeted(device)
    start = memory.clock()
    first_time(device, 4, lambda seen: device.reply(seen).replace(b"\x84", b"\x85", 1))
    client.run(0, 1, 60)
    assert memory.clock() - start < 0.1
    assert (device.runs, client.bad_frames, client.frames_repeated) == (1, 1, 1)


def test_an_answer_without_its_end_is_asked_for_again_and_does_not_spoil_the_next() -> None:
    device = ScriptedDevice()
    client, memory = greeted(device)
    start = memory.clock()
    first_time(device, 4, lambda seen: device.reply(seen)[:-1])
    client.run(0, 1, 60)
    assert memory.clock() - start < 1
    assert (device.runs, client.bad_frames, client.frames_repeated) == (1, 1, 1)


def test_an_answer_that_comes_twice_is_taken_once() -> None:
    device = ScriptedDevice()
    client, _ = greeted(device)
    device.misbehave = lambda seen: 2 * device.reply(seen)
    assert client.run(0, 1, 60).ticks == (7_628_160,)
    assert client.run(0, 1, 60).ticks == (7_628_160,)
    assert (device.runs, client.frames_repeated, client.stale_replies) == (2, 0, 1)


def test_a_repeat_begins_with_a_delimiter_that_ends_what_was_cut_off() -> None:
    device = ScriptedDevice()
    client, memory = greeted(device)
    first_time(device, 4, lambda seen: b"")
    client.run(0, 1, 60)
    first, again = memory.writes[-2:]
    assert again == b"\0" + first


def test_a_device_that_was_reset_refuses_the_repeat() -> None:
    """It knows neither the model nor what it ran: nothing is run unnoticed."""
    device = ScriptedDevice()
    client, _ = greeted(device)

    def reset(seen: Seen) -> bytes:
        device.reset()
        return b"boot\r\n\0"

    first_time(device, 4, reset)
    with pytest.raises(Exception, match="no model image is loaded"):
        client.run(0, 1, 60)
    assert device.runs == 0


def test_asking_to_repeat_what_is_not_open_is_no_answer() -> None:
    device = ScriptedDevice()
    client, _ = greeted(device)
    device.misbehave = lambda seen: device.lost() + device.reply(seen)
    assert client.run(0, 1, 60).ticks == (7_628_160,)
    assert client.frames_repeated == 0


def test_noise_without_end_is_a_timeout_at_the_deadline() -> None:
    """A line that never falls silent is never a good moment to ask again."""
    device = ScriptedDevice(misbehave=lambda seen: None)
    client, memory = greeted(device, latency_s=0.01)
    start = memory.clock()
    memory.read = lambda timeout_s: _noise(memory)  # type: ignore[method-assign]
    with pytest.raises(LinkTimeout, match="no answer to DESCRIBE within 3 s"):
        client.describe(3)
    assert memory.clock() - start == pytest.approx(3, abs=0.05)


def _noise(memory: MemoryPort) -> bytes:
    memory.clock.now += 0.01
    return frame(0x99, 7)[:-2] + b"\x01\0"
