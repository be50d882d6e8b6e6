"""The OpenMV H7's virtual twin with faults, and the content of its flash as a file."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from harness import catalog
from harness.domain.target import Target
from harness.machine import virtual_h743

FLASH = 0x0800_0000
FLASH_BYTES = 0x20_0000
SECTOR = 0x2_0000

needs_unicorn = pytest.mark.skipif(
    importlib.util.find_spec("unicorn") is None, reason="unicorn is not installed"
)


class VirtualBoard:
    """One chip's flash, which outlives the sessions with it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "flash.bin"
        self._file.write_bytes(b"\xff" * FLASH_BYTES)
        self._starts = 0

    @property
    def target(self) -> Target:
        return catalog.target("openmv-h7")

    @contextmanager
    def powered(self, *faults: str) -> Iterator[str]:
        """Give it power; yields its probe."""
        self._starts += 1
        options = {"flash_image": str(self._file), "faults": ",".join(faults)}
        target = replace(self.target, machine_options=options)
        with virtual_h743.start(target, work_dir=self._folder / str(self._starts)) as at:
            yield at.probe_uid

    def flash(self, address: int, length: int) -> bytes:
        """What is in its flash, read past all that is tested."""
        return self._file.read_bytes()[address - FLASH :][:length]
