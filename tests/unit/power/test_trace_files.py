"""Trace files of other programs, and traces that are kept: what goes in comes out."""

from __future__ import annotations

import json
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from builders.traces import gated
from devices.meters import QUICK, recorded

from harness.domain.energy import EnergySummary
from harness.domain.power import CaptureConfig, Invalid, Trace
from harness.errors import BadTrace, UnknownName, VoltageRefused
from harness.power.analysis.limits import Expected
from harness.power.analysis.summary import analyse
from harness.power.kinds import open_meter
from harness.power.recording import opened, record
from harness.power.traces import ImportOptions, formats, read_trace
from harness.power.traces.npz import KIND, arrays_of, trace_of
from harness.power.virtual.faults import Faults
from harness.results.raw_folder import RawFolder


def energy(trace: Trace, windows: int = 1) -> float:
    reading = analyse(trace, Expected(windows, 1), QUICK)
    assert isinstance(reading, EnergySummary), str(reading)
    return reading.energy_j


def put_trace(folder: Path, trace: Trace) -> str:
    return RawFolder(folder).put(KIND, arrays_of(trace))


def get_trace(folder: Path, name: str) -> Trace:
    return trace_of(RawFolder(folder).get(name))


def test_a_kept_trace_is_the_same_and_has_the_same_name_again(tmp_path: Path) -> None:
    trace, _, _ = recorded(faults=Faults(drop=((60_000, 5),)))
    name = put_trace(tmp_path, trace)
    assert put_trace(tmp_path, trace) == name
    again = get_trace(tmp_path, name)
    np.testing.assert_array_equal(again.current_a, trace.current_a)
    np.testing.assert_array_equal(again.flags, trace.flags)
    assert again.logic is not None
    np.testing.assert_array_equal(again.logic, trace.logic)
    for field in ("rate_hz", "voltage_v", "info", "accuracy", "edges", "warnings", "origin"):
        assert getattr(again, field) == getattr(trace, field)
    assert energy(again) == energy(trace)
    size = next(tmp_path.rglob("*.npz")).stat().st_size
    assert size < 2 * len(trace)  # float32 alone would be four bytes each


def test_when_a_recording_began_is_kept_and_older_files_do_not_tell() -> None:
    trace = gated([(500, 1500)], 2000)
    assert (trace.started_s, trace.earliest_s, trace.host_time) == (None, None, False)
    known = replace(trace, started_s=8.25, earliest_s=7.5, host_time=True)
    arrays = arrays_of(known)
    again = trace_of(arrays)
    assert (again.started_s, again.earliest_s, again.host_time) == (8.25, 7.5, True)
    about = json.loads(bytes(arrays["about"]))
    del about["earliest_s"], about["host_time"]
    older = {**arrays, "about": np.frombuffer(json.dumps(about).encode(), np.uint8)}
    again = trace_of(older)
    assert (again.started_s, again.earliest_s, again.host_time) == (8.25, None, False)


def test_a_replayed_trace_gives_the_same_energy_and_cannot_be_fed(tmp_path: Path) -> None:
    trace, _, _ = recorded()
    name = put_trace(tmp_path, trace)
    with opened(open_meter(f"replay:{next(tmp_path.rglob(f'{name}.npz'))}")) as meter:
        again = record(meter, CaptureConfig(), 100.0)
        assert again.faults == ()
        assert energy(again) == energy(trace)
        meter.set_voltage(3.0)
        with pytest.raises(VoltageRefused, match=r"taken at 3.0 V, not 1.8 V"):
            meter.set_voltage(1.8)


CSV = "Timestamp(ms),Current(uA),D0\n"


def test_csv_with_units_in_its_names_and_a_row_that_is_missing(tmp_path: Path) -> None:
    rows = [
        f"{n},{10_000 if 200 <= n < 1200 else 2_000},{int(200 <= n < 1200)}"
        for n in range(1500)
        if n != 700
    ]
    file = tmp_path / "scope.csv"
    file.write_text(CSV + "\n".join(rows) + "\n")
    trace = read_trace(file, ImportOptions(voltage_v=3.0))
    assert (len(trace), trace.lost, trace.rate_hz) == (1500, 1, pytest.approx(1000))
    assert trace.origin == "imported"
    assert energy(trace) == pytest.approx(10e-3 * 3.0 * 1.0, rel=1e-6)


