"""A virtual PowerShield: answers commands, and streams text or binary, with faults on demand."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from harness.power.virtual.faults import Faults
from harness.power.virtual.waveform import GATE_BIT, Times, Waveform

_PROMPT = b"PowerShield > "
_MILLIVOLTS = re.compile(r"(\d+)m")
_FREQUENCY = re.compile(r"(\d+)(k?)")
_STAMP_EVERY = 1000
_IN_FLIGHT_S = 0.002
_LOOK_S = 60.0
_INPUT_HZ = 100_000
_SIMPLE = {
    *("htc", "hrc", "acqtime", "acqmode", "funcmode", "trigdelay", "pwr", "pwrend", "status"),
    *("calib", "lcd", "targrst", "currthres", "temp", "range", "power_monitor"),
}


class VirtualPowerShield:
    """The device behind the wire. `log` keeps the commands for tests."""

    def __init__(
        self,
        waveform: Waveform,
        faults: Faults | None = None,
        *,
        seed: int = 1,
        identity: str = "powershield",
    ) -> None:
        self.waveform = waveform
        self.faults = faults or Faults()
        self.streaming = self.faults.left_streaming
        self.unplugged = False
        self.output_on = True
        self.rate_hz = 1000
        self.log: list[str] = []
        self._identity = self.faults.identity or identity
        self._binary = self._energy = False
        self._volts = 3.3
        self._events = ""
        self._trigger = "sw"
        self._random = np.random.default_rng(seed)
        self._sent = 0
        self._event = 0
        self._gate = False
        self._began_s: float | None = 0.0
        self._line = b""

    @property
    def position_s(self) -> float:
        """How far the stream is."""
        return self._sent / self.rate_hz

    @property
    def due_s(self) -> float:
        """How far the stream can be: up to where the board has said what it does."""
        if self._began_s is None:
            self._began_s = self._first_rise()
        return 0.0 if self._began_s is None else self.waveform.known_until_s() - self._began_s

    @property
    def waits(self) -> bool:
        """Whether there is no more to send before the board says what it does next."""
        return self.due_s * self.rate_hz < self._sent + 1

    def receive(self, data: bytes) -> bytes:
        """Take commands; a line may come in pieces."""
        *lines, self._line = (self._line + data).split(b"\n")
        return b"".join(self._obey(line.decode("ascii", "replace").strip()) for line in lines)

    def _obey(self, line: str) -> bytes:
        self.log.append(line)
        name, _, argument = line.partition(" ")
        if self._identity == "silent":
            return b""
        if name in self.faults.refuse or line in self.faults.refuse:
            return _PROMPT + f"error {name}\r\nError detail: not possible now\r\n".encode()
        answer = self._carry_out(name, argument)
        if answer is None:
            return _PROMPT + b"error Command unknown\r\n"
        return answer

    def _carry_out(self, name: str, argument: str) -> bytes | None:
        if name == "powershield":
            return self._ack(f"{self._identity} 540619864-1110659081-4784204")
        if name == "version":
            return self._ack("version: 1.0.6")
        if name == "start":
            return self._start()
        if name == "stop":
            return self._stop()
        return self._set(name, argument)

    def _stop(self) -> bytes:
        """End the stream; what was on its way still comes."""
        if not self.streaming:
            return b""
        rest = self.samples(self.position_s + _IN_FLIGHT_S)
        self.streaming = False
        end = b"\xf0\xf4\xff\xff" if self._binary else b"end\r\n"
        return rest + end + _PROMPT + b"Acquisition completed\r\n"

    def _set(self, name: str, argument: str) -> bytes | None:
        if name == "volt" and (match := _MILLIVOLTS.search(argument)):
            self._volts = int(match[1]) / 1000
            extra = b"PowerShield > calibration request handled\r\n"
            return extra + self._ack(f"volt {argument}")
        if name == "freq" and (frequency := _FREQUENCY.fullmatch(argument)):
            self.rate_hz = int(frequency[1]) * (1000 if frequency[2] else 1)
        elif name == "format":
            if argument not in {"ascii_dec", "bin_hexa"}:
                return None
            self._binary = argument == "bin_hexa"
        elif name == "output":
            self._energy = argument == "energy"
        elif name == "eventsrc":
            self._events = argument.split()[-1]
        elif name == "trigsrc":
            self._trigger = argument
        elif name == "pwr" and argument.split()[0] in {"on", "off"}:
            self.output_on = argument.startswith("on")
        elif name not in _SIMPLE:
            return None
        return self._ack(f"{name} {argument}".strip())

    def _ack(self, text: str) -> bytes:
        return _PROMPT + f"ack {text}\r\n".encode()

    def _start(self) -> bytes:
        self.streaming = True
        self._sent = self._event = 0
        self._gate = False
        self._asked_s = self.waveform.began_s()
        self._began_s = self._asked_s if self._trigger == "sw" else None
        return self._ack("start") + (_binary_stamp(0, 0) if self._binary else b"")

    def _first_rise(self) -> float | None:
        """When the trigger came, as far as anything is known."""
        until = min(self.waveform.known_until_s(), self._asked_s + _LOOK_S)
        t = np.arange(self._asked_s, until, 1e-4)
        high = np.flatnonzero(self.waveform.logic(t) & (1 << GATE_BIT))
        return float(t[high[0]]) if len(high) else None

    def samples(self, until_s: float) -> bytes:
        """The stream from where it is to `until_s`, at most 0.1 s of it."""
        until_s = min(until_s, self.due_s)
        most = max(1, self.rate_hz // 10)
        first, end = self._sent, min(int(until_s * self.rate_hz), self._sent + most)
        if self.faults.silent_after is not None:
            end = min(end, self.faults.silent_after)
        if self.faults.unplug_after is not None and end >= self.faults.unplug_after:
            self.unplugged = True
            return b""
        if end <= first:
            return b""
        self._sent = end
        numbers = np.arange(first, end)
        t = self._board_time(numbers)
        current = self.waveform.current_a(t) if self.output_on else np.zeros(len(t))
        return self._assemble(numbers, self._encode(current), self._edges(first, end))

    def _board_time(self, numbers: NDArray[np.floating] | NDArray[np.int64]) -> Times:
        assert self._began_s is not None
        return numbers / self.rate_hz * (1 + self.faults.clock_drift) + self._began_s

    def _edges(self, first: int, end: int) -> list[int]:
        """Edges of the wanted kind before each sample; its input sees pulses between samples."""
        if self._events not in {"fal", "ris"} or self._binary:
            return [0] * (end - first)
        parts = max(1, _INPUT_HZ // self.rate_hz)
        moments = np.arange((first - 1) * parts + 1, (end - 1) * parts + 1) / parts
        gate = ((self.waveform.logic(self._board_time(moments)) >> GATE_BIT) & 1).astype(np.int8)
        if self.faults.stuck_gate is not None:
            gate[:] = self.faults.stuck_gate
        steps = np.diff(np.concatenate(([np.int8(self._gate)], gate)))
        self._gate = bool(gate[-1])
        wanted = steps == (-1 if self._events == "fal" else 1)
        return [int(n) for n in wanted.reshape(end - first, parts).sum(axis=1)]

    def _assemble(
        self, numbers: NDArray[np.int64], encoded: list[bytes], edges: list[int]
    ) -> bytes:
        faults = self.faults
        dropped = {n for start, count in faults.drop for n in range(start, start + count)}
        cut = dict(faults.drop_bytes)
        out: list[bytes] = []
        for number, word, count in zip(numbers.tolist(), encoded, edges, strict=True):
            if number and number % _STAMP_EVERY == 0:
                out.append(self._stamp(number * 1000 // self.rate_hz))
            for _ in range(count):
                out.append(f"event {self._event:02d} ris\r\n".encode())
                self._event += 1
            if number == faults.overcurrent_at:
                out.append(b"\xf0\xf5\xff\xff" if self._binary else b"Overcurrent\r\n")
                self.streaming = False
                break
            if number not in dropped:
                out.append(word[cut.get(number, 0) :])
        return b"".join(out)

    def _encode(self, current: NDArray[np.float64]) -> list[bytes]:
        if self._binary:
            words = _binary_words(current, self._random).astype(">u2").tobytes()
            return [words[at : at + 2] for at in range(0, len(words), 2)]
        if self._energy:
            current = current * self._volts / self.rate_hz
        return [_ascii(value) for value in current.tolist()]

    def _stamp(self, ms: int) -> bytes:
        percent = self.faults.buffer_percent
        if self._binary:
            return _binary_stamp(ms, percent)
        text = f"\r\nTimeStamp: {ms // 1000:03d}s {ms % 1000:03d}ms, buff {percent:02d}%\r\n\0"
        return text.encode()


def _binary_stamp(ms: int, percent: int) -> bytes:
    return b"\xf0\xf3" + ms.to_bytes(4, "big") + bytes([percent]) + b"\xff\xff"


def _binary_words(current: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.uint16]:
    """Mantissa x 16^-exponent, rounded at random: the noise of a real input makes it unbiased."""
    safe = np.maximum(current, 16.0**-14)
    exponent = np.clip(np.floor(3 - np.log(safe) / np.log(16)), 0, 14)
    mantissa = np.floor(current * 16.0**exponent + random.random(len(current)))
    over = mantissa > 0xFFF
    exponent[over] -= 1
    mantissa[over] = np.floor(mantissa[over] / 16)
    return np.asarray(exponent * 4096 + mantissa, np.uint16)


def _ascii(value: float) -> bytes:
    if value <= 0:
        return b"0000-09\r\n"
    digits, _, exponent = f"{value:.3e}".partition("e")
    power = int(exponent) - 3
    return f"{digits.replace('.', '')}{'+' if power >= 0 else '-'}{abs(power):02d}\r\n".encode()
