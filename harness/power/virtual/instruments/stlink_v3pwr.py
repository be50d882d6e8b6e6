"""An instrument of the PowerShield family that answers as STLINK-V3PWR."""

from __future__ import annotations

from harness.domain.power import PowerMeter
from harness.power.options import MeterOptions
from harness.power.powershield.dialect import STLINK_V3PWR
from harness.power.powershield.driver import PowerShield
from harness.power.virtual.faults import Faults
from harness.power.virtual.powershield import VirtualPowerShield
from harness.power.virtual.waveform import Waveform


def make(waveform: Waveform, faults: Faults) -> VirtualPowerShield:
    """The device."""
    return VirtualPowerShield(waveform, faults, identity="STLINK-V3PWR")


def drive(address: str, options: MeterOptions) -> PowerMeter:
    """The driver."""
    return PowerShield(STLINK_V3PWR, address, options)
