"""A board of the desk: found by its port's serial number, refused with what is there instead."""

from __future__ import annotations

import os
import pty
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import pytest

from harness.catalog import target
from harness.domain.coordinates import Coordinates
from harness.domain.desk import Desk, DeskBoard, SeenPort, UsbSerial
from harness.errors import BoardNotFound, PortNotFound, ProbeBusy, UnknownName
from harness.machine import machine_names, needs_board, start_machine
from harness.machine._serial_ports import find_port, seen_ports
from harness.machine.board import missing, start

OPENMV = target("openmv-h7")


@dataclass
class Info:
    """A port as pyserial describes it."""

    device: str
    serial_number: str | None = None
    location: str | None = None
    description: str = "n/a"


@dataclass
class Time:
    """A clock that sleeping moves."""

    now: float = 0.0
    slept: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture(autouse=True)
def own_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_LOCKS", str(tmp_path))


def board(number: int) -> DeskBoard:
    return DeskBoard("openmv-h7", f"PROBE{number}", UsbSerial(f"PORT{number}"))


def desk(*numbers: int) -> Desk:
    return Desk(tuple(map(board, numbers)), "rig.toml")


def port(number: int, device: str = "") -> SeenPort:
    return SeenPort(device or f"COM{number}", f"PORT{number}")


def taken(
    on: Desk, *ports: SeenPort, wait_s: float = 0.0, time: Time | None = None
) -> AbstractContextManager[Coordinates]:
    time = time or Time()
    return start(
        OPENMV,
        work_dir=Path(),
        desk=on,
        wait_s=wait_s,
        ports=lambda: ports,
        clock=time.clock,
        sleep=time.sleep,
    )


def test_pyserial_s_descriptions() -> None:
    ports = seen_ports(
        [
            Info("/dev/ttyUSB1", "FT4X", "1-1.4:1.1", "Quad RS232"),
            Info("/dev/ttyACM0", "0670FF", "1-1:1.2", "STLINK-V3"),
            Info("COM3", "A5", "1-4:x.0"),
            Info("/dev/ttyUSB0", "B7", "3-2"),
            Info("/dev/ttyS0"),
        ]
    )
    assert ports == (
        SeenPort("/dev/ttyACM0", "0670FF", 2, "STLINK-V3"),
        SeenPort("/dev/ttyS0"),
        SeenPort("/dev/ttyUSB0", "B7"),
        SeenPort("/dev/ttyUSB1", "FT4X", 1, "Quad RS232"),
        SeenPort("COM3", "A5", 0),
    )


def test_a_board_s_coordinates_are_its_probe_and_where_its_port_is_today() -> None:
    with taken(desk(1), port(2), port(1, "COM77")) as at:
        assert (at.probe_uid, at.link_url, at.versions) == ("PROBE1", "COM77", ())


@pytest.mark.parametrize(
    ("probe_uid", "port", "serial"),
    [
        ("066BFF", UsbSerial("FT4X"), "066BFF"),
        ("gdb:127.0.0.1:3333", UsbSerial("FT4X"), "FT4X"),
        ("gdb:127.0.0.1:3333", "/dev/ttyS0", None),
    ],
)
def test_a_board_is_told_from_others_by_what_stays(
    probe_uid: str, port: UsbSerial | str, serial: str | None
) -> None:
    one = DeskBoard("openmv-h7", probe_uid, port)
    with taken(Desk((one,), "rig.toml"), SeenPort("COM1", "FT4X")) as at:
        assert at.board_serial == serial


def test_a_url_is_what_it_is() -> None:
    own = Desk((replace(board(1), port="socket://127.0.0.1:4000"),), "rig.toml")
    with taken(own) as at:
        assert at.link_url == "socket://127.0.0.1:4000"


def test_a_cable_that_is_not_plugged_in() -> None:
    with pytest.raises(PortNotFound) as refusal, taken(desk(1), port(2), SeenPort("/dev/ttyS0")):
        pass
    assert refusal.value.what == (
        "a serial port with USB serial number PORT1 is not there; there are: "
        "COM2 (usb:PORT2), /dev/ttyS0 (no USB serial number)"
    )
    assert refusal.value.hint.startswith("Plug its cable in, ")


def test_a_device_file_that_is_not_there() -> None:
    with pytest.raises(PortNotFound, match=r"serial port /dev/by-me is not there; there are: none"):
        find_port("/dev/by-me", ())


def test_a_serial_number_that_several_ports_have() -> None:
    quad = [SeenPort(f"/dev/ttyUSB{n}", "FT4X", n) for n in (0, 1)]
    with pytest.raises(PortNotFound) as refusal:
        find_port(UsbSerial("FT4X"), quad)
    assert refusal.value.what == (
        "2 serial ports have USB serial number FT4X: "
        "/dev/ttyUSB0 is interface 0, /dev/ttyUSB1 is interface 1"
    )
    assert find_port(UsbSerial("FT4X", 1), quad) == "/dev/ttyUSB1"


def test_of_several_boards_the_one_that_is_plugged_in() -> None:
    with taken(desk(1, 2), port(2)) as at:
        assert at.probe_uid == "PROBE2"


