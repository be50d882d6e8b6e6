"""What judging two runs needs from outside the results: the thresholds file, and git's history."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from harness.domain.estimate import CyclesPerInstruction
from harness.domain.thresholds import Thresholds

_GIT_DEADLINE_S = 10.0


def thresholds(path: Path | None = None) -> Thresholds:
    """The thresholds of a TOML file, or those that come with the harness.

    Raises:
        BadDefinition: the file has faults, all of which are listed.
    """
    from harness.catalog import DEFAULT_THRESHOLDS, read_thresholds

    return read_thresholds(path or DEFAULT_THRESHOLDS)


def free_fields(names: Sequence[str]) -> tuple[str, ...]:
    """Fields of the comparability key that may differ, by the words of the user.

    Raises:
        UnknownName: a name that is none, or one that names the case itself.
    """
    from harness.catalog import FREE_FIELDS
    from harness.catalog.definitions import pick

    known = {name: name for name in FREE_FIELDS}
    return tuple(pick("condition that may differ:", name, known) for name in names)


def cycles_per_instruction() -> list[CyclesPerInstruction]:
    """The constants for cycle estimates that come with the harness."""
    from harness.catalog import read_constants

    return read_constants()


def history_contains(commit: str, step: str) -> bool:
    """Whether the commit `step` is `commit` or before it, in the working directory's checkout.

    Where git cannot tell, a commit holds only itself.
    """
    if commit.startswith(step):
        return True
    return _git("merge-base", "--is-ancestor", step, commit) is not None


def git_commit(revision: str) -> str | None:
    """The full hash of a git revision (`HEAD~1`, a tag, a branch), None where git knows none."""
    return _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")


def _git(*words: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", *words], capture_output=True, text=True, timeout=_GIT_DEADLINE_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
