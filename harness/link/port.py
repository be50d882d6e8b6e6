"""The port a link travels on: anything pyserial can open, read in whole pieces."""

from __future__ import annotations

import errno
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
from serial import rfc2217

from harness.errors import LinkClosed, LinkTimeout, PortBusy
from harness.link import usb

WRITE_DEADLINE_S = 10.0
_MOST = 1 << 16
_POLL_S = 0.05
_LOOK_AGAIN_S = 0.25

_JOIN_GROUP = "add yourself to the port's group (`sudo adduser $USER dialout`), then log in again"
_FREE_PORT = "close the program that holds the port (`fuser -v` names it)"
_HINTS = {
    errno.ENOENT: "Plug the board in, or take a name from `python -m serial.tools.list_ports`.",
    errno.EACCES: _JOIN_GROUP,
    errno.EPERM: _JOIN_GROUP,
    errno.EBUSY: _FREE_PORT,
    errno.EAGAIN: _FREE_PORT,
    errno.ECONNREFUSED: "Start what should listen at this address, or correct the address.",
}


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
                return self._use(_opened(self._present(), self._baud_rate))
            except PortBusy as error:
                if self._clock() >= deadline:
                    raise LinkClosed(
                        f"the port did not come back within {wait_s:g} s ({error.what})",
                        where=self._where,
                        hint="Plug the board in again, then go on with `harness run --resume`.",
                    ) from error
            self._pause(_LOOK_AGAIN_S)

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
    return SerialPort(_opened(url, baud_rate), url)


def _opened(url: str, baud_rate: int) -> serial.Serial:
    try:
        port = serial.serial_for_url(url, do_not_open=True, baudrate=baud_rate, exclusive=True)
        if not isinstance(port, rfc2217.Serial):  # which knows no deadline for writing
            port.write_timeout = WRITE_DEADLINE_S
        port.open()
        return port
    except (ValueError, TypeError) as error:  # TypeError: socket:// without a port number
        raise PortBusy(
            f"not a port that can be opened at {baud_rate} baud ({error})",
            where=url,
            hint="Give a device such as /dev/ttyACM0 or a URL such as socket://host:port.",
        ) from error
    except OSError as error:
        raise PortBusy(
            f"the port cannot be opened ({error})",
            where=url,
            hint=_HINTS.get(_reason(error), "Check the port's name and that it is connected."),
        ) from error


def _reason(error: BaseException | None) -> int:
    """Return the errno; pyserial's socket handler keeps it only in the exception it replaced."""
    while error is not None:
        if isinstance(error, OSError) and error.errno:
            return error.errno
        error = error.__context__
    return 0


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
