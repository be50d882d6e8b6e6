"""What kernels said they need as scratch, remembered per firmware and model."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path


class ScratchMemo:
    """One answer of a firmware (by build id) about a model (by sha256 of its source).

    Only a memo: the device is asked every time, and a wrong or lost entry costs one more load.
    """

    def __init__(self, cache_dir: Path, build_id: str, source_sha256: str) -> None:
        self._path = cache_dir / "scratch" / f"{build_id[:16]}-{source_sha256[:16]}.json"

    def recall(self, operators: int) -> tuple[int, ...] | None:
        """Bytes for each of `operators` as last heard, or None."""
        try:
            found = json.loads(self._path.read_text())
        except (OSError, ValueError):
            return None
        if not isinstance(found, list) or len(found) != operators:
            return None
        return tuple(found) if all(isinstance(n, int) and n >= 0 for n in found) else None

    def keep(self, scratch: Sequence[int]) -> None:
        """Remember `scratch`; a cache that cannot be written is no reason to stop."""
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._path.parent)
            with os.fdopen(handle, "w") as file:
                json.dump(list(scratch), file)
            Path(name).replace(self._path)


def known_scratch(cache_dir: Path, source_sha256: str, operators: int) -> tuple[int, ...] | None:
    """The most that each operator of a model asked for in runs so far, whatever the firmware."""
    found = [
        memo
        for path in (cache_dir / "scratch").glob(f"*-{source_sha256[:16]}.json")
        if (
            memo := ScratchMemo(cache_dir, path.name.partition("-")[0], source_sha256).recall(
                operators
            )
        )
    ]
    return tuple(map(max, zip(*found, strict=True))) if found else None
