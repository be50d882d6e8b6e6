"""What takes long to make is made once in a session, not once by each of its worker processes."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.build.cache import publish, workshop


def session_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The temporary folder of this session, the same one in all of its worker processes."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def made_once(entry: Path, make: Callable[[Path], object]) -> Path:
    """The folder `entry`; `make` fills it where it is missing, while other processes wait."""
    if not entry.exists():
        with workshop(entry) as making:
            if not entry.exists():
                make(making)
                publish(making, entry)
    return entry
