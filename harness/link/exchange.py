"""Requests out, replies in: sequence numbers, receive window, repeats, and what went wrong."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence

from harness.errors import BadFrame, LinkClosed, LinkTimeout
from harness.link.calls import Call, Refused, UnderWay
from harness.link.frame import Frame, FrameDecoder, encode_frame
from harness.link.messages import ERROR, REPLY
from harness.link.patience import SILENCE_S, Deadline, Patience
from harness.link.port import Port
from harness.link.refusals import is_lost

IDLE_PERIOD_S = 0.2
_CLOSE_CHECKS = 10
_CLOSE_PAUSE_S = 0.05


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
        self.frames_repeated = 0
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

    def reopen(self, wait_s: float) -> None:
        """Open the port anew, and forget what was under way.

        Raises:
            LinkClosed: it did not come back within `wait_s` seconds.
        """
        self.port.reopen(wait_s)
        self._decoder.forget()
        self._arrived.clear()

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
            self._listen(remaining)
        return self._arrived.popleft()

    def call_all(
        self,
        calls: Sequence[Call],
        window: int,
        deadline: Deadline,
        silence_s: float = SILENCE_S,
    ) -> list[bytes] | Refused:
        """Send all calls, at most `window` unanswered bytes under way; return payloads in order.

        The first refusal ends it. What has no answer is sent again, the same bytes with the same
        numbers: soon after damage, else after `silence_s` of silence.

        Raises:
            LinkTimeout, LinkClosed: no answer.
            BadFrame: an answer of the wrong type.
        """
        to_send = deque(self._prepare(call) for call in calls)
        sent: list[UnderWay] = []
        before = self.progress
        patience = Patience(self.clock, silence_s)
        while to_send or any(one.answer is None for one in sent):
            self._fill(window, to_send, sent)
            if self._arrived:
                frame = self._arrived.popleft()
                if refused := self._take(frame, sent, patience):
                    return refused
                continue
            remaining = min(deadline.remaining(), patience.remaining())
            if remaining > 0:
                bad = self.bad_frames
                if self._listen(remaining):
                    damaged = self.bad_frames > bad
                    patience.heard(damaged=damaged, unfinished=self._decoder.unfinished)
            elif deadline.remaining() <= 0:
                oldest = next(one for one in sent if one.answer is None)
                raise self.timed_out(oldest.call.name, deadline, *before)
            else:
                self._repeat(sent)
                patience.asked_again()
        return [one.answer or b"" for one in sent]

    def _fill(self, window: int, to_send: deque[UnderWay], sent: list[UnderWay]) -> None:
        """Send as many calls as may be under way."""
        under_way = sum(len(one.wire) for one in sent if one.answer is None)
        batch = []
        while to_send and (not under_way or under_way + len(to_send[0].wire) <= window):
            under_way += len(to_send[0].wire)
            batch.append(to_send[0].wire)
            sent.append(to_send.popleft())
        if batch:
            self._write(b"".join(batch))

    def _repeat(self, sent: Sequence[UnderWay]) -> None:
        """Send all that has no answer once more, behind a delimiter that ends what was cut off."""
        self._decoder.forget()
        missing = [one.wire for one in sent if one.answer is None]
        self.frames_repeated += len(missing)
        self._write(b"".join((b"\0", *missing)))

    def _take(self, frame: Frame, sent: Sequence[UnderWay], patience: Patience) -> Refused | None:
        """Keep an answer, or learn from it that something was lost."""
        if frame.type == ERROR and is_lost(frame.payload):
            patience.heard(damaged=True, unfinished=False)
            return None
        open_calls = [one for one in sent if one.answer is None]
        one = next((one for one in open_calls if one.sequence == frame.sequence), None)
        if one is None:
            self.stale_replies += 1
            return None
        if frame.type == ERROR:
            return Refused(one.call, frame.payload)
        if frame.type != one.call.type + REPLY:
            raise BadFrame(
                f"the reply to {one.call.name} has type 0x{frame.type:02x}, "
                f"wanted 0x{one.call.type + REPLY:02x}",
                where=self.port.where,
                hint="Flash firmware that this harness built.",
            )
        one.answer = frame.payload
        patience.progressed()
        # The device answers in order: what should have come before has been lost.
        patience.heard(damaged=one is not open_calls[0], unfinished=False)
        return None

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

    def _prepare(self, call: Call) -> UnderWay:
        sequence = self._sequence
        self._sequence = (sequence + 1) & 0xFFFF
        return UnderWay(sequence, call, encode_frame(Frame(call.type, sequence, call.payload)))

    def _listen(self, seconds: float) -> bool:
        """Take what arrives within `seconds`, or a part of them; tell whether anything did."""
        data = self._read(min(seconds, IDLE_PERIOD_S))
        self._received += len(data)
        if data:
            self._arrived.extend(self._decoder.feed(data))
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
