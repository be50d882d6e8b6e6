"""What differs between the instruments that speak ST's PowerShield language."""

from __future__ import annotations

from dataclasses import dataclass, replace

from harness.domain.power import Accuracy, MeterCaps

RATES_HZ = tuple(
    float(hz)
    for hz in (
        *(100_000, 50_000, 20_000, 10_000, 5_000, 2_000, 1_000),
        *(500, 200, 100, 50, 20, 10, 5, 2, 1),
    )
)
ASCII_MOST_HZ = 5_000.0
USUAL_RATE_HZ = 1_000.0


@dataclass(frozen=True)
class Dialect:
    """One instrument: `identity` is in what it answers to `identify`.

    `take_control` is the command that takes it from its own buttons and screen, `set_volts` has a
    place for millivolts. `trigger` is its source for a start by hardware, `events` the one for
    edges in the stream, empty where it has none.
    """

    kind: str
    model: str
    identify: str
    identity: str
    take_control: str
    release_control: str
    set_volts: str
    binary_names: tuple[str, ...]
    trigger: str
    events: str
    usb_ids: tuple[tuple[int, int, str], ...]
    caps: MeterCaps


def _caps(low_v: float, high_v: float, amps: float, source: str, *, events: bool) -> MeterCaps:
    return MeterCaps(
        voltage_range_v=(low_v, high_v),
        max_current_a=amps,
        rates_hz=RATES_HZ,
        logic_channels=0,
        events=events,
        measures_voltage=False,
        usual_rate_hz=USUAL_RATE_HZ,
        triggers=True,
        accuracy=Accuracy(
            gain=0.02, voltage=0.01, time_base=100e-6, offset_a=100e-9, source=source
        ),
    )


LPM01A = Dialect(
    kind="lpm01a",
    model="X-NUCLEO-LPM01A",
    identify="powershield",
    identity="powershield",
    take_control="htc",
    release_control="hrc",
    set_volts="volt {}m",
    binary_names=("bin_hexa",),
    trigger="d7",
    events="d7",
    usb_ids=((0x0483, 0x5740, "PowerShield"),),
    caps=_caps(1.8, 3.3, 0.05, "ST UM2269: better than 2 %; voltage +-1 %, as set", events=True),
)
L562E_DK = replace(
    LPM01A,
    kind="l562e-dk",
    model="STM32L562E-DK",
    caps=_caps(1.8, 3.3, 0.05, "as the X-NUCLEO-LPM01A it carries; voltage as set", events=True),
)
STLINK_V3PWR = Dialect(
    kind="stlink-v3pwr",
    model="STLINK-V3PWR",
    identify="powershield",
    identity="STLINK-V3PWR",
    take_control="power_monitor",
    release_control="",
    set_volts="volt vout {}m",
    binary_names=("bin_hexa", "bin_hex"),
    trigger="hw",
    events="",
    usb_ids=((0x0483, 0x3757, "PWR"), (0x0483, 0x3757, "")),
    caps=_caps(1.6, 3.6, 0.5, "assumed 2 %, as the older shield; voltage as set", events=False),
)
