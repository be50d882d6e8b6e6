"""A case whose target allows a faster link: what is agreed, and what the record keeps of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bench_desk import TARGET, Desk
from devices.scripted import Seen

from harness.bench.rig import Deadlines
from harness.domain.record import CaseRecord, CaseStatus
from harness.domain.target import Target
from harness.domain.units import Fidelity

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
