"""Who runs this, where, and from which state of the sources."""

from __future__ import annotations

import platform
import shlex
import subprocess
import sys
import uuid
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import harness
from harness.domain.record import RunInfo


def describe_run() -> RunInfo:
    """Who runs this, where and from which state of the working directory's git checkout."""
    commit = _git("rev-parse", "HEAD")
    return RunInfo(
        id=uuid.uuid4().hex,
        started=datetime.now(UTC),
        command_line=shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        git_commit=commit,
        git_dirty=None if commit is None else bool(_git("status", "--porcelain")),
        host=platform.node(),
        harness_version=harness.__version__,
    )


@cache
def _git(*words: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", *words], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
