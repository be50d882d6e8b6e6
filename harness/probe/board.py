"""A board in a session of pyOCD: programmed where it differs, read back, and run."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.errors import FlashFailed
from harness.probe.elf_segments import Segment, read_segments
from harness.probe.flash_history import FlashHistory
from harness.probe.pyocd_errors import mapped

Progress = Callable[[str, float], None]
"""Called with a phase (`compare`, `program`, `write`, `verify`) and the fraction done, 0 to 1."""

_BLOCK = 16 * 1024


class Board:
    """A board whose core was halted when it was opened.

    Every method raises ProbeNotFound when the probe is lost, and FlashFailed when pyOCD fails
    otherwise or `deadline_s` has passed; `where` names the probe.
    """

    def __init__(
        self, session: Any, probe_uid: str, *, deadline_s: float, on_progress: Progress | None
    ) -> None:
        import pyocd  # type: ignore[import-untyped]

        self.pyocd_version: str = pyocd.__version__
        self._session = session
        self._target = session.target
        self._uid = probe_uid
        self._deadline_s = deadline_s
        self._on_progress = on_progress
        self._history = FlashHistory(f"probe {probe_uid}")
        self._at_reset = False

    def program(self, elf: Path) -> None:
        """Program every loadable segment of `elf`, unless the flash holds them already.

        pyOCD does not compare what it wrote: call `verify_elf` after all that is to be programmed.

        Raises:
            FlashFailed: also for a damaged ELF, or data where the target has no memory.
        """
        segments = read_segments(elf)
        for segment in segments:
            self._require_memory(segment.address, len(segment.data), where=str(elf))
        self._load(segments, "program", f"programming {elf.name}")

    def write(self, address: int, data: bytes) -> None:
        """Write bytes to RAM, or through its flash algorithm to flash that holds others.

        Raises:
            FlashFailed: also when the target has no memory there.
        """
        self._require_memory(address, len(data), where=f"probe {self._uid}")
        action = f"writing {len(data):,} bytes at {address:#010x}"
        self._load([Segment(address, data)], "write", action)

    def read(self, address: int, length: int) -> bytes:
        """Read bytes from memory."""
        return self._read(address, length, self._step("read"))

    def verify_elf(self, elf: Path) -> None:
        """Read every loadable segment back and compare it with `elf`.

        Raises:
            VerifyFailed: names the first address that differs, both bytes, and how many differ.
        """
        for segment in read_segments(elf):
            self.verify(segment.address, segment.data)

    def verify(self, address: int, data: bytes) -> None:
        """Read back and compare; not again what was compared after all that was programmed.

        Raises:
            VerifyFailed: as for `verify_elf`.
        """
        step = self._step("verify")
        if self._history.proves(Segment(address, data)):
            step(1.0)
            return
        found = self._read(address, len(data), step)
        if found != data:
            raise self._history.difference(Segment(address, data), found)

    def reset_and_run(self) -> None:
        """Reset the board; the core runs from its reset vector.

        Raises:
            FlashFailed: also when there is nothing there to run.
        """
        self._runs()
        with mapped("resetting the board", self._uid):
            self._target.reset()
            if self._target.get_state().name == "LOCKUP":
                raise FlashFailed(
                    "the core locked up at its first instruction",
                    where=f"probe {self._uid}",
                    hint="Program a firmware whose vector table is where the core looks for it.",
                )

    def halt(self) -> None:
        """Stop the core."""
        with mapped("halting the core", self._uid):
            self._target.halt()

    def resume(self) -> None:
        """Let the core run on."""
        self._runs()
        with mapped("resuming the core", self._uid):
            self._target.resume()

    def _runs(self) -> None:
        self._at_reset = False
        self._history.forget_proofs()

    def _load(self, segments: list[Segment], phase: str, action: str) -> None:
        from pyocd.flash.loader import MemoryLoader  # type: ignore[import-untyped]

        step = self._step(phase)
        with mapped(action, self._uid):
            self._target.halt()
            in_flash = [segment for segment in segments if self._is_flash(segment.address)]
            if in_flash and self._holds(in_flash):
                self._history.note_held(in_flash)
                segments = [segment for segment in segments if segment not in in_flash]
            if segments:
                self._history.note_programmed(segments)
                # smart_flash would skip what it believes to be there already, wrongly on some
                # parts; a whole chip erased, or old content kept, are the next surprises.
                loader = MemoryLoader(
                    self._session,
                    progress=step,
                    smart_flash=False,
                    chip_erase="sector",
                    keep_unwritten=False,
                )
                for segment in segments:
                    loader.add_data(segment.address, segment.data)
                loader.commit()
        step(1.0)

    def _holds(self, segments: list[Segment]) -> bool:
        """Tell whether flash has these bytes; one that cannot even be read has not.

        The core waits at its reset vector meanwhile: no cache of a firmware is in between, and
        none of its interrupts reaches the flash algorithm afterwards.
        """
        from pyocd.core.exceptions import TransferFaultError  # type: ignore[import-untyped]

        if not self._at_reset:
            self._target.reset_and_halt()
            self._at_reset = True
        step = self._step("compare")
        total, done = sum(len(segment.data) for segment in segments), 0
        for segment in segments:
            for start in range(0, len(segment.data), _BLOCK):
                block = segment.data[start : start + _BLOCK]
                try:
                    if self._read_block(segment.address + start, len(block)) != block:
                        return False
                except TransferFaultError:  # a word that was being erased when power went away
                    return False
                done += len(block)
                step(done / total)
        return True

    def _is_flash(self, address: int) -> bool:
        return bool(self._target.memory_map.get_region_for_address(address).is_flash)

    def _read(self, address: int, length: int, step: Callable[[float], None]) -> bytes:
        out = bytearray()
        with mapped(f"reading {length:,} bytes at {address:#010x}", self._uid):
            while len(out) < length:
                count = min(_BLOCK, length - len(out))
                out += self._read_block(address + len(out), count)
                step(len(out) / length)
        return bytes(out)

    def _read_block(self, address: int, count: int) -> bytes:
        if address % 4 or count % 4:
            return bytes(self._target.read_memory_block8(address, count))
        # Words go through fewer lists of integers: half the time of a verify.
        return struct.pack(
            f"<{count // 4}I", *self._target.read_memory_block32(address, count // 4)
        )

    def _require_memory(self, address: int, length: int, *, where: str) -> None:
        """Refuse data outside the memory that the target can be programmed in."""
        at = address
        while at < address + length:
            region = self._target.memory_map.get_region_for_address(at)
            if region is None or not (region.is_flash or region.is_writable) or region.is_device:
                raise FlashFailed(
                    f"{length:,} bytes at {address:#010x} do not fit: target "
                    f"{self._session.board.target_type} has no memory at {at:#010x}",
                    where=where,
                    hint="Correct the memory regions or the pyocd_target of the target.",
                )
            at = region.end + 1

    def _step(self, phase: str) -> Callable[[float], None]:
        """Return a progress callback that also holds the deadline of one operation."""
        deadline = time.monotonic() + self._deadline_s

        def step(fraction: float) -> None:
            if time.monotonic() > deadline:
                raise FlashFailed(
                    f"{phase} took longer than {self._deadline_s:g} s, {fraction:.0%} done",
                    where=f"probe {self._uid}",
                    hint="Give it more time, or check the probe's connection and clock.",
                )
            if self._on_progress:
                self._on_progress(phase, fraction)

        return step
