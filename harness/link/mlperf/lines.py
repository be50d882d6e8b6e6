"""Text lines from a port, each within a deadline of silence."""

from __future__ import annotations

from collections.abc import Callable

from harness.errors import LinkTimeout
from harness.link.port import Port

LONGEST_LINE = 1 << 16
_POLL_S = 0.25


class Lines:
    """The lines a device sends; CR and NUL are dropped, empty lines are none.

    `on_idle` is called a few times per second of waiting and may raise a better error.
    """

    def __init__(
        self, port: Port, clock: Callable[[], float], on_idle: Callable[[], None] | None = None
    ) -> None:
        self._port = port
        self._clock = clock
        self._on_idle = on_idle
        self._bytes = bytearray()

    def send(self, text: str) -> None:
        """Send ASCII text as it is."""
        self._port.write(text.encode("ascii"))

    def next(self, silence_s: float, waiting_for: str) -> str:
        """Return the next line; a byte that is not ASCII becomes U+FFFD.

        Raises:
            LinkTimeout: no byte came for `silence_s` seconds, or the line does not end.
            LinkClosed: the other end hung up.
        """
        until = self._clock() + silence_s
        while True:
            line, found, rest = self._bytes.partition(b"\n")
            if found:
                self._bytes = rest
                text = line.translate(None, b"\r\0").decode("ascii", "replace")
                if text:
                    return text
                continue
            if len(self._bytes) > LONGEST_LINE:
                self._bytes.clear()
                raise self._timeout(f"a line of over {LONGEST_LINE:,} bytes", silence_s)
            remaining = until - self._clock()
            if remaining <= 0:
                raise self._timeout(f"no answer to {waiting_for}", silence_s)
            if data := self._port.read(min(remaining, _POLL_S)):
                self._bytes += data
                until = self._clock() + silence_s
            elif self._on_idle is not None:
                self._on_idle()

    def drain(self, quiet_s: float, longest_s: float) -> int:
        """Drop what arrives until `quiet_s` seconds are silent; return how many bytes that was.

        Raises:
            LinkTimeout: it does not fall silent within `longest_s` seconds.
            LinkClosed: the other end hung up.
        """
        dropped = len(self._bytes)
        self._bytes.clear()
        give_up = self._clock() + longest_s
        while data := self._port.read(quiet_s):
            dropped += len(data)
            if self._clock() > give_up:
                raise self._timeout(
                    f"the device does not stop talking, {dropped:,} bytes", longest_s
                )
        return dropped

    def _timeout(self, what: str, deadline_s: float) -> LinkTimeout:
        return LinkTimeout(
            f"{what} within {deadline_s:g} s, {len(self._bytes)} bytes of a line there",
            deadline_s=deadline_s,
            got=len(self._bytes),
            where=self._port.where,
            hint="Check port and baud rate, and that the device runs MLPerf Tiny firmware.",
        )
