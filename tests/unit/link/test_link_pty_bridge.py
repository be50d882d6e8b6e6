"""A pseudo-terminal in front of a port: both ways, opened twice, and what ends it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import serial
from devices.transports import over_tcp

from harness.errors import ConfigError, LinkClosed
from harness.link import open_port
from harness.link.pty_bridge import pty_bridge

DEADLINE_S = 20.0


class Echo:
    """Says everything back in capitals."""

    def receive(self, data: bytes) -> bytes:
        return data.upper()


class Ended(Exception):
    """The test is over."""


@contextmanager
def bridged(hang_up_after: int | None = None) -> Iterator[tuple[str, Callable[[], Exception]]]:
    """A bridge that carries in a thread; yields its name, and what waits for its end."""
    stop, ended = threading.Event(), list[Exception]()

    def check() -> None:
        if stop.is_set():
            raise Ended

    with (
        over_tcp(Echo(), hang_up_after) as url,  # type: ignore[arg-type]
        open_port(url, 115200) as port,
        pty_bridge(port) as bridge,
    ):

        def carry() -> None:
            try:
                bridge.carry(check)
            except (LinkClosed, Ended) as error:
                ended.append(error)

        thread = threading.Thread(target=carry, daemon=True)
        thread.start()

        def end() -> Exception:
            thread.join(DEADLINE_S)
            assert not thread.is_alive()
            return ended[0]

        try:
            yield bridge.name, end
        finally:
            stop.set()
            end()


def test_it_carries_all_bytes_and_stays_when_it_is_closed() -> None:
    data = bytes(range(256)) * 40
    with bridged() as (name, _):
        for _ in range(2):
            with serial.Serial(name, 115200, timeout=DEADLINE_S) as terminal:
                terminal.write(b"name%")
                assert terminal.read(5) == b"NAME%"
                for at in range(0, len(data), 1024):
                    terminal.write(data[at : at + 1024])
                    assert terminal.read(1024) == data[at : at + 1024].upper()


def test_more_than_a_terminal_holds_waits_for_who_reads() -> None:
    with bridged() as (name, _), serial.Serial(name, 115200, timeout=DEADLINE_S) as terminal:
        for _ in range(8):
            terminal.write(b"x" * 2048)
        assert terminal.read(8 * 2048) == b"X" * 8 * 2048


def test_a_device_that_hangs_up_ends_it() -> None:
    with bridged(hang_up_after=3) as (name, end):
        with serial.Serial(name, 115200, timeout=DEADLINE_S) as terminal:
            terminal.write(b"abcdef")
            assert terminal.read(3) == b"ABC"
        error = end()
    assert isinstance(error, LinkClosed)


def test_what_checks_ends_it() -> None:
    with bridged() as (_, end):
        pass
    assert isinstance(end(), Ended)


def test_a_port_that_cannot_be_waited_for_is_refused() -> None:
    with (
        open_port("loop://", 115200) as port,
        pytest.raises(ConfigError, match="no pseudo-terminal in front of it") as caught,
        pty_bridge(port),
    ):
        pass
    assert caught.value.hint == "Leave --pty out, and open the port itself."
