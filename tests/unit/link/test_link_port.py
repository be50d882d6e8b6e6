"""Opening ports: each way it can fail says what, where and what to do."""

from __future__ import annotations

import os
import pty
import socket
import time
from pathlib import Path

import pytest
import serial

from harness.errors import LinkClosed, LinkTimeout, PortBusy
from harness.link import SerialPort, open_port


def test_a_missing_device_says_where_to_find_names(tmp_path: Path) -> None:
    with pytest.raises(PortBusy, match="the port cannot be opened") as caught:
        open_port(str(tmp_path / "ttyACM7"), 115_200)
    assert caught.value.where.endswith("ttyACM7")
    assert "list_ports" in caught.value.hint


def test_a_port_in_use_says_so() -> None:
    ours, theirs = pty.openpty()
    try:
        name = os.ttyname(theirs)
        with open_port(name, 115_200), pytest.raises(PortBusy) as caught:
            open_port(name, 115_200)
        assert "fuser" in caught.value.hint
    finally:
        os.close(ours)
        os.close(theirs)


@pytest.mark.parametrize("number", [1, 13])
def test_a_forbidden_port_names_the_group(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Tests may run as root, whom no permission stops: the system call is made to refuse."""

    def refuse(*args: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(PortBusy) as caught:
        open_port("/dev/ttyACM0", 115_200)
    assert "dialout" in caught.value.hint


def test_nobody_listening_says_to_start_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.getsockname()[1]
    with pytest.raises(PortBusy, match="refused") as caught:
        open_port(f"socket://127.0.0.1:{number}", 115_200)
    assert caught.value.hint == "Start what should listen at this address, or correct the address."


@pytest.mark.parametrize("url", ["socket://127.0.0.1", "warp://x", "socket://127.0.0.1:99999"])
def test_what_is_no_address_shows_what_one_looks_like(url: str) -> None:
    with pytest.raises(PortBusy) as caught:
        open_port(url, 115_200)
    assert caught.value.where == url
    assert caught.value.hint


def test_a_baud_rate_no_port_has_is_refused() -> None:
    ours, theirs = pty.openpty()
    try:
        with pytest.raises(PortBusy, match="not a port that can be opened at -5 baud"):
            open_port(os.ttyname(theirs), -5)
    finally:
        os.close(ours)
        os.close(theirs)


def test_nagle_is_off_on_a_socket() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"socket://127.0.0.1:{server.getsockname()[1]}"
        link = serial.serial_for_url(url)
        try:
            SerialPort(link, url)
            with socket.socket(fileno=os.dup(link.fileno())) as same:
                assert same.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        finally:
            link.close()


def test_a_simulators_port_is_closed_without_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """pyserial sleeps for 0.3 s behind each close of a socket: once for every case of a run."""
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = open_port(f"socket://127.0.0.1:{server.getsockname()[1]}", 115_200)
        with server.accept()[0] as device:
            port.write(b"last words")
            port.close()
            port.close()
            assert device.recv(64) == b"last words"
            assert device.recv(64) == b""
    assert slept == []


def test_a_simulators_port_may_be_closed_by_the_other_end_first() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = open_port(f"socket://127.0.0.1:{server.getsockname()[1]}", 115_200)
        server.accept()[0].close()
        with pytest.raises(LinkClosed):
            port.read(5)
        port.close()
        with pytest.raises(LinkClosed):
            port.write(b"to nobody")


def test_all_that_has_arrived_comes_in_one_read() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        open_port(f"socket://127.0.0.1:{server.getsockname()[1]}", 115_200) as port,
        server.accept()[0] as device,
    ):
        device.sendall(bytes(20_000))
        assert port.read(5) == bytes(20_000)
        assert port.read(0.01) == b""


def test_a_port_without_a_descriptor_is_read_too() -> None:
    """pyserial's loop:// has none, as rfc2217:// and Windows have none."""
    with open_port("loop://", 115_200) as port:
        port.write(b"hello there")
        assert port.read(0.2) == b"hello there"
        assert port.read(0.2) == b""


def test_writing_to_a_closed_connection_is_link_closed() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        open_port(f"socket://127.0.0.1:{server.getsockname()[1]}", 115_200) as port,
    ):
        server.accept()[0].close()
        with pytest.raises(LinkClosed, match="the link was closed by the other end") as caught:
            port.read(5)
        assert "Check the board's power and cable" in caught.value.hint
        port.write(b"the first bytes are answered with a reset")
        with pytest.raises(LinkClosed):
            port.write(b"and the next have nowhere to go")


def test_a_port_that_takes_nothing_is_a_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"socket://127.0.0.1:{server.getsockname()[1]}"
        link = serial.serial_for_url(url, write_timeout=0.05)
        with server.accept()[0], SerialPort(link, url) as port:
            with pytest.raises(LinkTimeout, match="could not be sent within 10 s") as caught:
                port.write(bytes(50_000_000))
            assert caught.value.hint == "Check flow control, and that the device reads its port."
