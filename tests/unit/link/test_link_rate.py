"""Agreement on a rate with a device that follows, refuses, or is mute or garbled at the new one."""

from __future__ import annotations

import os
import pty
import termios
from dataclasses import dataclass, field

import pytest
import serial
from devices.scripted import ScriptedDevice
from devices.transports import Clock, MemoryPort

from harness.errors import LinkError, LinkTimeout
from harness.link import AgreedRate, DeviceClient, SerialPort, agree_on_rate

START, FAST = 115_200, 3_000_000
TRIAL_S = 0.5


@dataclass
class Uart(MemoryPort):
    """A line that carries nothing, or damage, while its ends disagree on the rate.

    The device gives a new rate up after `TRIAL_S`, unless a second BAUD came; `works_at` names the
    rates that the cable carries.
    """

    garbles: bool = False
    works_at: tuple[int, ...] = (START, FAST)
    fails: bool = False
    returns: bool = True
    rate: int = START
    used: list[int] = field(default_factory=list)
    _changed_at: float = 0.0

    def use_rate(self, baud_rate: int) -> None:
        if self.fails and baud_rate != START:
            raise LinkError("the port cannot", where="memory", hint="Look.")
        self.rate = baud_rate
        self.used.append(baud_rate)

    def write(self, data: bytes) -> None:
        on_trial = self.device.rate and [seen.kind for seen in self.device.seen].count(8) == 1
        if self.returns and on_trial and self.clock() >= self._changed_at + TRIAL_S:
            self.device.rate = 0
        if (self.device.rate or START) == self.rate and self.rate in self.works_at:
            before = self.device.rate
            super().write(data)
            if self.device.rate != before:
                self._changed_at = self.clock()
        elif self.garbles:
            self.writes.append(data)
            assert self.device.receive(bytes(byte | 0x11 for byte in data) + b"\0") == b""
            self._out += b"\x13\x55\xaa\0"


def on_uart(device: ScriptedDevice, **uart: object) -> tuple[DeviceClient, Uart]:
    clock = Clock()
    port = Uart(device, clock, **uart)  # type: ignore[arg-type]
    client = DeviceClient(port, clock)
    client.hello(5)
    device.seen.clear()
    return client, port


def same(wanted: int) -> int:
    return wanted


def test_a_device_that_follows() -> None:
    device = ScriptedDevice(rates=same)
    client, port = on_uart(device)
    assert agree_on_rate(client, FAST, START, 5) == AgreedRate(FAST)
    assert (port.rate, device.rate) == (FAST, FAST)
    assert [seen.kind for seen in device.seen] == [8, 1, 8]
    assert client.infer(bytes(490)).outputs == (b"\xff" * 490,)
    assert client.frames_repeated == 0


def test_the_host_uses_the_rate_that_the_device_really_makes() -> None:
    device = ScriptedDevice(rates=lambda wanted: 3_047_619)
    client, port = on_uart(device, works_at=(START, 3_047_619))
    assert agree_on_rate(client, FAST, START, 5) == AgreedRate(3_047_619)
    assert port.used == [3_047_619]


@pytest.mark.parametrize("rates", [None, lambda wanted: 0], ids=["old firmware", "no such rate"])
def test_a_device_that_refuses(rates: object) -> None:
    client, port = on_uart(ScriptedDevice(rates=rates))  # type: ignore[arg-type]
    said = "the device cannot use 3,000,000 baud, stayed at 115,200"
    assert agree_on_rate(client, FAST, START, 5) == AgreedRate(START, said)
    assert port.used == []
    assert client.infer(bytes(490)).outputs == (b"\xff" * 490,)


@pytest.mark.parametrize(
    ("garbles", "came"), [(False, "0 bytes came, 0"), (True, "12 bytes came, 3")]
)
def test_a_new_rate_that_does_not_work_is_given_up_by_both(garbles: bool, came: str) -> None:
    device = ScriptedDevice(rates=same)
    client, port = on_uart(device, works_at=(START,), garbles=garbles)
    agreed = agree_on_rate(client, FAST, START, 5)
    assert agreed == AgreedRate(
        START,
        "back at 115,200 baud, as 3,000,000 failed: no answer to HELLO within 0.2 s; "
        f"{came} damaged frames among them",
    )
    assert (port.used, device.rate) == ([FAST, START], 0)
    assert client.infer(bytes(490)).outputs == (b"\xff" * 490,)


def test_a_port_that_cannot_follow_is_told() -> None:
    device = ScriptedDevice(rates=same)
    client, _ = on_uart(device, fails=True)
    agreed = agree_on_rate(client, FAST, START, 5)
    said = "back at 115,200 baud, as 3,000,000 failed: the port cannot"
    assert agreed == AgreedRate(START, said)
    assert device.rate == 0


def test_a_device_that_does_not_return_is_an_error_within_its_deadline() -> None:
    client, port = on_uart(ScriptedDevice(rates=same), works_at=(START,), returns=False)
    with pytest.raises(LinkTimeout, match="no answer to HELLO within 5 s"):
        agree_on_rate(client, FAST, START, 5)
    assert port.rate == START


def test_a_serial_port_changes_its_rate_and_keeps_it_when_opened_anew() -> None:
    ours, theirs = pty.openpty()
    try:
        with SerialPort(serial.Serial(os.ttyname(theirs), START), os.ttyname(theirs)) as port:
            for _ in range(2):
                port.use_rate(FAST)
                assert termios.tcgetattr(theirs)[4:6] == [termios.B3000000] * 2
                port.reopen(1)
            with pytest.raises(LinkError) as caught:
                port.use_rate(-1)
    finally:
        os.close(ours)
        os.close(theirs)
    assert caught.value.what.startswith("the port cannot be used at -1 baud")
    assert caught.value.hint == "Give the target a `max_baud_rate` that the port can do, or none."
