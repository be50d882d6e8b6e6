"""Virtual meters that run as fast as they are read, and recordings of them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from harness.domain.power import CaptureConfig, Sync, Trace
from harness.power.analysis.limits import Limits
from harness.power.kinds import open_meter
from harness.power.meters.virtual import VirtualMeter
from harness.power.options import MeterOptions
from harness.power.recording import Recorder, opened
from harness.power.virtual.faults import Faults
from harness.power.virtual.instruments import lpm01a, ppk2
from harness.power.virtual.terminal import VirtualPort
from harness.power.virtual.waveform import GatedLoad, Waveform

__all__ = ["lpm01a", "open_meter", "ppk2"]

FAST = MeterOptions(check_time=False, drain_silent_s=0.05, answer_s=0.5)
QUICK = Limits(least_window_s=0.1, wanted_window_s=0.1)
ONE_SECOND = GatedLoad([(0.2, 1.2)], ripple_a=1e-3)


def recorded(
    name: str = "ppk2",
    waveform: Waveform = ONE_SECOND,
    faults: Faults | None = None,
    *,
    seconds: float = 1.4,
    volts: float = 3.0,
    rate_hz: float | None = 100e3,
    sync: Sync = Sync.GATE,
    options: MeterOptions = FAST,
) -> tuple[Trace, Recorder, VirtualMeter]:
    """Record from a virtual instrument over its pseudo-terminal; give trace, recorder, meter."""
    meter = VirtualMeter(name, options, waveform, faults, speed=None)
    with opened(meter):
        meter.set_voltage(volts)
        meter.set_output(True)
        config = CaptureConfig(rate_hz=rate_hz, sync=sync)
        with Recorder(meter, config, silence_s=0.3) as recorder:
            recorder.wait(seconds, deadline_s=10)
    return recorder.trace, recorder, meter


@contextlib.contextmanager
def port_of(device: object) -> Iterator[str]:
    """A virtual device on a pseudo-terminal; its name."""
    with VirtualPort(device, speed=None) as port:  # type: ignore[arg-type]
        yield port.address
