"""What was programmed and compared, in order, and what a difference found later says of that."""

from __future__ import annotations

from harness.errors import VerifyFailed
from harness.probe.elf_segments import Segment

_ERASED = 0xFF


class FlashHistory:
    """Remembers for one session which bytes are proved, and what came after which."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._proved: list[Segment] = []
        self._order: list[tuple[int, int]] = []

    def note_held(self, segments: list[Segment]) -> None:
        """Note that memory was read and equals `segments`."""
        self._proved += segments
        self._order += [(segment.address, len(segment.data)) for segment in segments]

    def note_programmed(self, segments: list[Segment]) -> None:
        """Note that `segments` are programmed now: what was proved before, no more is."""
        self._proved.clear()
        self._order += [(segment.address, len(segment.data)) for segment in segments]

    def forget_proofs(self) -> None:
        """Note that firmware runs, which may write where it likes."""
        self._proved.clear()

    def proves(self, segment: Segment) -> bool:
        """Tell whether `segment` was read, with nothing programmed or run since."""
        return segment in self._proved

    def difference(self, segment: Segment, found: bytes) -> VerifyFailed:
        """Return the error for memory that holds `found` where `segment` should be."""
        pairs = enumerate(zip(segment.data, found, strict=True))
        different = [n for n, (want, got) in pairs if want != got]
        first = different[0]
        at = segment.address + first
        text = (
            f"{at:#010x} holds {found[first]:#04x} and should hold "
            f"{segment.data[first]:#04x}; {len(different):,} of {len(found):,} bytes "
            f"from {segment.address:#010x} differ"
        )
        hint = "Program the board again; if it fails again, check its power and the memory map."
        culprit = self._came_after(at)
        if len(different) > 1 and all(found[n] == _ERASED for n in different):
            text += ", all erased"
            hint = "Check the board's power and the write protection in its option bytes."
            if culprit:
                address, length = culprit
                text += f": programming {length:,} bytes at {address:#010x} afterwards "
                text += "reached too far"
                hint = "Leave a whole flash sector unused behind each region of [memory]."
        return VerifyFailed(text, where=self._where, hint=hint)

    def _came_after(self, address: int) -> tuple[int, int] | None:
        """Return what was programmed last, if `address` was programmed or compared before it."""
        holding = [
            n for n, (start, length) in enumerate(self._order) if 0 <= address - start < length
        ]
        if not holding or holding[-1] == len(self._order) - 1:
            return None
        return self._order[-1]
