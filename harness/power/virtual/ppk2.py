"""A virtual PPK2: commands, metadata and 100,000 sample words a second, with faults on demand."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

from harness.power.virtual.faults import Faults
from harness.power.virtual.waveform import GATE_BIT, Waveform

RATE_HZ = 100_000
_STEP_V = 1.8 / 163840
# Below these currents the kit stays in range 0 to 3.
_SWITCH_A = np.array([50e-6, 500e-6, 5e-3, 60e-3])
_IN_FLIGHT_S = 0.002
_LENGTHS = {0x0D: 3, 0x0C: 2, 0x11: 2, 0x25: 6, 0x15: 1, 0x16: 1}

CONSTANTS: dict[str, tuple[float, ...]] = {
    "R": (1004.2309, 102.25026, 10.408151, 0.977226, 0.0447),
    "GS": (0.0, 14.7, 0.0, 0.3, 0.05),
    "GI": (1.0, 0.9862, 1.0137, 0.9921, 1.0018),
    "O": (152.6, 151.2, 118.4, 95.1, 88.8),
    "S": (0.0, 1.1e-8, 2.4e-7, 1.6e-6, 3.0e-5),
    "I": (-9e-8, -1.2e-7, -5.0e-7, 2.1e-5, -1.4e-4),
    "UG": (1.0, 1.0, 1.0, 1.0, 1.0),
}


class VirtualPpk2:
    """The device behind the wire. `log` keeps the command bytes for tests."""

    def __init__(self, waveform: Waveform, faults: Faults | None = None, seed: int = 1) -> None:
        self.waveform = waveform
        self.faults = faults or Faults()
        self.streaming = self.faults.left_streaming
        self.unplugged = False
        self.output_on = False
        self.vdd_mv = 3000
        self.log: list[bytes] = []
        self._random = np.random.default_rng(seed)
        self._sent = 0
        self._began_s = 0.0
        self._partial = b""

    @property
    def position_s(self) -> float:
        """How far the stream is."""
        return self._sent / RATE_HZ

    @property
    def due_s(self) -> float:
        """How far the stream can be: up to where the board has said what it does."""
        return self.waveform.known_until_s() - self._began_s

    @property
    def waits(self) -> bool:
        """Whether there is no more to send before the board says what it does next."""
        return self.due_s * RATE_HZ < self._sent + 1

    def receive(self, data: bytes) -> bytes:
        """Take commands, which may come in pieces."""
        self._partial += data
        answer = b""
        while self._partial:
            length = _LENGTHS.get(self._partial[0], 1)
            if len(self._partial) < length:
                break
            command, self._partial = self._partial[:length], self._partial[length:]
            self.log.append(command)
            answer += self._obey(command)
        return answer

    def _obey(self, command: bytes) -> bytes:
        opcode = command[0]
        if self.faults.identity is not None:  # another device, which knows no such commands
            return self.faults.identity.encode()
        if opcode == 0x19:
            return self._metadata()
        if opcode == 0x0D:
            self.vdd_mv = struct.unpack(">H", command[1:])[0]
        elif opcode == 0x0C:
            self.output_on = bool(command[1])
        elif opcode == 0x06:
            self.streaming = True
            self._sent = 0
            self._began_s = self.waveform.began_s()
        elif opcode == 0x07:
            return self._stop()
        return b""

    def _stop(self) -> bytes:
        """End the stream; what was on its way still comes."""
        was, self.streaming = self.streaming, False
        return self.samples(self.position_s + _IN_FLIGHT_S) if was else b""

    def _metadata(self) -> bytes:
        lines = {"Calibrated": "0"}
        for key, values in CONSTANTS.items():
            lines |= {f"{key}{n}": f"{value:.20f}" for n, value in enumerate(values)}
        lines |= {"VDD": str(self.vdd_mv), "HW": "9173", "mode": "2", "IA": "56"}
        for key, value in self.faults.metadata:
            lines.pop(key, None)
            if value is not None:
                lines[key] = value
        return ("".join(f"{k}: {v}\n" for k, v in lines.items()) + "END\n").encode()

    def samples(self, until_s: float) -> bytes:
        """The words from where the stream is to `until_s`, at most 0.1 s of them."""
        faults = self.faults
        until_s = min(until_s, self.due_s)
        first, end = self._sent, min(int(until_s * RATE_HZ), self._sent + RATE_HZ // 10)
        if faults.silent_after is not None:
            end = min(end, faults.silent_after)
        if faults.unplug_after is not None and end >= faults.unplug_after:
            self.unplugged = True
            return b""
        if end <= first:
            return b""
        numbers = np.arange(first, end)
        self._sent = end
        words = self._words(numbers)
        if not (faults.drop or faults.drop_bytes):
            return words.tobytes()
        keep = np.ones(len(words), bool)
        for start, count in faults.drop:
            keep &= ~((numbers >= start) & (numbers < start + count))
        pieces = [word.tobytes() for word in words[keep]]
        for at, count in faults.drop_bytes:
            if first <= at < end:
                pieces[at - first] = pieces[at - first][count:]
        return b"".join(pieces)

    def _words(self, numbers: NDArray[np.int64]) -> NDArray[np.uint32]:
        t = numbers / RATE_HZ * (1 + self.faults.clock_drift) + self._began_s
        current = self.waveform.current_a(t) if self.output_on else np.zeros(len(t))
        ranges = np.searchsorted(_SWITCH_A, current, side="right")
        adc = self._adc(current, ranges)
        for start, count in self.faults.overrange:
            adc[(numbers >= start) & (numbers < start + count)] = 0x3FFF
        logic = self.waveform.logic(t).astype(np.uint32)
        if self.faults.stuck_gate is not None:
            bit = 1 << GATE_BIT
            logic = (logic & ~np.uint32(bit)) | np.uint32(bit if self.faults.stuck_gate else 0)
        counter = (numbers & 63).astype(np.uint32)
        word = adc.astype(np.uint32) | ranges.astype(np.uint32) << 14
        return (word | counter << 18 | logic << 24).astype("<u4")

    def _adc(self, current: NDArray[np.float64], ranges: NDArray[np.int64]) -> NDArray[np.float64]:
        """The ADC value, rounded at random: the noise of a real input makes it unbiased."""
        r, gs, gi, o, s, i, ug = (np.array(CONSTANTS[k])[ranges] for k in CONSTANTS)
        c = current / ug - s * self.vdd_mv / 1000 - i
        root = np.sqrt(np.maximum(gi * gi + 4 * gs * c, 0))
        x = np.where(gs > 0, 2 * c / (gi + root), c / gi)
        adc = (x * r / _STEP_V + o) / 4
        result: NDArray[np.float64] = np.clip(
            np.floor(adc + self._random.random(len(adc))), 0, 0x3FFE
        )
        return result