def test_of_several_boards_each_gets_a_free_one() -> None:
    with taken(desk(1, 2), port(1), port(2)) as a, taken(desk(1, 2), port(1), port(2)) as b:
        assert {a.probe_uid, b.probe_uid} == {"PROBE1", "PROBE2"}
        with pytest.raises(ProbeBusy) as refusal, taken(desk(1, 2), port(1), port(2)):
            pass
    lines = refusal.value.what.splitlines()
    assert lines[0] == "all 2 boards are in use:"
    assert [line.split(" by ")[0] for line in lines[1:]] == ["  probe PROBE1", "  probe PROBE2"]
    assert all(f"(process {os.getpid()} on " in line for line in lines[1:])


def test_a_board_that_is_given_back_can_be_had_again() -> None:
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), taken(desk(1), port(1)):
            raise ZeroDivisionError


def test_the_wait_has_a_deadline() -> None:
    time = Time()
    with taken(desk(1), port(1)), pytest.raises(ProbeBusy, match="in use after 3 s: probe PROBE1"):
        taken(desk(1), port(1), wait_s=3, time=time).__enter__()
    assert sum(time.slept) == pytest.approx(3)


def test_a_board_that_becomes_free_while_waited_for() -> None:
    holder = taken(desk(1), port(1))
    holder.__enter__()
    time = Time()
    told: list[str] = []

    def sleep(seconds: float) -> None:
        time.sleep(seconds)
        if len(time.slept) == 3:
            holder.__exit__(None, None, None)

    with start(
        OPENMV,
        work_dir=Path(),
        desk=desk(1),
        wait_s=60,
        on_wait=told.append,
        ports=lambda: [port(1)],
        clock=time.clock,
        sleep=sleep,
    ) as at:
        assert at.probe_uid == "PROBE1"
    assert len(time.slept) == 3
    (words,) = told
    assert words.startswith(
        "waiting 60 s at most for openmv-h7: the board is in use: probe PROBE1 by "
    )


def test_what_is_free_is_not_waited_for() -> None:
    start_now = partial(start, OPENMV, work_dir=Path(), desk=desk(1), ports=lambda: [port(1)])
    with start_now(wait_s=60, on_wait=pytest.fail) as at:
        assert at.probe_uid == "PROBE1"


def test_a_cable_that_is_pulled_is_told_instead_of_the_broken_link(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    device = tmp_path / "tty-by-id"
    device.symlink_to(os.ttyname(theirs))
    try:
        with taken(desk(1), port(1, str(device))) as at:
            at.check()
            device.unlink()
            with pytest.raises(PortNotFound, match=r"is gone, and was .* number PORT1\)") as told:
                at.check()
        assert told.value.where == "openmv-h7 behind probe PROBE1"
    finally:
        os.close(ours)
        os.close(theirs)


def test_a_desk_without_such_a_board() -> None:
    with pytest.raises(BoardNotFound) as refusal, taken(Desk(searched=("rig.toml", "~/x"))):
        pass
    assert str(refusal.value) == (
        "target openmv-h7: it needs a board, and no rig.toml says where one is "
        "(looked for rig.toml and ~/x)\n"
        "  -> Connect one and run `harness doctor --write-rig rig.toml`."
    )
    other = Desk((replace(board(1), target="nucleo-h743zi"),), "mine.toml")
    with pytest.raises(BoardNotFound, match=r"mine\.toml has none \(it has: nucleo-h743zi\)"):
        taken(other).__enter__()


def lacking(on: Desk, probes: Sequence[str] | None, *ports: SeenPort) -> str:
    fault = missing(OPENMV, on, probes, lambda: ports)
    return fault.what if fault else ""


def test_all_that_is_missing_is_told_at_once() -> None:
    assert lacking(desk(1), ["OTHER"], port(2)) == (
        "it needs a board, and none is connected: openmv-h7 behind probe PROBE1: "
        "the probe is not there (there are: OTHER) and a serial port with USB serial number PORT1 "
        "is not there; there are: COM2 (usb:PORT2)"
    )


def test_one_board_of_several_is_enough() -> None:
    assert lacking(desk(1, 2), ["PROBE1", "probe2"], port(2)) == ""
    assert len(lacking(desk(1, 2), ["PROBE1"], port(2)).splitlines()) == 3


def test_what_pyocd_could_not_tell_is_not_missing() -> None:
    assert lacking(desk(1), None, port(1)) == ""


def test_a_server_is_not_looked_for_among_the_probes() -> None:
    own = Desk((replace(board(1), probe_uid="gdb:127.0.0.1:3333"),), "rig.toml")
    assert lacking(own, [], port(1)) == ""


def test_a_board_that_somebody_uses_is_there() -> None:
    with taken(desk(1), port(1)):
        assert lacking(desk(1), [], port(2)) == ""


def test_only_boards_get_a_desk(tmp_path: Path) -> None:
    assert needs_board(OPENMV)
    assert not needs_board(target("mps2-an500"))
    assert "board" in machine_names()
    with pytest.raises(BoardNotFound), start_machine(OPENMV, tmp_path, Desk):
        pass
    with pytest.raises(UnknownName, match="there is no machine 'bord'"):
        needs_board(replace(OPENMV, machine="bord"))
