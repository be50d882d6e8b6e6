"""The files of this checkout, as tests of the repository read them."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@cache
def tracked_files() -> tuple[Path, ...]:
    """Every file git knows and that still exists."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    paths = (ROOT / name for name in listed.stdout.split("\0") if name)
    return tuple(sorted(path for path in paths if path.is_file()))


def tracked(suffix: str, below: str = "") -> tuple[Path, ...]:
    """The tracked files with that suffix in that folder."""
    folder = ROOT / below
    return tuple(p for p in tracked_files() if p.suffix == suffix and p.is_relative_to(folder))


def name_of(path: Path) -> str:
    """A path as a reader of the repository knows it."""
    return path.relative_to(ROOT).as_posix()
