"""What MLPerf Tiny's official runner does on a device's port, written from its description.

It knows nothing of the harness's own client: the port is opened twice, a command is followed by
lines until one contains `m-ready`, silence between lines ends everything, and the queue of lines is
never flushed, so that one line too many shifts every later answer.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import serial

PAUSE_S = 2.0
COMMAND_SILENCE_S = 5.0
INFER_SILENCE_S = 30.0
CHUNK = 31
LONGEST_COMMAND = 80

NAME = re.compile(r"^m-(name)-dut-\[([^]]+)]$")
MODEL = re.compile(r"^m-(model|profile)-\[([^]]+)]$")
RESULTS = re.compile(r"^m-results-\[([^]]+)\]$")
LAP = re.compile(r"^m-lap-us-([0-9]+)$")


class NoResponse(Exception):
    """The runner gives up: no line within its time."""


@dataclass
class Board:
    """An open port; `silence` stretches the runner's times on a loaded machine."""

    port: serial.SerialBase
    stretch: float = 1.0
    _text: str = ""
    _lines: list[str] = field(default_factory=list)

    def command(self, text: str) -> list[str]:
        """Say it, and return the lines up to the one that says that the device is ready."""
        assert len(text) < LONGEST_COMMAND
        self.port.write(f"{text}%".encode())
        silence = INFER_SILENCE_S if text.startswith("infer") else COMMAND_SILENCE_S
        lines = []
        while "m-ready" not in (line := self._line(text, silence * self.stretch)):
            lines.append(line)
        return lines

    def quiet(self, seconds: float) -> bytes:
        """What comes unasked within `seconds`."""
        self.port.timeout = seconds
        return bytes(self.port.read(1))

    def _line(self, command: str, silence: float) -> str:
        until = time.monotonic() + silence
        self.port.timeout = 0.1
        while not self._lines:
            if data := self.port.read(max(1, self.port.in_waiting)):
                until = time.monotonic() + silence
                self._take(data.decode("ascii"))  # the runner stumbles over anything else
            if not self._lines and time.monotonic() > until:
                raise NoResponse(f"No response to command {command}")
        return self._lines.pop(0)

    def _take(self, text: str) -> None:
        for character in text:
            if character == "\n":
                if self._text:
                    self._lines.append(self._text)
                self._text = ""
            elif character not in "\r\0":
                self._text += character


@dataclass(frozen=True)
class Window:
    """What the runner takes from an answer to `infer`."""

    results: list[float]
    start_us: int
    end_us: int
    lines: list[str]


class OfficialRunner:
    """The runner's way with the device at `url`, from finding it to the last window."""

    def __init__(
        self, url: str, *, open_port: Callable[..., serial.SerialBase] = serial.serial_for_url
    ) -> None:
        self._open_port = open_port
        self._url = url

    def open(self) -> Board:
        return Board(self._open_port(self._url, baudrate=115200, timeout=0.1), stretch=4.0)

    def identify(self) -> tuple[str, str, str]:
        """Open, wait, ask for name and profile, and close; what came unasked spoils the answers."""
        board = self.open()
        try:
            assert board.quiet(PAUSE_S) == b""
            found = {
                match[1]: match[2]
                for command, pattern in (("name", NAME), ("profile", MODEL))
                for line in board.command(command)
                if (match := pattern.match(line))
            }
            return found["name"], found["profile"], found["model"]
        finally:
            board.port.close()

    def test(self, inputs: Sequence[bytes], iterations: int, warmups: int) -> Iterator[Window]:
        """Open the port once more, and download and infer each input."""
        board = self.open()
        try:
            for data in inputs:
                download(board, data)
                yield infer(board, iterations, warmups)
        finally:
            board.port.close()


def download(board: Board, data: bytes) -> None:
    """Load an input in chunks of 31 bytes, an answer awaited after each."""
    assert board.command(f"db load {len(data)}") == [f"m-[Expecting {len(data)} bytes]"]
    answers = [
        board.command("db " + data[at : at + CHUNK].hex()) for at in range(0, len(data), CHUNK)
    ]
    assert answers == [[]] * (len(answers) - 1) + [["m-load-done"]]


def infer(board: Board, iterations: int, warmups: int) -> Window:
    """The two laps, and results that can be divided by their sum."""
    lines = board.command(f"infer {iterations} {warmups}")
    start, end = (int(match[1]) for line in lines if (match := LAP.match(line)))
    (text,) = (match[1] for line in lines if (match := RESULTS.match(line)))
    results = [float(word) for word in text.split(",") if word]
    assert min(results) >= 0
    assert sum(results) > 0
    return Window(results, start, end, lines)
