"""Requests out, replies in: sequence numbers, receive window, deadlines, and what went wrong."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.errors import BadFrame, LinkClosed, LinkTimeout
from harness.link.frame import Frame, FrameDecoder, encode_frame
from harness.link.messages import ERROR, REPLY
from harness.link.port import Port

IDLE_PERIOD_S = 0.2
_CLOSE_CHECKS = 10
_CLOSE_PAUSE_S = 0.05


@dataclass(frozen=True)
class Call:
    """A request: its type, its payload, and what to call it in messages."""

    type: int
    payload: bytes
    name: str


@dataclass(frozen=True)
class Refused:
    """An error reply and the call it belongs to."""

    call: Call
    payload: bytes


class Deadline:
    """A moment that is `seconds` from now on `clock`."""

    def __init__(self, clock: Callable[[], float], seconds: float) -> None:
        self._clock = clock
        self.seconds = seconds
        self._end = clock() + seconds

    def remaining(self) -> float:
        """Seconds left, 0 or less when it has passed."""
        return self._end - self._clock()


@dataclass(frozen=True)
class _UnderWay:
    sequence: int
    call: Call
    wire: bytes


class Exchange:
    """One host's side of a link.

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
        self.stale_replies = 0
        self._on_idle = on_idle
        self._pause = pause
        self._decoder = FrameDecoder()
        self._sequence = 0
        self._received = 0
        self._checked = clock()
        self._arrived: deque[Frame] = deque()

    @property
    def bad_frames(self) -> int:
        """Damaged frames received so far."""
        return self._decoder.bad_frames

    def synchronise(self) -> None:
        """End whatever garbage the device has received, so that it cannot join a frame."""
        self._write(b"\0")

    def send(self, call: Call) -> int:
        """Send one request without waiting; return its sequence number."""
        prepared = self._prepare(call)
        self._write(prepared.wire)
        return prepared.sequence

    def receive(self, deadline: Deadline) -> Frame | None:
        """Return the next frame of any kind, or None when the deadline has passed."""
        while not self._arrived:
            remaining = deadline.remaining()
            if remaining <= 0:
                return None
            data = self._read(min(remaining, IDLE_PERIOD_S))
            self._received += len(data)
            if data:
                self._arrived.extend(self._decoder.feed(data))
            self._let_caller_check(idle=not data)
        return self._arrived.popleft()

    def call_all(
        self, calls: Sequence[Call], window: int, deadline: Deadline
    ) -> list[bytes] | Refused:
        """Send all calls, at most `window` unanswered bytes under way; return payloads in order.

        The first refusal ends it. Nothing is ever sent twice.

        Raises:
            LinkTimeout, LinkClosed: no answer.
            BadFrame: an answer of the wrong type, or to a later call than the oldest open one.
        """
        to_send = deque(self._prepare(call) for call in calls)
        open_calls: deque[_UnderWay] = deque()
        under_way = 0
        answers = []
        before = (self._received, self.bad_frames)
        while to_send or open_calls:
            batch = []
            while to_send and (not open_calls or under_way + len(to_send[0].wire) <= window):
                under_way += len(to_send[0].wire)
                batch.append(to_send[0].wire)
                open_calls.append(to_send.popleft())
            if batch:
                self._write(b"".join(batch))
            frame = self.receive(deadline)
            if frame is None:
                raise self.timed_out(open_calls[0].call.name, deadline, *before)
            if self._answers(frame, open_calls):
                answered = open_calls.popleft()
                under_way -= len(answered.wire)
                if frame.type == ERROR:
                    return Refused(answered.call, frame.payload)
                answers.append(frame.payload)
        return answers

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

    def _prepare(self, call: Call) -> _UnderWay:
        sequence = self._sequence
        self._sequence = (sequence + 1) & 0xFFFF
        return _UnderWay(sequence, call, encode_frame(Frame(call.type, sequence, call.payload)))

    def _answers(self, frame: Frame, open_calls: Sequence[_UnderWay]) -> bool:
        """Tell whether `frame` answers the oldest open call; False: it is a late one, ignore it."""
        oldest = open_calls[0]
        for later in open_calls:
            if frame.sequence == later.sequence:
                break
        else:
            self.stale_replies += 1
            return False
        if later is not oldest:
            raise BadFrame(
                f"{later.call.name} was answered, but {oldest.call.name} before it was not: "
                "a frame was lost on the way",
                where=self.port.where,
                hint="Check the cable, and that the firmware's receive buffer holds its window.",
            )
        if frame.type not in (oldest.call.type + REPLY, ERROR):
            raise BadFrame(
                f"the reply to {oldest.call.name} has type 0x{frame.type:02x}, "
                f"wanted 0x{oldest.call.type + REPLY:02x}",
                where=self.port.where,
                hint="Flash firmware that this harness built.",
            )
        return True

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

    def _write(self, data: bytes) -> None:
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
