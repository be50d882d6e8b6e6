"""MLPerf Tiny's energy mode: five windows under a meter, their median, and what is kept of it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders.energies import energy_summary
from devices.mlperf_device import MlperfDevice
from devices.told_meter import AlwaysTheSame
from devices.transports import Clock, MemoryPort

from harness.bench.mlperf import EnergySession, Peer, SessionFiles, sequence, session_record
from harness.bench.mlperf.energy import session_energy
from harness.bench.mlperf.session import Answer
from harness.domain.energy import EnergyReading, EnergySummary
from harness.domain.measurement import Measurement, Missing
from harness.domain.mlperf import BENCHMARKS, DeviceNames, Inference, Mode, Sample, Truth
from harness.domain.power import Invalid, Reason
from harness.domain.units import Fidelity, Unit
from harness.link.mlperf import MlperfClient

SIZE = 490
STEPS = sequence([Sample(Truth("0.bin", 12, 0), (bytes(SIZE),))], Mode.ENERGY)
STARTED = datetime(2024, 5, 17, tzinfo=UTC)
BOARD = Peer(DeviceNames("board", "ULPMark", "kws01"))


def without_laps(number: int, command: str, reply: bytes) -> bytes:
    return re.sub(rb"m-lap-us-\d+\r\n", b"", reply)


def one_window(joules: float, seconds: float = 10.75) -> EnergySummary:
    """An energy of one window of so many seconds."""
    found = energy_summary(energy_j=joules, expanded_j=0.03 * joules, repeatability=None)
    window = replace(found.windows[0], energy_j=250 * joules, time_s=seconds)
    return replace(found, windows=(window,))


def answers(energies: list[EnergyReading | None]) -> list[Answer]:
    inference = Inference((1.0,), 0, 0)
    return [Answer(STEPS[0], inference, 250, 10, 1, energy) for energy in energies]


FIVE: list[EnergyReading | None] = [one_window(mj * 1e-3) for mj in (1.43, 1.40, 1.41, 1.44, 1.42)]


def session(device: MlperfDevice, meter: AlwaysTheSame) -> EnergySession:
    clock = Clock()
    client = MlperfClient(MemoryPort(device, clock), clock, command_s=1.0, infer_s=1.0)
    return EnergySession(client, client.identify(), 250, 10, meter, clock=clock)


def device(**options: object) -> MlperfDevice:
    return MlperfDevice(lambda data: [0.9] + [0.0] * 11, **options)  # type: ignore[arg-type]


def test_each_window_has_a_recording_between_pulses() -> None:
    meter = AlwaysTheSame(one_window(1.4e-3, 0.01))
    run = session(device(tamper=without_laps), meter)
    found = [run.run(step) for step in STEPS]
    assert [answer.energy for answer in found] == [meter.reading] * 5
    kept = [answer.recording for answer in found]
    assert [list(one.traces[0]) for one in kept if one] == [["current_a"]] * 5
    assert [one.board for one in kept if one] == meter.recorded
    assert [(one.inferences, one.pulses, one.discarded) for one in meter.recorded] == [
        (250, True, 0)
    ] * 5
    assert {one.windows[0].board_s for one in meter.recorded} == {None}


def test_a_window_longer_than_the_host_waited_is_not_believed() -> None:
    run = session(device(tamper=without_laps), AlwaysTheSame(one_window(1.4e-3, 10.0)))
    energy = run.run(STEPS[0]).energy
    assert isinstance(energy, Invalid)
    assert energy.reason is Reason.CLOCK_MISMATCH


def test_the_median_of_five() -> None:
    """1.42 mJ; s / sqrt(5) of 15.8 uJ is 7.07 uJ, beside 1.5 % of the meter."""
    energy = session_energy(answers(FIVE))
    assert isinstance(energy, EnergySummary)
    assert energy.energy_j == 1.42e-3
    assert len(energy.windows) == 5
    assert energy.repeatability == pytest.approx(15.81e-6 / 1.42e-3, rel=1e-3)
    assert energy.warnings == ("the windows vary by 1.11 %, more than 0.5 %",)
    assert energy.expanded_j == pytest.approx(2 * (7.07e-6**2 + 21.3e-6**2) ** 0.5, rel=1e-3)


@pytest.mark.parametrize("bad", [Invalid(Reason.GATE_NO_RISE, "no edge"), None])
def test_one_bad_window_leaves_no_number(bad: EnergyReading | None) -> None:
    assert isinstance(session_energy(answers([*FIVE[:4], bad])), Invalid)


def record_of(energies: list[EnergyReading | None], peer: Peer = BOARD) -> Measurement | Missing:
    known = BENCHMARKS["kws01"]
    record = session_record(known, Mode.ENERGY, peer, STEPS, answers(energies), None, STARTED)
    (reading,) = record.readings
    return reading


def test_joules_are_kept_with_meter_and_conditions() -> None:
    reading = record_of(FIVE)
    assert isinstance(reading, Measurement)
    assert (reading.quantity, reading.value, reading.n) == ("mlperf_energy", 1.42e-3, 5)
    assert (reading.unit, reading.fidelity) == (Unit.JOULES, Fidelity.SILICON)
    assert reading.instrument == "PPK2 E0F1"
    assert reading.method.startswith("alignment gate; 3 V; MLPerf Tiny energy: median of 5")


def test_windows_shorter_than_the_rules_want_are_no_number() -> None:
    short = record_of([*FIVE[:4], one_window(1.4e-3, 9.9)])
    assert short == Missing("mlperf_energy", "a window took 9.900 s; the rules want 10 s")


def test_what_is_simulated_has_a_name_of_its_own() -> None:
    virtual = [replace(one, origin="simulated") for one in FIVE]  # type: ignore[type-var]
    reading = record_of(list(virtual), replace(BOARD, known_fidelity=Fidelity.SIMULATED))
    assert isinstance(reading, Measurement)
    assert (reading.quantity, reading.fidelity) == ("mlperf_energy_sim", Fidelity.SIMULATED)


def test_the_files_of_a_session(tmp_path: Path) -> None:
    with SessionFiles(tmp_path, STARTED) as files:
        files.finish(answers(FIVE), Mode.ENERGY, None)
    assert "Median energy is   1420.000 uJ/inf." in (files.path / "results.txt").read_text()
    entries = json.loads((files.path / "results.json").read_text())
    assert [entry["infer"]["energy_uj"] for entry in entries][:2] == [1430.0, 1400.0]
    assert {entry["mode"] for entry in entries} == {"e"}
