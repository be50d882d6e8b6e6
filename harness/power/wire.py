"""The byte stream to an instrument: a thread takes bytes as they come, every wait has an end."""

from __future__ import annotations

import contextlib
import errno
import select
import threading
import time
from collections.abc import Callable

import serial

from harness.errors import (
    HarnessError,
    MeterBusy,
    MeterDisconnected,
    MeterNotFound,
    MeterTimeout,
)

WRITE_DEADLINE_S = 2.0
SILENT_S = 0.2
DRAIN_LIMIT_S = 2.0
CAPACITY = 64 << 20
_POLL_S = 0.05
_MOST = 1 << 16

Clock = Callable[[], float]


class Wire:
    """An open serial port, read by a thread: decoding must not keep the port waiting."""

    def __init__(self, port: serial.Serial, where: str, clock: Clock = time.monotonic) -> None:
        self.where = where
        self.clock = clock
        self._port = port
        self._port.timeout = _POLL_S
        self._bytes = bytearray()
        self._news = threading.Condition()
        self._failure: HarnessError | None = None
        self._closing = False
        self._thread = threading.Thread(target=self._pump, name=f"wire {where}", daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> None:
        """Send all of `data`.

        Raises:
            MeterDisconnected: unplugged.
            MeterTimeout: it took no bytes for `WRITE_DEADLINE_S` seconds.
        """
        try:
            self._port.write(data)
        except serial.SerialTimeoutException as error:
            raise MeterTimeout(
                f"the meter took no bytes for {WRITE_DEADLINE_S:g} s",
                deadline_s=WRITE_DEADLINE_S,
                where=self.where,
                hint="Unplug the meter, plug it in again, and repeat.",
            ) from error
        except (serial.SerialException, OSError) as error:
            raise self._gone(error) from error

    def read(self, timeout_s: float) -> bytes:
        """Take what has come, waiting for the first byte at most `timeout_s`; else b"".

        Raises:
            MeterDisconnected: unplugged, and all that had come before was taken.
        """
        with self._news:
            self._news.wait_for(lambda: self._bytes or self._failure, timeout_s)
            taken, self._bytes = bytes(self._bytes), bytearray()
            self._news.notify_all()
            if not taken and self._failure is not None:
                raise self._failure
        return taken

    def read_until(self, end: Callable[[bytes], int], deadline_s: float) -> bytes | None:
        """Read until `end(bytes)` is a length (not -1); the rest stays for later reads.

        Returns None, with the bytes kept, when there is no end within `deadline_s`.
        """
        limit = self.clock() + deadline_s
        with self._news:
            while True:
                if (length := end(bytes(self._bytes))) >= 0:
                    taken = bytes(self._bytes[:length])
                    del self._bytes[:length]
                    return taken
                if self._failure is not None:
                    raise self._failure
                left = limit - self.clock()
                if left <= 0:
                    return None
                self._news.wait(min(left, _POLL_S))

    def drain(self, silent_s: float = SILENT_S, limit_s: float = DRAIN_LIMIT_S) -> bytes:
        """Take bytes until none has come for `silent_s`, or `limit_s` has passed."""
        limit = self.clock() + limit_s
        taken = b""
        while self.clock() < limit:
            piece = self.read(silent_s)
            if not piece:
                break
            taken += piece
        return taken

    def close(self) -> None:
        """Close the port; closing twice does nothing."""
        self._closing = True
        self._thread.join(timeout=10 * _POLL_S)
        with contextlib.suppress(OSError, serial.SerialException):
            self._port.close()

    def _pump(self) -> None:
        while not self._closing:
            try:
                data = self._take()
            except (serial.SerialException, OSError, TypeError, ValueError) as error:
                with self._news:
                    self._failure = self._gone(error)
                    self._news.notify_all()
                return
            if data:
                with self._news:
                    # Better no bytes than a machine without memory: the decoder sees the gap.
                    if len(self._bytes) < CAPACITY:
                        self._bytes += data
                    self._news.notify_all()

    def _take(self) -> bytes:
        try:
            fd = self._port.fileno()
        except (AttributeError, OSError, NotImplementedError):
            first = bytes(self._port.read(1))
            return first + bytes(self._port.read(self._port.in_waiting)) if first else b""
        if not select.select([fd], [], [], _POLL_S)[0]:
            return b""
        waiting = self._port.in_waiting if hasattr(self._port, "in_waiting") else 1
        return bytes(self._port.read(min(max(1, waiting), _MOST)))

    def _gone(self, error: Exception) -> MeterDisconnected:
        return MeterDisconnected(
            f"the meter was disconnected ({error})",
            where=self.where,
            hint="Check the meter's USB cable, plug it in directly, and repeat.",
        )


def open_wire(device: str, baud_rate: int, clock: Clock = time.monotonic) -> Wire:
    """Open a device or pyserial URL for this process alone; a busy one is tried once more.

    Raises:
        MeterNotFound: there is no such port, or it may not be opened.
        MeterBusy: another process has it.
    """
    try:
        try:
            return Wire(_open(device, baud_rate), device, clock)
        except MeterBusy:
            return Wire(_open(device, baud_rate), device, clock)
    except ValueError as error:
        raise MeterNotFound(
            f"not a port that can be opened ({error})",
            where=device,
            hint="Give a device such as /dev/ttyACM0; `harness power list` shows what there is.",
        ) from error


def _open(device: str, baud_rate: int) -> serial.Serial:
    try:
        return serial.serial_for_url(
            device, baudrate=baud_rate, write_timeout=WRITE_DEADLINE_S, exclusive=True
        )
    except OSError as error:
        raise _not_opened(error, device) from error


def _not_opened(error: OSError, device: str) -> HarnessError:
    code = _errno(error)
    if code in {errno.EAGAIN, errno.EBUSY}:
        return MeterBusy(
            "the port is in use by another program",
            where=device,
            hint=f"Close the program that holds it (`fuser -v {device}` names it).",
        )
    if code in {errno.EACCES, errno.EPERM}:
        return MeterNotFound(
            "the port may not be opened by this user",
            where=device,
            hint="Add yourself to the port's group (`sudo adduser $USER dialout`), then log in "
            "again; where there is none, install the maker's udev rules.",
        )
    return MeterNotFound(
        f"no meter at this address ({error})",
        where=device,
        hint="Plug the meter in; `harness power list` shows what is connected.",
    )


def _errno(error: BaseException | None) -> int:
    """Return the errno; pyserial keeps it only in the exception it replaced."""
    while error is not None:
        if isinstance(error, OSError) and error.errno:
            return error.errno
        error = error.__context__
    return 0
