"""What can go wrong before a sample is taken: each has its error, its place and its hint."""

from __future__ import annotations

import errno
import os
import pty
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from devices.meters import FAST, ONE_SECOND, port_of, recorded

from harness.errors import (
    AmbiguousMeter,
    MeterBusy,
    MeterCommandError,
    MeterNotFound,
    MeterTimeout,
    UnknownName,
    VoltageRefused,
    WrongDevice,
)
from harness.power import wire
from harness.power.kinds import connected, kinds, open_meter
from harness.power.meters.virtual import VirtualMeter
from harness.power.recording import opened
from harness.power.virtual.faults import Faults
from harness.power.virtual.powershield import VirtualPowerShield
from harness.power.virtual.ppk2 import VirtualPpk2


@dataclass
class Listed:
    device: str
    vid: int | None = 0x1915
    pid: int | None = 0xC00A
    serial_number: str | None = "C0FFEE01"
    product: str | None = "PPK2"
    location: str | None = "1-1:1.1"


def test_no_meter_is_connected() -> None:
    with pytest.raises(MeterNotFound, match="no PPK2 is connected") as caught:
        open_meter("ppk2:", replace(FAST, ports=lambda: [])).open()
    assert "harness power list" in caught.value.hint


def test_no_such_port() -> None:
    with pytest.raises(MeterNotFound, match="no meter at this address"):
        open_meter("lpm01a:///dev/serial/by-id/usb-nothing", FAST).open()


