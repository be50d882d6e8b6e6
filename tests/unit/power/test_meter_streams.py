"""What can go wrong while samples come: no number, and the reason."""

from __future__ import annotations

import numpy as np
import pytest
from devices.meters import ONE_SECOND, QUICK, recorded

from harness.domain.energy import EnergySummary
from harness.domain.power import Invalid, Reason, SampleBlock, SampleFlag
from harness.errors import MeterDisconnected, MeterTimeout
from harness.power.analysis.limits import Expected
from harness.power.analysis.summary import analyse
from harness.power.recording import lost_time
from harness.power.virtual.faults import Faults
from harness.power.virtual.waveform import GatedLoad

EXPECTED = Expected(windows=1, inferences=10, window_s=(1.0,))


def reason(faults: Faults, name: str = "ppk2", waveform: GatedLoad = ONE_SECOND) -> Reason | None:
    trace, _, _ = recorded(name, waveform, faults)
    reading = analyse(trace, EXPECTED, QUICK)
    return reading.reason if isinstance(reading, Invalid) else None


def test_overrange_is_flagged_and_no_number_comes_of_it() -> None:
    trace, _, _ = recorded(faults=Faults(overrange=((60_000, 5),)))
    assert np.flatnonzero(trace.flags & SampleFlag.OVERRANGE).tolist() == list(
        range(60_000, 60_005)
    )
    reading = analyse(trace, EXPECTED, QUICK)
    assert isinstance(reading, Invalid)
    assert reading.reason is Reason.OVERRANGE
    assert "5 samples" in reading.detail


def test_overrange_outside_the_window_does_no_harm() -> None:
    assert reason(Faults(overrange=((130_000, 5),))) is None


@pytest.mark.parametrize("rate_hz", [1000.0, 100e3])
def test_overcurrent_ends_the_recording_and_the_output(rate_hz: float) -> None:
    trace, _, meter = recorded("lpm01a", faults=Faults(overcurrent_at=800), rate_hz=rate_hz)
    assert len(trace) == 800
    reading = analyse(trace, EXPECTED, QUICK)
    assert isinstance(reading, Invalid)
    assert reading.reason is Reason.OVERCURRENT
    assert "static mode" in reading.hint
    assert "pwr off" in meter.device.log  # type: ignore[attr-defined]


def test_dropped_samples_are_nan_and_counted() -> None:
    trace, _, _ = recorded(faults=Faults(drop=((50_000, 40), (90_000, 50))))
    assert trace.lost == 90
    assert np.flatnonzero(np.isnan(trace.current_a))[[0, 39, 40, 89]].tolist() == [
        *(50_000, 50_039, 90_000, 90_049)
    ]
    reading = analyse(trace, EXPECTED, QUICK)
    assert isinstance(reading, EnergySummary)
    assert reading.coverage == pytest.approx(1 - 90e-5)
    assert any("6-bit counter" in note for note in reading.warnings)


def test_too_many_dropped_samples_leave_no_number() -> None:
    gaps = tuple((30_000 + 1000 * n, 60) for n in range(20))
    reading = analyse(recorded(faults=Faults(drop=gaps))[0], EXPECTED, QUICK)
    assert isinstance(reading, Invalid)
    assert reading.reason is Reason.LOW_COVERAGE
    assert "1200 of 100000 samples are missing" in reading.detail


@pytest.mark.parametrize("rate_hz", [5e3, 100e3])
def test_a_shields_time_stamps_tell_how_many_are_missing(rate_hz: float) -> None:
    load = GatedLoad([(0.1, 0.101), (1.1, 1.101)])
    trace, _, _ = recorded("lpm01a", load, Faults(drop=((2345, 300),)), rate_hz=rate_hz)
    assert trace.lost == 300


@pytest.mark.parametrize("lost_bytes", [1, 2, 3])
@pytest.mark.parametrize("name", ["ppk2", "lpm01a"])
def test_a_stream_out_of_step_finds_back(name: str, lost_bytes: int) -> None:
    lost_bytes = min(lost_bytes, 3 if name == "ppk2" else 1)
    trace, _, _ = recorded(name, faults=Faults(drop_bytes=((60_000, lost_bytes),)))
    assert 1 <= trace.lost <= (3 if name == "ppk2" else 1000)
    good = trace.current_a[70_000:110_000]
    assert float(good.mean()) == pytest.approx(10e-3, rel=1e-4)
    assert trace.faults == ()


def test_a_stream_that_often_loses_its_step_is_not_believed() -> None:
    cuts = tuple((30_000 + 5000 * n, 1) for n in range(4))
    assert reason(Faults(drop_bytes=cuts)) is Reason.DESYNC


@pytest.mark.parametrize("name", ["ppk2", "lpm01a"])
def test_a_meter_unplugged_leaves_the_part_it_gave_and_no_number(name: str) -> None:
    trace, recorder, _ = recorded(name, faults=Faults(unplug_after=50_000))
    assert isinstance(recorder.error, MeterDisconnected)
    assert 20_000 < len(trace) <= 50_000
    reading = analyse(trace, EXPECTED, QUICK)
    assert isinstance(reading, Invalid)
    assert reading.reason is Reason.DISCONNECTED


