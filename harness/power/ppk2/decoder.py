"""A PPK2's byte stream to samples: the counter tells what was lost and where words begin."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.domain.power import Invalid, Reason, SampleBlock, SampleFlag
from harness.power.ppk2.calibration import TABLE_BITS, Calibration, sample_flags
from harness.power.ppk2.spike_filter import SpikeFilter

COUNTS = 64
LOOK_AHEAD = 16  # words that show after a break what kind of break it is
MOST_RESYNCS = 3
AMBIGUOUS = "samples were lost: the 6-bit counter cannot tell n lost from n + 64, n + 128, ..."

Words = NDArray[np.uint32]


class Ppk2Decoder:
    """Turns bytes, in pieces of any length, into blocks of samples.

    A word is a little-endian uint32: ADC 13..0, range 16..14, counter 23..18, D7..D0 31..24. Lost
    words leave NaN in their place; a loss of a multiple of 64 words cannot be seen here.
    """

    def __init__(self, calibration: Calibration, vdd_v: float, *, smooth: bool = False) -> None:
        self._currents = calibration.currents(vdd_v)
        self._flags = sample_flags()
        self._filter = SpikeFilter() if smooth else None
        self._rest = b""
        self._index = 0
        self._expected: int | None = None
        self.resyncs = 0
        self.lost = 0

    def feed(self, data: bytes, *, last: bool = False) -> SampleBlock | None:
        """Decode what is complete; `last` says that nothing will follow."""
        self._rest += data
        pieces: list[Words] = []
        gaps: list[tuple[int, int]] = []  # after how many words, how many are missing
        done = 0
        while (words := self._words()).size:
            good, missing = self._continuous(words, last=last)
            if good:
                pieces.append(words[:good])
                done += good
                self._rest = self._rest[4 * good :]
            if missing is None:
                break
            if missing:
                gaps.append((done, missing))
        return self._block(pieces, gaps) if pieces or gaps else None

    def _words(self) -> Words:
        return np.frombuffer(self._rest, "<u4", len(self._rest) // 4)

    def _continuous(self, words: Words, *, last: bool) -> tuple[int, int | None]:
        """How many words belong to the stream, and how many are missing after them.

        None instead of a number: nothing more can be said before more bytes come.
        """
        counters = ((words >> 18) & (COUNTS - 1)).astype(np.uint8)
        expected = int(counters[0]) if self._expected is None else self._expected
        if counters[0] != expected:
            good = 0
        else:
            broken = np.flatnonzero((counters[1:] - counters[:-1]) & (COUNTS - 1) != 1)
            good = int(broken[0]) + 1 if len(broken) else len(words)
        after = counters[good : good + LOOK_AHEAD]
        if len(after) < LOOK_AHEAD and not (last and len(after)):
            # The newest word is held back: should bytes be missing behind it, it is suspect.
            kept = good if last else max(0, good - 1)
            self._expected = (expected + kept) % COUNTS
            return kept, None
        self._expected = (expected + good) % COUNTS
        missing, slipped = self._break(after, 4 * good)
        if slipped and good:
            good, missing = good - 1, missing + 1
            self._rest = self._rest[: 4 * good] + self._rest[4 * good + 4 :]
        return good, missing

    def _break(self, after: NDArray[np.uint8], at: int) -> tuple[int, bool]:
        """Tell the kind of break at byte `at`: lost words, one damaged word, or lost bytes.

        Returns how many words are missing, and whether bytes slipped: then the word before, put
        together of two, may have had the right counter by chance.
        """
        assert self._expected is not None
        rising = np.diff(after) & (COUNTS - 1) == 1
        if rising.all():
            missing = (int(after[0]) - self._expected) % COUNTS
            self._expected = int(after[0])
            return missing, False
        shift, counter = self._best_shift(at)
        self.resyncs += 1
        # `feed` drops the good words before `at` next; here only the bytes between go.
        self._rest = self._rest[:at] + self._rest[at + shift :]
        missing = (counter - self._expected) % COUNTS
        self._expected = counter
        return missing, shift % 4 != 0

    def _best_shift(self, at: int) -> tuple[int, int]:
        """How many bytes to skip for words to count up again, and the counter found there."""
        for shift in range(1, 4 * LOOK_AHEAD):
            tail = self._rest[at + shift : at + shift + 4 * LOOK_AHEAD]
            words = np.frombuffer(tail, "<u4", len(tail) // 4)
            counters = ((words >> 18) & (COUNTS - 1)).astype(np.uint8)
            if len(counters) >= 3 and (np.diff(counters) & (COUNTS - 1) == 1).all():
                return shift, int(counters[0])
        skipped = min(4 * LOOK_AHEAD, len(self._rest) - at)
        assert self._expected is not None
        return skipped, (self._expected + skipped // 4) % COUNTS

    def _block(self, pieces: list[Words], gaps: list[tuple[int, int]]) -> SampleBlock:
        words = np.concatenate(pieces) if pieces else np.empty(0, np.uint32)
        low = words & ((1 << TABLE_BITS) - 1)
        current = self._currents[low]
        flags = self._flags[low]
        ranges = ((words >> 14) & 7).astype(np.uint8)
        logic = (words >> 24).astype(np.uint8)
        if gaps:
            where = np.repeat([at for at, _ in gaps], [count for _, count in gaps])
            current = np.insert(current, where, np.float32(np.nan))
            flags = np.insert(flags, where, SampleFlag.LOST)
            # A pin keeps its level as far as anyone knows; the flag says that nobody looked.
            previous = np.maximum(where - 1, 0)
            logic = np.insert(logic, where, logic[previous] if len(logic) else 0)
            ranges = np.insert(ranges, where, ranges[previous] if len(ranges) else 0)
            self.lost += len(where)
        flags[np.isnan(current)] |= SampleFlag.LOST
        if self._filter is not None:
            current = self._filter(current, ranges, flags)
        block = SampleBlock(
            self._index,
            current,
            flags,
            logic,
            faults=self._faults(),
            warnings=(AMBIGUOUS,) if gaps else (),
        )
        self._index += len(current)
        return block

    def _faults(self) -> tuple[Invalid, ...]:
        if self.resyncs <= MOST_RESYNCS:
            return ()
        return (
            Invalid(
                Reason.DESYNC,
                f"the stream lost its framing {self.resyncs} times, more than {MOST_RESYNCS}",
                "Connect the meter without a hub, and with another cable.",
            ),
        )
