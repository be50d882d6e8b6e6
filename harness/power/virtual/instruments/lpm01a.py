"""An instrument of the PowerShield family that answers as powershield."""

from __future__ import annotations

from harness.domain.power import PowerMeter
from harness.power.options import MeterOptions
from harness.power.powershield.dialect import LPM01A
from harness.power.powershield.driver import PowerShield
from harness.power.virtual.faults import Faults
from harness.power.virtual.powershield import VirtualPowerShield
from harness.power.virtual.waveform import Waveform

PULSES = True  # it reports edges of one direction only


def make(waveform: Waveform, faults: Faults) -> VirtualPowerShield:
    """The device."""
    return VirtualPowerShield(waveform, faults, identity="powershield")


def drive(address: str, options: MeterOptions) -> PowerMeter:
    """The driver."""
    return PowerShield(LPM01A, address, options)