@pytest.mark.parametrize("name", ["ppk2", "lpm01a"])
def test_a_meter_that_falls_silent_does_not_hang_the_host(name: str) -> None:
    trace, recorder, _ = recorded(name, faults=Faults(silent_after=50_000))
    assert isinstance(recorder.error, MeterTimeout)
    assert "no sample for 0.3 s" in recorder.error.what
    reading = analyse(trace, EXPECTED, QUICK)
    assert isinstance(reading, Invalid)
    assert reading.reason is Reason.SILENT


@pytest.mark.parametrize(
    ("load", "expected"),
    [
        (GatedLoad([]), Reason.GATE_NO_RISE),
        (GatedLoad([(0.2, 99.0)]), Reason.GATE_NOT_LOWERED),
        (GatedLoad([(0.2, 0.6), (0.7, 1.2)]), Reason.EXTRA_EDGES),
    ],
)
def test_wrong_edges_leave_no_number(load: GatedLoad, expected: Reason) -> None:
    assert reason(Faults(), waveform=load) is expected


@pytest.mark.parametrize("level", [False, True])
def test_a_gate_that_never_moves_hints_at_the_wires(level: bool) -> None:
    reading = analyse(recorded(faults=Faults(stuck_gate=level))[0], EXPECTED, QUICK)
    assert isinstance(reading, Invalid)
    assert reading.reason is Reason.GATE_NO_RISE
    assert "common ground" in reading.hint


def test_a_bounce_of_the_gate_is_no_edge() -> None:
    assert reason(Faults(), waveform=GatedLoad([(0.1, 0.10002), (0.2, 1.2)])) is None


def test_a_meter_whose_clock_is_off_disagrees_with_the_board() -> None:
    assert reason(Faults(clock_drift=0.03)) is Reason.CLOCK_MISMATCH
    assert reason(Faults(clock_drift=0.01)) is None


def test_a_board_without_power_has_no_energy() -> None:
    load = GatedLoad([(0.2, 1.2)], active_a=5e-6, idle_a=1e-6)
    assert reason(Faults(), waveform=load) is Reason.UNPOWERED


def test_a_board_that_loses_its_supply_in_the_window_has_no_energy() -> None:
    load = GatedLoad([(0.2, 1.2)], brown_out=(0.6, 0.605))
    trace, _, _ = recorded(waveform=load)
    reading = analyse(trace, EXPECTED, QUICK)
    assert isinstance(reading, Invalid)
    assert reading.reason is Reason.BROWN_OUT
    assert "5.00 ms" in reading.detail


def test_a_board_that_starts_anew_has_no_energy() -> None:
    trace, _, _ = recorded()
    reading = analyse(trace, Expected(1, 10, reboots=2), QUICK)
    assert isinstance(reading, Invalid)
    assert reading.reason is Reason.BROWN_OUT


def test_a_buffer_that_is_nearly_full_is_told() -> None:
    trace, _, _ = recorded("lpm01a", faults=Faults(buffer_percent=85), rate_hz=5e3)
    assert any("buffer was over 80 % full" in note for note in trace.warnings)


@pytest.mark.parametrize(
    ("metadata", "note"),
    [
        ((("O2", None),), "the calibration has no O2"),
        ((("GS3", "-nan"),), "the calibration has no GS3"),
        ((("UG3", "1.25"),), "the user gain UG3 is 1.25, not 1"),
        ((("R3", "0"),), "R3 is 0: the nominal 0.94 ohm are taken"),
    ],
)
def test_an_incomplete_calibration_is_never_filled_in_silently(
    metadata: tuple[tuple[str, str | None], ...], note: str
) -> None:
    trace, _, _ = recorded(faults=Faults(metadata=metadata), seconds=0.3)
    assert note in trace.warnings


def test_a_range_without_calibration_has_no_value() -> None:
    faults = Faults(metadata=(("O3", "nan"),))  # 10 mA is in range 3, 2 mA is in range 2
    trace, _, _ = recorded(faults=faults)
    assert np.isnan(trace.current_a[30_000:110_000]).all()
    assert np.isfinite(trace.current_a[:15_000]).all()
    reading = analyse(trace, EXPECTED, QUICK)
    assert isinstance(reading, Invalid)
    assert reading.reason is Reason.LOW_COVERAGE


def blocks(lag_s: float) -> list[SampleBlock]:
    """Twenty blocks of 10 ms at 100 kS/s, of which the last ten came `lag_s` late."""
    values = np.zeros(1000, np.float32)
    return [
        SampleBlock(
            n * 1000,
            values,
            np.zeros(1000, np.uint8),
            arrived_s=5 + 0.01 * (n + 1) + (lag_s if n >= 10 else 0.0) + 0.004 * (n % 3),
        )
        for n in range(20)
    ]


def test_samples_lost_without_a_sign_are_seen_by_the_clock() -> None:
    """640 words, a multiple of 64, leave no gap in the counter but 6.4 ms on the clock."""
    assert lost_time(blocks(0.0), 100e3) is None
    found = lost_time(blocks(6.4e-3), 100e3)
    assert found is not None
    assert found.reason is Reason.LOST_TIME
    assert "about 640 were lost" in found.detail
