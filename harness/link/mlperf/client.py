"""The host's view of an MLPerf Tiny device: who are you, load this, infer."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable

from harness.domain.mlperf import DeviceNames, Inference
from harness.errors import LinkError
from harness.link.mlperf.lines import Lines
from harness.link.port import Port

CHUNK_BYTES = 31  # "db " + 62 hex digits + "%" is the longest command the reference takes
READY = "m-ready"
_NAME = re.compile(r"m-name-dut-\[([^]]+)]")
_PROFILE = re.compile(r"m-profile-\[([^]]+)]")
_MODEL = re.compile(r"m-model-\[([^]]+)]")
_LAP = re.compile(r"m-lap-us-([0-9]+)")
_RESULTS = re.compile(r"m-results-\[([^]]+)]")
_ERROR = re.compile(r"e-\[.*]")
_BOOT = "m-init-done"
_QUIET_S = 0.25
_RESYNC_S = 10.0


class Disturbed(LinkError):
    """An answer that something on the line has spoilt; the command may be said again."""


class MlperfClient:
    """A device behind `port` that speaks the protocol of mlcommons/tiny, benchmark/runner.

    Args:
        port: an open port, see `open_port`.
        clock: seconds, monotonic.
        on_idle: called while waiting; may raise a better error.
        on_line: hears each line that is sent (`> ...`) and received.
        command_s: seconds of silence that end the waiting for a command's answer.
        infer_s: the same for `infer`.
    """

    def __init__(
        self,
        port: Port,
        clock: Callable[[], float] = time.monotonic,
        on_idle: Callable[[], None] | None = None,
        on_line: Callable[[str], None] | None = None,
        *,
        command_s: float = 5.0,
        infer_s: float = 120.0,
    ) -> None:
        self._lines = Lines(port, clock, on_idle)
        self._where = port.where
        self._on_line = on_line or (lambda line: None)
        self._command_s = command_s
        self._infer_s = infer_s

    def identify(self) -> DeviceNames:
        """Ask for name, profile and model, once the line is quiet.

        Raises:
            LinkTimeout, LinkClosed: no answer.
            Disturbed: an answer without what was asked for.
        """
        self.resynchronise()
        name = self._one(_NAME, self._ask("name"), "name")
        lines = self._ask("profile")
        return DeviceNames(
            name, self._one(_PROFILE, lines, "profile"), self._one(_MODEL, lines, "profile")
        )

    def resynchronise(self) -> None:
        """End a command that is half said, and drop whatever is still being answered.

        Raises:
            LinkTimeout: the device does not fall silent.
        """
        self._lines.send("%")
        self._lines.drain(_QUIET_S, _RESYNC_S)

    def load(self, data: bytes) -> None:
        """Send one input.

        Raises:
            Disturbed: the device did not take it as it was sent.
            LinkTimeout, LinkClosed: no answer.
        """
        self._ask(f"db load {len(data)}")
        lines: list[str] = []
        for start in range(0, len(data), CHUNK_BYTES):
            if "m-load-done" in lines:
                raise self._disturbed("db", lines, "done before all was sent")
            lines = self._ask(f"db {data[start : start + CHUNK_BYTES].hex()}")
        if "m-load-done" not in lines:
            raise self._disturbed("db", lines, "not done after all was sent")

    def stored(self, length: int) -> bytes:
        """Read the device's input buffer back.

        Raises:
            Disturbed: the answer is not `length` bytes in hexadecimal.
            LinkTimeout, LinkClosed: no answer.
        """
        lines = self._ask(f"db print {length}")
        words = [line.removeprefix("m-buffer-") for line in lines if line.startswith("m-buffer-")]
        try:
            content = bytes.fromhex("".join(words).replace("-", ""))
        except ValueError as error:
            raise self._disturbed("db print", lines, "not hexadecimal") from error
        if len(content) != length:
            raise self._disturbed("db print", lines, f"{len(content)} of {length} bytes")
        return content

    def infer(self, inferences: int, warmup: int, *, laps_told: bool = True) -> Inference:
        """Run `warmup` and then `inferences` inferences on the loaded input.

        A device in energy mode tells its laps to a meter, by a pin, and not to the host: without
        `laps_told` both are 0.

        Raises:
            Disturbed: the answer is not that of one whole `infer`.
            LinkTimeout, LinkClosed: no answer.
        """
        lines = self._ask(f"infer {inferences} {warmup}", self._infer_s)
        laps = [int(found[1]) for line in lines if (found := _LAP.fullmatch(line))]
        if not laps_told and not laps:
            laps = [0, 0]
        if len(laps) != 2 or laps[1] < laps[0]:
            raise self._disturbed("infer", lines, f"laps {laps}")
        for said in (f"m-warmup-start-{warmup}", f"m-infer-start-{inferences}"):
            if said not in lines:
                raise self._disturbed("infer", lines, f"no {said}")
        text = self._one(_RESULTS, lines, "infer")
        try:
            results = tuple(float(word) for word in text.split(",") if word.strip())
        except ValueError as error:
            raise self._disturbed("infer", lines, f"results {text!r}") from error
        if not results or not all(math.isfinite(value) for value in results):
            raise self._disturbed("infer", lines, f"results {text!r}")
        return Inference(results, *laps)

    def timestamp(self) -> int:
        """The device's time in microseconds.

        Raises:
            Disturbed: the answer has no lap.
            LinkTimeout, LinkClosed: no answer.
        """
        return int(self._one(_LAP, self._ask("timestamp"), "timestamp"))

    def _ask(self, command: str, silence_s: float | None = None) -> list[str]:
        """Say `command`, and return the lines before the one that says the device is ready."""
        self._on_line(f"> {command}%")
        self._lines.send(f"{command}%")
        lines: list[str] = []
        verb = command.partition(" ")[0]
        while True:
            line = self._lines.next(silence_s or self._command_s, verb)
            self._on_line(line)
            if READY in line:
                break
            lines.append(line)
        if _BOOT in lines:
            raise self._disturbed(verb, lines, "the device has been reset")
        for line in lines:
            if _ERROR.fullmatch(line):
                raise self._disturbed(verb, lines, line)
        return lines

    def _one(self, pattern: re.Pattern[str], lines: list[str], command: str) -> str:
        found = [match[1] for line in lines if (match := pattern.fullmatch(line))]
        if len(found) != 1:
            raise self._disturbed(command, lines, f"{len(found)} lines like {pattern.pattern}")
        return found[0]

    def _disturbed(self, command: str, lines: list[str], why: str) -> Disturbed:
        shown = " | ".join(lines[-3:])[:200] or "nothing"
        return Disturbed(
            f"the answer to {command} is not whole ({why}): {shown}",
            where=self._where,
            hint="Check cable and baud rate, and that nobody else talks to the device.",
        )
