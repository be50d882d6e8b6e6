"""The content of the flash, in a file where it shall outlive the process."""

from __future__ import annotations

import mmap
from pathlib import Path

from harness.machine.virtual_h743.memory_map import FLASH_BYTES

_ERASED = b"\xff"


class FlashImage:
    """A mirror of the array that is written with it; without a file it is forgotten.

    Raises:
        OSError: the file cannot be made or has another size.
    """

    def __init__(self, file: Path | None) -> None:
        self._map: mmap.mmap | None = None
        self.content = _ERASED * FLASH_BYTES
        if file is None:
            return
        if not file.exists() or file.stat().st_size == 0:
            file.write_bytes(self.content)
        if file.stat().st_size != FLASH_BYTES:
            raise OSError(f"{file} has {file.stat().st_size:,} bytes, the flash {FLASH_BYTES:,}")
        with file.open("r+b") as opened:
            self._map = mmap.mmap(opened.fileno(), FLASH_BYTES)
        self.content = bytes(self._map)

    def store(self, offset: int, data: bytes) -> None:
        """Keep what was programmed or erased."""
        if self._map is not None:
            self._map[offset : offset + len(data)] = data
