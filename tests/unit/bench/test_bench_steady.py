"""A device that is disturbed, reset, mute or unplugged in mid-run, on a clock that waits move."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from bench_desk import MemoryBoard
from devices.scripted import ScriptedDevice, Seen
from devices.transports import Clock, MemoryPort

from harness.bench.bring_up import Device
from harness.bench.rig import Deadlines
from harness.bench.steady import MOST_INCIDENTS, Steady
from harness.domain.coordinates import Coordinates
from harness.domain.device import Identity, Reply
from harness.errors import (
    DeviceError,
    DeviceFault,
    DeviceReset,
    LinkClosed,
    LinkTimeout,
    SimulatorDied,
    WrongImage,
    WrongModel,
)
from harness.link import DeviceClient

RESET = "input 7 repeated: the device had been reset"
MUTE = "input 7 repeated: the device was mute for 120 s and was reset"
CLOSED = "input 7 repeated: the port was closed and opened again"


@dataclass
class ResettableBoard(MemoryBoard):
    """Its reset resets the device, and heals a line that is stuck."""

    device: ScriptedDevice = field(default_factory=ScriptedDevice)

    def reset_and_run(self) -> None:
        super().reset_and_run()
        self.device.reset()
        self.device.deaf = False


class Bench:
    """A device in memory, greeted and described, and what `Steady` needs around it."""

    def __init__(self, **port: object) -> None:
        self.device = ScriptedDevice(input_bytes=4)
        self.clock = Clock()
        self.port = MemoryPort(self.device, self.clock, **port)  # type: ignore[arg-type]
        self.client = DeviceClient(self.port, self.clock)
        self.board = ResettableBoard(device=self.device)
        self.handshakes = 0
        identity = self.client.hello(10)
        self.at = Coordinates("desk:1", "memory", lambda: self.check())
        self.device_ = Device(
            self.client,
            self.board,
            identity,
            None,
            self.at,
            self.handshake,  # type: ignore[arg-type]
        )
        self.steady = Steady(self.device_, Deadlines())
        self.device.runs = 0

    def check(self) -> None:
        """The machine is well."""

    def handshake(self) -> Identity:
        self.handshakes += 1
        identity = self.client.hello(10)
        self.client.describe(10)
        return identity

    def infer(self, number: int = 7, warmup: int = 0) -> Reply:
        return self.steady.infer(number, b"\1\2\3\4", warmup=warmup, anew=1, repeats=2)

    def once(self, kind: int, change: object) -> None:
        left = [kind]

        def misbehave(seen: Seen) -> bytes | None:
            if left == [seen.kind]:
                left.clear()
                return change(seen)  # type: ignore[operator]
            return None

        self.device.misbehave = misbehave


ANSWER = bytes([254, 253, 252, 251])


def test_nothing_happens_on_a_quiet_link() -> None:
    bench = Bench()
    assert bench.infer(warmup=1).outputs == (ANSWER,)
    assert (bench.device.runs, bench.handshakes) == (3, 0)
    assert (bench.steady.incidents, bench.steady.frames_repeated) == ([], 0)


@pytest.mark.parametrize("banner", [b"", b"\r\n\0", b"boot v1.2\r\nready\r\n", b"\0\xff\0\xfe"])
def test_a_reset_before_the_run_repeats_the_input_behind_a_new_handshake(banner: bytes) -> None:
    bench = Bench()

    def reset(seen: Seen) -> bytes:
        bench.device.reset()
        return banner

    bench.once(4, reset)
    assert bench.infer().outputs == (ANSWER,)
    assert bench.steady.incidents == [RESET]
    assert bench.handshakes == 1
    assert bench.device.runs == 3  # once, and warmed up again before
    assert bench.infer().outputs == (ANSWER,)
    assert bench.device.runs == 5


def test_a_reset_after_the_run_takes_its_count_once() -> None:
    """The answer is lost with the device's memory of it: what counts is the second run."""
    bench = Bench()

    def run_and_reset(seen: Seen) -> bytes:
        bench.device.reply(seen)
        bench.device.reset()
        return b""

    bench.once(4, run_and_reset)
    assert len(bench.infer().ticks) == 2
    assert bench.steady.incidents == [RESET]
    assert bench.device.runs == 5


@pytest.mark.parametrize(("kind", "number"), [(3, 4), (4, 3)])
def test_in_accuracy_mode_a_reset_is_noticed_within_a_second(kind: int, number: int) -> None:
    bench = Bench()
    samples = [bytes([n] * 4) for n in range(5)]
    replies = bench.steady.infer_each(samples)
    got = [next(replies), next(replies)]

    def reset(seen: Seen) -> bytes:
        bench.device.reset()
        return b""

    bench.once(kind, reset)
    begun = bench.clock()
    got += replies
    assert bench.clock() - begun <= 1
    assert [reply.outputs[0] for reply in got] == [bytes([255 - n] * 4) for n in range(5)]
    assert bench.steady.incidents == [f"input {number} repeated: the device had been reset"]
    assert bench.handshakes == 1


def test_in_accuracy_mode_an_answer_may_take_as_long_as_those_before() -> None:
    """Half a second of silence says nothing of a device that computes for two."""
    bench = Bench(latency_s=2.0)
    assert len(list(bench.steady.infer_each([bytes(4)] * 5))) == 5
    assert bench.steady.frames_repeated == 0


