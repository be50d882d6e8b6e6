"""A PPK2."""

from __future__ import annotations

from harness.domain.power import PowerMeter
from harness.power.meters.ppk2 import Ppk2
from harness.power.options import MeterOptions
from harness.power.virtual.faults import Faults
from harness.power.virtual.ppk2 import VirtualPpk2
from harness.power.virtual.waveform import Waveform


def make(waveform: Waveform, faults: Faults) -> VirtualPpk2:
    """The device."""
    return VirtualPpk2(waveform, faults)


def drive(address: str, options: MeterOptions) -> PowerMeter:
    """The driver."""
    return Ppk2(address, options)
