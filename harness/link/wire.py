"""Bytes between a port and frames: what has come, what came damaged, and why nothing does."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from harness.errors import LinkClosed, LinkTimeout
from harness.link.frame import Frame, FrameDecoder
from harness.link.patience import Deadline
from harness.link.port import Port

IDLE_PERIOD_S = 0.2
_CLOSE_CHECKS = 10
_CLOSE_PAUSE_S = 0.05


class Wire:
    """A port with a decoder behind it; frames that have come wait in `arrived`.

    `on_idle` is called about every `IDLE_PERIOD_S` while waiting, and before a closed link is
    reported: it may raise a better error.
    """

    def __init__(
        self,
        port: Port,
        clock: Callable[[], float],
        on_idle: Callable[[], None] | None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.port = port
        self.clock = clock
        self.arrived: deque[Frame] = deque()
        self._on_idle = on_idle
        self._pause = pause
        self._decoder = FrameDecoder()
        self._received = 0
        self._checked = clock()

    @property
    def bad_frames(self) -> int:
        """Damaged frames received so far."""
        return self._decoder.bad_frames

    @property
    def unfinished(self) -> bool:
        """Whether a frame has begun and not ended."""
        return self._decoder.unfinished

    def reopen(self, wait_s: float) -> None:
        """Open the port anew, and forget what had come.

        Raises:
            LinkClosed: it did not come back within `wait_s` seconds.
        """
        self.port.reopen(wait_s)
        self._decoder.forget()
        self.arrived.clear()

    def use_rate(self, baud_rate: int) -> None:
        """Change the port's rate, and forget what had begun to come at the old one.

        Raises:
            LinkError: the port cannot.
        """
        self.port.use_rate(baud_rate)
        self._decoder.forget()

    def forget(self) -> None:
        """Give up a frame that has begun: its end was lost."""
        self._decoder.forget()

    def listen(self, seconds: float) -> bool:
        """Take what arrives within `seconds`, or a part of them; tell whether anything did."""
        data = self._read(min(seconds, IDLE_PERIOD_S))
        self._received += len(data)
        if data:
            self.arrived.extend(self._decoder.feed(data))
        self._let_caller_check(idle=not data)
        return bool(data)

    def _let_caller_check(self, idle: bool) -> None:
        now = self.clock()
        if self._on_idle is not None and (idle or now - self._checked >= IDLE_PERIOD_S):
            self._checked = now
            self._on_idle()

    def _read(self, timeout_s: float) -> bytes:
        try:
            return self.port.read(timeout_s)
        except LinkClosed:
            self._explain_close()
            raise

    def write(self, data: bytes) -> None:
        """Send all of `data`.

        Raises:
            LinkClosed, LinkTimeout: it does not go.
        """
        try:
            self.port.write(data)
        except LinkClosed:
            self._explain_close()
            raise

    def _explain_close(self) -> None:
        """Let the caller raise why; a dying process closes its sockets before it can be reaped."""
        if self._on_idle is not None:
            for _ in range(_CLOSE_CHECKS):
                self._on_idle()
                self._pause(_CLOSE_PAUSE_S)

    def timed_out(
        self, name: str, deadline: Deadline, received_before: int, bad_before: int
    ) -> LinkTimeout:
        """Return the error for a call that nobody answered, with what came instead."""
        got = self._received - received_before
        bad = self.bad_frames - bad_before
        if got == 0:
            hint = "Check that the firmware runs, and that the link is this board's."
        elif bad:
            hint = "Check the baud rate, the ground wire, and that nothing else writes to the port."
        else:
            hint = "Allow more time, or read the device's state with a debugger."
        return LinkTimeout(
            f"no answer to {name} within {deadline.seconds:g} s; {got} bytes came, "
            f"{bad} damaged frames among them",
            deadline_s=deadline.seconds,
            got=got,
            where=self.port.where,
            hint=hint,
        )

    @property
    def progress(self) -> tuple[int, int]:
        """Bytes received and damaged frames so far; what `timed_out` counts from."""
        return self._received, self.bad_frames