def test_csv_without_times_needs_a_rate(tmp_path: Path) -> None:
    file = tmp_path / "plain.csv"
    file.write_text("i,v\n" + "0.01,3.0\n" * 100)
    with pytest.raises(BadTrace, match="no rate was given"):
        read_trace(file)
    trace = read_trace(file, ImportOptions(rate_hz=50.0))
    assert trace.duration_s == 2.0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n3,4\n", "no column of currents"),
        ("time,current\n1,2\n1,4\n", "do not rise"),
        ("time,current\n1,2\n", "fewer than two rows"),
        ("", "No columns"),
    ],
)
def test_a_csv_that_is_no_trace_says_why(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(text)
    with pytest.raises(BadTrace, match=message):
        read_trace(file, ImportOptions(voltage_v=3.0))


def test_a_file_without_a_voltage_needs_one(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("time,current\n0,1\n1,1\n")
    with pytest.raises(BadTrace, match="the file has no voltage") as caught:
        read_trace(file)
    assert "--voltage" in caught.value.hint


def test_an_energy_file_of_eembc_and_its_time_stamps(tmp_path: Path) -> None:
    """33 uJ in each millisecond for 11 s; the window is the 10 s between the time stamps."""
    samples = np.full(11_000, 33.0, "<f4").tobytes()
    (tmp_path / "ic01-energy.bin").write_bytes(struct.pack("<Bf", 0xF1, 1000.0) + samples)
    (tmp_path / "ic01-timestamps.json").write_text(json.dumps([0.5, 10.5]))
    trace = read_trace(tmp_path / "ic01-energy.bin", ImportOptions(voltage_v=3.0))
    reading = analyse(trace, Expected(1, 100))
    assert isinstance(reading, EnergySummary)
    assert reading.energy_j == pytest.approx(10_000 * 33e-6 / 100, rel=1e-6)
    assert reading.alignment == "event"


def test_a_log_of_a_shield_tells_its_own_rate_voltage_and_unit(tmp_path: Path) -> None:
    head = "ack volt 3000m\r\nack freq 1k\r\nack output energy\r\nack start\r\n"
    lines = ["3300-08"] * 3000
    lines[500] = "event 00 ris\r\n3300-08"
    lines[2500] = "event 01 ris\r\n3300-08"
    file = tmp_path / "run.lpm.log"
    file.write_bytes((head + "\r\n".join(lines) + "\r\nend\r\n").encode())
    trace = read_trace(file)
    assert (trace.rate_hz, trace.voltage_v) == (1000.0, 3.0)
    assert energy(trace) == pytest.approx(2000 * 33e-6, rel=1e-5)


def test_a_recording_of_joulescopes_software(tmp_path: Path) -> None:
    pyjls = pytest.importorskip("pyjls")
    gate = np.zeros(30_000, np.uint8)
    gate[5_000:25_000] = 1
    current = np.where(gate, 10e-3, 2e-3).astype(np.float32)
    current[9_000:9_005] = np.nan
    file = tmp_path / "run.jls"
    with pyjls.Writer(str(file)) as writer:
        writer.source_def(source_id=1, name="t", vendor="t", model="t", version="1")
        kinds = {1: ("current", "A", current), 2: ("voltage", "V", np.full(30_000, 3, np.float32))}
        for number, (name, units, values) in kinds.items():
            writer.signal_def(
                signal_id=number, source_id=1, sample_rate=10_000, name=name, units=units
            )
            writer.fsr_f32(number, 0, values)
        writer.signal_def(
            signal_id=3,
            source_id=1,
            sample_rate=10_000,
            data_type=pyjls.DataType.U1,
            name="gpi[0]",
        )
        writer.fsr(3, 0, np.packbits(gate, bitorder="little"))
    trace = read_trace(file)
    assert trace.lost == 5
    assert energy(trace) == pytest.approx(10e-3 * 3 * 2.0, rel=1e-5)


def test_a_format_is_known_by_name(tmp_path: Path) -> None:
    assert {"csv", "npz", "jls", "eembc", "lpm-log"} <= set(formats())
    (tmp_path / "x.dat").write_text("")
    with pytest.raises(UnknownName, match="the name tells no format"):
        read_trace(tmp_path / "x.dat")
    with pytest.raises(UnknownName, match="no trace format 'xls'"):
        read_trace(tmp_path / "x.dat", kind="xls")
    with pytest.raises(BadTrace, match="no such file"):
        read_trace(tmp_path / "none.csv")
    (tmp_path / "x.npz").write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(BadTrace, match="does not decode"):
        read_trace(tmp_path / "x.npz")


def test_faults_of_a_recording_stay_with_its_trace(tmp_path: Path) -> None:
    trace, _, _ = recorded(faults=Faults(silent_after=30_000))
    again = get_trace(tmp_path, put_trace(tmp_path, replace(trace, started_s=None)))
    assert again.faults == trace.faults
    assert isinstance(analyse(again, Expected(1, 1), QUICK), Invalid)
