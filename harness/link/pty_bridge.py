"""A pseudo-terminal in front of a port, for programs that can open nothing but a serial device."""

from __future__ import annotations

import os
import select
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from harness.errors import ConfigError
from harness.link.port import SerialPort

_LOOK_S = 0.25
_CHUNK = 4096


class PtyBridge:
    """Carries bytes both ways; `name` is the device that others open, as often as they like."""

    def __init__(self, port: SerialPort, ours: int, name: str) -> None:
        self._port = port
        self._ours = ours
        self.name = name

    def carry(self, check: Callable[[], None]) -> None:
        """Carry until something ends it; `check` is called a few times per second.

        Raises:
            LinkClosed: the port's other end is gone; or what `check` raises.
        """
        link = self._port.fileno()
        waiting = b""
        while True:
            sources = [self._ours] if waiting else [self._ours, link]
            readable, writable, _ = select.select(
                sources, [self._ours] if waiting else [], [], _LOOK_S
            )
            if not readable and not writable:
                check()
            if link in readable:
                waiting = self._port.read(0)
            if self._ours in readable:
                self._port.write(os.read(self._ours, _CHUNK))
            if writable:
                waiting = waiting[os.write(self._ours, waiting) :]


@contextmanager
def pty_bridge(port: SerialPort) -> Iterator[PtyBridge]:
    """Make a pseudo-terminal for `port`; it stays while others open and close it.

    Raises:
        ConfigError: this system has none, or the port is none that can be waited for.
    """
    try:
        import pty
        import tty

        port.fileno()
        ours, theirs = pty.openpty()
    except (ImportError, OSError) as error:
        raise ConfigError(
            f"there can be no pseudo-terminal in front of it ({error})",
            where=port.where,
            hint="Leave --pty out, and open the port itself.",
        ) from error
    try:
        tty.setraw(theirs)
        os.set_blocking(ours, False)
        yield PtyBridge(port, ours, os.ttyname(theirs))
    finally:
        os.close(theirs)
        os.close(ours)
