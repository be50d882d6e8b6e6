"""A meter that only listens refuses every voltage, in words that name what it is."""

from __future__ import annotations

import pytest

from harness.domain.power import MeterCaps
from harness.errors import VoltageRefused
from harness.power.kinds import open_meter
from harness.power.limits import require_voltage
from harness.power.meters.joulescope import CAPS

HINT = "Set the voltage at the supply, and leave --voltage out."


@pytest.mark.parametrize(
    ("address", "what"),
    [
        ("hwmon:/sys/class/hwmon/hwmon0", "a sensor"),
        ("joulescope:1234", "a Joulescope"),
        ("scpi:USB0::1::INSTR", "a multimeter"),
        ("serial-csv:/dev/ttyUSB9", "a bridge"),
    ],
)
def test_a_meter_in_series_has_no_supply_to_set(address: str, what: str) -> None:
    with pytest.raises(VoltageRefused) as caught:
        open_meter(address).set_voltage(3.3)
    assert caught.value.what == (
        f"3.3 V were asked for, and {what} feeds nothing; nothing was sent"
    )
    assert caught.value.hint == HINT


def test_what_feeds_nothing_is_refused_by_what_it_can() -> None:
    caps: MeterCaps = CAPS
    with pytest.raises(VoltageRefused) as caught:
        require_voltage(1.8, caps, None, "here")
    assert str(caught.value) == (
        f"here: 1.8 V were asked for, and this meter feeds nothing; nothing was sent\n  -> {HINT}"
    )
