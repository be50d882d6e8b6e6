"""The PowerShield family: what differs between its instruments, over the wire."""

from __future__ import annotations

import pytest
from devices.meters import FAST, ONE_SECOND, QUICK, port_of, recorded

from harness.domain.energy import Alignment, EnergySummary
from harness.domain.power import CaptureConfig, Sync
from harness.errors import MeterCommandError
from harness.power.analysis.limits import Expected
from harness.power.analysis.summary import analyse
from harness.power.kinds import open_meter
from harness.power.recording import opened
from harness.power.virtual.faults import Faults
from harness.power.virtual.powershield import VirtualPowerShield


@pytest.mark.parametrize("rate_hz", [1000.0, 100e3])
def test_a_probe_with_a_meter_starts_by_its_trigger(rate_hz: float) -> None:
    """The window begins with the first sample, and is as long as the board says."""
    trace, _, meter = recorded("stlink-v3pwr", rate_hz=rate_hz, sync=Sync.TRIGGER)
    assert trace.triggered
    reading = analyse(trace, Expected(1, 10, window_s=(1.0,)), QUICK)
    assert isinstance(reading, EnergySummary)
    assert reading.alignment is Alignment.HARDWARE_START
    assert reading.energy_j == pytest.approx(10e-3 * 3 * 1.0 / 10, rel=2e-3)
    log = meter.device.log  # type: ignore[attr-defined]
    assert {"power_monitor", "volt vout 3000m", "trigsrc hw"} <= set(log)
    assert "htc" not in log


def test_the_binary_format_has_two_names() -> None:
    device = VirtualPowerShield(
        ONE_SECOND,
        Faults(refuse=frozenset({"format bin_hexa"})),
        identity="STLINK-V3PWR",
    )
    with port_of(device) as port, opened(open_meter(f"stlink-v3pwr://{port}", FAST)) as meter:
        meter.set_voltage(3.0)
        with pytest.raises(MeterCommandError, match="refused 'format bin_hex'"):
            meter.start(CaptureConfig(100e3, Sync.NONE))
    wanted = [line for line in device.log if line.startswith("format")]
    assert wanted == ["format bin_hexa", "format bin_hex"]


def test_a_first_command_that_meets_an_old_prompt_is_sent_again() -> None:
    class Forgetful(VirtualPowerShield):
        """Refuses the first `htc`, as instruments were seen to do."""

        def _obey(self, line: str) -> bytes:
            if line == "htc" and "htc" not in self.log:
                self.log.append(line)
                return b"PowerShield > error Command unknown\r\n"
            return super()._obey(line)

    device = Forgetful(ONE_SECOND)
    with port_of(device) as port, opened(open_meter(f"lpm01a://{port}", FAST)) as meter:
        assert meter.info.firmware == "1.0.6"
    assert device.log.count("htc") == 2


def test_edges_only_come_where_the_instrument_has_them() -> None:
    _, _, shield = recorded("lpm01a", rate_hz=1000.0, seconds=0.05)
    _, _, probe = recorded("stlink-v3pwr", rate_hz=1000.0, seconds=0.05)
    assert "eventsrc d7 fal" in shield.device.log  # type: ignore[attr-defined]
    assert not [x for x in probe.device.log if x.startswith("eventsrc")]  # type: ignore[attr-defined]


def test_without_a_rate_the_usual_one_is_taken_and_a_second_is_a_second() -> None:
    trace, _, meter = recorded("lpm01a", seconds=1.0, rate_hz=None)
    assert trace.rate_hz == 1000.0
    assert 1000 <= len(trace) < 100_000
    assert "freq 1k" in meter.device.log  # type: ignore[attr-defined]
