"""Opening a port with pyserial, and what to do when that fails."""

from __future__ import annotations

import errno
from typing import cast

import serial
from serial import rfc2217

from harness.errors import PortBusy
from harness.link import near_socket

WRITE_DEADLINE_S = 10.0

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


def opened_at(url: str, baud_rate: int) -> serial.Serial:
    """Open a device or a pyserial URL.

    Raises:
        PortBusy: as `harness.link.open_port`.
    """
    try:
        port = _port(url, baudrate=baud_rate, exclusive=True)
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


def _port(url: str, *, baudrate: int, exclusive: bool) -> serial.Serial:
    """Return a port that is not yet open."""
    if url.startswith(near_socket.PREFIX):
        port = near_socket.NearSocket(None, baudrate=baudrate, exclusive=exclusive)
        port.port = url
        return cast(serial.Serial, port)  # as pyserial's own stubs say of every URL
    return serial.serial_for_url(url, do_not_open=True, baudrate=baudrate, exclusive=exclusive)


def _reason(error: BaseException | None) -> int:
    """Return the errno; pyserial's socket handler keeps it only in the exception it replaced."""
    while error is not None:
        if isinstance(error, OSError) and error.errno:
            return error.errno
        error = error.__context__
    return 0
