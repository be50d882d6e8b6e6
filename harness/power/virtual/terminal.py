"""A virtual instrument on a pseudo-terminal: answers commands, and streams samples at its pace."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import threading
import time
import tty
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

_POLL_S = 0.002
_MOST_PENDING = 1 << 16
_FAST_STEP_S = 0.02


class Device(Protocol):
    """What an instrument does, without the wire."""

    streaming: bool
    unplugged: bool

    def receive(self, data: bytes) -> bytes:
        """Take commands; return what is answered."""

    def samples(self, until_s: float) -> bytes:
        """The stream from where it is to `until_s` seconds after it began."""

    @property
    def position_s(self) -> float:
        """How far the stream is, in seconds since it began."""


class VirtualPort:
    """Runs a device behind a pseudo-terminal, in a thread; `address` is what pyserial opens.

    `speed` is how many of its seconds pass in one of ours; None is as fast as it is read.
    """

    def __init__(
        self,
        device: Device,
        *,
        speed: float | None = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.device = device
        self._speed = speed
        self._clock = clock
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.address = os.ttyname(self._slave)
        self._open = [self._master, self._slave]
        self._pending = b""
        self._ending = threading.Event()
        self._began: float | None = None
        self._thread = threading.Thread(target=self._run, name="virtual meter", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ending.set()
        self._thread.join(timeout=2)
        self._close()

    def _close(self) -> None:
        """Close both ends, once: a number that was closed may soon be another file's."""
        while self._open:
            os.close(self._open.pop())

    def _run(self) -> None:
        # EIO comes when nobody has the other end open, or when it was unplugged.
        while not self._ending.is_set():
            with contextlib.suppress(OSError):
                self._turn()
            if self.device.unplugged:
                self._close()
                return
        with contextlib.suppress(OSError):
            self._turn()  # commands that were sent just before the end

    def _turn(self) -> None:
        writable = [self._master] if self._pending else []
        readable, ready, _ = select.select([self._master], writable, [], _POLL_S)
        if readable:
            try:
                data = os.read(self._master, 4096)
            except OSError:
                self._ending.wait(_POLL_S)
                raise
            was = self.device.streaming
            self._pending += self.device.receive(data)
            if self.device.streaming and not was:
                self._began = None
        if ready:
            sent = os.write(self._master, self._pending)
            self._pending = self._pending[sent:]
        if self.device.streaming and len(self._pending) < _MOST_PENDING:
            self._pending += self.device.samples(self._due())

    def _due(self) -> float:
        if self._speed is None:
            return self.device.position_s + _FAST_STEP_S
        if self._began is None:
            self._began = self._clock()
        return (self._clock() - self._began) * self._speed
