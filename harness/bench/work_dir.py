"""A folder for what a case writes while it runs."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.errors import RigError


@contextmanager
def work_dir() -> Iterator[Path]:
    """A folder for the logs of one case; kept where a RigError names files in it.

    Raises:
        RigError: it cannot be made.
    """
    try:
        folder = Path(tempfile.mkdtemp(prefix="harness-"))
    except OSError as error:
        raise RigError(
            f"no folder for logs can be made: {error.strerror}",
            where=tempfile.gettempdir(),
            hint="Free some space there, or set TMPDIR to another folder.",
        ) from error
    keep = False
    try:
        yield folder
    except RigError:
        keep = True
        raise
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
