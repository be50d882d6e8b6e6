"""A case whose target allows a faster link: what is agreed, and what the record keeps of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from bench_desk import TARGET, Desk, MemoryBoard
from devices.scripted import ScriptedDevice, Seen
from devices.transports import Clock, MemoryPort

from harness.bench.bring_up import Device
from harness.bench.link_rate import measured_speed
from harness.bench.rig import Deadlines
from harness.domain.coordinates import Coordinates
from harness.domain.record import CaseRecord, CaseStatus
from harness.domain.target import Target
from harness.domain.units import Fidelity
from harness.link import DeviceClient

FAST = 3_000_000


BOARD = replace(TARGET, max_baud_rate=FAST, fidelity=Fidelity.SILICON)


def case(desk: Desk, target: Target = BOARD) -> CaseRecord:
    record, error = desk.run(target=target)
    assert error is None
    assert record.status is CaseStatus.OK
    return record


def test_the_rate_agreed_on_is_kept(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.device.rates = lambda wanted: wanted
    record = case(desk)
    assert dict(record.tool_versions)["link"] == "3000000 baud"
    assert record.incidents is None
    assert desk.device.rate == FAST


def test_a_simulator_follows_but_has_no_rate_to_keep(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.device.rates = lambda wanted: wanted
    record = case(desk, replace(TARGET, max_baud_rate=FAST))
    assert "link" not in dict(record.tool_versions)
    assert desk.device.rate == FAST


def test_a_refusal_is_told_once(tmp_path: Path) -> None:
    record = case(Desk(tmp_path))
    assert dict(record.tool_versions)["link"] == "115200 baud"
    assert record.incidents == "the device cannot use 3,000,000 baud, stayed at 115,200"


def test_nothing_is_asked_of_a_target_without_a_faster_rate(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    record, _ = desk.run()
    assert "link" not in dict(record.tool_versions)
    assert 8 not in {seen.kind for seen in desk.device.seen}


def test_a_device_that_stays_mute_is_reset(tmp_path: Path) -> None:
    desk = Desk(tmp_path, deadlines=Deadlines(handshake_s=0.5))
    desk.device.rates = lambda wanted: wanted

    def mute(seen: Seen) -> bytes | None:
        lost = desk.device.rate and desk.board.steps.count("reset") == 1
        return b"" if lost else None

    desk.device.misbehave = mute
    record = case(desk)
    assert desk.board.steps.count("reset") == 2
    assert record.incidents == "the device was mute after a change to 3,000,000 baud and reset"
    assert dict(record.tool_versions)["link"] == "115200 baud"


REFUSED = "the device cannot use 3,000,000 baud, stayed at 115,200"


@pytest.mark.parametrize(
    ("target", "known", "baud_rate", "trouble"),
    [
        (BOARD, True, FAST, ""),
        (BOARD, False, 115200, REFUSED),
        (TARGET, True, None, ""),
        (replace(BOARD, max_baud_rate=None), True, 115200, ""),
    ],
)
def test_the_speed_of_a_link_is_that_of_the_rate_a_run_would_use(
    target: Target, known: bool, baud_rate: int | None, trouble: str
) -> None:
    device = ScriptedDevice(rates=(lambda wanted: wanted) if known else None)
    clock = Clock()
    port = MemoryPort(device, clock)
    client = DeviceClient(port, clock)
    identity = client.hello(5)
    at = Coordinates("desk:1", "memory", lambda: None)
    speed = measured_speed(
        Device(client, MemoryBoard(), identity, None, at, lambda: identity),  # type: ignore[arg-type]
        target,
        Deadlines(),
    )
    assert (speed.baud_rate, speed.trouble) == (baud_rate, trouble)
    assert device.rate == (FAST if baud_rate == FAST else 0)
