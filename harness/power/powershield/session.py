"""Commands and answers of the PowerShield language: every command is acknowledged or refused."""

from __future__ import annotations

import re
from collections.abc import Callable

from harness.errors import MeterCommandError, MeterTimeout, WrongDevice
from harness.power.options import MeterOptions
from harness.power.powershield.dialect import Dialect
from harness.power.wire import Wire

_TRIES = 2


class Session:
    """One conversation. Lines that answer nothing may come between; they are skipped."""

    def __init__(self, wire: Wire, dialect: Dialect, options: MeterOptions) -> None:
        self._wire = wire
        self._dialect = dialect
        self._options = options
        self.stale_bytes = 0

    def identify(self) -> str:
        """End what an earlier session left, and return the board's id.

        Raises:
            WrongDevice: what answers does not speak this language, or is another instrument.
        """
        stale = b""
        for _ in range(_TRIES):
            self._wire.write(b"stop\n")
            stale += self._wire.drain(self._options.drain_silent_s)
            self._wire.write(self._dialect.identify.encode() + b"\n")
            answer = self._wire.read_until(_line_with(b"ack"), self._options.answer_s)
            if answer is not None and self._dialect.identity.encode() in answer:
                self.stale_bytes = max(0, len(stale) - len(_POLITE))
                words = answer.split(b"ack", 1)[1].split()
                return words[1].decode("ascii", "replace") if len(words) > 1 else ""
            stale += answer or b""
        answered = (self._wire.drain(0.0) or stale)[-48:]
        raise WrongDevice(
            f"it does not answer like a {self._dialect.model}, it sends {answered!r}",
            where=self._wire.where,
            hint="Give the meter's own port: a board's ST-LINK has one beside it.",
        )

    def command(self, text: str) -> str:
        """Send a command; return what came with its acknowledgement.

        Raises:
            MeterCommandError: refused.
            MeterTimeout: no answer.
        """
        self._wire.write(text.encode() + b"\n")
        name = text.split()[0].encode()
        answer = self._wire.read_until(_answer_to(name), self._options.answer_s)
        if answer is None:
            raise MeterTimeout(
                f"the meter did not answer {text!r} within {self._options.answer_s:g} s",
                deadline_s=self._options.answer_s,
                where=self._wire.where,
                hint="Unplug the meter, plug it in again, and repeat.",
            )
        match = _REFUSED.search(answer)
        if match is not None:
            detail = self._wire.read_until(_line_with(b"detail"), 0.1) or b""
            words = (detail or match[0]).split(b":", 1)[-1]
            raise MeterCommandError(
                text,
                detail=words.decode("ascii", "replace").strip(),
                where=self._wire.where,
                hint="Check the meter's firmware (1.0.6 or newer) and what is set.",
            )
        return answer.split(b"ack", 1)[1].decode("ascii", "replace").strip()

    def command_or_again(self, text: str) -> str:
        """Send a command that the first time may meet the rest of an older prompt."""
        try:
            return self.command(text)
        except MeterCommandError:
            self._wire.drain(self._options.drain_silent_s)
            return self.command(text)


_POLITE = b"PowerShield > Acquisition completed\r\n"
_REFUSED = re.compile(rb"\berr(?:or)?\b[^\n]*", re.IGNORECASE)


def _line_with(word: bytes) -> Callable[[bytes], int]:
    def end(data: bytes) -> int:
        at = data.find(word)
        newline = data.find(b"\n", at) if at >= 0 else -1
        return newline + 1 if newline >= 0 else -1

    return end


def _answer_to(name: bytes) -> Callable[[bytes], int]:
    """Where the line ends that acknowledges or refuses the command `name`."""
    word = rb"(?:" + re.escape(name) + rb"|[Cc]ommand)"
    pattern = re.compile(rb"(?:ack|err(?:or)?:?)\s+" + word + rb"[^\n]*\n")

    def end(data: bytes) -> int:
        match = pattern.search(data)
        return match.end() if match else -1

    return end
