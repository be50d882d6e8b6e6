"""Sizes of the firmware of every real board, as the table in firmware/README.md."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from harness import catalog
from harness.build import build_firmware
from harness.domain.units import Fidelity


def main() -> None:
    """Build what is not built yet, and print the rows."""
    cache_dir = Path(os.environ.get("HARNESS_CACHE", "~/.cache/harness")).expanduser()
    for name, board in catalog.targets().items():
        if board.fidelity is not Fidelity.SILICON:
            continue
        for kernel_set in ("reference", "cmsis-nn"):
            firmware = build_firmware(
                board,
                catalog.kernel_set(kernel_set),
                catalog.build_variant("O2"),
                cache_dir=cache_dir,
                firmware_root=catalog.firmware_root(),
                port_directory=catalog.port_directory(board.port),
            )
            flash, ram = firmware.flash_bytes, firmware.ram_bytes
            sys.stdout.write(
                f"| `{name}` | {kernel_set} | {flash:,} of {board.memory.code.length:,} "
                f"| {ram:,} of {board.memory.ram.length:,} |\n"
            )


if __name__ == "__main__":
    main()
