"""Where the harness keeps what it can make again."""

from __future__ import annotations

import os
from pathlib import Path


def cache_dir() -> Path:
    """Where firmware, libraries and reference outputs are kept: safe to delete at any time.

    `HARNESS_CACHE`, else `XDG_CACHE_HOME/cortexm-harness`, else `~/.cache/cortexm-harness`.
    """
    if own := os.environ.get("HARNESS_CACHE"):
        return Path(own).expanduser()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "cortexm-harness"
