"""The port a link travels on: anything pyserial can open, read in whole pieces."""

from __future__ import annotations

import errno
import io
import os
import select
import socket
import stat
from types import TracebackType
from typing import Protocol, Self

import serial

from harness.errors import LinkClosed, LinkTimeout, PortBusy

WRITE_DEADLINE_S = 10.0
_MOST = 1 << 16
_POLL_S = 0.05

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


class SerialPort:
    """An open pyserial port.

    pyserial's `read(n)` waits for n bytes, and its `in_waiting` is at most 1 on sockets. So the
    port is non-blocking where it has a file descriptor to wait on, and then one `read` takes all
    that is there; elsewhere (rfc2217, Windows) one byte is waited for and the rest is taken along.
    """

    def __init__(self, port: serial.Serial, where: str) -> None:
        self._port = port
        self._where = where
        self._fd = _descriptor(port)
        port.timeout = _POLL_S if self._fd is None else 0

    @property
    def where(self) -> str:
        """The URL or device the port was opened with."""
        return self._where

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
    try:
        port = serial.serial_for_url(
            url, baudrate=baud_rate, write_timeout=WRITE_DEADLINE_S, exclusive=True
        )
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
    return SerialPort(port, url)


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
