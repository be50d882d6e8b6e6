"""The speed of a link, on one whose bytes take a known time."""

from __future__ import annotations

import json

import pytest
from devices.scripted import ScriptedDevice, Seen
from devices.transports import Clock, MemoryPort, over_pty
from typer.testing import CliRunner

from harness.cli.app import app
from harness.domain.measurement import Missing
from harness.errors import ConfigError, LinkError
from harness.link import DeviceClient

BAUD = 1_000_000
BYTE_S = 10 / BAUD
LATENCY_S = 0.001


class UartPort(MemoryPort):
    """Each byte takes its time on the wire, and each read `LATENCY_S`."""

    def write(self, data: bytes) -> None:
        self.clock.now += len(data) * BYTE_S
        super().write(data)

    def read(self, timeout_s: float) -> bytes:
        data = super().read(timeout_s)
        self.clock.now += len(data) * BYTE_S
        return data


def client_of(device: ScriptedDevice) -> DeviceClient:
    clock = Clock()
    return DeviceClient(UartPort(device, clock, latency_s=LATENCY_S), clock)


def test_round_trips_and_rates_are_those_of_the_wire() -> None:
    speed = client_of(ScriptedDevice(max_payload=1024, receive_window=4096)).speed(BAUD)
    answer = 8 + 2 + 2 + 7 * 4 + 20 + 2 + len("mps2-an500cmsis-nnsystick-icount") + 3
    request = 8 + 2 + 2  # COBS adds one byte, and the delimiter another
    trip = (answer + request) * BYTE_S + LATENCY_S
    assert speed.round_trip.median == pytest.approx(trip, rel=0.05)
    assert speed.round_trip.n == 50
    assert not isinstance(speed.to_device, Missing)
    # Nothing else is on the way while 490 bytes go and 10 come; latency once per 4096 bytes.
    assert speed.efficiency(speed.to_device) == pytest.approx(0.93, abs=0.06)
    assert speed.efficiency(speed.from_device) == pytest.approx(0.85, abs=0.1)
    assert (speed.target, speed.frames_repeated) == ("mps2-an500", 0)


def test_without_a_model_nothing_is_sent_to_the_device_and_it_says_why() -> None:
    device = ScriptedDevice()
    device.misbehave = lambda seen: device.error(seen, 2) if seen.kind == 2 else None
    speed = client_of(device).speed(None)
    assert isinstance(speed.to_device, Missing)
    assert speed.to_device.reason.startswith("no model is loaded: no model image is loaded")
    assert speed.efficiency(speed.from_device) is None
    assert {seen.kind for seen in device.seen} == {1, 2}


def test_a_device_that_refuses_in_between_is_no_speed() -> None:
    device = ScriptedDevice()

    def refuse(seen: Seen) -> bytes | None:
        return device.error(seen, 1) if seen.kind == 3 else None

    device.misbehave = refuse
    with pytest.raises(LinkError) as caught:
        client_of(device).speed(None)
    assert str(caught.value) == (
        "memory: the device refuses INPUT 0 at byte 0, which it took before\n"
        "  -> Reset the device, then measure again."
    )


def test_the_command_prints_a_table_and_json() -> None:
    with over_pty(ScriptedDevice()) as port:
        shown = CliRunner().invoke(app, ["link", "bench", "--port", port, "--baud", "115200"])
        assert shown.exit_code == 0, shown.output
        assert "round trip, ms" in shown.output
        assert f"mps2-an500 behind {port}: 115,200 baud" in shown.output
        plain = CliRunner().invoke(app, ["link", "bench", "--port", port, "--json"])
    found = json.loads(plain.output)
    assert found["baud_rate"] == 115200
    assert found["from_device"]["n"] == 5
    assert found["to_device"]["efficiency"] > 0


@pytest.mark.parametrize("words", [[], ["--port", "x", "--target", "y"]])
def test_one_link_is_meant(words: list[str]) -> None:
    result = CliRunner().invoke(app, ["link", "bench", *words])
    assert result.exit_code == ConfigError.exit_code
    assert "one of --target and --port tells which link is meant" in result.output
    assert "Give --target ID, or --port with a device or URL." in result.output
