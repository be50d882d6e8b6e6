"""Listens to what a simulator's process tells of its board's pins, in a thread."""

from __future__ import annotations

import contextlib
import os
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from harness.domain.gate import GateFeed
from harness.errors import SimulatorDied
from harness.machine._board_pins import BoardPins, Told

RECORD = struct.Struct("<III")
MARK = 0x4741_5400
_END_S = 5.0
_PIPE_BYTES = 1 << 20


class PinListener:
    """Takes records of three words from `source`: `MARK` with `Told`, ticks, hertz."""

    def __init__(self, source: int, feed: GateFeed) -> None:
        self._source = source
        self._pins = BoardPins(feed)
        self._bytes = b""
        self._damaged = b""
        self._thread = threading.Thread(target=self._listen, name="board pins", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def finish(self) -> None:
        """Wait until the process has closed its end: its pins are low from then on."""
        self._thread.join(_END_S)

    def check(self) -> None:
        """Raise SimulatorDied where what came is no record: then no edge can be believed."""
        if self._damaged:
            raise SimulatorDied(
                f"the record of the board's pins is damaged: {self._damaged.hex(' ')}",
                where="second UART",
                hint="Flash firmware that this harness built.",
            )

    def _listen(self) -> None:
        while data := os.read(self._source, 1 << 16):
            if not self._damaged:
                self._take(data)
        self._pins.stopped()

    def _take(self, data: bytes) -> None:
        data = self._bytes + data
        whole = len(data) - len(data) % RECORD.size
        self._bytes = data[whole:]
        for what, ticks, hz in RECORD.iter_unpack(data[:whole]):
            if what & ~0xFF != MARK or what & 0xFF not in list(Told) or hz == 0:
                self._damaged = RECORD.pack(what, ticks, hz)
                return
            self._pins.told(Told(what & 0xFF), ticks, hz)


class Pins:
    """The end for the simulator's process, and what comes from there; without a feed neither."""

    def __init__(self, theirs: int | None, listener: PinListener | None) -> None:
        self.number = theirs
        self._listener = listener
        self._ours = theirs is not None

    @property
    def inherit(self) -> tuple[int, ...]:
        """What the process inherits."""
        return () if self.number is None else (self.number,)

    def handed_over(self) -> None:
        """The process has its end: here it is closed, so that the end of one is that of both."""
        if self._ours and self.number is not None:
            self._ours = False
            os.close(self.number)

    def check(self) -> None:
        """As `PinListener.check`."""
        if self._listener is not None:
            self._listener.check()


@contextmanager
def listening(feed: GateFeed | None) -> Iterator[Pins]:
    """Listen while this lasts; the process that has the other end is stopped before it ends."""
    if feed is None:
        yield Pins(None, None)
        return
    ours, theirs = _wide_pipe()
    listener = PinListener(ours, feed)
    pins = Pins(theirs, listener)
    listener.start()
    try:
        yield pins
    finally:
        pins.handed_over()
        listener.finish()
        os.close(ours)


def _wide_pipe() -> tuple[int, int]:
    """A pipe that takes a burst of edges: a UART that has to wait takes the board's time."""
    ours, theirs = os.pipe()
    with contextlib.suppress(ImportError, AttributeError, OSError):  # elsewhere than on Linux
        import fcntl

        fcntl.fcntl(theirs, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return ours, theirs
