"""A port that was unplugged is found again by address, or by its USB serial number."""

from __future__ import annotations

import os
import pty
import socket
import tty
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import serial

from harness.errors import LinkClosed
from harness.link import SerialPort, usb


@dataclass
class Listed:
    device: str
    serial_number: str | None


@dataclass
class Terminals:
    """Pseudo-terminals that play USB ports; `there` is what the desk lists."""

    there: list[Listed]
    ends: list[int]

    def plug_in(self, number: str | None) -> str:
        ours, theirs = pty.openpty()
        tty.setraw(theirs)
        self.ends += [ours, theirs]
        self.there.append(Listed(os.ttyname(theirs), number))
        return os.ttyname(theirs)


@pytest.fixture
def desk() -> Iterator[Terminals]:
    terminals = Terminals([], [])
    yield terminals
    for end in terminals.ends:
        os.close(end)


def opened(desk: Terminals, name: str) -> tuple[SerialPort, list[float]]:
    """An open port, and the pauses it makes on a clock that only they move."""
    pauses: list[float] = []
    port = SerialPort(
        serial.Serial(name, exclusive=True),
        name,
        ports=lambda: desk.there,
        clock=lambda: sum(pauses),
        pause=pauses.append,
    )
    return port, pauses


def test_a_usb_device_is_found_under_another_name(desk: Terminals) -> None:
    name = desk.plug_in("0669FF")
    port, pauses = opened(desk, name)
    desk.there.clear()
    desk.plug_in("another board")
    fresh = desk.plug_in("0669FF")
    with port:
        port.reopen(5)
        os.write(desk.ends[4], b"here")
        assert port.read(1) == b"here"
    assert fresh != name
    assert pauses == []


def test_another_device_under_the_old_name_is_never_opened(desk: Terminals) -> None:
    name = desk.plug_in("0669FF")
    port, pauses = opened(desk, name)
    desk.there[0].serial_number = "another board"
    with pytest.raises(LinkClosed) as caught:
        port.reopen(5)
    assert str(caught.value) == (
        f"{name}: the port did not come back within 5 s (the USB device with serial number 0669FF "
        "is not connected)\n"
        "  -> Plug the board in again, then go on with `harness run --resume`."
    )
    assert 5 <= sum(pauses) < 5.5


def test_it_is_waited_for(desk: Terminals) -> None:
    name = desk.plug_in("0669FF")
    port, pauses = opened(desk, name)
    desk.there.clear()

    def back_after_a_second(seconds: float) -> None:
        pauses.append(seconds)
        if sum(pauses) == 1:
            desk.plug_in("0669FF")

    port._pause = back_after_a_second
    with port:
        port.reopen(5)
    assert sum(pauses) == 1


def test_a_port_without_a_serial_number_is_found_by_its_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"socket://127.0.0.1:{server.getsockname()[1]}"
        port = SerialPort(serial.serial_for_url(url), url)
        server.accept()[0].close()
        with port:
            port.reopen(5)
            with server.accept()[0] as device:
                device.sendall(b"here")
                assert port.read(5) == b"here"


def test_a_link_to_a_port_is_that_port(desk: Terminals, tmp_path: Path) -> None:
    """As udev makes them in /dev/serial/by-id."""
    link = tmp_path / "usb-board"
    link.symlink_to(desk.plug_in("0669FF"))
    ports = lambda: desk.there  # noqa: E731
    assert usb.serial_number(str(link), ports) == "0669FF"
    assert usb.serial_number("/dev/ttyNONE", ports) is None
    assert usb.serial_number("socket://127.0.0.1:1", ports) is None
    assert usb.device_of("0669FF", ports) == desk.there[0].device
    assert usb.device_of("0000", ports) is None
