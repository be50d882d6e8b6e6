"""A scripted MLPerf Tiny device: the commands, replies and errors of the protocol's description."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

Tamper = Callable[[int, str, bytes], bytes]
"""Called with the command's number, the command and the reply; gives the bytes that go out."""


@dataclass
class MlperfDevice:
    """Answers text commands as mlcommons/tiny's reference does.

    `classify` gives the results of an input; an inference takes `us_per_inference`. `tamper` spoils
    replies; commands whose number is in `deaf_to` are not heard at all.
    """

    classify: Callable[[bytes], list[float]]
    name: str = "board"
    model: str = "kws01"
    us_per_inference: int = 200_000
    tamper: Tamper = lambda number, command, reply: reply
    deaf_to: frozenset[int] = frozenset()
    heard: list[str] = field(default_factory=list)
    _line: str = ""
    _buffer: bytearray = field(default_factory=bytearray)
    _wanted: int = 0
    _now_us: int = 1_000

    def receive(self, data: bytes) -> bytes:
        out = b""
        for character in data.decode("ascii"):
            if character != "%":
                self._line += character
                continue
            command, self._line = self._line, ""
            self.heard.append(command)
            if len(self.heard) in self.deaf_to:
                continue
            lines = [*self._answer(command), "m-ready"]
            reply = "".join(f"{line}\r\n" for line in lines).encode("ascii")
            out += self.tamper(len(self.heard), command, reply)
        return out

    def _answer(self, command: str) -> list[str]:
        assert len(command) < 80, "the reference's buffer"
        words = command.split(" ")
        if command == "name":
            return [f"m-name-dut-[{self.name}]"]
        if command == "profile":
            return ["m-profile-[ULPMark for tinyML Firmware V0.0.1]", f"m-model-[{self.model}]"]
        if command == "timestamp":
            return [f"m-lap-us-{self._now_us}"]
        if words[:2] == ["db", "load"]:
            self._wanted, self._buffer = int(words[2]), bytearray()
            return [f"m-[Expecting {self._wanted} bytes]"]
        if words[:2] == ["db", "print"]:
            rows = [self._buffer[at : at + 8] for at in range(0, len(self._buffer), 8)]
            return ["m-buffer-" + row.hex("-") for row in rows]
        if words[0] == "db":
            if len(words[1]) % 2:
                return ["e-[Insufficent number of hex digits]"]
            self._buffer += bytes.fromhex(words[1])
            return ["m-load-done"] if len(self._buffer) >= self._wanted else []
        if words[0] == "infer":
            return self._infer(int(words[1]), int(words[2]))
        return [f"e-[Unknown command: {command}]"]

    def _infer(self, inferences: int, warmup: int) -> list[str]:
        start = self._now_us + warmup * self.us_per_inference
        self._now_us = start + inferences * self.us_per_inference
        results = ",".join(f"{value:.3f}" for value in self.classify(bytes(self._buffer)))
        return [
            f"m-warmup-start-{warmup}",
            "m-warmup-done",
            f"m-infer-start-{inferences}",
            f"m-lap-us-{start}",
            f"m-lap-us-{self._now_us}",
            "m-infer-done",
            f"m-results-[{results}]",
        ]