def test_a_port_that_may_not_be_opened_names_the_group(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(wire.serial, "serial_for_url", refuse)
    with pytest.raises(MeterNotFound, match="may not be opened") as caught:
        open_meter("ppk2:///dev/ttyACM7", FAST).open()
    assert "dialout" in caught.value.hint
    assert "udev" in caught.value.hint


@pytest.mark.parametrize("address", ["ppk2", "lpm01a", "stlink-v3pwr"])
def test_a_port_that_says_nothing_is_the_wrong_device(address: str) -> None:
    device = VirtualPowerShield(ONE_SECOND, identity="silent")
    with port_of(device) as port, pytest.raises(WrongDevice, match="does not answer like a"):
        open_meter(f"{address}://{port}", FAST).open()


def test_the_wrong_device_is_named_by_what_it_answers() -> None:
    shell = VirtualPpk2(ONE_SECOND, Faults(identity="uart:~$ "))
    with port_of(shell) as port, pytest.raises(WrongDevice) as caught:
        open_meter(f"ppk2://{port}", FAST).open()
    assert "uart:~$" in caught.value.what
    assert "second one is a shell" in caught.value.hint


def test_the_other_instrument_of_the_family_is_told_apart() -> None:
    with (
        port_of(VirtualPowerShield(ONE_SECOND)) as port,
        pytest.raises(WrongDevice, match="STLINK-V3PWR"),
    ):
        open_meter(f"stlink-v3pwr://{port}", FAST).open()


def test_two_meters_and_none_chosen() -> None:
    two = [Listed("/dev/ttyACM0"), Listed("/dev/ttyACM2", serial_number="C0FFEE02")]
    with pytest.raises(AmbiguousMeter, match="C0FFEE01, C0FFEE02") as caught:
        open_meter("ppk2:", replace(FAST, ports=lambda: two)).open()
    assert "ppk2://C0FFEE01" in caught.value.hint


def test_two_ports_of_one_kit_are_one_meter_and_the_first_answers() -> None:
    shell = VirtualPpk2(ONE_SECOND, Faults(identity="uart:~$ "))
    with port_of(VirtualPpk2(ONE_SECOND)) as port, port_of(shell) as second:
        both = [Listed(second, location="1-1:1.3"), Listed(port)]
        options = replace(FAST, ports=lambda: both)
        assert [found.address for found in connected(options)] == ["ppk2://C0FFEE01"]
        with opened(open_meter("ppk2://C0FFEE01", options)) as meter:
            assert meter.info.address == port


def test_a_shell_in_the_first_place_is_passed_over() -> None:
    shell = VirtualPpk2(ONE_SECOND, Faults(identity="uart:~$ "))
    with port_of(VirtualPpk2(ONE_SECOND)) as port, port_of(shell) as first:
        both = [Listed(first, location="1-1:1.0"), Listed(port, location="1-1:1.2")]
        with opened(open_meter("ppk2:", replace(FAST, ports=lambda: both))) as meter:
            assert meter.info.address == port


def test_a_meter_that_another_program_has_is_busy() -> None:
    with port_of(VirtualPpk2(ONE_SECOND)) as port, opened(open_meter(f"ppk2://{port}", FAST)):
        with pytest.raises(MeterBusy, match="in use") as caught:
            open_meter(f"ppk2://{port}", FAST).open()
        assert f"fuser -v {port}" in caught.value.hint


@pytest.mark.parametrize("name", ["ppk2", "lpm01a"])
def test_what_an_earlier_session_left_is_taken_away_and_told(name: str) -> None:
    trace, _, _ = recorded(name, faults=Faults(left_streaming=True), seconds=0.05, rate_hz=5e3)
    assert any("an earlier session left" in note for note in trace.warnings)
    assert trace.faults == ()
    assert trace.lost == 0


def test_a_refused_command_says_what_the_meter_said() -> None:
    faults = Faults(refuse=frozenset({"volt"}))
    device = VirtualPowerShield(ONE_SECOND, faults)
    with port_of(device) as port:
        meter = open_meter(f"lpm01a://{port}", FAST)
        with (
            pytest.raises(MeterCommandError, match="refused 'volt 3000m': not possible now"),
            opened(meter),
        ):
            meter.set_voltage(3.0)
    assert device.log[-2:] == ["pwr off", "hrc"]


def test_a_command_that_is_not_answered_has_a_deadline() -> None:
    device = VirtualPowerShield(ONE_SECOND)
    with port_of(device) as port, opened(open_meter(f"lpm01a://{port}", FAST)) as meter:
        device._identity = "silent"
        with pytest.raises(MeterTimeout, match=r"did not answer 'pwr off' within 0\.5 s"):
            meter.set_output(False)


@pytest.mark.parametrize(
    ("name", "volts"),
    [("ppk2", 0.7), ("ppk2", 5.1), ("lpm01a", 1.7), ("lpm01a", 3.4), ("ppk2", float("nan"))],
)
def test_a_voltage_the_meter_cannot_give_is_never_sent(name: str, volts: float) -> None:
    meter = VirtualMeter(name, FAST, ONE_SECOND)
    with opened(meter):
        before = len(meter.device.log)  # type: ignore[attr-defined]
        with pytest.raises(VoltageRefused, match="nothing was sent"):
            meter.set_voltage(volts)
        assert len(meter.device.log) == before  # type: ignore[attr-defined]


def test_a_voltage_above_the_users_own_limit_is_never_sent() -> None:
    meter = VirtualMeter("ppk2", replace(FAST, highest_v=1.9), ONE_SECOND)
    with opened(meter):
        before = list(meter.device.log)  # type: ignore[attr-defined]
        with pytest.raises(VoltageRefused, match=r"3.3 V is above the highest allowed 1.9 V"):
            meter.set_voltage(3.3)
        assert meter.device.log == before  # type: ignore[attr-defined]


def test_the_output_never_goes_on_before_a_voltage_was_set() -> None:
    with opened(VirtualMeter("ppk2", FAST, ONE_SECOND)) as meter, pytest.raises(VoltageRefused):
        meter.set_output(True)


@pytest.mark.parametrize("ending", [KeyboardInterrupt, RuntimeError])
@pytest.mark.parametrize("name", ["ppk2", "lpm01a"])
def test_the_output_is_off_however_a_session_ends(name: str, ending: type[BaseException]) -> None:
    meter = VirtualMeter(name, FAST, ONE_SECOND, speed=None)

    def session() -> None:
        with opened(meter):
            meter.set_voltage(3.0)
            meter.set_output(True)
            raise ending

    with pytest.raises(ending):
        session()
    log = meter.device.log  # type: ignore[attr-defined]
    assert b"\x0c\x01" in log or "pwr on" in log
    assert log[-2:] in ([b"\x07", b"\x0c\x00"], ["pwr off", "hrc"])


def test_an_unknown_kind_offers_the_nearest() -> None:
    with pytest.raises(UnknownName, match="no kind of meter 'ppk3'") as caught:
        open_meter("ppk3://1")
    assert "ppk2" in caught.value.hint
    assert {"ppk2", "lpm01a", "stlink-v3pwr", "l562e-dk", "replay", "virtual"} <= set(kinds())


def test_a_plain_terminal_that_echoes_is_no_meter(tmp_path: Path) -> None:
    master, slave = pty.openpty()
    try:
        with pytest.raises(WrongDevice):
            open_meter(f"lpm01a://{os.ttyname(slave)}", FAST).open()
    finally:
        os.close(master)
        os.close(slave)
