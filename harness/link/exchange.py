"""Requests out, replies in: sequence numbers, receive window, repeats, and what went wrong."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator

from harness.errors import BadFrame
from harness.link.calls import Call, Lost, Refused, UnderWay
from harness.link.frame import Frame, encode_frame
from harness.link.messages import ERROR, REPLY, Request
from harness.link.patience import SILENCE_S, Deadline, Patience
from harness.link.port import Port
from harness.link.refusals import is_lost
from harness.link.wire import Wire

_COMPUTE = frozenset({Request.RUN, Request.PROFILE, Request.RUN_SAMPLE, Request.METERED})


class Exchange:
    """One host's side of a link.

    `on_idle` is as for `Wire`. `computing_s` are the seconds in which the answer to a
    RUN, PROFILE or METERED was the next to come, `last_wait_s` those for the last one.
    """

    def __init__(
        self,
        port: Port,
        clock: Callable[[], float],
        on_idle: Callable[[], None] | None,
    ) -> None:
        self.wire = Wire(port, clock, on_idle)
        self.clock = clock
        self.stale_replies = 0
        self.frames_repeated = 0
        self.computing_s = 0.0
        self.last_wait_s = 0.0
        self._sequence = 0
        self._answered_at = 0.0

    def synchronise(self) -> None:
        """End whatever garbage the device has received, so that it cannot join a frame."""
        self.wire.write(b"\0")

    def send(self, call: Call) -> int:
        """Send one request without waiting; return its sequence number."""
        prepared = self._prepare(call)
        self._count(prepared)
        self.wire.write(prepared.wire)
        return prepared.sequence

    def receive(self, deadline: Deadline) -> Frame | None:
        """Return the next frame of any kind, or None when the deadline has passed."""
        while not self.wire.arrived:
            remaining = deadline.remaining()
            if remaining <= 0:
                return None
            self.wire.listen(remaining)
        return self.wire.arrived.popleft()

    def call_all(
        self,
        calls: Iterable[Call],
        window: int,
        deadline: Deadline,
        silence_s: float = SILENCE_S,
    ) -> list[bytes] | Refused:
        """Send all calls as `converse` does; return their payloads, or the first refusal.

        Raises:
            As `converse`.
        """
        answers = []
        for answer in self.converse(calls, window, deadline, lambda: silence_s):
            if isinstance(answer, Refused):
                return answer
            assert isinstance(answer, bytes), "only an inference behind another one loses an answer"
            answers.append(answer)
        return answers

    def converse(
        self,
        calls: Iterable[Call],
        window: int,
        deadline: Deadline,
        silence_s: Callable[[], float],
    ) -> Iterator[bytes | Refused | Lost]:
        """Send calls in turn, at most `window` unanswered bytes under way; yield payloads in order.

        A refusal ends it. What has no answer is sent again, the same bytes with the same numbers:
        soon after damage, else after silence, of `silence_s()` while one of them computes.
        `deadline` may be renewed meanwhile. The device keeps the answer of one inference: where
        that of a later one has come first, the earlier one's is `Lost`.

        Raises:
            LinkTimeout, LinkClosed: no answer.
            BadFrame: an answer of the wrong type.
        """
        line = _Line(calls)
        sent: deque[UnderWay] = deque()
        before = self.wire.progress
        patience = Patience(self.clock)
        while line.head is not None or sent:
            self._fill(window, line, sent)
            if self.wire.arrived:
                frame = self.wire.arrived.popleft()
                if refused := self._take(frame, sent, patience):
                    yield refused
                    return
                while sent and sent[0].answer is not None:
                    yield sent.popleft().answer or b""
                continue
            pause_s = silence_s() if _computing(sent) else min(SILENCE_S, silence_s())
            remaining = min(deadline.remaining(), patience.remaining(pause_s))
            if remaining > 0:
                bad = self.wire.bad_frames
                if self.wire.listen(remaining):
                    damaged = self.wire.bad_frames > bad
                    patience.heard(damaged=damaged, unfinished=self.wire.unfinished)
            elif deadline.remaining() <= 0:
                raise self.wire.timed_out(sent[0].call.name, deadline, *before)
            else:
                self._repeat(sent)
                patience.asked_again()

    def _fill(self, window: int, line: _Line, sent: deque[UnderWay]) -> None:
        """Send as many calls as may be under way."""
        under_way = sum(len(one.wire) for one in sent if one.answer is None)
        batch = []
        while line.head is not None:
            one = line.prepared = line.prepared or self._prepare(line.head)
            if under_way and under_way + len(one.wire) > window:
                break
            if line.head.behind_runs is not None and _computing(sent) > line.head.behind_runs:
                break
            self._count(one)
            under_way += len(one.wire)
            batch.append(one.wire)
            sent.append(one)
            line.advance()
        if batch:
            self.wire.write(b"".join(batch))

    def _repeat(self, sent: Iterable[UnderWay]) -> None:
        """Send all that has no answer once more, behind a delimiter that ends what was cut off."""
        self.wire.forget()
        missing = [one.wire for one in sent if one.answer is None]
        self.frames_repeated += len(missing)
        self.wire.write(b"".join((b"\0", *missing)))

    def _take(self, frame: Frame, sent: Iterable[UnderWay], patience: Patience) -> Refused | None:
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
                where=self.wire.port.where,
                hint="Flash firmware that this harness built.",
            )
        one.answer = frame.payload
        now = self.clock()
        if one.call.type in _COMPUTE:
            for earlier in open_calls[: open_calls.index(one)]:
                if earlier.call.type in _COMPUTE:
                    earlier.answer = Lost()
            self.last_wait_s = now - max(one.sent_at, self._answered_at)
            self.computing_s += self.last_wait_s
        self._answered_at = now
        patience.progressed()
        # The device answers in order: what should have come before has been lost.
        came_before = next(other for other in open_calls if not isinstance(other.answer, Lost))
        patience.heard(damaged=one is not came_before, unfinished=False)
        return None

    def _prepare(self, call: Call) -> UnderWay:
        """What would be sent next; only `_count` uses its number up."""
        wire = encode_frame(Frame(call.type, self._sequence, call.payload))
        return UnderWay(self._sequence, call, wire)

    def _count(self, prepared: UnderWay) -> None:
        self._sequence = (prepared.sequence + 1) & 0xFFFF
        prepared.sent_at = self.clock()


def _computing(sent: Iterable[UnderWay]) -> int:
    """How many inferences are asked for and not answered."""
    return sum(one.call.type in _COMPUTE and one.answer is None for one in sent)


class _Line:
    """Calls that wait to be sent; taken from where they come as late as can be.

    `prepared` is the first of them as it will be sent, once that is known.
    """

    def __init__(self, calls: Iterable[Call]) -> None:
        self._calls = iter(calls)
        self.advance()

    def advance(self) -> None:
        self.head = next(self._calls, None)
        self.prepared: UnderWay | None = None