def test_a_mute_device_is_reset_through_the_probe() -> None:
    bench = Bench()
    bench.device.deaf = True
    assert bench.infer().outputs == (ANSWER,)
    assert bench.board.steps == ["reset"]
    assert bench.steady.incidents == [MUTE]
    assert bench.clock() < 130


def test_a_device_that_stays_mute_is_the_timeout_it_began_with() -> None:
    bench = Bench()
    bench.device.deaf = True
    bench.board.reset_and_run = lambda: None  # type: ignore[method-assign]
    with pytest.raises(LinkTimeout, match="no answer to INPUT 0 at byte 0 within 120 s"):
        bench.infer()
    assert bench.clock() == pytest.approx(120 + 10 + 10, abs=1)


def test_an_unplugged_port_is_opened_again() -> None:
    bench = Bench()
    bench.port.closes_after = bench.port._delivered + 3
    assert bench.infer().outputs == (ANSWER,)
    assert bench.steady.incidents == [CLOSED]
    assert (bench.handshakes, bench.board.steps) == (1, [])


def test_a_port_that_does_not_come_back_is_the_error_it_left_with() -> None:
    bench = Bench()
    bench.port.closes_after = bench.port._delivered
    waited: list[float] = []

    def gone(wait_s: float) -> None:
        waited.append(wait_s)
        raise LinkClosed("the port did not come back", where="memory")

    bench.port.reopen = gone  # type: ignore[method-assign]
    with pytest.raises(LinkClosed, match="the link was closed"):
        bench.infer()
    assert waited == [30, 30]


def test_a_machine_that_died_explains_more_than_its_link() -> None:
    bench = Bench()
    bench.port.closes_after = bench.port._delivered

    def died() -> None:
        raise SimulatorDied("QEMU was killed by signal 9")

    bench.check = died  # type: ignore[method-assign]
    with pytest.raises(SimulatorDied):
        bench.infer()


@pytest.mark.parametrize("error", [WrongImage("another build id"), DeviceError("refused")])
def test_another_build_after_a_reset_ends_it(error: DeviceError) -> None:
    bench = Bench()

    def handshake() -> Identity:
        raise error

    steady = Steady(
        Device(
            bench.client,
            bench.board,
            None,
            None,
            bench.at,
            handshake,  # type: ignore[arg-type]
        ),
        Deadlines(),
    )
    bench.device.reset()
    with pytest.raises(type(error)) as caught:
        steady.infer(7, b"\1\2\3\4", warmup=0, anew=1, repeats=1)
    assert caught.value is error


def test_a_model_that_is_gone_after_the_reset_ends_it() -> None:
    bench = Bench()
    bench.device.reset()
    bench.device.misbehave = lambda seen: bench.device.error(seen, 2) if seen.kind == 2 else None
    with pytest.raises(WrongModel, match="no model image is loaded"):
        bench.infer()
    assert bench.handshakes == 2


def test_a_fault_is_not_repeated() -> None:
    bench = Bench()
    bench.once(4, lambda seen: bench.device.error(seen, 9, 0, 0x02000000, "pc=00000100"))
    with pytest.raises(DeviceFault):
        bench.infer()
    assert (bench.steady.incidents, bench.handshakes) == ([], 0)


def test_a_disturbed_window_is_measured_anew_and_told() -> None:
    bench = Bench()
    real, spoilt = bench.device.run, [3]

    def run(request: bytes) -> bytes:
        answer = real(request)
        return answer[:4] + spoilt.pop().to_bytes(4, "little") + answer[8:] if spoilt else answer

    bench.device.run = run  # type: ignore[method-assign]
    assert bench.infer().link_interrupts == 0
    assert bench.steady.incidents == ["input 7 measured anew: 3 link interrupts in its window"]
    assert bench.device.runs == 4


def test_a_window_that_is_always_disturbed_is_returned_as_it_is() -> None:
    bench = Bench()
    real = bench.device.run
    bench.device.run = (
        lambda request: (  # type: ignore[method-assign]
            real(request)[:4] + (1).to_bytes(4, "little") + real(request)[8:]
        )
    )
    assert bench.infer().link_interrupts == 1
    assert len(bench.steady.incidents) == 2


def test_a_device_that_resets_for_ever_ends_after_some_incidents() -> None:
    bench = Bench()
    for number in range(MOST_INCIDENTS):
        bench.device.reset()
        bench.infer(number)
    bench.device.reset()
    with pytest.raises(DeviceReset, match="the device was reset while input 99 was measured"):
        bench.infer(99)
    assert len(bench.steady.incidents) == MOST_INCIDENTS


def test_a_device_that_is_reset_by_every_run_is_told_as_that() -> None:
    """As a supply that gives in each time an inference draws its current."""
    bench = Bench()

    def give_in(seen: Seen) -> bytes | None:
        if seen.kind != 4 or not bench.device.described:
            return None
        bench.device.reset()
        return b""

    bench.device.misbehave = give_in
    with pytest.raises(DeviceReset) as caught:
        bench.infer()
    assert caught.value.what.startswith(
        "the device was reset while input 7 was measured, and again when that was repeated"
    )
    assert caught.value.hint == "Check its supply under load, its reset line, and its watchdog."
    assert (bench.steady.incidents, bench.handshakes) == ([RESET], 2)
