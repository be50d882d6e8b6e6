"""At the instrument's own pace nothing is lost; `HARNESS_POWER_SECONDS` tells for how long."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from devices.meters import FAST

from harness.domain.power import CaptureConfig
from harness.power.meters.virtual import VirtualMeter
from harness.power.recording import opened, record
from harness.power.virtual.waveform import GatedLoad

SECONDS = float(os.environ.get("HARNESS_POWER_SECONDS", "2"))


@pytest.mark.parametrize("name", ["ppk2", "lpm01a"])
def test_100_000_samples_a_second_arrive_whole(name: str) -> None:
    load = GatedLoad([(0.5, SECONDS - 0.5)], active_a=6e-3)
    meter = VirtualMeter(name, replace(FAST, check_time=True), load)
    with opened(meter):
        meter.set_voltage(3.0)
        meter.set_output(True)
        trace = record(meter, CaptureConfig(rate_hz=100e3), SECONDS)
    assert len(trace) >= SECONDS * 100e3
    assert trace.lost == 0
    assert trace.faults == ()
    assert trace.warnings == ()
