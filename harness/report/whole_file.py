"""Files that are there whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path


def try_folder(folder: Path) -> None:
    """Make `folder` where missing, and write something there that does not stay.

    Raises:
        OSError: it cannot be made, or nothing can be written there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tempfile.TemporaryFile(dir=folder).close()


def write_whole(path: Path, text: str) -> None:
    """Write `text` beside `path`, then put it in its place; make the folder where missing.

    What stood there before stays until then, and after a failure.

    Raises:
        OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")  # not mkstemp: the umask decides who reads
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink()
        raise
