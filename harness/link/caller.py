"""Calls to a device whose answers are waited for as long as it may need, and its refusals."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from harness.domain.device import Identity
from harness.errors import LinkError
from harness.link import messages
from harness.link.calls import Call, Refused
from harness.link.exchange import Exchange
from harness.link.messages import INPUT_HEADER_BYTES, Request
from harness.link.patience import SILENCE_S, Deadline
from harness.link.port import Port
from harness.link.refusals import as_error, decode_refusal

# A repeat that comes while the device computes disturbs the window: better wait far too long.
_TIMES_SLOWEST = 8
_UNKNOWN_PART = 4


class Caller:
    """What all requests of `DeviceClient` share."""

    def __init__(
        self,
        port: Port,
        clock: Callable[[], float] = time.monotonic,
        on_idle: Callable[[], None] | None = None,
        *,
        operators: Sequence[str] = (),
    ) -> None:
        self.operators = tuple(operators)
        self._exchange = Exchange(port, clock, on_idle)
        self._where = port.where
        self._identity: Identity | None = None
        self._slowest_s: float | None = None
        self._input_bytes: tuple[int, ...] = ()

    def _sample_calls(self, data: bytes) -> list[Call]:
        """Requests for all inputs of the model: `data` is one behind the other."""
        calls: list[Call] = []
        for index, size in enumerate(self._input_bytes[:-1]):
            calls += self._input_calls(data[:size], index)
            data = data[size:]
        return calls + self._input_calls(data, max(0, len(self._input_bytes) - 1))

    def _input_calls(self, data: bytes, index: int) -> list[Call]:
        if self._identity is None:
            raise LinkError(
                "an input cannot be sent before the device has said how much it takes at once",
                where=self._where,
                hint="Call hello() first.",
            )
        chunk = self._identity.max_payload - INPUT_HEADER_BYTES
        return [
            Call(
                Request.INPUT,
                messages.input_request(index, offset, data[offset : offset + chunk]),
                f"INPUT {index} at byte {offset}",
            )
            for offset in range(0, len(data), chunk)
        ]

    def _measure(self, calls: Sequence[Call], inferences: int, deadline_s: float) -> list[bytes]:
        """Call what computes, patiently: as long as it may take by what was seen before."""
        clock, repeated = self._exchange.clock, self._exchange.frames_repeated
        begun = clock()
        answers = self._call(calls, deadline_s, self._silence_s(inferences, deadline_s))
        if self._exchange.frames_repeated == repeated:
            self._slowest_s = max(self._slowest_s or 0.0, (clock() - begun) / inferences)
        return answers

    def _silence_s(self, inferences: int, deadline_s: float) -> float:
        """How long a device that computes may be silent, by what was seen before."""
        silence_s = deadline_s / _UNKNOWN_PART
        if self._slowest_s is None:
            return silence_s
        return min(silence_s, max(SILENCE_S, _TIMES_SLOWEST * inferences * self._slowest_s))

    @property
    def _window(self) -> int:
        return self._identity.receive_window if self._identity else 0

    def _call(
        self, calls: Sequence[Call], deadline_s: float, silence_s: float = SILENCE_S
    ) -> list[bytes]:
        deadline = Deadline(self._exchange.clock, deadline_s)
        answers = self._exchange.call_all(calls, self._window, deadline, silence_s)
        if isinstance(answers, Refused):
            raise self._refused(answers)
        return answers

    def _refused(self, refused: Refused) -> Exception:
        return as_error(
            decode_refusal(refused.payload, self._where),
            refused.call.name,
            self._where,
            self.operators,
            self._identity.arena.length if self._identity else 0,
        )
