"""The port a link travels on: anything pyserial can open, read in whole pieces."""

from __future__ import annotations

import io
import os
import select
import socket
import stat
import time
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

import serial

from harness.errors import LinkClosed, LinkError, LinkTimeout, PortBusy
from harness.link import usb
from harness.link.opening import WRITE_DEADLINE_S, opened_at

_MOST = 1 << 16
_POLL_S = 0.05
_LOOK_AGAIN_S = 0.25


class Port(Protocol):
    """What the client needs of a port; `where` is its address in error messages."""

    @property
    def where(self) -> str:
        """The port's address."""

    def read(self, timeout_s: float) -> bytes:
        """Return what has arrived, waiting for the first byte at most `timeout_s`; else b""."""

    def write(self, data: bytes) -> None:
        """Send all of `data`."""

    def reopen(self, wait_s: float) -> None:
        """Open the same port anew, waiting at most `wait_s` for it to come back."""

    def use_rate(self, baud_rate: int) -> None:
        """Go on at another rate, where the port has one."""


class SerialPort:
    """An open pyserial port.

    pyserial's `read(n)` waits for n bytes, and its `in_waiting` is at most 1 on sockets. So the
    port is non-blocking where it has a file descriptor to wait on, and then one `read` takes all
    that is there; elsewhere (rfc2217, Windows) one byte is waited for and the rest is taken along.
    """

    def __init__(
        self,
        port: serial.Serial,
        where: str,
        *,
        ports: usb.Ports = usb.connected,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._where = where
        self._baud_rate: int = port.baudrate
        self._ports = ports
        self._clock = clock
        self._pause = pause
        self._use(port)
        self._usb = usb.serial_number(where, ports)

    def _use(self, port: serial.Serial) -> None:
        self._port = port
        self._fd = _descriptor(port)
        port.timeout = _POLL_S if self._fd is None else 0

    @property
    def where(self) -> str:
        """The URL or device the port was opened with."""
        return self._where

    def fileno(self) -> int:
        """What `select` can wait on.

        Raises:
            OSError: this kind of port has none.
        """
        if self._fd is None:
            raise OSError("this kind of port has no file descriptor")
        return self._fd

    def read(self, timeout_s: float) -> bytes:
        """Return what has arrived, waiting for the first byte at most `timeout_s`; else b"".

        Raises:
            LinkClosed: the other end closed the connection, or the device was unplugged.
        """
        try:
            if self._fd is None:
                first = bytes(self._port.read(1))
                return first + bytes(self._port.read(self._port.in_waiting)) if first else b""
            if not select.select([self._fd], [], [], timeout_s)[0]:
                return b""
            return bytes(self._port.read(_MOST))
        except (serial.SerialException, OSError, ValueError) as error:
            raise self._closed(error) from error

    def write(self, data: bytes) -> None:
        """Send all of `data`.

        Raises:
            LinkClosed: the other end closed the connection, or the device was unplugged.
            LinkTimeout: the port took no more bytes for `WRITE_DEADLINE_S` seconds.
        """
        try:
            self._port.write(data)
        except serial.SerialTimeoutException as error:
            raise LinkTimeout(
                f"{len(data)} bytes could not be sent within {WRITE_DEADLINE_S:g} s",
                deadline_s=WRITE_DEADLINE_S,
                got=0,
                where=self._where,
                hint="Check flow control, and that the device reads its port.",
            ) from error
        except (serial.SerialException, OSError) as error:
            raise self._closed(error) from error

    def reopen(self, wait_s: float) -> None:
        """Open the same port anew: the one with the same USB serial number, whatever its name now.

        Raises:
            LinkClosed: it did not come back within `wait_s` seconds.
        """
        self.close()
        deadline = self._clock() + wait_s
        while True:
            try:
                return self._use(opened_at(self._present(), self._baud_rate))
            except PortBusy as error:
                if self._clock() >= deadline:
                    raise LinkClosed(
                        f"the port did not come back within {wait_s:g} s ({error.what})",
                        where=self._where,
                        hint="Plug the board in again, then go on with `harness run --resume`.",
                    ) from error
            self._pause(_LOOK_AGAIN_S)

    def use_rate(self, baud_rate: int) -> None:
        """Go on at `baud_rate`, where the port has a rate; what was written has left before.

        Raises:
            LinkError: the port cannot.
        """
        if baud_rate == self._baud_rate:
            return
        try:
            self._port.flush()
            self._port.baudrate = baud_rate
        except (serial.SerialException, OSError, ValueError) as error:
            raise LinkError(
                f"the port cannot be used at {baud_rate} baud ({error})",
                where=self._where,
                hint="Give the target a `max_baud_rate` that the port can do, or none.",
            ) from error
        self._baud_rate = baud_rate

    def _present(self) -> str:
        """The name to open; never that of another device which has taken this one's name."""
        if self._usb is None:
            return self._where
        name = usb.device_of(self._usb, self._ports)
        if name is None:
            raise PortBusy(
                f"the USB device with serial number {self._usb} is not connected",
                where=self._where,
                hint="Plug the board in.",
            )
        return name

    def close(self) -> None:
        """Close the port; closing twice does nothing."""
        self._port.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _closed(self, error: Exception) -> LinkClosed:
        return LinkClosed(
            f"the link was closed by the other end ({error})",
            where=self._where,
            hint="Check the board's power and cable, or that the simulator still runs.",
        )


def open_port(url: str, baud_rate: int) -> SerialPort:
    """Open a device (`/dev/ttyACM0`, `COM3`) or any pyserial URL (`socket://`, `rfc2217://`, ...).

    Raises:
        PortBusy: in use, missing, not permitted, nothing listening, or not a port's address.
    """
    return SerialPort(opened_at(url, baud_rate), url)


def _descriptor(port: serial.Serial) -> int | None:
    """Return what `select` can wait on, or None; a TCP connection stops collecting small writes."""
    try:
        fd = int(port.fileno())
    except (AttributeError, OSError, io.UnsupportedOperation):
        return None
    if stat.S_ISSOCK(os.fstat(fd).st_mode):
        with socket.socket(fileno=os.dup(fd)) as same:  # options belong to the socket, not the fd
            same.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return fd
