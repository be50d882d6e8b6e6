"""Accuracy mode: the next input travels while one computes; none runs with another's bytes."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from devices.scripted import ScriptedDevice, Seen, unstuff
from devices.transports import Clock, MemoryPort

from harness.errors import KernelRefused, LinkTimeout
from harness.link import DeviceClient

INPUT, RUN = 3, 4


def greeted(device: ScriptedDevice, **port: object) -> tuple[DeviceClient, MemoryPort]:
    clock = Clock()
    memory = MemoryPort(device, clock, **port)  # type: ignore[arg-type]
    client = DeviceClient(memory, clock)
    client.hello(5)
    device.seen.clear()
    memory.writes.clear()
    return client, memory


def kinds(write: bytes) -> list[int]:
    """The types of the frames in one write."""
    return [unstuff(block)[0] for block in write.split(b"\0") if block]


def samples(n: int, size: int) -> list[bytes]:
    draw = random.Random(n)
    return [draw.randbytes(size) for _ in range(n)]


def flipped(data: bytes) -> bytes:
    return bytes(255 - value for value in data)


def note_what_runs(device: ScriptedDevice) -> list[bytes]:
    """The input of each inference that the device does, in order."""
    ran: list[bytes] = []
    run = device.run

    def noting(request: bytes) -> bytes:
        answer = run(request)
        ran.append(flipped(answer[-device.input_bytes :]))
        return answer

    device.run = noting  # type: ignore[method-assign]
    return ran


def test_the_next_input_and_its_run_wait_on_the_device() -> None:
    client, port = greeted(ScriptedDevice(receive_window=4096))
    wanted = samples(4, 490)
    got = [reply.outputs[0] for reply in client.infer_each(wanted, 60)]
    assert got == [flipped(sample) for sample in wanted]
    assert [kinds(write) for write in port.writes] == [
        [INPUT, RUN, INPUT, RUN, INPUT],
        [RUN, INPUT],
        [RUN],
    ]


@pytest.mark.parametrize("harm", [lambda answer: b"", lambda answer: answer[:40] + b"\0"])
def test_an_answer_lost_behind_which_the_next_has_run_is_asked_for_with_its_input(
    harm: Callable[[bytes], bytes],
) -> None:
    """The device has not kept it. It is the third of six; then the first of two."""
    device = ScriptedDevice()
    client, _ = greeted(device)
    ran = note_what_runs(device)
    wanted = samples(6, 490)

    def lose(seen: Seen) -> bytes | None:
        first = seen.kind == RUN and len(ran) == at and device.reply(seen)
        return harm(first) if first else None

    device.misbehave, at = lose, 2
    got = [reply.outputs[0] for reply in client.infer_each(wanted, 60)]
    assert got == [flipped(sample) for sample in wanted]
    assert ran == [*wanted[:5], wanted[2], wanted[5]]
    assert client.frames_repeated == len([INPUT, RUN])
    ran.clear()
    at = 0
    assert len(list(client.infer_each(wanted[:2], 60))) == 2
    assert ran == [*wanted[:2], wanted[0]]
    assert client.frames_repeated == 2 * len([INPUT, RUN])


def test_of_a_long_input_as_much_travels_as_the_device_can_hold() -> None:
    client, port = greeted(ScriptedDevice(max_payload=208, input_bytes=1000, receive_window=700))
    wanted = samples(2, 1000)
    assert len(list(client.infer_each(wanted, 60))) == 2
    assert kinds(port.writes[0]) == [INPUT, INPUT, INPUT]
    in_order = [kind for write in port.writes for kind in kinds(write)]
    assert in_order == 2 * [*5 * [INPUT], RUN]
    assert 600 < port.device.most_unanswered <= 700


def test_an_input_that_is_repeated_does_not_overwrite_the_next_one() -> None:
    """That one is already there."""
    device = ScriptedDevice(max_payload=258)
    client, _ = greeted(device)
    wanted = samples(3, 490)
    left = [device]

    def lose_an_answer(seen: Seen) -> bytes | None:
        if seen.kind == INPUT and device.runs == 1 and left:
            left.clear()
            return device.reply(seen)[:0]
        return None

    device.misbehave = lose_an_answer
    got = [reply.outputs[0] for reply in client.infer_each(wanted, 60)]
    assert got == [flipped(sample) for sample in wanted]
    assert (device.runs, client.frames_repeated) == (3, 1)


@pytest.mark.parametrize("seed", range(40))
def test_whatever_is_lost_either_way_each_input_is_answered_with_its_own_output(seed: int) -> None:
    draw = random.Random(seed)
    device = ScriptedDevice(max_payload=158, receive_window=draw.choice([400, 4096]))
    client, _ = greeted(device, chunk=draw.choice([1, 7, 65536]))
    ran = note_what_runs(device)

    def lose(seen: Seen) -> bytes | None:
        if draw.random() > 0.15:
            return None
        harm = draw.choice([lambda answer: b"", lambda answer: answer[:5] + b"\0"])
        return b"" if draw.random() < 0.5 else harm(device.reply(seen))

    device.misbehave = lose
    wanted = samples(12, 490)
    got = [reply.outputs[0] for reply in client.infer_each(wanted, 600)]
    assert got == [flipped(sample) for sample in wanted]
    # Nothing else runs than whole samples, and one that runs again has been noticed.
    assert set(ran) == set(wanted)
    assert client.frames_repeated >= len([*4 * [INPUT], RUN]) * (len(ran) - len(wanted))


def test_a_refusal_ends_it_and_the_next_request_is_heard() -> None:
    device = ScriptedDevice()
    client, _ = greeted(device)
    device.misbehave = lambda seen: (
        device.error(seen, 7, 0, -1, "CONV_2D") if seen.kind == RUN and device.runs == 1 else None
    )
    replies = client.infer_each(samples(4, 490), 60)
    assert next(replies).outputs
    with pytest.raises(KernelRefused, match="returned status -1 to RUN"):
        next(replies)
    device.misbehave = lambda seen: None
    assert client.infer(bytes(490), deadline_s=5).outputs == (b"\xff" * 490,)


def test_each_answer_may_take_the_deadline() -> None:
    device = ScriptedDevice()
    client, port = greeted(device, latency_s=7)
    assert len(list(client.infer_each(samples(5, 490), 20))) == 5
    device.deaf = True
    start = port.clock()
    with pytest.raises(LinkTimeout, match="no answer to INPUT 0 at byte 0 within 20 s"):
        list(client.infer_each(samples(1, 490), 20))
    assert port.clock() - start == pytest.approx(20)


def test_computing_is_what_only_the_answer_to_a_run_is_waited_for() -> None:
    device = ScriptedDevice()
    client, _ = greeted(device, latency_s=0.25)
    client.infer(bytes(490), deadline_s=5)
    assert client.computing_s == 0  # both answers came at once
    client.run(0, 1, 5)
    assert client.computing_s == 0.25
