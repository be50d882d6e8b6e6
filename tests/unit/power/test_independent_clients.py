"""Clients that others wrote talk to the virtual PPK2 as to a real one; run where installed."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from harness.power.virtual.ppk2 import VirtualPpk2
from harness.power.virtual.terminal import VirtualPort
from harness.power.virtual.waveform import GatedLoad

SECONDS = 0.3
DEADLINE_S = 10.0
LOAD = GatedLoad([(0.1, 0.2)])


@pytest.fixture
def port() -> Iterator[str]:
    with VirtualPort(VirtualPpk2(LOAD)) as virtual:
        yield virtual.address


def expect_the_load(current: list[float], gate: list[bool]) -> None:
    """Currents in amperes and gate levels of the first 0.3 s of `LOAD`."""
    assert gate[9_000] is False
    assert gate[15_000] is True
    assert sum(gate[:30_000]) == 10_000
    active = current[10_500:19_500]
    idle = current[:9_500]
    assert sum(active) / len(active) == pytest.approx(10e-3, rel=2e-3)
    assert sum(idle) / len(idle) == pytest.approx(2e-3, rel=2e-3)


def test_ppk2lab_reads_the_same_currents(port: str) -> None:
    ppk2lab = pytest.importorskip("ppk2lab")
    from ppk2lab.transport.serial import SerialTransport

    with ppk2lab.PPK2.open(transport=SerialTransport(port), simulate=False) as device:
        device.set_mode(ppk2lab.Mode.SOURCE)
        device.set_source_voltage_mv(3000)
        device.set_dut_power(True)
        current: list[float] = []
        gate: list[bool] = []
        with device.stream(duration_s=SECONDS) as events:
            for event in events:
                assert type(event).__name__ == "SampleBlock", event
                current += [value * 1e-6 for value in device.calibration.convert_block(event, 3000)]
                gate += [bool(level & 1) for level in event.logic]
    expect_the_load(current, gate)


def test_ppk2_api_reads_the_same_currents(port: str) -> None:
    """It applies the spike filter, which leaves a level as it is."""
    ppk2_api = pytest.importorskip("ppk2_api.ppk2_api")
    device = ppk2_api.PPK2_API(port, timeout=1, write_timeout=1, exclusive=True)
    assert device.get_modifiers()
    device.use_source_meter()
    device.set_source_voltage(3000)
    device.toggle_DUT_power("ON")
    device.start_measuring()
    current: list[float] = []
    gate: list[bool] = []
    limit = time.monotonic() + DEADLINE_S
    while len(current) < SECONDS * 100_000 and time.monotonic() < limit:
        if data := device.get_data():
            samples, bits = device.get_samples(data)
            current += [value * 1e-6 for value in samples]
            gate += [bool(level & 1) for level in bits]
    device.stop_measuring()
    device.ser.close()
    expect_the_load(current, gate)
